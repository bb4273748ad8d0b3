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

/// A move on a recipe, as a coder carried it out.
struct Attempt {
  /// `recipe`, and the coder's answers to the steps of `move`.
  Attempt(const SearchInput &input, const Recipe &recipe, const Move &move,
          std::optional<size_t> parent);

  Candidate candidate;

  /// Asks again, as the candidate was refused for the reason `why`: a model,
  /// which is told, up to `repairs` times; then the fallback. False when nobody
  /// is left to ask.
  bool repair(const SearchInput &input, const std::string &why);

private:
  void carryOut(const SearchInput &input);
  void blame(const std::string &why);

  Recipe base;
  Move move;
  /// How far an answer is from the step that was asked for.
  enum class Freedom { AsAsked, OtherSteps, Text };
  /// Of every step of the move that was carried out, and what was wrong with
  /// earlier answers to each.
  std::vector<Freedom> freedom;
  std::vector<std::vector<std::string>> diagnostics;
  /// Steps that the coder itself answered, not the fallback.
  size_t answered = 0;
  /// Nobody had an answer to the last step.
  bool unanswered = false;
  bool fellBack = false;
};

/// Has the attempts tried; those that are refused, or fail, are repaired and
/// tried again. Each is a trial, recorded before anybody is asked again. The
/// outcomes are those of the attempts as they are then; nothing for what was
/// cut off.
std::vector<std::optional<TrialOutcome>>
runAttempts(const SearchInput &input, std::vector<Attempt> &attempts);

/// By the cost model; 0 where the recipe does not apply.
double predictMicroseconds(const SearchInput &input, const Recipe &recipe);

/// `recipe` with naive tiles where it leaves kernels untiled.
std::optional<Recipe> complete(const SearchInput &input, const Recipe &recipe);

} // namespace qimeng

#endif // QIMENG_TUNING_SEARCHCOMMON_H
