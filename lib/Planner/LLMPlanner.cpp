//===- LLMPlanner.cpp - A language model ranks the legal moves ------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/LLM/Prompts.h"
#include "qimeng/Planner/Planner.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include <map>

using namespace mlir;
using namespace qimeng;

namespace {

/// Entries of the list: the base planner's, and all. Labels are one letter,
/// since that is one token for every model.
constexpr size_t mostBaseMoves = 12, mostMoves = 26;
/// Entries that are tried before the model is asked again.
constexpr size_t mostRanked = 5;

class LLMPlanner : public Planner {
public:
  LLMPlanner(ChatModel &model, const Prompts &prompts,
             std::unique_ptr<Planner> base, LLMPlannerOptions options)
      : model(model), prompts(prompts), base(std::move(base)),
        options(std::move(options)), scores(this->options.score) {}

  StringRef getName() const override { return "llm"; }
  std::vector<Move> propose(const PlanState &state) override;

private:
  std::vector<std::string> rank(const PlannerQuestion &question);
  std::optional<std::vector<std::string>>
  rankByScore(const PlannerQuestion &question);
  std::vector<std::string> rankByText(const PlannerQuestion &question);
  void complain(const std::string &why) {
    if (options.unusable)
      options.unusable(why);
  }

  ChatModel &model;
  const Prompts &prompts;
  std::unique_ptr<Planner> base;
  LLMPlannerOptions options;
  /// Until the model says that it gives no probabilities.
  bool scores;
  /// Searches ask again about states where nothing changed.
  std::map<std::string, std::vector<std::string>> known;
};

bool isEnabling(const ActionInfo &action) {
  return action.family == ActionFamily::Fusing ||
         action.family == ActionFamily::TensorCores || action.name == "tile";
}

/// `step` with nothing but its kernel, other kernels' names and flags: what is
/// left open is to be chosen, but a flag that is left out is not set.
Step withoutParameters(const Step &step, const ActionInfo &action) {
  NamedAttrList attributes;
  attributes.set("kernel", step.parameters.get("kernel"));
  for (const ActionParameter &parameter : action.parameters)
    if (parameter.kind == ParameterKind::Symbol ||
        parameter.kind == ParameterKind::Flag)
      if (Attribute value = step.parameters.get(parameter.name))
        attributes.set(parameter.name, value);
  return {step.action, attributes.getDictionary(step.parameters.getContext())};
}

/// The regions that `action` may be applied to in `kernel`: one, or one for
/// each other kernel and flag that it names.
SmallVector<Step> findRegions(KernelOp kernel, const ActionInfo &action,
                              const Architecture &target) {
  SmallVector<Step> regions;
  llvm::StringSet<> seen;
  for (const Step &step : proposeSteps(kernel, action, target)) {
    Step region = withoutParameters(step, action);
    if (seen.insert(region.str()).second)
      regions.push_back(std::move(region));
  }
  return regions;
}

/// What may be done beside the base planner's moves.
std::vector<Move> findOtherMoves(const PlanState &state, bool rewrites) {
  std::vector<Move> moves;
  ModuleOp program = state.program;
  auto add = [&](const Step &step, const ActionInfo &action) {
    Move move{{step}, action.summary.str(), isEnabling(action)};
    // A kernel that was rewritten has no tile step that could be changed.
    std::string why;
    Recipe edited = state.recipe;
    if (action.edit && failed(action.edit(edited, step.parameters, why)))
      return;
    if (!state.wasTried(move))
      moves.push_back(std::move(move));
  };
  for (KernelOp kernel : program.getOps<KernelOp>())
    for (const ActionInfo *action : getActions())
      if (action->propose)
        for (const Step &step :
             findRegions(kernel, *action, state.architecture))
          add(step, *action);
  const ActionInfo *rewrite = rewrites ? findAction("rewrite") : nullptr;
  if (rewrite)
    for (KernelOp kernel : program.getOps<KernelOp>()) {
      NamedAttrList attributes;
      attributes.set("kernel", FlatSymbolRefAttr::get(kernel.getSymNameAttr()));
      add({"rewrite", attributes.getDictionary(kernel.getContext())}, *rewrite);
    }
  return moves;
}

std::string describeOutcome(const MoveOutcome &outcome) {
  if (outcome.microsecondsAfter > 0)
    return "not faster: " + roundMicroseconds(outcome.microsecondsAfter) +
           (outcome.microsecondsBefore > 0
                ? ", was " + roundMicroseconds(outcome.microsecondsBefore)
                : "");
  return "refused: " + outcome.diagnostics;
}

/// What a prompt tells of the past: the recipe with the time that it brought,
/// and what was tried.
void describeHistory(const PlanState &state, PlannerQuestion &question) {
  SmallVector<Step> recipe = state.recipe.getSteps();
  for (const Step &step : recipe)
    question.steps.push_back(step.str());
  question.microseconds = state.microseconds;
  ModuleOp program = state.program;
  question.untiled = llvm::any_of(program.getOps<KernelOp>(),
                                  [](KernelOp one) { return !one.isTiled(); });
  llvm::StringSet<> seen;
  for (const MoveOutcome &outcome : state.history) {
    if (outcome.accepted)
      continue;
    PromptTry attempt{outcome.move.str(), describeOutcome(outcome)};
    if (!state.wasTried(outcome.move))
      question.earlier.push_back(std::move(attempt));
    else if (seen.insert(attempt.text).second)
      question.tried.push_back(std::move(attempt));
  }
}

std::optional<std::vector<std::string>>
LLMPlanner::rankByScore(const PlannerQuestion &question) {
  Result<ChatRequest> request = prompts.request(question, RankingForm::Label);
  if (!request)
    return std::nullopt; // The text's question says why.
  std::vector<std::string> labels;
  for (const PromptAction &action : question.actions)
    labels.push_back(action.label);
  ChatFault fault = ChatFault::None;
  Result<std::vector<double>> values = model.score(*request, labels, &fault);
  if (!values || values->size() != labels.size()) {
    // A lost answer says nothing about the next.
    scores = fault == ChatFault::Lost;
    return std::nullopt;
  }
  // A stable order also where values are equal or no numbers.
  std::vector<size_t> order(labels.size());
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  auto value = [&](size_t i) {
    double score = (*values)[i];
    return score == score ? score : -HUGE_VAL;
  };
  llvm::sort(order, [&](size_t a, size_t b) {
    return value(a) != value(b) ? value(a) > value(b) : a < b;
  });
  std::vector<std::string> ranked;
  for (size_t i : order)
    ranked.push_back(labels[i]);
  return ranked;
}

std::vector<std::string>
LLMPlanner::rankByText(const PlannerQuestion &question) {
  Result<ChatRequest> request = prompts.request(question);
  if (!request) {
    complain(request.error());
    return {};
  }
  std::string why;
  std::vector<Ranking> rankings;
  for (const ChatReply &reply :
       askSamples(model, *request, options.samples, options.temperature, why)) {
    Result<Ranking> ranking = parseRanking(reply.text, question.actions);
    if (ranking)
      rankings.push_back(std::move(*ranking));
    else if (why.empty())
      why = ranking.error();
  }
  if (rankings.empty()) {
    complain(why);
    return {};
  }
  return vote(rankings, question.actions);
}

std::vector<std::string> LLMPlanner::rank(const PlannerQuestion &question) {
  std::string key;
  if (Result<ChatRequest> request = prompts.request(question))
    key = request->messages.back().text;
  auto at = known.find(key);
  if (at != known.end())
    return at->second;
  std::vector<std::string> ranked;
  if (scores)
    if (auto scored = rankByScore(question))
      ranked = std::move(*scored);
  if (ranked.empty())
    ranked = rankByText(question);
  if (!ranked.empty())
    known[key] = ranked;
  return ranked;
}

std::vector<Move> LLMPlanner::propose(const PlanState &state) {
  std::vector<Move> ours = base->propose(state);
  std::vector<Move> moves(ours.begin(),
                          ours.begin() + std::min(ours.size(), mostBaseMoves));
  size_t legal = ours.size();
  for (Move &other : findOtherMoves(state, options.rewrites)) {
    // What stands on the list already, with all of its parameters.
    if (llvm::any_of(
            ours, [&](const Move &move) { return move.str() == other.str(); }))
      continue;
    ++legal;
    if (moves.size() < mostMoves)
      moves.push_back(std::move(other));
  }
  if (moves.empty() || (moves.size() == 1 && ours.size() == 1))
    return ours;
  PlannerQuestion question{state.architecture, printForPrompt(state.program)};
  describeHistory(state, question);
  question.unlisted = legal - moves.size();
  for (auto [index, move] : llvm::enumerate(moves))
    question.actions.push_back(
        {std::string(1, char('A' + index)), move.str(), move.reason});
  if (ours.empty())
    question.actions.push_back(
        {stopLabel, "stop", "nothing more is worth a trial"});

  std::vector<Move> chosen;
  llvm::StringSet<> seen;
  for (const std::string &label : rank(question)) {
    if (label == stopLabel || chosen.size() == mostRanked)
      break;
    Move move = moves[size_t(label[0] - 'A')];
    seen.insert(move.str());
    chosen.push_back(std::move(move));
  }
  for (Move &move : ours)
    if (!seen.contains(move.str()))
      chosen.push_back(std::move(move));
  return chosen;
}

} // namespace

std::string qimeng::printForPrompt(ModuleOp program) {
  std::string text;
  llvm::raw_string_ostream os(text);
  OpPrintingFlags flags;
  flags.enableDebugInfo(false);
  program->print(os, flags);
  return text;
}

std::unique_ptr<Planner> qimeng::createLLMPlanner(ChatModel &model,
                                                  const Prompts &prompts,
                                                  std::unique_ptr<Planner> base,
                                                  LLMPlannerOptions options) {
  return std::make_unique<LLMPlanner>(model, prompts, std::move(base),
                                      std::move(options));
}
