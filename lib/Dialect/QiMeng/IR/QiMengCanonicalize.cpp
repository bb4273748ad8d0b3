//===- QiMengCanonicalize.cpp - Simpler forms of operations ---------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/PatternMatch.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"

using namespace mlir;
using namespace qimeng;

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// The operand behind a view that shows just this operand, or null.
static Value lookThroughIdentity(Value source) {
  auto view = source.getDefiningOp<ViewOp>();
  if (!view || !view.getMap().isIdentity() ||
      view.getType().getShape() != getSourceShape(view.getSource()))
    return {};
  return view.getSource();
}

/// Whether the tile lies inside for constant offsets alone. (Offsets that
/// depend on programs and loops are the business of the bounds check.)
static bool isInside(Value source, OperandRange offsets, Value tile) {
  ArrayRef<int64_t> shape = getSourceShape(source);
  ArrayRef<int64_t> sizes = cast<RankedTensorType>(tile.getType()).getShape();
  for (size_t dim = 0; dim < shape.size(); ++dim) {
    std::optional<int64_t> offset =
        offsets.empty() ? 0 : getConstantIntValue(offsets[dim]);
    if (!offset || *offset < 0 || *offset + sizes[dim] > shape[dim])
      return false;
  }
  return true;
}

LogicalResult LoadOp::canonicalize(LoadOp op, PatternRewriter &rewriter) {
  if (Value operand = lookThroughIdentity(op.getSource())) {
    rewriter.modifyOpInPlace(op,
                             [&] { op.getSourceMutable().assign(operand); });
    return success();
  }
  if (op.getMasked() &&
      isInside(op.getSource(), op.getOffsets(), op.getResult())) {
    rewriter.modifyOpInPlace(op, [&] { op.setMasked(false); });
    return success();
  }
  return failure();
}

LogicalResult StoreOp::canonicalize(StoreOp op, PatternRewriter &rewriter) {
  if (Value operand = lookThroughIdentity(op.getTarget())) {
    rewriter.modifyOpInPlace(op,
                             [&] { op.getTargetMutable().assign(operand); });
    return success();
  }
  if (op.getMasked() &&
      isInside(op.getTarget(), op.getOffsets(), op.getValue())) {
    rewriter.modifyOpInPlace(op, [&] { op.setMasked(false); });
    return success();
  }
  return failure();
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

LogicalResult BroadcastOp::canonicalize(BroadcastOp op,
                                        PatternRewriter &rewriter) {
  if (auto splat = op.getInput().getDefiningOp<tensor::SplatOp>()) {
    rewriter.replaceOpWithNewOp<tensor::SplatOp>(op, op.getType(),
                                                 splat.getInput());
    return success();
  }
  auto inner = op.getInput().getDefiningOp<BroadcastOp>();
  if (!inner)
    return failure();
  // The input's dimensions keep their order; all others are new.
  int64_t rank = op.getType().getRank();
  SmallVector<int64_t> axes;
  int64_t innerDim = 0;
  for (int64_t dim = 0; dim < rank; ++dim) {
    if (llvm::is_contained(op.getAxes(), dim)) {
      axes.push_back(dim);
      continue;
    }
    if (llvm::is_contained(inner.getAxes(), innerDim))
      axes.push_back(dim);
    ++innerDim;
  }
  rewriter.replaceOpWithNewOp<BroadcastOp>(op, op.getType(), inner.getInput(),
                                           axes);
  return success();
}

LogicalResult TransposeOp::canonicalize(TransposeOp op,
                                        PatternRewriter &rewriter) {
  ArrayRef<int64_t> permutation = op.getPermutation();
  if (auto splat = op.getInput().getDefiningOp<tensor::SplatOp>()) {
    rewriter.replaceOpWithNewOp<tensor::SplatOp>(op, op.getType(),
                                                 splat.getInput());
    return success();
  }
  if (auto inner = op.getInput().getDefiningOp<TransposeOp>()) {
    SmallVector<int64_t> composed;
    for (int64_t dim : permutation)
      composed.push_back(inner.getPermutation()[dim]);
    rewriter.replaceOpWithNewOp<TransposeOp>(op, inner.getInput(), composed);
    return success();
  }
  // A broadcast whose own dimensions stay in order is broadcast in place.
  auto inner = op.getInput().getDefiningOp<BroadcastOp>();
  if (!inner)
    return failure();
  SmallVector<int64_t> axes;
  int64_t last = -1;
  for (auto [dim, from] : llvm::enumerate(permutation)) {
    if (llvm::is_contained(inner.getAxes(), from)) {
      axes.push_back(dim);
      continue;
    }
    if (from < last)
      return failure();
    last = from;
  }
  rewriter.replaceOpWithNewOp<BroadcastOp>(op, op.getType(), inner.getInput(),
                                           axes);
  return success();
}

LogicalResult IotaOp::canonicalize(IotaOp op, PatternRewriter &rewriter) {
  if (op.getOffset() && isZeroInteger(op.getOffset())) {
    rewriter.modifyOpInPlace(op, [&] { op.getOffsetMutable().clear(); });
    return success();
  }
  auto type = cast<RankedTensorType>(op.getType());
  if (type.getDimSize(op.getDim()) != 1)
    return failure();
  if (op.getOffset())
    rewriter.replaceOpWithNewOp<tensor::SplatOp>(op, type, op.getOffset());
  else
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(
        op, DenseElementsAttr::get(type, APInt(64, 0)));
  return success();
}
