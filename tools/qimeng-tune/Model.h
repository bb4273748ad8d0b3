//===- Model.h - The language model of a session ----------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TUNE_MODEL_H
#define QIMENG_TUNE_MODEL_H

#include "qimeng/LLM/Models.h"
#include "qimeng/LLM/Prompts.h"
#include "llvm/Support/CommandLine.h"

namespace qimeng {

/// What the command line says about planners and coders that ask a model.
struct ModelChoice {
  std::string coder = "built-in", fallback = "built-in";
  std::string profile, record, replay, prompts, rank = "auto";
  unsigned samples = 1;
  int64_t budgetTokens = 0;
  double budgetDollars = 0;
  bool codeAll = false, askAgain = false;

  /// What is wrong with it, for the person at the command line; empty: nothing.
  /// `planner` as --planner has it.
  std::string check(const std::string &planner) const;
  /// The model, with the cache beside the trial store unless the settings say
  /// another folder.
  Result<std::unique_ptr<ChatModel>> make(const std::string &store) const;
  /// The options that decide the result, each after a blank.
  std::string command() const;
};

/// The options, while the command line is parsed.
class ModelOptions {
public:
  explicit ModelOptions(llvm::cl::OptionCategory &category);
  ModelChoice take() const;

private:
  llvm::cl::opt<std::string> coder, fallback, profile, record, replay, prompts,
      rank;
  llvm::cl::opt<unsigned> samples;
  llvm::cl::opt<long> budgetTokens;
  llvm::cl::opt<double> budgetDollars;
  llvm::cl::opt<bool> codeAll, askAgain;
};

/// Whether --planner names one that asks a model.
bool asksModel(const std::string &planner);

/// Until destroyed, the first ctrl-C cancels the questions to the model; the
/// session ends with what it has. The second ends the process.
class CancelOnInterrupt {
public:
  CancelOnInterrupt();
  ~CancelOnInterrupt();
};

} // namespace qimeng

#endif // QIMENG_TUNE_MODEL_H
