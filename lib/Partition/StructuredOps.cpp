//===- StructuredOps.cpp - linalg operations to kernels -------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The strategies for a linalg operation, from the most to the least special:
// a view, a product, element by element, a reduction, a fold.
//
//===----------------------------------------------------------------------===//

#include "Partitioner.h"
#include "ScalarCloner.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace qimeng;

using llvm::SmallBitVector;

static BlockArgument getAccumulator(linalg::LinalgOp op, unsigned output) {
  return op.getMatchingBlockArgument(op.getDpsInitOperand(output));
}

static Value getYielded(linalg::LinalgOp op, unsigned output) {
  return op.getBlock()->getTerminator()->getOperand(output);
}

/// What a scalar of the body depends on.
struct Dependence {
  SmallBitVector loops; ///< those that index the inputs it is made from
  bool onAccumulator = false;
  bool onPosition = false;
};

/// Adds what `value` depends on to `dependence`.
static void addDependence(linalg::LinalgOp op, Value value,
                          Dependence &dependence,
                          llvm::SmallPtrSetImpl<Value> &seen) {
  if (!seen.insert(value).second)
    return;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (argument.getOwner() != op.getBlock())
      return;
    OpOperand *operand = op.getMatchingOpOperand(argument);
    AffineMap map = op.getMatchingIndexingMap(operand);
    for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
      if (map.isFunctionOfDim(loop))
        dependence.loops.set(loop);
    dependence.onAccumulator |= op.isDpsInit(operand);
    return;
  }
  Operation *producer = value.getDefiningOp();
  if (!op->isProperAncestor(producer))
    return;
  // With a region, it depends on all that the region uses.
  producer->walk([&](Operation *inner) {
    if (auto index = dyn_cast<linalg::IndexOp>(inner)) {
      dependence.onPosition = true;
      dependence.loops.set(index.getDim());
    }
    for (Value operand : inner->getOperands())
      addDependence(op, operand, dependence, seen);
  });
}

static Dependence getDependence(linalg::LinalgOp op, Value value) {
  Dependence dependence;
  dependence.loops.resize(op.getNumLoops());
  llvm::SmallPtrSet<Value, 16> seen;
  addDependence(op, value, dependence, seen);
  return dependence;
}

/// Conversions between f16, bf16 and f32 do not matter: their values are held
/// in f32.
static Value peelFloatCasts(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<arith::ExtFOp, arith::TruncFOp>(op) ||
        !getComputeType(value.getType()).isF32() ||
        !getComputeType(op->getOperand(0).getType()).isF32())
      break;
    value = op->getOperand(0);
  }
  return value;
}

static std::optional<Combiner> getCombiner(Operation *op) {
  return llvm::TypeSwitch<Operation *, std::optional<Combiner>>(op)
      .Case<arith::AddFOp, arith::AddIOp>([](auto) { return Combiner::Add; })
      .Case<arith::MulFOp, arith::MulIOp>([](auto) { return Combiner::Mul; })
      .Case<arith::MinimumFOp, arith::MinSIOp>(
          [](auto) { return Combiner::Min; })
      .Case<arith::MaximumFOp, arith::MaxSIOp>(
          [](auto) { return Combiner::Max; })
      .Case<arith::MinNumFOp>([](auto) { return Combiner::MinNum; })
      .Case<arith::MaxNumFOp>([](auto) { return Combiner::MaxNum; })
      .Case<arith::MinUIOp>([](auto) { return Combiner::MinU; })
      .Case<arith::MaxUIOp>([](auto) { return Combiner::MaxU; })
      .Case<arith::AndIOp>([](auto) { return Combiner::And; })
      .Case<arith::OrIOp>([](auto) { return Combiner::Or; })
      .Case<arith::XOrIOp>([](auto) { return Combiner::Xor; })
      .Default([](Operation *) { return std::nullopt; });
}

namespace {
/// An output that is combine(accumulator, value), with `value` free of any
/// accumulator.
struct Reduction {
  Combiner kind;
  Value value;
};
} // namespace

static std::optional<Reduction> matchReduction(linalg::LinalgOp op,
                                               unsigned output) {
  Operation *combine = peelFloatCasts(getYielded(op, output)).getDefiningOp();
  if (!combine || combine->getBlock() != op.getBlock())
    return std::nullopt;
  std::optional<Combiner> kind = getCombiner(combine);
  if (!kind)
    return std::nullopt;
  for (unsigned side : {0, 1}) {
    Value value = combine->getOperand(1 - side);
    if (peelFloatCasts(combine->getOperand(side)) ==
            getAccumulator(op, output) &&
        !getDependence(op, value).onAccumulator)
      return Reduction{*kind, value};
  }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// Groups the outputs by the loops that index them.
static SmallVector<OutputGroup, 2> getGroups(linalg::LinalgOp op) {
  SmallVector<OutputGroup, 2> groups;
  SmallVector<SmallBitVector> keys;
  for (unsigned output = 0; output < op->getNumResults(); ++output) {
    AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(output));
    ArrayRef<int64_t> shape = getShape(op->getResult(output));
    OutputGroup group;
    group.outputs = {output};
    SmallBitVector key(op.getNumLoops());
    for (auto [expr, size] : llvm::zip_equal(map.getResults(), shape)) {
      if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
        group.isProjection &= !key.test(dim.getPosition());
        key.set(dim.getPosition());
        group.kept.push_back(dim.getPosition());
      } else {
        auto constant = dyn_cast<AffineConstantExpr>(expr);
        group.isProjection &= constant && size == 1;
      }
    }
    for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
      if (!key.test(loop))
        group.reduced.push_back(loop);
    bool isFound = false;
    if (group.isProjection)
      for (auto [other, otherKey] : llvm::zip_equal(groups, keys))
        if (!isFound && other.isProjection && otherKey == key) {
          other.outputs.push_back(output);
          isFound = true;
        }
    if (!isFound) {
      groups.push_back(group);
      keys.push_back(key);
    }
  }
  for (OutputGroup &group : groups)
    for (unsigned output : group.outputs)
      if (!op->getResult(output).use_empty())
        group.used.push_back(output);
  llvm::erase_if(groups, [](const OutputGroup &g) { return g.used.empty(); });
  return groups;
}

namespace {
/// The space of a kernel: the loops in an order in which the outputs' loops
/// follow the first output.
struct LoopOrder {
  SmallVector<int64_t> space;
  SmallVector<int64_t> kept, reduced; ///< dimensions of the space
  AffineMap loops;                    ///< space -> loops

  LoopOrder(linalg::LinalgOp op, const OutputGroup &group) {
    SmallVector<int64_t> sizes = op.getStaticLoopRanges();
    SmallVector<unsigned> order;
    unsigned next = 0;
    for (unsigned loop = 0; loop < sizes.size(); ++loop) {
      bool isKept = llvm::is_contained(group.kept, loop);
      (isKept ? kept : reduced).push_back(loop);
      order.push_back(isKept ? group.kept[next++] : loop);
    }
    for (unsigned loop : order)
      space.push_back(sizes[loop]);
    SmallVector<AffineExpr> exprs(order.size());
    for (auto [position, loop] : llvm::enumerate(order))
      exprs[loop] = getAffineDimExpr(position, op.getContext());
    loops = AffineMap::get(order.size(), 0, exprs, op.getContext());
  }
};
} // namespace

/// From the dimensions of a tile over `dims` to those of the space.
static AffineMap getInjection(ArrayRef<int64_t> dims, unsigned rank,
                              MLIRContext *context) {
  SmallVector<AffineExpr> exprs(rank, getAffineConstantExpr(0, context));
  for (auto [position, dim] : llvm::enumerate(dims))
    exprs[dim] = getAffineDimExpr(position, context);
  return AffineMap::get(dims.size(), 0, exprs, context);
}

void Partitioner::bindOperands(linalg::LinalgOp op, BodyEvaluator &evaluator,
                               AffineMap loops) {
  for (OpOperand &operand : op->getOpOperands()) {
    BlockArgument argument = op.getMatchingBlockArgument(&operand);
    auto it = sources.find(operand.get());
    // Scalars are operands too.
    Source source =
        it != sources.end() ? it->second : Source::uniform({}, operand.get());
    evaluator.bind(argument, source,
                   op.getMatchingIndexingMap(&operand).compose(loops));
  }
  evaluator.setLoops(loops.getResults());
}

//===----------------------------------------------------------------------===//
// Strategies
//===----------------------------------------------------------------------===//

bool Partitioner::foldIntoView(linalg::LinalgOp op) {
  if (op->getNumResults() != 1 || op.getNumReductionLoops() != 0)
    return false;
  auto argument = dyn_cast<BlockArgument>(getYielded(op, 0));
  if (!argument || argument.getOwner() != op.getBlock())
    return false;
  OpOperand *operand = op.getMatchingOpOperand(argument);
  Value result = op->getResult(0);
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (!out.isPermutation())
    return false;
  if (op.isScalar(operand)) {
    auto it = sources.find(operand->get());
    if (auto constant = operand->get().getDefiningOp<arith::ConstantOp>())
      sources[result] = Source::constant(getShape(result), constant.getValue());
    else if (it != sources.end() && it->second.kind == Source::Kind::Buffer)
      sources[result] = it->second.through(
          AffineMap::get(getShape(result).size(), 0, context),
          getShape(result));
    else
      sources[result] = Source::uniform(getShape(result), operand->get());
    return true;
  }
  const Source source = sources[operand->get()];
  sources[result] =
      source.through(op.getMatchingIndexingMap(operand).compose(invert(out)),
                     getShape(result));
  return true;
}

bool Partitioner::convertContraction(linalg::LinalgOp op, OutputGroup &group) {
  if (group.used.size() != 1 || group.reduced.empty())
    return false;
  unsigned output = group.used.front();
  Type type = getElementTypeOrSelf(op->getResult(output).getType());
  if (type.isInteger(1) || type.isIndex())
    return false;

  // accumulator + a * b
  Value a, b;
  std::optional<Reduction> sum = matchReduction(op, output);
  if (sum && sum->kind == Combiner::Add) {
    Operation *product = peelFloatCasts(sum->value).getDefiningOp();
    if (!isa_and_nonnull<arith::MulFOp, arith::MulIOp>(product))
      return false;
    a = product->getOperand(0);
    b = product->getOperand(1);
  } else if (auto fma = peelFloatCasts(getYielded(op, output))
                            .getDefiningOp<math::FmaOp>()) {
    a = fma.getA();
    b = fma.getB();
    if (peelFloatCasts(fma.getC()) != getAccumulator(op, output))
      return false;
  } else {
    return false;
  }
  Dependence onA = getDependence(op, a), onB = getDependence(op, b);
  if (onA.onAccumulator || onB.onAccumulator || onA.onPosition ||
      onB.onPosition)
    return false;
  // A is indexed by M, B by N, and N is the innermost of the output's loops.
  if (onA.loops.test(group.kept.empty() ? 0 : group.kept.back()) &&
      !onB.loops.test(group.kept.empty() ? 0 : group.kept.back())) {
    std::swap(a, b);
    std::swap(onA, onB);
  }

  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  SmallVector<unsigned> batch, rows, columns, depth;
  for (unsigned loop : group.kept) {
    bool inA = onA.loops.test(loop), inB = onB.loops.test(loop);
    if (!inA && !inB)
      return false;
    (inA && inB ? batch : inA ? rows : columns).push_back(loop);
  }
  for (unsigned loop : group.reduced) {
    if (!onA.loops.test(loop) || !onB.loops.test(loop))
      return false;
    depth.push_back(loop);
  }
  // A matrix times a vector is bound by memory: a reduction serves it best.
  if (rows.empty() || columns.empty())
    return false;

  // The space is [batch.., M, K, N]: tiles over the ascending dimensions are
  // what dot expects.
  SmallVector<int64_t> space;
  SmallVector<AffineExpr> loops(sizes.size());
  for (unsigned loop : batch) {
    loops[loop] = getAffineDimExpr(space.size(), context);
    space.push_back(sizes[loop]);
  }
  for (ArrayRef<unsigned> dims :
       {ArrayRef<unsigned>(rows), ArrayRef<unsigned>(depth),
        ArrayRef<unsigned>(columns)}) {
    SmallVector<int64_t> dimSizes;
    for (unsigned loop : dims)
      dimSizes.push_back(sizes[loop]);
    AffineExpr position = getAffineDimExpr(space.size(), context);
    for (auto [loop, expr] :
         llvm::zip_equal(dims, delinearize(position, dimSizes)))
      loops[loop] = expr;
    space.push_back(llvm::product_of(dimSizes));
  }
  int64_t m = batch.size(), k = m + 1, n = m + 2;
  SmallVector<int64_t> left, right, result;
  for (int64_t dim = 0; dim < m; ++dim)
    for (auto *dims : {&left, &right, &result})
      dims->push_back(dim);
  left.append({m, k});
  right.append({k, n});
  result.append({m, n});
  AffineMap loopMap =
      simplify(AffineMap::get(space.size(), 0, loops, context), space);

  KernelBuilder kernel(host, op.getLoc(), makeName(op, "contract"), space);
  kernel.keepUnitDims();
  BodyEvaluator evaluator(kernel, sources);
  bindOperands(op, evaluator, loopMap);
  FailureOr<Tile> lhs = evaluator.compute(a), rhs = evaluator.compute(b);
  FailureOr<Tile> init = evaluator.compute(getAccumulator(op, output));
  if (failed(lhs) || failed(rhs) || failed(init)) {
    abandon(kernel);
    return false;
  }

  // Narrow factors are multiplied as they are when widening loses nothing.
  auto narrow = [&](Tile tile) {
    Operation *cast = tile.value.getDefiningOp();
    if (!isa_and_nonnull<arith::ExtFOp, arith::ExtSIOp>(cast))
      return tile;
    Type from = getElementTypeOrSelf(cast->getOperand(0).getType());
    Type to = tile.getElementType();
    if ((to.isF32() && getComputeType(from) != from) ||
        (to.isInteger(32) && from.isInteger(8)))
      tile.value = cast->getOperand(0);
    return tile;
  };
  Tile narrowLhs = narrow(*lhs), narrowRhs = narrow(*rhs);
  if (narrowLhs.getElementType() == narrowRhs.getElementType()) {
    lhs = narrowLhs;
    rhs = narrowRhs;
  }
  OpBuilder &builder = kernel.getBuilder();
  Type sumType = init->getElementType();
  if (sumType.isIntOrIndex() && sumType.getIntOrFloatBitWidth() < 32) {
    sumType = builder.getI32Type();
    // Only i8 has products of its own width.
    if (!lhs->getElementType().isInteger(8)) {
      lhs = kernel.convert(*lhs, sumType);
      rhs = kernel.convert(*rhs, sumType);
    }
  }
  Value acc = kernel.expand(kernel.convert(*init, sumType), result);
  Value dot = DotOp::create(
      builder, op.getLoc(), acc.getType(), kernel.expand(*lhs, left),
      kernel.expand(*rhs, right), acc, Mma::Fma, Precision::Ieee);
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(output));
  store(kernel, dot, op->getResult(output),
        out.compose(loopMap).compose(
            getInjection(result, space.size(), context)));
  kernel.finish(patterns);
  return true;
}

bool Partitioner::convertElementwise(linalg::LinalgOp op, OutputGroup &group) {
  LoopOrder order(op, group);
  KernelBuilder kernel(host, op.getLoc(), makeName(op, "elementwise"),
                       order.space);
  BodyEvaluator evaluator(kernel, sources);
  bindOperands(op, evaluator, order.loops);
  SmallVector<Value> values;
  for (unsigned output : group.used) {
    FailureOr<Tile> tile = evaluator.evaluate(getYielded(op, output));
    if (failed(tile)) {
      abandon(kernel);
      return false;
    }
    values.push_back(kernel.expand(*tile, order.kept));
  }
  for (auto [output, value] : llvm::zip_equal(group.used, values))
    store(kernel, value, op->getResult(output),
          op.getMatchingIndexingMap(op.getDpsInitOperand(output))
              .compose(order.loops));
  kernel.finish(patterns);
  return true;
}

/// Whether combining with `value` changes nothing, the sign of zero aside.
static bool isNeutral(Combiner kind, Value value) {
  SplatElementsAttr splat;
  if (!matchPattern(value, m_Constant(&splat)))
    return false;
  auto element = splat.getSplatValue<TypedAttr>();
  TypedAttr identity = getIdentity(kind, element.getType());
  if (kind == Combiner::Add && isa<FloatAttr>(element))
    return cast<FloatAttr>(element).getValue().isZero();
  return element == identity;
}

bool Partitioner::convertReduction(linalg::LinalgOp op, OutputGroup &group) {
  SmallVector<Reduction> reductions;
  for (unsigned output : group.used) {
    std::optional<Reduction> reduction = matchReduction(op, output);
    if (!reduction)
      return false;
    reductions.push_back(*reduction);
  }
  LoopOrder order(op, group);
  std::string kind =
      ("reduce_" + stringifyCombiner(reductions.front().kind)).str();
  KernelBuilder kernel(host, op.getLoc(), makeName(op, kind), order.space);
  BodyEvaluator evaluator(kernel, sources);
  bindOperands(op, evaluator, order.loops);
  OpBuilder &builder = kernel.getBuilder();
  SmallVector<Value> values;
  for (auto [output, reduction] : llvm::zip_equal(group.used, reductions)) {
    FailureOr<Tile> input = evaluator.compute(reduction.value);
    FailureOr<Tile> init = evaluator.compute(getAccumulator(op, output));
    if (failed(input) || failed(init) ||
        !getIdentity(reduction.kind, input->getElementType())) {
      abandon(kernel);
      return false;
    }
    // Along a loop that the input does not depend on, it is repeated.
    SmallVector<int64_t> dims, axes, keptDims;
    for (int64_t dim = 0, rank = order.space.size(); dim < rank; ++dim) {
      bool isReduced = llvm::is_contained(order.reduced, dim);
      if (!isReduced && !llvm::is_contained(input->dims, dim))
        continue;
      if (isReduced)
        axes.push_back(dims.size());
      else
        keptDims.push_back(dim);
      dims.push_back(dim);
    }
    Value reduced = ReduceOp::create(builder, op.getLoc(), reduction.kind,
                                     kernel.expand(*input, dims),
                                     builder.getDenseI64ArrayAttr(axes));
    Tile tiles[] = {{reduced, keptDims}, *init};
    if (!isNeutral(reduction.kind, init->value)) {
      keptDims = kernel.unify(tiles);
      reduced = createCombine(builder, op.getLoc(), reduction.kind,
                              tiles[0].value, tiles[1].value);
    }
    values.push_back(kernel.expand({reduced, keptDims}, order.kept));
  }
  AffineMap injection = getInjection(order.kept, order.space.size(), context);
  for (auto [output, value] : llvm::zip_equal(group.used, values))
    store(kernel, value, op->getResult(output),
          op.getMatchingIndexingMap(op.getDpsInitOperand(output))
              .compose(order.loops)
              .compose(injection));
  kernel.finish(patterns);
  return true;
}

/// Whether the body reads a tensor at a position that depends on an
/// accumulator. A fold reads all that it needs before it begins.
static bool readsAtAccumulator(linalg::LinalgOp op) {
  return op.getBlock()
      ->walk([&](tensor::ExtractOp extract) {
        return llvm::any_of(extract.getIndices(),
                            [&](Value index) {
                              return getDependence(op, index).onAccumulator;
                            })
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

LogicalResult Partitioner::convertUnrolled(linalg::LinalgOp op,
                                           OutputGroup &group) {
  constexpr int64_t mostIterations = 256;
  SmallVector<int64_t> sizes = op.getStaticLoopRanges(), space, reduced;
  SmallVector<AffineExpr> loops(sizes.size());
  for (unsigned loop : group.kept) {
    loops[loop] = getAffineDimExpr(space.size(), context);
    space.push_back(sizes[loop]);
  }
  for (unsigned loop : group.reduced)
    reduced.push_back(sizes[loop]);
  int64_t iterations = llvm::product_of(reduced);
  if (!group.isProjection || iterations > mostIterations)
    return op.emitOpError()
           << "reads a tensor at a position that depends on an accumulator, "
              "over "
           << iterations
           << " iterations; expected outputs indexed by distinct loops, and at "
              "most "
           << mostIterations
           << " iterations, which are written out. Split the reduction, or "
              "read before it";

  KernelBuilder kernel(host, op.getLoc(), makeName(op, "unrolled"), space);
  SmallVector<Tile> accumulators(group.outputs.size());
  for (int64_t iteration = 0; iteration < iterations; ++iteration) {
    AffineExpr position = getAffineConstantExpr(iteration, context);
    for (auto [loop, expr] :
         llvm::zip_equal(group.reduced, delinearize(position, reduced)))
      loops[loop] = expr;
    BodyEvaluator evaluator(kernel, sources);
    bindOperands(op, evaluator,
                 AffineMap::get(space.size(), 0, loops, context));
    // The first iteration reads the initial values.
    if (iteration > 0)
      for (auto [output, tile] : llvm::zip_equal(group.outputs, accumulators))
        evaluator.bind(getAccumulator(op, output), tile);
    for (auto [output, tile] : llvm::zip_equal(group.outputs, accumulators)) {
      FailureOr<Tile> next = evaluator.compute(getYielded(op, output));
      if (failed(next)) {
        abandon(kernel);
        return op.emitOpError() << "reads a tensor at a position that depends "
                                   "on an accumulator, and its body holds an "
                                   "operation that has no form on tiles. Write "
                                   "it with arith, math, tensor.extract and "
                                   "scf.if";
      }
      tile = *next;
    }
  }
  auto all = llvm::to_vector(
      llvm::seq<int64_t>(0, static_cast<int64_t>(space.size())));
  for (unsigned &loop : group.reduced)
    loops[loop] = getAffineConstantExpr(0, context);
  AffineMap map = AffineMap::get(space.size(), 0, loops, context);
  for (auto [output, tile] : llvm::zip_equal(group.outputs, accumulators))
    if (llvm::is_contained(group.used, output))
      store(
          kernel, kernel.expand(tile, all), op->getResult(output),
          op.getMatchingIndexingMap(op.getDpsInitOperand(output)).compose(map));
  kernel.finish(patterns);
  return success();
}

LogicalResult Partitioner::convertFold(linalg::LinalgOp op,
                                       OutputGroup &group) {
  // Where an output's index is no mere selection of loops, the kernel iterates
  // over the output as well, and takes part in an iteration only where it is
  // the output's index.
  LoopOrder order(op, group);
  AffineMap outMap =
      op.getMatchingIndexingMap(op.getDpsInitOperand(group.outputs.front()));
  if (!group.isProjection) {
    ArrayRef<int64_t> shape = getShape(op->getResult(group.outputs.front()));
    unsigned rank = shape.size();
    order.space.assign(shape.begin(), shape.end());
    llvm::append_range(order.space, op.getStaticLoopRanges());
    auto dims = llvm::to_vector(
        llvm::seq<int64_t>(0, static_cast<int64_t>(order.space.size())));
    order.kept.assign(dims.begin(), dims.begin() + rank);
    order.reduced.assign(dims.begin() + rank, dims.end());
    order.loops = selectDims(dims.size(), rank, op.getNumLoops(), context);
    outMap = outMap.compose(order.loops);
  }

  KernelBuilder kernel(host, op.getLoc(), makeName(op, "fold"), order.space);
  OpBuilder &builder = kernel.getBuilder();
  BodyEvaluator evaluator(kernel, sources);
  bindOperands(op, evaluator, order.loops);
  auto refuse = [&](Operation *culprit) {
    abandon(kernel);
    InFlightDiagnostic error =
        op.emitOpError() << "cannot become a kernel: its body holds an "
                            "operation that has no form in a kernel. Write the "
                            "body with arith, math, scf.if and scf.for, and "
                            "tensor.extract at positions that depend on no "
                            "accumulator and no inner loop";
    if (culprit)
      error.attachNote(culprit->getLoc())
          << "the operation is '" << culprit->getName() << "'";
    return error;
  };

  auto all = llvm::to_vector(
      llvm::seq<int64_t>(0, static_cast<int64_t>(order.space.size())));
  // What the body reads from outside: inputs, positions, gathered elements and
  // scalars of the function. Accumulators come after them.
  SmallVector<Value> outside, inputs;
  auto addInput = [&](Value value) -> LogicalResult {
    if (llvm::is_contained(outside, value))
      return success();
    FailureOr<Tile> tile = evaluator.evaluate(value);
    if (failed(tile))
      return failure();
    outside.push_back(value);
    inputs.push_back(kernel.expand(*tile, all));
    return success();
  };
  auto isAccumulator = [&](Value value) {
    auto argument = dyn_cast<BlockArgument>(value);
    return argument && argument.getOwner() == op.getBlock() &&
           op.isDpsInit(op.getMatchingOpOperand(argument));
  };
  WalkResult walk = op.getBlock()->walk([&](Operation *inner) -> WalkResult {
    if (isa<linalg::IndexOp, tensor::ExtractOp>(inner))
      return addInput(inner->getResult(0));
    if (isa<linalg::YieldOp>(inner) && inner->getBlock() == op.getBlock()) {
      for (unsigned output : group.outputs)
        if (Value value = inner->getOperand(output);
            !isAccumulator(value) && value.getParentBlock() == op.getBlock() &&
            isa<BlockArgument>(value) && failed(addInput(value)))
          return WalkResult::interrupt();
      return WalkResult::advance();
    }
    for (Value operand : inner->getOperands()) {
      bool isInput = isa<BlockArgument>(operand) &&
                     operand.getParentBlock() == op.getBlock() &&
                     !isAccumulator(operand);
      bool isCaptured =
          !op->isAncestor(operand.getParentBlock()->getParentOp()) &&
          !isa<TensorType>(operand.getType()) &&
          !operand.getDefiningOp<arith::ConstantOp>();
      if ((isInput || isCaptured) && failed(addInput(operand)))
        return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  if (walk.wasInterrupted())
    return refuse(evaluator.getUnsupported());
  Tile isHere;
  if (!group.isProjection) {
    for (auto [dim, expr] : llvm::enumerate(outMap.getResults()))
      isHere = kernel.conjunction(
          isHere, kernel.isWithin(expr - builder.getAffineDimExpr(dim), 1));
    if (isHere.value)
      inputs.push_back(kernel.expand(isHere, all));
  }
  if (inputs.empty())
    inputs.push_back(kernel.expand(
        all.empty() ? kernel.splat(builder.getIndexAttr(0)) : kernel.iota(0),
        all));

  SmallVector<Value> inits;
  SmallVector<Type> initTypes;
  for (unsigned output : group.outputs) {
    Value accumulator = getAccumulator(op, output);
    if (!group.isProjection) {
      auto it = sources.find(op.getDpsInitOperand(output)->get());
      evaluator.bind(accumulator, it->second,
                     selectDims(all.size(), 0, order.kept.size(), context));
    }
    FailureOr<Tile> init = evaluator.compute(accumulator);
    if (failed(init))
      return refuse(evaluator.getUnsupported());
    inits.push_back(kernel.expand(*init, order.kept));
    initTypes.push_back(inits.back().getType());
  }
  auto fold = FoldOp::create(builder, op.getLoc(), initTypes,
                             builder.getDenseI64ArrayAttr(order.reduced),
                             inputs, inits);
  Block &block = fold.getBody().emplaceBlock();
  for (Value operand : fold->getOperands())
    block.addArgument(getElementTypeOrSelf(operand.getType()),
                      operand.getLoc());
  OpBuilder inner = OpBuilder::atBlockBegin(&block);
  ScalarCloner cloner(inner);
  for (auto [value, argument] : llvm::zip(outside, block.getArguments()))
    cloner.map(value, argument);
  for (auto [number, output] : llvm::enumerate(group.outputs))
    cloner.map(getAccumulator(op, output),
               block.getArgument(inputs.size() + number));
  for (Operation &scalar : op.getBlock()->without_terminator()) {
    // What other outputs need is not needed here.
    if (isMemoryEffectFree(&scalar) && scalar.use_empty())
      continue;
    if (failed(cloner.clone(&scalar)))
      return refuse(&scalar);
  }
  SmallVector<Value> yielded;
  for (auto [number, output] : llvm::enumerate(group.outputs)) {
    Value value = cloner.lookup(getYielded(op, output));
    if (!value)
      return refuse(op);
    if (isHere.value)
      value = arith::SelectOp::create(
          inner, op.getLoc(), block.getArgument(inputs.size() - 1), value,
          block.getArgument(inputs.size() + number));
    yielded.push_back(value);
  }
  YieldOp::create(inner, op.getLoc(), yielded);

  AffineMap injection = getInjection(order.kept, order.space.size(), context);
  for (auto [output, value] :
       llvm::zip_equal(group.outputs, fold.getResults())) {
    if (!llvm::is_contained(group.used, output))
      continue;
    AffineMap map;
    if (group.isProjection)
      map = op.getMatchingIndexingMap(op.getDpsInitOperand(output))
                .compose(order.loops)
                .compose(injection);
    store(kernel, value, op->getResult(output), map);
  }
  kernel.finish(patterns);
  return success();
}

LogicalResult Partitioner::convertGroup(linalg::LinalgOp op,
                                        OutputGroup &group) {
  // The accumulators of outputs that are indexed by other loops are something
  // else in every iteration.
  for (unsigned output : group.used) {
    llvm::SmallPtrSet<Value, 16> seen;
    Dependence dependence;
    dependence.loops.resize(op.getNumLoops());
    addDependence(op, getYielded(op, output), dependence, seen);
    for (unsigned other = 0; other < op->getNumResults(); ++other)
      if (!llvm::is_contained(group.outputs, other) &&
          seen.contains(getAccumulator(op, other)) &&
          (!group.reduced.empty() || op.getNumReductionLoops() > 0))
        return op.emitOpError()
               << "result " << output
               << " depends on the accumulator of result " << other
               << ", whose order of evaluation linalg does not define. Split "
                  "the operation in two";
  }
  if (group.isProjection) {
    if (convertContraction(op, group))
      return success();
    if (group.reduced.empty() ? convertElementwise(op, group)
                              : convertReduction(op, group))
      return success();
  }
  return readsAtAccumulator(op) ? convertUnrolled(op, group)
                                : convertFold(op, group);
}

LogicalResult Partitioner::convertLinalg(linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics())
    return op.emitOpError() << "works on buffers; a tensor program works on "
                               "tensors. Partition it before bufferization";
  if (foldIntoView(op))
    return success();
  for (OutputGroup &group : getGroups(op))
    if (failed(convertGroup(op, group)))
      return failure();
  return success();
}
