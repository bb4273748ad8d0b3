//===- SessionsTest.cpp - Recorded sentences and answers ------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// test/Input/Inputs holds sessions.json and, for each of them, a transcript.
// Questions are known by the sentence, so answers outlive changes of the
// prompt; those that were given to another wording count as such.
//
//===----------------------------------------------------------------------===//

#include "../../../lib/LLM/Exchange.h"
#include "../../../lib/LLM/Layers.h"
#include "qimeng/Input/Describe.h"
#include "qimeng/LLM/Json.h"
#include "qimeng/Support/File.h"
#include "gtest/gtest.h"
#include <cstdlib>
#include <set>
#include <sstream>

using namespace qimeng;

namespace {

const std::string folder = QIMENG_SESSIONS;

std::vector<ChatReply> readReplies(const std::string &path) {
  std::vector<ChatReply> replies;
  Result<std::string> text = readFile(path);
  EXPECT_TRUE(bool(text)) << path;
  std::istringstream lines(text ? *text : "");
  for (std::string line; std::getline(lines, line);) {
    auto value = parseJson(line);
    EXPECT_TRUE(bool(value)) << path;
    if (!value)
      break;
    Result<ChatReply> reply = replyFromJson((*value)["reply"]);
    EXPECT_TRUE(bool(reply)) << path;
    if (reply)
      replies.push_back(*reply);
  }
  return replies;
}

TEST(Sessions, TranscriptsAreAnsweredAsRecorded) {
  Result<std::string> text = readFile(folder + "/sessions.json");
  ASSERT_TRUE(bool(text));
  auto sessions = parseJson(*text);
  ASSERT_TRUE(bool(sessions)) << sessions.error();
  EXPECT_GE(sessions->size(), 20u);
  for (const auto &session : *sessions) {
    std::string name = session["name"].get<std::string>();
    SCOPED_TRACE(name);
    std::string path = folder + "/" + name + ".jsonl";
    std::vector<ChatReply> replies = readReplies(path);
    const std::set<std::string> kinds = {"model", "person", "built-in",
                                         "script"};
    for (const ChatReply &reply : replies)
      EXPECT_TRUE(kinds.count(reply.author.kind)) << reply.author.kind;
    DescribeOptions options;
    options.check.sentence = session["sentence"].get<std::string>();
    options.check.expression = session.value("like", std::string());
    auto model = createReplayModel(path);
    ASSERT_TRUE(bool(model)) << model.error();
    DescribeResult result = describeProgram(**model, options);
    EXPECT_EQ(result.succeeded(), session["code"] == 0) << result.error;
    EXPECT_NE(result.fault, DescribeFault::Machine) << result.error;
    EXPECT_NE(result.fault, DescribeFault::Model)
        << result.error << "\nRecord it again: test/Input/Inputs/record.py";
    // A model that finds no program leaves no attempt.
    EXPECT_EQ(std::max<size_t>(result.attempts.size(), 1), replies.size());
    EXPECT_EQ(result.usage.reused, int64_t(replies.size()));
  }
}

} // namespace
