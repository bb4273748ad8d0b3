//===- Verify.h - The checks of a rewrite, in order -------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_VERIFY_VERIFY_H
#define QIMENG_VERIFY_VERIFY_H

#include "qimeng/Verify/Numbers.h"
#include "qimeng/Verify/Structure.h"
#include <limits>

namespace qimeng {

struct VerifyOptions {
  StructureOptions structure;
  /// Do not prove kernels again that `before` holds unchanged.
  bool skipUnchanged = false;
  /// Writes that checkWrites may visit where it finds no closed form.
  int64_t maxVisits = int64_t(1) << 26;
  /// Check 4 runs where one run of either program takes no more scalar
  /// operations than this; 0 leaves it out.
  double maxWork = 1e9;
  /// And where it takes no more memory than this.
  double maxBytes = std::numeric_limits<double>::infinity();
  NumbersOptions numbers;
  /// Check 4 adds trials on random inputs (56 at most) while they take no more
  /// scalar operations than this.
  double repeatWork = 2e6;
};

/// Checks 1 to 3 of one kernel, for any starting point: every op verifies, the
/// form is right, accesses are in bounds, outputs are written once, channels
/// neither race nor wait forever.
mlir::LogicalResult proveKernel(KernelOp kernel,
                                const VerifyOptions &options = {});

/// Checks 1 to 3 of the rewrite of `before` into `after`. Fails with one
/// diagnostic at the first refusal, which names the check, the operation and
/// the reason.
mlir::LogicalResult proveRewrite(mlir::ModuleOp before, mlir::ModuleOp after,
                                 const VerifyOptions &options = {});

/// Scalar operations in one run of all kernels of `module`, roughly.
double countWork(mlir::ModuleOp module);

/// Memory in bytes that check 4 takes with `program` as the reference, roughly.
double countNumbersBytes(mlir::ModuleOp program);

/// Whether maxWork and maxBytes allow check 4 at the sizes of the programs.
bool mayCompareNumbers(mlir::ModuleOp before, mlir::ModuleOp after,
                       const VerifyOptions &options);

/// Check 4: `after` gives the numbers of `before` (a kernel program, or the
/// tensor program it was partitioned from) on the CPU executor, at the sizes
/// that they have.
mlir::LogicalResult compareNumbers(mlir::ModuleOp before, mlir::ModuleOp after,
                                   const VerifyOptions &options = {});

/// proveRewrite, then compareNumbers where mayCompareNumbers; `ranNumbers`
/// tells whether. Success without it is no acceptance: numbers are unknown.
mlir::LogicalResult verifyRewrite(mlir::ModuleOp before, mlir::ModuleOp after,
                                  const VerifyOptions &options = {},
                                  bool *ranNumbers = nullptr);

} // namespace qimeng

#endif // QIMENG_VERIFY_VERIFY_H
