//===- PrepareScalars.cpp - A result for every scalar operation -----------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "qimeng/Conversion/ToCPU/ToCPU.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;

namespace qimeng {
#define GEN_PASS_DEF_PREPARESCALARSPASS
#include "qimeng/Conversion/ToCPU/Passes.h.inc"
} // namespace qimeng

static Value integer(OpBuilder &builder, Location loc, Type type, APInt value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getIntegerAttr(type, value));
}

static unsigned widthOf(Type type) {
  return type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
}

/// x / 0 = x % 0 = 0, and for signed operations x / -1 = -x (wrapping).
static void guardDivision(Operation *op, bool isSigned, bool isRemainder) {
  Value divisor = op->getOperand(1);
  Type type = divisor.getType();
  if (!type.isIntOrIndex())
    return;
  APInt known;
  if (matchPattern(divisor, m_ConstantInt(&known)) && !known.isZero() &&
      !(isSigned && known.isAllOnes()))
    return;
  OpBuilder builder(op);
  Location loc = op->getLoc();
  unsigned width = widthOf(type);
  auto equals = [&](Value value, APInt constant) -> Value {
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, value,
                                 integer(builder, loc, type, constant));
  };
  Value zero = integer(builder, loc, type, APInt::getZero(width));
  Value isZero = equals(divisor, APInt::getZero(width));
  Value unsafe = isZero, isMinusOne;
  if (isSigned) {
    isMinusOne = equals(divisor, APInt::getAllOnes(width));
    unsafe = arith::OrIOp::create(builder, loc, isZero, isMinusOne);
  }
  Value one = integer(builder, loc, type, APInt(width, 1));
  op->setOperand(1,
                 arith::SelectOp::create(builder, loc, unsafe, one, divisor));
  builder.setInsertionPointAfter(op);
  Value result = op->getResult(0);
  llvm::SmallPtrSet<Operation *, 4> added;
  Value guarded = result;
  // x % 1 is the zero that both cases ask for.
  if (isRemainder)
    return;
  if (isSigned) {
    auto negated = arith::SubIOp::create(builder, loc, zero, op->getOperand(0));
    guarded =
        arith::SelectOp::create(builder, loc, isMinusOne, negated, guarded);
    added.insert(guarded.getDefiningOp());
  }
  guarded = arith::SelectOp::create(builder, loc, isZero, zero, guarded);
  added.insert(guarded.getDefiningOp());
  result.replaceAllUsesExcept(guarded, added);
}

/// Saturates; NaN gives 0.
static void guardToInteger(Operation *op, bool isSigned) {
  Value input = op->getOperand(0), result = op->getResult(0);
  auto floats = dyn_cast<FloatType>(input.getType());
  if (!floats)
    return;
  OpBuilder builder(op);
  Location loc = op->getLoc();
  unsigned width = widthOf(result.getType());
  auto bound = [&](double value) -> Value {
    APFloat exact(value);
    bool lost;
    exact.convert(floats.getFloatSemantics(), APFloat::rmTowardZero, &lost);
    // A bound beyond the type's range would become its largest value.
    if (std::abs(exact.convertToDouble()) < std::abs(value))
      exact = APFloat::getInf(floats.getFloatSemantics(), value < 0);
    return arith::ConstantOp::create(builder, loc,
                                     builder.getFloatAttr(floats, exact));
  };
  auto compare = [&](arith::CmpFPredicate predicate, Value a,
                     Value b) -> Value {
    return arith::CmpFOp::create(builder, loc, predicate, a, b);
  };
  Value top = bound(std::ldexp(1.0, isSigned ? width - 1 : width));
  Value bottom = bound(isSigned ? -std::ldexp(1.0, width - 1) : 0.0);
  Value high = compare(arith::CmpFPredicate::OGE, input, top);
  Value low = compare(arith::CmpFPredicate::OLT, input, bottom);
  Value nan = compare(arith::CmpFPredicate::UNO, input, input);
  Value outside = arith::OrIOp::create(
      builder, loc, arith::OrIOp::create(builder, loc, high, low), nan);
  op->setOperand(
      0, arith::SelectOp::create(builder, loc, outside, bound(0.0), input));
  builder.setInsertionPointAfter(op);
  Type type = result.getType();
  Value most = integer(builder, loc, type,
                       isSigned ? APInt::getSignedMaxValue(width)
                                : APInt::getMaxValue(width));
  Value least = integer(builder, loc, type,
                        isSigned ? APInt::getSignedMinValue(width)
                                 : APInt::getMinValue(width));
  auto first = arith::SelectOp::create(builder, loc, low, least, result);
  Value guarded = arith::SelectOp::create(builder, loc, high, most, first);
  result.replaceAllUsesExcept(guarded, first);
}

/// Shifting by the width or more shifts everything out.
static void guardShift(Operation *op, bool isArithmetic) {
  Value amount = op->getOperand(1), result = op->getResult(0);
  Type type = amount.getType();
  if (!type.isIntOrIndex())
    return;
  unsigned width = widthOf(type);
  APInt known;
  if (matchPattern(amount, m_ConstantInt(&known)) && known.ult(width))
    return;
  OpBuilder builder(op);
  Location loc = op->getLoc();
  Value last = integer(builder, loc, type, APInt(width, width - 1));
  Value beyond = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ugt,
                                       amount, last);
  op->setOperand(1,
                 arith::SelectOp::create(builder, loc, beyond, last, amount));
  // An arithmetic shift by width-1 leaves only the sign, as it should.
  if (isArithmetic)
    return;
  builder.setInsertionPointAfter(op);
  auto guarded = arith::SelectOp::create(
      builder, loc, beyond, integer(builder, loc, type, APInt::getZero(width)),
      result);
  result.replaceAllUsesExcept(guarded, guarded);
}

namespace {
struct PrepareScalars
    : public qimeng::impl::PrepareScalarsPassBase<PrepareScalars> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<arith::ArithDialect>(op->getDialect()) || isa<memref::CopyOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops)
      llvm::TypeSwitch<Operation *>(op)
          .Case<arith::DivSIOp, arith::CeilDivSIOp, arith::FloorDivSIOp>(
              [](auto op) { guardDivision(op, true, false); })
          .Case<arith::DivUIOp, arith::CeilDivUIOp>(
              [](auto op) { guardDivision(op, false, false); })
          .Case<arith::RemSIOp>([](auto op) { guardDivision(op, true, true); })
          .Case<arith::RemUIOp>([](auto op) { guardDivision(op, false, true); })
          .Case<arith::FPToSIOp>([](auto op) { guardToInteger(op, true); })
          .Case<arith::FPToUIOp>([](auto op) { guardToInteger(op, false); })
          .Case<arith::ShLIOp, arith::ShRUIOp>(
              [](auto op) { guardShift(op, false); })
          .Case<arith::ShRSIOp>([](auto op) { guardShift(op, true); })
          .Case<memref::CopyOp>([](memref::CopyOp copy) {
            auto isRowMajor = [](Value value) {
              return cast<MemRefType>(value.getType()).getLayout().isIdentity();
            };
            // Strided copies would call a run-time library.
            if (isRowMajor(copy.getSource()) && isRowMajor(copy.getTarget()))
              return;
            OpBuilder builder(copy);
            linalg::CopyOp::create(builder, copy.getLoc(), copy.getSource(),
                                   copy.getTarget());
            copy.erase();
          });
  }
};
} // namespace
