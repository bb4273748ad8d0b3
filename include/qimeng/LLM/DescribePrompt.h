//===- DescribePrompt.h - A sentence, as a question -------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Text in, text out, as in Prompts.h: what a model is asked about a sentence,
// and the program in its answer. Nothing here knows MLIR.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LLM_DESCRIBEPROMPT_H
#define QIMENG_LLM_DESCRIBEPROMPT_H

#include "qimeng/LLM/Prompts.h"

namespace qimeng {

struct DescribeQuestion {
  std::string sentence;
  /// A Python expression of the same meaning; may be empty.
  std::string expression;
  /// First to last.
  std::vector<PromptRefusal> refused;
};

/// Bytes of a sentence, and of an expression, at most.
constexpr size_t mostSentenceBytes = 2000;

/// The template for questions about sentences: prompts/describe.md, as built
/// in, or that of `folder`, or of $QIMENG_LLM_PROMPTS, where it holds one.
class DescribePrompt {
public:
  static Result<DescribePrompt> load(const std::string &folder = "");

  /// The question, then each refused answer and why, as turns of one
  /// conversation. The error says that the sentence is empty or too long.
  Result<ChatRequest> request(const DescribeQuestion &question) const;

private:
  std::string system, user;
};

/// What an answer holds.
struct DescribeAnswer {
  /// The text of its only block; empty where `reason` is given.
  std::string program;
  /// Why the model says that there is no such program, on one line.
  std::string reason;
};

/// Bytes of an answer at most.
constexpr size_t mostAnswerBytes = 128 << 10;

/// Takes an answer apart. What stands before </think> is left out. The error
/// completes "the answer is refused: ".
Result<DescribeAnswer> parseDescribeAnswer(std::string_view answer);

} // namespace qimeng

#endif // QIMENG_LLM_DESCRIBEPROMPT_H
