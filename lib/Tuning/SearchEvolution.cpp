//===- SearchEvolution.cpp - Generations of changed recipes ---------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SearchCommon.h"
#include "qimeng/Tuning/CostModel.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace qimeng;

/// Fastest first; equal ones by age.
static bool isBefore(const Ranked &a, const Ranked &b) {
  return a.microseconds != b.microseconds ? a.microseconds < b.microseconds
                                          : a.trial < b.trial;
}

/// Predicted to be so many times slower than the best: not worth a trial.
static constexpr double hopeless = 8;

LogicalResult qimeng::searchEvolutionarily(const SearchInput &input,
                                           unsigned population) {
  FailureOr<std::vector<Ranked>> greedy = searchGreedily(input);
  if (failed(greedy))
    return failure();
  std::vector<Ranked> ranked = std::move(*greedy);
  Mutator mutator(input.payload, input.architecture, input.seed);
  // Recipes that make the same program are the same candidate.
  llvm::StringSet<> seen;
  auto isNew = [&](const Recipe &recipe, double &predicted) {
    OwningOpRef<ModuleOp> program =
        materialize(input.payload, recipe, input.architecture);
    if (!program)
      return false;
    std::string text;
    llvm::raw_string_ostream(text) << **program;
    predicted = estimateProgram(*program, input.architecture).microseconds;
    return seen.insert(text).second;
  };
  for (Ranked &one : ranked)
    isNew(one.recipe, one.predicted);

  int barren = 0;
  while (!input.runner.exhausted() && barren < 8) {
    llvm::sort(ranked, isBefore);
    ranked.erase(std::unique(ranked.begin(), ranked.end(),
                             [](const Ranked &a, const Ranked &b) {
                               return a.recipe.str() == b.recipe.str();
                             }),
                 ranked.end());
    if (ranked.size() > population)
      ranked.erase(ranked.begin() + population, ranked.end());
    if (ranked.empty())
      break;
    double best = ranked.front().microseconds;

    struct Child {
      Candidate candidate;
      double score;
    };
    std::vector<Child> children;
    size_t wanted = 6 * input.runner.width();
    for (size_t attempt = 0; attempt < 2 * wanted && children.size() < wanted;
         ++attempt) {
      // The better of two, drawn at random.
      size_t one = mutator.draw(ranked.size()),
             two = mutator.draw(ranked.size());
      const Ranked &parent = ranked[std::min(one, two)];
      std::string change;
      std::optional<Recipe> recipe;
      if (ranked.size() > 1 && mutator.draw(4) == 0)
        recipe = mutator.cross(
            parent.recipe, ranked[mutator.draw(ranked.size())].recipe, change);
      else
        recipe = mutator.mutate(parent.recipe, change);
      double predicted = 0;
      if (!recipe || !isNew(*recipe, predicted))
        continue;
      // The model's errors are much the same for parent and child.
      double correction =
          parent.predicted > 0 ? parent.microseconds / parent.predicted : 1;
      children.push_back({{*recipe, change, parent.trial, "evolution"},
                          predicted * correction});
    }
    if (children.empty()) {
      ++barren;
      continue;
    }
    llvm::sort(children, [](const Child &a, const Child &b) {
      return a.score != b.score ? a.score < b.score
                                : a.candidate.action < b.candidate.action;
    });
    // A time that bad is right within a factor, and would only cost time.
    llvm::erase_if(children, [&](const Child &child) {
      return child.score > hopeless * best;
    });
    if (children.empty()) {
      ++barren;
      continue;
    }
    // Mostly what the model likes best, and one that it does not.
    size_t batch = std::min<size_t>(children.size(), 2 * input.runner.width());
    if (children.size() > batch)
      std::swap(children[batch - 1],
                children[batch - 1 + mutator.draw(children.size() - batch)]);
    children.erase(children.begin() + batch, children.end());
    // What was predicted but not tried may be drawn again.
    std::vector<Candidate> candidates;
    for (const Child &child : children)
      candidates.push_back(child.candidate);
    auto outcomes = input.runner.run(candidates);
    bool useful = false;
    for (auto [child, outcome] : llvm::zip_equal(children, outcomes)) {
      if (!outcome || !outcome->verified)
        continue;
      useful = true;
      bool better = outcome->microseconds < best;
      input.runner.decide(outcome->trial, better,
                          better ? "" : "slower than the best");
      best = std::min(best, outcome->microseconds);
      ranked.push_back({child.candidate.recipe, outcome->microseconds,
                        predictMicroseconds(input, child.candidate.recipe),
                        outcome->trial});
    }
    barren = useful ? 0 : barren + 1;
  }
  return success();
}
