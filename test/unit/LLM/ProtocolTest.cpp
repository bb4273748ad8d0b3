//===- ProtocolTest.cpp - What is sent, and what is read ------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Endpoint.h"
#include "Sha256.h"
#include <cmath>
#include <fstream>
#include <thread>

using namespace qimeng;
using Json = nlohmann::json;

namespace {

constexpr const char *schema =
    R"({"type": "object", "properties": {"ranked": {"type": "array",
        "items": {"type": "string", "enum": ["A", "B"]}}},
        "required": ["ranked"], "additionalProperties": false})";

ChatRequest formed() {
  ChatRequest request = question("Which?");
  request.schema = schema;
  request.schemaName = "ranking";
  request.grammar = "root ::= \"A\" | \"B\"";
  return request;
}

std::unique_ptr<ChatModel> make(const ModelSettings &settings) {
  auto model = createHttpModel(settings);
  EXPECT_TRUE(bool(model)) << model.error();
  return std::move(*model);
}

class Protocols
    : public ::testing::TestWithParam<std::tuple<ChatProvider, bool>> {
protected:
  ModelSettings settings(const Endpoint &endpoint) {
    ModelSettings settings = endpoint.settings(std::get<0>(GetParam()));
    settings.streaming = std::get<1>(GetParam());
    return settings;
  }
  bool anthropic() {
    return std::get<0>(GetParam()) == ChatProvider::Anthropic;
  }
};

TEST_P(Protocols, SayAndHear) {
  std::string line =
      R"({"text": "h\u00e9llo\n\ud83d\ude00 \"quoted\"", "usage": [120, 30], )"
      R"("model": "test-model-2", "author": {}})";
  Endpoint server({line});
  ModelSettings with = settings(server);
  with.key = makeKey("sk-0123456789abcdef");
  with.promptPrice = 10;
  with.answerPrice = 100;
  auto model = make(with);
  ChatRequest request = question("first");
  request.messages.push_back({ChatMessage::Role::Assistant, "second"});
  request.messages.push_back({ChatMessage::Role::User, "third"});
  request.temperature = 0.5;
  auto reply = model->ask(request);
  ASSERT_TRUE(bool(reply)) << reply.error();
  EXPECT_EQ(reply->text, "h\u00e9llo\n\U0001F600 \"quoted\"");
  EXPECT_FALSE(reply->truncated);
  EXPECT_EQ(reply->usage.promptTokens, 120);
  EXPECT_EQ(reply->usage.answerTokens, 30);
  EXPECT_EQ(reply->usage.requests, 1);
  EXPECT_DOUBLE_EQ(reply->usage.dollars, 120e-5 + 30e-4);
  EXPECT_EQ(reply->author.kind, "model");
  EXPECT_EQ(reply->author.name, with.model);
  EXPECT_EQ(reply->author.version, "test-model-2");
  EXPECT_EQ(reply->author.date.size(), 10u);

  std::vector<Json> log = server.log();
  ASSERT_EQ(log.size(), 1u);
  EXPECT_EQ(log[0]["path"],
            anthropic() ? "/v1/messages" : "/v1/chat/completions");
  // The key arrives whole.
  EXPECT_EQ(log[0]["key_sha256"], sha256("sk-0123456789abcdef"));
  Json &body = log[0]["body"];
  EXPECT_EQ(body["model"], "test-model");
  EXPECT_EQ(body["max_tokens"], 100);
  EXPECT_EQ(body["temperature"], 0.5);
  Json messages = body["messages"];
  if (anthropic()) {
    EXPECT_EQ(body["system"], "Answer shortly.");
  } else {
    EXPECT_EQ(messages[0]["role"], "system");
    messages.erase(0);
  }
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_EQ(messages[1]["role"], "assistant");
  EXPECT_EQ(messages[2]["content"], "third");
  EXPECT_EQ(body.value("stream", false), with.streaming);
}

TEST_P(Protocols, Truncation) {
  Endpoint endpoint({R"({"text": "as far as", "finish": "length"})"});
  auto reply = make(settings(endpoint))->ask(question("x"));
  ASSERT_TRUE(bool(reply)) << reply.error();
  EXPECT_TRUE(reply->truncated);
}

TEST_P(Protocols, SchemaIsSent) {
  Endpoint endpoint({R"({"text": "{\"ranked\": [\"B\"]}"})"});
  auto reply = make(settings(endpoint))->ask(formed());
  ASSERT_TRUE(bool(reply)) << reply.error();
  EXPECT_EQ(Json::parse(reply->text), Json::parse(R"({"ranked": ["B"]})"));
  Json body = endpoint.log()[0]["body"];
  Json sent = anthropic() ? body["tools"][0]["input_schema"]
                          : body["response_format"]["json_schema"]["schema"];
  EXPECT_EQ(sent, Json::parse(schema));
  if (anthropic())
    EXPECT_EQ(body["tool_choice"]["name"], "ranking");
}

TEST_P(Protocols, SchemaIsSaidWhereItIsRefused) {
  std::string field = anthropic() ? "tools" : "response_format";
  Endpoint endpoint({R"({"reject": ")" + field +
                     R"(", "text": "{\"ranked\": []}", "times": 0})"});
  auto model = make(settings(endpoint));
  auto reply = model->ask(formed());
  ASSERT_TRUE(bool(reply)) << reply.error();
  // By schema, in any form, in words; Anthropic's has no second.
  size_t attempts = anthropic() ? 2 : 3;
  std::vector<Json> log = endpoint.log();
  ASSERT_EQ(log.size(), attempts);
  EXPECT_NE(log.back()["body"].dump().find("satisfy this JSON schema"),
            std::string::npos);
  // It is known from now on.
  ASSERT_TRUE(bool(model->ask(formed())));
  EXPECT_EQ(endpoint.log().size(), attempts + 1);
}

TEST_P(Protocols, OtherFieldsAreLeftOutWhereRefused) {
  Endpoint endpoint({R"({"reject": "temperature", "text": "a", "times": 0})"});
  auto model = make(settings(endpoint));
  ASSERT_TRUE(bool(model->ask(question("x"))));
  EXPECT_FALSE(endpoint.log().back()["body"].contains("temperature"));
}

TEST_P(Protocols, BytesThatAreNotTextAreSentAsMarks) {
  Endpoint endpoint({R"({"text": "a"})"});
  auto reply = make(settings(endpoint))->ask(question("bad \xff\xc3( byte"));
  ASSERT_TRUE(bool(reply)) << reply.error();
  EXPECT_NE(endpoint.log()[0]["body"].dump().find("bad \uFFFD\uFFFD( byte"),
            std::string::npos);
}

TEST_P(Protocols, AnEchoOfTheKeyIsNotHeard) {
  std::string key = "sk-echo-0123456789abcdefghijklmnopqrstuv";
  Endpoint endpoint({R"({"text": "your key is {key}, is it not?"})",
                     R"({"status": 400, "error": "bad key {key}"})",
                     R"({"text": "x", "model": "{key}"})"});
  ModelSettings with = settings(endpoint);
  with.key = makeKey(key);
  auto model = make(with);
  auto reply = model->ask(question("x"));
  ASSERT_TRUE(bool(reply)) << reply.error();
  EXPECT_EQ(reply->text, "your key is [key], is it not?");
  reply = model->ask(question("x"));
  ASSERT_FALSE(bool(reply));
  EXPECT_NE(reply.error().find("bad key [key]"), std::string::npos);
}

TEST_P(Protocols, AuthorsAreHeard) {
  Endpoint endpoint(
      {R"({"text": "a", "author": {"kind": "person", "name": "Ada\nB"}})",
       R"({"text": "a", "author": {"kind": "oracle", "name": "Pythia"}})",
       R"({"text": "a", "author": {"kind": "model", "name": "M", )"
       R"("version": "1.5\n"}})",
       R"({"text": "a", "author": {"kind": "model", "name": "M"}})",
       R"({"text": "a", "author": {}, "model": ""})"});
  auto model = make(settings(endpoint));
  auto reply = model->ask(question("x"));
  ASSERT_TRUE(bool(reply)) << reply.error();
  EXPECT_EQ(reply->author.kind, "person");
  EXPECT_EQ(reply->author.name, "Ada B");
  EXPECT_EQ(reply->author.version, "");
  EXPECT_EQ(describe(reply->author), "person 'Ada B', " + reply->author.date);
  reply = model->ask(question("x"));
  ASSERT_TRUE(bool(reply)) << reply.error();
  EXPECT_EQ(reply->author.kind, "model");
  reply = model->ask(question("x"));
  ASSERT_TRUE(bool(reply)) << reply.error();
  EXPECT_EQ(describe(reply->author),
            "model 'M', version 1.5 , " + reply->author.date);
  // Never without a version, and never one that nobody named.
  for (int i = 0; i < 2; ++i) {
    reply = model->ask(question("x"));
    ASSERT_TRUE(bool(reply)) << reply.error();
    EXPECT_EQ(reply->author.kind, "model");
    EXPECT_EQ(reply->author.version, "not reported");
  }
}

TEST_P(Protocols, HandOver) {
  TemporaryFolder folder = makeFolder();
  std::string at = folder.path();
  ASSERT_TRUE(bool(writeFile(at + "/author.json",
                             R"({"kind": "built-in", "name": "coder", )"
                             R"("version": "0.1"})")));
  auto endpoint = Endpoint::withArguments({"--hand-over", at});
  auto model = make(settings(*endpoint));
  std::thread person([&] {
    for (int i = 0; i < 500; ++i) {
      if (auto text = readFile(at + "/0001.request.json")) {
        EXPECT_TRUE(Json::parse(*text)["messages"].is_array());
        auto page = readFile(at + "/0001.request.md");
        EXPECT_TRUE(page && page->find("Which?") != std::string::npos);
        EXPECT_NE(page->find("\"ranked\""), std::string::npos);
        // Longer than the server's heartbeat.
        std::this_thread::sleep_for(std::chrono::milliseconds(1300));
        EXPECT_TRUE(
            bool(writeFile(at + "/0001.answer.md", R"({"ranked": ["A"]})")));
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ADD_FAILURE() << "no request came";
  });
  auto reply = model->ask(formed());
  person.join();
  ASSERT_TRUE(bool(reply)) << reply.error();
  EXPECT_EQ(Json::parse(reply->text), Json::parse(R"({"ranked": ["A"]})"));
  EXPECT_EQ(reply->author.kind, "built-in");
  EXPECT_EQ(reply->author.name, "coder");
  EXPECT_EQ(reply->author.version, "0.1");
}

INSTANTIATE_TEST_SUITE_P(
    All, Protocols,
    ::testing::Combine(::testing::Values(ChatProvider::OpenAI,
                                         ChatProvider::Anthropic),
                       ::testing::Bool()),
    [](const auto &info) {
      return std::string(std::get<0>(info.param) == ChatProvider::OpenAI
                             ? "OpenAi"
                             : "Anthropic") +
             (std::get<1>(info.param) ? "Stream" : "Whole");
    });

TEST(HandOver, ARequestThatComesAgainIsTheSame) {
  TemporaryFolder folder = makeFolder();
  std::string at = folder.path();
  ASSERT_TRUE(bool(
      writeFile(at + "/author.json", R"({"kind": "person", "name": "Ada"})")));
  auto endpoint = Endpoint::withArguments({"--hand-over", at});
  ModelSettings settings = endpoint->settings();
  settings.totalSeconds = 0.5;
  ChatFault fault;
  EXPECT_FALSE(bool(make(settings)->ask(question("hello"), &fault)));
  EXPECT_EQ(fault, ChatFault::Timeout);
  // The server notices within its heartbeats.
  std::this_thread::sleep_for(std::chrono::milliseconds(2500));
  ASSERT_TRUE(bool(writeFile(at + "/0001.answer.txt", "late, but here")));
  settings.totalSeconds = 5;
  auto reply = make(settings)->ask(question("hello"));
  ASSERT_TRUE(bool(reply)) << reply.error();
  EXPECT_EQ(reply->text, "late, but here");
  EXPECT_FALSE(bool(readFile(at + "/0002.request.json")));
}

TEST(OpenAi, StructuredOutputModes) {
  auto bodyIn = [](StructuredOutput mode) {
    Endpoint endpoint({R"({"text": "{}"})"});
    ModelSettings settings = endpoint.settings();
    settings.structured = mode;
    EXPECT_TRUE(bool(make(settings)->ask(formed())));
    return endpoint.log()[0]["body"];
  };
  Json gbnf = bodyIn(StructuredOutput::Gbnf);
  EXPECT_EQ(gbnf["grammar"], formed().grammar);
  EXPECT_FALSE(gbnf.contains("response_format"));
  Json words = bodyIn(StructuredOutput::None);
  EXPECT_FALSE(words.contains("response_format"));
  EXPECT_NE(words.dump().find("satisfy this JSON schema"), std::string::npos);
}

TEST(OpenAi, ASchemaThatMustBeKeptIsNotGivenUp) {
  Endpoint endpoint({R"({"reject": "response_format", "times": 0})"});
  ModelSettings settings = endpoint.settings();
  settings.structured = StructuredOutput::JsonSchema;
  ChatFault fault;
  EXPECT_FALSE(bool(make(settings)->ask(formed(), &fault)));
  EXPECT_EQ(fault, ChatFault::Rejected);
  EXPECT_EQ(endpoint.log().size(), 1u);
}

TEST(OpenAi, RefusalsWithoutAWord) {
  Endpoint endpoint(
      {R"({"status": 422, "error": "extra fields"})", R"({"text": "{}"})"});
  auto reply = make(endpoint.settings())->ask(formed());
  ASSERT_TRUE(bool(reply)) << reply.error();
  EXPECT_FALSE(endpoint.log()[1]["body"].contains("response_format"));
}

TEST(OpenAi, FieldsOfNewAndOldServers) {
  Endpoint endpoint(
      {R"({"reject": "max_tokens", "error": "Use 'max_completion_tokens'", "text": "a", "times": 0})"});
  ASSERT_TRUE(bool(make(endpoint.settings())->ask(question("x"))));
  EXPECT_EQ(endpoint.log().back()["body"]["max_completion_tokens"], 100);
  Endpoint old({R"({"reject": "stream_options", "text": "a", "times": 0})"});
  auto reply = make(old.settings())->ask(question("x"));
  ASSERT_TRUE(bool(reply)) << reply.error();
  // Without the server's count, one is estimated.
  EXPECT_GT(reply->usage.promptTokens, 20);
}

TEST(Scores, ByFirstTokens) {
  Endpoint endpoint(
      {R"({"logprobs": {"A": -0.5, " B": -1.5, "\"B": -3.0, "zebra": -4.0}})"});
  auto scores =
      make(endpoint.settings())->score(formed(), {"A", "B", "C", "stop"});
  ASSERT_TRUE(bool(scores)) << scores.error();
  ASSERT_EQ(scores->size(), 4u);
  EXPECT_NEAR((*scores)[0], -0.5, 1e-9);
  EXPECT_NEAR((*scores)[1], std::log(std::exp(-1.5) + std::exp(-3.0)), 1e-9);
  EXPECT_LE((*scores)[2], -4.0);
  EXPECT_EQ((*scores)[2], (*scores)[3]);
  Json body = endpoint.log()[0]["body"];
  EXPECT_EQ(body["top_logprobs"], 20);
  EXPECT_EQ(body["max_tokens"], 1);
  EXPECT_FALSE(body.contains("response_format"));
}

// A token that is a label counts, one that begins it and other words does not.
TEST(Scores, WholeLabelsBeforeTheirBeginnings) {
  Endpoint endpoint(
      {R"({"logprobs": {"s": -0.5, "A": -1.5, "st": -2.0, "stop": -3.0}})",
       R"({"logprobs": {"s": -0.5, "A": -1.5, "st": -2.0}})"});
  auto model = make(endpoint.settings());
  auto scores = model->score(formed(), {"A", "stop"});
  ASSERT_TRUE(bool(scores)) << scores.error();
  EXPECT_NEAR((*scores)[1], -3.0, 1e-9);
  scores = model->score(formed(), {"A", "stop"});
  ASSERT_TRUE(bool(scores)) << scores.error();
  EXPECT_NEAR((*scores)[1], std::log(std::exp(-0.5) + std::exp(-2.0)), 1e-9);
}

// llama.cpp gives as many tokens as it is asked for.
TEST(Scores, MoreTokensFromServersWithGrammars) {
  std::string tokens;
  for (int i = 0; i < 200; ++i)
    tokens += "\"t" + std::to_string(i) + "\": -6, ";
  Endpoint endpoint(
      {R"({"logprobs": {)" + tokens + R"("A": -7, "B": -8}, "times": 2})"});
  ModelSettings settings = endpoint.settings();
  EXPECT_FALSE(bool(make(settings)->score(formed(), {"A", "B"})));
  settings.structured = StructuredOutput::Gbnf;
  auto scores = make(settings)->score(formed(), {"A", "B"});
  ASSERT_TRUE(bool(scores)) << scores.error();
  EXPECT_NEAR((*scores)[0], -7, 1e-9);
  EXPECT_NEAR((*scores)[1], -8, 1e-9);
}

// What a label would get in place of a thought is noise.
TEST(Scores, NoneWhereTheModelThinksFirst) {
  Endpoint endpoint({R"({"logprobs": {"<think>": -0.01, "A": -9, "B": -9.5}})",
                     // As llama.cpp has tokens that are no text.
                     R"({"logprobs": {"": -0.01, "A": -9, "B": -9.5}})"});
  auto model = make(endpoint.settings());
  auto scores = model->score(formed(), {"A", "B"});
  ASSERT_FALSE(bool(scores));
  EXPECT_NE(scores.error().find("begins with '<think>'"), std::string::npos);
  EXPECT_FALSE(bool(model->score(formed(), {"A", "B"})));
}

TEST(Scores, ErrorsWhereThereAreNone) {
  Endpoint endpoint({R"({"text": "A", "times": 2})",
                     R"({"logprobs": {"a": -0.1}})",
                     R"({"logprobs": {"x": -0.1}})"});
  ChatFault fault;
  auto model = make(endpoint.settings());
  auto scores = model->score(formed(), {"A", "B"}, &fault);
  ASSERT_FALSE(bool(scores));
  EXPECT_EQ(fault, ChatFault::Rejected);
  scores = make(endpoint.settings(ChatProvider::Anthropic))
               ->score(formed(), {"A", "B"}, &fault);
  EXPECT_FALSE(bool(scores));
  EXPECT_EQ(fault, ChatFault::Rejected);
  EXPECT_EQ(endpoint.log().size(), 1u);
  ASSERT_TRUE(bool(model->ask(question("x"))));
  scores = model->score(formed(), {"aa", "ab"});
  ASSERT_FALSE(bool(scores));
  EXPECT_NE(scores.error().find("share their first token"), std::string::npos);
  scores = model->score(formed(), {"A", "B"});
  ASSERT_FALSE(bool(scores));
}

} // namespace
