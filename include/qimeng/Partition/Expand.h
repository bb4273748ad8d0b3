//===- Expand.h - Operations in terms of simpler ones -----------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_PARTITION_EXPAND_H
#define QIMENG_PARTITION_EXPAND_H

#include "mlir/IR/BuiltinOps.h"

namespace qimeng {

/// Rewrites what a tensor program may hold beyond linalg, tensor, arith, math,
/// scf.for and scf.if into those:
///  - affine operations and complex operations into arith and math;
///  - tensor.gather and tensor.scatter into tensor.generate and linalg.generic;
///  - arithmetic of several results, math.ipowi and questions about a float's
///    class into simpler arith and math;
///  - constants in resources and sparse ones into dense ones.
/// Kernels and the CPU reference both begin with it, so they agree on what is
/// meant. It looks at functions, not at kernels, and leaves alone what it does
/// not know: shapes that are not static, say.
void expandOperations(mlir::ModuleOp module);

} // namespace qimeng

#endif // QIMENG_PARTITION_EXPAND_H
