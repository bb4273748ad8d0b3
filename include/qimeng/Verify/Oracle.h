//===- Oracle.h - The float64 meaning of a program --------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_VERIFY_ORACLE_H
#define QIMENG_VERIFY_ORACLE_H

#include "mlir/IR/BuiltinOps.h"

namespace qimeng {

/// Makes every float type of `module` f64: types, constants (which keep their
/// values exactly) and attributes; conversions between floats vanish. Run on
/// inputs widened exactly, the result is the reference that errors are measured
/// against. Fails where a program looks at the bits of a float.
mlir::LogicalResult widen(mlir::ModuleOp module);

/// Makes linalg operations on f16 and bf16 tensors compute in f32 and round
/// once, when they write their results: the precision that kernels promise.
void computeInF32(mlir::ModuleOp module);

} // namespace qimeng

#endif // QIMENG_VERIFY_ORACLE_H
