//===- Budget.h - What may be spent, and what was ---------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_LLM_BUDGET_H
#define QIMENG_LIB_LLM_BUDGET_H

#include "qimeng/LLM/ChatModel.h"
#include "qimeng/LLM/Settings.h"
#include <condition_variable>
#include <mutex>

namespace qimeng {

/// A request reserves the most that it may cost, and then pays what it did:
/// requests at the same time cannot overrun the budget together. Thread-safe.
class Budget {
public:
  explicit Budget(const ModelSettings &settings);

  /// The most that a request may cost: as many tokens as the prompt has bytes
  /// (a token is a byte at least), and all tokens of the answer.
  ChatUsage estimateMost(size_t promptBytes, int64_t answerTokens) const;
  /// Dollars of the tokens, by the settings' prices.
  double priceOf(const ChatUsage &usage) const;

  /// Waits, `seconds` at most, for requests under way where their reservations
  /// are in the way. The error says what is spent, and what was wanted.
  Status reserve(const ChatUsage &most, double seconds, ChatFault &fault);
  /// Ends a reservation. `cost` is what it came to.
  void pay(const ChatUsage &most, const ChatUsage &cost);
  ChatUsage getSpent() const;

private:
  bool fits(const ChatUsage &most, const ChatUsage &beside) const;

  const int64_t maxTokens;
  const double maxDollars, promptPrice, answerPrice;
  mutable std::mutex mutex;
  std::condition_variable paid;
  ChatUsage spent, reserved;
};

} // namespace qimeng

#endif // QIMENG_LIB_LLM_BUDGET_H
