//===- ReplayPlanner.cpp - What a recipe says -----------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Planner/Planner.h"

using namespace mlir;
using namespace qimeng;

namespace {
class ReplayPlanner : public Planner {
public:
  explicit ReplayPlanner(const Recipe &recipe) : recipe(recipe) {}
  StringRef getName() const override { return "replay"; }

  std::vector<Move> propose(const PlanState &state) override {
    // Only the untouched program is where the recipe starts.
    if (state.recipe.size() != 0)
      return {};
    Move move;
    for (const Step &step : recipe.getSteps())
      move.steps.push_back(step);
    move.reason = "the recipe says so";
    move.enabling = true;
    if (move.steps.empty() || state.wasTried(move))
      return {};
    return {move};
  }

private:
  Recipe recipe;
};
} // namespace

std::unique_ptr<Planner> qimeng::createReplayPlanner(const Recipe &recipe) {
  return std::make_unique<ReplayPlanner>(recipe);
}
