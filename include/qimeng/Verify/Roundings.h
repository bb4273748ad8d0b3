//===- Roundings.h - What candidates may leave out --------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A candidate may keep in f32 what its reference rounds to f16 or bf16 between
// operations, for some readers of a value and not for others, and may take the
// terms of a sum in any order. What that changes is measured on the float64
// reference.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_VERIFY_ROUNDINGS_H
#define QIMENG_VERIFY_ROUNDINGS_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallVector.h"

namespace qimeng {

/// Whether f16 values that the program computes and then reads again depend on
/// the argument of an entry.
bool reachesInnerF16(mlir::BlockArgument argument);

/// Lets each reader of a value of f16, bf16 or f32 that the program computes
/// see it times a factor of its own: one new input, after the others, of the
/// value's type. Returns how far each value may be off, relative: one rounding,
/// 2^-11 or 2^-8; of f32, which may be a sum in another order, sqrt(longestSum)
/// of them (Higham, Mary 2019).
llvm::SmallVector<double> addRoundingFactors(mlir::Operation *entry,
                                             double longestSum);

/// Float64 copies of `module` (see widen) in which values that candidates may
/// get as infinity or NaN are replaced: a sum whose terms' magnitudes add up to
/// more than f32 holds, since some order of the terms overflows; and, for
/// readers, a value that f16 or bf16 does not hold, since it overflows or not
/// with its rounding. They become NaN, which passes on to what depends on them.
/// Where a comparison, an extremum or a conversion may drop it, there are two
/// more copies, in which they become infinity of their sign and of the other:
/// what depends on them by the way of a comparison is not the same in all
/// copies. None where there is no such value, or where the numbers may decide
/// how long a loop runs.
mlir::FailureOr<llvm::SmallVector<mlir::OwningOpRef<mlir::ModuleOp>>>
markOverflows(mlir::ModuleOp module, llvm::StringRef entry);

/// Makes exp and exp2 in a widened module zero where f32 has only subnormal
/// numbers: GPU code for 16-bit results flushes them, and a product may follow.
/// False where there is neither.
bool flushExponentials(mlir::ModuleOp module);

} // namespace qimeng

#endif // QIMENG_VERIFY_ROUNDINGS_H
