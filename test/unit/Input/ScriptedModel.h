//===- ScriptedModel.h - A model that says what it is told ------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TEST_UNIT_INPUT_SCRIPTEDMODEL_H
#define QIMENG_TEST_UNIT_INPUT_SCRIPTEDMODEL_H

#include "qimeng/LLM/ChatModel.h"

namespace qimeng {

/// Gives its replies in order, and keeps the requests.
class ScriptedModel : public ChatModel {
public:
  explicit ScriptedModel(std::vector<ChatReply> replies)
      : replies(std::move(replies)) {}
  explicit ScriptedModel(const std::vector<std::string> &texts) {
    for (const std::string &text : texts) {
      ChatReply reply;
      reply.text = text;
      reply.author = {"script", "test", "", "2026-11-22"};
      replies.push_back(reply);
    }
  }

  std::string getName() const override { return "script"; }
  Result<ChatReply> ask(const ChatRequest &request, ChatFault *fault) override {
    requests.push_back(request);
    if (requests.size() > replies.size()) {
      if (fault)
        *fault = ChatFault::NotRecorded;
      return Error{"the script has no more replies"};
    }
    if (fault)
      *fault = ChatFault::None;
    return replies[requests.size() - 1];
  }

  std::vector<ChatReply> replies;
  std::vector<ChatRequest> requests;
};

} // namespace qimeng

#endif // QIMENG_TEST_UNIT_INPUT_SCRIPTEDMODEL_H
