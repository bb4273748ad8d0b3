//===- SessionModelTest.cpp - What a session has asked --------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SessionModel.h"
#include "qimeng/Support/File.h"
#include "gtest/gtest.h"
#include <csignal>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace qimeng;

namespace {

struct StoredQuestionsTest : ::testing::Test {
  void SetUp() override {
    auto made = TemporaryFolder::create("qimeng-questions");
    ASSERT_TRUE(made) << made.error();
    folder = std::make_unique<TemporaryFolder>(std::move(*made));
    path = folder->path() + "/trials.db";
  }
  std::unique_ptr<TemporaryFolder> folder;
  std::string path;
};

bool isNoted(StoredQuestions &questions, const std::string &name) {
  Result<bool> first = questions.note(name);
  EXPECT_TRUE(bool(first)) << first.error();
  return first && *first;
}

TEST_F(StoredQuestionsTest, OutliveTheRun) {
  auto store = TrialStore::open(path);
  ASSERT_TRUE(store) << store.error();
  StoredQuestions first(*store, "session", false);
  EXPECT_TRUE(isNoted(first, "a"));
  EXPECT_TRUE(isNoted(first, "a")); // its own attempts
  EXPECT_TRUE(isNoted(first, "b"));
  first.settle("b");

  auto same = TrialStore::open(path);
  ASSERT_TRUE(same) << same.error();
  StoredQuestions second(*same, "session", false);
  EXPECT_FALSE(isNoted(second, "a"));
  EXPECT_FALSE(isNoted(second, "a"));
  EXPECT_TRUE(isNoted(second, "b"));
  EXPECT_TRUE(isNoted(second, "c"));
  StoredQuestions other(*same, "other session", false);
  EXPECT_TRUE(isNoted(other, "a"));
  StoredQuestions again(*same, "session", true);
  EXPECT_TRUE(isNoted(again, "a"));
  // Whether the question had an answer then decides for the next run.
  StoredQuestions third(*same, "session", false);
  EXPECT_FALSE(isNoted(third, "a"));
  again.settle("a");
  EXPECT_TRUE(isNoted(third, "a"));
}

TEST_F(StoredQuestionsTest, WhatWasNotedAtAKillIsNoted) {
  ASSERT_TRUE(bool(TrialStore::open(path)));
  for (int round = 0; round < 5; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    pid_t child = ::fork();
    if (child == 0) {
      auto store = TrialStore::open(path);
      if (!store)
        ::_exit(1);
      StoredQuestions questions(*store, "round " + std::to_string(round),
                                false);
      for (int i = 0;; ++i)
        if (!questions.note(std::to_string(i)) ||
            ::write(ends[1], &i, sizeof i) != sizeof i)
          ::_exit(2);
    }
    ::close(ends[1]);
    int last = -1;
    while (last < 10 + 7 * round)
      ASSERT_EQ(::read(ends[0], &last, sizeof last), ssize_t(sizeof last));
    ::kill(child, SIGKILL);
    while (::read(ends[0], &last, sizeof last) > 0)
      ;
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    auto store = TrialStore::open(path);
    ASSERT_TRUE(store) << store.error();
    StoredQuestions questions(*store, "round " + std::to_string(round), false);
    for (int i = 0; i <= last; ++i)
      EXPECT_FALSE(isNoted(questions, std::to_string(i)));
    EXPECT_TRUE(isNoted(questions, std::to_string(last + 2)));
  }
}

TEST_F(StoredQuestionsTest, WithoutRoomTheErrorSaysWhereAndWhatToDo) {
  // The limit on file sizes stands in for a full disk.
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    auto store = TrialStore::open(path);
    if (!store)
      ::_exit(1);
    rlimit limit{200000, 200000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    StoredQuestions questions(*store, "session", false);
    for (int i = 0; i < 100000; ++i) {
      Result<bool> noted =
          questions.note(std::to_string(i) + std::string(2000, 'q'));
      if (noted)
        continue;
      std::string why = noted.error();
      ::_exit(::write(ends[1], why.data(), why.size()) < 0);
    }
    ::_exit(2);
  }
  ::close(ends[1]);
  char why[2000] = {};
  EXPECT_GT(::read(ends[0], why, sizeof why - 1), 0);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_NE(std::string(why).find(path), std::string::npos) << why;
  EXPECT_NE(std::string(why).find("run the same command again"),
            std::string::npos)
      << why;
}

/// Fails with a fault as long as there is one.
struct Faulty : ChatModel {
  std::string getName() const override { return "faulty"; }
  Result<ChatReply> ask(const ChatRequest &request, ChatFault *kind) override {
    ++asked;
    questions = request.asked;
    *kind = fault;
    if (fault != ChatFault::None)
      return Error{"no answer"};
    return ChatReply();
  }
  ChatFault fault = ChatFault::Lost;
  int asked = 0;
  AskedQuestions *questions = nullptr;
};

TEST_F(StoredQuestionsTest, LostAnswersEndNoSession) {
  auto store = TrialStore::open(path);
  ASSERT_TRUE(store) << store.error();
  StoredQuestions questions(*store, "session", false);
  Faulty faulty;
  std::vector<std::string> told;
  SessionModel model(
      faulty, &questions, [](const ChatUsage &) {},
      [&](const std::string &sentence) { told.push_back(sentence); });
  for (int i = 0; i < 10; ++i)
    EXPECT_FALSE(bool(model.ask({})));
  EXPECT_EQ(faulty.questions, &questions);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0],
            "An answer of the language model is lost: no answer. The built-in "
            "planner and coder take that step; --llm-ask-again asks such "
            "questions once more.");
  faulty.fault = ChatFault::None;
  EXPECT_TRUE(bool(model.ask({})));
  // Silence is another matter.
  faulty.fault = ChatFault::Timeout;
  for (int i = 0; i < 10; ++i)
    EXPECT_FALSE(bool(model.ask({})));
  EXPECT_EQ(faulty.asked, 14);
  EXPECT_EQ(told.size(), 2u);
}

} // namespace
