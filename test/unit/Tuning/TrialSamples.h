//===- TrialSamples.h - Trials for tests ------------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TEST_UNIT_TUNING_TRIALSAMPLES_H
#define QIMENG_TEST_UNIT_TUNING_TRIALSAMPLES_H

#include "qimeng/Tuning/Trial.h"

namespace qimeng {

/// A verified, measured trial with one kernel; the recipe and its key tell
/// `step` apart.
inline Trial sampleTrial(int64_t step, double microseconds = 100) {
  Trial trial;
  trial.sessionKey = "session";
  trial.program = {"kernel", "sm_90a", "0.1.0"};
  trial.device = "NVIDIA H200";
  trial.recipe = "transform.qimeng.tile " + std::to_string(step);
  trial.recipeKey = "recipe" + std::to_string(step);
  trial.measuredMicroseconds = microseconds;
  trial.minimumMicroseconds = microseconds * 0.98;
  trial.samples = 30;
  trial.measureSeconds = 0.1;
  trial.predictedMicroseconds = microseconds * 1.2;
  trial.bytes = 1e8;
  trial.flops = 1e11;
  trial.absoluteError = 1e-3;
  trial.relativeError = 2e-4;
  trial.wallSeconds = 0.5;
  trial.step = step;
  if (step)
    trial.parent = step;
  trial.action = "tile(%matmul, 128, 128, 64)";
  trial.planner = "rules";
  trial.coder = "built-in";
  KernelFacts kernel;
  kernel.name = "matmul_gelu";
  kernel.grid = "32 x 32 x 1";
  kernel.threads = 384;
  kernel.registers = 168;
  kernel.sharedBytes = 196608;
  kernel.spillBytes = 0;
  kernel.occupancy = 0.1875;
  kernel.precision = "bf16";
  trial.kernels = {kernel};
  return trial;
}

} // namespace qimeng

#endif // QIMENG_TEST_UNIT_TUNING_TRIALSAMPLES_H
