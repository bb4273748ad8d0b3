//===- AskedTest.cpp - Questions that another run asked -------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Endpoint.h"
#include <chrono>
#include <map>
#include <set>
#include <thread>

using namespace qimeng;

namespace {

/// What outlives a run, and a run's view of it.
using Notes = std::map<std::string, bool>;
class OneRun : public AskedQuestions {
public:
  explicit OneRun(Notes &notes) : notes(notes) {}
  Result<bool> note(const std::string &name) override {
    if (notes[name] && !ours.count(name))
      return false;
    if (full)
      return Error{"no space in '/here'; make room"};
    notes[name] = true;
    ours.insert(name);
    return true;
  }
  void settle(const std::string &name) override { notes[name] = false; }
  size_t open() const {
    size_t count = 0;
    for (const auto &[name, isOpen] : notes)
      count += isOpen;
    return count;
  }
  bool full = false;

private:
  Notes &notes;
  std::set<std::string> ours;
};

struct AskedTest : ::testing::Test {
  std::unique_ptr<ChatModel> modelFor(const Endpoint &endpoint,
                                      unsigned retries = 0) {
    ModelSettings settings = endpoint.settings();
    settings.cacheFolder = folder.path();
    settings.idleSeconds = 0.3;
    settings.retries = retries;
    auto model = createModel(settings);
    EXPECT_TRUE(bool(model)) << model.error();
    return std::move(*model);
  }
  ChatRequest asking(const std::string &text, OneRun &run) {
    ChatRequest request = question(text);
    request.purpose = "planner";
    request.asked = &run;
    return request;
  }
  TemporaryFolder folder = makeFolder();
  Notes notes;
};

TEST_F(AskedTest, WhatCameToNothingIsNotAskedByAnotherRun) {
  Endpoint endpoint({R"({"fault": "silent", "seconds": 1})",
                     R"({"text": "two"})", R"({"text": "three"})",
                     R"({"text": "four"})"});
  auto model = modelFor(endpoint);
  OneRun first(notes);
  ChatFault fault;
  ASSERT_FALSE(bool(model->ask(asking("hello", first), &fault)));
  EXPECT_EQ(fault, ChatFault::Timeout);

  OneRun second(notes);
  auto lost = model->ask(asking("hello", second), &fault);
  ASSERT_FALSE(bool(lost));
  EXPECT_EQ(fault, ChatFault::Lost);
  EXPECT_STREQ(lost.error().c_str(),
               "another run of this session asked the planner's question and "
               "kept no answer to it");
  EXPECT_EQ(endpoint.log().size(), 1u);

  // Another sample is another question; the run that asked may go on asking;
  // and so may other sessions, and who keeps no notes.
  ChatRequest sample = asking("hello", second);
  sample.sample = 1;
  EXPECT_EQ(model->ask(sample)->text, "two");
  Notes others;
  OneRun other(others);
  EXPECT_EQ(model->ask(asking("other", other))->text, "three");
  EXPECT_EQ(model->ask(asking("hello", first))->text, "four");
  // Then the answer is there for all.
  EXPECT_EQ(model->ask(asking("hello", second))->text, "four");
  EXPECT_EQ(first.open(), 0u);
}

TEST_F(AskedTest, AttemptsOfOneRunAreNoSecondAsking) {
  Endpoint endpoint({R"({"status": 500})", R"({"text": "fine"})"});
  OneRun run(notes);
  EXPECT_EQ(modelFor(endpoint, 1)->ask(asking("hello", run))->text, "fine");
  EXPECT_EQ(run.open(), 0u);
}

TEST_F(AskedTest, CancelledQuestionsMayBeAskedAgain) {
  Endpoint endpoint(
      {R"({"fault": "silent", "seconds": 5})", R"({"text": "fine"})"});
  ModelSettings settings = endpoint.settings();
  settings.cacheFolder = folder.path();
  auto model = createModel(settings);
  ASSERT_TRUE(bool(model));
  OneRun first(notes), second(notes);
  std::thread interrupt([&] {
    endpoint.awaitRequests(1);
    EXPECT_EQ(first.open(), 1u);
    cancelRequests();
  });
  ChatFault fault;
  EXPECT_FALSE(bool((*model)->ask(asking("hello", first), &fault)));
  interrupt.join();
  allowRequests();
  EXPECT_EQ(fault, ChatFault::Cancelled);
  EXPECT_EQ((*model)->ask(asking("hello", second))->text, "fine");
}

TEST_F(AskedTest, WhatIsPutRightIsAskedAgain) {
  Endpoint endpoint({R"({"status": 401})", R"({"text": "fine"})"});
  auto model = modelFor(endpoint);
  OneRun first(notes), second(notes);
  ChatFault fault;
  EXPECT_FALSE(bool(model->ask(asking("hello", first), &fault)));
  EXPECT_EQ(fault, ChatFault::Settings);
  EXPECT_EQ(model->ask(asking("hello", second))->text, "fine");
}

TEST_F(AskedTest, ScoresToo) {
  Endpoint endpoint({R"({"fault": "silent", "seconds": 1})"});
  auto model = modelFor(endpoint);
  OneRun first(notes), second(notes);
  ChatFault fault;
  EXPECT_FALSE(bool(model->score(asking("hello", first), {"A", "B"}, &fault)));
  EXPECT_EQ(fault, ChatFault::Timeout);
  EXPECT_FALSE(bool(model->score(asking("hello", second), {"A", "B"}, &fault)));
  EXPECT_EQ(fault, ChatFault::Lost);
  EXPECT_EQ(endpoint.log().size(), 1u);
}

TEST_F(AskedTest, WhatCannotBeNotedIsNotAsked) {
  Endpoint endpoint({R"({"text": "fine"})"});
  OneRun run(notes);
  run.full = true;
  ChatFault fault;
  auto reply = modelFor(endpoint)->ask(asking("hello", run), &fault);
  ASSERT_FALSE(bool(reply));
  EXPECT_EQ(fault, ChatFault::Settings);
  EXPECT_STREQ(reply.error().c_str(),
               "a question cannot be noted before it is asked: no space in "
               "'/here'; make room");
  EXPECT_TRUE(endpoint.log().empty());
}

TEST_F(AskedTest, AnAnswerThatCannotBeKeptIsNotAskedForTwice) {
  Endpoint endpoint({R"({"text": "one"})", R"({"text": "two"})"});
  auto model = modelFor(endpoint);
  // Files where the shelves of answers would be.
  for (int shelf = 0; shelf < 256; ++shelf) {
    char name[3];
    std::snprintf(name, sizeof name, "%02x", shelf);
    ASSERT_TRUE(bool(writeFile(folder.path() + "/" + name, "")));
  }
  OneRun first(notes), second(notes);
  ChatFault fault;
  EXPECT_FALSE(bool(model->ask(asking("hello", first), &fault)));
  EXPECT_EQ(fault, ChatFault::Settings);
  EXPECT_FALSE(bool(model->ask(asking("hello", second), &fault)));
  EXPECT_EQ(fault, ChatFault::Lost);
  EXPECT_EQ(endpoint.log().size(), 1u);
}

} // namespace
