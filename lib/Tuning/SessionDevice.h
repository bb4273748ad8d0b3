//===- SessionDevice.h - Candidates on the device ---------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TUNING_SESSIONDEVICE_H
#define QIMENG_TUNING_SESSIONDEVICE_H

#include "qimeng/Runtime/Worker.h"
#include "qimeng/Support/File.h"
#include "qimeng/Tuning/Trial.h"
#include <memory>

namespace qimeng {

/// The device that times are measured on, behind a worker process. Use it from
/// one thread.
class SessionDevice {
public:
  /// Describes device `ordinal`; fails without one. `toolName`: argv[0] of the
  /// worker. `patienceSeconds`: see getTimeLimit().
  static Result<std::unique_ptr<SessionDevice>>
  open(int ordinal, const std::string &toolName, double patienceSeconds);

  const DeviceInfo &getInfo() const { return info; }
  /// "NVIDIA H200".
  const std::string &getName() const { return info.name; }
  /// "sm_90" for compute capability 9.0.
  std::string getArchitecture() const;

  /// The float64 program that outputs are compared with. Without one they are
  /// compared with nothing.
  Status setReference(const Program &program);

  /// Runs, checks and times the candidate, and writes what came out into
  /// `trial`: status, phase, diagnostics, times, errors, facts of its kernels.
  /// `best`: the least time of the session so far; what is `hopeless` times
  /// slower is timed with few calls, and what is faster is run again many
  /// times, to find races.
  void measure(const Program &program, uint64_t seed,
               std::optional<double> best, Trial &trial);

  /// No search goes on from a candidate so slow, and none asks by how much it
  /// is slower; a median of a few calls is good to some percent. What is faster
  /// costs, with all its calls, a hundred times the best one's time at most.
  static constexpr double hopeless = 3;

  /// Seconds that the next candidate has before its worker is killed: what the
  /// longest of those before took, four times, and `patienceSeconds`. A first
  /// one may take the minute that MeasureRequest has, and none more.
  double getTimeLimit() const;
  /// Workers started so far.
  unsigned getStartedWorkers() const { return client->started(); }

  /// A candidate for the result, after it ran many times more.
  struct Final {
    /// Median; 0 where it failed, or was not measured.
    double microseconds = 0;
    int64_t reruns = 0;
    TrialStatus status = TrialStatus::verified;
    /// What failed; of a verified one, why it was not run again.
    std::string diagnostics;
  };
  /// Times candidates against each other, and looks for races.
  std::vector<Final> compare(const std::vector<const Program *> &programs,
                             uint64_t seed);

private:
  SessionDevice(TemporaryFolder folder, WorkerClient::Options options)
      : folder(std::move(folder)),
        client(std::make_unique<WorkerClient>(std::move(options))) {}
  Result<std::string> save(const Program &program);

  TemporaryFolder folder;
  std::unique_ptr<WorkerClient> client;
  DeviceInfo info;
  int ordinal = 0;
  std::string reference;
  unsigned saved = 0;
  double patienceSeconds = 0;
  /// Of the candidates so far.
  double longestSeconds = 0;
};

} // namespace qimeng

#endif // QIMENG_TUNING_SESSIONDEVICE_H
