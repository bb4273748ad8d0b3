//===- TensorProgram.h - Random tensor programs -----------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TEST_FUZZ_TENSORPROGRAM_H
#define QIMENG_TEST_FUZZ_TENSORPROGRAM_H

#include <cstdint>
#include <string>
#include <vector>

namespace qimeng {

/// A small generator of random numbers whose sequence is the same everywhere.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}
  uint64_t next();
  /// From 0 to bound - 1.
  int64_t below(int64_t bound) { return next() % bound; }
  bool oneIn(int64_t n) { return below(n) == 0; }
  template <typename Range> auto &pick(Range &&range) {
    return range[below(static_cast<int64_t>(range.size()))];
  }

private:
  uint64_t state;
};

struct TensorProgram {
  std::string text;                 ///< one public function on static tensors
  std::vector<std::string> classes; ///< of the operations in it
};

/// The classes of operations that programs are made of.
std::vector<std::string> getOperationClasses();

/// A random program: one to five operations of random classes on shapes that
/// hold ones, primes and sizes that are no multiple of a tile. Functions that
/// jump (comparison, arg max) are applied to values without rounding errors
/// only, so that the float64 reference takes the same branch. The first
/// operation is of class `first` unless that is empty. With `sensitive` every
/// operation's result depends on all of its inputs.
TensorProgram makeTensorProgram(uint64_t seed, const std::string &first = "",
                                bool sensitive = false);

} // namespace qimeng

#endif // QIMENG_TEST_FUZZ_TENSORPROGRAM_H
