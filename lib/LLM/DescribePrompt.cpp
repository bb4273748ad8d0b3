//===- DescribePrompt.cpp - A sentence, as a question ---------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/LLM/DescribePrompt.h"
#include "qimeng/LLM/Json.h"
#include "qimeng/Support/File.h"
#include <cstdlib>
#include <filesystem>

using namespace qimeng;

namespace {
#include "DescribeData.inc"

/// Bytes of a refused answer that are shown to its author again.
constexpr size_t mostShownBytes = 16 << 10, mostReasonBytes = 4000;

std::string_view trim(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

/// `text` with each {{name}} replaced, once: values are not looked into.
std::string fill(std::string_view text,
                 const std::map<std::string, std::string> &values) {
  std::string out;
  while (true) {
    size_t open = text.find("{{");
    size_t close =
        open == std::string_view::npos ? open : text.find("}}", open);
    if (close == std::string_view::npos)
      return out + std::string(text);
    out += text.substr(0, open);
    auto value =
        values.find(std::string(text.substr(open + 2, close - open - 2)));
    if (value != values.end())
      out += value->second;
    text.remove_prefix(close + 2);
  }
}
} // namespace

Result<DescribePrompt> DescribePrompt::load(const std::string &folder) {
  std::string text = templateText, name = "describe.md", from = folder;
  if (from.empty())
    if (const char *variable = std::getenv("QIMENG_LLM_PROMPTS"))
      from = variable;
  std::error_code error;
  std::filesystem::path path = std::filesystem::path(from) / name;
  if (!from.empty() && std::filesystem::exists(path, error)) {
    name = path.string();
    Result<std::string> own = readFile(name);
    if (!own)
      return Error{own.error()};
    if (own->size() > 1 << 16 || findInvalidUtf8(*own) != std::string::npos)
      return Error{name + ": a template is UTF-8 text of at most 64 KiB"};
    text = *own;
  }
  size_t split = text.find("\n# User\n");
  if (text.rfind("# System\n", 0) != 0 || split == std::string::npos)
    return Error{name + ": a template begins with the line '# System' and has "
                        "a line '# User' after it"};
  DescribePrompt prompt;
  prompt.system = trim(std::string_view(text).substr(9, split - 9));
  prompt.user = trim(std::string_view(text).substr(split + 8));
  if (prompt.user.find("{{sentence}}") == std::string::npos)
    return Error{name + ": the template lacks {{sentence}} after '# User', "
                        "without which the question cannot be answered"};
  return prompt;
}

Result<ChatRequest>
DescribePrompt::request(const DescribeQuestion &question) const {
  auto check = [](const char *what, const std::string &text) -> Status {
    if (text.size() > mostSentenceBytes)
      return Error{std::string(what) + " has " + std::to_string(text.size()) +
                   " bytes; at most " + std::to_string(mostSentenceBytes) +
                   " are sent"};
    if (findInvalidUtf8(text) != std::string::npos)
      return Error{std::string(what) + " is not UTF-8"};
    return {};
  };
  if (trim(question.sentence).empty())
    return Error{"the sentence is empty; say what is to be computed, such as "
                 "\"softmax over the rows of 8192x4096 bf16\""};
  if (Status status = check("the sentence", question.sentence); !status)
    return Error{status.error()};
  if (Status status = check("the expression", question.expression); !status)
    return Error{status.error()};

  std::string examples;
  for (const char *example : {example0, example1, example2})
    examples +=
        std::string(examples.empty() ? "" : "\n\n") + fence(example, "mlir");
  std::string expression;
  if (!question.expression.empty())
    expression = "The program must give the numbers of this Python expression, "
                 "in which a, b, c, ... are the function's arguments in their "
                 "order:\n\n" +
                 fence(question.expression, "python");
  std::map<std::string, std::string> values = {
      {"examples", examples},
      {"sentence", fence(trim(question.sentence))},
      {"expression", expression}};
  ChatRequest request;
  request.purpose = "describe";
  request.system = fill(system, values);
  request.messages.push_back(
      {ChatMessage::Role::User, std::string(trim(fill(user, values)))});
  request.maxTokens = 8192;
  request.subject = {{"sentence", std::string(trim(question.sentence))},
                     {"expression", question.expression},
                     {"refused", std::to_string(question.refused.size())}};
  if (!question.refused.empty())
    request.refusal = quoteLine(question.refused.back().why, 400);
  for (const PromptRefusal &refusal : question.refused) {
    std::string answer = refusal.answer;
    if (answer.size() > mostShownBytes)
      answer = answer.substr(0, 200) + "\n(" + std::to_string(answer.size()) +
               " bytes, left out)";
    // What is sent is UTF-8, whatever was answered.
    for (size_t bad; (bad = findInvalidUtf8(answer)) != std::string::npos;)
      answer[bad] = '?';
    if (trim(answer).empty())
      answer = "(an empty answer)";
    request.messages.push_back({ChatMessage::Role::Assistant, answer});
    request.messages.push_back(
        {ChatMessage::Role::User,
         "Your answer was refused:\n\n" +
             fence(std::string_view(refusal.why).substr(0, mostReasonBytes)) +
             "\n\nFind out what was wrong, and answer with the whole program "
             "anew."});
  }
  return request;
}

//===----------------------------------------------------------------------===//
// Answers
//===----------------------------------------------------------------------===//

Result<DescribeAnswer> qimeng::parseDescribeAnswer(std::string_view answer) {
  if (answer.size() > mostAnswerBytes)
    return Error{"it has " + std::to_string(answer.size()) +
                 " bytes; at most " + std::to_string(mostAnswerBytes) +
                 " are read"};
  if (size_t bad = findInvalidUtf8(answer); bad != std::string_view::npos)
    return Error{"byte " + std::to_string(bad) + " is not UTF-8"};
  if (size_t thought = answer.rfind("</think>");
      thought != std::string_view::npos)
    answer.remove_prefix(thought + 8);

  // Blocks: a line that begins with three backticks or more opens one, a line
  // of as many or more and nothing else closes it.
  std::vector<std::string> blocks;
  size_t open = 0;
  bool closed = true;
  std::string outside;
  for (std::string_view rest = answer; !rest.empty();) {
    size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    std::string_view text = trim(line);
    size_t ticks = std::min(text.find_first_not_of('`'), text.size());
    if (closed && ticks >= 3) {
      open = ticks;
      closed = false;
      blocks.emplace_back();
    } else if (!closed && ticks >= open && ticks == text.size()) {
      closed = true;
    } else {
      std::string &to = closed ? outside : blocks.back();
      to.append(line);
      to += '\n';
    }
  }
  if (!closed)
    return Error{"its block is not closed by a line of backticks"};
  DescribeAnswer parsed;
  std::string_view words = trim(outside);
  if (blocks.empty()) {
    if (words.rfind("CANNOT:", 0) == 0) {
      parsed.reason = quoteLine(trim(words.substr(7)), 400);
      if (parsed.reason.empty())
        parsed.reason = "no reason was given";
      return parsed;
    }
    for (const char *beginning : {"func.func", "module", "#", "//"})
      if (words.rfind(beginning, 0) == 0)
        blocks.emplace_back(words);
  }
  if (blocks.size() != 1)
    return Error{"expected one block between lines of three backticks, found " +
                 std::to_string(blocks.size())};
  if (trim(blocks.front()).empty())
    return Error{"its block is empty"};
  parsed.program = std::string(trim(blocks.front())) + "\n";
  return parsed;
}
