//===- Measure.h - Checking and timing programs -----------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A measurement runs candidate programs on drawn inputs, compares their outputs
// with those of a reference program, and times the ones that are right.
// Outputs and temporaries are poisoned first, guards and inputs checked after,
// the candidate runs before the reference, and timed calls rotate over several
// sets of inputs, whose outputs are checked again after timing. A candidate
// beyond the request's cut-off is checked alike, and timed with few calls. One
// that matters is run again many times, see `reruns`.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_RUNTIME_MEASURE_H
#define QIMENG_RUNTIME_MEASURE_H

#include "qimeng/Runtime/Data.h"
#include "qimeng/Runtime/Executor.h"
#include "qimeng/Runtime/Timing.h"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace qimeng {

enum class FailureKind {
  None,
  /// The request itself: unknown fields, programs that do not fit together.
  BadRequest,
  /// No driver, an old one, or no GPU.
  NoDriver,
  /// Unreadable program, wrong architecture, rejected cubin or PTX.
  LoadFailure,
  OutOfMemory,
  /// A launch was refused, or a kernel trapped.
  LaunchFailure,
  /// A kernel touched memory that is not there, or misaligned.
  IllegalAddress,
  /// Outputs differ from the reference beyond the tolerance.
  Mismatch,
  /// A kernel wrote beyond a buffer.
  GuardViolation,
  /// A kernel wrote to an input.
  InputsChanged,
  /// Outputs that were right differ from run to run.
  Race,
  /// The reference program did not load or run.
  ReferenceFailure,
  /// The worker did not answer in time, and was killed.
  Timeout,
  /// The worker ended: a signal or an exit status.
  Died,
  /// The worker answered something else than this protocol.
  BadAnswer,
};

/// "none", "bad-request", "no-driver", "load-failure", "out-of-memory",
/// "launch-failure", "illegal-address", "mismatch", "guard-violation",
/// "inputs-changed", "race", "reference-failure", "timeout", "died",
/// "bad-answer".
const char *failureKindName(FailureKind kind);
std::optional<FailureKind> parseFailureKind(std::string_view name);

struct Failure {
  FailureKind kind = FailureKind::None;
  std::string message;
  explicit operator bool() const { return kind != FailureKind::None; }
};

struct MeasureRequest {
  /// Folders of the candidates, which take the same inputs; timed interleaved.
  std::vector<std::string> programs;
  /// Folder of a program with the same inputs and outputs (shapes and order),
  /// in float64: each input is the candidate's, widened. Empty: outputs are not
  /// compared.
  std::string reference;
  int device = 0;
  uint64_t seed = 0;
  /// How timed inputs are drawn.
  Draw draw;
  /// Further draws that are checked, and not timed.
  std::vector<Draw> checks;
  /// By default Tolerance::defaultFor() of each output's type.
  std::optional<Tolerance> tolerance;
  unsigned warmup = 3;
  /// Timed calls of each program; 0 only checks.
  unsigned repeats = 30;
  /// Sets of inputs and outputs to rotate over, memory permitting.
  unsigned rotations = 2;
  /// Wall-clock time for the timed calls, see TimingOptions.
  double budgetSeconds = 10;
  /// Candidates slower than this get few timed calls, see TimingOptions; 0:
  /// none.
  double cutoffMicroseconds = 0;
  /// Further runs, whose outputs must be the very bits of those that were
  /// checked after timing; each begins with poisoned outputs and temporaries,
  /// every other one with a cold L2. No kernel adds floats in an order that
  /// may change, so what differs is a race, even if it is within the
  /// tolerance. Needs timed calls; programs that are cut off have none.
  unsigned reruns = 0;
  /// After so many seconds of wall clock no further run begins.
  double rerunSeconds = 0.3;
  /// Only programs whose median is less have further runs; 0: all.
  double rerunBelowMicroseconds = 0;
  /// Wall-clock time that WorkerClient allows for the whole request.
  double timeLimitSeconds = 60;

  std::string toJson() const;
  static Result<MeasureRequest> fromJson(std::string_view text);
};

/// One output against the reference, the worst over all draws.
struct OutputCheck {
  std::string name;
  Comparison comparison;
  Tolerance tolerance;
  bool passed = false;
};

struct ProgramMeasurement {
  Failure failure;
  Timing timing;
  std::vector<LaunchInfo> launches;
  std::vector<OutputCheck> outputs;
  bool guardsIntact = true;
  bool inputsUnchanged = true;
  /// Further runs that gave the same bits.
  unsigned reruns = 0;
  /// Why there were none, where they could not be set up.
  std::string rerunNote;
};

struct MeasureAnswer {
  /// What kept the whole request from being done; a context fault is both here
  /// and with the program that caused it.
  Failure failure;
  /// One for each program of the request.
  std::vector<ProgramMeasurement> programs;
  /// Sets that the timed calls rotated over.
  unsigned rotations = 0;
  /// Wall-clock time of checks (runs, reference, comparisons, before timing and
  /// after, further runs) and of the timed calls.
  double checkSeconds = 0, timingSeconds = 0;

  std::string toJson() const;
  static Result<MeasureAnswer> fromJson(std::string_view text);
};

/// Input and output files hold the bytes of one buffer each, in the program's
/// order.
struct RunRequest {
  std::string program;
  std::vector<std::string> inputs, outputs;
  int device = 0;
  double timeLimitSeconds = 60;

  std::string toJson() const;
  static Result<RunRequest> fromJson(std::string_view text);
};

std::string copyBandwidthToJson(const CopyBandwidth &bandwidth);
Result<CopyBandwidth> copyBandwidthFromJson(std::string_view text);

/// Measures in the calling process. Keeps drawn inputs and reference outputs,
/// so that the candidates of one search share them.
class Measurer {
public:
  explicit Measurer(DevicePtr device);
  ~Measurer();

  MeasureAnswer measure(const MeasureRequest &request);

private:
  struct State;
  std::unique_ptr<State> state;
};

/// Runs in the calling process.
Failure runProgram(const DevicePtr &device, const RunRequest &request);

/// The kind of a failure that `device` saw last; `otherwise` where it was none
/// of its own.
FailureKind classify(const Device &device, FailureKind otherwise);

} // namespace qimeng

#endif // QIMENG_RUNTIME_MEASURE_H
