//===- Planner.cpp - Macro thinking: which action next --------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Planner/Planner.h"

using namespace qimeng;

Planner::~Planner() = default;

std::string Move::str() const {
  std::string text;
  for (const Step &step : steps)
    text += (text.empty() ? "" : "; ") + step.str();
  return text;
}

/// The steps of `recipe` on the kernels that `move` acts on.
static std::string stepsBefore(const Move &move, llvm::ArrayRef<Step> recipe) {
  std::string text;
  for (const Step &step : recipe)
    for (const Step &next : move.steps)
      if (step.getKernel() == next.getKernel()) {
        text += step.str() + "\n";
        break;
      }
  return text;
}

bool PlanState::wasTried(const Move &move) const {
  std::string text = move.str();
  for (const MoveOutcome &outcome : history)
    if (outcome.move.str() == text && stepsBefore(move, outcome.recipe) ==
                                          stepsBefore(move, recipe.getSteps()))
      return true;
  return false;
}
