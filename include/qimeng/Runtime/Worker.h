//===- Worker.h - Measuring in a process of its own -------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Kernels under trial may hang, trap or write anywhere. A worker process runs
// them; when it faults, dies or exceeds its time only that request is lost. One
// JSON object per line goes each way:
//
//   {"request": "describe", "device": 0}
//   {"request": "measure", ...}                    MeasureRequest
//   {"request": "run", ...}                        RunRequest
//   {"request": "copy-bandwidth", "device": 0, "bytes": 1073741824}
//
//   {"last": false, "answer": {...}}               or {"failure": {...}} in it
//
// "last" says that the worker exits after this answer, because its CUDA context
// is lost.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_RUNTIME_WORKER_H
#define QIMENG_RUNTIME_WORKER_H

#include "qimeng/Runtime/Measure.h"
#include <string>
#include <sys/types.h>
#include <vector>

namespace qimeng {

/// True for `tool --worker`: main() then returns workerMain(0, 1).
bool isWorkerInvocation(int argc, char **argv);

/// Answers requests until the end of input; returns the exit status. Exits by
/// itself when the process that started it ends.
int workerMain(int in, int out);

/// Starts workers and speaks with them. Use it from one thread at a time.
class WorkerClient {
public:
  struct Options {
    /// The program to start, which calls workerMain().
    std::string executable = "/proc/self/exe";
    /// Its argv[0], by which one program that holds several tools tells them
    /// apart; empty for this process's own.
    std::string name;
    std::vector<std::string> arguments = {"--worker"};
    /// Added to the environment, as NAME=value.
    std::vector<std::string> environment;
    /// A fresh worker's first request may take so much longer: it starts the
    /// driver and creates the context.
    double startupSeconds = 20;
  };

  WorkerClient();
  explicit WorkerClient(Options options);
  /// Kills the worker.
  ~WorkerClient();
  WorkerClient(const WorkerClient &) = delete;
  WorkerClient &operator=(const WorkerClient &) = delete;

  Result<DeviceInfo> describe(int device = 0);
  /// Failures are in the answer, those of the worker itself included.
  MeasureAnswer measure(const MeasureRequest &request);
  Failure run(const RunRequest &request);
  Result<CopyBandwidth> copyBandwidth(int64_t bytes, int device = 0);

  struct Reply {
    /// Timeout, Died or BadAnswer; what went wrong inside is in the answer.
    Failure failure;
    /// The answer's JSON text.
    std::string answer;
  };
  /// Sends one request line, starting a worker where there is none, and waits
  /// `seconds` at most.
  Reply request(const std::string &line, double seconds);

  /// The worker's process, or -1 while there is none.
  pid_t process() const { return pid; }
  /// Workers started so far.
  unsigned started() const { return starts; }

private:
  Status start();
  /// Kills the process group and collects the exit status.
  std::string stop();
  Failure exchange(const std::string &line, double seconds,
                   std::string &answer);
  Failure died();

  Options options;
  pid_t pid = -1;
  int channel = -1;
  unsigned starts = 0;
};

} // namespace qimeng

#endif // QIMENG_RUNTIME_WORKER_H
