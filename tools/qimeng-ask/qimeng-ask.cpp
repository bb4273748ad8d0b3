//===- qimeng-ask.cpp - One question to a language model ------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/LLM/Models.h"
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

using namespace qimeng;

namespace {

constexpr const char *usage =
    R"(Usage: qimeng-ask [--profile=NAME] [QUESTION...]

Asks the language model of your settings one question (or what standard input
holds), and prints its answer; on standard error what was asked, who answered
and what it cost. A way to see whether the settings work before a long session.
The cache is not used.

  --profile=NAME   the settings' profile
  --settings       says what the settings mean, and asks nothing
  --help           this text

Settings come from QIMENG_LLM_* variables and a file of profiles, see
docs/how-to/language-models.md. Exit codes: 0 answered, 2 the command line or
the settings are wrong, 3 no answer.
)";

int fail(int code, const std::string &message) {
  std::fprintf(stderr, "qimeng-ask: %s\n", message.c_str());
  return code;
}

} // namespace

int qimengAskMain(int argc, char **argv) {
  std::string profile, text;
  bool settingsOnly = false;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    if (argument == "--help" || argument == "-h") {
      std::fputs(usage, stdout);
      return 0;
    }
    if (argument == "--settings")
      settingsOnly = true;
    else if (argument.rfind("--profile=", 0) == 0)
      profile = argument.substr(std::strlen("--profile="));
    else if (argument.rfind("-", 0) == 0)
      return fail(2, "unknown argument '" + argument + "'; see --help");
    else
      text += (text.empty() ? "" : " ") + argument;
  }
  Result<ModelSettings> settings = loadModelSettings(profile);
  if (!settings)
    return fail(2, settings.error());
  settings->cacheFolder.clear();
  std::fprintf(stderr, "%s\n", describe(*settings).c_str());
  Result<std::unique_ptr<ChatModel>> model = createModel(*settings);
  if (!model)
    return fail(2, model.error());
  if (settingsOnly)
    return 0;
  if (text.empty()) {
    char bytes[4096];
    while (size_t got = std::fread(bytes, 1, sizeof bytes, stdin))
      text.append(bytes, got);
  }
  if (text.empty())
    return fail(2, "no question; see --help");

  std::signal(SIGINT, [](int) { cancelRequests(); });
  ChatRequest request;
  request.purpose = "ask";
  request.messages = {{ChatMessage::Role::User, text}};
  ChatFault fault = ChatFault::None;
  Result<ChatReply> reply = (*model)->ask(request, &fault);
  if (!reply)
    return fail(fault == ChatFault::Settings ? 2 : 3, reply.error());
  std::fwrite(reply->text.data(), 1, reply->text.size(), stdout);
  std::fputs("\n", stdout);
  const ChatUsage &cost = reply->firstUsage;
  std::fprintf(stderr, "answered by %s; %lld + %lld tokens, $%.4f%s%s\n",
               describe(reply->author).c_str(), (long long)cost.promptTokens,
               (long long)cost.answerTokens, cost.dollars,
               reply->usage.reused ? " (recorded: free now)" : "",
               reply->truncated ? "; cut at the limit of tokens" : "");
  return std::fflush(stdout) == 0 ? 0 : fail(3, "cannot write the answer");
}
