//===- Tiler.cpp - Cut an untiled kernel into programs --------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tiler.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace qimeng;

static ArrayRef<int64_t> shapeOf(Value tile) {
  return cast<RankedTensorType>(tile.getType()).getShape();
}

static Type elementOf(Value tile) {
  return cast<RankedTensorType>(tile.getType()).getElementType();
}

SmallVector<ReductionAxis> qimeng::getReductionAxes(KernelOp kernel) {
  SmallVector<ReductionAxis> axes;
  for (Operation &op : kernel.getBody().front()) {
    if (auto dot = dyn_cast<DotOp>(op)) {
      int64_t axis = shapeOf(dot.getLhs()).size() - 1;
      axes.push_back({&op, axis, shapeOf(dot.getLhs())[axis]});
    } else if (auto reduce = dyn_cast<ReduceOp>(op)) {
      for (int64_t axis : reduce.getAxes())
        axes.push_back({&op, axis, shapeOf(reduce.getInput())[axis]});
    } else if (auto fold = dyn_cast<FoldOp>(op)) {
      for (int64_t axis : fold.getAxes())
        axes.push_back({&op, axis, shapeOf(fold.getInputs().front())[axis]});
    }
  }
  return axes;
}

/// Whether elements of `value` past the end along `dim` are zero in a slice,
/// because they come straight from masked loads.
static bool isZeroPastEnd(Value value, int64_t dim) {
  Operation *op = value.getDefiningOp();
  if (isa<LoadOp>(op) || matchPattern(value, m_Zero()) ||
      matchPattern(value, m_AnyZeroFloat()))
    return true;
  if (isa<arith::ExtFOp, arith::ExtSIOp, arith::ExtUIOp, arith::TruncFOp,
          arith::TruncIOp, arith::SIToFPOp, arith::UIToFPOp>(op))
    return isZeroPastEnd(op->getOperand(0), dim);
  if (auto transpose = dyn_cast<TransposeOp>(op))
    return isZeroPastEnd(transpose.getInput(), transpose.getPermutation()[dim]);
  if (auto broadcast = dyn_cast<BroadcastOp>(op)) {
    ArrayRef<int64_t> axes = broadcast.getAxes();
    if (llvm::is_contained(axes, dim))
      return false;
    int64_t dropped = llvm::count_if(axes, [&](int64_t a) { return a < dim; });
    return isZeroPastEnd(broadcast.getInput(), dim - dropped);
  }
  return false;
}

/// Whether combining with zero changes nothing (but the sign of a zero).
static bool isZeroNeutral(Combiner kind) {
  return kind == Combiner::Add || kind == Combiner::Or ||
         kind == Combiner::Xor || kind == Combiner::MaxU;
}

static bool isIntegerDivision(Operation *op) {
  return isa<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp,
             arith::CeilDivSIOp, arith::CeilDivUIOp, arith::FloorDivSIOp>(op);
}

//===----------------------------------------------------------------------===//
// Scopes and loops
//===----------------------------------------------------------------------===//

LogicalResult Tiler::fail(const Twine &message) {
  reason = message.str();
  return failure();
}

int Tiler::getDepth(ArrayRef<Range> ranges) {
  int depth = 0;
  for (const Range &range : ranges)
    depth = std::max(depth, range.depth);
  return depth;
}

/// Insert at the end of what the innermost scope has so far.
void Tiler::setInsertionPoint() {
  const Scope &scope = scopes.back();
  if (scope.before)
    builder.setInsertionPoint(scope.before);
  else
    builder.setInsertionPointToEnd(scope.block);
}

ArrayRef<int64_t> Tiler::getChunks(Operation *op) { return chunks[op]; }

/// Runs `body` on the ranges base, base + size, .. (`trips` of them), in a loop
/// if there is more than one.
FailureOr<SmallVector<Value>> Tiler::createLoop(int64_t trips, int64_t size,
                                                int64_t base, bool tail,
                                                ValueRange inits, Body body) {
  Location loc = kernel.getLoc();
  setInsertionPoint();
  if (trips == 1) {
    Value offset;
    if (base != 0) {
      // At the top, so that the same range is found again wherever it is used.
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(&kernel.getBody().front());
      offset = arith::ConstantIndexOp::create(builder, loc, base);
    }
    return body({offset, size, tail, 0}, inits);
  }
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  Value one = arith::ConstantIndexOp::create(builder, loc, 1);
  Value count = arith::ConstantIndexOp::create(builder, loc, trips);
  auto loop = scf::ForOp::create(builder, loc, zero, count, one, inits);
  Block *block = loop.getBody();
  Operation *outer = scopes.back().before;
  scopes.back().before = loop;
  scopes.push_back(
      {block, inits.empty() ? block->getTerminator() : nullptr, {}});
  int depth = scopes.size() - 1;
  setInsertionPoint();
  AffineExpr index = builder.getAffineDimExpr(0);
  Value offset = affine::AffineApplyOp::create(
      builder, loc, AffineMap::get(1, 0, index * size + base),
      ValueRange{loop.getInductionVar()});
  FailureOr<SmallVector<Value>> results =
      body({offset, size, tail, depth}, loop.getRegionIterArgs());
  if (failed(results))
    return failure();
  if (!inits.empty()) {
    setInsertionPoint();
    scf::YieldOp::create(builder, loc, *results);
  }
  scopes.pop_back();
  scopes.back().before = outer;
  setInsertionPoint();
  return SmallVector<Value>(loop.getResults());
}

/// Runs `body` with `ranges` set along `axes`, in chunks.
FailureOr<SmallVector<Value>>
Tiler::walkAxes(ArrayRef<int64_t> axes, ArrayRef<int64_t> extents,
                ArrayRef<int64_t> chunks, Ranges &ranges, ValueRange inits,
                function_ref<FailureOr<SmallVector<Value>>(ValueRange)> body) {
  if (axes.empty())
    return body(inits);
  int64_t extent = extents[axes.front()], size = chunks.front();
  return createLoop(llvm::divideCeil(extent, size), size, 0, extent % size != 0,
                    inits, [&](Range range, ValueRange accumulators) {
                      ranges[axes.front()] = range;
                      return walkAxes(axes.drop_front(), extents,
                                      chunks.drop_front(), ranges, accumulators,
                                      body);
                    });
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

/// `fill` where `tile` passes the end along one of `dims`.
Value Tiler::maskTail(Value tile, ArrayRef<Range> ranges,
                      ArrayRef<int64_t> extents, ArrayRef<int64_t> dims,
                      TypedAttr fill) {
  Location loc = tile.getLoc();
  Value mask;
  for (int64_t dim : dims) {
    if (!ranges[dim].tail)
      continue;
    auto type = RankedTensorType::get(shapeOf(tile), builder.getIndexType());
    Value position = IotaOp::create(builder, loc, type, ranges[dim].offset,
                                    builder.getI64IntegerAttr(dim));
    Value end =
        createSplat(builder, loc, type, builder.getIndexAttr(extents[dim]));
    Value inside = arith::CmpIOp::create(
        builder, loc, arith::CmpIPredicate::ult, position, end);
    mask = mask ? arith::AndIOp::create(builder, loc, mask, inside) : inside;
  }
  if (!mask)
    return tile;
  Value filler =
      createSplat(builder, loc, cast<RankedTensorType>(tile.getType()), fill);
  return arith::SelectOp::create(builder, loc, mask, tile, filler);
}

/// The slice of `value`, `fill` past the end of `axis`.
FailureOr<Value> Tiler::sliceMaskedAxis(Value value, ArrayRef<Range> ranges,
                                        int64_t axis, TypedAttr fill) {
  FailureOr<Value> tile = slice(value, ranges);
  if (failed(tile))
    return failure();
  setInsertionPoint();
  return maskTail(*tile, ranges, shapeOf(value), axis, fill);
}

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

FailureOr<Value> Tiler::slice(Value value, ArrayRef<Range> ranges) {
  int64_t elements = 1;
  for (const Range &range : ranges) {
    elements *= range.size;
    if (elements > maxTileElements)
      return fail("a tile would have more than " + Twine(maxTileElements) +
                  " elements, more than a thread block can hold; choose "
                  "smaller sizes, or cut the reduction axes with 'reduce'");
  }
  Key key;
  key.first = value.getAsOpaquePointer();
  for (const Range &range : ranges)
    key.second.push_back({range.offset.getAsOpaquePointer(), range.size});
  int depth = getDepth(ranges);
  auto found = scopes[depth].slices.find(key);
  if (found != scopes[depth].slices.end())
    return found->second;

  // Build it in the outermost loop that knows the offsets.
  SmallVector<Scope> inner(std::make_move_iterator(scopes.begin() + depth + 1),
                           std::make_move_iterator(scopes.end()));
  scopes.resize(depth + 1);
  setInsertionPoint();
  FailureOr<Value> result = compute(value, ranges);
  if (failed(result))
    return failure();
  scopes[depth].slices.insert({key, *result});
  scopes.append(std::make_move_iterator(inner.begin()),
                std::make_move_iterator(inner.end()));
  setInsertionPoint();
  return *result;
}

SmallVector<Value> Tiler::getOffsets(ArrayRef<Range> ranges) {
  SmallVector<Value> offsets;
  if (llvm::all_of(ranges, [](const Range &range) { return !range.offset; }))
    return offsets;
  for (const Range &range : ranges)
    offsets.push_back(range.offset ? range.offset
                                   : arith::ConstantIndexOp::create(
                                         builder, kernel.getLoc(), 0));
  return offsets;
}

template <typename RangesT>
static SmallVector<int64_t> sizesOf(const RangesT &ranges) {
  SmallVector<int64_t> sizes;
  for (const auto &range : ranges)
    sizes.push_back(range.size);
  return sizes;
}

FailureOr<Value> Tiler::compute(Value value, ArrayRef<Range> ranges) {
  Operation *op = value.getDefiningOp();
  Location loc = value.getLoc();
  auto type = RankedTensorType::get(sizesOf(ranges), elementOf(value));
  bool tail = llvm::any_of(ranges, [](const Range &r) { return r.tail; });

  if (auto load = dyn_cast<LoadOp>(op)) {
    if (!load.getOffsets().empty())
      return fail(
          "a load has offsets; untiled kernels read whole operands or views");
    return LoadOp::create(builder, loc, type, load.getSource(),
                          getOffsets(ranges), tail)
        .getResult();
  }
  if (auto gather = dyn_cast<GatherOp>(op)) {
    SmallVector<Value> indices;
    for (Value index : gather.getIndices()) {
      FailureOr<Value> tile = slice(index, ranges);
      if (failed(tile))
        return failure();
      indices.push_back(*tile);
    }
    setInsertionPoint();
    return GatherOp::create(builder, loc, type, gather.getSource(), indices)
        .getResult();
  }
  if (auto broadcast = dyn_cast<BroadcastOp>(op)) {
    Ranges kept;
    for (auto [dim, range] : llvm::enumerate(ranges))
      if (!llvm::is_contained(broadcast.getAxes(), static_cast<int64_t>(dim)))
        kept.push_back(range);
    FailureOr<Value> input = slice(broadcast.getInput(), kept);
    if (failed(input))
      return failure();
    setInsertionPoint();
    return BroadcastOp::create(builder, loc, type, *input, broadcast.getAxes())
        .getResult();
  }
  if (auto transpose = dyn_cast<TransposeOp>(op)) {
    Ranges permuted(ranges.size());
    for (auto [dim, source] : llvm::enumerate(transpose.getPermutation()))
      permuted[source] = ranges[dim];
    FailureOr<Value> input = slice(transpose.getInput(), permuted);
    if (failed(input))
      return failure();
    setInsertionPoint();
    return TransposeOp::create(builder, loc, *input, transpose.getPermutation())
        .getResult();
  }
  if (auto iota = dyn_cast<IotaOp>(op)) {
    Value offset = ranges[iota.getDim()].offset;
    if (!offset)
      offset = iota.getOffset();
    else if (iota.getOffset())
      offset = arith::AddIOp::create(builder, loc, iota.getOffset(), offset);
    return IotaOp::create(builder, loc, type, offset, iota.getDimAttr())
        .getResult();
  }
  if (auto dot = dyn_cast<DotOp>(op))
    return computeDot(dot, ranges);
  if (auto reduce = dyn_cast<ReduceOp>(op))
    return computeReduce(reduce, ranges);
  if (auto scan = dyn_cast<ScanOp>(op))
    return computeScan(scan, ranges);
  if (auto fold = dyn_cast<FoldOp>(op)) {
    FailureOr<SmallVector<Value>> results = computeFold(fold, ranges);
    if (failed(results))
      return failure();
    // The other results are here too; remember them.
    Key key;
    for (const Range &range : ranges)
      key.second.push_back({range.offset.getAsOpaquePointer(), range.size});
    for (auto [original, result] : llvm::zip(fold.getResults(), *results)) {
      key.first = original.getAsOpaquePointer();
      scopes.back().slices.insert({key, result});
    }
    return (*results)[cast<OpResult>(value).getResultNumber()];
  }
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    auto splat = dyn_cast<SplatElementsAttr>(constant.getValue());
    if (!splat)
      return fail("a constant tile with unlike elements cannot be cut; pass it "
                  "as an operand of the kernel");
    return arith::ConstantOp::create(builder, loc, splat.resizeSplat(type))
        .getResult();
  }
  if (isElementwise(op))
    return computeElementwise(op, ranges);
  return fail("'" + op->getName().getStringRef() +
              "' is no operation that tile can cut");
}

FailureOr<Value> Tiler::computeElementwise(Operation *op,
                                           ArrayRef<Range> ranges) {
  IRMapping mapping;
  for (auto [index, operand] : llvm::enumerate(op->getOperands())) {
    if (!isa<RankedTensorType>(operand.getType()))
      continue; // a scalar: it stays where it is
    FailureOr<Value> tile = slice(operand, ranges);
    if (failed(tile))
      return failure();
    mapping.map(operand, *tile);
  }
  setInsertionPoint();
  if (isIntegerDivision(op) && !matchPattern(op->getOperand(1), m_Constant())) {
    // Past the end the divisor may be zero, which traps.
    Value divisor = op->getOperand(1);
    SmallVector<int64_t> dims =
        llvm::to_vector(llvm::seq<int64_t>(ranges.size()));
    Value safe = maskTail(mapping.lookup(divisor), ranges, shapeOf(divisor),
                          dims, builder.getIntegerAttr(elementOf(divisor), 1));
    Operation *clone = builder.clone(*op, mapping);
    clone->setOperand(1, safe);
    clone->getResult(0).setType(safe.getType());
    return clone->getResult(0);
  }
  Operation *clone = builder.clone(*op, mapping);
  clone->getResult(0).setType(
      RankedTensorType::get(sizesOf(ranges), elementOf(op->getResult(0))));
  return clone->getResult(0);
}

FailureOr<Value> Tiler::computeDot(DotOp op, ArrayRef<Range> ranges) {
  unsigned rank = ranges.size();
  FailureOr<Value> init = slice(op.getAcc(), ranges);
  if (failed(init))
    return failure();
  int64_t extent = shapeOf(op.getLhs())[rank - 1];
  int64_t size = getChunks(op).front();
  FailureOr<SmallVector<Value>> results = createLoop(
      llvm::divideCeil(extent, size), size, 0, extent % size != 0, *init,
      [&](Range k, ValueRange accumulators) -> FailureOr<SmallVector<Value>> {
        Ranges lhsRanges(ranges), rhsRanges(ranges);
        lhsRanges[rank - 1] = k;
        rhsRanges[rank - 2] = k;
        TypedAttr zero = builder.getZeroAttr(elementOf(op.getLhs()));
        // A tail must be zero in both factors: zero times infinity is no zero.
        auto factor = [&](Value value, Ranges &at, int64_t axis) {
          return k.tail && !isZeroPastEnd(value, axis)
                     ? sliceMaskedAxis(value, at, axis, zero)
                     : slice(value, at);
        };
        FailureOr<Value> lhs = factor(op.getLhs(), lhsRanges, rank - 1);
        if (failed(lhs))
          return failure();
        FailureOr<Value> rhs = factor(op.getRhs(), rhsRanges, rank - 2);
        if (failed(rhs))
          return failure();
        setInsertionPoint();
        return SmallVector<Value>{DotOp::create(
            builder, op.getLoc(), accumulators.front().getType(), *lhs, *rhs,
            accumulators.front(), op.getMmaAttr(), op.getPrecisionAttr())};
      });
  if (failed(results))
    return failure();
  return results->front();
}

FailureOr<Value> Tiler::computeReduce(ReduceOp op, ArrayRef<Range> ranges) {
  ArrayRef<int64_t> extents = shapeOf(op.getInput());
  ArrayRef<int64_t> sizes = getChunks(op);
  Combiner kind = op.getKind();
  TypedAttr identity = getIdentity(kind, elementOf(op.getInput()));
  // The input's ranges: the result's, with the axes put in.
  Ranges inner;
  SmallVector<int64_t> shape;
  bool single = true;
  unsigned next = 0, axis = 0;
  for (auto [dim, extent] : llvm::enumerate(extents)) {
    if (axis < op.getAxes().size() &&
        op.getAxes()[axis] == static_cast<int64_t>(dim)) {
      single &= sizes[axis] >= extent;
      shape.push_back(sizes[axis++]);
      inner.emplace_back();
    } else {
      shape.push_back(ranges[next].size);
      inner.push_back(ranges[next++]);
    }
  }
  auto loadChunk = [&]() -> FailureOr<Value> {
    SmallVector<int64_t> masked;
    for (int64_t dim : op.getAxes())
      if (inner[dim].tail &&
          !(isZeroNeutral(kind) && isZeroPastEnd(op.getInput(), dim)))
        masked.push_back(dim);
    FailureOr<Value> tile = slice(op.getInput(), inner);
    if (failed(tile))
      return failure();
    setInsertionPoint();
    return maskTail(*tile, inner, extents, masked, identity);
  };
  // In a loop, chunks are combined element by element; what crosses threads
  // comes once, after it.
  SmallVector<Value> init;
  if (!single)
    init.push_back(createSplat(
        builder, op.getLoc(),
        RankedTensorType::get(shape, elementOf(op.getInput())), identity));
  FailureOr<SmallVector<Value>> results =
      walkAxes(op.getAxes(), extents, sizes, inner, init,
               [&](ValueRange accumulators) -> FailureOr<SmallVector<Value>> {
                 FailureOr<Value> chunk = loadChunk();
                 if (failed(chunk))
                   return failure();
                 if (single)
                   return SmallVector<Value>{*chunk};
                 return SmallVector<Value>{createCombine(
                     builder, op.getLoc(), kind, accumulators.front(), *chunk)};
               });
  if (failed(results))
    return failure();
  return ReduceOp::create(builder, op.getLoc(), kind, results->front(),
                          op.getAxes())
      .getResult();
}

FailureOr<Value> Tiler::computeScan(ScanOp op, ArrayRef<Range> ranges) {
  int64_t axis = op.getAxis(), extent = shapeOf(op.getInput())[axis];
  if (ranges[axis].offset || ranges[axis].size < extent)
    return fail("a scan needs its whole axis (dimension " + Twine(axis) + ", " +
                Twine(extent) +
                " elements) in one tile; leave it whole with size 0");
  // Going forward the elements past the end come last; going back, first.
  FailureOr<Value> input =
      op.getReverse()
          ? sliceMaskedAxis(op.getInput(), ranges, axis,
                            getIdentity(op.getKind(), elementOf(op.getInput())))
          : slice(op.getInput(), ranges);
  if (failed(input))
    return failure();
  setInsertionPoint();
  return ScanOp::create(builder, op.getLoc(), op.getKind(), *input, axis,
                        op.getExclusive(), op.getReverse())
      .getResult();
}

//===----------------------------------------------------------------------===//
// Folds: in order, and without an identity that could fill a tail
//===----------------------------------------------------------------------===//

namespace {
/// `trips` chunks of `size` from `base` on.
struct Piece {
  int64_t trips, size, base;
};
} // namespace

/// Covers `extent` exactly: chunks of `size`, then ever smaller powers of two.
static SmallVector<Piece> cutExactly(int64_t extent, int64_t size) {
  SmallVector<Piece> pieces;
  int64_t base = 0;
  for (; base < extent; size /= 2) {
    int64_t trips = (extent - base) / size;
    if (trips == 0)
      continue;
    pieces.push_back({trips, size, base});
    base += trips * size;
  }
  return pieces;
}

FailureOr<SmallVector<Value>> Tiler::computeFold(FoldOp op,
                                                 ArrayRef<Range> ranges) {
  ArrayRef<int64_t> axes = op.getAxes();
  Ranges inner;
  unsigned next = 0;
  for (size_t dim = 0, rank = shapeOf(op.getInputs().front()).size();
       dim < rank; ++dim)
    inner.push_back(llvm::is_contained(axes, static_cast<int64_t>(dim))
                        ? Range()
                        : ranges[next++]);
  SmallVector<Value> inits;
  for (Value init : op.getInits()) {
    FailureOr<Value> tile = slice(init, ranges);
    if (failed(tile))
      return failure();
    inits.push_back(*tile);
  }
  setInsertionPoint();
  return foldAxis(op, 0, inner, inits);
}

/// Folds along the axes from `index` on; `ranges` is set along those before.
FailureOr<SmallVector<Value>> Tiler::foldAxis(FoldOp op, unsigned index,
                                              Ranges ranges, ValueRange inits) {
  ArrayRef<int64_t> axes = op.getAxes();
  ArrayRef<int64_t> extents = shapeOf(op.getInputs().front());
  if (index == axes.size()) {
    SmallVector<int64_t> kept;
    for (size_t dim = 0; dim < extents.size(); ++dim)
      if (!llvm::is_contained(axes, static_cast<int64_t>(dim)))
        kept.push_back(dim);
    bool divides = false;
    op.getBody().walk(
        [&](Operation *inside) { divides |= isIntegerDivision(inside); });
    SmallVector<Value> inputs;
    for (Value input : op.getInputs()) {
      FailureOr<Value> tile = slice(input, ranges);
      if (failed(tile))
        return failure();
      setInsertionPoint();
      if (divides && !isa<FloatType>(elementOf(input)))
        tile = maskTail(*tile, ranges, extents, kept,
                        builder.getIntegerAttr(elementOf(input), 1));
      inputs.push_back(*tile);
    }
    auto fold = FoldOp::create(builder, op.getLoc(), TypeRange(inits),
                               op.getAxesAttr(), inputs, inits);
    IRMapping mapping;
    op.getBody().cloneInto(&fold.getBody(), mapping);
    return SmallVector<Value>(fold.getResults());
  }
  // Row-major order: a chunk may have several rows only if its rows are whole.
  bool wholeRows = true;
  for (int64_t axis : axes.drop_front(index + 1))
    wholeRows &=
        llvm::isPowerOf2_64(extents[axis]) &&
        getChunks(op)[llvm::find(axes, axis) - axes.begin()] >= extents[axis];
  int64_t extent = extents[axes[index]];
  SmallVector<Value> accumulators(inits);
  for (Piece piece : cutExactly(extent, wholeRows ? getChunks(op)[index] : 1)) {
    FailureOr<SmallVector<Value>> results =
        createLoop(piece.trips, piece.size, piece.base, /*tail=*/false,
                   accumulators, [&](Range range, ValueRange inside) {
                     ranges[axes[index]] = range;
                     return foldAxis(op, index + 1, ranges, inside);
                   });
    if (failed(results))
      return failure();
    accumulators = *results;
  }
  return accumulators;
}

//===----------------------------------------------------------------------===//
// The kernel
//===----------------------------------------------------------------------===//

LogicalResult Tiler::storeTiles(ArrayRef<Range> ranges) {
  bool tail = llvm::any_of(ranges, [](const Range &r) { return r.tail; });
  for (StoreOp store : stores) {
    FailureOr<Value> tile = slice(store.getValue(), ranges);
    if (failed(tile))
      return failure();
    setInsertionPoint();
    StoreOp::create(builder, store.getLoc(), *tile, store.getTarget(),
                    getOffsets(ranges), tail);
  }
  return success();
}

/// Opens the loops over output dimensions from `index` on, then stores.
LogicalResult Tiler::walkOutputs(unsigned index, Ranges &ranges) {
  if (index == tiling.loops.size())
    return storeTiles(ranges);
  int64_t dim = tiling.loops[index];
  int64_t extent = shapeOf(stores.front().getValue())[dim];
  int64_t size = ranges[dim].size;
  FailureOr<SmallVector<Value>> results = createLoop(
      llvm::divideCeil(extent, size), size, 0, extent % size != 0, {},
      [&](Range range, ValueRange) -> FailureOr<SmallVector<Value>> {
        ranges[dim] = range;
        if (failed(walkOutputs(index + 1, ranges)))
          return failure();
        return SmallVector<Value>();
      });
  return success(succeeded(results));
}

LogicalResult Tiler::run(std::string &why) {
  Block &body = kernel.getBody().front();
  SmallVector<Operation *> old;
  for (Operation &op : body) {
    old.push_back(&op);
    if (auto store = dyn_cast<StoreOp>(op)) {
      if (!store.getOffsets().empty()) {
        why = "a store has offsets; untiled kernels write whole operands or "
              "views";
        return failure();
      }
      stores.push_back(store);
    }
  }
  unsigned next = 0;
  for (const ReductionAxis &axis : getReductionAxes(kernel)) {
    int64_t size = tiling.reduce.empty() ? 0 : tiling.reduce[next++];
    if (size == 0)
      size = llvm::PowerOf2Ceil(axis.extent);
    // A fold's tail is cut exactly, so its chunks may not be larger than it.
    if (isa<FoldOp>(axis.op))
      while (size > axis.extent)
        size /= 2;
    chunks[axis.op].push_back(size);
  }

  scopes.push_back({&body, nullptr, {}});
  setInsertionPoint();
  ArrayRef<int64_t> shape = shapeOf(stores.front().getValue());
  Ranges ranges;
  SmallVector<int64_t> grid;
  for (auto [dim, extent] : llvm::enumerate(shape)) {
    int64_t size = tiling.sizes[dim];
    if (size == 0)
      size = llvm::PowerOf2Ceil(extent);
    Range range{{}, size, extent % size != 0, 0};
    bool loop = llvm::is_contained(tiling.loops, static_cast<int64_t>(dim));
    grid.push_back(loop ? 1 : llvm::divideCeil(extent, size));
    ranges.push_back(range);
  }
  kernel.setGrid(grid);
  for (auto [dim, programs] : llvm::enumerate(grid)) {
    if (programs == 1)
      continue;
    Value program = ProgramIdOp::create(builder, kernel.getLoc(), dim);
    ranges[dim].offset = affine::AffineApplyOp::create(
        builder, kernel.getLoc(),
        AffineMap::get(1, 0, builder.getAffineDimExpr(0) * ranges[dim].size),
        ValueRange{program});
  }
  if (failed(walkOutputs(0, ranges))) {
    why = reason;
    return failure();
  }
  for (Operation *op : llvm::reverse(old))
    if (op->use_empty())
      builder.eraseOp(op);
  return success();
}
