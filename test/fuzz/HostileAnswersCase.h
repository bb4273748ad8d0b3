//===- HostileAnswersCase.h - A hostile answer through a session --*- C++ -*-=//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TEST_FUZZ_HOSTILEANSWERSCASE_H
#define QIMENG_TEST_FUZZ_HOSTILEANSWERSCASE_H

#include "Outcome.h"
#include "mlir/IR/MLIRContext.h"

namespace qimeng {

struct HostileSettings {
  bool print = false;
  /// Processor time of one answer, and memory of the process that judges it. To
  /// go beyond is a failure.
  unsigned seconds = 10;
  size_t bytes = size_t(2) << 30;
  /// An empty folder to be in.
  std::string folder;
};

/// Makes the answer of class `className` that `seed` gives and takes it through
/// what a session does with an answer: it is read, carried out, goes back for
/// repair, becomes steps of a recipe that replays, is verified without a
/// device, and lowered. What is accepted has to compute the right numbers by a
/// calculation that uses nothing of this project, and to be of no class that
/// must be refused. Nothing may be left in the folder.
Outcome runHostileAnswer(uint64_t seed, const std::string &className,
                         const HostileSettings &settings,
                         mlir::MLIRContext *context);

/// Sets the memory limit of this process, which is to be one of its own, and
/// goes to the folder. The time limit ends it with SIGPROF.
void limitProcess(const HostileSettings &settings);

} // namespace qimeng

#endif // QIMENG_TEST_FUZZ_HOSTILEANSWERSCASE_H
