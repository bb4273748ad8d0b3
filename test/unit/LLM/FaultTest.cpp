//===- FaultTest.cpp - Every fault ends as documented ---------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Endpoint.h"
#include <chrono>
#include <csignal>
#include <ctime>
#include <thread>

using namespace qimeng;

namespace {

using Clock = std::chrono::steady_clock;

struct Case {
  const char *name;
  std::vector<std::string> script;
  /// None: the answer is "fine".
  ChatFault fault;
  size_t requests;
  /// A part of the error.
  const char *words;
};

// Three attempts: 2 retries. What is transient is tried that often.
const std::vector<Case> cases = {
    {"ServerFails",
     {R"({"status": 500, "error": "out of cheese", "times": 0})"},
     ChatFault::Server,
     3,
     "(500), saying: out of cheese (after 3 attempts)"},
    {"ServerRecovers",
     {R"({"status": 503, "times": 2})", R"({"text": "fine"})"},
     ChatFault::None,
     3,
     ""},
    {"RateLimited",
     {R"({"status": 429, "retry_after": "1", "times": 0})"},
     ChatFault::RateLimited,
     3,
     "lower QIMENG_LLM_PARALLEL"},
    {"NoMoney",
     {R"({"status": 429, "error": "You exceeded your current quota"})"},
     ChatFault::RateLimited,
     1,
     "see to the account"},
    {"Unauthorized",
     {R"({"status": 401, "error": "no"})"},
     ChatFault::Settings,
     1,
     "QIMENG_LLM_KEY"},
    {"NoSuchModel",
     {R"({"status": 404})"},
     ChatFault::Settings,
     1,
     "QIMENG_LLM_MODEL"},
    {"BadRequest",
     {R"({"status": 400, "error": "too many tokens"})"},
     ChatFault::Rejected,
     1,
     "too many tokens"},
    {"Redirect",
     {R"({"status": 307, "location": "http://127.0.0.2:9/v1"})"},
     ChatFault::Rejected,
     1,
     "http://127.0.0.2:9/v1"},
    {"Cut",
     {R"({"fault": "cut", "times": 0})"},
     ChatFault::Unreachable,
     3,
     "cut"},
    {"CutOnce",
     {R"({"fault": "cut"})", R"({"text": "fine"})"},
     ChatFault::None,
     2,
     ""},
    {"Closed",
     {R"({"fault": "close", "times": 0})"},
     ChatFault::Unreachable,
     3,
     "cut"},
    {"ClosedOnce",
     {R"({"fault": "close"})", R"({"text": "fine"})"},
     ChatFault::None,
     2,
     ""},
    {"BadJson",
     {R"({"fault": "bad-json"})"},
     ChatFault::Malformed,
     1,
     "not JSON"},
    {"BadUtf8",
     {R"({"fault": "bad-utf8"})"},
     ChatFault::Malformed,
     1,
     "not UTF-8"},
    {"DeepJson",
     {R"({"fault": "deep-json"})"},
     ChatFault::Malformed,
     1,
     "levels deep"},
    {"WrongSchema",
     {R"({"fault": "wrong-schema"})"},
     ChatFault::Malformed,
     1,
     "holds no"},
    {"NoText", {R"({"text": ""})"}, ChatFault::Malformed, 1, "no text"},
    {"Oversized",
     {R"({"fault": "oversized", "bytes": 200000000})"},
     ChatFault::Oversized,
     1,
     "QIMENG_LLM_MAX_ANSWER_BYTES"},
    {"EndlessHeaders",
     {R"({"fault": "headers"})"},
     ChatFault::Oversized,
     1,
     "bytes"},
};

class Fault
    : public ::testing::TestWithParam<std::tuple<Case, ChatProvider, bool>> {};

TEST_P(Fault, EndsAsDocumented) {
  const auto &[what, provider, streaming] = GetParam();
  Endpoint endpoint(what.script);
  ModelSettings settings = endpoint.settings(provider);
  settings.streaming = streaming;
  settings.maxAnswerBytes = 300000;
  settings.totalSeconds = 60;
  Sleeps sleeps;
  auto model = createHttpModel(settings, sleeps.hooks());
  ASSERT_TRUE(bool(model)) << model.error();
  ChatFault fault = ChatFault::Cancelled;
  Clock::time_point start = Clock::now();
  auto reply = (*model)->ask(question("hello"), &fault);
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(5));
  EXPECT_STREQ(describe(fault), describe(what.fault))
      << (reply ? "" : reply.error());
  ASSERT_EQ(bool(reply), what.fault == ChatFault::None);
  if (reply)
    EXPECT_EQ(reply->text, "fine");
  else
    EXPECT_NE(reply.error().find(what.words), std::string::npos)
        << reply.error();
  if (!reply)
    EXPECT_EQ(reply.error().find('\n'), std::string::npos);
  EXPECT_EQ(endpoint.log().size(), what.requests);
  EXPECT_EQ(sleeps.asked.size(), what.requests - 1);
  EXPECT_EQ((*model)->getSpent().requests, int64_t(what.requests));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, Fault,
    ::testing::Combine(::testing::ValuesIn(cases),
                       ::testing::Values(ChatProvider::OpenAI,
                                         ChatProvider::Anthropic),
                       ::testing::Bool()),
    [](const auto &info) {
      return std::string(std::get<0>(info.param).name) +
             (std::get<1>(info.param) == ChatProvider::OpenAI ? "OpenAi"
                                                              : "Anthropic") +
             (std::get<2>(info.param) ? "Stream" : "Whole");
    });

Result<ChatReply> askOnce(const ModelSettings &settings, ChatFault &fault,
                          double &seconds, const HttpHooks &hooks = {}) {
  auto model = createHttpModel(settings, hooks);
  if (!model) {
    fault = ChatFault::Settings;
    return Error{model.error()};
  }
  Clock::time_point start = Clock::now();
  auto reply = (*model)->ask(question("hello"), &fault);
  seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return reply;
}

TEST(Limits, SilenceTimesOutAndIsTriedAgain) {
  Endpoint endpoint(
      {R"({"fault": "silent", "seconds": 5})", R"({"text": "fine"})"});
  ModelSettings settings = endpoint.settings();
  settings.idleSeconds = 0.3;
  ChatFault fault;
  double seconds = 0;
  Sleeps sleeps;
  auto reply = askOnce(settings, fault, seconds, sleeps.hooks());
  ASSERT_TRUE(bool(reply)) << reply.error();
  EXPECT_GE(seconds, 0.3);
  EXPECT_LT(seconds, 1.5);
  // What was sent may be billed, and is counted.
  EXPECT_EQ(reply->usage.requests, 2);
  EXPECT_GT(reply->usage.promptTokens, 50);
}

TEST(Limits, ADripEndsAtTheTotal) {
  Endpoint endpoint({R"({"fault": "drip", "seconds": 0.05})"});
  ModelSettings settings = endpoint.settings();
  settings.totalSeconds = 0.6;
  ChatFault fault;
  double seconds = 0;
  auto reply = askOnce(settings, fault, seconds);
  EXPECT_FALSE(bool(reply));
  EXPECT_EQ(fault, ChatFault::Timeout);
  EXPECT_GE(seconds, 0.6);
  EXPECT_LT(seconds, 1.5);
}

TEST(Limits, NobodyListens) {
  ModelSettings settings;
  settings.model = "m";
  settings.baseUrl = "http://127.0.0.1:9/v1";
  settings.retries = 1;
  ChatFault fault;
  double seconds = 0;
  Sleeps sleeps;
  auto reply = askOnce(settings, fault, seconds, sleeps.hooks());
  ASSERT_FALSE(bool(reply));
  EXPECT_EQ(fault, ChatFault::Unreachable);
  EXPECT_EQ(sleeps.asked.size(), 1u);
  EXPECT_NE(reply.error().find("is the server running"), std::string::npos)
      << reply.error();
}

TEST(Limits, NoSuchHost) {
  ModelSettings settings;
  settings.model = "m";
  settings.baseUrl = "https://no-such-host.invalid/v1";
  settings.retries = 0;
  settings.connectSeconds = 2;
  ChatFault fault;
  double seconds = 0;
  auto reply = askOnce(settings, fault, seconds);
  ASSERT_FALSE(bool(reply));
  EXPECT_TRUE(fault == ChatFault::Unreachable || fault == ChatFault::Timeout)
      << reply.error();
}

TEST(Waits, BackOffDoublesWithJitterAndSeed) {
  auto waits = [](unsigned seed) {
    Endpoint endpoint({R"({"status": 500, "times": 0})"});
    ModelSettings settings = endpoint.settings();
    settings.retries = 7;
    settings.totalSeconds = 1000;
    Sleeps sleeps;
    ChatFault fault;
    double seconds = 0;
    auto reply = askOnce(settings, fault, seconds, sleeps.hooks(seed));
    EXPECT_FALSE(bool(reply));
    return sleeps.asked;
  };
  std::vector<double> first = waits(1);
  ASSERT_EQ(first.size(), 7u);
  double most[] = {1, 2, 4, 8, 16, 30, 30};
  for (size_t i = 0; i < 7; ++i) {
    EXPECT_GE(first[i], most[i] / 2);
    EXPECT_LE(first[i], most[i]);
  }
  EXPECT_EQ(first, waits(1));
  EXPECT_NE(first, waits(2));
}

TEST(Waits, RetryAfterIsHonoured) {
  std::time_t later = std::time(nullptr) + 7;
  char date[64];
  std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT",
                std::gmtime(&later));
  Endpoint endpoint(
      {R"({"status": 429, "retry_after": "3"})",
       R"({"status": 503, "retry_after": ")" + std::string(date) + R"("})",
       R"({"status": 429, "retry_after": "86400"})",
       R"({"status": 429, "retry_after": "soon"})", R"({"text": "fine"})"});
  ModelSettings settings = endpoint.settings();
  settings.retries = 4;
  settings.totalSeconds = 1000;
  Sleeps sleeps;
  ChatFault fault;
  double seconds = 0;
  auto reply = askOnce(settings, fault, seconds, sleeps.hooks());
  ASSERT_TRUE(bool(reply)) << reply.error();
  ASSERT_EQ(sleeps.asked.size(), 4u);
  EXPECT_EQ(sleeps.asked[0], 3);
  EXPECT_GE(sleeps.asked[1], 4);
  EXPECT_LE(sleeps.asked[1], 7);
  EXPECT_EQ(sleeps.asked[2], 60);
  // Not a wait: as after any other failure.
  EXPECT_LE(sleeps.asked[3], 8);
}

TEST(Waits, NoneBeyondTheTotal) {
  Endpoint endpoint({R"({"status": 429, "retry_after": "50", "times": 0})"});
  ModelSettings settings = endpoint.settings();
  ChatFault fault;
  double seconds = 0;
  auto reply = askOnce(settings, fault, seconds);
  ASSERT_FALSE(bool(reply));
  EXPECT_EQ(fault, ChatFault::RateLimited);
  EXPECT_LT(seconds, 2);
  EXPECT_NE(reply.error().find("QIMENG_LLM_TOTAL_SECONDS"), std::string::npos);
}

TEST(Tls, UnknownCertificateIsRefused) {
  Endpoint endpoint({R"({"text": "fine", "times": 0})"}, {"--tls"});
  ModelSettings settings = endpoint.settings();
  settings.key = makeKey("a-key-that-must-not-be-sent-0000000000");
  ChatFault fault;
  double seconds = 0;
  auto reply = askOnce(settings, fault, seconds);
  ASSERT_FALSE(bool(reply));
  EXPECT_EQ(fault, ChatFault::Tls) << reply.error();
  EXPECT_NE(reply.error().find("QIMENG_LLM_CA_FILE"), std::string::npos);
  EXPECT_TRUE(endpoint.log().empty());

  settings.caFile = endpoint.certificate;
  reply = askOnce(settings, fault, seconds);
  ASSERT_TRUE(bool(reply)) << reply.error();
  EXPECT_EQ(reply->text, "fine");

  settings.caFile = "/nonexistent.pem";
  reply = askOnce(settings, fault, seconds);
  EXPECT_EQ(fault, ChatFault::Tls);
}

TEST(Tls, ACertificateForAnotherHostIsRefused) {
  Endpoint endpoint({R"({"text": "fine", "times": 0})"},
                    {"--tls", "--tls-host", "other.example"});
  ModelSettings settings = endpoint.settings();
  settings.caFile = endpoint.certificate;
  ChatFault fault;
  double seconds = 0;
  auto reply = askOnce(settings, fault, seconds);
  ASSERT_FALSE(bool(reply));
  EXPECT_EQ(fault, ChatFault::Tls) << reply.error();
  EXPECT_TRUE(endpoint.log().empty());
}

TEST(Redirects, TheKeyDoesNotFollow) {
  Endpoint other({R"({"text": "stolen", "times": 0})"});
  Endpoint endpoint({R"({"status": 302, "location": ")" + other.url +
                     R"(/chat/completions"})"});
  ModelSettings settings = endpoint.settings();
  settings.key = makeKey("a-key-that-must-not-travel-0000000000");
  ChatFault fault;
  double seconds = 0;
  auto reply = askOnce(settings, fault, seconds);
  ASSERT_FALSE(bool(reply));
  EXPECT_EQ(fault, ChatFault::Rejected);
  EXPECT_TRUE(other.log().empty());
}

TEST(Cancel, AnInterruptEndsAllRequestsAndWaits) {
  Endpoint endpoint({R"({"fault": "silent", "seconds": 20, "times": 3})",
                     R"({"status": 429, "retry_after": "30", "times": 0})"});
  ModelSettings settings = endpoint.settings();
  settings.idleSeconds = settings.totalSeconds = 60;
  settings.parallel = 4;
  auto model = createHttpModel(settings);
  ASSERT_TRUE(bool(model));
  auto before = std::signal(SIGINT, [](int) { cancelRequests(); });
  std::vector<ChatFault> faults(6, ChatFault::None);
  std::vector<std::thread> threads;
  for (ChatFault &fault : faults)
    threads.emplace_back(
        [&] { (void)(*model)->ask(question("hello"), &fault); });
  // Three are silent, one waits for its next attempt, the others for a turn.
  EXPECT_TRUE(endpoint.awaitRequests(4));
  Clock::time_point start = Clock::now();
  std::raise(SIGINT);
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_LT(Clock::now() - start, std::chrono::milliseconds(500));
  for (ChatFault fault : faults)
    EXPECT_EQ(fault, ChatFault::Cancelled);
  std::signal(SIGINT, before);
  // And none begins.
  ChatFault fault = ChatFault::None;
  EXPECT_FALSE(bool((*model)->ask(question("hello"), &fault)));
  EXPECT_EQ(fault, ChatFault::Cancelled);
  allowRequests();
}

TEST(Parallel, NoMoreThanTheLimit) {
  Endpoint endpoint({R"({"text": "fine", "delay": 0.2, "times": 0})"});
  ModelSettings settings = endpoint.settings();
  settings.parallel = 3;
  auto model = createHttpModel(settings);
  ASSERT_TRUE(bool(model));
  Clock::time_point start = Clock::now();
  std::vector<std::thread> threads;
  std::atomic<int> fine{0};
  for (int i = 0; i < 9; ++i)
    threads.emplace_back(
        [&] { fine += bool((*model)->ask(question("hello"))); });
  for (std::thread &thread : threads)
    thread.join();
  double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  EXPECT_EQ(fine, 9);
  // Three rounds of three: neither one by one nor all at once.
  EXPECT_GE(seconds, 0.6);
  EXPECT_LT(seconds, 1.6);
  EXPECT_EQ((*model)->getSpent().requests, 9);
}

} // namespace
