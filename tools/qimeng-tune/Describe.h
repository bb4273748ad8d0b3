//===- Describe.h - qimeng-tune --describe ----------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TOOLS_QIMENG_TUNE_DESCRIBE_H
#define QIMENG_TOOLS_QIMENG_TUNE_DESCRIBE_H

#include "qimeng/LLM/ChatModel.h"
#include "llvm/Support/CommandLine.h"
#include <optional>

namespace qimeng {

struct DescribeSettings {
  /// Empty: the program comes from a file.
  std::string sentence;
  std::string like;
  unsigned repairs = 3;
  /// End when the program is written.
  bool only = false;

  /// What is wrong with it, for the person at the command line; empty: nothing.
  std::string check(const std::string &input) const;
};

/// The options, while the command line is parsed.
class DescribeFlags {
public:
  explicit DescribeFlags(llvm::cl::OptionCategory &category);
  DescribeSettings take() const;

private:
  llvm::cl::opt<std::string> sentence, like;
  llvm::cl::opt<unsigned> repairs;
  llvm::cl::opt<bool> only;
};

/// Has `model` write the program, shows it and its checks, and writes
/// `output`/program.mlir. Gives an exit code, with the reason on standard
/// error, where there is none. `prompts`: as --prompts; `notes` gets what the
/// report has to say. To be called before this process starts threads: programs
/// are checked in copies of it.
std::optional<int> describeToFile(const DescribeSettings &settings,
                                  ChatModel &model, const std::string &prompts,
                                  const std::string &output,
                                  std::vector<std::string> &notes);

} // namespace qimeng

#endif // QIMENG_TOOLS_QIMENG_TUNE_DESCRIBE_H
