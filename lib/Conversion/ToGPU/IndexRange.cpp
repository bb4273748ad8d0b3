//===- IndexRange.cpp - Between which numbers an index lies ---------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IndexRange.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace qimeng;
using namespace qimeng::gpu;

/// Arithmetic that an unknown end survives.
static int64_t clamp(__int128 value) {
  constexpr __int128 limit = IndexRange::unbounded;
  return static_cast<int64_t>(std::min(std::max(value, -limit), limit));
}

static bool isKnown(int64_t end) {
  return end != IndexRange::unbounded && end != -IndexRange::unbounded;
}

static IndexRange sum(IndexRange a, IndexRange b) {
  auto end = [](int64_t x, int64_t y) {
    return !isKnown(x) ? x : !isKnown(y) ? y : clamp(__int128(x) + y);
  };
  return {end(a.low, b.low), end(a.high, b.high)};
}

static IndexRange product(IndexRange a, int64_t factor) {
  if (factor == 0)
    return {0, 0};
  int64_t x = clamp(__int128(a.low) * factor),
          y = clamp(__int128(a.high) * factor);
  return {std::min(x, y), std::max(x, y)};
}

static IndexRange evaluate(AffineExpr expr, ArrayRef<IndexRange> operands,
                           unsigned numDims) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return {constant.getValue(), constant.getValue()};
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return operands[dim.getPosition()];
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return operands[numDims + symbol.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expr);
  IndexRange lhs = evaluate(binary.getLHS(), operands, numDims);
  if (expr.getKind() == AffineExprKind::Add)
    return sum(lhs, evaluate(binary.getRHS(), operands, numDims));
  auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (!constant)
    return {};
  int64_t value = constant.getValue();
  auto divide = [&](int64_t end) {
    return isKnown(end) ? llvm::divideFloorSigned(end, value) : end;
  };
  switch (expr.getKind()) {
  case AffineExprKind::Mul:
    return product(lhs, value);
  case AffineExprKind::Mod:
    if (value <= 0)
      return {};
    return lhs.low >= 0 && lhs.high < value ? lhs : IndexRange{0, value - 1};
  case AffineExprKind::FloorDiv:
    if (value <= 0)
      return {};
    return {divide(lhs.low), divide(lhs.high)};
  default:
    return {};
  }
}

static std::optional<int64_t> constantOf(Value value) {
  APInt number;
  if (matchPattern(value, m_ConstantInt(&number)))
    return number.getSExtValue();
  return std::nullopt;
}

static IndexRange rangeByDefinition(Value index, Operation *user) {
  if (auto number = constantOf(index))
    return {*number, *number};
  if (auto id = index.getDefiningOp<ProgramIdOp>()) {
    auto grid = id->getParentOfType<KernelOp>().getGrid();
    if (grid)
      return {0, (*grid)[id.getDim()] - 1};
    return {};
  }
  if (auto apply = index.getDefiningOp<affine::AffineApplyOp>()) {
    SmallVector<IndexRange> operands;
    for (Value operand : apply.getOperands())
      operands.push_back(rangeOf(operand, user));
    AffineMap map = apply.getAffineMap();
    return evaluate(map.getResult(0), operands, map.getNumDims());
  }
  auto argument = dyn_cast<BlockArgument>(index);
  auto loop = argument
                  ? dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp())
                  : scf::ForOp();
  if (!loop || loop.getInductionVar() != index)
    return {};
  IndexRange lower = rangeOf(loop.getLowerBound(), loop),
             upper = rangeOf(loop.getUpperBound(), loop);
  auto step = constantOf(loop.getStep());
  if (!step || *step <= 0)
    return {};
  IndexRange range = {lower.low, upper.high};
  if (isKnown(upper.high)) {
    range.high = upper.high - 1;
    // The last value that a loop with known bounds reaches.
    if (lower.low == lower.high && upper.low == upper.high &&
        range.high >= lower.low)
      range.high = lower.low + (range.high - lower.low) / *step * *step;
  }
  return range;
}

IndexRange qimeng::gpu::rangeOf(Value index, Operation *user) {
  IndexRange range = rangeByDefinition(index, user);
  // What a condition around `user` says of the index itself.
  Region *region = user->getParentRegion();
  for (; region && !isa<KernelOp>(region->getParentOp());
       region = region->getParentRegion()) {
    auto branch = dyn_cast<scf::IfOp>(region->getParentOp());
    if (!branch || region != &branch.getThenRegion())
      continue;
    auto compare = branch.getCondition().getDefiningOp<arith::CmpIOp>();
    if (!compare || compare.getLhs() != index ||
        compare.getPredicate() != arith::CmpIPredicate::slt)
      continue;
    if (auto bound = constantOf(compare.getRhs()))
      range.high = std::min(range.high, *bound - 1);
  }
  return range;
}
