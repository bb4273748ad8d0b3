//===- Resize.h - Tensor programs of other sizes ----------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_VERIFY_RESIZE_H
#define QIMENG_VERIFY_RESIZE_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include <string>

namespace qimeng {

/// Dimensions of a tensor program that can change, but only together.
struct DimensionSymbol {
  int64_t size;
  /// Where it appears first: "argument 0, dimension 1".
  std::string where;
};

/// The symbols of the module's first public function, in the order of their
/// first appearance. Dimensions that a constant tensor, a reshape, a slice, a
/// padding, a concatenation, a window or an unknown operation ties are none.
mlir::FailureOr<llvm::SmallVector<DimensionSymbol>>
getDimensionSymbols(mlir::ModuleOp module);

/// A copy of the program with one new size per symbol. Scalars that depend on a
/// size, such as 1/N of a mean, stay as they are: the result is a program of
/// the same form, not the same function.
mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>>
resize(mlir::ModuleOp module, llvm::ArrayRef<int64_t> sizes);

} // namespace qimeng

#endif // QIMENG_VERIFY_RESIZE_H
