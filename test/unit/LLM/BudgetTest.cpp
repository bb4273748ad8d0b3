//===- BudgetTest.cpp - Nothing is overspent ------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Budget.h"
#include "Endpoint.h"
#include <atomic>
#include <thread>

using namespace qimeng;

namespace {

TEST(Budget, TokensAreNotOverrunInParallel) {
  // Each costs nearly what it may: a token for each byte, and all of the
  // answer.
  Endpoint endpoint(
      {R"({"text": "fine", "usage": [400, 100], "delay": 0.02, "times": 0})"});
  ModelSettings settings = endpoint.settings();
  settings.parallel = 8;
  settings.maxTokens = 5000;
  auto model = createHttpModel(settings);
  ASSERT_TRUE(bool(model));
  std::atomic<int> fine{0}, refused{0}, other{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 24; ++i)
    threads.emplace_back([&] {
      ChatFault fault;
      auto reply = (*model)->ask(question(std::string(400, 'x')), &fault);
      ++(reply ? fine : fault == ChatFault::Budget ? refused : other);
    });
  for (std::thread &thread : threads)
    thread.join();
  ChatUsage spent = (*model)->getSpent();
  EXPECT_EQ(other, 0);
  EXPECT_GT(refused, 0);
  EXPECT_EQ(spent.requests, fine);
  EXPECT_EQ(endpoint.log().size(), size_t(fine));
  EXPECT_LE(spent.promptTokens + spent.answerTokens, 5000);
  // Nor is it given up early: another request may not fit, two would have.
  EXPECT_GT(spent.promptTokens + spent.answerTokens, 3500);
}

TEST(Budget, DollarsAreCountedAndEnd) {
  Endpoint endpoint({R"({"text": "fine", "usage": [1000, 100], "times": 0})"});
  ModelSettings settings = endpoint.settings();
  settings.promptPrice = 1000; // a dollar for a thousand tokens
  settings.answerPrice = 10000;
  settings.maxDollars = 5;
  auto model = createHttpModel(settings);
  ASSERT_TRUE(bool(model));
  ChatFault fault = ChatFault::None;
  int asked = 0;
  for (; asked < 10; ++asked) {
    auto reply = (*model)->ask(question("hello"), &fault);
    if (reply) {
      EXPECT_DOUBLE_EQ(reply->usage.dollars, 2.0);
      continue;
    }
    EXPECT_NE(reply.error().find("QIMENG_LLM_MAX_DOLLARS"), std::string::npos)
        << reply.error();
    break;
  }
  EXPECT_EQ(fault, ChatFault::Budget);
  EXPECT_EQ(asked, 2);
  EXPECT_DOUBLE_EQ((*model)->getSpent().dollars, 4.0);
}

TEST(Budget, ReservationsWaitForEachOther) {
  ModelSettings settings;
  settings.maxTokens = 100;
  Budget budget(settings);
  ChatUsage most = budget.estimateMost(50, 30);
  ChatFault fault = ChatFault::None;
  ASSERT_TRUE(bool(budget.reserve(most, 1, fault)));
  // Does not fit beside the first, but may once that is paid for.
  std::thread second([&] {
    ChatFault inner = ChatFault::None;
    EXPECT_TRUE(bool(budget.reserve(most, 5, inner)));
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  ChatUsage cost;
  cost.promptTokens = 10;
  cost.answerTokens = 5;
  budget.pay(most, cost);
  second.join();
  EXPECT_FALSE(bool(budget.reserve(most, 0.1, fault)));
  EXPECT_EQ(fault, ChatFault::Timeout);
  budget.pay(most, most);
  EXPECT_FALSE(bool(budget.reserve(most, 0.1, fault)));
  EXPECT_EQ(fault, ChatFault::Budget);
  EXPECT_EQ(budget.getSpent().promptTokens, 60);
}

TEST(Budget, TheCacheAnswersWhenItIsSpent) {
  TemporaryFolder folder = makeFolder();
  Endpoint endpoint({R"({"text": "fine", "usage": [900, 90], "times": 0})"});
  ModelSettings settings = endpoint.settings();
  settings.maxTokens = 1000;
  settings.cacheFolder = folder.path();
  auto model = createModel(settings);
  ASSERT_TRUE(bool(model)) << model.error();
  ASSERT_TRUE(bool((*model)->ask(question("one"))));
  ChatFault fault;
  EXPECT_FALSE(bool((*model)->ask(question("two"), &fault)));
  EXPECT_EQ(fault, ChatFault::Budget);
  auto reply = (*model)->ask(question("one"), &fault);
  ASSERT_TRUE(bool(reply));
  EXPECT_EQ(reply->usage.reused, 1);
  EXPECT_EQ(reply->usage.promptTokens, 0);
  EXPECT_EQ(reply->firstUsage.promptTokens, 900);
  EXPECT_EQ((*model)->getSpent().promptTokens, 900);
}

} // namespace
