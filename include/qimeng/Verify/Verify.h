//===- Verify.h - The checks of a rewrite, in order -------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_VERIFY_VERIFY_H
#define QIMENG_VERIFY_VERIFY_H

#include "qimeng/Verify/Structure.h"

namespace qimeng {

struct VerifyOptions {
  StructureOptions structure;
  /// Do not prove kernels again that `before` holds unchanged.
  bool skipUnchanged = false;
  /// Writes that checkWrites may visit where it finds no closed form.
  int64_t maxVisits = int64_t(1) << 26;
};

/// Checks 1 to 3 of one kernel, for any starting point: every op verifies, the
/// form is right, accesses are in bounds, outputs are written once, channels
/// neither race nor wait forever.
mlir::LogicalResult proveKernel(KernelOp kernel,
                                const VerifyOptions &options = {});

/// Checks 1 to 3 of the rewrite of `before` into `after`. Fails with one
/// diagnostic at the first refusal, which names the check, the operation and
/// the reason. Check 4 (numbers) is checkNumbers in Numbers.h.
mlir::LogicalResult proveRewrite(mlir::ModuleOp before, mlir::ModuleOp after,
                                 const VerifyOptions &options = {});

} // namespace qimeng

#endif // QIMENG_VERIFY_VERIFY_H
