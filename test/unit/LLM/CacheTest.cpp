//===- CacheTest.cpp - Nothing is asked twice -----------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Endpoint.h"
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sys/stat.h>
#include <thread>

using namespace qimeng;
namespace fs = std::filesystem;

namespace {

std::vector<fs::path> filesOf(const std::string &folder) {
  std::vector<fs::path> files;
  for (const auto &entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files.push_back(entry.path());
  return files;
}

TEST(Cache, AnswersWhatWasAsked) {
  TemporaryFolder folder = makeFolder();
  Endpoint endpoint(
      {R"({"text": "one", "author": {"kind": "person", "name": "Ada"}})",
       R"({"text": "two"})", R"({"text": "three"})",
       R"({"logprobs": {"A": -0.1, "B": -3}})"});
  ModelSettings settings = endpoint.settings();
  settings.cacheFolder = folder.path() + "/cache/llm";
  auto model = createModel(settings);
  ASSERT_TRUE(bool(model)) << model.error();
  struct stat known;
  ASSERT_EQ(::stat(settings.cacheFolder.c_str(), &known), 0);
  EXPECT_EQ(known.st_mode & 077, 0u);

  ChatRequest request = question("hello");
  EXPECT_EQ((*model)->ask(request)->text, "one");
  request.purpose = "another purpose";
  auto again = (*model)->ask(request);
  EXPECT_EQ(again->text, "one");
  EXPECT_EQ(again->usage.reused, 1);
  EXPECT_EQ(again->author.kind, "person");
  // Another sample is another question, another model another's.
  request.sample = 1;
  EXPECT_EQ((*model)->ask(request)->text, "two");
  settings.model = "other-model";
  auto other = createModel(settings);
  EXPECT_EQ((*other)->ask(request)->text, "three");
  auto scores = (*other)->score(request, {"A", "B"});
  ASSERT_TRUE(bool(scores));
  EXPECT_EQ(*(*other)->score(request, {"A", "B"}), *scores);
  EXPECT_EQ(endpoint.log().size(), 4u);
}

TEST(Cache, DamagedEntriesAreAskedAnew) {
  TemporaryFolder folder = makeFolder();
  Endpoint endpoint({R"({"text": "first"})", R"({"text": "second"})",
                     R"({"text": "third"})", R"({"text": "fourth"})"});
  ModelSettings settings = endpoint.settings();
  settings.cacheFolder = folder.path();
  auto model = createModel(settings);
  ASSERT_TRUE(bool(model));
  EXPECT_EQ((*model)->ask(question("hello"))->text, "first");
  std::vector<fs::path> files = filesOf(folder.path());
  ASSERT_EQ(files.size(), 1u);
  std::string whole = *readFile(files[0]);
  auto damage = [&](const std::string &bytes) {
    ASSERT_TRUE(bool(writeFile(files[0], bytes)));
  };
  damage(whole.substr(0, whole.size() / 2));
  EXPECT_EQ((*model)->ask(question("hello"))->text, "second");
  // Whole again.
  EXPECT_EQ((*model)->ask(question("hello"))->text, "second");
  std::string foreign = whole;
  foreign.replace(foreign.find("hello"), 5, "HELLO");
  damage(foreign);
  EXPECT_EQ((*model)->ask(question("hello"))->text, "third");
  damage("");
  EXPECT_EQ((*model)->ask(question("hello"))->text, "fourth");
}

TEST(Cache, TheSameQuestionInManyThreadsIsAskedOnce) {
  TemporaryFolder folder = makeFolder();
  Endpoint endpoint({R"({"text": "fine", "delay": 0.1, "times": 0})"});
  ModelSettings settings = endpoint.settings();
  settings.cacheFolder = folder.path();
  auto model = createModel(settings);
  ASSERT_TRUE(bool(model));
  std::atomic<int> fine{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      auto reply = (*model)->ask(question("hello"));
      fine += reply && reply->text == "fine";
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(fine, 8);
  EXPECT_EQ(endpoint.log().size(), 1u);
}

TEST(Cache, AFolderThatCannotBeWrittenIsSaid) {
  ModelSettings settings;
  settings.baseUrl = "http://127.0.0.1:9/v1";
  settings.model = "m";
  settings.cacheFolder = "/dev/null/cache";
  auto model = createModel(settings);
  ASSERT_FALSE(bool(model));
  EXPECT_NE(model.error().find("QIMENG_LLM_CACHE"), std::string::npos);
}

constexpr int questions = 40;

/// What the killed process does.
TEST(CacheChild, DISABLED_AskAll) {
  const char *url = std::getenv("QIMENG_TEST_URL");
  ASSERT_NE(url, nullptr);
  ModelSettings settings;
  settings.baseUrl = url;
  settings.model = "test-model";
  settings.cacheFolder = std::getenv("QIMENG_TEST_CACHE");
  settings.recordFile = settings.cacheFolder + "/transcript.jsonl";
  auto model = createModel(settings);
  ASSERT_TRUE(bool(model)) << model.error();
  for (int i = 0; i < questions; ++i) {
    auto reply = (*model)->ask(question("number " + std::to_string(i)));
    ASSERT_TRUE(bool(reply)) << reply.error();
  }
}

TEST(Cache, AKilledProcessGoesOn) {
  TemporaryFolder folder = makeFolder();
  Endpoint endpoint({R"({"text": "fine", "delay": 0.005, "times": 0})"});
  std::vector<std::string> variables = {"QIMENG_TEST_URL=" + endpoint.url,
                                        "QIMENG_TEST_CACHE=" + folder.path() +
                                            "/cache"};
  std::string output = folder.path() + "/output";
  size_t kills = 0;
  for (size_t until : {5, 11, 18, 30}) {
    pid_t child = startSelf("CacheChild.DISABLED_AskAll", variables, output);
    endpoint.awaitRequests(until);
    ::kill(child, SIGKILL);
    await(child);
    ++kills;
  }
  pid_t child = startSelf("CacheChild.DISABLED_AskAll", variables, output);
  EXPECT_EQ(await(child), 0) << *readFile(output);
  // Only what was under way at a kill can have been asked again.
  size_t asked = endpoint.log().size();
  EXPECT_GE(asked, size_t(questions));
  EXPECT_LE(asked, questions + kills);
  // And the transcript holds each exchange once, whole.
  auto replay = createReplayModel(folder.path() + "/cache/transcript.jsonl");
  ASSERT_TRUE(bool(replay)) << replay.error();
  for (int i = 0; i < questions; ++i) {
    ChatRequest request = question("number " + std::to_string(i));
    auto reply = (*replay)->ask(request);
    ASSERT_TRUE(bool(reply)) << reply.error();
    EXPECT_FALSE(bool((*replay)->ask(request)));
  }
}

} // namespace
