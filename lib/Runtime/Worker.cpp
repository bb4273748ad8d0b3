//===- Worker.cpp - The process that runs kernels under trial -------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Runtime/Worker.h"
#include "JsonReader.h"
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <thread>
#include <unistd.h>

namespace qimeng {

bool isWorkerInvocation(int argc, char **argv) {
  return argc == 2 && std::strcmp(argv[1], "--worker") == 0;
}

namespace {
class Worker {
public:
  Worker(int in, int out) : in(in), out(out) {}
  int run();

private:
  bool readLine(std::string &line);
  bool writeLine(const std::string &line);
  std::string answer(const std::string &line);
  Failure open(int ordinal);
  Failure injectFault(const std::string &fault);

  int in, out;
  std::string unread;
  DevicePtr device;
  std::unique_ptr<Measurer> measurer;
};
} // namespace

static std::string failureText(const Failure &failure) {
  nlohmann::json document = {{"failure",
                              {{"kind", failureKindName(failure.kind)},
                               {"message", failure.message}}}};
  return document.dump(-1, ' ', false,
                       nlohmann::json::error_handler_t::replace);
}

bool Worker::readLine(std::string &line) {
  size_t end;
  while ((end = unread.find('\n')) == std::string::npos) {
    char chunk[65536];
    ssize_t got = ::read(in, chunk, sizeof chunk);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return false;
    unread.append(chunk, got);
  }
  line = unread.substr(0, end);
  unread.erase(0, end + 1);
  return true;
}

bool Worker::writeLine(const std::string &line) {
  std::string_view rest = line;
  while (!rest.empty()) {
    ssize_t put = ::write(out, rest.data(), rest.size());
    if (put < 0 && errno == EINTR)
      continue;
    if (put <= 0)
      return false;
    rest.remove_prefix(put);
  }
  return true;
}

Failure Worker::open(int ordinal) {
  if (device && device->info().ordinal == ordinal)
    return {};
  measurer.reset();
  device.reset();
  Result<DevicePtr> opened = Device::open(ordinal);
  if (!opened)
    return {FailureKind::NoDriver, opened.error()};
  device = *opened;
  measurer = std::make_unique<Measurer>(device);
  return {};
}

/// What a faulty kernel or driver can do to a worker; only for tests, and only
/// when the environment allows it.
Failure Worker::injectFault(const std::string &fault) {
  const char *allowed = std::getenv("QIMENG_WORKER_TEST");
  if (!allowed || std::strcmp(allowed, "1") != 0)
    return {FailureKind::BadRequest,
            "'test-fault' needs QIMENG_WORKER_TEST=1 in the environment"};
  if (fault == "sleep")
    while (true)
      std::this_thread::sleep_for(std::chrono::seconds(1));
  if (fault == "abort")
    std::abort();
  if (fault == "exit")
    ::_exit(7);
  if (fault == "garbage") {
    writeLine("this is no JSON\n");
    ::_exit(0);
  }
  return {FailureKind::BadRequest, "unknown fault '" + fault + "'"};
}

std::string Worker::answer(const std::string &line) {
  Result<nlohmann::json> document = parseJson(line);
  if (!document)
    return failureText({FailureKind::BadRequest, document.error()});
  std::string error;
  JsonReader reader(*document, "", error);
  std::string kind = reader.string("request");
  auto badRequest = [](const std::string &message) {
    return failureText({FailureKind::BadRequest, message});
  };
  if (kind == "measure") {
    Result<MeasureRequest> request = MeasureRequest::fromJson(line);
    if (!request)
      return badRequest(request.error());
    if (Failure failure = open(request->device))
      return failureText(failure);
    return measurer->measure(*request).toJson();
  }
  if (kind == "run") {
    Result<RunRequest> request = RunRequest::fromJson(line);
    if (!request)
      return badRequest(request.error());
    Failure failure = open(request->device);
    if (!failure)
      failure = runProgram(device, *request);
    return failure ? failureText(failure) : "{}";
  }
  if (kind == "describe") {
    int ordinal = reader.integer<int>("device", 0);
    reader.finish();
    if (!error.empty())
      return badRequest(error);
    if (Failure failure = open(ordinal))
      return failureText(failure);
    return device->info().toJson();
  }
  if (kind == "copy-bandwidth") {
    int ordinal = reader.integer<int>("device", 0);
    int64_t bytes = reader.integer<int64_t>("bytes");
    reader.finish();
    if (error.empty() && bytes < 1)
      reader.fail("bytes", "a positive number", bytes);
    if (!error.empty())
      return badRequest(error);
    if (Failure failure = open(ordinal))
      return failureText(failure);
    device->forgetFailure();
    Result<CopyBandwidth> bandwidth = timeCopy(device, bytes, TimingOptions());
    if (!bandwidth)
      return failureText(
          {classify(*device, FailureKind::LaunchFailure), bandwidth.error()});
    return copyBandwidthToJson(*bandwidth);
  }
  if (kind == "test-fault") {
    std::string fault = reader.string("fault");
    return failureText(injectFault(fault));
  }
  return badRequest(error.empty() ? "unknown request '" + kind +
                                        "'; known are describe, measure, run "
                                        "and copy-bandwidth"
                                  : error);
}

int Worker::run() {
  std::string line;
  while (readLine(line)) {
    std::string text = answer(line);
    bool lost = device && device->fault();
    if (!writeLine(std::string("{\"last\":") + (lost ? "true" : "false") +
                   ",\"answer\":" + text + "}\n"))
      return 1;
    // Destructors would only call into a dead context.
    if (lost)
      ::_exit(3);
  }
  return 0;
}

/// Ends this process when its parent has ended. PR_SET_PDEATHSIG would fire
/// already when the thread that started the worker ends, and thread pools do
/// that.
static void watchParent(pid_t parent) {
  std::thread([parent] {
    while (::getppid() == parent)
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ::_exit(1);
  }).detach();
}

int workerMain(int in, int out) {
  // WorkerClient tells whom to watch: the parent may be gone by now.
  const char *named = std::getenv("QIMENG_WORKER_PARENT");
  if (named && *named)
    watchParent(static_cast<pid_t>(std::atol(named)));
  // Whatever a library prints must not end up among the answers.
  int answers = ::fcntl(out, F_DUPFD_CLOEXEC, 3);
  if (answers < 0)
    return 1;
  if (out == 1)
    ::dup2(2, 1);
  int status = Worker(in, answers).run();
  ::close(answers);
  return status;
}

} // namespace qimeng
