//===- KeyTest.cpp - The key is nowhere -----------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A process that has asked a server, and been told its key in every way, leaves
// all of its files, its output, its memory as a core dump has it, and a core
// file where the system writes one. The key is in none of them.
//
//===----------------------------------------------------------------------===//

#include "Endpoint.h"
#include "Sha256.h"
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace qimeng;
namespace fs = std::filesystem;

namespace {

/// Writes what a core dump would hold: mappings without the flag "dd".
void dumpMemory(const std::string &path) {
  std::ifstream maps("/proc/self/smaps");
  int memory = ::open("/proc/self/mem", O_RDONLY);
  std::ofstream dump(path, std::ios::binary);
  unsigned long begin = 0, end = 0;
  bool readable = false;
  std::vector<char> bytes(1 << 16);
  for (std::string line; std::getline(maps, line);) {
    char flags[8];
    unsigned long first, last;
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &first, &last, flags) == 3) {
      begin = first;
      end = last;
      readable = flags[0] == 'r';
      continue;
    }
    if (line.rfind("VmFlags:", 0) != 0)
      continue;
    if (!readable || line.find(" dd") != std::string::npos)
      continue;
    for (unsigned long at = begin; at < end; at += bytes.size()) {
      size_t wanted = std::min<unsigned long>(bytes.size(), end - at);
      ssize_t got = ::pread(memory, bytes.data(), wanted, at);
      if (got > 0)
        dump.write(bytes.data(), got);
    }
  }
  ::close(memory);
}

/// What the examined process does.
TEST(KeyChild, DISABLED_AskAndDie) {
  // Alive to the end, as in the middle of a session.
  std::vector<std::unique_ptr<ChatModel>> models;
  for (const char *provider : {"openai", "anthropic"}) {
    ::setenv("QIMENG_LLM_PROVIDER", provider, 1);
    for (const char *stream : {"true", "false"}) {
      ::setenv("QIMENG_LLM_STREAM", stream, 1);
      auto settings = loadModelSettings();
      ASSERT_TRUE(bool(settings)) << settings.error();
      ASSERT_TRUE(settings->key);
      std::puts(describe(*settings).c_str());
      settings->totalSeconds = 10;
      settings->retries = 1;
      auto model = createModel(*settings);
      ASSERT_TRUE(bool(model)) << model.error();
      models.push_back(std::move(*model));
      for (int i = 0; i < 8; ++i) {
        auto reply = models.back()->ask(
            question("hello " + std::to_string(i) + provider + stream));
        std::printf("%s\n",
                    reply ? reply->text.c_str() : reply.error().c_str());
      }
    }
  }
  std::fflush(stdout);
  dumpMemory("memory");
  // As much of a core file as the system allows.
  struct rlimit core;
  ::getrlimit(RLIMIT_CORE, &core);
  core.rlim_cur = core.rlim_max;
  ::setrlimit(RLIMIT_CORE, &core);
  std::signal(SIGABRT, SIG_DFL);
  std::abort();
}

std::string randomKey() {
  std::random_device random;
  std::string key = "sk-";
  while (key.size() < 51)
    key += "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        [random() % 62];
  return key;
}

bool holds(const fs::path &path, const std::string &text) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(1 << 20, 0), kept;
  while (file) {
    file.read(bytes.data(), bytes.size());
    std::string_view part(bytes.data(), file.gcount());
    // The end of one part and the beginning of the next.
    std::string seam = kept + std::string(part.substr(0, text.size()));
    if (part.find(text) != std::string_view::npos ||
        seam.find(text) != std::string::npos)
      return true;
    kept = part.substr(part.size() - std::min(part.size(), text.size()));
  }
  return false;
}

class Key : public ::testing::TestWithParam<bool> {};

TEST_P(Key, LeavesNoTrace) {
  bool inFile = GetParam();
  std::vector<std::string> script;
  for (int i = 0; i < 4; ++i)
    script.insert(
        script.end(),
        {R"({"text": "your key is {key}"})",
         R"({"status": 401, "error": "wrong key {key}"})",
         R"({"status": 500, "error": "{key} broke me", "retry_after": "0", "times": 2})",
         R"({"status": 400, "error": "{key}{key}"})",
         R"({"text": "{key}", "fault": "cut"})", R"({"text": "fine"})",
         R"({"text": "{key}", "fault": "bad-json"})",
         R"({"text": "{key}", "fault": "bad-utf8"})",
         R"({"status": 307, "location": "http://127.0.0.1:9/{key}"})"});
  Endpoint endpoint(script);
  TemporaryFolder folder = makeFolder();
  std::string at = folder.path() + "/work";
  ASSERT_EQ(::mkdir(at.c_str(), 0700), 0);
  std::string key = randomKey();
  std::vector<std::string> variables = {
      "QIMENG_LLM_BASE_URL=" + endpoint.url, "QIMENG_LLM_MODEL=test-model",
      "QIMENG_LLM_CACHE=" + at + "/cache", "XDG_CONFIG_HOME=" + folder.path(),
      "QIMENG_LLM_RECORD=" + at + "/talk.jsonl"};
  if (inFile) {
    std::string config = folder.path() + "/llm.json";
    ASSERT_TRUE(bool(
        writeFile(config, R"({"default": "a", "profiles": {"a": {"key": ")" +
                              key + R"("}}})")));
    ASSERT_EQ(::chmod(config.c_str(), 0600), 0);
    variables.push_back("QIMENG_LLM_CONFIG=" + config);
  } else {
    variables.push_back("QIMENG_LLM_KEY=" + key);
  }
  pid_t child =
      startSelf("KeyChild.DISABLED_AskAndDie", variables, at + "/output", at);
  int status = await(child);
  std::string output = *readFile(at + "/output");
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) << output;
  EXPECT_NE(output.find("your key is [key]"), std::string::npos) << output;
  EXPECT_NE(output.find("wrong key [key]"), std::string::npos) << output;
  // The key did travel, or there is nothing to find.
  std::vector<nlohmann::json> log = endpoint.log();
  ASSERT_GE(log.size(), 32u);
  for (const nlohmann::json &request : log)
    EXPECT_EQ(request["key_sha256"], sha256(key));

  size_t files = 0;
  for (const auto &entry : fs::recursive_directory_iterator(at))
    if (entry.is_regular_file()) {
      ++files;
      EXPECT_FALSE(holds(entry.path(), key)) << entry.path();
      // Nor most of it.
      EXPECT_FALSE(holds(entry.path(), key.substr(0, 24))) << entry.path();
      EXPECT_FALSE(holds(entry.path(), key.substr(24))) << entry.path();
    }
  // Output, memory, transcript and at least one cached answer.
  EXPECT_GE(files, 4u);
  // The search does find what is there.
  EXPECT_TRUE(holds(at + "/memory", "QIMENG_LLM_RECORD=" + at));
  bool hasCore = false;
  for (const auto &entry : fs::directory_iterator(at))
    hasCore |= entry.path().filename().string().rfind("core", 0) == 0;
  if (!hasCore)
    std::puts("the system writes no core file here; the memory was searched");
}

INSTANTIATE_TEST_SUITE_P(From, Key, ::testing::Bool(), [](const auto &info) {
  return info.param ? "File" : "Environment";
});

TEST(Key, IsRedactedInPlace) {
  auto key = makeKey(" sk-0123456789\n");
  std::string text = "sk-0123456789sk-0123456789 sk-012345678";
  key->redact(text);
  EXPECT_EQ(text, "[key][key] sk-012345678");
  // Words that servers without keys are given are no secrets.
  std::string word = "EMPTY";
  makeKey("EMPTY")->redact(word);
  EXPECT_EQ(word, "EMPTY");
}

} // namespace
