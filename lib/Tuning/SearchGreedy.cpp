//===- SearchGreedy.cpp - The planner's moves, one after another ----------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SearchCommon.h"
#include "qimeng/Tuning/CostModel.h"

using namespace mlir;
using namespace qimeng;

double qimeng::predictMicroseconds(const SearchInput &input,
                                   const Recipe &recipe) {
  OwningOpRef<ModuleOp> program =
      materialize(input.payload, recipe, input.architecture);
  return program ? estimateProgram(*program, input.architecture).microseconds
                 : 0;
}

std::optional<Recipe> qimeng::complete(const SearchInput &input,
                                       const Recipe &recipe) {
  OwningOpRef<ModuleOp> program =
      materialize(input.payload, recipe, input.architecture);
  if (!program)
    return std::nullopt;
  FailureOr<Recipe> whole =
      completeRecipe(recipe, *program, input.architecture);
  return succeeded(whole) ? std::optional<Recipe>(*whole) : std::nullopt;
}

FailureOr<FirstTrials> qimeng::runFirst(const SearchInput &input) {
  Recipe empty(input.payload->getContext());
  Candidate naive{empty, "small tiles, plain multiply-adds", std::nullopt,
                  input.planner.getName().str()};
  FirstTrials first{empty, {}, {}};
  auto outcomes = input.runner.run({naive});
  if (!outcomes[0] || !outcomes[0]->verified)
    return failure();
  first.naive = *outcomes[0];
  input.runner.decide(first.naive.trial, true, "");
  if (std::optional<Recipe> whole = complete(input, empty))
    first.ranked.push_back({*whole, first.naive.microseconds,
                            predictMicroseconds(input, *whole),
                            first.naive.trial});
  if (input.known) {
    Candidate known{*input.known, "the best recipe of an earlier session",
                    first.naive.trial, "store"};
    auto again = input.runner.run({known});
    if (again[0] && again[0]->verified) {
      bool better = again[0]->microseconds < first.naive.microseconds;
      input.runner.decide(again[0]->trial, better,
                          better ? "" : "slower than the first kernel");
      if (std::optional<Recipe> whole = complete(input, *input.known))
        first.ranked.push_back({*whole, again[0]->microseconds,
                                predictMicroseconds(input, *whole),
                                again[0]->trial});
    }
  }
  return first;
}

FailureOr<std::vector<Ranked>>
qimeng::searchGreedily(const SearchInput &input) {
  FailureOr<FirstTrials> first = runFirst(input);
  if (failed(first))
    return failure();
  std::vector<Ranked> ranked = std::move(first->ranked);
  Recipe current = first->empty;
  TrialOutcome now = first->naive;
  std::vector<MoveOutcome> history;
  while (!input.runner.exhausted()) {
    OwningOpRef<ModuleOp> program =
        materialize(input.payload, current, input.architecture);
    if (!program)
      break;
    std::vector<Move> moves = input.planner.propose(
        {*program, current, history, input.architecture, now.microseconds});
    if (moves.empty())
      break;
    for (const Move &move : moves) {
      // A question whose answer is not tried is a waste.
      if (input.runner.exhausted())
        return ranked;
      std::vector<Attempt> attempts;
      attempts.emplace_back(input, current, move, now.trial);
      std::optional<TrialOutcome> outcome = runAttempts(input, attempts)[0];
      const Recipe &recipe = attempts[0].candidate.recipe;
      if (!outcome)
        return ranked;
      MoveOutcome record{move,
                         current.getSteps(),
                         false,
                         outcome->diagnostics,
                         now.microseconds,
                         outcome->microseconds};
      bool pays = outcome->microseconds < 0.997 * now.microseconds;
      record.accepted = outcome->verified && (move.enabling || pays);
      history.push_back(record);
      if (!outcome->verified)
        continue;
      if (std::optional<Recipe> whole = complete(input, recipe))
        ranked.push_back({*whole, outcome->microseconds,
                          predictMicroseconds(input, *whole), outcome->trial});
      input.runner.decide(outcome->trial, record.accepted,
                          record.accepted ? "" : "not faster");
      if (record.accepted) {
        current = recipe;
        now = *outcome;
        break;
      }
    }
  }
  return ranked;
}
