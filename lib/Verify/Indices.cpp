//===- Indices.cpp - Check 3: every index fits into 32 bits ---------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An index has 64 bits where kernels are proved and run on the CPU, and 32 in a
// GPU's registers. So that both mean the same, no index may need more: not the
// offset of a masked access, nor a term of an expression whose sum is small. By
// intervals; what has none is refused.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "qimeng/Verify/Bounds.h"
#include "qimeng/Verify/IndexSpace.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace qimeng;

static constexpr llvm::StringLiteral prefix = "check 3 (bounds): ";

namespace {
/// Ranges are of what fits into 32 bits only, so that arithmetic on them fits
/// into 64.
class IndexCheck {
public:
  LogicalResult run(KernelOp kernel);

private:
  LogicalResult visit(Operation *op);
  std::optional<IndexRange> find(Value value) const;
  std::optional<IndexRange> compute(Operation *op) const;
  std::optional<IndexRange> evaluate(AffineExpr expr,
                                     ArrayRef<IndexRange> operands,
                                     unsigned numDims) const;
  std::optional<IndexRange> evaluateAll(AffineMap map,
                                        ValueRange operands) const;
  LogicalResult checkView(ViewOp view) const;
  LogicalResult checkOffsets(Operation *op, Value tile,
                             ValueRange offsets) const;

  DenseMap<Value, IndexRange> known;
};
} // namespace

static std::optional<IndexRange> fit(IndexRange range) {
  if (range.low < INT32_MIN || range.high > INT32_MAX || range.low > range.high)
    return std::nullopt;
  return range;
}

static std::optional<IndexRange> multiply(IndexRange a, IndexRange b) {
  int64_t corners[] = {a.low * b.low, a.low * b.high, a.high * b.low,
                       a.high * b.high};
  return fit({*llvm::min_element(corners), *llvm::max_element(corners)});
}

/// By a positive constant, as arith or affine expressions divide.
static std::optional<IndexRange> divide(IndexRange a, IndexRange b,
                                        int64_t (*quotient)(int64_t, int64_t)) {
  if (b.low != b.high || b.low <= 0)
    return std::nullopt;
  return fit({quotient(a.low, b.low), quotient(a.high, b.low)});
}

static int64_t divideFloor(int64_t a, int64_t b) {
  return llvm::divideFloorSigned(a, b);
}
static int64_t divideCeil(int64_t a, int64_t b) {
  return llvm::divideCeilSigned(a, b);
}
static int64_t divideTruncated(int64_t a, int64_t b) { return a / b; }

static std::optional<IndexRange> modulo(IndexRange a, IndexRange b) {
  if (b.low != b.high || b.low <= 0)
    return std::nullopt;
  if (a.low >= 0 && a.high < b.low)
    return a;
  return IndexRange{0, b.low - 1};
}

std::optional<IndexRange> IndexCheck::evaluate(AffineExpr expr,
                                               ArrayRef<IndexRange> operands,
                                               unsigned numDims) const {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return fit({constant.getValue(), constant.getValue()});
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return operands[dim.getPosition()];
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return operands[numDims + symbol.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expr);
  std::optional<IndexRange> a = evaluate(binary.getLHS(), operands, numDims),
                            b = evaluate(binary.getRHS(), operands, numDims);
  if (!a || !b)
    return std::nullopt;
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return fit({a->low + b->low, a->high + b->high});
  case AffineExprKind::Mul:
    return multiply(*a, *b);
  case AffineExprKind::FloorDiv:
    return divide(*a, *b, divideFloor);
  case AffineExprKind::CeilDiv:
    return divide(*a, *b, divideCeil);
  case AffineExprKind::Mod:
    return modulo(*a, *b);
  default:
    llvm_unreachable("not a binary expression");
  }
}

std::optional<IndexRange> IndexCheck::evaluateAll(AffineMap map,
                                                  ValueRange operands) const {
  SmallVector<IndexRange> inputs;
  for (Value operand : operands)
    if (std::optional<IndexRange> range = find(operand))
      inputs.push_back(*range);
    else
      return std::nullopt;
  std::optional<IndexRange> all;
  for (AffineExpr expr : map.getResults()) {
    std::optional<IndexRange> one = evaluate(expr, inputs, map.getNumDims());
    if (!one)
      return std::nullopt;
    all = all ? IndexRange{std::min(all->low, one->low),
                           std::max(all->high, one->high)}
              : *one;
  }
  return all;
}

std::optional<IndexRange> IndexCheck::find(Value value) const {
  auto it = known.find(value);
  return it == known.end() ? std::nullopt
                           : std::optional<IndexRange>(it->second);
}

std::optional<IndexRange> IndexCheck::compute(Operation *op) const {
  APInt number;
  if (matchPattern(op, m_ConstantInt(&number)))
    return number.getSignificantBits() > 64
               ? std::nullopt
               : fit({number.getSExtValue(), number.getSExtValue()});
  if (auto id = dyn_cast<ProgramIdOp>(op)) {
    auto kernel = op->getParentOfType<KernelOp>();
    return fit({0, (*kernel.getGrid())[id.getDim()] - 1});
  }
  if (auto apply = dyn_cast<affine::AffineApplyOp>(op))
    return evaluateAll(apply.getAffineMap(), apply.getMapOperands());
  // The range of all of the map's results holds the least and the greatest.
  if (auto min = dyn_cast<affine::AffineMinOp>(op))
    return evaluateAll(min.getAffineMap(), min.getMapOperands());
  if (auto max = dyn_cast<affine::AffineMaxOp>(op))
    return evaluateAll(max.getAffineMap(), max.getMapOperands());
  SmallVector<IndexRange> in;
  for (Value operand : op->getOperands()) {
    if (operand.getType().isInteger(1))
      continue; // a condition
    std::optional<IndexRange> range = find(operand);
    if (!range)
      return std::nullopt;
    in.push_back(*range);
  }
  auto both = [&] {
    return IndexRange{std::min(in[0].low, in[1].low),
                      std::max(in[0].high, in[1].high)};
  };
  using Found = std::optional<IndexRange>;
  bool notNegative =
      llvm::all_of(in, [](const IndexRange &range) { return range.low >= 0; });
  return TypeSwitch<Operation *, Found>(op)
      .Case([&](arith::AddIOp) {
        return fit({in[0].low + in[1].low, in[0].high + in[1].high});
      })
      .Case([&](arith::SubIOp) {
        return fit({in[0].low - in[1].high, in[0].high - in[1].low});
      })
      .Case([&](arith::MulIOp) { return multiply(in[0], in[1]); })
      .Case([&](arith::FloorDivSIOp) {
        return divide(in[0], in[1], divideFloor);
      })
      .Case(
          [&](arith::CeilDivSIOp) { return divide(in[0], in[1], divideCeil); })
      .Case(
          [&](arith::DivSIOp) { return divide(in[0], in[1], divideTruncated); })
      .Case([&](arith::RemSIOp) -> Found {
        if (in[1].low != in[1].high || in[1].low <= 0)
          return std::nullopt;
        return IndexRange{in[0].low < 0 ? 1 - in[1].low : 0,
                          in[0].high > 0 ? in[1].low - 1 : 0};
      })
      // What is unsigned agrees with what is signed where nothing is negative.
      .Case([&](arith::DivUIOp) {
        return notNegative ? divide(in[0], in[1], divideFloor) : Found();
      })
      .Case([&](arith::CeilDivUIOp) {
        return notNegative ? divide(in[0], in[1], divideCeil) : Found();
      })
      .Case([&](arith::RemUIOp) {
        return notNegative ? modulo(in[0], in[1]) : Found();
      })
      .Case<arith::MinSIOp, arith::MaxSIOp, arith::SelectOp>(
          [&](auto) -> Found { return both(); })
      .Case<arith::MinUIOp, arith::MaxUIOp>(
          [&](auto) { return notNegative ? Found(both()) : Found(); })
      .Case<arith::IndexCastOp, arith::IndexCastUIOp>([&](auto) -> Found {
        return isa<arith::IndexCastOp>(op) || notNegative ? in[0] : Found();
      })
      .Default([](Operation *) { return Found(); });
}

LogicalResult IndexCheck::checkView(ViewOp view) const {
  SmallVector<IndexRange> indices;
  for (int64_t size : view.getType().getShape()) {
    std::optional<IndexRange> range = fit({0, size - 1});
    if (!range)
      return view.emitOpError()
             << prefix << "has " << size
             << " elements in a dimension; indices have 32 bits";
    indices.push_back(*range);
  }
  for (AffineExpr expr : view.getMap().getResults())
    if (!evaluate(expr, indices, view.getMap().getNumDims()))
      return view.emitOpError()
             << prefix << "its map computes indices that need more than 32 "
             << "bits in " << AffineMapAttr::get(view.getMap());
  return success();
}

/// The last element of a masked tile has an index, too.
LogicalResult IndexCheck::checkOffsets(Operation *op, Value tile,
                                       ValueRange offsets) const {
  auto type = cast<RankedTensorType>(tile.getType());
  for (auto [size, offset] : llvm::zip(type.getShape(), offsets))
    if (std::optional<IndexRange> range = find(offset);
        range && !fit({range->low, range->high + size}))
      return op->emitOpError()
             << prefix << "accesses elements up to " << range->high + size - 1
             << "; indices have 32 bits";
  return success();
}

LogicalResult IndexCheck::visit(Operation *op) {
  if (auto view = dyn_cast<ViewOp>(op))
    return checkView(view);
  if (auto load = dyn_cast<LoadOp>(op))
    return checkOffsets(op, load.getResult(), load.getOffsets());
  if (auto store = dyn_cast<StoreOp>(op))
    return checkOffsets(op, store.getValue(), store.getOffsets());
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    std::optional<IndexRange> lower = find(loop.getLowerBound()),
                              upper = find(loop.getUpperBound()),
                              step = find(loop.getStep());
    // The counter goes beyond the upper bound at the end.
    if (!lower || !upper || !step || step->low <= 0 ||
        !fit({lower->low, std::max(upper->high, lower->low) + step->high}))
      return op->emitOpError()
             << prefix << "counts further than 32 bits, or as far as nobody "
             << "knows";
    known[loop.getInductionVar()] = {lower->low,
                                     std::max(lower->low, upper->high - 1)};
  }
  for (Value result : op->getResults()) {
    bool isIndex = result.getType().isIndex();
    if (!isIndex && !result.getType().isSignlessInteger())
      continue;
    std::optional<IndexRange> range;
    if (op->getNumRegions() == 0)
      range = compute(op);
    if (range)
      known[result] = *range;
    else if (isIndex)
      return op->emitOpError()
             << prefix << "computes an index that may need more than 32 bits, "
             << "which a GPU's registers do not hold";
  }
  return success();
}

LogicalResult IndexCheck::run(KernelOp kernel) {
  WalkResult walk =
      kernel.getBody().walk<WalkOrder::PreOrder>([&](Operation *op) {
        if (failed(visit(op)))
          return WalkResult::interrupt();
        // Its region sees elements of tiles, which have 64 bits.
        return isa<FoldOp>(op) ? WalkResult::skip() : WalkResult::advance();
      });
  return failure(walk.wasInterrupted());
}

LogicalResult qimeng::checkIndices(KernelOp kernel) {
  return IndexCheck().run(kernel);
}
