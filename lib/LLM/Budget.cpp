//===- Budget.cpp - What may be spent, and what was -----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Budget.h"
#include <chrono>
#include <cstdio>

namespace qimeng {

Budget::Budget(const ModelSettings &settings)
    : maxTokens(settings.maxTokens), maxDollars(settings.maxDollars),
      promptPrice(settings.promptPrice), answerPrice(settings.answerPrice) {}

double Budget::priceOf(const ChatUsage &usage) const {
  return (usage.promptTokens * promptPrice + usage.answerTokens * answerPrice) /
         1e6;
}

ChatUsage Budget::estimateMost(size_t promptBytes, int64_t answerTokens) const {
  ChatUsage most;
  most.promptTokens = promptBytes;
  most.answerTokens = answerTokens;
  most.dollars = priceOf(most);
  return most;
}

static int64_t tokens(const ChatUsage &usage) {
  return usage.promptTokens + usage.answerTokens;
}

bool Budget::fits(const ChatUsage &most, const ChatUsage &beside) const {
  if (maxTokens > 0 && tokens(most) > maxTokens - tokens(beside))
    return false;
  return maxDollars <= 0 || most.dollars <= maxDollars - beside.dollars;
}

static std::string money(double dollars) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", dollars);
  return text;
}

Status Budget::reserve(const ChatUsage &most, double seconds,
                       ChatFault &fault) {
  auto deadline =
      std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  std::unique_lock<std::mutex> lock(mutex);
  while (true) {
    if (!fits(most, spent)) {
      fault = ChatFault::Budget;
      if (maxTokens > 0 && tokens(most) > maxTokens - tokens(spent))
        return Error{"the budget of " + std::to_string(maxTokens) +
                     " tokens does not hold the request: " +
                     std::to_string(tokens(spent)) +
                     " are spent, and it may "
                     "take " +
                     std::to_string(tokens(most)) +
                     "; raise QIMENG_LLM_MAX_TOKENS to go on"};
      return Error{"the budget of $" + money(maxDollars) +
                   " does not hold the request: $" + money(spent.dollars) +
                   " are spent, and it may take $" + money(most.dollars) +
                   "; raise QIMENG_LLM_MAX_DOLLARS to go on"};
    }
    ChatUsage beside = spent;
    beside += reserved;
    if (fits(most, beside))
      break;
    if (areRequestsCancelled()) {
      fault = ChatFault::Cancelled;
      return Error{"cancelled"};
    }
    if (std::chrono::steady_clock::now() > deadline) {
      fault = ChatFault::Timeout;
      return Error{"other requests held the budget until the time limit; "
                   "raise QIMENG_LLM_MAX_TOKENS, QIMENG_LLM_MAX_DOLLARS or "
                   "QIMENG_LLM_TOTAL_SECONDS"};
    }
    paid.wait_for(lock, std::chrono::milliseconds(50));
  }
  reserved += most;
  return {};
}

void Budget::pay(const ChatUsage &most, const ChatUsage &cost) {
  std::lock_guard<std::mutex> lock(mutex);
  reserved.promptTokens -= most.promptTokens;
  reserved.answerTokens -= most.answerTokens;
  reserved.dollars -= most.dollars;
  spent += cost;
  paid.notify_all();
}

ChatUsage Budget::getSpent() const {
  std::lock_guard<std::mutex> lock(mutex);
  return spent;
}

} // namespace qimeng
