//===- TranscriptTest.cpp - Recorded conversations ------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Endpoint.h"

using namespace qimeng;

namespace {

TEST(Transcript, RecordsAndReplays) {
  TemporaryFolder folder = makeFolder();
  std::string path = folder.path() + "/talk.jsonl";
  Endpoint endpoint(
      {R"({"text": "one", "usage": [7, 3], "author": {"kind": "person", "name": "Ada"}})",
       R"({"text": "two", "finish": "length"})",
       R"({"status": 400, "error": "no"})",
       R"({"logprobs": {"A": -0.25, "B": -3}})"});
  ModelSettings settings = endpoint.settings();
  settings.recordFile = path;
  settings.answerPrice = 1e6;
  std::vector<double> scored;
  {
    auto model = createModel(settings);
    ASSERT_TRUE(bool(model)) << model.error();
    EXPECT_EQ((*model)->ask(question("hello"))->text, "one");
    EXPECT_EQ((*model)->ask(question("hello"))->text, "two");
    EXPECT_FALSE(bool((*model)->ask(question("fail"))));
    scored = *(*model)->score(question("which"), {"A", "B"});
  }
  ModelSettings replay;
  replay.replayFile = path;
  auto model = createModel(replay);
  ASSERT_TRUE(bool(model)) << model.error();
  EXPECT_EQ((*model)->getName(), "replay:" + path);
  ChatFault fault = ChatFault::Server;
  auto reply = (*model)->ask(question("hello"), &fault);
  ASSERT_TRUE(bool(reply));
  EXPECT_EQ(fault, ChatFault::None);
  EXPECT_EQ(reply->text, "one");
  EXPECT_EQ(reply->author.kind, "person");
  EXPECT_EQ(reply->author.name, "Ada");
  EXPECT_EQ(reply->author.date.size(), 10u);
  EXPECT_EQ(reply->usage.reused, 1);
  EXPECT_EQ(reply->usage.answerTokens, 0);
  EXPECT_EQ(reply->firstUsage.answerTokens, 3);
  EXPECT_DOUBLE_EQ(reply->firstUsage.dollars, 3.0);
  reply = (*model)->ask(question("hello"));
  EXPECT_EQ(reply->text, "two");
  EXPECT_TRUE(reply->truncated);
  ChatReply::Author scorer;
  EXPECT_EQ(*(*model)->score(question("which"), {"A", "B"}, nullptr, &scorer),
            scored);
  EXPECT_EQ(scorer.kind, "script");
  EXPECT_EQ(scorer.date.size(), 10u);

  // Strict: neither a third answer, nor one to another question.
  EXPECT_FALSE(bool((*model)->ask(question("hello"), &fault)));
  EXPECT_EQ(fault, ChatFault::NotRecorded);
  reply = (*model)->ask(question("goodbye\nyou"), &fault);
  ASSERT_FALSE(bool(reply));
  EXPECT_EQ(fault, ChatFault::NotRecorded);
  EXPECT_NE(reply.error().find("test's question"), std::string::npos);
  EXPECT_NE(reply.error().find("goodbye you"), std::string::npos);
  EXPECT_EQ(reply.error().find('\n'), std::string::npos);
}

TEST(Transcript, AnUnfinishedLineIsCutOff) {
  TemporaryFolder folder = makeFolder();
  std::string path = folder.path() + "/talk.jsonl";
  Endpoint endpoint({R"({"text": "a", "times": 0})"});
  ModelSettings settings = endpoint.settings();
  settings.recordFile = path;
  ASSERT_TRUE(bool((*createModel(settings))->ask(question("one"))));
  std::string whole = *readFile(path);
  ASSERT_TRUE(bool(writeFile(path, whole + whole.substr(0, 40))));
  // A replay leaves it out, another recording takes it away.
  EXPECT_TRUE(bool((*createReplayModel(path))->ask(question("one"))));
  ASSERT_TRUE(bool((*createModel(settings))->ask(question("two"))));
  auto model = createReplayModel(path);
  ASSERT_TRUE(bool(model)) << model.error();
  EXPECT_TRUE(bool((*model)->ask(question("two"))));
}

TEST(Transcript, WhatIsNoTranscriptIsRefused) {
  TemporaryFolder folder = makeFolder();
  std::string path = folder.path() + "/talk.jsonl";
  auto errorOf = [&](const std::string &text) {
    EXPECT_TRUE(bool(writeFile(path, text)));
    auto model = createReplayModel(path);
    return model ? std::string() : model.error();
  };
  EXPECT_NE(errorOf("hello\n").find("talk.jsonl:1: "), std::string::npos);
  EXPECT_NE(errorOf("{}\n").find("\"request\" is missing"), std::string::npos);
  EXPECT_NE(errorOf("\n{\"request\": {}}\n").find("talk.jsonl:2: "),
            std::string::npos);
  EXPECT_NE(errorOf(R"({"request": {}, "hash": "1", "reply": {"text": ""}})"
                    "\n")
                .find("edited"),
            std::string::npos);
  EXPECT_FALSE(bool(createReplayModel(folder.path() + "/none.jsonl")));
  // By hand, without a hash: as good as recorded.
  EXPECT_EQ(errorOf(R"({"request": {"messages": []}, "reply": {"text": "a", )"
                    R"("author": {"kind": "person", "name": "Ada", )"
                    R"("date": "2026-01-01"}}})"
                    "\n"),
            "");
  // A model, or the built-in pair, is nobody without its version.
  auto by = [&](const std::string &author) {
    return errorOf(R"({"request": {"messages": []}, "reply": {"text": "a", )"
                   R"("author": {"date": "2026-01-01", )" +
                   author + "}}}\n");
  };
  for (const char *kind : {"model", "built-in"}) {
    std::string author = R"("name": "M", "kind": ")" + std::string(kind) + "\"";
    EXPECT_NE(by(author).find("lacks its \"version\""), std::string::npos);
    EXPECT_NE(by(author + R"(, "version": "")").find("lacks its \"version\""),
              std::string::npos);
    EXPECT_EQ(by(author + R"(, "version": "not reported")"), "");
  }
}

TEST(Transcript, IsReplayedOrRecorded) {
  ModelSettings settings;
  settings.replayFile = settings.recordFile = "/nonexistent";
  auto model = createModel(settings);
  ASSERT_FALSE(bool(model));
  EXPECT_NE(model.error().find("not both"), std::string::npos);
}

} // namespace
