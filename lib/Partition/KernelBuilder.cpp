//===- KernelBuilder.cpp - Builds one untiled kernel ----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Dominance.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/SetOperations.h"

using namespace mlir;
using namespace qimeng;

KernelBuilder::KernelBuilder(OpBuilder &host, Location loc, StringRef name,
                             ArrayRef<int64_t> space)
    : host(host), loc(loc), space(space), builder(host.getContext()) {
  builder.setInsertionPoint(host.getInsertionBlock()->getParentOp());
  kernel = KernelOp::create(builder, loc, name, TypeRange());
  builder.setInsertionPointToStart(&kernel.getBody().front());
}

RankedTensorType KernelBuilder::getType(ArrayRef<int64_t> dims,
                                        Type elementType) const {
  SmallVector<int64_t> shape;
  for (int64_t dim : dims)
    shape.push_back(space[dim]);
  return RankedTensorType::get(shape, elementType);
}

Value KernelBuilder::getArgument(Value buffer) {
  auto [it, inserted] = arguments.insert({buffer, BlockArgument()});
  if (inserted)
    it->second =
        kernel.getBody().front().addArgument(buffer.getType(), buffer.getLoc());
  return it->second;
}

Value KernelBuilder::getView(Value buffer, AffineMap map, bool padded,
                             ArrayRef<int64_t> shape) {
  Value operand = getArgument(buffer);
  auto type = cast<MemRefType>(buffer.getType());
  if (!padded && map.isIdentity() && type.getShape() == shape)
    return operand;
  auto viewType =
      ViewType::get(builder.getContext(), shape, type.getElementType());
  return ViewOp::create(builder, loc, viewType, operand, map, padded);
}

Tile KernelBuilder::load(const Source &source, AffineMap indexing) {
  assert(source.kind != Source::Kind::Scalar && "scalars are computed");
  if (source.kind == Source::Kind::Splat)
    return splat(source.splat);
  AffineMap map = source.map.compose(indexing);
  map = mayAddUnitDims
            ? simplify(map, space,
                       cast<MemRefType>(source.buffer.getType()).getShape())
            : simplify(map, space);

  SmallVector<int64_t> dims, shape;
  SmallVector<AffineExpr> compressed(space.size(),
                                     builder.getAffineConstantExpr(0));
  for (auto [dim, size] : llvm::enumerate(space))
    if (map.isFunctionOfDim(dim)) {
      compressed[dim] = builder.getAffineDimExpr(dims.size());
      dims.push_back(dim);
      shape.push_back(size);
    }
  map = map.replaceDimsAndSymbols(compressed, {}, dims.size(), 0);

  bool padded = false;
  if (source.padded)
    for (auto [expr, size] : llvm::zip_equal(
             map.getResults(),
             cast<MemRefType>(source.buffer.getType()).getShape())) {
      auto [low, high] = getBounds(expr, shape);
      padded |= low < 0 || high >= size;
    }
  Value view = getView(source.buffer, map, padded, shape);
  auto type = RankedTensorType::get(shape, getStorageType(source.elementType));
  Value value = LoadOp::create(builder, loc, type, view, ValueRange(), false);
  if (source.elementType.isIndex())
    value = arith::IndexCastOp::create(
        builder, loc, type.clone(builder.getIndexType()), value);
  return {value, dims};
}

Value KernelBuilder::getGatherSource(const Source &source) {
  return getView(source.buffer, source.map, source.padded, source.shape);
}

Tile KernelBuilder::splat(TypedAttr value) {
  auto type = RankedTensorType::get({}, value.getType());
  return {createSplat(builder, loc, type, value), {}};
}

Tile KernelBuilder::iota(int64_t dim) {
  RankedTensorType type = getType({dim}, builder.getIndexType());
  return {IotaOp::create(builder, loc, type, Value(), 0), {dim}};
}

Tile KernelBuilder::affine(AffineExpr expr) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return iota(dim.getPosition());
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return splat(builder.getIndexAttr(constant.getValue()));
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Tile tiles[] = {affine(binary.getLHS()), affine(binary.getRHS())};
  SmallVector<int64_t> dims = unify(tiles);
  Value a = tiles[0].value, b = tiles[1].value;
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return {arith::AddIOp::create(builder, loc, a, b), dims};
  case AffineExprKind::Mul:
    return {arith::MulIOp::create(builder, loc, a, b), dims};
  case AffineExprKind::FloorDiv:
    return {arith::FloorDivSIOp::create(builder, loc, a, b), dims};
  case AffineExprKind::CeilDiv:
    return {arith::CeilDivSIOp::create(builder, loc, a, b), dims};
  default: {
    // a mod b is a - a floordiv b * b: never negative, unlike remsi.
    Value quotient = arith::FloorDivSIOp::create(builder, loc, a, b);
    Value product = arith::MulIOp::create(builder, loc, quotient, b);
    return {arith::SubIOp::create(builder, loc, a, product), dims};
  }
  }
}

Tile KernelBuilder::isWithin(AffineExpr expr, int64_t size, int64_t step) {
  auto compare = [&](AffineExpr value, arith::CmpIPredicate predicate,
                     int64_t bound) {
    Tile tiles[] = {affine(value), splat(builder.getIndexAttr(bound))};
    SmallVector<int64_t> dims = unify(tiles);
    return Tile{arith::CmpIOp::create(builder, loc, predicate, tiles[0].value,
                                      tiles[1].value),
                dims};
  };
  auto [low, high] = getBounds(expr, space);
  Tile result;
  if (low < 0)
    result = compare(expr, arith::CmpIPredicate::sge, 0);
  if (high >= size)
    result =
        conjunction(result, compare(expr, arith::CmpIPredicate::slt, size));
  if (step != 1)
    result =
        conjunction(result, compare(expr % step, arith::CmpIPredicate::eq, 0));
  return result;
}

Tile KernelBuilder::conjunction(Tile a, Tile b) {
  if (!a.value || !b.value)
    return a.value ? a : b;
  Tile tiles[] = {a, b};
  SmallVector<int64_t> dims = unify(tiles);
  return {arith::AndIOp::create(builder, loc, tiles[0].value, tiles[1].value),
          dims};
}

Tile KernelBuilder::select(Tile condition, Tile a, Tile b) {
  if (!condition.value)
    return a;
  Tile tiles[] = {condition, a, b};
  SmallVector<int64_t> dims = unify(tiles);
  return {arith::SelectOp::create(builder, loc, tiles[0].value, tiles[1].value,
                                  tiles[2].value),
          dims};
}

Value KernelBuilder::expand(const Tile &tile, ArrayRef<int64_t> dims) {
  if (ArrayRef<int64_t>(tile.dims) == dims)
    return tile.value;
  RankedTensorType type = getType(dims, tile.getElementType());
  SplatElementsAttr splat;
  if (matchPattern(tile.value, m_Constant(&splat)))
    return createSplat(builder, loc, type, splat.getSplatValue<TypedAttr>());
  SmallVector<int64_t> axes;
  for (auto [position, dim] : llvm::enumerate(dims))
    if (!llvm::is_contained(tile.dims, dim))
      axes.push_back(position);
  return BroadcastOp::create(builder, loc, type, tile.value, axes);
}

SmallVector<int64_t> KernelBuilder::unify(MutableArrayRef<Tile> tiles) {
  SmallVector<int64_t> dims;
  for (int64_t dim = 0, rank = space.size(); dim < rank; ++dim)
    if (llvm::any_of(tiles, [&](const Tile &tile) {
          return llvm::is_contained(tile.dims, dim);
        }))
      dims.push_back(dim);
  for (Tile &tile : tiles)
    tile = {expand(tile, dims), dims};
  return dims;
}

Value KernelBuilder::convert(Value tile, Type elementType) {
  auto type = cast<RankedTensorType>(tile.getType());
  Type from = type.getElementType();
  if (from == elementType)
    return tile;
  auto to = type.clone(elementType);
  if (SplatElementsAttr splat; matchPattern(tile, m_Constant(&splat))) {
    if (auto toFloat = dyn_cast<FloatType>(elementType)) {
      APFloat value = splat.getSplatValue<APFloat>();
      bool losesInfo;
      value.convert(toFloat.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                    &losesInfo);
      return createSplat(builder, loc, to, FloatAttr::get(toFloat, value));
    }
    APInt value = splat.getSplatValue<APInt>();
    unsigned width =
        elementType.isIndex() ? 64 : elementType.getIntOrFloatBitWidth();
    return createSplat(builder, loc, to,
                       IntegerAttr::get(elementType, value.sextOrTrunc(width)));
  }
  if (from.isIndex() || elementType.isIndex())
    return arith::IndexCastOp::create(builder, loc, to, tile);
  if (isa<FloatType>(from)) {
    unsigned width = from.getIntOrFloatBitWidth(),
             toWidth = elementType.getIntOrFloatBitWidth();
    if (width < toWidth)
      return arith::ExtFOp::create(builder, loc, to, tile);
    if (width > toWidth)
      return arith::TruncFOp::create(builder, loc, to, tile);
    // f16 and bf16: by way of f32, which holds both.
    return convert(convert(tile, builder.getF32Type()), elementType);
  }
  if (from.getIntOrFloatBitWidth() < elementType.getIntOrFloatBitWidth())
    return arith::ExtSIOp::create(builder, loc, to, tile);
  return arith::TruncIOp::create(builder, loc, to, tile);
}

void KernelBuilder::store(Value value, Value buffer, AffineMap map) {
  auto type = cast<MemRefType>(buffer.getType());
  value = convert(value, type.getElementType());
  ArrayRef<int64_t> shape = cast<RankedTensorType>(value.getType()).getShape();
  if (!map)
    map = builder.getMultiDimIdentityMap(shape.size());
  Value view =
      getView(buffer, simplify(map, shape, type.getShape()), false, shape);
  StoreOp::create(builder, loc, value, view, ValueRange(), false);
}

void KernelBuilder::abandon() { kernel.erase(); }

FrozenRewritePatternSet qimeng::getKernelPatterns(MLIRContext *context) {
  RewritePatternSet patterns(context);
  for (RegisteredOperationName name : context->getRegisteredOperations())
    if (isa<arith::ArithDialect, math::MathDialect, QiMengDialect>(
            name.getDialect()))
      name.getCanonicalizationPatterns(patterns, context);
  return patterns;
}

void KernelBuilder::finish(const FrozenRewritePatternSet &patterns) {
  (void)applyPatternsGreedily(kernel, patterns);
  IRRewriter rewriter(kernel.getContext());
  DominanceInfo dominance(kernel);
  eliminateCommonSubExpressions(rewriter, dominance, kernel);

  SmallVector<Value> operands;
  for (auto [buffer, argument] : arguments)
    if (argument.use_empty())
      kernel.getBody().front().eraseArgument(argument.getArgNumber());
    else
      operands.push_back(buffer);
  LaunchOp::create(host, loc, kernel.getSymName(), operands);
}
