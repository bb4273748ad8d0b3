//===- Trial.h - One candidate, from action to time -------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TUNING_TRIAL_H
#define QIMENG_TUNING_TRIAL_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qimeng {

/// How a trial ended.
enum class TrialStatus {
  /// Passed every check; it has a measured or a predicted time.
  verified,
  /// A precondition or a check of Verify said no: the rewrite is wrong or does
  /// not apply.
  refused,
  /// A right rewrite that could not be built: lowering, ptxas, target limits.
  failed,
  /// The worker process died (fault, illegal address).
  crashed,
  /// The worker process was stopped at its time limit.
  timedOut,
};

/// The part of a step in which the trial ended, in the order of the way
/// through. A verified trial ends in `measure`, also when the cost model stood
/// in for the device.
enum class TrialPhase { plan, code, verify, lower, assemble, measure };

/// The names used in the store, the log and the report: the enumerators'
/// except "timed out".
std::string_view nameOf(TrialStatus status);
std::string_view nameOf(TrialPhase phase);
std::optional<TrialStatus> parseTrialStatus(std::string_view name);
std::optional<TrialPhase> parseTrialPhase(std::string_view name);

/// What is known of one GPU kernel of a candidate. Numbers that the kernel did
/// not live to get (it was refused before assembling, say) are absent.
struct KernelFacts {
  std::string name;
  /// Launch shape as text, "128 x 64 x 1", and threads per block.
  std::string grid;
  std::optional<int64_t> threads;
  /// Per thread.
  std::optional<int64_t> registers;
  /// Static plus dynamic, per block.
  std::optional<int64_t> sharedBytes;
  /// Local-memory spill stores plus loads that ptxas reports, per thread.
  std::optional<int64_t> spillBytes;
  /// Resident warps over the most that a multiprocessor holds, in [0, 1].
  std::optional<double> occupancy;
  /// Time of this kernel alone, where it was measured or predicted alone.
  std::optional<double> microseconds;
  /// Compulsory traffic with device memory (each operand once) and
  /// floating-point operations (a fused multiply-add counts two).
  std::optional<double> bytes;
  std::optional<double> flops;
  /// Type that the arithmetic runs in ("bf16"), which picks the compute roof.
  std::string precision;
};

/// What a time is comparable within: the same program, for the same
/// architecture, by the same compiler.
struct ProgramKey {
  /// Hash of the canonical kernel or program text.
  std::string kernelKey;
  std::string arch;
  std::string compilerVersion;
};

/// One candidate tried in a session.
struct Trial {
  /// Row in the store; 0 until inserted.
  int64_t id = 0;
  /// Hash of payload and options: the trials of one session share it.
  std::string sessionKey;
  ProgramKey program;
  /// Name of the device on which it was measured; empty when the time is
  /// predicted or there is none. Measured and predicted trials of the same
  /// recipe live side by side.
  std::string device;
  /// Replayable recipe (MLIR text) and its hash.
  std::string recipe;
  std::string recipeKey;

  TrialStatus status = TrialStatus::verified;
  TrialPhase phase = TrialPhase::measure;
  /// The search went on from this candidate.
  bool accepted = false;
  /// Why it was refused, failed, or was verified but not accepted.
  std::string diagnostics;

  /// By the cost model, whole program.
  std::optional<double> predictedMicroseconds;
  /// On the device, whole program: median and minimum over the samples.
  std::optional<double> measuredMicroseconds;
  std::optional<double> minimumMicroseconds;
  /// Timed calls. A candidate much slower than the best so far was cut off
  /// after a few.
  std::optional<int64_t> samples;
  bool cutOff = false;
  /// Further runs that gave the same bits as those that were checked: of each
  /// trial that was the best when it was measured, and of the session's result.
  std::optional<int64_t> reruns;
  /// Whole program, counted as in KernelFacts.
  std::optional<double> bytes;
  std::optional<double> flops;
  /// Largest absolute and relative error against the float64 oracle.
  std::optional<double> absoluteError;
  std::optional<double> relativeError;
  std::vector<KernelFacts> kernels;

  /// Time that the trial took of the session, compiling and checking included.
  double wallSeconds = 0;
  /// The part of it that went into checks and timed calls on the device.
  std::optional<double> measureSeconds;
  /// Position in the session, from 0 (the first correct kernel) on.
  int64_t step = 0;
  /// The trial that this one was derived from, absent for the first.
  std::optional<int64_t> parent;
  /// The macro action, as text, and who proposed and who wrote it.
  std::string action;
  std::string planner;
  std::string coder;
  /// How often this coder's answers to the action were refused before.
  int64_t attempt = 0;
  /// Milliseconds since 1970 UTC; insertion sets it when it is 0.
  int64_t createdMilliseconds = 0;

  /// The time of a verified trial on one of the two scales, which are never
  /// compared with each other: measured, or predicted. Absent also when it is
  /// not a positive, finite number.
  std::optional<double> microseconds(bool measured) const;
  /// Bytes and operations over the measured time; absent without one.
  std::optional<double> achievedGBps() const;
  std::optional<double> achievedTFLOPs() const;
};

} // namespace qimeng

#endif // QIMENG_TUNING_TRIAL_H
