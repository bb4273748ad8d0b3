//===- MathBuilder.h - Short names for scalar operations --------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_CONVERSION_TOGPU_MATHBUILDER_H
#define QIMENG_LIB_CONVERSION_TOGPU_MATHBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include <limits>

namespace qimeng {

/// Emits scalar operations. The type of floating-point constants follows the
/// other operand.
class MathBuilder {
public:
  using Value = mlir::Value;
  using Predicate = mlir::arith::CmpFPredicate;

  MathBuilder(mlir::OpBuilder &builder, mlir::Location loc) : b(loc, builder) {}

  //===--------------------------------------------------------------------===//
  // Floating point
  //===--------------------------------------------------------------------===//
  Value constant(mlir::Type type, double value) {
    return mlir::arith::ConstantOp::create(b, b.getFloatAttr(type, value));
  }
  Value like(Value x, double value) { return constant(x.getType(), value); }
  Value f32(double value) { return constant(b.getF32Type(), value); }
  Value f64(double value) { return constant(b.getF64Type(), value); }

  Value add(Value x, Value y) { return mlir::arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) { return mlir::arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) { return mlir::arith::MulFOp::create(b, x, y); }
  Value div(Value x, Value y) { return mlir::arith::DivFOp::create(b, x, y); }
  Value add(Value x, double y) { return add(x, like(x, y)); }
  Value mul(Value x, double y) { return mul(x, like(x, y)); }
  Value neg(Value x) { return mlir::arith::NegFOp::create(b, x); }
  /// x * y + z with one rounding.
  Value fma(Value x, Value y, Value z) {
    return mlir::LLVM::FMAOp::create(b, x.getType(), x, y, z);
  }
  Value fma(Value x, double y, Value z) { return fma(x, like(x, y), z); }
  Value fma(Value x, Value y, double z) { return fma(x, y, like(x, z)); }
  Value fma(Value x, double y, double z) {
    return fma(x, like(x, y), like(x, z));
  }
  Value abs(Value x) { return unary<mlir::LLVM::FAbsOp>(x); }
  Value rint(Value x) { return unary<mlir::LLVM::RoundEvenOp>(x); }
  Value floor(Value x) { return unary<mlir::LLVM::FFloorOp>(x); }
  Value trunc(Value x) { return unary<mlir::LLVM::FTruncOp>(x); }
  Value sqrt(Value x) { return unary<mlir::LLVM::SqrtOp>(x); }
  Value copysign(Value magnitude, Value sign) {
    return mlir::LLVM::CopySignOp::create(b, magnitude.getType(), magnitude,
                                          sign);
  }
  /// NaN where an operand is.
  Value minimum(Value x, Value y) {
    return mlir::arith::MinimumFOp::create(b, x, y);
  }
  Value maximum(Value x, Value y) {
    return mlir::arith::MaximumFOp::create(b, x, y);
  }
  Value minimum(Value x, double y) { return minimum(x, like(x, y)); }
  Value maximum(Value x, double y) { return maximum(x, like(x, y)); }

  /// coefficients[0] x^(n-1) + ... + coefficients[n-1], by Horner's rule.
  Value polynomial(Value x, llvm::ArrayRef<double> coefficients) {
    Value sum = like(x, coefficients.front());
    for (double c : coefficients.drop_front())
      sum = fma(sum, x, c);
    return sum;
  }

  Value extend(Value x) {
    return mlir::arith::ExtFOp::create(b, b.getF64Type(), x);
  }
  Value truncate(Value x) {
    return mlir::arith::TruncFOp::create(b, b.getF32Type(), x);
  }

  /// An instruction of the special function unit, or another intrinsic.
  Value intrinsic(llvm::StringRef name, Value x) {
    return mlir::LLVM::CallIntrinsicOp::create(
               b, x.getType(), b.getStringAttr(name), mlir::ValueRange{x})
        .getResult(0);
  }
  Value intrinsic(llvm::StringRef name, Value x, Value y) {
    return mlir::LLVM::CallIntrinsicOp::create(
               b, x.getType(), b.getStringAttr(name), mlir::ValueRange{x, y})
        .getResult(0);
  }

  //===--------------------------------------------------------------------===//
  // Comparison
  //===--------------------------------------------------------------------===//
  Value cmp(Predicate predicate, Value x, Value y) {
    return mlir::arith::CmpFOp::create(b, predicate, x, y);
  }
  Value cmp(Predicate predicate, Value x, double y) {
    return cmp(predicate, x, like(x, y));
  }
  Value lt(Value x, double y) { return cmp(Predicate::OLT, x, y); }
  Value gt(Value x, double y) { return cmp(Predicate::OGT, x, y); }
  Value eq(Value x, double y) { return cmp(Predicate::OEQ, x, y); }
  Value eq(Value x, Value y) { return cmp(Predicate::OEQ, x, y); }
  Value select(Value condition, Value x, Value y) {
    return mlir::arith::SelectOp::create(b, condition, x, y);
  }
  Value select(Value condition, double x, Value y) {
    return select(condition, like(y, x), y);
  }
  Value isFinite(Value x) {
    return cmp(Predicate::OLT, abs(x), std::numeric_limits<double>::infinity());
  }

  //===--------------------------------------------------------------------===//
  // Integers
  //===--------------------------------------------------------------------===//
  Value integer(mlir::Type type, int64_t value) {
    return mlir::arith::ConstantOp::create(b, b.getIntegerAttr(type, value));
  }
  Value bits(Value x) {
    return mlir::arith::BitcastOp::create(
        b, b.getIntegerType(x.getType().getIntOrFloatBitWidth()), x);
  }
  Value fromBits(Value x) {
    mlir::Type type = x.getType().isInteger(32) ? mlir::Type(b.getF32Type())
                                                : mlir::Type(b.getF64Type());
    return mlir::arith::BitcastOp::create(b, type, x);
  }
  Value addi(Value x, Value y) { return mlir::arith::AddIOp::create(b, x, y); }
  Value subi(Value x, Value y) { return mlir::arith::SubIOp::create(b, x, y); }
  Value muli(Value x, Value y) { return mlir::arith::MulIOp::create(b, x, y); }
  Value andi(Value x, Value y) { return mlir::arith::AndIOp::create(b, x, y); }
  Value ori(Value x, Value y) { return mlir::arith::OrIOp::create(b, x, y); }
  Value xori(Value x, Value y) { return mlir::arith::XOrIOp::create(b, x, y); }
  Value addi(Value x, int64_t y) { return addi(x, integer(x.getType(), y)); }
  Value andi(Value x, int64_t y) { return andi(x, integer(x.getType(), y)); }
  Value shl(Value x, int64_t y) {
    return mlir::arith::ShLIOp::create(b, x, integer(x.getType(), y));
  }
  Value shru(Value x, int64_t y) {
    return mlir::arith::ShRUIOp::create(b, x, integer(x.getType(), y));
  }
  Value shrs(Value x, int64_t y) {
    return mlir::arith::ShRSIOp::create(b, x, integer(x.getType(), y));
  }
  Value cmpi(mlir::arith::CmpIPredicate predicate, Value x, int64_t y) {
    return mlir::arith::CmpIOp::create(b, predicate, x,
                                       integer(x.getType(), y));
  }
  /// The integer of `x`'s width nearest to zero from it.
  Value toInt(Value x) {
    return mlir::arith::FPToSIOp::create(
        b, b.getIntegerType(x.getType().getIntOrFloatBitWidth()), x);
  }
  Value toFloat(mlir::Type type, Value x) {
    return mlir::arith::SIToFPOp::create(b, type, x);
  }

  /// 2^n, where n is an integer-valued float for which that is a normal number.
  Value powerOfTwo(Value n) {
    bool isDouble = n.getType().isF64();
    return fromBits(
        shl(addi(toInt(n), isDouble ? 1023 : 127), isDouble ? 52 : 23));
  }

  mlir::ImplicitLocOpBuilder b;

private:
  template <typename Op> Value unary(Value x) {
    return Op::create(b, x.getType(), x);
  }
};

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// On f32 (MathF32.cpp).
mlir::Value expF32(MathBuilder &m, mlir::Value x);
mlir::Value expm1F32(MathBuilder &m, mlir::Value x);
/// log(x) * scale + exponent * exponentScale: 1 and ln 2 for log, 1/ln 2 and 1
/// for log2.
mlir::Value logF32(MathBuilder &m, mlir::Value x, double scale,
                   double exponentScale);
mlir::Value log1pF32(MathBuilder &m, mlir::Value x);
mlir::Value tanhF32(MathBuilder &m, mlir::Value x);
mlir::Value erfF32(MathBuilder &m, mlir::Value x);
/// Absolute error 1e-6; also relative to |x| where `relative`.
mlir::Value erfApproximate(MathBuilder &m, mlir::Value x, bool relative);
mlir::Value sinCosF32(MathBuilder &m, mlir::Value x, bool cosine);

/// On f64 (MathF64.cpp, TrigF64.cpp).
mlir::Value expF64(MathBuilder &m, mlir::Value x);
mlir::Value exp2F64(MathBuilder &m, mlir::Value x);
mlir::Value expm1F64(MathBuilder &m, mlir::Value x);
mlir::Value logF64(MathBuilder &m, mlir::Value x, double scale,
                   double exponentScale);
mlir::Value log1pF64(MathBuilder &m, mlir::Value x);
mlir::Value powF64(MathBuilder &m, mlir::Value x, mlir::Value y);
mlir::Value sinhF64(MathBuilder &m, mlir::Value x);
mlir::Value coshF64(MathBuilder &m, mlir::Value x);
mlir::Value tanhF64(MathBuilder &m, mlir::Value x);
mlir::Value asinhF64(MathBuilder &m, mlir::Value x);
mlir::Value acoshF64(MathBuilder &m, mlir::Value x);
mlir::Value atanhF64(MathBuilder &m, mlir::Value x);
mlir::Value erfF64(MathBuilder &m, mlir::Value x);
mlir::Value erfcF64(MathBuilder &m, mlir::Value x);
mlir::Value cbrtF64(MathBuilder &m, mlir::Value x);
/// x - trunc(x / y) * y, exactly; operands of f64, or f32 extended.
mlir::Value remainderF64(MathBuilder &m, mlir::Value x, mlir::Value y);

/// x minus the nearest multiple of pi/2 as a sum of two, and that multiple's
/// number modulo 4 (i32).
struct ReducedAngle {
  mlir::Value high, low, quadrant;
};
/// `fromF32`: x has an f32's exponent and precision.
ReducedAngle reduceAngleF64(MathBuilder &m, mlir::Value x, bool fromF32);
mlir::Value sinF64(MathBuilder &m, mlir::Value x, bool fromF32);
mlir::Value cosF64(MathBuilder &m, mlir::Value x, bool fromF32);
mlir::Value tanF64(MathBuilder &m, mlir::Value x, bool fromF32);
mlir::Value atanF64(MathBuilder &m, mlir::Value x);
mlir::Value atan2F64(MathBuilder &m, mlir::Value y, mlir::Value x);
mlir::Value asinF64(MathBuilder &m, mlir::Value x);
mlir::Value acosF64(MathBuilder &m, mlir::Value x);

} // namespace qimeng

#endif // QIMENG_LIB_CONVERSION_TOGPU_MATHBUILDER_H
