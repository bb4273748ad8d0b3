//===- MathApprox.cpp - Math functions in GPU instructions ----------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Conversion/ToGPU/MathApprox.h"
#include "MathBuilder.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;

namespace qimeng {

constexpr double log2e = 1.4426950408889634074;
constexpr double ln2 = 0.69314718055994530942;
constexpr double log10Of2 = 0.30102999566398119521;
constexpr double log10OfE = 0.43429448190325182765;

using Unary = Value (*)(MathBuilder &, Value);

/// `function` of f64 on an f32 or f64.
template <typename Function>
static Value inF64(MathBuilder &m, Value x, Function function) {
  if (x.getType().isF64())
    return function(m, x);
  return m.truncate(function(m, m.extend(x)));
}

template <typename Function>
static Value inF64(MathBuilder &m, Value x, Value y, Function function) {
  if (x.getType().isF64())
    return function(m, x, y);
  return m.truncate(function(m, m.extend(x), m.extend(y)));
}

/// Whether all users of `op` add 1 to its result, as GELU does to erf: then
/// small results need no relative accuracy.
static bool isOnlyAddedToOne(Operation *op) {
  Value result = op->getResult(0);
  return !result.use_empty() &&
         llvm::all_of(result.getUsers(), [&](Operation *user) {
           auto add = dyn_cast<arith::AddFOp>(user);
           if (!add)
             return false;
           Value other = add.getLhs() == result ? add.getRhs() : add.getLhs();
           return matchPattern(other, m_OneFloat());
         });
}

//===----------------------------------------------------------------------===//
// For results that are rounded to 16 bits
//===----------------------------------------------------------------------===//

/// What is fast and as exact as f32, but for the last bits and for subnormal
/// numbers (the table in MathF32.cpp). Differences of nearly equal results show
/// more than 16 bits: what is exact to ten bits (tanh.approx) or near 1 only
/// absolutely (lg2.approx) is not among these. Nor are quotients that are
/// flushed to zero: bf16 has numbers as small as f32, and a product may follow.
static Value approximateF32(MathBuilder &m, Operation *op, ValueRange args) {
  auto ex2 = [&](Value x) {
    return m.intrinsic("llvm.nvvm.ex2.approx.ftz.f32", x);
  };
  Value x = args[0];
  return TypeSwitch<Operation *, Value>(op)
      .Case([&](math::ExpOp) { return ex2(m.mul(x, log2e)); })
      .Case([&](math::Exp2Op) { return ex2(x); })
      .Case([&](math::ErfOp) {
        return erfApproximate(m, x, /*relative=*/!isOnlyAddedToOne(op));
      })
      .Case([&](math::SqrtOp) {
        return m.intrinsic("llvm.nvvm.sqrt.approx.f", x);
      })
      .Case([&](arith::DivFOp) {
        return m.intrinsic("llvm.nvvm.div.full", x, args[1]);
      })
      .Default([](Operation *) { return Value(); });
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// Functions of one float that depend on nothing but its type.
static Value lowerUnary(MathBuilder &m, Operation *op, Value x) {
  bool isF32 = x.getType().isF32();
  auto pick = [&](Unary f32, Unary f64) {
    return isF32 ? f32(m, x) : f64(m, x);
  };
  auto viaF64 = [&](Unary f64) { return inF64(m, x, f64); };
  auto log = [&](double scale, double exponentScale) {
    return isF32 ? logF32(m, x, scale, exponentScale)
                 : logF64(m, x, scale, exponentScale);
  };
  return TypeSwitch<Operation *, Value>(op)
      .Case([&](math::ExpOp) { return pick(expF32, expF64); })
      .Case([&](math::Exp2Op) {
        return isF32 ? m.intrinsic("llvm.nvvm.ex2.approx.f32", x)
                     : exp2F64(m, x);
      })
      .Case([&](math::ExpM1Op) { return pick(expm1F32, expm1F64); })
      .Case([&](math::LogOp) { return log(1, ln2); })
      .Case([&](math::Log2Op) { return log(log2e, 1); })
      .Case([&](math::Log10Op) { return log(log10OfE, log10Of2); })
      .Case([&](math::Log1pOp) { return pick(log1pF32, log1pF64); })
      .Case([&](math::TanhOp) { return pick(tanhF32, tanhF64); })
      .Case([&](math::ErfOp) { return pick(erfF32, erfF64); })
      .Case([&](math::ErfcOp) { return viaF64(erfcF64); })
      .Case([&](math::SqrtOp) { return m.sqrt(x); })
      .Case([&](math::RsqrtOp) {
        return isF32 ? m.intrinsic("llvm.nvvm.rsqrt.approx.f", x)
                     : m.div(m.f64(1), m.sqrt(x));
      })
      .Case([&](math::CbrtOp) { return viaF64(cbrtF64); })
      .Case([&](math::SinOp) {
        return isF32 ? sinCosF32(m, x, false) : sinF64(m, x, false);
      })
      .Case([&](math::CosOp) {
        return isF32 ? sinCosF32(m, x, true) : cosF64(m, x, false);
      })
      .Case([&](math::TanOp) {
        return inF64(m, x, [&](MathBuilder &, Value wide) {
          return tanF64(m, wide, /*fromF32=*/isF32);
        });
      })
      .Case([&](math::SinhOp) { return viaF64(sinhF64); })
      .Case([&](math::CoshOp) { return viaF64(coshF64); })
      .Case([&](math::AsinOp) { return viaF64(asinF64); })
      .Case([&](math::AcosOp) { return viaF64(acosF64); })
      .Case([&](math::AtanOp) { return viaF64(atanF64); })
      .Case([&](math::AsinhOp) { return viaF64(asinhF64); })
      .Case([&](math::AcoshOp) { return viaF64(acoshF64); })
      .Case([&](math::AtanhOp) { return viaF64(atanhF64); })
      .Case([&](math::AbsFOp) { return m.abs(x); })
      .Case([&](math::FloorOp) { return m.floor(x); })
      .Case([&](math::CeilOp) -> Value {
        return LLVM::FCeilOp::create(m.b, x.getType(), x);
      })
      .Case([&](math::TruncOp) { return m.trunc(x); })
      .Case([&](math::RoundEvenOp) { return m.rint(x); })
      .Case([&](math::RoundOp) -> Value {
        return LLVM::RoundOp::create(m.b, x.getType(), x);
      })
      .Case([&](math::IsNaNOp) {
        return m.cmp(MathBuilder::Predicate::UNO, x, x);
      })
      .Case([&](math::IsInfOp) { return m.eq(m.abs(x), INFINITY); })
      .Case([&](math::IsFiniteOp) { return m.isFinite(x); })
      .Case([&](math::IsNormalOp) {
        double smallest = isF32 ? 0x1p-126 : 0x1p-1022;
        return m.andi(m.isFinite(x),
                      m.cmp(MathBuilder::Predicate::OGE, m.abs(x), smallest));
      })
      .Default([](Operation *) { return Value(); });
}

/// Functions of several floats.
static Value lowerSeveral(MathBuilder &m, Operation *op, ValueRange args) {
  return TypeSwitch<Operation *, Value>(op)
      .Case([&](math::PowFOp) { return inF64(m, args[0], args[1], powF64); })
      .Case([&](math::FPowIOp) {
        Value exponent = m.toFloat(args[0].getType(), args[1]);
        return inF64(m, args[0], exponent, powF64);
      })
      .Case([&](math::Atan2Op) { return inF64(m, args[0], args[1], atan2F64); })
      .Case([&](math::CopySignOp) { return m.copysign(args[0], args[1]); })
      .Case([&](math::FmaOp) { return m.fma(args[0], args[1], args[2]); })
      .Case([&](math::ClampFOp) -> Value {
        Value low = arith::MaxNumFOp::create(m.b, args[0], args[1]);
        Value clamped = arith::MinNumFOp::create(m.b, low, args[2]);
        Value nan = m.cmp(MathBuilder::Predicate::UNO, args[0], args[0]);
        return m.select(nan, args[0], clamped);
      })
      .Case([&](arith::DivFOp) { return m.div(args[0], args[1]); })
      .Case([&](arith::RemFOp) {
        return inF64(m, args[0], args[1], remainderF64);
      })
      .Case([&](arith::MinimumFOp) { return m.minimum(args[0], args[1]); })
      .Case([&](arith::MaximumFOp) { return m.maximum(args[0], args[1]); })
      .Default([](Operation *) { return Value(); });
}

/// base^exponent by squaring. 0^-n, which is undefined, gives 0.
static Value integerPower(MathBuilder &m, Value base, Value exponent) {
  Type type = base.getType();
  Value zero = m.integer(type, 0), one = m.integer(type, 1);
  Value negative = m.cmpi(arith::CmpIPredicate::slt, exponent, 0);
  Value count = m.select(negative, zero, exponent);
  auto loop = scf::WhileOp::create(
      m.b, TypeRange{type, type, type}, ValueRange{one, base, count},
      [&](OpBuilder &builder, Location loc, ValueRange state) {
        MathBuilder c(builder, loc);
        scf::ConditionOp::create(
            builder, loc, c.cmpi(arith::CmpIPredicate::ne, state[2], 0), state);
      },
      [&](OpBuilder &builder, Location loc, ValueRange state) {
        MathBuilder c(builder, loc);
        Value odd = c.cmpi(arith::CmpIPredicate::ne, c.andi(state[2], 1), 0);
        Value product = c.select(odd, c.muli(state[0], state[1]), state[0]);
        scf::YieldOp::create(builder, loc,
                             ValueRange{product, c.muli(state[1], state[1]),
                                        c.shru(state[2], 1)});
      });
  // Of 1/base^n only 1 and -1 leave something.
  Value isOne = m.cmpi(arith::CmpIPredicate::eq, base, 1);
  Value isMinusOne = m.cmpi(arith::CmpIPredicate::eq, base, -1);
  Value oddExponent = m.cmpi(arith::CmpIPredicate::ne, m.andi(exponent, 1), 0);
  Value alternating = m.select(oddExponent, m.integer(type, -1), one);
  Value inverse = m.select(isOne, one, m.select(isMinusOne, alternating, zero));
  return m.select(negative, inverse, loop.getResult(0));
}

static Value lowerInteger(MathBuilder &m, Operation *op, ValueRange args) {
  Type type = args[0].getType();
  return TypeSwitch<Operation *, Value>(op)
      .Case([&](math::AbsIOp) -> Value {
        return LLVM::AbsOp::create(m.b, type, args[0],
                                   /*is_int_min_poison=*/false);
      })
      .Case([&](math::CtPopOp) -> Value {
        return LLVM::CtPopOp::create(m.b, type, args[0]);
      })
      .Case([&](math::CountLeadingZerosOp) -> Value {
        return LLVM::CountLeadingZerosOp::create(m.b, type, args[0], false);
      })
      .Case([&](math::CountTrailingZerosOp) -> Value {
        return LLVM::CountTrailingZerosOp::create(m.b, type, args[0], false);
      })
      .Case([&](math::IPowIOp) { return integerPower(m, args[0], args[1]); })
      .Default([](Operation *) { return Value(); });
}

Value lowerScalarMath(OpBuilder &builder, Operation *op, ValueRange operands,
                      bool approximate) {
  if (operands.empty() || op->getNumResults() != 1)
    return nullptr;
  MathBuilder m(builder, op->getLoc());
  Type type = operands[0].getType();
  if (type.isSignlessInteger())
    return lowerInteger(m, op, operands);
  if (!type.isF32() && !type.isF64())
    return nullptr;
  if (approximate && type.isF32())
    if (Value result = approximateF32(m, op, operands))
      return result;
  if (Value result = lowerSeveral(m, op, operands))
    return result;
  return operands.size() == 1 ? lowerUnary(m, op, operands[0]) : nullptr;
}

} // namespace qimeng
