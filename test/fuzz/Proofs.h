//===- Proofs.h - Which mistakes change nothing -----------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Some changes at places that look fit give an equal program: no verification
// can or should refuse those. Each function here proves, from the operations
// alone, that a change is of that kind. None runs a program, and none uses
// lib/Verify, whose judgement is what the mistakes test. What cannot be proved
// here counts as a mistake.
//
// docs/design/verification.md lists which class of mistakes uses which proof.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TEST_FUZZ_PROOFS_H
#define QIMENG_TEST_FUZZ_PROOFS_H

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include <optional>

namespace qimeng {

/// Iterations of a loop from constant bounds in steps of one; nothing for other
/// loops.
std::optional<int64_t> getTrips(mlir::scf::ForOp loop);

/// Whether `value` is computed from `counter`.
bool dependsOn(mlir::Value value, mlir::Value counter);

/// Whether a tile at these offsets passes the end of what it is loaded from or
/// stored to: it is larger than a dimension, or the last of those that programs
/// or loops cut. (A tiling covers each dimension from 0 in steps of the tile.)
bool passesEnd(mlir::Value source, mlir::OperandRange offsets,
               mlir::Value tile);

/// Whether no output depends on the sign of the value: its readers, in this
/// kernel or through a buffer in another one, take magnitudes, squares, or
/// products of what changes its sign with it.
bool isSignLost(mlir::Value value);

/// Whether no element of the value is negative, NaN aside.
bool isNonNegative(mlir::Value value);

/// Whether all elements are the same, or both dimensions of a square tile are
/// alike: which axis is meant does not matter then.
bool isSymmetric(mlir::Value value);

/// Whether every slice of `value` along `axis` holds a zero, since it is loaded
/// from a view that shows padding there.
bool seesPaddingAlong(mlir::Value value, int64_t axis);

/// A constant that every slice of `value` along `axis` holds among its first
/// `size` elements, since a mask puts it there.
std::optional<mlir::APFloat> getConstantAlong(mlir::Value value, int64_t axis,
                                              int64_t size);

/// Whether only the first element along each of these dimensions is ever
/// stored.
bool isUnitWhereStored(mlir::Value value, llvm::ArrayRef<int64_t> dims);

/// Whether all readers of the reduction combine its result, by the same
/// combiner, along `dim`, too: the order of the two axes does not matter then.
bool areBothReduced(ReduceOp reduce, int64_t dim);

/// Whether rounding the op's result to `narrow` changes nothing, since its
/// exact result is a value of that type (a product with a power of two, say).
bool isExactIn(mlir::Operation *op, mlir::FloatType narrow);

/// Whether what iteration `index` of the loop loads through padded views is
/// padding only, and it loads nothing else.
bool seesOnlyPadding(mlir::scf::ForOp loop, int64_t index);

/// Whether the source's elements do not depend on dimension `dim` (a view that
/// repeats its operand along it).
bool isConstantAlong(mlir::Value source, int64_t dim);

/// The value of a constant tile whose elements are all the same.
std::optional<mlir::APFloat> getFloatSplat(mlir::Value value);

} // namespace qimeng

#endif // QIMENG_TEST_FUZZ_PROOFS_H
