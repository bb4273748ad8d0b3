//===- DataTest.cpp - Conversion, draws, comparison -----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Runtime/Data.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

using namespace qimeng;

TEST(Conversion, EveryHalfComesBack) {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    double f16 = fromF16(bits), bf16 = fromBF16(bits);
    if (std::isnan(f16))
      EXPECT_TRUE(std::isnan(fromF16(toF16(f16))));
    else
      EXPECT_EQ(toF16(f16), bits);
    if (std::isnan(bf16))
      EXPECT_TRUE(std::isnan(fromBF16(toBF16(bf16))));
    else
      EXPECT_EQ(toBF16(bf16), bits);
  }
}

TEST(Conversion, RoundsToNearestEvenOnce) {
  EXPECT_EQ(fromF16(toF16(1 + 0x1p-11)), 1.0);            // tie to even
  EXPECT_EQ(fromF16(toF16(1 + 3 * 0x1p-11)), 1 + 0x1p-9); // tie to even, up
  EXPECT_EQ(fromF16(toF16(1 + 0x1p-11 + 0x1p-50)), 1 + 0x1p-10);
  EXPECT_EQ(fromBF16(toBF16(1 + 0x1p-8 + 0x1p-50)), 1 + 0x1p-7);
  EXPECT_EQ(fromBF16(toBF16(1 + 0x1p-8)), 1.0);
  EXPECT_EQ(fromF16(toF16(65519.99)), 65504.0);
  EXPECT_EQ(fromF16(toF16(65520)), INFINITY);
  EXPECT_EQ(fromF16(toF16(-1e300)), -INFINITY);
  EXPECT_EQ(fromF16(toF16(0x1p-24)), 0x1p-24); // smallest subnormal
  EXPECT_EQ(fromF16(toF16(0x1p-25)), 0.0);     // tie to even
  EXPECT_EQ(fromF16(toF16(0x1.8p-25)), 0x1p-24);
  EXPECT_EQ(fromF16(toF16(0x1.ffcp-15 + 0x1p-25)), 0x1p-14); // into the normals
  EXPECT_TRUE(std::signbit(fromBF16(toBF16(-0.0))));
  EXPECT_EQ(fromBF16(toBF16(1e39)), INFINITY);
  EXPECT_EQ(fromBF16(toBF16(0x1p-133)), 0x1p-133);
  // Every f16 is exact in f32, and half-way points go to even.
  for (unsigned bits = 0; bits < 0x7BFF; ++bits) {
    double half = (fromF16(bits) + fromF16(bits + 1)) / 2;
    EXPECT_EQ(toF16(half) & 1, 0);
    EXPECT_EQ(toF16(std::nextafter(half, INFINITY)), bits + 1);
    EXPECT_EQ(toF16(std::nextafter(half, 0)), bits);
  }
}

TEST(Conversion, IntegersSaturate) {
  int8_t i8;
  storeElement(&i8, DataType::I8, 0, 1000);
  EXPECT_EQ(i8, 127);
  storeElement(&i8, DataType::I8, 0, -2.5);
  EXPECT_EQ(i8, -2);
  int64_t i64;
  storeElement(&i64, DataType::I64, 0, 1e30);
  EXPECT_EQ(i64, std::numeric_limits<int64_t>::max());
  storeElement(&i64, DataType::I64, 0, NAN);
  EXPECT_EQ(i64, 0);
  int64_t large = (int64_t(1) << 60) + 1, copy = 0;
  convertElements(&large, DataType::I64, &copy, DataType::I64, 1);
  EXPECT_EQ(copy, large);
  float f = 3;
  double d = 0;
  convertElements(&f, DataType::F32, &d, DataType::F64, 1);
  EXPECT_EQ(d, 3.0);
}

TEST(Draw, DependsOnSeedBufferAndIndexOnly) {
  // Long enough for threads, and a short prefix without.
  const int64_t count = 300000;
  std::vector<float> many(count), few(1001), other(1001);
  drawElements(many.data(), DataType::F32, count, 7, 2, {});
  drawElements(few.data(), DataType::F32, 1001, 7, 2, {});
  EXPECT_EQ(std::memcmp(many.data(), few.data(), 1001 * 4), 0);
  drawElements(other.data(), DataType::F32, 1001, 8, 2, {});
  EXPECT_NE(few, other);
  drawElements(other.data(), DataType::F32, 1001, 7, 3, {});
  EXPECT_NE(few, other);
}

TEST(Draw, IsNormal) {
  const int64_t count = 1 << 20;
  std::vector<double> values(count);
  drawElements(values.data(), DataType::F64, count, 1, 0, {});
  double sum = 0, squares = 0, neighbours = 0;
  int64_t beyondTwo = 0;
  for (int64_t i = 0; i < count; ++i) {
    sum += values[i];
    squares += values[i] * values[i];
    neighbours += i ? values[i] * values[i - 1] : 0;
    beyondTwo += std::fabs(values[i]) > 2;
  }
  EXPECT_NEAR(sum / count, 0, 5e-3);
  EXPECT_NEAR(squares / count, 1, 5e-3);
  EXPECT_NEAR(neighbours / count, 0, 5e-3);
  EXPECT_NEAR(double(beyondTwo) / count, 0.0455, 2e-3);
}

TEST(Draw, Modes) {
  const int64_t count = 10000;
  std::vector<uint16_t> f16(count);
  auto draw = [&](Draw::Mode mode, double scale, DataType type) {
    drawElements(f16.data(), type, count, 3, 0, {mode, scale});
  };
  draw(Draw::Mode::Large, 1, DataType::F16);
  for (uint16_t bits : f16)
    EXPECT_TRUE(std::isfinite(fromF16(bits)));
  draw(Draw::Mode::Constant, -3, DataType::BF16);
  for (uint16_t bits : f16)
    EXPECT_EQ(fromBF16(bits), -3);
  draw(Draw::Mode::NaN, 1, DataType::BF16);
  int64_t nans = 0, infinities = 0;
  for (uint16_t bits : f16)
    nans += std::isnan(fromBF16(bits));
  EXPECT_GT(nans, 50);
  EXPECT_LT(nans, 400);
  draw(Draw::Mode::Infinite, 1, DataType::F16);
  for (uint16_t bits : f16)
    infinities += std::isinf(fromF16(bits));
  EXPECT_GT(infinities, 50);
  std::vector<int8_t> bytes(count);
  drawElements(bytes.data(), DataType::I8, count, 3, 0, {});
  EXPECT_EQ(*std::min_element(bytes.begin(), bytes.end()), -4);
  EXPECT_EQ(*std::max_element(bytes.begin(), bytes.end()), 4);
  drawElements(bytes.data(), DataType::I1, count, 3, 0, {});
  int64_t ones = 0;
  for (int8_t byte : bytes) {
    EXPECT_TRUE(byte == 0 || byte == 1);
    ones += byte;
  }
  EXPECT_NEAR(double(ones) / count, 0.5, 0.03);
  for (Draw::Mode mode : {Draw::Mode::Normal, Draw::Mode::NaN}) {
    Draw::Mode parsed;
    EXPECT_TRUE(parseDrawMode(drawModeName(mode), parsed));
    EXPECT_EQ(parsed, mode);
  }
}

TEST(Hash, SeesAnyChange) {
  std::string bytes(1 << 20, 'x');
  uint64_t before = hashBytes(bytes.data(), bytes.size());
  EXPECT_EQ(hashBytes(bytes.data(), bytes.size()), before);
  bytes[(1 << 20) - 1] = 'y';
  EXPECT_NE(hashBytes(bytes.data(), bytes.size()), before);
  EXPECT_NE(hashBytes("ab", 2), hashBytes("ab", 1));
  EXPECT_NE(hashBytes("12345678abcdefgh", 16),
            hashBytes("abcdefgh12345678", 16));
}

TEST(Compare, FindsTheFirstMismatch) {
  const int64_t count = 200000;
  std::vector<float> got(count, 2);
  std::vector<double> want(count, 2);
  Tolerance tolerance = Tolerance::defaultFor(DataType::F32);
  auto compare = [&] {
    return compareElements(got.data(), DataType::F32, want.data(),
                           DataType::F64, count, tolerance);
  };
  EXPECT_TRUE(compare().passes(tolerance));
  got[150000] = 3;
  got[170000] = NAN;
  Comparison found = compare();
  EXPECT_EQ(found.violations, 2);
  EXPECT_EQ(found.nanMismatches, 1);
  EXPECT_EQ(found.firstMismatch, 150000);
  EXPECT_EQ(found.gotThere, 3);
  EXPECT_EQ(found.maxAbsolute, 1);
  EXPECT_EQ(found.maxRelative, 0.5);
  EXPECT_FALSE(found.passes(tolerance));
  EXPECT_NE(
      found.describe().find("2 of 200000 elements differ, first at 150000"),
      std::string::npos)
      << found.describe();
}

TEST(Compare, SpecialValues) {
  uint16_t got[] = {toF16(INFINITY), toF16(NAN), toF16(INFINITY), toF16(1)};
  double want[] = {1e6, NAN, -INFINITY, INFINITY};
  Tolerance tolerance = Tolerance::defaultFor(DataType::F16);
  Comparison found =
      compareElements(got, DataType::F16, want, DataType::F64, 4, tolerance);
  EXPECT_EQ(found.violations, 2); // 1e6 overflows rightly
  EXPECT_EQ(found.firstMismatch, 2);
  EXPECT_EQ(found.nanMismatches, 0);
}

TEST(Compare, ConstantZeroIsNoSoftmax) {
  // Small outputs lie within atol of zero; the Frobenius error tells.
  std::vector<float> got(1000, 0);
  std::vector<double> want(1000, 1e-5);
  Tolerance tolerance = Tolerance::defaultFor(DataType::F32);
  Comparison found = compareElements(got.data(), DataType::F32, want.data(),
                                     DataType::F64, 1000, tolerance);
  EXPECT_EQ(found.violations, 0);
  EXPECT_FALSE(found.passes(tolerance));
}

TEST(Compare, RoundingNoiseAroundZeroPasses) {
  std::vector<float> got(1000, 1e-6f);
  std::vector<double> want(1000, 0);
  Tolerance tolerance = Tolerance::defaultFor(DataType::F32);
  EXPECT_TRUE(compareElements(got.data(), DataType::F32, want.data(),
                              DataType::F64, 1000, tolerance)
                  .passes(tolerance));
}

TEST(Compare, IntegersExactly) {
  int64_t got[] = {(int64_t(1) << 60) + 1, 5}, want[] = {int64_t(1) << 60, 5};
  Tolerance tolerance = Tolerance::defaultFor(DataType::I64);
  Comparison found =
      compareElements(got, DataType::I64, want, DataType::I64, 2, tolerance);
  EXPECT_EQ(found.violations, 1);
  EXPECT_FALSE(found.passes(tolerance));
  want[0] += 1;
  EXPECT_TRUE(
      compareElements(got, DataType::I64, want, DataType::I64, 2, tolerance)
          .passes(tolerance));
}
