//===- Evaluator.h - Run scalar operations on many values -------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Interprets the operations that lib/Conversion/ToGPU emits for math functions,
// each on a whole vector of values at once. The special function unit's
// instructions return the exact result moved by as much as NVIDIA allows them
// to err, up or down by a hash of the argument.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TEST_UNIT_CONVERSION_EVALUATOR_H
#define QIMENG_TEST_UNIT_CONVERSION_EVALUATOR_H

#include "mlir/IR/Block.h"
#include "llvm/ADT/DenseMap.h"
#include <cstdint>
#include <string>
#include <vector>

namespace qimeng::test {

/// The bits of one value for each sample.
using Lanes = std::vector<uint64_t>;

class Evaluator {
public:
  explicit Evaluator(size_t numSamples) : numSamples(numSamples) {}

  void set(mlir::Value value, Lanes lanes) { values[value] = std::move(lanes); }
  const Lanes &get(mlir::Value value) { return values[value]; }

  /// Runs all operations of `block` but its terminator. False, with `error`
  /// set, where one is not known.
  bool run(mlir::Block &block);

  std::string error;

private:
  bool runOp(mlir::Operation *op);
  bool runWhile(mlir::Operation *op);

  size_t numSamples;
  llvm::DenseMap<mlir::Value, Lanes> values;
};

} // namespace qimeng::test

#endif // QIMENG_TEST_UNIT_CONVERSION_EVALUATOR_H
