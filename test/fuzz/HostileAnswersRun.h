//===- HostileAnswersRun.h - Many hostile answers ----------------*- C++ -*-==//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TEST_FUZZ_HOSTILEANSWERSRUN_H
#define QIMENG_TEST_FUZZ_HOSTILEANSWERSRUN_H

#include "Workers.h"
#include "mlir/IR/MLIRContext.h"
#include <memory>

namespace qimeng {

struct HostileRun {
  uint64_t seed = 1;
  std::string className; ///< empty: all take turns
  bool print = false;
  WorkerOptions workers;
};

/// Prints a table by class and what failed. Gives an exit code: 0 where nothing
/// failed and most good answers were accepted; 2 where there is no such class.
int runHostileAnswers(
    const HostileRun &run,
    llvm::function_ref<std::unique_ptr<mlir::MLIRContext>()> makeContext);

} // namespace qimeng

#endif // QIMENG_TEST_FUZZ_HOSTILEANSWERSRUN_H
