//===- KernelBuilder.h - Builds one untiled kernel --------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_PARTITION_KERNELBUILDER_H
#define QIMENG_LIB_PARTITION_KERNELBUILDER_H

#include "Source.h"
#include "mlir/IR/Builders.h"
#include "mlir/Rewrite/FrozenRewritePatternSet.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "llvm/ADT/MapVector.h"

namespace qimeng {

/// A value that varies along some dimensions of the kernel's space.
struct Tile {
  /// A tensor with one dimension for each of `dims`.
  mlir::Value value;
  /// Dimensions of the space, ascending.
  llvm::SmallVector<int64_t> dims;

  mlir::Type getElementType() const {
    return mlir::cast<mlir::RankedTensorType>(value.getType()).getElementType();
  }
};

/// The canonicalization patterns of what may be in a kernel.
mlir::FrozenRewritePatternSet getKernelPatterns(mlir::MLIRContext *context);

/// Builds one untiled kernel and its launch. A kernel has a space: the sizes of
/// what it iterates over. Values are kept at the dimensions along which they
/// vary, and are broadcast only where they meet others.
class KernelBuilder {
public:
  /// The kernel is inserted before the function in which `host` inserts, the
  /// launch where `host` inserts.
  KernelBuilder(mlir::OpBuilder &host, mlir::Location loc, llvm::StringRef name,
                llvm::ArrayRef<int64_t> space);

  mlir::OpBuilder &getBuilder() { return builder; }
  mlir::Location getLoc() { return loc; }
  llvm::StringRef getName() { return kernel.getSymName(); }
  llvm::ArrayRef<int64_t> getSpace() const { return space; }
  mlir::RankedTensorType getType(llvm::ArrayRef<int64_t> dims,
                                 mlir::Type elementType) const;

  /// Loads shall vary only along the dimensions that their indices name.
  /// Otherwise a dimension of size 1 may be added, so that the map becomes a
  /// permutation; the factors of a product cannot have it.
  void keepUnitDims() { mayAddUnitDims = false; }

  /// `source` at index `indexing(space)`. Not for Source::Kind::Scalar.
  Tile load(const Source &source, mlir::AffineMap indexing);
  /// What gather reads `source` through: an operand or a view of one. Only for
  /// Source::Kind::Buffer.
  mlir::Value getGatherSource(const Source &source);
  Tile splat(mlir::TypedAttr value);
  /// The position along a dimension of the space, as index.
  Tile iota(int64_t dim);
  /// An affine expression of the position in the space, as index.
  Tile affine(mlir::AffineExpr expr);
  /// An i1 tile: whether 0 <= `expr` < `size` and `expr` mod `step` = 0.
  Tile isWithin(mlir::AffineExpr expr, int64_t size, int64_t step = 1);
  /// Conjunction; a tile without value stands for true.
  Tile conjunction(Tile a, Tile b);
  Tile select(Tile condition, Tile a, Tile b);

  /// `tile`, repeated so that it has exactly `dims` (a superset of its own).
  mlir::Value expand(const Tile &tile, llvm::ArrayRef<int64_t> dims);
  /// Expands to the union of the tiles' dimensions, which is returned.
  llvm::SmallVector<int64_t> unify(llvm::MutableArrayRef<Tile> tiles);
  /// Converts between the forms in which one value is held: f16 or bf16 and
  /// f32, narrow and wide integers (sign-extended).
  mlir::Value convert(mlir::Value tile, mlir::Type elementType);
  Tile convert(Tile tile, mlir::Type elementType) {
    return {convert(tile.value, elementType), tile.dims};
  }

  /// Writes `value` (element type converted to the buffer's) to
  /// buffer[map(i)]; without map, to the buffer as it is. Every load must come
  /// first.
  void store(mlir::Value value, mlir::Value buffer, mlir::AffineMap map = {});

  /// Cleans the kernel with `patterns` and launches it.
  void finish(const mlir::FrozenRewritePatternSet &patterns);
  /// Drops the kernel.
  void abandon();

private:
  mlir::Value getArgument(mlir::Value buffer);
  mlir::Value getView(mlir::Value buffer, mlir::AffineMap map, bool padded,
                      llvm::ArrayRef<int64_t> shape);

  mlir::OpBuilder &host;
  mlir::Location loc;
  llvm::SmallVector<int64_t> space;
  bool mayAddUnitDims = true;
  mlir::OpBuilder builder;
  KernelOp kernel;
  llvm::MapVector<mlir::Value, mlir::BlockArgument> arguments;
};

} // namespace qimeng

#endif // QIMENG_LIB_PARTITION_KERNELBUILDER_H
