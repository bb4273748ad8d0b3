//===- BodyEvaluator.cpp - Scalar code as operations on tiles -------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BodyEvaluator.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace qimeng;

bool BodyEvaluator::canApply(Operation *op) {
  return isa_and_nonnull<arith::ArithDialect, math::MathDialect>(
             op->getDialect()) &&
         op->getNumResults() == 1 && op->getNumRegions() == 0;
}

FailureOr<Tile> BodyEvaluator::evaluate(Value scalar) {
  if (auto it = tiles.find(scalar); it != tiles.end())
    return it->second;
  FailureOr<Tile> tile = failure();
  if (auto it = reads.find(scalar); it != reads.end()) {
    auto [source, indexing] = it->second;
    tile = read(source, indexing);
  } else if (auto it = sources.find(scalar); it != sources.end()) {
    // A scalar of the function: its source has rank 0.
    tile = read(it->second, AffineMap::get(kernel.getSpace().size(), 0,
                                           scalar.getContext()));
  } else if (auto result = dyn_cast<OpResult>(scalar)) {
    tile = evaluateOperation(result);
  } else {
    tile = fail(cast<BlockArgument>(scalar).getOwner()->getParentOp());
  }
  if (succeeded(tile))
    tiles[scalar] = *tile;
  return tile;
}

FailureOr<Tile> BodyEvaluator::compute(Value scalar) {
  FailureOr<Tile> tile = evaluate(scalar);
  if (failed(tile))
    return failure();
  return kernel.convert(*tile, getComputeType(scalar.getType()));
}

FailureOr<Tile> BodyEvaluator::read(const Source &source, AffineMap indexing) {
  if (source.kind == Source::Kind::Scalar)
    return evaluate(source.scalar);
  return kernel.load(source, indexing);
}

FailureOr<Tile> BodyEvaluator::gather(Value tensor, ValueRange indices) {
  const Source &source = sources.at(tensor);
  if (source.kind != Source::Kind::Buffer)
    return read(source, {});
  SmallVector<AffineExpr> constants;
  SmallVector<Tile> positions;
  for (Value index : indices) {
    IntegerAttr constant;
    if (matchPattern(index, m_Constant(&constant)))
      constants.push_back(
          getAffineConstantExpr(constant.getInt(), tensor.getContext()));
    FailureOr<Tile> position = compute(index);
    if (failed(position))
      return failure();
    positions.push_back(*position);
  }
  if (constants.size() == indices.size())
    return kernel.load(source, AffineMap::get(kernel.getSpace().size(), 0,
                                              constants, tensor.getContext()));
  SmallVector<int64_t> dims = kernel.unify(positions);
  SmallVector<Value> values;
  for (Tile &position : positions)
    values.push_back(position.value);
  OpBuilder &builder = kernel.getBuilder();
  Value result =
      GatherOp::create(builder, kernel.getLoc(),
                       kernel.getType(dims, getStorageType(source.elementType)),
                       kernel.getGatherSource(source), values);
  return Tile{kernel.convert(result, source.elementType), dims};
}

Tile BodyEvaluator::apply(Operation *op, SmallVector<Tile> operands,
                          unsigned result) {
  OpBuilder &builder = kernel.getBuilder();
  Type type = getElementTypeOrSelf(op->getResult(result).getType());
  Type computeType = getComputeType(type);
  // Bits are the one thing that depends on the form in which a value is held.
  bool keepsTypes = isa<arith::BitcastOp>(op);
  for (auto [tile, operand] : llvm::zip_equal(operands, op->getOperands())) {
    Type own = getElementTypeOrSelf(operand.getType());
    tile = kernel.convert(tile, keepsTypes ? own : getComputeType(own));
  }
  if (isa<arith::ExtFOp, arith::TruncFOp>(op)) {
    // The operand may be held in a wider type already. A truncation rounds,
    // even if its result is held in f32.
    Tile &operand = operands.front();
    if (isa<arith::TruncFOp>(op))
      operand = kernel.convert(operand, type);
    return kernel.convert(operand, computeType);
  }
  SmallVector<int64_t> dims = kernel.unify(operands);
  IRMapping mapping;
  for (auto [tile, operand] : llvm::zip_equal(operands, op->getOperands()))
    mapping.map(operand, tile.value);
  Operation *clone = op->cloneWithoutRegions(mapping);
  // Operands that are used twice must be mapped one by one.
  for (auto [position, tile] : llvm::enumerate(operands))
    clone->setOperand(position, tile.value);
  clone->setDiscardableAttrs(DictionaryAttr::get(op->getContext()));
  clone->getResult(result).setType(
      kernel.getType(dims, keepsTypes ? type : computeType));
  clone->setLoc(op->getLoc());
  builder.insert(clone);
  return {clone->getResult(result), dims};
}

FailureOr<Tile> BodyEvaluator::evaluateOperation(OpResult result) {
  Operation *op = result.getOwner();
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    auto value = constant.getValue();
    auto type = dyn_cast<FloatType>(value.getType());
    if (type && getComputeType(type) != type) {
      bool losesInfo;
      APFloat wide = cast<FloatAttr>(value).getValue();
      wide.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven,
                   &losesInfo);
      value = FloatAttr::get(getComputeType(type), wide);
    }
    return kernel.splat(value);
  }
  if (auto index = dyn_cast<linalg::IndexOp>(op))
    return kernel.affine(loops[index.getDim()]);
  if (auto extract = dyn_cast<tensor::ExtractOp>(op)) {
    if (!sources.contains(extract.getTensor()))
      return fail(op);
    return gather(extract.getTensor(), extract.getIndices());
  }
  if (auto branch = dyn_cast<scf::IfOp>(op)) {
    // Both sides are computed, which is the same if neither can fail.
    for (Region &region : op->getRegions())
      for (Operation &inner : region.getOps())
        if (!isa<scf::YieldOp, tensor::ExtractOp>(inner) && !isPure(&inner))
          return fail(&inner);
    FailureOr<Tile> condition = evaluate(branch.getCondition());
    FailureOr<Tile> yes =
        compute(branch.thenYield()->getOperand(result.getResultNumber()));
    FailureOr<Tile> no =
        compute(branch.elseYield()->getOperand(result.getResultNumber()));
    if (failed(condition) || failed(yes) || failed(no))
      return failure();
    return kernel.select(*condition, *yes, *no);
  }
  if (!canApply(op))
    return fail(op);
  SmallVector<Tile> operands;
  for (Value operand : op->getOperands()) {
    FailureOr<Tile> tile = evaluate(operand);
    if (failed(tile))
      return failure();
    operands.push_back(*tile);
  }
  return apply(op, operands);
}
