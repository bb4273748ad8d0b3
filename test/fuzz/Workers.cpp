//===- Workers.cpp - Random tests in processes of their own ---------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Workers.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace qimeng;

using Clock = std::chrono::steady_clock;

static double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

//===----------------------------------------------------------------------===//
// One line of JSON per outcome
//===----------------------------------------------------------------------===//

static std::string toLine(const Outcome &outcome) {
  llvm::json::Object counts;
  for (auto &[name, number] : outcome.counts)
    counts[name] = number;
  llvm::json::Array failures;
  for (const std::string &failure : outcome.failures)
    failures.push_back(llvm::json::fixUTF8(failure));
  std::string line;
  llvm::raw_string_ostream(line)
      << llvm::json::Value(llvm::json::Object{{"counts", std::move(counts)},
                                              {"failures", std::move(failures)},
                                              {"poisoned", outcome.poisoned}})
      << '\n';
  return line;
}

static Outcome fromLine(llvm::StringRef line) {
  Outcome outcome;
  llvm::Expected<llvm::json::Value> value = llvm::json::parse(line);
  const llvm::json::Object *object = value ? value->getAsObject() : nullptr;
  if (!object) {
    if (!value)
      llvm::consumeError(value.takeError());
    outcome.failures.push_back("a worker wrote '" + line.str() + "'");
    return outcome;
  }
  for (auto &[name, number] : *object->getObject("counts"))
    outcome.counts[name.str()] = number.getAsInteger().value_or(0);
  for (const llvm::json::Value &failure : *object->getArray("failures"))
    outcome.failures.push_back(failure.getAsString().value_or("").str());
  outcome.poisoned = object->getBoolean("poisoned").value_or(false);
  return outcome;
}

//===----------------------------------------------------------------------===//
// Processes
//===----------------------------------------------------------------------===//

namespace {
struct Worker {
  pid_t process = 0;
  int pipe = -1;
  int64_t next = 0; ///< the test that it runs
  Clock::time_point since;
  std::string received; ///< of a line that is not complete

  bool isRunning() const { return pipe >= 0; }
};
} // namespace

static bool writeAll(int file, llvm::StringRef text) {
  while (!text.empty()) {
    ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    text = text.drop_front(written);
  }
  return true;
}

/// Runs the tests from worker.next on; nullopt where no process can be made.
static bool start(Worker &worker, const WorkerOptions &options,
                  Clock::time_point begin,
                  llvm::function_ref<Outcome(int64_t)> test) {
  int ends[2];
  if (pipe(ends) != 0)
    return false;
  llvm::outs().flush();
  pid_t process = fork();
  if (process < 0) {
    close(ends[0]);
    close(ends[1]);
    return false;
  }
  if (process == 0) {
    close(ends[0]);
    for (int64_t i = worker.next; i < options.count; i += options.jobs) {
      if (options.seconds > 0 && secondsSince(begin) > options.seconds)
        break;
      Outcome outcome = test(i);
      llvm::outs().flush();
      if (!writeAll(ends[1], toLine(outcome)) || outcome.poisoned)
        break;
    }
    // Nothing of the parent's is to be run or flushed twice.
    _exit(0);
  }
  close(ends[1]);
  worker.process = process;
  worker.pipe = ends[0];
  worker.since = Clock::now();
  worker.received.clear();
  return true;
}

/// Waits for the end of a process; says what was wrong with it, if anything.
static std::string finish(Worker &worker) {
  close(worker.pipe);
  worker.pipe = -1;
  int status = 0;
  while (waitpid(worker.process, &status, 0) < 0 && errno == EINTR)
    ;
  if (WIFSIGNALED(status))
    return std::string("crash: ") + strsignal(WTERMSIG(status));
  if (WEXITSTATUS(status) != 0)
    return "crash: exit code " + std::to_string(WEXITSTATUS(status));
  return "";
}

Outcome qimeng::runInWorkers(const WorkerOptions &options,
                             llvm::function_ref<Outcome(int64_t)> test,
                             llvm::function_ref<std::string(int64_t)> describe,
                             llvm::function_ref<void(const Outcome &)> report) {
  Clock::time_point begin = Clock::now();
  Outcome total;
  auto take = [&](Worker &worker, const Outcome &outcome) {
    total.add(outcome);
    ++total.counts["tests"];
    report(outcome);
    worker.next += options.jobs;
    worker.since = Clock::now();
  };
  auto takeFailure = [&](Worker &worker, const std::string &what) {
    Outcome outcome;
    outcome.failures.push_back(describe(worker.next) + ": " + what);
    take(worker, outcome);
  };
  auto restart = [&](Worker &worker) {
    bool timeIsLeft =
        options.seconds <= 0 || secondsSince(begin) < options.seconds;
    if (worker.next < options.count && timeIsLeft &&
        !start(worker, options, begin, test))
      takeFailure(worker, std::string("no process: ") + std::strerror(errno));
  };
  std::vector<Worker> workers(
      std::max<int64_t>(1, std::min(options.jobs, options.count)));
  for (size_t i = 0; i < workers.size(); ++i) {
    workers[i].next = static_cast<int64_t>(i);
    restart(workers[i]);
  }
  while (true) {
    std::vector<pollfd> waits;
    std::vector<Worker *> waiting;
    for (Worker &worker : workers)
      if (worker.isRunning()) {
        waits.push_back({worker.pipe, POLLIN, 0});
        waiting.push_back(&worker);
      }
    if (waits.empty())
      break;
    poll(waits.data(), waits.size(), /*milliseconds=*/500);
    for (auto [wait, worker] : llvm::zip(waits, waiting)) {
      if (wait.revents == 0) {
        if (secondsSince(worker->since) < options.secondsEach)
          continue;
        kill(worker->process, SIGKILL);
        finish(*worker);
        takeFailure(*worker, "took longer than " +
                                 std::to_string(int64_t(options.secondsEach)) +
                                 " s");
        restart(*worker);
        continue;
      }
      char buffer[65536];
      ssize_t size = read(worker->pipe, buffer, sizeof buffer);
      if (size < 0 && errno == EINTR)
        continue;
      bool poisoned = false;
      if (size > 0) {
        worker->received.append(buffer, size);
        for (size_t end;
             (end = worker->received.find('\n')) != std::string::npos;) {
          Outcome outcome = fromLine(worker->received.substr(0, end));
          worker->received.erase(0, end + 1);
          poisoned = outcome.poisoned;
          take(*worker, outcome);
        }
        if (!poisoned)
          continue;
      }
      // The end of the tests, of the time, or of a process that died.
      std::string wrong = finish(*worker);
      if (!wrong.empty() && !poisoned)
        takeFailure(*worker, wrong);
      if (!wrong.empty() || poisoned)
        restart(*worker);
    }
  }
  return total;
}
