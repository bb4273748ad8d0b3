//===- ChatModel.cpp - Asking a language model ----------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/LLM/ChatModel.h"
#include <atomic>

namespace qimeng {

ChatUsage &ChatUsage::operator+=(const ChatUsage &other) {
  requests += other.requests;
  promptTokens += other.promptTokens;
  answerTokens += other.answerTokens;
  dollars += other.dollars;
  reused += other.reused;
  reworded += other.reworded;
  return *this;
}

const char *describe(ChatFault fault) {
  switch (fault) {
  case ChatFault::None:
    return "no fault";
  case ChatFault::Cancelled:
    return "cancelled";
  case ChatFault::Budget:
    return "budget spent";
  case ChatFault::Settings:
    return "wrong settings";
  case ChatFault::Unreachable:
    return "unreachable";
  case ChatFault::Timeout:
    return "timed out";
  case ChatFault::Tls:
    return "no secure connection";
  case ChatFault::RateLimited:
    return "rate limited";
  case ChatFault::Server:
    return "server failed";
  case ChatFault::Rejected:
    return "request rejected";
  case ChatFault::Malformed:
    return "malformed answer";
  case ChatFault::Oversized:
    return "answer too large";
  case ChatFault::NotRecorded:
    return "not recorded";
  case ChatFault::Lost:
    return "answer lost";
  }
  return "unknown fault";
}

bool isFinal(ChatFault fault) {
  switch (fault) {
  case ChatFault::Cancelled:
  case ChatFault::Budget:
  case ChatFault::Settings:
  case ChatFault::Unreachable:
  case ChatFault::Tls:
    return true;
  default:
    return false;
  }
}

const char *const notReported = "not reported";

std::string describe(const ChatReply::Author &author) {
  return author.kind + " '" + author.name + "', " +
         (author.version.empty() ? "" : "version " + author.version + ", ") +
         author.date;
}

AskedQuestions::~AskedQuestions() = default;
ChatModel::~ChatModel() = default;

Result<std::vector<double>> ChatModel::score(const ChatRequest &,
                                             const std::vector<std::string> &,
                                             ChatFault *fault,
                                             ChatReply::Author *) {
  if (fault)
    *fault = ChatFault::Rejected;
  return Error{getName() + " gives no log-probabilities"};
}

ChatUsage ChatModel::getSpent() const { return {}; }

static std::atomic<bool> cancelled{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void cancelRequests() noexcept { cancelled.store(true); }
void allowRequests() noexcept { cancelled.store(false); }
bool areRequestsCancelled() noexcept { return cancelled.load(); }

} // namespace qimeng
