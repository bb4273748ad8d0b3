//===- SessionRules.cpp - Rules that a session uses and leaves ------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SessionRunner.h"
#include "qimeng/Planner/SavedRules.h"

using namespace mlir;
using namespace qimeng;

Status Session::readRules() {
  if (options.rules.empty())
    return {};
  Result<std::vector<SavedRule>> loaded =
      loadRules(options.rules, &main.getContext());
  if (!loaded)
    return Error{loaded.error()};
  rules = std::move(*loaded);
  return {};
}

/// What decides the outcome where there are rules, and only there.
std::string Session::rulesIdentity() const {
  std::string text;
  for (const SavedRule &rule : rules)
    text += '\0' + rule.str();
  return text;
}

Result<std::vector<std::string>> Session::keepRules() {
  std::vector<std::string> kept;
  if (options.saveRule.empty())
    return kept;
  std::vector<const Trial *> accepted;
  for (const Trial &trial : trials)
    if (trial.accepted && trial.microseconds(device != nullptr))
      accepted.push_back(&trial);
  llvm::stable_sort(accepted, [&](const Trial *a, const Trial *b) {
    return *a->microseconds(device != nullptr) <
           *b->microseconds(device != nullptr);
  });
  for (const Trial *trial : accepted) {
    FailureOr<Recipe> recipe = Recipe::parse(trial->recipe, &main.getContext());
    if (failed(recipe))
      return Error{"an accepted recipe does not parse any more"};
    Result<std::vector<SavedRule>> learnt =
        learnRules(options.saveRule,
                   "coder " + trial->coder + ", for " + title + " on " +
                       options.architecture->name,
                   *payload, *recipe, *options.architecture);
    if (!learnt)
      return Error{learnt.error()};
    for (const SavedRule &rule : *learnt) {
      if (Status saved = saveRule(rule, options.rules); !saved)
        return Error{saved.error()};
      kept.push_back(rule.getName());
    }
    if (!kept.empty())
      break;
  }
  return kept;
}
