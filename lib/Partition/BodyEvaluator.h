//===- BodyEvaluator.h - Scalar code as operations on tiles -----*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_PARTITION_BODYEVALUATOR_H
#define QIMENG_LIB_PARTITION_BODYEVALUATOR_H

#include "KernelBuilder.h"
#include "llvm/ADT/DenseMap.h"

namespace qimeng {

/// Sources of the tensor program's tensors and scalar arguments.
using SourceMap = llvm::DenseMap<mlir::Value, Source>;

/// Computes scalars of the tensor program for every position of a kernel's
/// space at once. It works on demand, so what is not needed is not read.
/// Scalars from outside the body are computed in the kernel too.
class BodyEvaluator {
public:
  BodyEvaluator(KernelBuilder &kernel, const SourceMap &sources)
      : kernel(kernel), sources(sources) {}

  /// `value` is `source` at index `indexing(space)`.
  void bind(mlir::Value value, const Source &source, mlir::AffineMap indexing) {
    reads[value] = {source, indexing};
  }
  void bind(mlir::Value value, Tile tile) { tiles[value] = tile; }
  /// linalg.index i is `expr[i]` of the space.
  void setLoops(llvm::ArrayRef<mlir::AffineExpr> exprs) {
    loops.assign(exprs.begin(), exprs.end());
  }

  /// The values of `scalar`, in its own type or in its compute type. Fails on
  /// what tiles cannot express; getUnsupported() then tells.
  mlir::FailureOr<Tile> evaluate(mlir::Value scalar);
  /// The same, converted to the compute type.
  mlir::FailureOr<Tile> compute(mlir::Value scalar);
  /// The element of `tensor` at `indices`.
  mlir::FailureOr<Tile> gather(mlir::Value tensor, mlir::ValueRange indices);
  mlir::FailureOr<Tile> read(const Source &source, mlir::AffineMap indexing);
  /// `op`, which works on scalars or element by element, applied to `operands`
  /// in their compute types.
  Tile apply(mlir::Operation *op, llvm::SmallVector<Tile> operands,
             unsigned result = 0);
  /// Whether apply() has a meaning for `op`.
  static bool canApply(mlir::Operation *op);

  /// Why the last evaluation failed.
  mlir::Operation *getUnsupported() const { return unsupported; }

private:
  mlir::FailureOr<Tile> evaluateOperation(mlir::OpResult result);
  mlir::FailureOr<Tile> fail(mlir::Operation *op) {
    unsupported = op;
    return mlir::failure();
  }

  KernelBuilder &kernel;
  const SourceMap &sources;
  llvm::DenseMap<mlir::Value, std::pair<Source, mlir::AffineMap>> reads;
  llvm::DenseMap<mlir::Value, Tile> tiles;
  llvm::SmallVector<mlir::AffineExpr> loops;
  mlir::Operation *unsupported = nullptr;
};

} // namespace qimeng

#endif // QIMENG_LIB_PARTITION_BODYEVALUATOR_H
