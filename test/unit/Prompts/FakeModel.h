//===- FakeModel.h - A model that a test makes up ---------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TEST_UNIT_PROMPTS_FAKEMODEL_H
#define QIMENG_TEST_UNIT_PROMPTS_FAKEMODEL_H

#include "qimeng/LLM/ChatModel.h"
#include <functional>
#include <mutex>

namespace qimeng {

class FakeModel : public ChatModel {
public:
  using Answer = std::function<Result<std::string>(const ChatRequest &)>;
  explicit FakeModel(Answer answer) : answer(std::move(answer)) {}
  explicit FakeModel(const std::string &text)
      : answer([text](const ChatRequest &) { return text; }) {}
  /// Answers one after another; an error after the last.
  explicit FakeModel(std::vector<std::string> texts)
      : answer([texts, at = size_t(0)](
                   const ChatRequest &) mutable -> Result<std::string> {
          if (at == texts.size())
            return Error{"the fake model has no more answers"};
          return texts[at++];
        }) {}

  std::string getName() const override { return "fake"; }
  Result<ChatReply> ask(const ChatRequest &request, ChatFault *fault) override {
    std::lock_guard<std::mutex> lock(mutex);
    requests.push_back(request);
    Result<std::string> text = answer(request);
    if (!text) {
      if (fault)
        *fault = failure;
      return Error{text.error()};
    }
    ChatReply reply;
    reply.text = *text;
    reply.usage.requests = 1;
    return reply;
  }
  Result<std::vector<double>> score(const ChatRequest &request,
                                    const std::vector<std::string> &choices,
                                    ChatFault *fault,
                                    ChatReply::Author *author) override {
    if (!scores)
      return ChatModel::score(request, choices, fault, author);
    scored.push_back(request);
    std::vector<double> values = scores(choices);
    if (!values.empty())
      return values;
    if (fault)
      *fault = failure;
    return Error{"the fake model has no scores"};
  }

  std::vector<ChatRequest> requests, scored;
  /// None: a failure.
  std::function<std::vector<double>(const std::vector<std::string> &)> scores;
  ChatFault failure = ChatFault::Server;

private:
  Answer answer;
  std::mutex mutex;
};

/// The text of the list's entries, by label, as a prompt shows them.
inline std::vector<std::pair<std::string, std::string>>
readActions(const ChatRequest &request) {
  const std::string &text = request.messages.back().text;
  std::vector<std::pair<std::string, std::string>> actions;
  size_t at = text.find("## What may be done now");
  at = text.find("```\n", at) + 4;
  size_t end = text.find("\n```", at);
  while (at < end) {
    size_t line = std::min(text.find('\n', at), end);
    std::string entry = text.substr(at, line - at);
    size_t gap = entry.find("  "), reason = entry.find("  (", gap + 2);
    actions.push_back(
        {entry.substr(0, gap), entry.substr(gap + 2, reason - gap - 2)});
    at = line + 1;
  }
  return actions;
}

} // namespace qimeng

#endif // QIMENG_TEST_UNIT_PROMPTS_FAKEMODEL_H
