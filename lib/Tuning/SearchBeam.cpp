//===- SearchBeam.cpp - The best few states at every depth ----------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SearchCommon.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace qimeng;

namespace {
struct State {
  Recipe recipe;
  TrialOutcome outcome;
};
/// Moves of one state that are tried at one depth.
constexpr size_t branching = 3;
} // namespace

LogicalResult qimeng::searchBeam(const SearchInput &input, unsigned width) {
  FailureOr<FirstTrials> first = runFirst(input);
  if (failed(first))
    return failure();
  std::vector<State> beam = {{first->empty, first->naive}};
  std::vector<MoveOutcome> history;
  llvm::StringSet<> seen;
  while (!input.runner.exhausted() && !beam.empty()) {
    struct Child {
      Move move;
      size_t parent;
      std::string recipe; ///< before any repair
    };
    std::vector<Child> children;
    std::vector<Attempt> attempts; // of the children
    for (auto [index, state] : llvm::enumerate(beam)) {
      OwningOpRef<ModuleOp> program =
          materialize(input.payload, state.recipe, input.architecture);
      if (!program)
        continue;
      std::vector<Move> moves = input.planner.propose(
          {*program, state.recipe, history, input.architecture,
           state.outcome.microseconds});
      if (moves.size() > branching)
        moves.resize(branching);
      for (const Move &move : moves) {
        Attempt attempt(input, state.recipe, move, state.outcome.trial);
        if (attempt.candidate.refusal.empty() &&
            !seen.insert(attempt.candidate.recipe.str()).second) {
          history.push_back({move, state.recipe.getSteps(), false,
                             "the same as another candidate", 0, 0});
          continue;
        }
        children.push_back({move, index, attempt.candidate.recipe.str()});
        attempts.push_back(std::move(attempt));
      }
    }
    if (children.empty()) {
      // States without children that were new are at their end.
      bool more = llvm::any_of(beam, [&](const State &state) {
        OwningOpRef<ModuleOp> program =
            materialize(input.payload, state.recipe, input.architecture);
        return program &&
               !input.planner
                    .propose({*program, state.recipe, history,
                              input.architecture, state.outcome.microseconds})
                    .empty();
      });
      if (!more)
        break;
      continue;
    }
    auto outcomes = runAttempts(input, attempts);
    // The children compete with those states that their moves did not improve.
    std::vector<State> next = beam;
    std::vector<bool> replaced(beam.size(), false);
    for (auto [child, attempt, outcome] :
         llvm::zip_equal(children, attempts, outcomes)) {
      if (!outcome)
        continue;
      const State &parent = beam[child.parent];
      MoveOutcome record{child.move,
                         parent.recipe.getSteps(),
                         false,
                         outcome->diagnostics,
                         parent.outcome.microseconds,
                         outcome->microseconds};
      // What was repaired may have become what another is already.
      std::string recipe = attempt.candidate.recipe.str();
      bool isNew = recipe == child.recipe || seen.insert(recipe).second;
      record.accepted =
          outcome->verified && isNew &&
          (child.move.enabling ||
           outcome->microseconds < 0.997 * parent.outcome.microseconds);
      history.push_back(record);
      if (!record.accepted) {
        if (outcome->verified)
          input.runner.decide(outcome->trial, false, "not faster");
        continue;
      }
      replaced[child.parent] = true;
      next.push_back({attempt.candidate.recipe, *outcome});
    }
    // A state gives way to its children, whose moves it needs anyway.
    std::vector<State> kept;
    for (auto [index, state] : llvm::enumerate(next))
      if (index >= beam.size() || !replaced[index])
        kept.push_back(state);
    llvm::sort(kept, [](const State &a, const State &b) {
      return a.outcome.microseconds != b.outcome.microseconds
                 ? a.outcome.microseconds < b.outcome.microseconds
                 : a.outcome.trial < b.outcome.trial;
    });
    for (size_t i = 0; i < kept.size(); ++i)
      input.runner.decide(kept[i].outcome.trial, i < width,
                          i < width ? "" : "behind the best of its depth");
    if (kept.size() > width)
      kept.erase(kept.begin() + width, kept.end());
    beam = std::move(kept);
  }
  return success();
}
