//===- Describe.cpp - qimeng-tune --describe ------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Describe.h"
#include "Model.h"
#include "qimeng/Input/Describe.h"
#include "qimeng/Support/File.h"
#include "llvm/Support/raw_ostream.h"
#include <csignal>

namespace cl = llvm::cl;
using namespace qimeng;

namespace {

// As in qimeng-tune.cpp and docs/exit-codes.md.
enum ExitCode { BadInput = 1, BadUsage = 2, BadMachine = 3 };

int fail(ExitCode code, const std::string &message) {
  llvm::errs() << "qimeng-tune: --describe: " << message << "\n";
  return code;
}

int codeOf(const DescribeResult &result) {
  switch (result.fault) {
  case DescribeFault::Expression:
    return BadUsage;
  case DescribeFault::Machine:
    return BadMachine;
  case DescribeFault::Model:
    return result.chatFault == ChatFault::Settings ? BadUsage : BadMachine;
  default:
    return BadInput;
  }
}

void show(const DescribeAttempt &attempt, size_t number) {
  llvm::outs() << "Answer " << number << ", by "
               << quoteLine(describe(attempt.author), 300)
               << (attempt.reworded ? ", to another wording of the question"
                                    : "")
               << ":\n"
               << describeChecks(attempt.report);
  llvm::outs().flush();
}

void showProgram(const DescribeResult &result) {
  llvm::raw_ostream &out = llvm::outs();
  std::string program = result.getProgram();
  if (!program.empty())
    out << (result.succeeded() ? "The program:\n\n"
                               : "The last program, which was refused:\n\n")
        << program << "\n";
  out.flush();
}

} // namespace

DescribeFlags::DescribeFlags(cl::OptionCategory &category)
    : sentence(
          "describe",
          cl::desc("Have a language model write the program that this sentence "
                   "describes, check it, and keep it as program.mlir in the "
                   "output folder"),
          cl::value_desc("sentence"), cl::cat(category)),
      like("like",
           cl::desc("A Python expression that the described program must give "
                    "the numbers of; a, b, c, ... are its arguments, np and "
                    "torch are there: \"np.maximum(a @ b + c, 0)\""),
           cl::value_desc("expression"), cl::cat(category)),
      repairs("describe-repairs",
              cl::desc("How often a described program that fails a check goes "
                       "back to the model (default 3)"),
              cl::value_desc("N"), cl::init(3), cl::cat(category)),
      only("describe-only", cl::desc("Write the described program, and end"),
           cl::cat(category)) {}

DescribeSettings DescribeFlags::take() const {
  return {sentence, like, repairs, only};
}

std::string DescribeSettings::check(const std::string &input) const {
  if (sentence.empty() && input.empty())
    return "name a program (a file, or - for standard input), or --describe "
           "one; see --help";
  if (!sentence.empty() && !input.empty())
    return "--describe and the file '" + input +
           "' exclude each other: there is one program to tune";
  if (sentence.empty() && (!like.empty() || only))
    return std::string(only ? "--describe-only" : "--like") +
           " goes with --describe";
  if (repairs > 16)
    return "--describe-repairs is at most 16";
  return "";
}

std::optional<int> qimeng::describeToFile(const DescribeSettings &settings,
                                          ChatModel &model,
                                          const std::string &prompts,
                                          const std::string &output,
                                          std::vector<std::string> &notes) {
  DescribeOptions options;
  options.check.sentence = settings.sentence;
  options.check.expression = settings.like;
  options.repairs = settings.repairs;
  options.prompts = prompts;
  size_t answers = 0;
  options.attempted = [&](const DescribeAttempt &attempt) {
    show(attempt, ++answers);
  };
  DescribeResult result;
  {
    CancelOnInterrupt guard;
    result = describeProgram(model, options);
  }
  if (result.chatFault == ChatFault::Cancelled)
    std::raise(SIGINT);
  showProgram(result);
  if (!result.succeeded())
    return fail(ExitCode(codeOf(result)), result.error);
  std::string path = output + "/program.mlir";
  if (Status status = writeFile(path, toProgramFile(result, options)); !status)
    return fail(BadMachine, status.error());
  const CheckOutcome *expression =
      result.attempts.back().report.find("expression");
  bool compared =
      expression && expression->status == CheckOutcome::Status::Passed;
  std::string doubt =
      std::string("Whether it is what the sentence means was not checked") +
      (compared ? ", beyond the numbers of the expression" : "");
  llvm::outs() << "It is in " << path << ". " << doubt << ": read it.\n";
  llvm::outs().flush();
  notes.push_back("The program was written by " +
                  quoteLine(describe(result.attempts.back().author), 300) +
                  " for the sentence: " + quoteLine(settings.sentence, 400) +
                  ". " + doubt + ".");
  return std::nullopt;
}
