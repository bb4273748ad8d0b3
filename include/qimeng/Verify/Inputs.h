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
  LargePeaks, ///< peaks of 2^60 (f16: 2^13, f64: 2^500)
  /// One of -2, -1, -1/2, 1/2, 1 and 2: comparisons are even, maxima ambiguous.
  Ties,
  /// All negative, and floats far below -1e4: neither that nor zero can stand
  /// in for the least value.
  Negative,
};

/// "normal", "uniform", and so on.
llvm::StringRef getName(InputKind kind);

/// What inputs have to know of the program that reads them.
struct InputContext {
  /// Terms of the longest sum.
  double longestSum = 1;
  /// Whether f16 values pass between operations. Where those overflow depends
  /// on which of them a rewrite keeps in f32, so large inputs stay around 2^3.
  bool holdsF16 = false;
};

/// The elements of input `number` of a program. The same arguments always give
/// the same elements.
HostTensor drawInput(const TensorSpec &spec, InputKind kind, uint64_t seed,
                     unsigned number, const InputContext &context);

/// A hash whose sequence over counters serves as random numbers.
uint64_t mixBits(uint64_t x);

} // namespace qimeng

#endif // QIMENG_VERIFY_INPUTS_H
