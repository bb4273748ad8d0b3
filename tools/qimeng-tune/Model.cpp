//===- Model.cpp - The language model of a session ------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Model.h"
#include <csignal>
#include <filesystem>

namespace cl = llvm::cl;
using namespace qimeng;

ModelOptions::ModelOptions(cl::OptionCategory &category)
    : coder(
          "coder",
          cl::desc("Who carries out actions: built-in (the default) or llm (a "
                   "language model)"),
          cl::value_desc("name"), cl::init("built-in"), cl::cat(category)),
      fallback("coder-fallback",
               cl::desc("Who does when the language model has no right answer: "
                        "built-in (the default) or none"),
               cl::value_desc("name"), cl::init("built-in"), cl::cat(category)),
      profile("llm-profile",
              cl::desc("Profile of the configuration file to take the model "
                       "from (default: QIMENG_LLM_PROFILE, or the file's)"),
              cl::value_desc("name"), cl::cat(category)),
      record("llm-record", cl::desc("File to append questions and answers to"),
             cl::value_desc("file"), cl::cat(category)),
      replay("llm-replay",
             cl::desc("File of recorded answers to take in place of a model"),
             cl::value_desc("file"), cl::cat(category)),
      prompts("prompts",
              cl::desc("Folder with templates of prompts, planner.md and "
                       "coder.md (default: QIMENG_LLM_PROMPTS, or built in)"),
              cl::value_desc("folder"), cl::cat(category)),
      rank("llm-rank",
           cl::desc("How the model ranks actions: auto (the default: by the "
                    "probabilities of labels where it gives them) or text"),
           cl::value_desc("auto|text"), cl::init("auto"), cl::cat(category)),
      samples("llm-samples",
              cl::desc("Answers to each question: a vote for the planner, "
                       "attempts for the coder (default 1)"),
              cl::value_desc("N"), cl::init(1), cl::cat(category)),
      budgetTokens("llm-budget-tokens",
                   cl::desc("Tokens after which the model is not asked any "
                            "more (default: the settings', or no limit)"),
                   cl::value_desc("N"), cl::init(0), cl::cat(category)),
      budgetDollars("llm-budget-dollars",
                    cl::desc("The same in dollars, by the settings' prices"),
                    cl::value_desc("N"), cl::init(0), cl::cat(category)),
      codeAll("llm-code-all",
              cl::desc("Ask the coder also about steps where nothing is left "
                       "to choose"),
              cl::cat(category)),
      askAgain("llm-ask-again",
               cl::desc("Ask once more what an earlier run of this session "
                        "asked and got no answer to"),
               cl::cat(category)) {}

ModelChoice ModelOptions::take() const {
  ModelChoice choice;
  choice.coder = coder;
  choice.fallback = fallback;
  choice.profile = profile;
  choice.record = record;
  choice.replay = replay;
  choice.prompts = prompts;
  choice.rank = rank;
  choice.samples = samples;
  choice.budgetTokens = budgetTokens;
  choice.budgetDollars = budgetDollars;
  choice.codeAll = codeAll;
  choice.askAgain = askAgain;
  return choice;
}

bool qimeng::asksModel(const std::string &planner) {
  return planner == "llm" || planner == "llm-beam" ||
         planner == "llm-evolutionary";
}

std::string ModelChoice::check(const std::string &planner) const {
  if (coder != "built-in" && coder != "llm")
    return "--coder: there is no coder '" + coder +
           "'; known are built-in, llm";
  if (fallback != "built-in" && fallback != "none")
    return "--coder-fallback is built-in or none, not '" + fallback + "'";
  if (rank != "auto" && rank != "text")
    return "--llm-rank is auto or text, not '" + rank + "'";
  if (samples < 1 || samples > 64)
    return "--llm-samples must be from 1 to 64";
  if (budgetTokens < 0 || !(budgetDollars >= 0))
    return "--llm-budget-tokens and --llm-budget-dollars must not be negative";
  if (!record.empty() && !replay.empty())
    return "--llm-record and --llm-replay exclude each other: a replayed "
           "session asks nobody";
  if (asksModel(planner) || coder == "llm")
    return "";
  for (auto [name, given] :
       {std::pair("llm-profile", !profile.empty()),
        std::pair("llm-record", !record.empty()),
        std::pair("llm-replay", !replay.empty()),
        std::pair("prompts", !prompts.empty()),
        std::pair("llm-samples", samples != 1),
        std::pair("llm-budget-tokens", budgetTokens != 0),
        std::pair("llm-budget-dollars", budgetDollars != 0),
        std::pair("llm-code-all", codeAll),
        std::pair("llm-ask-again", askAgain)})
    if (given)
      return std::string("--") + name +
             " is for sessions that ask a model: give --planner=llm or "
             "--coder=llm, too";
  return "";
}

Result<std::unique_ptr<ChatModel>>
ModelChoice::make(const std::string &store) const {
  Result<ModelSettings> settings = loadModelSettings(profile);
  if (!settings)
    return Error{settings.error()};
  // What a session asked lies where its trials lie: both go on after a kill.
  if (settings->cacheFolder == getDefaultCacheFolder())
    settings->cacheFolder =
        (std::filesystem::path(store).parent_path() / "llm-cache").string();
  if (budgetTokens)
    settings->maxTokens = budgetTokens;
  if (budgetDollars > 0)
    settings->maxDollars = budgetDollars;
  if (!record.empty()) {
    settings->recordFile = record;
    settings->replayFile.clear();
  }
  if (!replay.empty()) {
    settings->replayFile = replay;
    settings->recordFile.clear();
  }
  return createModel(*settings);
}

std::string ModelChoice::command() const {
  std::string text;
  auto add = [&](const char *name, const std::string &value, bool given) {
    if (given)
      text += std::string(" --") + name + "=" + value;
  };
  add("coder", coder, coder != "built-in");
  add("coder-fallback", fallback, fallback != "built-in");
  add("llm-profile", profile, !profile.empty());
  add("llm-replay", replay, !replay.empty());
  add("prompts", prompts, !prompts.empty());
  add("llm-rank", rank, rank != "auto");
  add("llm-samples", std::to_string(samples), samples != 1);
  if (codeAll)
    text += " --llm-code-all";
  return text;
}

static struct sigaction previous;

CancelOnInterrupt::CancelOnInterrupt() {
  struct sigaction action = {};
  action.sa_handler = [](int) { cancelRequests(); };
  // The second ctrl-C does what it always does.
  action.sa_flags = SA_RESETHAND | SA_RESTART;
  ::sigaction(SIGINT, &action, &previous);
}

CancelOnInterrupt::~CancelOnInterrupt() {
  ::sigaction(SIGINT, &previous, nullptr);
}
