//===- Workers.h - Random tests in processes of their own -------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TEST_FUZZ_WORKERS_H
#define QIMENG_TEST_FUZZ_WORKERS_H

#include "Outcome.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace qimeng {

struct WorkerOptions {
  int64_t count = 1;
  int64_t jobs = 1;
  /// No test begins later than this; 0 for no limit.
  double seconds = 0;
  /// A test that takes longer is a failure.
  double secondsEach = 300;
};

/// Runs `test` for 0 .. count-1 in `jobs` processes, which take turns. One that
/// crashes or hangs is replaced and its test counted as a failure, which
/// `describe` names. `report` is called for each outcome as it comes in.
/// Returns everything together; "tests" counts those that ran.
Outcome runInWorkers(const WorkerOptions &options,
                     llvm::function_ref<Outcome(int64_t)> test,
                     llvm::function_ref<std::string(int64_t)> describe,
                     llvm::function_ref<void(const Outcome &)> report);

} // namespace qimeng

#endif // QIMENG_TEST_FUZZ_WORKERS_H
