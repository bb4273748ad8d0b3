//===- MathApprox.h - Math functions in GPU instructions --------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// No device library is linked: each function is a few scalar llvm, nvvm, arith
// and (for rare arguments) scf operations. test/unit/Conversion/MathApproxTest
// evaluates what is emitted here against libm and holds the bounds below.
//
// f32:  at most 4 ulp, infinities, NaN, signed zeros and subnormals as in C99
//       Annex F. Functions that activations use run in f32; the rest (inverse
//       and hyperbolic functions, pow, tan, cbrt, remainder) in f64.
// f64:  relative error at most 1e-13.
// approximate: for f32 results that are going to be rounded to f16 or bf16; as
//       few instructions as possible, relative error 2^-10 or, for erf, 1e-6
//       absolute. Subnormals may be flushed to zero.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_CONVERSION_TOGPU_MATHAPPROX_H
#define QIMENG_CONVERSION_TOGPU_MATHAPPROX_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/Operation.h"

namespace qimeng {

/// Emits what `op` (of the math dialect, or arith.divf, remf, maximumf,
/// minimumf) computes from the scalars `operands`: f32 or f64, or integers
/// where the operation takes them. `op` itself may act on tiles; its name,
/// attributes and users are looked at, its operands are not. Null where there
/// is no implementation, in which case nothing is emitted.
mlir::Value lowerScalarMath(mlir::OpBuilder &builder, mlir::Operation *op,
                            mlir::ValueRange operands, bool approximate);

} // namespace qimeng

#endif // QIMENG_CONVERSION_TOGPU_MATHAPPROX_H
