//===- Describe.cpp - From a sentence to a tensor program -----------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Input/Describe.h"
#include "Checks.h"
#include "qimeng/LLM/DescribePrompt.h"

using namespace qimeng;
using CheckStatus = CheckOutcome::Status;

std::string DescribeResult::getProgram() const {
  for (auto attempt = attempts.rbegin(); attempt != attempts.rend(); ++attempt)
    if (!attempt->report.program.empty())
      return attempt->report.program;
  return "";
}

static DescribeResult fail(DescribeResult result, DescribeFault fault,
                           std::string why) {
  result.fault = fault;
  result.error = std::move(why);
  return result;
}

DescribeResult qimeng::describeProgram(ChatModel &model,
                                       const DescribeOptions &options) {
  DescribeResult result;
  Result<DescribePrompt> prompt = DescribePrompt::load(options.prompts);
  if (!prompt)
    return fail(result, DescribeFault::Machine, prompt.error());
  DescribeQuestion question;
  question.sentence = options.check.sentence;
  question.expression = options.check.expression;
  Result<ChatRequest> request = prompt->request(question);
  if (!request)
    return fail(result, DescribeFault::Sentence, request.error());
  // A mistake in the expression is found before anything is paid for.
  if (!options.check.expression.empty()) {
    std::string why;
    switch (
        tryExpression(options.check.expression, options.check.limits, why)) {
    case ExpressionFault::None:
      break;
    case ExpressionFault::Machine:
      return fail(result, DescribeFault::Machine, why);
    default:
      return fail(result, DescribeFault::Expression,
                  "the expression of --like cannot be evaluated: " + why);
    }
  }

  for (unsigned round = 0; round <= options.repairs; ++round) {
    Result<ChatReply> reply = model.ask(*request, &result.chatFault);
    if (!reply)
      return fail(result, DescribeFault::Model, reply.error());
    result.chatFault = ChatFault::None;
    result.usage += reply->usage;
    DescribeAttempt attempt;
    attempt.answer = reply->text;
    attempt.author = reply->author;
    attempt.reworded = reply->usage.reworded;
    Result<DescribeAnswer> answer =
        reply->truncated
            ? Result<DescribeAnswer>(Error{"it was cut off at the limit of " +
                                           std::to_string(request->maxTokens) +
                                           " tokens; write a shorter program"})
            : parseDescribeAnswer(reply->text);
    if (answer && !answer->reason.empty())
      return fail(result, DescribeFault::Sentence,
                  "no tensor program was written for the sentence: " +
                      answer->reason);
    if (answer) {
      attempt.report = options.apart
                           ? checkProgramApart(answer->program, options.check)
                           : checkProgram(answer->program, options.check);
      // To be shown where not even the text was fit to be read on.
      if (attempt.report.program.empty())
        attempt.report.program = quoteLine(answer->program, 400) + "\n";
      attempt.report.checks.insert(attempt.report.checks.begin(),
                                   {"answer", CheckStatus::Passed, ""});
    } else {
      attempt.report.checks.push_back(
          {"answer", CheckStatus::Failed, answer.error()});
    }
    result.attempts.push_back(attempt);
    if (options.attempted)
      options.attempted(attempt);
    const CheckOutcome *failure = attempt.report.findFailure();
    if (!failure)
      return result;
    if (attempt.report.machineAtFault)
      return fail(result, DescribeFault::Machine, failure->detail);
    if (attempt.report.expressionAtFault)
      return fail(result, DescribeFault::Expression, failure->detail);
    question.refused.push_back(
        {attempt.answer,
         "The check '" + failure->name + "' failed. " + failure->detail});
    request = prompt->request(question);
    if (!request)
      return fail(result, DescribeFault::Sentence, request.error());
  }
  const CheckOutcome &last = *result.attempts.back().report.findFailure();
  return fail(result, DescribeFault::Sentence,
              "none of " + std::to_string(result.attempts.size()) +
                  " answers is a program that passes the checks; the last one "
                  "failed '" +
                  last.name + "': " + quoteLine(last.detail, 400) +
                  ". Say it in other words, ask another model, or write the "
                  "program yourself (docs/examples)");
}

//===----------------------------------------------------------------------===//
// Words
//===----------------------------------------------------------------------===//

/// `text` with its lines behind `margin`.
static std::string indent(const std::string &text, const std::string &margin) {
  std::string out;
  for (char c : text) {
    out += c;
    if (c == '\n')
      out += margin;
  }
  return out;
}

std::string qimeng::describeChecks(const ProgramReport &report) {
  std::string text;
  for (const CheckOutcome &check : report.checks) {
    std::string line = std::string("  ") + describe(check.status);
    line.resize(std::max<size_t>(line.size() + 1, 12), ' ');
    line += check.name;
    if (!check.detail.empty()) {
      line.resize(std::max<size_t>(line.size() + 1, 24), ' ');
      line += indent(check.detail, std::string(24, ' '));
    }
    text += line + "\n";
  }
  return text;
}

std::string qimeng::toProgramFile(const DescribeResult &result,
                                  const DescribeOptions &options) {
  const DescribeAttempt &last = result.attempts.back();
  std::string text =
      "// Written for the sentence: " +
      quoteLine(options.check.sentence, mostSentenceBytes) + "\n// by " +
      quoteLine(describe(last.author), 300) +
      (last.reworded ? ", to another wording of the question" : "") +
      (result.attempts.size() > 1
           ? ", answer " + std::to_string(result.attempts.size())
           : "") +
      ".\n//\n// What was checked:\n";
  std::string notDone;
  for (const CheckOutcome &check : last.report.checks) {
    std::string line =
        "//   " + check.name +
        (check.detail.empty() ? "" : ": " + quoteLine(check.detail, 600)) +
        "\n";
    (check.status == CheckStatus::Passed ? text : notDone) += line;
  }
  text += "// What was not checked, or proves nothing:\n" + notDone;
  text += "//   Whether this is what the sentence means";
  const CheckOutcome *expression = last.report.find("expression");
  if (expression && expression->status == CheckStatus::Passed)
    text += ", beyond the numbers of the expression above";
  return text + ".\n\n" + last.report.program;
}
