//===- Proofs.cpp - Which mistakes change nothing -------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Proofs.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace qimeng;

/// Chains of definitions that are followed.
static constexpr unsigned maxDepth = 16;

//===----------------------------------------------------------------------===//
// Loops and accesses
//===----------------------------------------------------------------------===//

std::optional<int64_t> qimeng::getTrips(scf::ForOp loop) {
  auto lower = getConstantIntValue(loop.getLowerBound());
  auto upper = getConstantIntValue(loop.getUpperBound());
  auto step = getConstantIntValue(loop.getStep());
  if (!lower || !upper || !step || *step != 1 || *upper <= *lower)
    return std::nullopt;
  return *upper - *lower;
}

static bool dependsOn(Value value, Value counter, unsigned depth) {
  if (value == counter)
    return true;
  Operation *op = value.getDefiningOp();
  return op && depth < maxDepth &&
         llvm::any_of(
             op->getOperands(),
             [&](Value operand) {
               return dependsOn(operand, counter, depth + 1);
             });
}

bool qimeng::dependsOn(Value value, Value counter) {
  return ::dependsOn(value, counter, 0);
}

bool qimeng::passesEnd(Value source, OperandRange offsets, Value tile) {
  ArrayRef<int64_t> shape = getSourceShape(source);
  ArrayRef<int64_t> sizes = cast<RankedTensorType>(tile.getType()).getShape();
  for (size_t dim = 0; dim < shape.size(); ++dim) {
    bool moves = !offsets.empty() && !getConstantIntValue(offsets[dim]);
    if (sizes[dim] > shape[dim] || (moves && shape[dim] % sizes[dim] != 0))
      return true;
  }
  return false;
}

bool qimeng::isConstantAlong(Value source, int64_t dim) {
  return !getAccess(source).map.isFunctionOfDim(dim);
}

/// The offset in the iteration with this number, where it depends on that
/// alone.
static std::optional<int64_t> evaluate(Value offset, Value counter,
                                       int64_t index) {
  if (offset == counter)
    return index;
  if (auto constant = getConstantIntValue(offset))
    return constant;
  auto apply = offset.getDefiningOp<affine::AffineApplyOp>();
  if (!apply)
    return std::nullopt;
  SmallVector<Attribute> operands, results;
  Builder builder(offset.getContext());
  for (Value operand : apply.getMapOperands()) {
    std::optional<int64_t> value = evaluate(operand, counter, index);
    if (!value)
      return std::nullopt;
    operands.push_back(builder.getIndexAttr(*value));
  }
  if (failed(apply.getAffineMap().constantFold(operands, results)))
    return std::nullopt;
  return cast<IntegerAttr>(results.front()).getInt();
}

bool qimeng::seesOnlyPadding(scf::ForOp loop, int64_t index) {
  WalkResult walk = loop.walk([&](Operation *op) {
    if (isa<StoreOp, GatherOp, TakeOp, PutOp>(op))
      return WalkResult::interrupt();
    auto load = dyn_cast<LoadOp>(op);
    if (!load)
      return WalkResult::advance();
    Access access = getAccess(load.getSource());
    if (!access.padded || load.getOffsets().empty())
      return WalkResult::interrupt();
    ArrayRef<int64_t> shape =
                          cast<MemRefType>(access.operand.getType()).getShape(),
                      sizes = load.getResult().getType().getShape();
    // One dimension of the operand that the tile misses is enough.
    for (auto [result, extent] : llvm::zip(access.map.getResults(), shape)) {
      // d + c, of a known offset.
      int64_t low = 0;
      AffineExpr expr = result;
      if (auto sum = dyn_cast<AffineBinaryOpExpr>(expr);
          sum && sum.getKind() == AffineExprKind::Add)
        if (auto constant = dyn_cast<AffineConstantExpr>(sum.getRHS()))
          low = constant.getValue(), expr = sum.getLHS();
      auto dim = dyn_cast<AffineDimExpr>(expr);
      if (!dim)
        continue;
      unsigned position = dim.getPosition();
      std::optional<int64_t> offset =
          evaluate(load.getOffsets()[position], loop.getInductionVar(), index);
      if (offset &&
          (*offset + low >= extent || *offset + low + sizes[position] <= 0))
        return WalkResult::advance();
    }
    return WalkResult::interrupt();
  });
  return !walk.wasInterrupted();
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

std::optional<APFloat> qimeng::getFloatSplat(Value value) {
  DenseElementsAttr attribute;
  if (!matchPattern(value, m_Constant(&attribute)) || !attribute.isSplat() ||
      !isa<FloatType>(attribute.getElementType()))
    return std::nullopt;
  return attribute.getSplatValue<APFloat>();
}

/// The buffers of the host program that a kernel's operand stands for.
static SmallVector<Value> getBuffers(Value operand) {
  auto argument = cast<BlockArgument>(operand);
  auto kernel = cast<KernelOp>(argument.getOwner()->getParentOp());
  SmallVector<Value> buffers;
  kernel->getParentOfType<ModuleOp>().walk([&](LaunchOp launch) {
    if (launch.getKernel() == kernel.getSymName())
      buffers.push_back(launch.getOperands()[argument.getArgNumber()]);
  });
  return buffers;
}

/// The kernels' operands that stand for a buffer.
static SmallVector<Value> getOperands(Value buffer) {
  SmallVector<Value> operands;
  for (OpOperand &use : buffer.getUses())
    if (auto launch = dyn_cast<LaunchOp>(use.getOwner()))
      if (auto kernel =
              launch->getParentOfType<ModuleOp>().lookupSymbol<KernelOp>(
                  launch.getKernel()))
        operands.push_back(
            kernel.getBody().getArgument(use.getOperandNumber()));
  return operands;
}

/// Calls visit for everything that is loaded from where the store goes. False
/// where that is an output of the program.
static bool forEachReader(StoreOp store,
                          llvm::function_ref<bool(Value)> visit) {
  for (Value buffer : getBuffers(getAccess(store.getTarget()).operand)) {
    if (isa<BlockArgument>(buffer))
      return false;
    for (Value operand : getOperands(buffer)) {
      WalkResult walk = operand.getParentBlock()->walk([&](Operation *op) {
        Value source;
        if (auto load = dyn_cast<LoadOp>(op))
          source = load.getSource();
        else if (isa<GatherOp>(op))
          return WalkResult::interrupt();
        if (source && getAccess(source).operand == operand &&
            !visit(op->getResult(0)))
          return WalkResult::interrupt();
        return WalkResult::advance();
      });
      if (walk.wasInterrupted())
        return false;
    }
  }
  return true;
}

namespace {
/// What changes its sign, and nothing else, when one value does.
class Signs {
public:
  explicit Signs(Value value) { flipped.insert(value); }

  /// Follows the flipped values to the end of the program. False where one
  /// reaches an output, or an operation that does more than pass the sign on.
  bool follow(ModuleOp module);

private:
  bool isFlipped(Value value) const { return flipped.contains(value); }
  /// A zero is its own negative.
  bool mayFlip(Value value) const {
    std::optional<APFloat> splat = getFloatSplat(value);
    return isFlipped(value) || (splat && splat->isZero());
  }
  /// Whether a sum of `terms`, some of which are flipped, is, too.
  bool flipsSum(Value left, Value right, Value sum) {
    if (!mayFlip(left) || !mayFlip(right))
      return false;
    flipped.insert(sum);
    return true;
  }
  /// The same of left * right + acc.
  bool flipsProduct(Value left, Value right, Value acc, Value result) {
    bool product = isFlipped(left) != isFlipped(right);
    if (!product)
      return !isFlipped(acc);
    if (!mayFlip(acc))
      return false;
    flipped.insert(result);
    return true;
  }
  bool visit(Operation *op);
  bool visitStore(StoreOp store);

  DenseSet<Value> flipped;
  /// Buffers of the host program.
  DenseSet<Value> flippedBuffers;
};
} // namespace

bool Signs::visitStore(StoreOp store) {
  Value operand = getAccess(store.getTarget()).operand;
  unsigned stores = 0;
  store->getParentOfType<KernelOp>().walk([&](StoreOp other) {
    stores += getAccess(other.getTarget()).operand == operand;
  });
  for (Value buffer : getBuffers(operand)) {
    if (isa<BlockArgument>(buffer))
      return false;
    flippedBuffers.insert(buffer);
  }
  return stores == 1;
}

bool Signs::visit(Operation *op) {
  Value source;
  if (auto load = dyn_cast<LoadOp>(op))
    source = load.getSource();
  else if (auto gather = dyn_cast<GatherOp>(op))
    source = gather.getSource();
  if (source)
    for (Value buffer : getBuffers(getAccess(source).operand))
      if (flippedBuffers.contains(buffer)) {
        if (!isa<LoadOp>(op))
          return false;
        flipped.insert(op->getResult(0));
      }
  if (llvm::none_of(op->getOperands(), [&](Value v) { return isFlipped(v); }))
    return true;
  if (isa<math::AbsFOp, math::CosOp>(op))
    return true;
  // Rounding is symmetric; some functions are odd; the others move elements.
  auto reduce = dyn_cast<ReduceOp>(op);
  if (isa<arith::TruncFOp, arith::ExtFOp, arith::NegFOp, BroadcastOp,
          TransposeOp, math::TanhOp, math::ErfOp, math::AtanOp, math::SinOp,
          math::CbrtOp>(op) ||
      (reduce && reduce.getKind() == Combiner::Add)) {
    flipped.insert(op->getResult(0));
    return true;
  }
  if (isa<arith::MulFOp, arith::DivFOp>(op)) {
    if (isFlipped(op->getOperand(0)) != isFlipped(op->getOperand(1)))
      flipped.insert(op->getResult(0));
    return true;
  }
  if (isa<arith::AddFOp, arith::SubFOp>(op))
    return flipsSum(op->getOperand(0), op->getOperand(1), op->getResult(0));
  if (auto select = dyn_cast<arith::SelectOp>(op))
    return flipsSum(select.getTrueValue(), select.getFalseValue(),
                    select.getResult());
  if (isa<math::FmaOp, DotOp>(op))
    return flipsProduct(op->getOperand(0), op->getOperand(1), op->getOperand(2),
                        op->getResult(0));
  if (auto store = dyn_cast<StoreOp>(op))
    return visitStore(store);
  return false;
}

bool Signs::follow(ModuleOp module) {
  // Kernels in the order in which they run, each once.
  SmallVector<KernelOp> kernels;
  module.walk([&](LaunchOp launch) {
    kernels.push_back(module.lookupSymbol<KernelOp>(launch.getKernel()));
  });
  DenseSet<Operation *> distinct(kernels.begin(), kernels.end());
  if (distinct.size() != kernels.size())
    return false;
  for (KernelOp kernel : kernels)
    if (kernel
            .walk([&](Operation *op) {
              return visit(op) ? WalkResult::advance()
                               : WalkResult::interrupt();
            })
            .wasInterrupted())
      return false;
  return true;
}

bool qimeng::isSignLost(Value value) {
  return Signs(value).follow(
      value.getDefiningOp()->getParentOfType<ModuleOp>());
}

static bool isNonNegative(Value value, unsigned depth) {
  if (depth > maxDepth)
    return false;
  if (std::optional<APFloat> splat = getFloatSplat(value))
    return !splat->isNegative() || splat->isZero();
  auto from = [&](Value operand) { return isNonNegative(operand, depth + 1); };
  Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  if (isa<math::AbsFOp, math::ExpOp, math::Exp2Op, math::SqrtOp, math::RsqrtOp>(
          op))
    return true;
  if (isa<arith::MulFOp>(op) && op->getOperand(0) == op->getOperand(1))
    return true;
  if (isa<arith::MulFOp, arith::AddFOp, arith::DivFOp, arith::MinimumFOp>(op))
    return from(op->getOperand(0)) && from(op->getOperand(1));
  if (isa<arith::MaximumFOp>(op))
    return from(op->getOperand(0)) || from(op->getOperand(1));
  if (isa<arith::TruncFOp, arith::ExtFOp, BroadcastOp, TransposeOp,
          math::Log1pOp, math::TanhOp, math::ErfOp, math::AtanOp>(op))
    return from(op->getOperand(0));
  if (auto reduce = dyn_cast<ReduceOp>(op))
    return from(reduce.getInput());
  if (auto select = dyn_cast<arith::SelectOp>(op))
    return from(select.getTrueValue()) && from(select.getFalseValue());
  auto load = dyn_cast<LoadOp>(op);
  if (!load)
    return false;
  // What kernels before this one wrote there; padding is zero.
  SmallVector<Value> buffers = getBuffers(getAccess(load.getSource()).operand);
  return !buffers.empty() && llvm::all_of(buffers, [&](Value buffer) {
    if (isa<BlockArgument>(buffer))
      return false;
    bool all = true, any = false;
    for (Value operand : getOperands(buffer))
      operand.getParentBlock()->walk([&](StoreOp store) {
        if (getAccess(store.getTarget()).operand != operand)
          return;
        any = true;
        all &= from(store.getValue());
      });
    return any && all;
  });
}

bool qimeng::isNonNegative(Value value) { return ::isNonNegative(value, 0); }

static bool isSymmetric(Value value, unsigned depth) {
  Operation *op = value.getDefiningOp();
  if (!op || depth > maxDepth)
    return false;
  if (matchPattern(op, m_Constant()))
    return true;
  if (auto broadcast = dyn_cast<BroadcastOp>(op))
    return cast<RankedTensorType>(broadcast.getInput().getType())
               .getNumElements() == 1;
  return isElementwise(op) && llvm::all_of(op->getOperands(), [&](Value v) {
           return isSymmetric(v, depth + 1);
         });
}

bool qimeng::isSymmetric(Value value) { return ::isSymmetric(value, 0); }

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

namespace {
struct Interval {
  int64_t low, high;
};
} // namespace

/// The dimension of a broadcast's input that is this one of its result.
static std::optional<int64_t> getInputDim(BroadcastOp broadcast, int64_t dim) {
  int64_t before = 0;
  for (int64_t axis : broadcast.getAxes()) {
    if (axis == dim)
      return std::nullopt;
    before += axis < dim;
  }
  return dim - before;
}

/// What integers of a tile are where dimension `dim` is at `index`; at none
/// (-1), what they are anywhere.
static std::optional<Interval> getRangeAt(Value value, int64_t dim,
                                          int64_t index, unsigned depth = 0) {
  DenseElementsAttr splat;
  if (matchPattern(value, m_Constant(&splat)) && splat.isSplat() &&
      isa<IndexType, IntegerType>(splat.getElementType())) {
    int64_t constant = splat.getSplatValue<APInt>().getSExtValue();
    return Interval{constant, constant};
  }
  Operation *op = value.getDefiningOp();
  if (!op || depth > maxDepth)
    return std::nullopt;
  if (auto iota = dyn_cast<IotaOp>(op)) {
    if (op->getNumOperands() != 0)
      return std::nullopt;
    if (iota.getDim() == static_cast<uint64_t>(dim) && index >= 0)
      return Interval{index, index};
    return Interval{
        0,
        cast<RankedTensorType>(iota.getType()).getDimSize(iota.getDim()) - 1};
  }
  if (auto broadcast = dyn_cast<BroadcastOp>(op)) {
    std::optional<int64_t> inside = getInputDim(broadcast, dim);
    return getRangeAt(broadcast.getInput(), inside.value_or(0),
                      inside ? index : -1, depth + 1);
  }
  if (!isa<arith::AddIOp, arith::MulIOp>(op))
    return std::nullopt;
  auto left = getRangeAt(op->getOperand(0), dim, index, depth + 1);
  auto right = getRangeAt(op->getOperand(1), dim, index, depth + 1);
  if (!left || !right)
    return std::nullopt;
  if (isa<arith::AddIOp>(op))
    return Interval{left->low + right->low, left->high + right->high};
  int64_t products[] = {left->low * right->low, left->low * right->high,
                        left->high * right->low, left->high * right->high};
  return Interval{*llvm::min_element(products), *llvm::max_element(products)};
}

/// What a mask is everywhere where dimension `dim` is at `index`, if that is
/// the same.
static std::optional<bool> getMaskAt(Value mask, int64_t dim, int64_t index) {
  Operation *op = mask.getDefiningOp();
  if (auto both = dyn_cast_or_null<arith::AndIOp>(op)) {
    auto left = getMaskAt(both.getLhs(), dim, index);
    auto right = getMaskAt(both.getRhs(), dim, index);
    if ((left && !*left) || (right && !*right))
      return false;
    return left && right ? std::optional(true) : std::nullopt;
  }
  if (auto broadcast = dyn_cast_or_null<BroadcastOp>(op)) {
    std::optional<int64_t> inside = getInputDim(broadcast, dim);
    return getMaskAt(broadcast.getInput(), inside.value_or(0),
                     inside ? index : -1);
  }
  auto compare = dyn_cast_or_null<arith::CmpIOp>(op);
  if (!compare)
    return std::nullopt;
  auto left = getRangeAt(compare.getLhs(), dim, index);
  auto right = getRangeAt(compare.getRhs(), dim, index);
  if (!left || !right)
    return std::nullopt;
  using Predicate = arith::CmpIPredicate;
  Predicate predicate = compare.getPredicate();
  // Signs do not matter where nothing is negative.
  bool isUnsigned = predicate == Predicate::ult || predicate == Predicate::uge;
  if (isUnsigned && (left->low < 0 || right->low < 0))
    return std::nullopt;
  bool isLess = predicate == Predicate::slt || predicate == Predicate::ult;
  if (!isLess && predicate != Predicate::sge && predicate != Predicate::uge)
    return std::nullopt;
  if (left->high < right->low)
    return isLess;
  if (left->low >= right->high)
    return !isLess;
  return std::nullopt;
}

std::optional<APFloat> qimeng::getConstantAlong(Value value, int64_t axis,
                                                int64_t size) {
  while (auto extend = value.getDefiningOp<arith::ExtFOp>())
    value = extend.getIn();
  auto select = value.getDefiningOp<arith::SelectOp>();
  std::optional<APFloat> splat;
  if (select)
    splat = getFloatSplat(select.getFalseValue());
  for (int64_t index = 0; splat && index < size; ++index)
    if (getMaskAt(select.getCondition(), axis, index) == false)
      return splat;
  return std::nullopt;
}

/// The identity of a combiner.
static bool isIdentity(Value value, Combiner kind) {
  if (std::optional<APFloat> splat = getFloatSplat(value)) {
    if (kind == Combiner::Add)
      return splat->isZero();
    if (kind == Combiner::MaxNum || kind == Combiner::MinNum)
      return splat->isNaN();
    return splat->isInfinity() &&
           splat->isNegative() == (kind == Combiner::Max);
  }
  DenseElementsAttr splat;
  if (!matchPattern(value, m_Constant(&splat)) || !splat.isSplat() ||
      !isa<IntegerType>(splat.getElementType()))
    return false;
  APInt integer = splat.getSplatValue<APInt>();
  return kind == Combiner::Add   ? integer.isZero()
         : kind == Combiner::Max ? integer.isMinSignedValue()
         : kind == Combiner::Min ? integer.isMaxSignedValue()
                                 : false;
}

/// From this index of dimension `dim` on, the tile holds identities of the
/// combiner only.
static int64_t getExtent(Value value, int64_t dim, Combiner kind) {
  int64_t size = cast<RankedTensorType>(value.getType()).getDimSize(dim);
  if (auto load = value.getDefiningOp<LoadOp>())
    return kind == Combiner::Add
               ? std::min(size, getSourceShape(load.getSource())[dim])
               : size;
  auto select = value.getDefiningOp<arith::SelectOp>();
  if (!select || !isIdentity(select.getFalseValue(), kind))
    return size;
  int64_t extent = getExtent(select.getTrueValue(), dim, kind);
  while (extent > 0 &&
         getMaskAt(select.getCondition(), dim, extent - 1) == false)
    --extent;
  return extent;
}

bool qimeng::seesPaddingAlong(Value value, int64_t axis) {
  while (auto extend = value.getDefiningOp<arith::ExtFOp>())
    value = extend.getIn();
  auto load = value.getDefiningOp<LoadOp>();
  if (!load)
    return false;
  Access access = getAccess(load.getSource());
  int64_t size = getSourceShape(load.getSource())[axis];
  // The tile holds the dimension as a whole.
  if (!access.padded || load.getResult().getType().getDimSize(axis) < size)
    return false;
  ArrayRef<int64_t> shape =
      cast<MemRefType>(access.operand.getType()).getShape();
  for (auto [expr, extent] : llvm::zip(access.map.getResults(), shape))
    // d + c takes `size` values in a row; some are no index of the operand.
    if (expr.isFunctionOfDim(axis) && size > extent) {
      AffineExpr dim = expr;
      if (auto sum = dyn_cast<AffineBinaryOpExpr>(expr);
          sum && sum.getKind() == AffineExprKind::Add &&
          isa<AffineConstantExpr>(sum.getRHS()))
        dim = sum.getLHS();
      if (isa<AffineDimExpr>(dim))
        return true;
    }
  return false;
}

bool qimeng::isUnitWhereStored(Value value, ArrayRef<int64_t> dims) {
  return llvm::all_of(value.getUses(), [&](OpOperand &use) {
    if (auto store = dyn_cast<StoreOp>(use.getOwner()))
      return llvm::all_of(dims, [&](int64_t dim) {
        return getSourceShape(store.getTarget())[dim] == 1;
      });
    return isElementwise(use.getOwner()) &&
           use.getOwner()->getNumResults() == 1 &&
           isUnitWhereStored(use.getOwner()->getResult(0), dims);
  });
}

/// Whether all readers combine the first `extent` elements of `value` along
/// `dim`, and what comes from elsewhere does not depend on it.
static bool isReducedAlong(Value value, Combiner kind, int64_t dim,
                           int64_t extent, unsigned depth) {
  if (depth > maxDepth)
    return false;
  return llvm::all_of(value.getUses(), [&](OpOperand &use) {
    if (auto reduce = dyn_cast<ReduceOp>(use.getOwner()))
      return reduce.getKind() == kind &&
             llvm::is_contained(reduce.getAxes(), dim);
    if (auto select = dyn_cast<arith::SelectOp>(use.getOwner())) {
      if (use.getOperandNumber() != 1 ||
          !isIdentity(select.getFalseValue(), kind))
        return false;
      for (int64_t index = 0; index < extent; ++index)
        if (getMaskAt(select.getCondition(), dim, index) != true)
          return false;
      return isReducedAlong(select.getResult(), kind, dim, extent, depth + 1);
    }
    // An extremum with a number; no NaN is left behind those that drop it.
    bool dropsNaN = isa<arith::MaxNumFOp, arith::MinNumFOp>(use.getOwner());
    if ((isa<arith::MaxNumFOp>(use.getOwner()) && kind == Combiner::MaxNum) ||
        (isa<arith::MinNumFOp>(use.getOwner()) && kind == Combiner::MinNum) ||
        (isa<arith::MaximumFOp>(use.getOwner()) && kind == Combiner::Max) ||
        (isa<arith::MinimumFOp>(use.getOwner()) && kind == Combiner::Min)) {
      std::optional<APFloat> splat =
          getFloatSplat(use.getOwner()->getOperand(1 - use.getOperandNumber()));
      Value result = use.getOwner()->getResult(0);
      if (!splat || splat->isNaN())
        return false;
      Combiner other = kind == Combiner::MaxNum ? Combiner::Max : Combiner::Min;
      return isReducedAlong(result, kind, dim, extent, depth + 1) ||
             (dropsNaN &&
              isReducedAlong(result, other, dim, extent, depth + 1));
    }
    auto store = dyn_cast<StoreOp>(use.getOwner());
    if (!store || !getAccess(store.getTarget()).map.isIdentity() ||
        getSourceShape(store.getTarget())[dim] < extent ||
        (!store.getOffsets().empty() &&passesEnd(
            store.getTarget(), store.getOffsets(), store.getValue())))
      return false;
    return forEachReader(store, [&](Value loaded) {
      auto load = loaded.getDefiningOp<LoadOp>();
      return getAccess(load.getSource()).map.isIdentity() &&
             isReducedAlong(loaded, kind, dim, extent, depth + 1);
    });
  });
}

bool qimeng::areBothReduced(ReduceOp reduce, int64_t dim) {
  // Dimension `dim` of the input is this one of the result; so is the axis that
  // takes its place, when they are neighbours.
  int64_t axis = reduce.getAxes()[0];
  if (std::abs(dim - axis) != 1)
    return false;
  Combiner kind = reduce.getKind();
  return isReducedAlong(reduce.getResult(), kind, std::min(dim, axis),
                        std::max(getExtent(reduce.getInput(), dim, kind),
                                 getExtent(reduce.getInput(), axis, kind)),
                        0);
}

/// Bits of a type's significand, the leading one included.
static unsigned getPrecision(Type type) {
  return APFloat::semanticsPrecision(
      cast<FloatType>(getElementTypeOrSelf(type)).getFloatSemantics());
}

bool qimeng::isExactIn(Operation *op, FloatType narrow) {
  if (!isa<arith::MulFOp>(op))
    return false;
  // Bits of the exact product: the sum of the factors'. (Underflow aside: the
  // mistake is made where results of usual size are not exact.)
  unsigned bits = 0;
  for (Value factor : op->getOperands()) {
    if (std::optional<APFloat> splat = getFloatSplat(factor)) {
      if (splat->getExactLog2Abs() != INT_MIN)
        continue;
      bits += getPrecision(factor.getType());
    } else if (auto extend = factor.getDefiningOp<arith::ExtFOp>()) {
      bits += getPrecision(extend.getIn().getType());
    } else {
      bits += getPrecision(factor.getType());
    }
  }
  return bits <= getPrecision(narrow);
}
