//===- Numbers.h - Check 4: the same numbers? -------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A candidate runs on the host on inputs of many kinds (Inputs.h). What it may
// differ by from the float64 meaning R of the reference
// is derived, per element i of an output, from
//
//   P  the reference run in the precision that kernels promise: every
//      operation computes in f32 (f64 for f64) and rounds once, when it
//      writes a tensor;
//   S  how much R moves when every input element is off by one rounding (2^-24;
//      2^-53 where all floats are f64): the condition of the element;
//   N  the longest sum, by the reference's shapes;
//   D  how much R moves when every reader of every element that the reference
//      computes sees it off by one rounding where its type is f16 or bf16
//      (2^-11 or 2^-8), for a candidate may leave out any of those, and by
//      sqrt(N) roundings where it is f32, for it may be a sum in another order.
//
//   |C - R| <= ulps(R) + 2 |P - R| + 2 max |P - R| + N S + 4 D
//
// where the maximum is over the output's well-conditioned elements and leaves
// out the last rounding, ulps(R) is just above half an ulp of f16 and bf16, 4
// ulps of f32 and f64, and N S is the growth that reordering a sum of N terms
// can cause (Higham, Accuracy and Stability of Numerical Algorithms, 2002,
// section 4.2).
//
// S and D are standard deviations over random directions of the errors, from a
// few samples. To first order an error is a sum of a_k e_k, where e_k is at
// most one rounding of value k and a_k what R moves by when k does; rounding
// errors behave like independent ones of mean zero (Higham, Mary: A new
// approach to probabilistic rounding error analysis, SIAM J. Sci. Comput. 41,
// 2019), so by Hoeffding's inequality (1963) it passes t D with probability at
// most 2 exp(-t^2 / 2). Roundings between operations are no roundings of
// inputs: what reads the difference of two equal inputs does not move with
// them, but does with the roundings of the two; nor does a soft maximum near
// one move with its inputs, but it does with its sum.
//
// Tensor cores do not round the sums of their products but cut them off, after
// 8 terms or more (Fasi, Higham, Mikaitis, Pranesh: Numerical behavior of
// NVIDIA tensor cores, PeerJ Comput. Sci. 7, 2021): such errors do not cancel,
// and on a device add up to N / 8 units of 2^-23 of the sum of the terms'
// magnitudes, which is at most sqrt(N) 2^24 S.
//
// Where R or P is infinite or NaN the class decides. Where the magnitudes of a
// sum's terms add up to more than f32 holds, its terms overflow in some order;
// where a value between operations does not fit into f16, it overflows if it is
// rounded. What depends on either may come out as anything (Roundings.h).
// Integers must be equal. Where R does not fit into the output's type, infinity
// of its sign is right.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_VERIFY_NUMBERS_H
#define QIMENG_VERIFY_NUMBERS_H

#include "qimeng/Verify/Inputs.h"

namespace qimeng {

struct NumbersOptions {
  /// One trial each.
  std::vector<InputKind> inputs = {
      InputKind::Normal,     InputKind::Scaled,  InputKind::Uniform,
      InputKind::Constant,   InputKind::Large,   InputKind::Tiny,
      InputKind::Infinite,   InputKind::NaN,     InputKind::Rising,
      InputKind::Falling,    InputKind::Ties,    InputKind::Negative,
      InputKind::Small,      InputKind::Mixed,   InputKind::LargePeaks,
      InputKind::LargePeaks, InputKind::Opposed, InputKind::Opposed,
      InputKind::Opposed,    InputKind::Opposed};
  uint64_t seed = 1;
  /// Directions for S; 0 leaves it out.
  unsigned perturbations = 4;
};

/// Holds what a reference gives, so that many candidates can be checked against
/// it.
class NumbersCheck {
public:
  /// `entry` of `reference`: a tensor program, a host program or a kernel (see
  /// CPUExecutor::create). Fails, with diagnostics, where the reference cannot
  /// run.
  static mlir::FailureOr<std::unique_ptr<NumbersCheck>>
  create(mlir::ModuleOp reference, llvm::StringRef entry = "",
         const NumbersOptions &options = {});

  /// Whether `entry` of `candidate` gives the reference's numbers. A refusal is
  /// an error at the candidate that names output, element, values and inputs.
  mlir::LogicalResult check(mlir::ModuleOp candidate,
                            llvm::StringRef entry = "") const;
  /// The same for a compiled program.
  mlir::LogicalResult check(const CPUExecutor &candidate) const;

  struct Trial {
    InputKind kind;
    uint64_t seed;
    std::vector<HostTensor> inputs;
    /// Per output: R, P and the allowed error of every element: infinity where
    /// anything may come out. Integers must be R or P, and are allowed 0 or
    /// infinity.
    std::vector<HostTensor> exact, precise;
    std::vector<std::vector<double>> allowed;
    /// What is allowed beyond that on a device, see Hardware. Empty for
    /// integers.
    std::vector<std::vector<double>> flushed, cutOff;
  };
  /// What the hardware that ran a candidate does otherwise than a CPU.
  struct Hardware {
    /// Exponentials that f32 has as subnormal numbers only may be zero.
    bool flushes = false;
    /// Sums of products are cut off.
    bool tensorCores = false;
  };
  llvm::ArrayRef<Trial> getTrials() const { return trials; }
  /// Describes the first element of output `number` of `trial` that `found`
  /// gets wrong; none when all are right.
  std::optional<std::string> compare(const Trial &trial, unsigned number,
                                     const HostTensor &found,
                                     Hardware hardware) const;
  std::optional<std::string> compare(const Trial &trial, unsigned number,
                                     const HostTensor &found) const {
    return compare(trial, number, found, Hardware());
  }
  llvm::ArrayRef<TensorSpec> getInputs() const { return inputs; }
  llvm::ArrayRef<TensorSpec> getOutputs() const { return outputs; }

private:
  NumbersCheck() = default;
  struct Reference;
  mlir::LogicalResult addTrial(const Reference &runs, InputKind kind,
                               uint64_t seed, unsigned perturbations,
                               bool fitsF16 = true);

  llvm::SmallVector<TensorSpec> inputs, outputs;
  double longestSum = 1;
  double rounding = 0;
  std::vector<Trial> trials;
};

/// Check 4: `candidate` (host program or kernels, at any stage) gives the
/// numbers of `reference` (tensor program, or another kernel program). Modules
/// without a function are compared kernel by kernel, by name.
mlir::LogicalResult checkNumbers(mlir::ModuleOp reference,
                                 mlir::ModuleOp candidate,
                                 const NumbersOptions &options = {});

} // namespace qimeng

#endif // QIMENG_VERIFY_NUMBERS_H
