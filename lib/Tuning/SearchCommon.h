//===- SearchCommon.h - What searches share ---------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TUNING_SEARCHCOMMON_H
#define QIMENG_TUNING_SEARCHCOMMON_H

#include "qimeng/Tuning/Search.h"

namespace qimeng {

/// What every search begins with.
struct FirstTrials {
  Recipe empty;
  TrialOutcome naive;
  std::vector<Ranked> ranked;
};
/// The naive kernel, and the known recipe. Fails where the naive one does.
mlir::FailureOr<FirstTrials> runFirst(const SearchInput &input);

/// `recipe` and the coder's answers to the steps of `move`.
Candidate carryOut(const SearchInput &input, const Recipe &recipe,
                   const Move &move, std::optional<size_t> parent);

/// By the cost model; 0 where the recipe does not apply.
double predictMicroseconds(const SearchInput &input, const Recipe &recipe);

/// `recipe` with naive tiles where it leaves kernels untiled.
std::optional<Recipe> complete(const SearchInput &input, const Recipe &recipe);

} // namespace qimeng

#endif // QIMENG_TUNING_SEARCHCOMMON_H
