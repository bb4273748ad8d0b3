//===- Data.h - Host tensors: conversion, random draws, errors --*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_RUNTIME_DATA_H
#define QIMENG_RUNTIME_DATA_H

#include "qimeng/Runtime/DataType.h"
#include "qimeng/Support/Result.h"
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace qimeng {

//===----------------------------------------------------------------------===//
// Conversion
//===----------------------------------------------------------------------===//

/// IEEE binary16 and bfloat16, rounded once from double, to nearest even, with
/// subnormals; overflow gives infinity, NaN a quiet NaN of the same sign.
uint16_t toF16(double value);
uint16_t toBF16(double value);
double fromF16(uint16_t bits);
double fromBF16(uint16_t bits);

/// Element `index` of an array of `type`, as a double (i64 beyond 2^53 rounds).
double loadElement(const void *data, DataType type, int64_t index);

/// Stores `value` rounded to `type`. Integers round to nearest even and
/// saturate, NaN gives 0; i1 is value != 0.
void storeElement(void *data, DataType type, int64_t index, double value);

/// Copies `count` elements, converting through double; equal types, and
/// integers among themselves, are exact.
void convertElements(const void *from, DataType fromType, void *to,
                     DataType toType, int64_t count);

/// Runs body(begin, end) over pieces of [0, count) on all cores when count is
/// large, else in the calling thread. The pieces' borders are multiples of
/// 1024.
void parallelFor(int64_t count,
                 const std::function<void(int64_t begin, int64_t end)> &body);

//===----------------------------------------------------------------------===//
// Random draws
//===----------------------------------------------------------------------===//

/// How the elements of an input are drawn.
struct Draw {
  enum class Mode {
    /// Standard normal; integers uniform over -8..8 (i8: -4..4).
    Normal,
    /// Uniform over [0, 1); integers as for Normal.
    Uniform,
    /// Every element is 1.
    Constant,
    /// Normal times the largest power of two that leaves room for 2^8: 2^7
    /// (f16), 2^60 (bf16, f32) or 2^500 (f64). Integers: any value of the type.
    Large,
    /// Normal times 2^-12 (f16), 2^-60 (bf16, f32) or 2^-500 (f64).
    Tiny,
    /// Normal with about 1 in 64 elements plus or minus infinity.
    Infinite,
    /// Normal with about 1 in 64 elements NaN.
    NaN,
  };
  Mode mode = Mode::Normal;
  /// Multiplies every float element (also the constant); ignored for integers.
  double scale = 1;

  bool operator==(const Draw &other) const {
    return mode == other.mode && scale == other.scale;
  }
};

/// "normal", "uniform", "constant", "large", "tiny", "infinite", "nan".
const char *drawModeName(Draw::Mode mode);
bool parseDrawMode(std::string_view name, Draw::Mode &mode);

/// Fills `data` with `count` elements of `type`. Each element depends only on
/// (seed, buffer, index), neither on the number of threads nor on `count`. i1
/// is 0 or 1, evenly, in every mode but Constant.
void drawElements(void *data, DataType type, int64_t count, uint64_t seed,
                  unsigned buffer, const Draw &draw);

/// A hash of the bytes, to find out whether they changed; parallel for many.
uint64_t hashBytes(const void *data, size_t bytes);

//===----------------------------------------------------------------------===//
// Comparison
//===----------------------------------------------------------------------===//

/// What an output may differ from its float64 reference by. An element passes
/// when |got - want| <= atol * max(1, rms(want)) + rtol * |want|: the absolute
/// part grows with the tensor, since sums cancel at its scale; and the tensor
/// passes when also its relative Frobenius error is at most `frobenius`.
struct Tolerance {
  double atol = 0, rtol = 0, frobenius = 0;

  /// KernelBench's 1e-4 (f32) and 1e-2 (f16, bf16) element-wise, 1e-9 for f64,
  /// exact for integers.
  static Tolerance defaultFor(DataType type);
};

struct Comparison {
  int64_t elements = 0;
  /// ||got - want|| / ||want|| over the elements where both are finite.
  double relativeFrobenius = 0;
  double maxAbsolute = 0;
  /// max |got - want| / |want| over want != 0.
  double maxRelative = 0;
  double referenceRms = 0;
  /// Elements beyond the tolerance, non-finite mismatches among them.
  int64_t violations = 0;
  /// Elements where just one is NaN.
  int64_t nanMismatches = 0;
  /// The first violation, or -1; and both values there.
  int64_t firstMismatch = -1;
  double gotThere = 0, wantedThere = 0;

  /// A reference that is zero but for its own rounding (a centered constant,
  /// say) has no meaningful relative error: under an RMS of 1e-9, elements
  /// alone decide.
  bool passes(const Tolerance &tolerance) const {
    return violations == 0 &&
           (relativeFrobenius <= tolerance.frobenius ||
            (referenceRms < 1e-9 && maxAbsolute > 0 && tolerance.atol > 0));
  }
  /// "3 of 4096 elements differ, first at 17: got 2.5, expected 3".
  std::string describe() const;
};

/// Compares `got` with `want`, `count` elements each. A reference that
/// overflows to infinity in `gotType` matches that infinity; NaN matches NaN.
Comparison compareElements(const void *got, DataType gotType, const void *want,
                           DataType wantType, int64_t count,
                           const Tolerance &tolerance);

} // namespace qimeng

#endif // QIMENG_RUNTIME_DATA_H
