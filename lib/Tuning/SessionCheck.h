//===- SessionCheck.h - Verify, once for each form --------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Structure, bounds, writes and channels are proved on the candidate itself.
// Numbers are compared on the CPU at small sizes: the tensor program is
// resized, partitioned, and the candidate's recipe replayed on it. What was
// checked before, kernel or resized program, is not checked again. Sizes are
// such that all numbers of a session fit into two gigabytes.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TUNING_SESSIONCHECK_H
#define QIMENG_TUNING_SESSIONCHECK_H

#include "SessionPool.h"
#include "qimeng/Support/Architecture.h"
#include "qimeng/Verify/SmallSizes.h"

namespace qimeng {

struct Verdict {
  bool passed = true;
  std::string diagnostics;
};

class SessionCheck {
public:
  /// `program`: the tensor program (or kernel program); `payload`: its untiled
  /// kernels. Finds the sizes to check numbers at.
  SessionCheck(mlir::ModuleOp program, mlir::ModuleOp payload,
               const Architecture &architecture);

  /// Checks 2 to 4 for `candidate`, which is `recipe` replayed on the payload.
  /// Thread-safe.
  Verdict check(ThreadState &thread, const Recipe &recipe,
                mlir::ModuleOp payload, mlir::ModuleOp candidate);

  /// Says that outputs at the real sizes are compared on a device (check 5),
  /// which then decides on rewritten kernels whose sizes are too large for the
  /// CPU: a kernel's text applies to one size alone.
  void setComparedOnDevice() { comparedOnDevice = true; }

  /// Empty, or why numbers are not compared on the CPU.
  const std::string &getNumbersNote() const { return numbersNote; }

private:
  /// The program at one choice of sizes.
  struct Level {
    std::string program, payload;
    std::once_flag once;
    std::unique_ptr<NumbersCheck> numbers;
    std::string why; ///< where the reference itself does not run
  };
  Verdict prove(mlir::ModuleOp payload, mlir::ModuleOp candidate);
  Verdict compare(ThreadState &thread, const Recipe &recipe);
  std::optional<Verdict> find(const std::string &key);
  Verdict remember(const std::string &key, Verdict verdict);

  const Architecture &architecture;
  /// In the order in which they are tried.
  std::vector<std::unique_ptr<Level>> levels;
  std::string numbersNote;
  bool comparedOnDevice = false;
  std::mutex mutex;
  llvm::StringMap<Verdict> known;
};

} // namespace qimeng

#endif // QIMENG_TUNING_SESSIONCHECK_H
