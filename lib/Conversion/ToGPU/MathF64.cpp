//===- MathF64.cpp - Math functions on f64 --------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Straight-line code in plain arithmetic. Series are Taylor's where they
// converge fast enough, else minimax fits by the Remez algorithm.
//
//===----------------------------------------------------------------------===//

#include "MathBuilder.h"
#include <cmath>

using namespace mlir;

namespace qimeng {

constexpr double log2e = 1.4426950408889634074;
constexpr double ln2 = 0.69314718055994530942;
// ln 2 in two parts; an integer below 2^20 times the first is exact.
constexpr double ln2High = 0x1.62e42fefap-1;
constexpr double ln2Low = 0x1.cf79abc9e3b39p-40;

/// (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2, with the remainder below 2^-60.
static Value expTail(MathBuilder &m, Value r) {
  SmallVector<double> coefficients;
  double factorial = 2;
  for (int k = 2; k <= 15; factorial *= ++k)
    coefficients.push_back(1 / factorial);
  return m.polynomial(r, llvm::to_vector(llvm::reverse(coefficients)));
}

/// e^(n ln 2 + r) without the factor 2^n, applied in two steps so that
/// overflow and subnormal results come out right.
static Value scaleByPowerOfTwo(MathBuilder &m, Value x, Value n) {
  Value half = m.floor(m.mul(n, 0.5));
  x = m.mul(x, m.powerOfTwo(half));
  return m.mul(x, m.powerOfTwo(m.sub(n, half)));
}

Value expF64(MathBuilder &m, Value x) {
  Value clamped = m.maximum(m.minimum(x, 720), -760);
  Value n = m.rint(m.mul(clamped, log2e));
  Value r = m.fma(n, -ln2Low, m.fma(n, -ln2High, clamped));
  Value e = m.add(m.fma(expTail(m, r), m.mul(r, r), r), 1);
  return scaleByPowerOfTwo(m, e, n);
}

Value exp2F64(MathBuilder &m, Value x) {
  Value clamped = m.maximum(m.minimum(x, 1040), -1090);
  Value n = m.rint(clamped);
  Value r = m.mul(m.sub(clamped, n), ln2);
  Value e = m.add(m.fma(expTail(m, r), m.mul(r, r), r), 1);
  return scaleByPowerOfTwo(m, e, n);
}

Value expm1F64(MathBuilder &m, Value x) {
  Value clamped = m.maximum(m.minimum(x, 720), -60);
  Value n = m.rint(m.mul(clamped, log2e));
  Value r = m.fma(n, -ln2Low, m.fma(n, -ln2High, clamped));
  Value p = m.fma(expTail(m, r), m.mul(r, r), r);
  // Halved, so that 2^n stays finite up to overflow.
  Value half = m.powerOfTwo(m.add(m.minimum(n, 1024), -1));
  Value result = m.mul(m.fma(p, half, m.add(half, -0.5)), 2);
  result = m.select(m.gt(x, 709.79), INFINITY, result);
  return m.copysign(result, x);
}

namespace {

/// x = 2^exponent (1 + f), with sqrt(1/2) <= 1 + f < sqrt(2); f is exact.
struct Decomposed {
  Value f, exponent;
};

} // namespace

static Decomposed decompose(MathBuilder &m, Value x) {
  Value tiny = m.lt(x, 0x1p-1022);
  x = m.select(tiny, m.mul(x, 0x1p54), x);
  Value bias = m.select(tiny, m.f64(-54), m.f64(0));
  Value bits = m.bits(x);
  Value e = m.andi(m.addi(bits, -0x3fe6a09e667f3bcdLL), -(1LL << 52));
  Value f = m.add(m.fromBits(m.subi(bits, e)), -1);
  Value exponent = m.add(m.toFloat(x.getType(), m.shrs(e, 52)), bias);
  return {f, exponent};
}

/// 2 atanh(s)/s - 2, divided by s^2, for s^2 = z <= 0.0295.
static Value atanhTail(MathBuilder &m, Value z) {
  SmallVector<double> coefficients;
  for (int k = 10; k >= 1; --k)
    coefficients.push_back(2.0 / (2 * k + 1));
  return m.polynomial(z, coefficients);
}

/// log(x) * scale + exponent * exponentScale for positive finite x.
static Value logPositive(MathBuilder &m, Value x, double scale,
                         double exponentScale) {
  auto [f, exponent] = decompose(m, x);
  // log(1 + f) = 2 atanh(s), s = f/(2 + f); with f split off, which is exact:
  // f - s (f - z tail).
  Value s = m.div(f, m.add(f, 2));
  Value z = m.mul(s, s);
  Value tail = m.mul(z, atanhTail(m, z));
  Value log = m.sub(f, m.mul(s, m.sub(f, tail)));
  if (scale != 1)
    log = m.mul(log, scale);
  if (exponentScale != ln2)
    return m.fma(exponent, exponentScale, log);
  return m.fma(exponent, ln2High, m.fma(exponent, ln2Low, log));
}

Value logF64(MathBuilder &m, Value x, double scale, double exponentScale) {
  Value log = logPositive(m, x, scale, exponentScale);
  log = m.select(m.lt(x, INFINITY), log, x);
  log = m.select(m.lt(x, 0), NAN, log);
  return m.select(m.eq(x, 0), -INFINITY, log);
}

Value log1pF64(MathBuilder &m, Value x) {
  // log(u) + d/u, where 1 + x = u + d exactly (W. Kahan).
  Value u = m.add(x, 1);
  Value x1 = m.add(u, -1);
  Value d = m.add(m.sub(m.f64(1), m.sub(u, x1)), m.sub(x, x1));
  Value log = m.add(logPositive(m, u, 1, ln2), m.div(d, u));
  log = m.select(m.lt(u, INFINITY), log, u);
  log = m.copysign(log, x);
  log = m.select(m.lt(u, 0), NAN, log);
  return m.select(m.eq(u, 0), -INFINITY, log);
}

Value powF64(MathBuilder &m, Value x, Value y) {
  // |x|^y = 2^(y log2 |x|), with log2 |x| = high + low to about 2^-62.
  Value a = m.abs(x);
  auto [f, exponent] = decompose(m, a);
  Value base = m.add(f, 2);
  Value baseLow = m.sub(f, m.add(base, -2));
  Value s = m.div(f, base);
  Value sLow = m.fma(m.neg(s), base, f);
  sLow = m.div(m.fma(m.neg(s), baseLow, sLow), base);
  Value z = m.mul(s, s);
  // log(1 + f) = 2 s + t.
  Value t = m.fma(m.mul(m.mul(z, atanhTail(m, z)), s), 1, m.mul(sLow, 2));
  double log2eLow = 0x1.777d0ffda0d24p-56;
  Value twice = m.mul(s, 2);
  Value high = m.mul(twice, log2e);
  Value low = m.fma(twice, log2e, m.neg(high));
  low = m.fma(twice, log2eLow, m.fma(t, log2e, low));
  Value sum = m.add(exponent, high);
  Value sumLow = m.add(m.add(m.sub(exponent, sum), high), low);
  // Where f alone is left, the exponent being 0, the sum above is exact.
  Value p = m.mul(y, sum);
  Value pLow = m.fma(y, sumLow, m.fma(y, sum, m.neg(p)));
  Value n = m.rint(m.maximum(m.minimum(p, 1040), -1090));
  Value fraction = m.add(m.sub(m.maximum(m.minimum(p, 1040), -1090), n), pLow);
  // Past overflow and underflow, and for NaN, the fraction is of no account.
  Value r = m.mul(fraction, ln2);
  r = m.select(m.lt(m.abs(p), 1100), r, m.f64(0));
  Value e = m.add(m.fma(expTail(m, r), m.mul(r, r), r), 1);
  Value result = scaleByPowerOfTwo(m, e, n);

  // Zero, infinity, one: y log2 |x| has the right sign, if it is a number.
  Value one = m.f64(1), zero = m.f64(0), infinity = m.f64(INFINITY);
  Value yNegative = m.lt(y, 0);
  result = m.select(m.eq(a, 0), m.select(yNegative, infinity, zero), result);
  result =
      m.select(m.eq(a, infinity), m.select(yNegative, zero, infinity), result);
  Value yInfinite = m.eq(m.abs(y), infinity);
  Value grows = arith::XOrIOp::create(m.b, m.gt(a, 1), yNegative);
  result = m.select(yInfinite, m.select(grows, infinity, zero), result);
  // A negative x: the sign of an odd power, NaN for one that is no integer.
  Value halfY = m.mul(y, 0.5);
  Value isInteger = m.eq(m.rint(y), y);
  Value isOdd = m.andi(
      isInteger, m.cmp(MathBuilder::Predicate::ONE, m.floor(halfY), halfY));
  result = m.select(isOdd, m.copysign(result, x), result);
  Value negativeFinite = m.andi(m.lt(x, 0), m.isFinite(x));
  Value undefined =
      m.select(isInteger, m.integer(m.b.getI1Type(), 0), negativeFinite);
  result = m.select(undefined, NAN, result);
  // NaN goes through, save in 1^y, x^0 and (-1)^infinity.
  Value nan = m.cmp(MathBuilder::Predicate::UNO, x, y);
  result = m.select(nan, NAN, result);
  Value isOne =
      m.ori(m.ori(m.eq(x, 1), m.eq(y, 0)), m.andi(m.eq(a, 1), yInfinite));
  return m.select(isOne, one, result);
}

Value sinhF64(MathBuilder &m, Value x) {
  // (E + E/(E + 1))/2 with E = e^|x| - 1; past 700, e^(|x|/2) squared.
  Value a = m.abs(x);
  Value e = expm1F64(m, a);
  Value small = m.mul(m.add(e, m.div(e, m.add(e, 1))), 0.5);
  Value root = expF64(m, m.mul(a, 0.5));
  Value large = m.mul(m.mul(root, 0.5), root);
  return m.copysign(m.select(m.lt(a, 700), small, large), x);
}

Value coshF64(MathBuilder &m, Value x) {
  Value root = expF64(m, m.mul(m.abs(x), 0.5));
  Value half = m.mul(root, 0.5);
  return m.fma(half, root, m.div(m.f64(0.5), m.mul(root, root)));
}

Value tanhF64(MathBuilder &m, Value x) {
  Value e = expm1F64(m, m.mul(m.abs(x), -2));
  return m.copysign(m.div(e, m.add(e, 2)), x);
}

Value asinhF64(MathBuilder &m, Value x) {
  Value a = m.abs(x);
  Value z = m.mul(a, a);
  Value root = m.sqrt(m.add(z, 1));
  Value small = log1pF64(m, m.add(a, m.div(z, m.add(root, 1))));
  Value large = m.add(logF64(m, a, 1, ln2), ln2);
  return m.copysign(m.select(m.lt(a, 1e150), small, large), x);
}

Value acoshF64(MathBuilder &m, Value x) {
  Value t = m.add(x, -1);
  Value root = m.sqrt(m.mul(t, m.add(t, 2)));
  Value small = log1pF64(m, m.add(t, root));
  Value large = m.add(logF64(m, x, 1, ln2), ln2);
  Value result = m.select(m.gt(x, 1e150), large, small);
  return m.select(m.lt(x, 1), NAN, result);
}

Value atanhF64(MathBuilder &m, Value x) {
  Value a = m.abs(x);
  Value quotient = m.div(m.mul(a, 2), m.sub(m.f64(1), a));
  return m.copysign(m.mul(log1pF64(m, quotient), 0.5), x);
}

/// erfc(a) for a >= 0.5.
static Value erfcPositive(MathBuilder &m, Value a) {
  // (1 + 2a) e^(a^2) erfc(a) as a polynomial of t = (a - 4)/(a + 4), after M.
  // Shepherd and J. Laframboise, Math. Comp. 36 (1981); refitted on [0.5, 29]:
  // 2^-58.
  a = m.minimum(a, 29);
  Value t = m.div(m.add(a, -4), m.add(a, 4));
  Value p = m.polynomial(
      t,
      {-9.747928056144792e-09, -1.1977087876596364e-08, 1.0351127141245194e-07,
       6.635360153409984e-08,  -8.197894654203917e-07,  3.003297316899868e-07,
       5.7066600653420965e-06, -1.1225221733306605e-05, -2.439811243978235e-05,
       0.00015062268178540135, -0.0001992569556223425,  -0.0007577734924741555,
       0.0050319700178657065,  -0.016197734032053525,   0.03716751553375052,
       -0.06633036581410896,   0.0937328349985442,      -0.10103906603623337,
       0.06809705425468798,    0.01537965210261871,     -0.13962111684056247,
       1.2329951186255526});
  Value square = m.mul(a, a);
  Value squareLow = m.fma(a, a, m.neg(square));
  Value e = expF64(m, m.neg(square));
  e = m.fma(m.neg(squareLow), e, e);
  return m.mul(m.div(p, m.fma(a, 2, 1)), e);
}

/// erf(x) for |x| <= 1, by its series.
static Value erfSmall(MathBuilder &m, Value x) {
  SmallVector<double> coefficients;
  double factorial = 1;
  for (int n = 0; n <= 20; factorial *= ++n)
    coefficients.push_back((n % 2 ? -1 : 1) * M_2_SQRTPI /
                           (factorial * (2 * n + 1)));
  Value p =
      m.polynomial(m.mul(x, x), llvm::to_vector(llvm::reverse(coefficients)));
  return m.mul(x, p);
}

Value erfF64(MathBuilder &m, Value x) {
  Value a = m.abs(x);
  Value large = m.sub(m.f64(1), erfcPositive(m, m.maximum(a, 0.5)));
  return m.select(m.lt(a, 1), erfSmall(m, x), m.copysign(large, x));
}

Value erfcF64(MathBuilder &m, Value x) {
  Value a = m.abs(x);
  Value large = erfcPositive(m, m.maximum(a, 0.5));
  Value small = m.sub(m.f64(1), erfSmall(m, x));
  Value negative = m.sub(m.f64(2), large);
  Value isSmall = m.andi(m.lt(x, 0.5), m.gt(x, -1));
  return m.select(isSmall, small, m.select(m.lt(x, 0), negative, large));
}

Value cbrtF64(MathBuilder &m, Value x) {
  // A third of the exponent gives 4 bits; each of Halley's steps triples them.
  Value a = m.abs(x);
  // Scaled where the cube of a root would overflow, or a is subnormal.
  Value tiny = m.lt(a, 0x1p-900), huge = m.gt(a, 0x1p900);
  Value scaled = m.select(tiny, m.mul(a, 0x1p270), a);
  scaled = m.select(huge, m.mul(a, 0x1p-270), scaled);
  Value third = arith::DivUIOp::create(m.b, m.bits(scaled),
                                       m.integer(m.b.getI64Type(), 3));
  Value y = m.fromBits(m.addi(third, 0x2a9f7893782da1ceLL));
  for (int step = 0; step < 4; ++step) {
    // y (y^3 + 2a) / (2 y^3 + a), written as a correction to y.
    Value cube = m.mul(m.mul(y, y), y);
    Value correction = m.div(m.sub(scaled, cube), m.fma(cube, 2, scaled));
    y = m.fma(y, correction, y);
  }
  y = m.select(tiny, m.mul(y, 0x1p-90), y);
  y = m.select(huge, m.mul(y, 0x1p90), y);
  // Zero, infinity and NaN are their own roots.
  Value ordinary = m.andi(m.gt(a, 0), m.isFinite(a));
  return m.select(ordinary, m.copysign(y, x), x);
}

Value remainderF64(MathBuilder &m, Value x, Value y) {
  // Long division, at most 50 bits of the quotient at a time: every product
  // below is exact under fused multiply-add.
  Value divisor = m.abs(y);
  Value valid = m.andi(m.isFinite(x), m.gt(divisor, 0));
  Value r = m.select(valid, m.abs(x), m.f64(0));
  auto loop = scf::WhileOp::create(
      m.b, TypeRange{r.getType()}, ValueRange{r},
      [&](OpBuilder &builder, Location loc, ValueRange args) {
        MathBuilder c(builder, loc);
        // False also where the divisor is NaN.
        Value goesOn = c.cmp(MathBuilder::Predicate::OGE, args[0], divisor);
        scf::ConditionOp::create(builder, loc, goesOn, args);
      },
      [&](OpBuilder &builder, Location loc, ValueRange args) {
        MathBuilder c(builder, loc);
        // The divisor times a power of two that leaves the quotient in [1,
        // 2^50).
        Value exponentOfR = c.shru(c.bits(args[0]), 52);
        Value exponentOfDivisor = c.shru(c.bits(divisor), 52);
        Value excess = c.addi(c.subi(exponentOfR, exponentOfDivisor), -48);
        Value zero = c.integer(excess.getType(), 0);
        Value shift = arith::MaxSIOp::create(c.b, excess, zero);
        // Two factors, since one power of two may overflow.
        Value half = c.shrs(shift, 1);
        auto power = [&](Value n) {
          return c.fromBits(c.shl(c.addi(n, 1023), 52));
        };
        Value d =
            c.mul(c.mul(divisor, power(half)), power(c.subi(shift, half)));
        Value q = c.trunc(c.div(args[0], d));
        Value next = c.fma(c.neg(q), d, args[0]);
        // The quotient may have been rounded up past an integer.
        next = c.select(c.lt(next, 0), c.add(next, d), next);
        scf::YieldOp::create(builder, loc, ValueRange{next});
      });
  Value result = m.copysign(loop.getResult(0), x);
  result = m.select(valid, result, m.f64(NAN));
  return m.select(m.cmp(MathBuilder::Predicate::UNO, x, y), NAN, result);
}

} // namespace qimeng
