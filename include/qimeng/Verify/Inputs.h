//===- Inputs.h - Inputs that tell programs apart ---------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_VERIFY_INPUTS_H
#define QIMENG_VERIFY_INPUTS_H

#include "qimeng/Verify/Executor.h"

namespace qimeng {

/// What the inputs of one comparison look like; each kind shows mistakes that
/// the others hide. Kinds without a word on integers draw them from -8 to 8
/// (i8: -4 to 4).
enum class InputKind {
  Normal,  ///< standard normal
  Uniform, ///< from 0 to 1
  /// Normal times N^(-1/4), N the longest sum: products of two matrices are
  /// then around one, where functions such as erf and tanh differ most.
  Scaled,
  Constant, ///< all one
  /// Normal times 2^60 (f16: 2^7, f64: 2^500); integers any value of the type.
  Large,
  /// Normal times 2^-7, or a power from 2^-3 to 2^-9: terms such as the epsilon
  /// of a norm matter.
  Small,
  Tiny,     ///< normal times 2^-60 (f16: 2^-12, f64: 2^-500)
  Infinite, ///< normal, up to three elements infinite
  NaN,      ///< normal, up to three elements NaN
  /// Along every dimension the first elements are low and the last ones high,
  /// so that a maximum is in the last tile and a minimum in the first.
  Rising,
  Falling, ///< the other way round
  /// Low and high elements stand anywhere, at the same place of all dimensions
  /// of one size.
  Peaks,
  /// Rising (even seeds) or falling (odd ones), by 2^60 (f16: 2^13, f64:
  /// 2^500): a soft maximum that subtracts less than the maximum overflows.
  LargePeaks,
  /// One of -2, -1, -1/2, 1/2, 1 and 2: comparisons are even, maxima ambiguous.
  Ties,
  /// All negative, and floats far below -1e4: neither that nor zero can stand
  /// in for the least value.
  Negative,
  /// From 0 to 1 in some inputs, from -1 to 0 in the others: bit (seed mod 4)
  /// of an input's number tells. Among four seeds in a row is one, then, in
  /// which all products of two given inputs are negative, and their sums too.
  Opposed,
  /// Each input of another kind: what is large does not hide what is not, and a
  /// product may be negative everywhere.
  Mixed,
};

/// Whether values around 2^60 are among the inputs, or may be.
bool isLarge(InputKind kind);

/// "normal", "uniform", and so on.
llvm::StringRef getName(InputKind kind);

/// What inputs have to know of the program that reads them.
struct InputContext {
  /// Terms of the longest sum.
  double longestSum = 1;
  /// Whether f16 values that pass between operations depend on the input. Where
  /// those overflow is up to which of them a rewrite keeps in f32, so large
  /// elements stay around 2^3.
  bool reachesF16 = false;
};

/// The elements of input `number` of a program. The same arguments always give
/// the same elements.
HostTensor drawInput(const TensorSpec &spec, InputKind kind, uint64_t seed,
                     unsigned number, const InputContext &context);

/// A hash whose sequence over counters serves as random numbers.
uint64_t mixBits(uint64_t x);

} // namespace qimeng

#endif // QIMENG_VERIFY_INPUTS_H
