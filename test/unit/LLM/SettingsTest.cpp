//===- SettingsTest.cpp - Settings from files and the environment ---------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Endpoint.h"
#include "Url.h"
#include <cstdlib>
#include <sys/stat.h>

using namespace qimeng;

namespace {

/// Variables for as long as it lives; the rest of ours are unset.
class Environment {
public:
  Environment(std::vector<std::pair<std::string, std::string>> variables)
      : variables(std::move(variables)), home(makeFolder()) {
    ::setenv("XDG_CONFIG_HOME", home.path().c_str(), 1);
    ::unsetenv("OPENAI_API_KEY");
    ::unsetenv("ANTHROPIC_API_KEY");
    for (auto &[name, value] : this->variables)
      ::setenv(name.c_str(), value.c_str(), 1);
  }
  ~Environment() {
    // Set empty first: a key that was taken is forgotten so.
    for (auto &[name, value] : variables) {
      ::setenv(name.c_str(), "", 1);
      if (name.find("KEY") != std::string::npos &&
          name != "QIMENG_LLM_KEY_VARIABLE")
        (void)ApiKey::take(name.c_str());
      ::unsetenv(name.c_str());
    }
  }
  std::vector<std::pair<std::string, std::string>> variables;
  TemporaryFolder home;
};

std::string errorOf(const std::vector<std::pair<std::string, std::string>> &v,
                    const std::string &profile = "") {
  Environment environment(v);
  auto settings = loadModelSettings(profile);
  return settings ? "" : settings.error();
}

TEST(Settings, FromTheEnvironment) {
  Environment environment({{"QIMENG_LLM_PROVIDER", "anthropic"},
                           {"QIMENG_LLM_MODEL", "m"},
                           {"QIMENG_LLM_RETRIES", "7"},
                           {"QIMENG_LLM_STREAM", "false"},
                           {"QIMENG_LLM_MAX_DOLLARS", "1.5"},
                           {"QIMENG_LLM_CACHE", "none"},
                           {"QIMENG_LLM_STRUCTURED", "gbnf"},
                           {"OPENAI_API_KEY", "sk-of-another-provider"},
                           {"ANTHROPIC_API_KEY", "sk-ant-0123456789"}});
  auto settings = loadModelSettings();
  ASSERT_TRUE(bool(settings)) << settings.error();
  EXPECT_EQ(settings->provider, ChatProvider::Anthropic);
  EXPECT_EQ(settings->model, "m");
  EXPECT_EQ(settings->retries, 7u);
  EXPECT_FALSE(settings->streaming);
  EXPECT_EQ(settings->maxDollars, 1.5);
  EXPECT_EQ(settings->cacheFolder, "");
  EXPECT_EQ(settings->structured, StructuredOutput::Gbnf);
  ASSERT_TRUE(settings->key);
  std::string text = "sk-ant-0123456789 sk-of-another-provider";
  settings->key->redact(text);
  EXPECT_EQ(text, "[key] sk-of-another-provider");
  // Both are gone, and the one is still known.
  EXPECT_EQ(std::getenv("ANTHROPIC_API_KEY"), nullptr);
  EXPECT_EQ(std::getenv("OPENAI_API_KEY"), nullptr);
  auto again = loadModelSettings();
  ASSERT_TRUE(bool(again));
  EXPECT_EQ(again->key, settings->key);
  EXPECT_EQ(describe(*settings),
            "anthropic protocol, https://api.anthropic.com/v1, model m, with a "
            "key");
}

TEST(Settings, ProvidersKeysStayWithTheProviders) {
  std::vector<std::pair<std::string, std::string>> variables = {
      {"QIMENG_LLM_BASE_URL", "https://models.example/v1"},
      {"QIMENG_LLM_MODEL", "m"},
      {"OPENAI_API_KEY", "sk-0123456789"}};
  {
    Environment environment(variables);
    EXPECT_FALSE(loadModelSettings()->key);
  }
  variables.push_back({"QIMENG_LLM_KEY_VARIABLE", "OPENAI_API_KEY"});
  {
    Environment environment(variables);
    EXPECT_TRUE(loadModelSettings()->key);
  }
  variables.push_back({"QIMENG_LLM_KEY", "own-0123456789"});
  Environment environment(variables);
  std::string text = "own-0123456789";
  loadModelSettings()->key->redact(text);
  EXPECT_EQ(text, "[key]");
}

TEST(Settings, FromAFile) {
  TemporaryFolder folder = makeFolder();
  std::string path = folder.path() + "/llm.json";
  ASSERT_TRUE(bool(writeFile(path, R"({
    "default": "local",
    "profiles": {
      "local": {"base_url": "http://127.0.0.1:8080/v1", "model": "qwen",
                "parallel": 2, "stream": false},
      "far": {"base_url": "https://models.example/v1", "model": "big",
              "key": "sk-from-file-0123456789"},
      "further": {"model": "huge", "key": "sk-another-0123456789"}
    }})")));
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  std::vector<std::pair<std::string, std::string>> variables = {
      {"QIMENG_LLM_CONFIG", path}};
  {
    Environment environment(variables);
    auto local = loadModelSettings();
    ASSERT_TRUE(bool(local)) << local.error();
    EXPECT_EQ(local->model, "qwen");
    EXPECT_EQ(local->parallel, 2u);
    EXPECT_FALSE(local->key);
    auto far = loadModelSettings("far");
    ASSERT_TRUE(bool(far)) << far.error();
    std::string text = "sk-from-file-0123456789 sk-another-0123456789";
    far->key->redact(text);
    EXPECT_EQ(text, "[key] sk-another-0123456789");
    EXPECT_NE(loadModelSettings("nowhere").error().find(
                  "there is local, far, further"),
              std::string::npos);
  }
  {
    // The environment is stronger, save that a named profile is not overruled.
    variables.push_back({"QIMENG_LLM_PROFILE", "far"});
    variables.push_back({"QIMENG_LLM_MODEL", "small"});
    Environment environment(variables);
    auto far = loadModelSettings();
    ASSERT_TRUE(bool(far)) << far.error();
    EXPECT_EQ(far->model, "small");
    EXPECT_EQ(far->baseUrl, "https://models.example/v1");
  }
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  std::string error = errorOf(variables);
  EXPECT_NE(error.find("chmod 600"), std::string::npos) << error;
  EXPECT_EQ(error.find("sk-from"), std::string::npos);
}

TEST(Settings, ErrorsNameThePlaceAndTheRemedy) {
  EXPECT_NE(errorOf({{"QIMENG_LLM_MAX_DOLARS", "1"}})
                .find("unknown variable QIMENG_LLM_MAX_DOLARS; there are "),
            std::string::npos);
  EXPECT_NE(errorOf({{"QIMENG_LLM_RETRIES", "-1"}})
                .find("QIMENG_LLM_RETRIES: expected a number from 0 to 100"),
            std::string::npos);
  EXPECT_NE(errorOf({{"QIMENG_LLM_IDLE_SECONDS", "nan"}}).find("a number"),
            std::string::npos);
  EXPECT_NE(errorOf({{"QIMENG_LLM_KEY", "two words"}}).find("white space"),
            std::string::npos);
  EXPECT_NE(errorOf({{"QIMENG_LLM_KEY", "a\nHost: evil"}}).find("white space"),
            std::string::npos);
  EXPECT_EQ(errorOf({{"QIMENG_LLM_KEY", "two words"}}).find("two words"),
            std::string::npos);
  EXPECT_NE(errorOf({{"QIMENG_LLM_CONFIG", "/nonexistent.json"}})
                .find("/nonexistent.json"),
            std::string::npos);
  EXPECT_NE(errorOf({{"QIMENG_LLM_KEY_VARIABLE", "NO_SUCH_KEY"}})
                .find("NO_SUCH_KEY, which is not set"),
            std::string::npos);
  EXPECT_NE(errorOf({}, "p").find("llm.json"), std::string::npos);
  TemporaryFolder folder = makeFolder();
  std::string path = folder.path() + "/llm.json";
  for (auto [text, words] : std::vector<std::pair<const char *, const char *>>{
           {"{", "not JSON"},
           {"[]", "expected a JSON object"},
           {R"({"profile": {}})", "unknown member \"profile\""},
           {R"({"default": "a"})", "there are none"},
           {R"({"default": "a", "profiles": {"a": {"modell": "m"}}})",
            "unknown setting"},
           {R"({"default": "a", "profiles": {"a": {"stream": "maybe"}}})",
            "expected true or false, found 'maybe'"},
           {R"({"default": "a", "profiles": {"a": {"model": ["m"]}}})",
            "expected a string"},
           {R"({"default": "a", "profiles": {"a": {"key": 7}}})",
            "expected a string"}}) {
    ASSERT_TRUE(bool(writeFile(path, text)));
    std::string error = errorOf({{"QIMENG_LLM_CONFIG", path}});
    EXPECT_NE(error.find(words), std::string::npos) << text << ": " << error;
    EXPECT_NE(error.find(path), std::string::npos);
  }
}

TEST(Settings, WhatCannotWorkIsSaidAtOnce) {
  auto reject = [](ModelSettings settings) {
    if (settings.model.empty())
      settings.model = "m";
    Status fine = checkSettings(settings);
    return fine ? "" : fine.error();
  };
  ModelSettings settings;
  EXPECT_NE(reject(settings).find("OPENAI_API_KEY"), std::string::npos);
  settings.provider = ChatProvider::Anthropic;
  EXPECT_NE(reject(settings).find("ANTHROPIC_API_KEY"), std::string::npos);
  settings.key = makeKey("0123456789");
  EXPECT_EQ(reject(settings), "");
  for (const char *url :
       {"ftp://host/v1", "host:8080", "https://user:pass@host/v1", "https://",
        "https://host/v1?x=1", "https://host/\r\nX: y", "file:///etc/passwd"}) {
    settings.baseUrl = url;
    EXPECT_NE(reject(settings).find("QIMENG_LLM_BASE_URL"), std::string::npos)
        << url;
  }
  settings.baseUrl = "http://models.example/v1";
  EXPECT_NE(reject(settings).find("unencrypted"), std::string::npos);
  for (const char *tricky : {"http://127.0.0.1.evil.example/v1",
                             "http://localhost.evil.example/v1"}) {
    settings.baseUrl = tricky;
    EXPECT_NE(reject(settings).find("unencrypted"), std::string::npos);
  }
  settings.plainHttp = true;
  EXPECT_EQ(reject(settings), "");
  settings.plainHttp = false;
  for (const char *near : {"http://127.0.0.1:8080/v1/", "http://localhost/v1",
                           "http://[::1]:80/v1"}) {
    settings.baseUrl = near;
    EXPECT_EQ(reject(settings), "") << near;
  }
  settings.maxDollars = 1;
  EXPECT_NE(reject(settings).find("QIMENG_LLM_PROMPT_PRICE"),
            std::string::npos);
}

} // namespace
