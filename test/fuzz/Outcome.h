//===- Outcome.h - What one random test found -------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TEST_FUZZ_OUTCOME_H
#define QIMENG_TEST_FUZZ_OUTCOME_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace qimeng {

/// What counts, by name: "class softmax", "type bf16", "action tile".
using Counts = std::map<std::string, int64_t>;

/// Of one random test, or of many together.
struct Outcome {
  Counts counts;
  /// One text for each that did not pass; it begins with the seed.
  std::vector<std::string> failures;
  /// The process that ran it must run no other: a fault on a device leaves
  /// nothing usable.
  bool poisoned = false;

  void add(const Outcome &other) {
    for (auto &[name, number] : other.counts)
      counts[name] += number;
    failures.insert(failures.end(), other.failures.begin(),
                    other.failures.end());
  }
};

} // namespace qimeng

#endif // QIMENG_TEST_FUZZ_OUTCOME_H
