//===- MathF32.cpp - Math functions on f32 --------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Polynomials are minimax fits by the Remez algorithm of what the comment
// beside them states, with coefficients rounded to f32.
//
// What the instructions guarantee (PTX ISA, "Floating Point Instructions"), and
// what ptxas 13.0 makes of them for sm_90a. With .ftz, subnormal operands and
// results are zero.
//
//   form              greatest error              instructions, with .ftz
//   rcp.approx        1 ulp                       7   1
//   div.approx        2 ulp for 2^-126 <= |y| <=  5   2
//                     2^126; 0 for larger y
//   div.full          2 ulp, all x and y          8   5
//   div.rn            1/2 ulp                     9, and a call for rare y
//   sqrt.approx       2^-23 relative              4   1
//   rsqrt.approx      2^-22.9 relative            4   1
//   ex2.approx        2^-22.5 relative            4   1
//   lg2.approx        2^-22 relative, but         4   1
//                     absolute in (1/2, 2)
//   tanh.approx       2^-11 relative              1   (no .ftz)
//
// A .ftz form is right where neither the operand nor the result can be
// subnormal, or where what is added to the result drowns it.
//
//===----------------------------------------------------------------------===//

#include "MathBuilder.h"
#include <cmath>

using namespace mlir;

namespace qimeng {

constexpr double log2e = 1.4426950408889634074;
constexpr double ln2 = 0.69314718055994530942;

Value expF32(MathBuilder &m, Value x) {
  // 2^h (1 + l ln 2), where h + l is x log2(e) in twice the precision. h stays
  // below 128, where 2^h is finite; l takes the rest, and overflows.
  float high = log2e;
  x = m.maximum(x, -110);
  Value h = m.mul(x, high);
  h = arith::MinNumFOp::create(m.b, h, m.f32(0x1.fffffep6));
  Value l = m.fma(x, high, m.neg(h));
  l = m.fma(x, log2e - high, l);
  Value p = m.intrinsic("llvm.nvvm.ex2.approx.f32", h);
  return m.fma(p, m.mul(l, ln2), p);
}

Value expm1F32(MathBuilder &m, Value x) {
  // x = n ln 2 + r; e^x - 1 = 2^n (e^r - 1) + (2^n - 1), halved so that 2^n
  // stays finite up to overflow.
  float ln2High = 0.693145752; // 16 bits: n times it is exact
  Value clamped = m.maximum(m.minimum(x, 90), -30);
  Value n = m.rint(m.mul(clamped, log2e));
  Value r = m.fma(n, -ln2High, clamped);
  r = m.fma(n, -(ln2 - ln2High), r);
  // (e^r - 1 - r) / r^2 on [-0.35, 0.35]: 2^-31.
  Value p = m.polynomial(r, {0.00019845957, 0.001394164, 0.0083333915,
                             0.041666348, 0.16666666, 0.5});
  p = m.fma(p, m.mul(r, r), r);
  Value half = m.powerOfTwo(m.add(m.minimum(n, 128), -1));
  Value result = m.mul(m.fma(p, half, m.add(half, -0.5)), 2);
  // Past 128 ln 2 the result overflows, whatever r is.
  result = m.select(m.gt(x, 88.8), INFINITY, result);
  return m.copysign(result, x);
}

/// log(x) * scale + exponent * exponentScale for positive finite x.
static Value logPositive(MathBuilder &m, Value x, double scale,
                         double exponentScale) {
  Value tiny = m.lt(x, 0x1p-126);
  x = m.select(tiny, m.mul(x, 0x1p23), x);
  Value bias = m.select(tiny, m.like(x, -23), m.like(x, 0));
  // x = 2^e (1 + f), 2/3 <= 1 + f < 4/3.
  Value bits = m.bits(x);
  Value e = m.andi(m.addi(bits, -0x3f2aaaabLL), -0x800000LL);
  Value f = m.add(m.fromBits(m.subi(bits, e)), -1);
  Value exponent = m.fma(m.toFloat(x.getType(), e), 0x1p-23, bias);
  // (log(1 + f) - f + f^2/2) / f^3 on [-1/3, 1/3]: 2^-27.6 of log(1 + f).
  Value p =
      m.polynomial(f, {-0.12891686, 0.13984437, -0.12184261, 0.1400587,
                       -0.16680488, 0.20010406, -0.24999797, 0.33333215, -0.5});
  Value log = m.fma(p, m.mul(f, f), f);
  if (scale != 1)
    log = m.mul(log, scale);
  return m.fma(exponent, exponentScale, log);
}

Value logF32(MathBuilder &m, Value x, double scale, double exponentScale) {
  Value log = logPositive(m, x, scale, exponentScale);
  // Infinity and NaN are their own logarithms.
  log = m.select(m.lt(x, INFINITY), log, x);
  log = m.select(m.lt(x, 0), NAN, log);
  return m.select(m.eq(x, 0), -INFINITY, log);
}

Value log1pF32(MathBuilder &m, Value x) {
  // log(u) + d/u, where 1 + x = u + d exactly (W. Kahan).
  Value u = m.add(x, 1);
  Value x1 = m.add(u, -1);
  Value d = m.add(m.sub(m.like(x, 1), m.sub(u, x1)), m.sub(x, x1));
  Value correction = m.mul(d, m.intrinsic("llvm.nvvm.rcp.approx.ftz.f", u));
  Value log = m.add(logPositive(m, u, 1, ln2), correction);
  log = m.select(m.lt(u, INFINITY), log, u);
  log = m.copysign(log, x);
  log = m.select(m.lt(u, 0), NAN, log);
  return m.select(m.eq(u, 0), -INFINITY, log);
}

Value tanhF32(MathBuilder &m, Value x) {
  Value a = m.abs(x);
  Value e = m.intrinsic("llvm.nvvm.ex2.approx.ftz.f32", m.mul(a, 2 * log2e));
  Value r = m.intrinsic("llvm.nvvm.rcp.approx.ftz.f", m.add(e, 1));
  Value big = m.copysign(m.fma(r, -2, 1), x);
  // (tanh(x)/x - 1) / x^2 as a polynomial of x^2 on |x| <= 0.55: 2^-29.8.
  Value s = m.mul(x, x);
  Value small = m.polynomial(
      s, {-0.0062742387, 0.021071678, -0.05385231, 0.13332586, -0.33333316, 1});
  return m.select(m.lt(a, 0.55), m.mul(x, small), big);
}

Value erfF32(MathBuilder &m, Value x) {
  Value a = m.abs(x);
  // -log2(erfc(a)) on [0.92, 4]: 2^-28.8 absolute, in erfc. Past 4, erf is 1.
  Value q = m.polynomial(m.minimum(a, 4),
                         {0.0002812422, -0.004376633, 0.03201286, -0.14983265,
                          -0.9193806, -1.6268222, -0.00029870388});
  Value erfc = m.intrinsic("llvm.nvvm.ex2.approx.ftz.f32", q);
  Value big = m.copysign(m.sub(m.like(x, 1), erfc), x);
  // erf(x)/x - 1 as a polynomial of x^2 on |x| <= 0.93: 2^-25.8.
  Value p = m.polynomial(m.mul(x, x), {-0.0005953742, 0.0049859406, -0.02676172,
                                       0.112816826, -0.3761248, 0.12837915});
  return m.select(m.lt(a, 0.925), m.fma(p, x, x), big);
}

Value erfApproximate(MathBuilder &m, Value x, bool relative) {
  // erfc(a) = 2^(a q(a)): -q is -log2(erfc(a))/a on (0, 4.2], fitted to
  // 2^-20 absolute and 3e-4 relative error of erfc, so that 1 + erf(x), as in
  // GELU, keeps its relative accuracy for negative x.
  Value a = m.minimum(m.abs(x), 4.2);
  Value q = m.polynomial(a, {0.00024398456, -0.004145929, 0.031677485,
                             -0.1502244, -0.9180287, -1.6279345});
  Value erfc = m.intrinsic("llvm.nvvm.ex2.approx.ftz.f32", m.mul(a, q));
  Value result = m.copysign(m.sub(m.like(x, 1), erfc), x);
  if (!relative)
    return result;
  // erf(x)/x as a polynomial of x^2 on |x| <= 0.54: 2^-21.8.
  Value p = m.polynomial(m.mul(x, x),
                         {-0.023997316, 0.112322636, -0.37609634, 1.1283789});
  return m.select(m.lt(a, 0.54), m.mul(x, p), result);
}

Value sinCosF32(MathBuilder &m, Value x, bool cosine) {
  // Adding 1.5 * 2^23 rounds to an integer, which is then in the low bits.
  double magic = 12582912;
  Value rounded = m.fma(x, 0.63661977236758134308, magic);
  Value quadrant = m.bits(rounded);
  Value n = m.add(rounded, -magic);
  // pi/2 in three parts of one sign, so that -0 stays -0; with fused
  // multiply-adds that reduces arguments up to 105615 well enough.
  Value r = m.fma(n, -0x1.921fb4p0, x);
  r = m.fma(n, -0x1.4442d0p-24, r);
  r = m.fma(n, -0x1.846988p-48, r);
  auto large = scf::IfOp::create(
      m.b, TypeRange{x.getType(), quadrant.getType()}, m.gt(m.abs(x), 105615),
      /*addThenBlock=*/true, /*addElseBlock=*/true);
  {
    OpBuilder::InsertionGuard guard(m.b);
    m.b.setInsertionPointToStart(large.thenBlock());
    ReducedAngle angle = reduceAngleF64(m, m.extend(x), /*fromF32=*/true);
    scf::YieldOp::create(m.b,
                         ValueRange{m.truncate(angle.high), angle.quadrant});
    m.b.setInsertionPointToStart(large.elseBlock());
    scf::YieldOp::create(m.b, ValueRange{r, quadrant});
  }
  r = large.getResult(0);
  quadrant = large.getResult(1);
  if (cosine)
    quadrant = m.addi(quadrant, 1);

  Value s = m.mul(r, r);
  // (sin(r)/r - 1)/s: 2^-27.9 of sin(r); (cos(r) - 1)/s: 2^-34.
  Value sine =
      m.mul(r, m.polynomial(s, {-0.00019512029, 0.008332137, -0.16666654, 1}));
  Value cosineOfR =
      m.polynomial(s, {2.438637e-05, -0.0013886722, 0.041666623, -0.5, 1});
  Value odd = m.cmpi(arith::CmpIPredicate::ne, m.andi(quadrant, 1), 0);
  Value result = m.select(odd, cosineOfR, sine);
  Value sign = m.shl(m.andi(quadrant, 2), 30);
  return m.fromBits(m.xori(m.bits(result), sign));
}

} // namespace qimeng
