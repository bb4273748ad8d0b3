//===- SearchAttempt.cpp - A move, carried out, tried, repaired -----------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SearchCommon.h"
#include "mlir/IR/Diagnostics.h"
#include <numeric>

using namespace mlir;
using namespace qimeng;

/// Bytes of a reason that a coder is told.
static constexpr size_t mostReason = 2000;

static std::string shorten(StringRef reason) {
  if (reason.size() <= mostReason)
    return reason.str();
  size_t end = mostReason;
  while (end > 0 && (reason[end] & 0xc0) == 0x80)
    --end; // not within a character
  return reason.take_front(end).str() + " ..";
}

namespace {
/// The first error that is reported while it lives, without its place: places
/// name files, and coders are told nothing of those.
class Reason {
public:
  explicit Reason(MLIRContext *context)
      : handler(context, [this](Diagnostic &diagnostic) {
          if (diagnostic.getSeverity() == DiagnosticSeverity::Error &&
              text.empty())
            text = diagnostic.str();
          return success();
        }) {}
  std::string str() const { return text.empty() ? "the rewrite failed" : text; }

private:
  std::string text;
  ScopedDiagnosticHandler handler;
};

struct Applied {
  OwningOpRef<ModuleOp> program;
  std::vector<Step> steps;
};
} // namespace

/// The program and the recipe after `answer`; `recipe` is unusable after an
/// error.
static Result<Applied> apply(const SearchInput &input,
                             const CoderRequest &request,
                             const CoderAnswer &answer, Recipe &recipe) {
  Reason reason(recipe.getContext());
  ModuleOp before = request.program;
  Applied applied{before.clone(), {}};
  if (failed(applyAnswer(*applied.program, request, answer)))
    return Error{reason.str()};
  Result<std::vector<Step>> steps = getSteps(request, answer);
  if (!steps)
    return Error{steps.error()};
  applied.steps = std::move(*steps);
  bool edited = false;
  for (const Step &step : applied.steps) {
    std::string why;
    if (failed(recipe.append(step, why)))
      return Error{step.str() + ": " + why};
    const ActionInfo *info = findAction(step.action);
    edited |= info && info->edit;
  }
  if (!edited)
    return applied;
  FailureOr<OwningOpRef<ModuleOp>> replayed =
      recipe.replay(input.payload, &input.architecture);
  if (failed(replayed))
    return Error{reason.str()};
  applied.program = std::move(*replayed);
  return applied;
}

Attempt::Attempt(const SearchInput &input, const Recipe &recipe,
                 const Move &move, std::optional<size_t> parent)
    : candidate{recipe, move.str() + " (" + move.reason + ")", parent,
                input.planner.getName().str()},
      base(recipe), move(move), diagnostics(move.steps.size()) {
  carryOut(input);
}

void Attempt::carryOut(const SearchInput &input) {
  candidate.recipe = base;
  candidate.refusal.clear();
  candidate.coder.clear();
  freedom.clear();
  answered = 0;
  unanswered = false;
  OwningOpRef<ModuleOp> program =
      materialize(input.payload, base, input.architecture);
  if (!program) {
    unanswered = true;
    candidate.refusal = "the recipe so far does not replay";
    return;
  }
  for (auto [step, wrong] : llvm::zip_equal(move.steps, diagnostics)) {
    Coder *coder = fellBack ? input.fallback : &input.coder;
    CoderRequest request{*program, step, input.architecture, wrong};
    Result<CoderAnswer> answer = coder->answer(request);
    if (!answer && input.fallback && !fellBack) {
      coder = input.fallback;
      request.diagnostics.clear();
      answer = coder->answer(request);
    }
    StringRef name = coder->getName();
    if (!StringRef(candidate.coder).contains(name))
      candidate.coder += (candidate.coder.empty() ? "" : ", ") + name.str();
    if (!answer) {
      unanswered = true;
      candidate.refusal = step.str() + ": " + answer.error();
      return;
    }
    answered += coder == &input.coder;
    bool asAsked = answer->steps.size() == 1 &&
                   answer->steps.front().str() == normalizeStep(step).str();
    freedom.push_back(!answer->kernelText.empty() ? Freedom::Text
                      : asAsked                   ? Freedom::AsAsked
                                                  : Freedom::OtherSteps);
    Result<Applied> applied = apply(input, request, *answer, candidate.recipe);
    if (!applied) {
      candidate.refusal = applied.error();
      return;
    }
    program = std::move(applied->program);
  }
}

/// What is wrong is an answer's own invention, where there is any: the actions
/// themselves are right.
void Attempt::blame(const std::string &why) {
  if (candidate.refusal.empty())
    for (Freedom level : {Freedom::Text, Freedom::OtherSteps})
      if (llvm::is_contained(freedom, level)) {
        for (size_t i = 0; i < freedom.size(); ++i)
          if (freedom[i] == level)
            diagnostics[i].push_back(why);
        return;
      }
  diagnostics[freedom.size() - 1].push_back(why);
}

bool Attempt::repair(const SearchInput &input, const std::string &why) {
  if (unanswered || answered == 0)
    return false;
  // What trying shows is news to a model alone.
  bool useful = input.coder.isModel() || !candidate.refusal.empty();
  if (useful && !fellBack && candidate.attempt < input.repairs) {
    blame(shorten(why));
    ++candidate.attempt;
  } else {
    if (!input.fallback)
      return false;
    fellBack = true;
    candidate.attempt = 0;
    diagnostics.assign(move.steps.size(), {});
  }
  carryOut(input);
  return true;
}

std::vector<std::optional<TrialOutcome>>
qimeng::runAttempts(const SearchInput &input, std::vector<Attempt> &attempts) {
  std::vector<std::optional<TrialOutcome>> outcomes(attempts.size());
  std::vector<size_t> open(attempts.size());
  std::iota(open.begin(), open.end(), 0);
  while (!open.empty()) {
    std::vector<Candidate> candidates;
    for (size_t index : open)
      candidates.push_back(attempts[index].candidate);
    auto tried = input.runner.run(candidates);
    std::vector<size_t> next;
    for (auto [index, outcome] : llvm::zip_equal(open, tried)) {
      outcomes[index] = outcome;
      if (outcome && !outcome->verified && !input.runner.exhausted() &&
          attempts[index].repair(input, outcome->diagnostics))
        next.push_back(index);
    }
    open = std::move(next);
  }
  return outcomes;
}
