//===- WorkerClient.cpp - Starting workers and speaking with them ---------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "JsonReader.h"
#include "qimeng/Runtime/Worker.h"
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

extern char **environ;

namespace qimeng {

using Clock = std::chrono::steady_clock;

WorkerClient::WorkerClient() : WorkerClient(Options()) {}
WorkerClient::WorkerClient(Options options) : options(std::move(options)) {}
WorkerClient::~WorkerClient() { stop(); }

//===----------------------------------------------------------------------===//
// The process
//===----------------------------------------------------------------------===//

/// Moves `fd` out of the way of the standard streams.
static int aboveStandard(int fd) {
  int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
  ::close(fd);
  return moved;
}

Status WorkerClient::start() {
  // A socket rather than two pipes: writing to a dead worker then gives an
  // error and no SIGPIPE.
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return Error{std::string("cannot start a worker: ") + std::strerror(errno)};
  int theirs = aboveStandard(ends[1]);
  channel = ends[0];

  std::vector<std::string> strings = {
      options.name.empty() ? program_invocation_name : options.name};
  strings.insert(strings.end(), options.arguments.begin(),
                 options.arguments.end());
  std::vector<char *> arguments;
  for (std::string &text : strings)
    arguments.push_back(text.data());
  arguments.push_back(nullptr);

  std::vector<std::string> added = options.environment;
  added.push_back("QIMENG_WORKER_PARENT=" + std::to_string(::getpid()));
  std::vector<char *> environment;
  for (char **entry = environ; *entry; ++entry) {
    bool replaced = false;
    for (const std::string &text : added) {
      size_t name = text.find('=') + 1;
      replaced |= std::strncmp(*entry, text.c_str(), name) == 0;
    }
    if (!replaced)
      environment.push_back(*entry);
  }
  for (std::string &text : added)
    environment.push_back(text.data());
  environment.push_back(nullptr);

  // A process group of its own: killing it takes along what the worker started,
  // and Ctrl-C on the terminal reaches only the tool, which ends in order.
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none;
  sigemptyset(&none);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, theirs, 0);
  posix_spawn_file_actions_adddup2(&actions, theirs, 1);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setsigmask(&attributes, &none);
  int code = ::posix_spawn(&pid, options.executable.c_str(), &actions,
                           &attributes, arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  ::close(theirs);
  if (code != 0) {
    pid = -1;
    ::close(channel);
    channel = -1;
    return Error{"cannot start worker '" + options.executable +
                 "': " + std::strerror(code)};
  }
  ++starts;
  return {};
}

/// Waits up to five seconds: a process inside the driver may not die at once,
/// and must not hold us up for ever.
static std::string collect(pid_t pid, bool killed) {
  int status = 0;
  for (int i = 0; i < 500; ++i) {
    pid_t done = ::waitpid(pid, &status, WNOHANG);
    if (done == pid) {
      if (WIFSIGNALED(status))
        return "was ended by signal " + std::to_string(WTERMSIG(status)) +
               " (" + ::strsignal(WTERMSIG(status)) + ")";
      return "exited with status " + std::to_string(WEXITSTATUS(status));
    }
    if (done < 0 && errno != EINTR)
      return "ended";
    // It closed its channel and is about to exit: let it.
    if (!killed && i == 100)
      ::kill(-pid, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return "was killed and has not ended yet";
}

std::string WorkerClient::stop() {
  if (pid < 0)
    return "";
  ::kill(-pid, SIGKILL);
  std::string end = collect(pid, /*killed=*/true);
  ::close(channel);
  pid = -1;
  channel = -1;
  return end;
}

Failure WorkerClient::died() {
  std::string end = collect(pid, /*killed=*/false);
  // What it started may outlive it.
  ::kill(-pid, SIGKILL);
  ::close(channel);
  pid = -1;
  channel = -1;
  return {FailureKind::Died, "the worker " + end};
}

//===----------------------------------------------------------------------===//
// Requests
//===----------------------------------------------------------------------===//

Failure WorkerClient::exchange(const std::string &line, double seconds,
                               std::string &answer) {
  auto deadline =
      Clock::now() +
      std::chrono::duration_cast<Clock::duration>(
          std::chrono::duration<double>(std::clamp(seconds, 0.0, 1e6)));
  std::string_view unsent = line;
  std::string received;
  while (true) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - Clock::now());
    if (left.count() < 0) {
      stop();
      char limit[32];
      std::snprintf(limit, sizeof limit, "%g", seconds);
      return {FailureKind::Timeout, std::string("no answer within ") + limit +
                                        " seconds; the worker was killed"};
    }
    pollfd waiting = {channel, POLLIN, 0};
    if (!unsent.empty())
      waiting.events |= POLLOUT;
    int ready =
        ::poll(&waiting, 1,
               static_cast<int>(std::min<int64_t>(left.count() + 1, 1000)));
    if (ready <= 0)
      continue;
    if (waiting.revents & POLLOUT && !unsent.empty()) {
      ssize_t put = ::send(channel, unsent.data(), unsent.size(),
                           MSG_NOSIGNAL | MSG_DONTWAIT);
      if (put > 0)
        unsent.remove_prefix(put);
      else if (put < 0 && errno != EAGAIN && errno != EINTR)
        return died();
    }
    if (!(waiting.revents & (POLLIN | POLLHUP | POLLERR)))
      continue;
    char chunk[65536];
    ssize_t got = ::recv(channel, chunk, sizeof chunk, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
      continue;
    if (got <= 0)
      return died();
    received.append(chunk, got);
    size_t end = received.find('\n');
    if (end == std::string::npos)
      continue;
    answer = received.substr(0, end);
    return {};
  }
}

WorkerClient::Reply WorkerClient::request(const std::string &line,
                                          double seconds) {
  Reply reply;
  bool fresh = pid < 0;
  if (fresh)
    if (Status status = start(); !status) {
      reply.failure = {FailureKind::Died, status.error()};
      return reply;
    }
  std::string text;
  reply.failure = exchange(
      line + "\n", seconds + (fresh ? options.startupSeconds : 0), text);
  if (reply.failure)
    return reply;
  std::string error;
  Result<nlohmann::json> document = parseJson(text);
  if (document) {
    JsonReader reader(*document, "", error);
    bool last = reader.boolean("last");
    if (const nlohmann::json *answer = reader.find("answer"))
      reply.answer = answer->dump();
    reader.finish();
    if (error.empty()) {
      if (last)
        died();
      return reply;
    }
  } else {
    error = document.error();
  }
  stop();
  reply.answer.clear();
  reply.failure = {FailureKind::BadAnswer,
                   "the worker's answer is not in its protocol (" + error +
                       "): '" + text.substr(0, 80) + "'"};
  return reply;
}

/// The failure that an answer consists of, if it does.
static Failure failureIn(const WorkerClient::Reply &reply) {
  if (reply.failure)
    return reply.failure;
  Result<MeasureAnswer> answer = MeasureAnswer::fromJson(reply.answer);
  return answer ? answer->failure : Failure();
}

static std::string badAnswer(const std::string &error) {
  return "the worker's answer is not in its protocol: " + error;
}

Result<DeviceInfo> WorkerClient::describe(int device) {
  Reply reply = request(
      nlohmann::json({{"request", "describe"}, {"device", device}}).dump(), 10);
  if (Failure failure = failureIn(reply))
    return Error{failure.message};
  Result<DeviceInfo> info = DeviceInfo::fromJson(reply.answer);
  if (!info)
    return Error{badAnswer(info.error())};
  return info;
}

MeasureAnswer WorkerClient::measure(const MeasureRequest &request) {
  Reply reply = this->request(request.toJson(), request.timeLimitSeconds);
  MeasureAnswer answer;
  answer.failure = reply.failure;
  if (reply.failure)
    return answer;
  Result<MeasureAnswer> parsed = MeasureAnswer::fromJson(reply.answer);
  if (parsed)
    return *parsed;
  answer.failure = {FailureKind::BadAnswer, badAnswer(parsed.error())};
  return answer;
}

Failure WorkerClient::run(const RunRequest &request) {
  Reply reply = this->request(request.toJson(), request.timeLimitSeconds);
  if (!reply.failure && reply.answer == "{}")
    return {};
  Failure failure = failureIn(reply);
  if (failure)
    return failure;
  return {FailureKind::BadAnswer, badAnswer(reply.answer.substr(0, 80))};
}

Result<CopyBandwidth> WorkerClient::copyBandwidth(int64_t bytes, int device) {
  Reply reply = request(
      nlohmann::json(
          {{"request", "copy-bandwidth"}, {"device", device}, {"bytes", bytes}})
          .dump(),
      60);
  if (Failure failure = failureIn(reply))
    return Error{failure.message};
  Result<CopyBandwidth> bandwidth = copyBandwidthFromJson(reply.answer);
  if (!bandwidth)
    return Error{badAnswer(bandwidth.error())};
  return bandwidth;
}

} // namespace qimeng
