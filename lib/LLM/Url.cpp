//===- Url.cpp - Where requests may go ------------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Url.h"
#include <string_view>

namespace qimeng {

static std::string ownServer(ChatProvider provider) {
  return provider == ChatProvider::OpenAI ? "https://api.openai.com"
                                          : "https://api.anthropic.com";
}

std::string baseUrlOf(const ModelSettings &settings) {
  std::string url = settings.baseUrl;
  if (url.empty())
    url = ownServer(settings.provider) + "/v1";
  while (!url.empty() && url.back() == '/')
    url.pop_back();
  return url;
}

bool isProvidersOwn(const ModelSettings &settings) {
  return baseUrlOf(settings).rfind(ownServer(settings.provider) + "/", 0) == 0;
}

/// "127.0.0.1" of "http://127.0.0.1:8080/v1"; brackets of IPv6 included.
static std::string hostOf(const std::string &url) {
  size_t begin = url.find("://");
  if (begin == std::string::npos)
    return "";
  std::string host = url.substr(begin + 3);
  host = host.substr(0, host.find('/'));
  size_t bracket = host.find(']');
  size_t colon = host.find(':', bracket == std::string::npos ? 0 : bracket);
  return host.substr(0, colon);
}

bool isLoopback(const ModelSettings &settings) {
  std::string host = hostOf(baseUrlOf(settings));
  if (host == "localhost" || host == "[::1]")
    return true;
  return host.rfind("127.", 0) == 0 &&
         host.find_first_not_of("0123456789.") == std::string::npos;
}

Status checkSettings(const ModelSettings &settings) {
  std::string url = baseUrlOf(settings);
  bool plain = url.rfind("http://", 0) == 0;
  if (!plain && url.rfind("https://", 0) != 0)
    return Error{"the model's base URL '" + url +
                 "' is neither https:// nor http://; set "
                 "QIMENG_LLM_BASE_URL, as in http://127.0.0.1:8080/v1"};
  // What follows '@' would be the host, and what precedes it a password that
  // shows in every message.
  for (char c : url)
    if (c <= ' ' || c >= 127 ||
        std::string_view("@?#\\\"<>").find(c) != std::string_view::npos)
      return Error{"the model's base URL may hold no user name, query, "
                   "fragment or white space; set QIMENG_LLM_BASE_URL to "
                   "scheme, host, port and path alone"};
  if (hostOf(url).empty())
    return Error{"the model's base URL '" + url +
                 "' names no host; set QIMENG_LLM_BASE_URL, as in "
                 "http://127.0.0.1:8080/v1"};
  if (settings.model.empty())
    return Error{"no model is named; set QIMENG_LLM_MODEL to a model of " +
                 url + ", or choose a profile by QIMENG_LLM_PROFILE"};
  if (!settings.key && isProvidersOwn(settings))
    return Error{
        url + " wants a key, and there is none; set " +
        (settings.provider == ChatProvider::OpenAI ? "OPENAI_API_KEY"
                                                   : "ANTHROPIC_API_KEY") +
        " in the environment, or \"key\" in a profile of your settings file"};
  if (settings.key && plain && !isLoopback(settings) && !settings.plainHttp)
    return Error{"the key would travel unencrypted to " + url +
                 "; use https://, or set QIMENG_LLM_PLAIN_HTTP=true where the "
                 "network is trusted"};
  if (settings.maxDollars > 0 && settings.promptPrice <= 0 &&
      settings.answerPrice <= 0)
    return Error{"a budget in dollars needs prices; set "
                 "QIMENG_LLM_PROMPT_PRICE and QIMENG_LLM_ANSWER_PRICE, in "
                 "dollars for a million tokens"};
  return {};
}

} // namespace qimeng
