//===- Endpoint.cpp - A server for tests ----------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Endpoint.h"
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace qimeng {

TemporaryFolder makeFolder() {
  Result<TemporaryFolder> folder = TemporaryFolder::create("qimeng-llm-test");
  if (!folder)
    std::abort();
  return std::move(*folder);
}

/// Starts a program; its input and output are pipes where asked for. Nothing
/// between fork and exec but system calls: there are threads.
static pid_t start(const std::vector<std::string> &arguments,
                   const std::vector<std::string> &environment, int input,
                   int output, int errors, const std::string &folder) {
  std::vector<char *> argv, envp;
  for (const std::string &argument : arguments)
    argv.push_back(const_cast<char *>(argument.c_str()));
  argv.push_back(nullptr);
  for (char **entry = environ; *entry; ++entry) {
    bool replaced = false;
    for (const std::string &variable : environment)
      replaced |=
          std::string(*entry).compare(0, variable.find('=') + 1, variable, 0,
                                      variable.find('=') + 1) == 0;
    if (!replaced)
      envp.push_back(*entry);
  }
  for (const std::string &variable : environment)
    envp.push_back(const_cast<char *>(variable.c_str()));
  envp.push_back(nullptr);
  pid_t child = ::fork();
  if (child != 0)
    return child;
  if (input >= 0)
    ::dup2(input, 0);
  if (output >= 0)
    ::dup2(output, 1);
  if (errors >= 0)
    ::dup2(errors, 2);
  if (!folder.empty() && ::chdir(folder.c_str()) != 0)
    ::_exit(126);
  ::execvpe(argv[0], argv.data(), envp.data());
  ::_exit(127);
}

void Endpoint::start(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"python3", QIMENG_CHAT_ENDPOINT});
  arguments.insert(arguments.end(), {"--until-eof", "--log", path("log")});
  int in[2], out[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0)
    std::abort();
  child = qimeng::start(arguments, {}, in[0], out[1], -1, "");
  ::close(in[0]);
  ::close(out[1]);
  input = in[1];
  FILE *lines = ::fdopen(out[0], "r");
  char line[512];
  for (std::string *field : {&url, &certificate}) {
    if (!std::fgets(line, sizeof line, lines))
      break;
    *field = line;
    field->erase(field->find_last_not_of("\n") + 1);
    if (url.rfind("https", 0) != 0)
      break;
  }
  std::fclose(lines);
  EXPECT_EQ(url.rfind("http", 0), 0u) << "the endpoint does not start";
}

Endpoint::Endpoint() : folder(makeFolder()) {}

Endpoint::Endpoint(const std::vector<std::string> &lines,
                   const std::vector<std::string> &options)
    : Endpoint() {
  std::string script;
  for (const std::string &line : lines)
    script += line + "\n";
  EXPECT_TRUE(bool(writeFile(path("script.jsonl"), script)));
  std::vector<std::string> arguments = {"--script", path("script.jsonl")};
  arguments.insert(arguments.end(), options.begin(), options.end());
  start(arguments);
}

std::unique_ptr<Endpoint>
Endpoint::withArguments(const std::vector<std::string> &arguments) {
  std::unique_ptr<Endpoint> endpoint(new Endpoint());
  endpoint->start(arguments);
  return endpoint;
}

Endpoint::~Endpoint() {
  // It ends, and tidies up, when its input does.
  ::close(input);
  if (child > 0) {
    for (int i = 0; i < 200; ++i) {
      if (::waitpid(child, nullptr, WNOHANG) == child)
        return;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
}

ModelSettings Endpoint::settings(ChatProvider provider) const {
  ModelSettings settings;
  settings.provider = provider;
  settings.baseUrl = url;
  settings.model = "test-model";
  settings.connectSeconds = 2;
  settings.idleSeconds = 2;
  settings.totalSeconds = 5;
  settings.retries = 2;
  return settings;
}

std::vector<nlohmann::json> Endpoint::log() const {
  std::vector<nlohmann::json> requests;
  Result<std::string> text = readFile(path("log"));
  if (!text)
    return requests;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    nlohmann::json request = nlohmann::json::parse(line, nullptr, false);
    if (request.is_object())
      requests.push_back(request);
  }
  return requests;
}

bool Endpoint::awaitRequests(size_t count) const {
  for (int i = 0; i < 1000; ++i) {
    if (log().size() >= count)
      return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

std::shared_ptr<const ApiKey> makeKey(const std::string &text) {
  std::string bytes = text;
  auto key = ApiKey::take(bytes.data(), bytes.size(), "the test's key");
  EXPECT_TRUE(bool(key));
  return *key;
}

ChatRequest question(const std::string &text) {
  ChatRequest request;
  request.purpose = "test";
  request.system = "Answer shortly.";
  request.messages = {{ChatMessage::Role::User, text}};
  request.maxTokens = 100;
  return request;
}

pid_t startSelf(const std::string &filter,
                const std::vector<std::string> &environment,
                const std::string &output, const std::string &folder) {
  int file =
      ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  // lit's own variables for GoogleTest would shard the child's tests, too.
  std::vector<std::string> variables = {"GTEST_TOTAL_SHARDS=1",
                                        "GTEST_SHARD_INDEX=0", "GTEST_OUTPUT="};
  variables.insert(variables.end(), environment.begin(), environment.end());
  pid_t child = start({"/proc/self/exe", "--gtest_filter=" + filter,
                       "--gtest_also_run_disabled_tests"},
                      variables, -1, file, file, folder);
  ::close(file);
  return child;
}

int await(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

} // namespace qimeng
