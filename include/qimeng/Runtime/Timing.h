//===- Timing.h - Device times of interleaved calls -------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The protocol: CUDA events around the call, the L2 cache overwritten before
// it, all candidates once per round in a random seeded order, warm-up outside,
// and after each wait for the device one call whose time is thrown away (the
// first one after a synchronization reads falsely).
//
// With a cut-off each call is probed before all that: what is slower at every
// one of a few calls is not timed further.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_RUNTIME_TIMING_H
#define QIMENG_RUNTIME_TIMING_H

#include "qimeng/Runtime/Device.h"
#include <functional>
#include <vector>

namespace qimeng {

/// Puts the work of one call on the stream. `round` counts the calls of one
/// candidate from 0, warm-up included, so that it can rotate its addresses;
/// all calls of the probe are round 0.
using TimedCall = std::function<Status(cuda::CUstream stream, unsigned round)>;

struct TimingOptions {
  unsigned warmup = 3;
  /// Timed calls of each candidate.
  unsigned repeats = 30;
  uint64_t seed = 0;
  bool flushL2 = true;
  /// After so many seconds of wall clock no round begins, once there are
  /// `fewestRepeats`.
  double budgetSeconds = 10;
  unsigned fewestRepeats = 3;
  /// A candidate of which no probing call is faster than this many microseconds
  /// is left out of the rounds; its probing calls are its times. 0: none is.
  double cutoffMicroseconds = 0;
  /// Timed calls of a probe. After the first slow one there are no more than
  /// fit into `probeSeconds`.
  unsigned probeRepeats = 3;
  double probeSeconds = 0.02;
};

struct Timing {
  /// Every timed call, in order.
  std::vector<double> microseconds;
  double median = 0, minimum = 0;
  /// Median time that the host took to enqueue a call.
  double hostMedian = 0;
  /// Slower than the cut-off, so that there are few times.
  bool cutOff = false;
  /// Rounds that were called, see TimedCall.
  unsigned rounds = 0;
};

/// Times `calls` against each other; the result has one Timing for each.
Result<std::vector<Timing>> timeInterleaved(DevicePtr device,
                                            const std::vector<TimedCall> &calls,
                                            const TimingOptions &options);

/// The median; 0 for none.
double median(std::vector<double> values);

struct CopyBandwidth {
  int64_t bytes = 0;
  Timing timing;
  /// Bytes read plus bytes written, over the median time, in 1e9 bytes/s.
  double gigabytesPerSecond = 0;
};

/// Times a device-to-device copy of `bytes`, the yardstick for memory-bound
/// kernels.
Result<CopyBandwidth> timeCopy(DevicePtr device, int64_t bytes,
                               const TimingOptions &options);

} // namespace qimeng

#endif // QIMENG_RUNTIME_TIMING_H
