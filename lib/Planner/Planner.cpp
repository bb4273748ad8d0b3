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

bool PlanState::wasTried(const Move &move) const {
  std::string text = move.str(), here;
  for (const MoveOutcome &outcome : history) {
    if (outcome.move.str() != text)
      continue;
    if (here.empty())
      here = recipe.str();
    if (outcome.recipe == here)
      return true;
  }
  return false;
}
