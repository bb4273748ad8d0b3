//===- LinearForm.h - Linear index expressions over a box -------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_VERIFY_LINEARFORM_H
#define QIMENG_LIB_VERIFY_LINEARFORM_H

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>

namespace qimeng {

/// constant + sum of coefficients[i] * x[i].
struct LinearForm {
  int64_t constant = 0;
  llvm::SmallVector<int64_t> coefficients;
};

/// Indices low, low + stride, ..., `count` of them; stride is positive.
struct Progression {
  int64_t low = 0, stride = 1, count = 1;
  int64_t last() const { return low + stride * (count - 1); }
};

/// Rewrites quasi-affine expressions over the box 0 <= x[i] < sizes[i] as
/// linear forms. `x floordiv m` and `x mod m` become linear when x is split
/// into two variables, which are added to `sizes`. Nothing when that does not
/// do.
std::optional<llvm::SmallVector<LinearForm>>
linearize(llvm::SmallVectorImpl<int64_t> &sizes,
          llvm::SmallVector<mlir::AffineExpr> exprs);

/// Why a set of indices is no progression that is hit once each.
enum class Irregular { None, Overlap, Gap };

/// The values of `form` over the box, if they are a progression in which each
/// value is taken once. Otherwise sets `why`.
std::optional<Progression> getProgression(const LinearForm &form,
                                          llvm::ArrayRef<int64_t> sizes,
                                          Irregular &why);

/// The part of `progression` in [0, size).
Progression cut(Progression progression, int64_t size);

/// Whether the two have no element in common.
bool areDisjoint(Progression a, Progression b);

} // namespace qimeng

#endif // QIMENG_LIB_VERIFY_LINEARFORM_H
