//===- Describe.h - From a sentence to a tensor program ---------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Asks a language model for the tensor program that a sentence describes,
// checks it (ProgramCheck.h), and sends it back with the diagnostics where a
// check fails. What comes out says what was checked and what was not; that the
// program computes what the sentence means, nothing here can show.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_INPUT_DESCRIBE_H
#define QIMENG_INPUT_DESCRIBE_H

#include "qimeng/Input/ProgramCheck.h"
#include "qimeng/LLM/ChatModel.h"
#include <functional>

namespace qimeng {

/// One answer of the model and what became of it.
struct DescribeAttempt {
  std::string answer;
  ChatReply::Author author;
  /// It comes from a transcript, where the question was worded otherwise.
  bool reworded = false;
  ProgramReport report;
};

struct DescribeOptions {
  CheckOptions check;
  /// How often a refused program goes back to the model.
  unsigned repairs = 3;
  /// Folder that may hold describe.md; see DescribePrompt::load.
  std::string prompts;
  /// Checks in a process of their own; see checkProgramApart.
  bool apart = true;
  /// Told of each answer as soon as it is checked.
  std::function<void(const DescribeAttempt &)> attempted = {};
};

/// Who is at fault where there is no program.
enum class DescribeFault {
  None,
  Sentence,   ///< empty, too long, or no model finds a program for it
  Expression, ///< --like is no expression
  Model,      ///< gave no answer; DescribeResult::chatFault says why
  Machine,    ///< python3 or numpy is missing, a disk is full
};

struct DescribeResult {
  /// First to last; the last one is the accepted one where `fault` is None.
  std::vector<DescribeAttempt> attempts;
  DescribeFault fault = DescribeFault::None;
  ChatFault chatFault = ChatFault::None;
  /// One paragraph, where there is a fault.
  std::string error;
  ChatUsage usage;

  bool succeeded() const { return fault == DescribeFault::None; }
  /// The accepted program, or the last one that was refused; may be empty.
  std::string getProgram() const;
};

DescribeResult describeProgram(ChatModel &model,
                               const DescribeOptions &options);

/// The checks of one attempt as lines: "  passed    parses".
std::string describeChecks(const ProgramReport &report);

/// The accepted program as a file: a comment with the sentence, who answered,
/// what was checked and what was not, and the program.
std::string toProgramFile(const DescribeResult &result,
                          const DescribeOptions &options);

} // namespace qimeng

#endif // QIMENG_INPUT_DESCRIBE_H
