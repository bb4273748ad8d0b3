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
      Candidate candidate;
      Move move;
      size_t parent;
      double predicted;
    };
    std::vector<Child> children;
    std::vector<State> finished;
    for (auto [index, state] : llvm::enumerate(beam)) {
      OwningOpRef<ModuleOp> program =
          materialize(input.payload, state.recipe, input.architecture);
      if (!program)
        continue;
      std::vector<Move> moves = input.planner.propose(
          {*program, state.recipe, history, input.architecture});
      if (moves.size() > branching)
        moves.resize(branching);
      for (const Move &move : moves) {
        Candidate candidate =
            carryOut(input, state.recipe, move, state.outcome.trial);
        double predicted = 0;
        if (candidate.refusal.empty()) {
          if (!seen.insert(candidate.recipe.str()).second) {
            history.push_back({move, state.recipe.getSteps(), false,
                               "the same as another candidate", 0, 0});
            continue;
          }
          if (std::optional<Recipe> whole = complete(input, candidate.recipe))
            predicted = predictMicroseconds(input, *whole);
        }
        children.push_back({std::move(candidate), move, index, predicted});
      }
    }
    if (children.empty()) {
      // States without children that were new are at their end.
      bool more = llvm::any_of(beam, [&](const State &state) {
        OwningOpRef<ModuleOp> program =
            materialize(input.payload, state.recipe, input.architecture);
        return program && !input.planner
                               .propose({*program, state.recipe, history,
                                         input.architecture})
                               .empty();
      });
      if (!more)
        break;
      continue;
    }
    std::vector<Candidate> candidates;
    for (const Child &child : children)
      candidates.push_back(child.candidate);
    auto outcomes = input.runner.run(candidates);
    // The children compete with those states that their moves did not improve.
    std::vector<State> next = beam;
    std::vector<bool> replaced(beam.size(), false);
    for (auto [child, outcome] : llvm::zip_equal(children, outcomes)) {
      if (!outcome)
        continue;
      const State &parent = beam[child.parent];
      MoveOutcome record{child.move,
                         parent.recipe.getSteps(),
                         false,
                         outcome->diagnostics,
                         parent.outcome.microseconds,
                         outcome->microseconds};
      record.accepted =
          outcome->verified &&
          (child.move.enabling ||
           outcome->microseconds < 0.997 * parent.outcome.microseconds);
      history.push_back(record);
      if (!record.accepted) {
        if (outcome->verified)
          input.runner.decide(outcome->trial, false, "not faster");
        continue;
      }
      replaced[child.parent] = true;
      next.push_back({child.candidate.recipe, *outcome});
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
