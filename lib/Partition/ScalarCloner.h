//===- ScalarCloner.h - Scalar code for the body of a fold ------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_PARTITION_SCALARCLONER_H
#define QIMENG_LIB_PARTITION_SCALARCLONER_H

#include "Source.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"

namespace qimeng {

/// Clones scalar operations, with control flow, in compute types.
class ScalarCloner {
public:
  ScalarCloner(mlir::OpBuilder &builder) : builder(builder) {}

  /// `to` is `from`, in its own or in its compute type.
  void map(mlir::Value from, mlir::Value to) { mapping.map(from, to); }
  /// Clones `op`, unless it is mapped already. Fails, without a message, on
  /// what a kernel cannot hold.
  mlir::LogicalResult clone(mlir::Operation *op);
  /// The clone of `value`, in `value`'s compute type, or null.
  mlir::Value lookup(mlir::Value value);
  /// Converts between the forms in which one value is held.
  mlir::Value convert(mlir::Value value, mlir::Type type);

private:
  mlir::OpBuilder &builder;
  mlir::IRMapping mapping;
};

} // namespace qimeng

#endif // QIMENG_LIB_PARTITION_SCALARCLONER_H
