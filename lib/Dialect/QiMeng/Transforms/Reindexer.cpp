//===- Reindexer.cpp - A value seen through an affine map -----------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Reindexer.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/AffineExprVisitor.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace qimeng;

static ArrayRef<int64_t> shapeOf(Value tile) {
  return cast<RankedTensorType>(tile.getType()).getShape();
}

static Type elementOf(Value tile) {
  return cast<RankedTensorType>(tile.getType()).getElementType();
}

LogicalResult Reindexer::fail(Operation *op) {
  reason = "the result of '" + op->getName().getStringRef().str() +
           "' is read through a view that can be neither a transposition or "
           "broadcast of it nor pushed into its operands";
  return failure();
}

FailureOr<Value> Reindexer::read(Value value, AffineMap map,
                                 ArrayRef<int64_t> shape, std::string &why) {
  padded = false;
  done.clear();
  FailureOr<Value> result = visit(value, map, shape);
  if (failed(result))
    why = reason;
  return result;
}

FailureOr<Value> Reindexer::readPadded(Value value, AffineMap map,
                                       ArrayRef<int64_t> shape,
                                       std::string &why) {
  padded = true;
  done.clear();
  FailureOr<Value> inside = visit(value, map, shape);
  if (failed(inside)) {
    why = reason;
    return failure();
  }
  Location loc = value.getLoc();
  auto indexType = RankedTensorType::get(shape, builder.getIndexType());
  Value mask;
  for (auto [expr, extent] : llvm::zip(map.getResults(), shapeOf(value))) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (dim && shape[dim.getPosition()] <= extent)
      continue;
    // As an unsigned number a negative index is large.
    Value end =
        createSplat(builder, loc, indexType, builder.getIndexAttr(extent));
    Value in = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult,
                                     createIndices(loc, expr, shape), end);
    mask = mask ? arith::AndIOp::create(builder, loc, mask, in) : in;
  }
  if (!mask)
    return inside;
  Value zero =
      createSplat(builder, loc, cast<RankedTensorType>(inside->getType()),
                  builder.getZeroAttr(elementOf(*inside)));
  return arith::SelectOp::create(builder, loc, mask, *inside, zero).getResult();
}

/// The tile of the values of `expr` over the positions of `shape`.
Value Reindexer::createIndices(Location loc, AffineExpr expr,
                               ArrayRef<int64_t> shape) {
  auto type = RankedTensorType::get(shape, builder.getIndexType());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return IotaOp::create(builder, loc, type, Value(),
                          builder.getI64IntegerAttr(dim.getPosition()));
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return createSplat(builder, loc, type,
                       builder.getIndexAttr(constant.getValue()));
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Value lhs = createIndices(loc, binary.getLHS(), shape);
  Value rhs = createIndices(loc, binary.getRHS(), shape);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return arith::AddIOp::create(builder, loc, lhs, rhs);
  case AffineExprKind::Mul:
    return arith::MulIOp::create(builder, loc, lhs, rhs);
  case AffineExprKind::FloorDiv:
    return arith::FloorDivSIOp::create(builder, loc, lhs, rhs);
  case AffineExprKind::CeilDiv:
    return arith::CeilDivSIOp::create(builder, loc, lhs, rhs);
  case AffineExprKind::Mod: {
    // Never negative, unlike remsi.
    Value quotient = arith::FloorDivSIOp::create(builder, loc, lhs, rhs);
    Value product = arith::MulIOp::create(builder, loc, quotient, rhs);
    return arith::SubIOp::create(builder, loc, lhs, product);
  }
  default:
    llvm_unreachable("maps of views have no symbols");
  }
}

/// Whether `map` takes every dimension of a value of shape `from` whole, at
/// most permuted and repeated.
static bool isPermutedBroadcast(AffineMap map, ArrayRef<int64_t> from,
                                ArrayRef<int64_t> shape) {
  if (!map.isProjectedPermutation())
    return false;
  for (auto [expr, extent] : llvm::zip(map.getResults(), from))
    if (shape[cast<AffineDimExpr>(expr).getPosition()] != extent)
      return false;
  return true;
}

Value Reindexer::permute(Value value, AffineMap map, ArrayRef<int64_t> shape) {
  Location loc = value.getLoc();
  SmallVector<std::pair<int64_t, int64_t>>
      places; // dimension of result, of value
  for (auto [dim, expr] : llvm::enumerate(map.getResults()))
    places.push_back({cast<AffineDimExpr>(expr).getPosition(), dim});
  llvm::sort(places);
  SmallVector<int64_t> permutation, axes;
  for (auto [place, dim] : places)
    permutation.push_back(dim);
  if (!llvm::is_sorted(permutation))
    value = TransposeOp::create(builder, loc, value, permutation);
  for (int64_t dim = 0, rank = shape.size(); dim < rank; ++dim)
    if (!llvm::is_contained(llvm::make_first_range(places), dim))
      axes.push_back(dim);
  if (!axes.empty())
    value = BroadcastOp::create(builder, loc,
                                RankedTensorType::get(shape, elementOf(value)),
                                value, axes);
  return value;
}

FailureOr<Value> Reindexer::visit(Value value, AffineMap map,
                                  ArrayRef<int64_t> shape) {
  auto key = std::make_pair(
      value.getAsOpaquePointer(),
      std::make_pair(map.getAsOpaquePointer(), std::vector<int64_t>(shape)));
  auto found = done.find(key);
  if (found != done.end())
    return found->second;
  FailureOr<Value> result = compute(value, map, shape);
  if (succeeded(result))
    done[key] = *result;
  return result;
}

FailureOr<Value> Reindexer::compute(Value value, AffineMap map,
                                    ArrayRef<int64_t> shape) {
  Operation *op = value.getDefiningOp();
  Location loc = value.getLoc();
  auto type = RankedTensorType::get(shape, elementOf(value));
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    auto splat = dyn_cast<SplatElementsAttr>(constant.getValue());
    if (splat)
      return arith::ConstantOp::create(builder, loc, splat.resizeSplat(type))
          .getResult();
  }
  if (isPermutedBroadcast(map, shapeOf(value), shape))
    return permute(value, map, shape);
  if (auto load = dyn_cast<LoadOp>(op))
    return readLoad(load, map, shape);
  if (auto iota = dyn_cast<IotaOp>(op)) {
    Value indices = createIndices(loc, map.getResult(iota.getDim()), shape);
    if (Value offset = iota.getOffset())
      indices = arith::AddIOp::create(
          builder, loc, indices,
          tensor::SplatOp::create(builder, loc, offset, type));
    return indices;
  }
  if (auto broadcast = dyn_cast<BroadcastOp>(op)) {
    SmallVector<AffineExpr> kept;
    for (auto [dim, expr] : llvm::enumerate(map.getResults()))
      if (!llvm::is_contained(broadcast.getAxes(), static_cast<int64_t>(dim)))
        kept.push_back(expr);
    return visit(broadcast.getInput(),
                 AffineMap::get(map.getNumDims(), 0, kept, map.getContext()),
                 shape);
  }
  if (auto transpose = dyn_cast<TransposeOp>(op)) {
    SmallVector<AffineExpr> results(map.getNumResults());
    for (auto [dim, source] : llvm::enumerate(transpose.getPermutation()))
      results[source] = map.getResult(dim);
    return visit(transpose.getInput(),
                 AffineMap::get(map.getNumDims(), 0, results, map.getContext()),
                 shape);
  }
  if (auto gather = dyn_cast<GatherOp>(op)) {
    SmallVector<Value> indices;
    for (Value index : gather.getIndices()) {
      FailureOr<Value> moved = visit(index, map, shape);
      if (failed(moved))
        return failure();
      indices.push_back(*moved);
    }
    return GatherOp::create(builder, loc, type, gather.getSource(), indices)
        .getResult();
  }
  if (auto dot = dyn_cast<DotOp>(op))
    return readDot(dot, map, shape);
  if (auto reduce = dyn_cast<ReduceOp>(op)) {
    ArrayRef<int64_t> input = shapeOf(reduce.getInput());
    SmallVector<int64_t> larger(shape), axes;
    for (int64_t axis : reduce.getAxes()) {
      axes.push_back(larger.size());
      larger.push_back(input[axis]);
    }
    FailureOr<Value> moved =
        visit(reduce.getInput(),
              appendAxes(reduce.getAxes(), input.size(), map), larger);
    if (failed(moved))
      return failure();
    return ReduceOp::create(builder, loc, reduce.getKind(), *moved, axes)
        .getResult();
  }
  if (auto fold = dyn_cast<FoldOp>(op)) {
    ArrayRef<int64_t> input = shapeOf(fold.getInputs().front());
    SmallVector<int64_t> larger(shape), axes;
    for (int64_t axis : fold.getAxes()) {
      axes.push_back(larger.size());
      larger.push_back(input[axis]);
    }
    SmallVector<Value> inputs, inits;
    AffineMap inner = appendAxes(fold.getAxes(), input.size(), map);
    for (Value each : fold.getInputs()) {
      FailureOr<Value> moved = visit(each, inner, larger);
      if (failed(moved))
        return failure();
      inputs.push_back(*moved);
    }
    for (Value each : fold.getInits()) {
      FailureOr<Value> moved = visit(each, map, shape);
      if (failed(moved))
        return failure();
      inits.push_back(*moved);
    }
    auto moved =
        FoldOp::create(builder, loc, TypeRange(ValueRange(inits)),
                       builder.getDenseI64ArrayAttr(axes), inputs, inits);
    IRMapping mapping;
    fold.getBody().cloneInto(&moved.getBody(), mapping);
    return moved.getResult(cast<OpResult>(value).getResultNumber());
  }
  if (!isElementwise(op) || isa<arith::ConstantOp>(op))
    return LogicalResult(fail(op));
  IRMapping mapping;
  for (Value operand : op->getOperands()) {
    if (!isa<RankedTensorType>(operand.getType()))
      continue;
    FailureOr<Value> moved = visit(operand, map, shape);
    if (failed(moved))
      return failure();
    mapping.map(operand, *moved);
  }
  Operation *clone = builder.clone(*op, mapping);
  clone->getResult(0).setType(type);
  return clone->getResult(0);
}

/// `map` of a reduction's result -> the map of its input, with the axes as new
/// last dimensions.
AffineMap Reindexer::appendAxes(ArrayRef<int64_t> axes, size_t rank,
                                AffineMap map) {
  SmallVector<AffineExpr> results;
  unsigned next = 0, axis = 0;
  for (size_t dim = 0; dim < rank; ++dim)
    results.push_back(
        llvm::is_contained(axes, static_cast<int64_t>(dim))
            ? getAffineDimExpr(map.getNumDims() + axis++, map.getContext())
            : map.getResult(next++));
  return AffineMap::get(map.getNumDims() + axes.size(), 0, results,
                        map.getContext());
}

FailureOr<Value> Reindexer::readLoad(LoadOp load, AffineMap map,
                                     ArrayRef<int64_t> shape) {
  if (!load.getOffsets().empty())
    return LogicalResult(fail(load));
  Location loc = load.getLoc();
  Access access = getAccess(load.getSource());
  AffineMap composed = simplifyAffineMap(access.map.compose(map));
  Type element = elementOf(load.getResult());
  Value source = access.operand;
  bool outside = access.padded || padded;
  if (outside || !composed.isIdentity() ||
      getSourceShape(access.operand) != shape)
    source = ViewOp::create(builder, loc,
                            ViewType::get(builder.getContext(), shape, element),
                            access.operand, AffineMapAttr::get(composed),
                            outside ? builder.getUnitAttr() : UnitAttr());
  return LoadOp::create(builder, loc, RankedTensorType::get(shape, element),
                        source, ValueRange(), /*masked=*/false)
      .getResult();
}

/// Rows and columns apart: every dimension must be a function of its own.
FailureOr<Value> Reindexer::readDot(DotOp dot, AffineMap map,
                                    ArrayRef<int64_t> shape) {
  unsigned rank = shape.size();
  if (map.getNumResults() != rank)
    return LogicalResult(fail(dot));
  for (unsigned dim = 0; dim < rank; ++dim)
    for (unsigned other = 0; other < rank; ++other)
      if (other != dim && map.getResult(dim).isFunctionOfDim(other))
        return LogicalResult(fail(dot));
  int64_t depth = shapeOf(dot.getLhs())[rank - 1];
  auto factor = [&](Value value, unsigned axis) {
    SmallVector<AffineExpr> results(map.getResults());
    SmallVector<int64_t> sizes(shape);
    results[axis] = builder.getAffineDimExpr(axis);
    sizes[axis] = depth;
    return visit(value, AffineMap::get(rank, 0, results, builder.getContext()),
                 sizes);
  };
  FailureOr<Value> lhs = factor(dot.getLhs(), rank - 1);
  if (failed(lhs))
    return failure();
  FailureOr<Value> rhs = factor(dot.getRhs(), rank - 2);
  if (failed(rhs))
    return failure();
  FailureOr<Value> acc = visit(dot.getAcc(), map, shape);
  if (failed(acc))
    return failure();
  return DotOp::create(builder, dot.getLoc(), acc->getType(), *lhs, *rhs, *acc,
                       dot.getMmaAttr(), dot.getPrecisionAttr())
      .getResult();
}
