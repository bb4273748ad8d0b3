//===- TrigF64.cpp - Trigonometric functions on f64 -----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MathBuilder.h"
#include <cmath>

using namespace mlir;

namespace qimeng {

constexpr double piHalf = 0x1.921fb54442d18p0;
constexpr double piHalfLow = 0x1.1a62633145c07p-54;

//===----------------------------------------------------------------------===//
// Reduction modulo pi/2
//===----------------------------------------------------------------------===//

/// For |x| < 2^20: pi/2 in three parts (W. Cody and W. Waite), of which the
/// first two have 33 bits, so that the products are exact.
static ReducedAngle reduceSmall(MathBuilder &m, Value x) {
  Value n = m.rint(m.mul(x, 0.63661977236758134308));
  Value t = m.fma(n, -0x1.921fb544p0, x);
  Value w = m.mul(n, 0x1.0b4611a6p-34);
  Value high = m.sub(t, w);
  Value low = m.sub(m.sub(t, high), w);
  low = m.fma(n, -0x1.3198a2e037073p-69, low);
  Value sum = m.add(high, low);
  low = m.sub(low, m.sub(sum, high));
  Value quadrant = arith::FPToSIOp::create(m.b, m.b.getI32Type(), n);
  return {sum, low, quadrant};
}

/// For an f32's value: 24 bits of it times 24 bits of 2/pi are exact in f64, as
/// is what is left of the product modulo 4.
static ReducedAngle reduceLargeF32(MathBuilder &m, Value x) {
  const double twoOverPi[] = {0xa2f983p-24,  0x6e4e44p-48,  0x1529fcp-72,
                              0x2757d1p-96,  0xf534ddp-120, 0xc0db62p-144,
                              0x95993cp-168, 0x439041p-192, 0xfe5163p-216};
  Value high, low;
  for (double part : llvm::reverse(twoOverPi)) {
    Value product = m.mul(x, part);
    Value turns = m.rint(m.mul(product, 0.25));
    Value rest = m.fma(turns, -4, product);
    if (!high) {
      high = rest;
      low = m.f64(0);
      continue;
    }
    // high + rest without error (D. Knuth).
    Value sum = m.add(high, rest);
    Value part1 = m.sub(sum, high);
    Value error = m.add(m.sub(high, m.sub(sum, part1)), m.sub(rest, part1));
    high = sum;
    low = m.add(low, error);
  }
  Value n = m.rint(high);
  Value fraction = m.add(m.sub(high, n), low);
  Value quadrant = arith::FPToSIOp::create(m.b, m.b.getI32Type(), n);
  return {m.mul(fraction, piHalf), m.f64(0), quadrant};
}

/// For any f64 of 2^20 or more: the mantissa times the 192 bits of 2/pi that
/// matter (M. Payne and R. Hanek).
static ReducedAngle reduceLargeF64(MathBuilder &m, Value x) {
  // 64 zeros, then the binary digits of 2/pi.
  const uint64_t digits[] = {0,
                             0xa2f9836e4e441529,
                             0xfc2757d1f534ddc0,
                             0xdb6295993c439041,
                             0xfe5163abdebbc561,
                             0xb7246e3a424dd2e0,
                             0x06492eea09d1921c,
                             0xfe1deb1cb129a73e,
                             0xe88235f52ebb4484,
                             0xe99c7026b45f7e41,
                             0x3991d639835339f4,
                             0x9c845f8bbdf9283b,
                             0x1ff897ffde05980f,
                             0xef2f118b5a0a6d1f,
                             0x6d367ecf27cb09b7,
                             0x4f463f669e5fea2d,
                             0x7527bac7ebe5f17b,
                             0x3d0739f78a5292ea,
                             0x6bfb5fb11f8d5d08,
                             0x56033046fc7b6bab};
  Type i64 = m.b.getI64Type();
  Value bits = m.bits(x);
  Value biased = m.andi(m.shru(bits, 52), 0x7ff);
  Value mantissa =
      m.ori(m.andi(bits, (1LL << 52) - 1), m.integer(i64, 1LL << 52));
  // x = mantissa 2^k, k = biased - 1075. The digit that mantissa 2^k brings to
  // the weight 2 is number k - 1 of 2/pi; those before it give multiples of 4.
  Value first = m.addi(biased, -1075 - 2 + 64);
  Value word = m.shru(first, 6);
  Value shift = m.andi(first, 63);

  // words[i] = digits[word + i], by the bits of `word`.
  SmallVector<Value> words;
  for (uint64_t digit : digits)
    words.push_back(m.integer(i64, static_cast<int64_t>(digit)));
  for (int step = 16; step >= 1; step /= 2) {
    Value moved = m.cmpi(arith::CmpIPredicate::ne, m.andi(word, step), 0);
    SmallVector<Value> next;
    for (size_t i = 0, e = std::min<size_t>(words.size(), 3 + step); i < e; ++i)
      next.push_back(i + step < words.size()
                         ? m.select(moved, words[i + step], words[i])
                         : words[i]);
    words = next;
  }
  SmallVector<Value> window;
  Value back = arith::SubIOp::create(m.b, m.integer(i64, 63), shift);
  for (int i = 0; i < 3; ++i) {
    Value left = arith::ShLIOp::create(m.b, words[i], shift);
    Value right = arith::ShRUIOp::create(m.b, m.shru(words[i + 1], 1), back);
    window.push_back(m.ori(left, right));
  }

  // mantissa * window modulo 2^192, most significant word first.
  auto low2 = arith::MulUIExtendedOp::create(m.b, mantissa, window[2]);
  auto low1 = arith::MulUIExtendedOp::create(m.b, mantissa, window[1]);
  Value p2 = low2.getLow();
  Value p1 = m.addi(low1.getLow(), low2.getHigh());
  Value carried =
      arith::CmpIOp::create(m.b, arith::CmpIPredicate::ult, p1, low2.getHigh());
  Value carry = arith::ExtUIOp::create(m.b, i64, carried);
  Value p0 = m.addi(m.addi(m.muli(mantissa, window[0]), low1.getHigh()), carry);

  // Two bits are the quadrant; the rest is a signed fraction of it.
  Value f0 = m.ori(m.shl(p0, 2), m.shru(p1, 62));
  Value f1 = m.ori(m.shl(p1, 2), m.shru(p2, 62));
  Value quadrant = m.addi(m.shru(p0, 62), m.shru(f0, 63));
  Type f64 = m.b.getF64Type();
  Value high = m.mul(m.toFloat(f64, m.andi(f0, ~0x7ffLL)), 0x1p-64);
  Value low = m.mul(m.toFloat(f64, m.andi(f0, 0x7ff)), 0x1p-64);
  Value lowest = arith::UIToFPOp::create(m.b, f64, f1);
  low = m.fma(lowest, 0x1p-128, low);

  Value angle = m.mul(high, piHalf);
  Value angleLow = m.fma(high, piHalf, m.neg(angle));
  angleLow = m.fma(high, piHalfLow, m.fma(low, piHalf, angleLow));
  Value sum = m.add(angle, angleLow);
  angleLow = m.sub(angleLow, m.sub(sum, angle));

  Value negative = m.lt(x, 0);
  Value q = arith::TruncIOp::create(m.b, m.b.getI32Type(), quadrant);
  Value minusQ = m.subi(m.integer(q.getType(), 0), q);
  sum = m.select(negative, m.neg(sum), sum);
  // Infinity has no angle.
  sum = m.select(m.eq(m.abs(x), INFINITY), NAN, sum);
  return {sum, m.select(negative, m.neg(angleLow), angleLow),
          m.select(negative, minusQ, q)};
}

ReducedAngle reduceAngleF64(MathBuilder &m, Value x, bool fromF32) {
  Type f64 = m.b.getF64Type();
  auto branch =
      scf::IfOp::create(m.b, TypeRange{f64, f64, m.b.getI32Type()},
                        m.cmp(MathBuilder::Predicate::OGE, m.abs(x), 0x1p20),
                        /*addThenBlock=*/true, /*addElseBlock=*/true);
  OpBuilder::InsertionGuard guard(m.b);
  auto yield = [&](const ReducedAngle &angle) {
    scf::YieldOp::create(m.b,
                         ValueRange{angle.high, angle.low, angle.quadrant});
  };
  m.b.setInsertionPointToStart(branch.thenBlock());
  yield(fromF32 ? reduceLargeF32(m, x) : reduceLargeF64(m, x));
  m.b.setInsertionPointToStart(branch.elseBlock());
  yield(reduceSmall(m, x));
  return {branch.getResult(0), branch.getResult(1), branch.getResult(2)};
}

//===----------------------------------------------------------------------===//
// Sine, cosine, tangent
//===----------------------------------------------------------------------===//

/// (-1)^k/n! for n = first, first + 2, ..., last; highest first.
static SmallVector<double> alternatingSeries(int first, int last,
                                             double firstSign) {
  SmallVector<double> coefficients;
  double sign = firstSign;
  for (int n = first; n <= last; n += 2, sign = -sign)
    coefficients.push_back(sign / std::tgamma(n + 1.0));
  std::reverse(coefficients.begin(), coefficients.end());
  return coefficients;
}

/// On [-pi/4, pi/4], by the Taylor series.
static Value sinReduced(MathBuilder &m, const ReducedAngle &angle) {
  Value r = angle.high;
  Value s = m.mul(r, r);
  Value p = m.polynomial(s, alternatingSeries(3, 19, -1));
  Value cosine = m.fma(s, -0.5, 1);
  Value tail = m.fma(p, m.mul(s, r), m.mul(angle.low, cosine));
  return m.copysign(m.add(r, tail), r);
}

static Value cosReduced(MathBuilder &m, const ReducedAngle &angle) {
  Value r = angle.high;
  Value s = m.mul(r, r);
  Value p = m.polynomial(s, alternatingSeries(4, 20, 1));
  Value half = m.mul(s, 0.5);
  Value one = m.sub(m.f64(1), half);
  // What `one` was rounded by.
  Value error = m.sub(m.sub(m.f64(1), one), half);
  Value tail = m.fma(p, m.mul(s, s), m.neg(m.mul(r, angle.low)));
  return m.add(one, m.add(tail, error));
}

static Value sinOrCos(MathBuilder &m, Value x, bool fromF32, int turn) {
  ReducedAngle angle = reduceAngleF64(m, x, fromF32);
  Value quadrant = turn ? m.addi(angle.quadrant, turn) : angle.quadrant;
  Value odd = m.cmpi(arith::CmpIPredicate::ne, m.andi(quadrant, 1), 0);
  Value negative = m.cmpi(arith::CmpIPredicate::ne, m.andi(quadrant, 2), 0);
  Value result = m.select(odd, cosReduced(m, angle), sinReduced(m, angle));
  return m.select(negative, m.neg(result), result);
}

Value sinF64(MathBuilder &m, Value x, bool fromF32) {
  // A rounding of -0 in the reduction would lose its sign.
  return m.select(m.eq(x, 0), x, sinOrCos(m, x, fromF32, 0));
}

Value cosF64(MathBuilder &m, Value x, bool fromF32) {
  return sinOrCos(m, x, fromF32, 1);
}

Value tanF64(MathBuilder &m, Value x, bool fromF32) {
  ReducedAngle angle = reduceAngleF64(m, x, fromF32);
  Value sine = sinReduced(m, angle), cosine = cosReduced(m, angle);
  Value odd = m.cmpi(arith::CmpIPredicate::ne, m.andi(angle.quadrant, 1), 0);
  Value tangent =
      m.div(m.select(odd, m.neg(cosine), sine), m.select(odd, sine, cosine));
  return m.select(m.eq(x, 0), x, tangent);
}

//===----------------------------------------------------------------------===//
// Inverse functions
//===----------------------------------------------------------------------===//

/// For 0 <= a <= 1.
static Value atanUnit(MathBuilder &m, Value a) {
  // (atan(a)/a - 1)/a^2 as a polynomial of a^2: 2^-55 of atan(a).
  Value s = m.mul(a, a);
  Value p = m.polynomial(
      s, {-2.025854734170209e-05, 0.00022302232969828703,
          -0.0011640713588722802, 0.0038559735296647205, -0.009184556060465206,
          0.016978030806152514, -0.02582679092125331, 0.03406780589307824,
          -0.04092637895104392, 0.046739494434087196, -0.0523923293745324,
          0.05877307752578035, -0.06665860359215127, 0.07692212929969444,
          -0.09090901235338891, 0.11111110678745699, -0.14285714271334707,
          0.1999999999975502, -0.3333333333333186});
  return m.fma(p, m.mul(s, a), a);
}

Value atanF64(MathBuilder &m, Value x) {
  Value a = m.abs(x);
  Value large = m.gt(a, 1);
  Value reciprocal = m.div(m.f64(1), a);
  Value angle = atanUnit(m, m.select(large, reciprocal, a));
  Value complement = m.add(m.sub(m.f64(piHalf), angle), piHalfLow);
  return m.copysign(m.select(large, complement, angle), x);
}

Value atan2F64(MathBuilder &m, Value y, Value x) {
  // The angle of (|x|, |y|), between 0 and pi/2, then reflected.
  Value ax = m.abs(x), ay = m.abs(y);
  Value steep = m.cmp(MathBuilder::Predicate::OGT, ay, ax);
  Value numerator = m.select(steep, ax, ay);
  Value denominator = m.select(steep, ay, ax);
  Value quotient = m.div(numerator, denominator);
  // 0/0 and infinity/infinity, where the quotient is NaN.
  Value equal = m.eq(ax, ay);
  quotient =
      m.select(equal, m.select(m.eq(ax, 0), m.f64(0), m.f64(1)), quotient);
  Value angle = atanUnit(m, quotient);
  Value complement = m.add(m.sub(m.f64(piHalf), angle), piHalfLow);
  angle = m.select(steep, complement, angle);
  Value left = m.cmpi(arith::CmpIPredicate::slt, m.bits(x), 0);
  Value reflected = m.add(m.sub(m.f64(2 * piHalf), angle), 2 * piHalfLow);
  angle = m.copysign(m.select(left, reflected, angle), y);
  return m.select(m.cmp(MathBuilder::Predicate::UNO, x, y), NAN, angle);
}

/// For |x| <= 1/2, s = x^2.
static Value asinSmall(MathBuilder &m, Value x, Value s) {
  // (asin(x)/x - 1)/x^2 as a polynomial of x^2: 2^-59 of asin(x).
  Value p = m.polynomial(
      s, {0.03265422526941158, -0.021039023997811525, 0.021734980921535405,
          0.003695388608839307, 0.010783089749862734, 0.011398420896510419,
          0.013980878715053244, 0.017351607326189542, 0.02237221523884641,
          0.030381942699241254, 0.04464285717478139, 0.07499999999970632,
          0.1666666666666676});
  return m.fma(p, m.mul(s, x), x);
}

Value asinF64(MathBuilder &m, Value x) {
  // asin(a) = pi/2 - 2 asin(sqrt((1 - a)/2)) past 1/2.
  Value a = m.abs(x);
  Value large = m.gt(a, 0.5);
  Value half = m.fma(a, -0.5, 0.5);
  Value argument = m.select(large, m.sqrt(half), a);
  Value angle = asinSmall(m, argument, m.select(large, half, m.mul(a, a)));
  Value complement = m.add(m.fma(angle, -2, m.f64(piHalf)), piHalfLow);
  return m.copysign(m.select(large, complement, angle), x);
}

Value acosF64(MathBuilder &m, Value x) {
  Value a = m.abs(x);
  Value large = m.gt(a, 0.5);
  Value half = m.fma(a, -0.5, 0.5);
  Value argument = m.select(large, m.sqrt(half), x);
  Value angle = asinSmall(m, argument, m.select(large, half, m.mul(x, x)));
  Value twice = m.mul(angle, 2);
  Value reflected = m.add(m.sub(m.f64(2 * piHalf), twice), 2 * piHalfLow);
  Value outer = m.select(m.lt(x, 0), reflected, twice);
  Value inner = m.add(m.sub(m.f64(piHalf), angle), piHalfLow);
  return m.select(large, outer, inner);
}

} // namespace qimeng
