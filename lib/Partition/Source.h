//===- Source.h - Where a tensor's elements come from -----------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_PARTITION_SOURCE_H
#define QIMENG_LIB_PARTITION_SOURCE_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"

namespace qimeng {

/// Where the elements of a tensor of the tensor program come from. Operations
/// that only move elements change a source and need no kernel.
struct Source {
  enum class Kind {
    Buffer, ///< element i is buffer[map(i)]
    Splat,  ///< every element is `splat`
    Scalar, ///< every element is `scalar`, a value of the tensor program
  };
  Kind kind = Kind::Buffer;
  /// The element type in the tensor program.
  mlir::Type elementType;
  llvm::SmallVector<int64_t> shape;
  /// A memref of the host program.
  mlir::Value buffer;
  mlir::AffineMap map;
  /// Elements whose index is outside the buffer are zero.
  bool padded = false;
  mlir::TypedAttr splat;
  mlir::Value scalar;

  static Source whole(mlir::Type elementType, llvm::ArrayRef<int64_t> shape,
                      mlir::Value buffer);
  static Source constant(llvm::ArrayRef<int64_t> shape, mlir::TypedAttr value);
  static Source uniform(llvm::ArrayRef<int64_t> shape, mlir::Value scalar);

  /// Whether the elements are the whole buffer, in its order.
  bool isWholeBuffer() const;
  /// Whether an index is outside the tensor only if it is outside the buffer,
  /// so that zeros can be added around the tensor.
  bool canBePadded() const;
  /// The tensor of shape `newShape` whose element i is element `toThis(i)`.
  Source through(mlir::AffineMap toThis,
                 llvm::ArrayRef<int64_t> newShape) const;
};

/// The least and greatest value of `expr` for dimensions 0 <= d < sizes[d].
std::pair<int64_t, int64_t> getBounds(mlir::AffineExpr expr,
                                      llvm::ArrayRef<int64_t> sizes);

/// An equal map for dimensions within `sizes`, with as few floordiv and mod as
/// can be.
mlir::AffineMap simplify(mlir::AffineMap map, llvm::ArrayRef<int64_t> sizes);

/// The same, for a map to indices of `target`. Where a dimension of size 1
/// meets one of size 1, the map stays an identity.
mlir::AffineMap simplify(mlir::AffineMap map, llvm::ArrayRef<int64_t> sizes,
                         llvm::ArrayRef<int64_t> target);

/// The row-major position of index `exprs` in an array of `sizes`.
mlir::AffineExpr linearize(llvm::ArrayRef<mlir::AffineExpr> exprs,
                           llvm::ArrayRef<int64_t> sizes,
                           mlir::MLIRContext *context);

/// The index in an array of `sizes` of row-major position `position`.
llvm::SmallVector<mlir::AffineExpr> delinearize(mlir::AffineExpr position,
                                                llvm::ArrayRef<int64_t> sizes);

/// (d0, .., d[rank-1]) -> (d[first], .., d[first+count-1]). Unlike the sub-maps
/// of AffineMap, also for no results.
mlir::AffineMap selectDims(unsigned rank, unsigned first, unsigned count,
                           mlir::MLIRContext *context);

/// The inverse of a permutation, also of no dimensions.
mlir::AffineMap invert(mlir::AffineMap permutation);

/// f32 for f16 and bf16, in which their arithmetic is done; else `type`.
mlir::Type getComputeType(mlir::Type type);

/// How elements of `type` lie in memory: i64 for index, else `type`.
mlir::Type getStorageType(mlir::Type type);

} // namespace qimeng

#endif // QIMENG_LIB_PARTITION_SOURCE_H
