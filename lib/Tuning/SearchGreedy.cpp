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

Candidate qimeng::carryOut(const SearchInput &input, const Recipe &recipe,
                           const Move &move, std::optional<size_t> parent) {
  Candidate candidate{recipe, move.str() + " (" + move.reason + ")", parent,
                      input.planner.getName().str()};
  OwningOpRef<ModuleOp> program =
      materialize(input.payload, recipe, input.architecture);
  if (!program) {
    candidate.refusal = "the recipe so far does not replay";
    return candidate;
  }
  ScopedDiagnosticHandler quiet(input.payload->getContext(),
                                [](Diagnostic &) { return success(); });
  for (const Step &step : move.steps) {
    CoderRequest request{*program, step, input.architecture};
    // Ask again with what was wrong, a few times.
    bool done = false;
    while (!done) {
      Result<CoderAnswer> answer = input.coder.answer(request);
      if (!answer) {
        candidate.refusal = step.str() + ": " + answer.error();
        return candidate;
      }
      std::string why;
      OwningOpRef<ModuleOp> attempt = program->clone();
      done = answer->kernelText.empty();
      if (!done)
        why = "a recipe cannot hold a kernel's text; answer with actions";
      for (const Step &part : answer->steps)
        if (done &&
            (failed(checkStep(*attempt, part, &input.architecture, why)) ||
             failed(applyStep(*attempt, part, &input.architecture)))) {
          if (why.empty())
            why = "the rewrite failed";
          done = false;
        }
      if (done) {
        for (const Step &part : answer->steps)
          if (failed(candidate.recipe.append(part, why))) {
            candidate.refusal = part.str() + ": " + why;
            return candidate;
          }
        program = std::move(attempt);
        break;
      }
      request.diagnostics.push_back(why);
      if (request.diagnostics.size() > 3) {
        candidate.refusal = step.str() + ": " + why;
        return candidate;
      }
    }
  }
  return candidate;
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
    std::vector<Move> moves =
        input.planner.propose({*program, current, history, input.architecture});
    if (moves.empty())
      break;
    for (const Move &move : moves) {
      Candidate candidate = carryOut(input, current, move, now.trial);
      auto outcome = input.runner.run({candidate})[0];
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
      if (std::optional<Recipe> whole = complete(input, candidate.recipe))
        ranked.push_back({*whole, outcome->microseconds,
                          predictMicroseconds(input, *whole), outcome->trial});
      input.runner.decide(outcome->trial, record.accepted,
                          record.accepted ? "" : "not faster");
      if (record.accepted) {
        current = candidate.recipe;
        now = *outcome;
        break;
      }
    }
  }
  return ranked;
}
