//===- OpenAiProtocol.cpp - Chat completions ------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// OpenAI's API reference, "Chat completions", as vLLM, llama.cpp, Ollama,
// DeepSeek and others serve it. "grammar" is llama.cpp's.
//
//===----------------------------------------------------------------------===//

#include "Protocol.h"
#include <cmath>

namespace qimeng {

namespace {

using Form = ServerTraits::Form;

/// A text, or (some servers' reasoning models) a list of parts.
std::string contentOf(const Protocol::Json &message) {
  const Protocol::Json &content = member(message, "content");
  if (content.is_string())
    return content.get<std::string>();
  std::string text;
  if (content.is_array())
    for (const Protocol::Json &part : content)
      if (textOf(part, "type") == "text")
        text += textOf(part, "text");
  return text;
}

void readUsage(const Protocol::Json &reply, ParsedReply &into) {
  const Protocol::Json &usage = member(reply, "usage");
  if (!usage.is_object())
    return;
  into.hasUsage = true;
  into.reply.usage.promptTokens = countOf(usage, "prompt_tokens");
  into.reply.usage.answerTokens = countOf(usage, "completion_tokens");
}

class OpenAiProtocol : public Protocol {
public:
  const char *getPath() const override { return "/chat/completions"; }

  void addHeaders(HttpRequestHeaders &headers,
                  const ModelSettings &settings) const override {
    if (settings.key)
      headers.addKey("Authorization: Bearer ", *settings.key);
  }

  Json makeBody(const ChatRequest &request, const ModelSettings &settings,
                const ServerTraits &traits) const override {
    Json messages = Json::array();
    std::string system = systemText(request, traits);
    if (!system.empty())
      messages.push_back({{"role", "system"}, {"content", system}});
    for (const ChatMessage &message : request.messages)
      messages.push_back(
          {{"role",
            message.role == ChatMessage::Role::User ? "user" : "assistant"},
           {"content", message.text}});
    Json body = {{"model", settings.model}, {"messages", messages}};
    body[traits.completionTokens ? "max_completion_tokens" : "max_tokens"] =
        request.maxTokens;
    if (traits.temperature)
      body["temperature"] = request.temperature;
    if (!request.schema.empty() && traits.form == Form::Schema) {
      Json schema = Json::parse(request.schema, nullptr, false);
      body["response_format"] = {
          {"type", "json_schema"},
          {"json_schema",
           {{"name",
             request.schemaName.empty() ? "answer" : request.schemaName},
            {"strict", true},
            {"schema", schema}}}};
    } else if (!request.schema.empty() && traits.form == Form::Object) {
      body["response_format"] = {{"type", "json_object"}};
    }
    if (!request.grammar.empty() && traits.form == Form::Grammar)
      body["grammar"] = request.grammar;
    if (settings.streaming) {
      body["stream"] = true;
      if (traits.streamUsage)
        body["stream_options"] = {{"include_usage", true}};
    }
    return body;
  }

  ParsedReply parseReply(const Json &value) const override {
    const Json &choices = member(value, "choices");
    if (!choices.is_array() || choices.empty())
      return ParsedReply::failed(ChatFault::Malformed,
                                 "it holds no \"choices\"");
    const Json &message = member(choices[0], "message");
    if (!message.is_object())
      return ParsedReply::failed(ChatFault::Malformed,
                                 "its choice holds no \"message\"");
    const Json &content = member(message, "content");
    if (!content.is_string() && !content.is_array() && !content.is_null())
      return ParsedReply::failed(ChatFault::Malformed,
                                 "its \"content\" is no text");
    ParsedReply parsed;
    append(parsed.text, contentOf(message));
    return finish(std::move(parsed), value, textOf(message, "refusal"),
                  textOf(choices[0], "finish_reason"));
  }

  ParsedReply parseStream(const std::vector<Json> &events,
                          bool sawDone) const override {
    ParsedReply parsed;
    std::string refusal, reason;
    Json last = Json::object();
    for (const Json &event : events) {
      if (!member(event, "error").is_null())
        return ParsedReply::failed(ChatFault::Server, errorText(event), true);
      const Json &choices = member(event, "choices");
      if (!choices.is_array())
        return ParsedReply::failed(ChatFault::Malformed,
                                   "an event of it holds no \"choices\"");
      for (const char *name : {"model", "usage", "x_qimeng_author"})
        if (!member(event, name).is_null())
          last[name] = event[name];
      if (choices.empty())
        continue;
      const Json &delta = member(choices[0], "delta");
      append(parsed.text, contentOf(delta));
      refusal += textOf(delta, "refusal");
      std::string given = textOf(choices[0], "finish_reason");
      reason = given.empty() ? reason : given;
    }
    if (!sawDone && reason.empty())
      return ParsedReply::failed(ChatFault::Unreachable,
                                 "the connection was cut within the answer",
                                 true);
    return finish(std::move(parsed), last, refusal, reason);
  }

  bool adapt(ServerTraits &traits, const std::string &message,
             const ChatRequest &request,
             const ModelSettings &settings) const override {
    auto names = [&](const char *word) {
      return message.find(word) != std::string::npos;
    };
    if (settings.streaming && traits.streamUsage &&
        (names("stream_options") || names("include_usage"))) {
      traits.streamUsage = false;
      return true;
    }
    if (!traits.completionTokens && names("max_completion_tokens")) {
      traits.completionTokens = true;
      return true;
    }
    if (traits.temperature && names("temperature")) {
      traits.temperature = false;
      return true;
    }
    if (request.schema.empty() || settings.structured != StructuredOutput::Auto)
      return false;
    if (traits.form == Form::Schema &&
        (names("response_format") || names("schema") || names("guided") ||
         names("grammar") || names("structured"))) {
      traits.form = Form::Object;
      return true;
    }
    if (traits.form == Form::Object &&
        (names("response_format") || names("json"))) {
      traits.form = Form::Words;
      return true;
    }
    return false;
  }

  Result<Json> makeScoreBody(const ChatRequest &request,
                             const ModelSettings &settings,
                             const ServerTraits &traits) const override {
    ChatRequest question = request;
    question.schema.clear();
    question.grammar.clear();
    question.maxTokens = 1;
    ModelSettings whole = settings;
    whole.streaming = false;
    Json body = makeBody(question, whole, traits);
    body["logprobs"] = true;
    // Most servers give 20. llama.cpp, which alone takes grammars, gives any
    // number, so that labels that the model does not expect are told apart,
    // too.
    body["top_logprobs"] = traits.form == Form::Grammar ? 1000 : 20;
    return body;
  }

  Result<std::vector<std::pair<std::string, double>>>
  parseScores(const Json &value) const override {
    Error none{"the server gives no log-probabilities"};
    const Json &choices = member(value, "choices");
    if (!choices.is_array() || choices.empty())
      return none;
    const Json &content = member(member(choices[0], "logprobs"), "content");
    if (!content.is_array() || content.empty())
      return none;
    const Json &tops = member(content[0], "top_logprobs");
    if (!tops.is_array() || tops.empty())
      return none;
    std::vector<std::pair<std::string, double>> scores;
    for (const Json &top : tops) {
      const Json &logarithm = member(top, "logprob");
      if (logarithm.is_number() && std::isfinite(logarithm.get<double>()))
        scores.emplace_back(textOf(top, "token"), logarithm.get<double>());
    }
    if (scores.empty())
      return none;
    return scores;
  }

private:
  static ParsedReply finish(ParsedReply parsed, const Json &value,
                            const std::string &refusal,
                            const std::string &reason) {
    if (!refusal.empty() || reason == "content_filter")
      return ParsedReply::failed(
          ChatFault::Rejected,
          "the model refuses to answer" +
              (refusal.empty() ? std::string() : ": " + refusal));
    parsed.reply.truncated = reason == "length";
    if (parsed.text.empty() && !parsed.reply.truncated)
      return ParsedReply::failed(ChatFault::Malformed, "it holds no text");
    readUsage(value, parsed);
    parsed.reply.author.version = textOf(value, "model");
    readAuthor(value, parsed.reply);
    return parsed;
  }
};

} // namespace

const Protocol &getOpenAiProtocol() {
  static const OpenAiProtocol protocol;
  return protocol;
}

} // namespace qimeng
