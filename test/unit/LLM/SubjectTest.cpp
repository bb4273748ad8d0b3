//===- SubjectTest.cpp - Recorded answers outlive wordings ----------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Endpoint.h"

using namespace qimeng;
using Json = nlohmann::json;

namespace {

ChatRequest about(const std::string &action, const std::string &wording) {
  ChatRequest request = question(wording);
  request.subject = {{"action", action}, {"program", std::string(500, 'p')}};
  return request;
}

std::string textOf(ChatModel &model, const ChatRequest &request) {
  Result<ChatReply> reply = model.ask(request);
  return reply ? reply->text : "none";
}

TEST(Subject, AnswersAQuestionInOtherWords) {
  TemporaryFolder folder = makeFolder();
  std::string path = folder.path() + "/talk.jsonl";
  Endpoint endpoint(
      {R"({"text": "1"})", R"({"text": "2"})", R"({"text": "3"})"});
  ModelSettings settings = endpoint.settings();
  settings.recordFile = path;
  {
    auto model = createModel(settings);
    ASSERT_TRUE(bool(model)) << model.error();
    EXPECT_EQ(textOf(**model, about("tile", "Please tile.")), "1");
    ChatRequest again = about("tile", "Please tile, differently.");
    again.refusal = "too large";
    EXPECT_EQ(textOf(**model, again), "2");
    EXPECT_EQ(textOf(**model, about("stage", "Please stage.")), "3");
  }
  {
    // What was sent decides before the subject does.
    auto model = createReplayModel(path);
    ASSERT_TRUE(bool(model)) << model.error();
    EXPECT_EQ(textOf(**model, about("tile", "Please tile, differently.")), "2");
    EXPECT_EQ(textOf(**model, about("tile", "Tile!")), "1");
    EXPECT_EQ(textOf(**model, about("tile", "Tile!")), "none");
    EXPECT_EQ(textOf(**model, question("Please stage.")), "3");
  }
  // Small transcripts lack the requests.
  std::string small, whole = *readFile(path);
  std::vector<std::string> refusals;
  for (size_t begin = 0, end; (end = whole.find('\n', begin)) != whole.npos;
       begin = end + 1) {
    Json line = Json::parse(whole.substr(begin, end - begin));
    refusals.push_back(line.value("refusal", ""));
    EXPECT_LT(line["subject"]["program"].get<std::string>().size(), 80u);
    line.erase("request");
    small += line.dump() + "\n";
  }
  EXPECT_EQ(refusals, (std::vector<std::string>{"", "too large", ""}));
  ASSERT_TRUE(bool(writeFile(path, small)));
  auto model = createReplayModel(path);
  ASSERT_TRUE(bool(model)) << model.error();
  EXPECT_EQ(textOf(**model, about("tile", "Tile!")), "1");
  EXPECT_EQ(textOf(**model, about("tile", "Tile!")), "2");
  EXPECT_EQ(textOf(**model, question("Please stage.")), "3");
  EXPECT_EQ(textOf(**model, about("stage", "Stage!")), "none");
  // It is said which answers were given to other words.
  model = createReplayModel(path);
  ASSERT_TRUE(bool(model)) << model.error();
  EXPECT_EQ((*model)->ask(about("stage", "Please stage."))->usage.reworded, 0);
  EXPECT_EQ((*model)->ask(about("tile", "Tile!"))->usage.reworded, 1);
}

} // namespace
