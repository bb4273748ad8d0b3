//===- AnthropicProtocol.cpp - Messages -----------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Anthropic's API reference, "Messages". A schema is the input of a tool that
// the model has to use, which all models of the API can.
//
//===----------------------------------------------------------------------===//

#include "Protocol.h"
#include <algorithm>

namespace qimeng {

namespace {

using Form = ServerTraits::Form;

void readUsage(const Protocol::Json &usage, ParsedReply &into) {
  if (!usage.is_object())
    return;
  into.hasUsage = true;
  int64_t prompt = countOf(usage, "input_tokens") +
                   countOf(usage, "cache_creation_input_tokens") +
                   countOf(usage, "cache_read_input_tokens");
  // In a stream the counts come in parts, the answer's as a running total.
  ChatUsage &total = into.reply.usage;
  total.promptTokens = std::max(total.promptTokens, prompt);
  total.answerTokens =
      std::max(total.answerTokens, countOf(usage, "output_tokens"));
}

class AnthropicProtocol : public Protocol {
public:
  const char *getPath() const override { return "/messages"; }

  void addHeaders(HttpRequestHeaders &headers,
                  const ModelSettings &settings) const override {
    headers.add("anthropic-version: 2023-06-01");
    if (settings.key)
      headers.addKey("x-api-key: ", *settings.key);
  }

  Json makeBody(const ChatRequest &request, const ModelSettings &settings,
                const ServerTraits &traits) const override {
    // A tool's input is an object; other schemas go in words.
    Json schema = Json::parse(request.schema, nullptr, false);
    ServerTraits form = traits;
    if (traits.form == Form::Schema && textOf(schema, "type") != "object")
      form.form = Form::Words;
    Json messages = Json::array();
    for (const ChatMessage &message : request.messages)
      messages.push_back(
          {{"role",
            message.role == ChatMessage::Role::User ? "user" : "assistant"},
           {"content", message.text}});
    Json body = {{"model", settings.model},
                 {"max_tokens", request.maxTokens},
                 {"messages", messages}};
    std::string system = systemText(request, form);
    if (!system.empty())
      body["system"] = system;
    if (traits.temperature)
      body["temperature"] = std::min(request.temperature, 1.0);
    if (!request.schema.empty() && form.form == Form::Schema) {
      std::string name =
          request.schemaName.empty() ? "answer" : request.schemaName;
      body["tools"] = Json::array({{{"name", name},
                                    {"description", "Gives the answer."},
                                    {"input_schema", schema}}});
      body["tool_choice"] = {{"type", "tool"}, {"name", name}};
    }
    if (settings.streaming)
      body["stream"] = true;
    return body;
  }

  ParsedReply parseReply(const Json &value) const override {
    const Json &content = member(value, "content");
    if (!content.is_array())
      return ParsedReply::failed(ChatFault::Malformed,
                                 "it holds no \"content\"");
    ParsedReply parsed;
    for (const Json &block : content) {
      if (textOf(block, "type") == "text")
        append(parsed.text, textOf(block, "text"));
      else if (textOf(block, "type") == "tool_use")
        append(parsed.text, member(block, "input").dump());
    }
    readUsage(member(value, "usage"), parsed);
    parsed.reply.author.version = textOf(value, "model");
    readAuthor(value, parsed.reply);
    return finish(std::move(parsed), textOf(value, "stop_reason"));
  }

  ParsedReply parseStream(const std::vector<Json> &events,
                          bool) const override {
    ParsedReply parsed;
    std::string reason;
    bool stopped = false;
    for (const Json &event : events) {
      std::string type = textOf(event, "type");
      if (type == "error") {
        return ParsedReply::failed(ChatFault::Server, errorText(event), true);
      } else if (type == "message_start") {
        const Json &message = member(event, "message");
        readUsage(member(message, "usage"), parsed);
        parsed.reply.author.version = textOf(message, "model");
        readAuthor(message, parsed.reply);
      } else if (type == "content_block_delta") {
        const Json &delta = member(event, "delta");
        append(parsed.text, textOf(delta, "text"));
        append(parsed.text, textOf(delta, "partial_json"));
      } else if (type == "message_delta") {
        readUsage(member(event, "usage"), parsed);
        std::string given = textOf(member(event, "delta"), "stop_reason");
        reason = given.empty() ? reason : given;
      } else if (type == "message_stop") {
        stopped = true;
      } else if (type.empty()) {
        return ParsedReply::failed(ChatFault::Malformed,
                                   "an event of it has no \"type\"");
      }
    }
    if (!stopped)
      return ParsedReply::failed(ChatFault::Unreachable,
                                 "the connection was cut within the answer",
                                 true);
    return finish(std::move(parsed), reason);
  }

  bool adapt(ServerTraits &traits, const std::string &message,
             const ChatRequest &request,
             const ModelSettings &settings) const override {
    auto names = [&](const char *word) {
      return message.find(word) != std::string::npos;
    };
    if (traits.temperature && names("temperature")) {
      traits.temperature = false;
      return true;
    }
    if (!request.schema.empty() && traits.form == Form::Schema &&
        settings.structured == StructuredOutput::Auto &&
        (names("tool") || names("schema"))) {
      traits.form = Form::Words;
      return true;
    }
    return false;
  }

private:
  static ParsedReply finish(ParsedReply parsed, const std::string &reason) {
    if (reason == "refusal")
      return ParsedReply::failed(ChatFault::Rejected,
                                 "the model refuses to answer");
    parsed.reply.truncated = reason == "max_tokens";
    if (parsed.text.empty() && !parsed.reply.truncated)
      return ParsedReply::failed(ChatFault::Malformed, "it holds no text");
    return parsed;
  }
};

} // namespace

const Protocol &getAnthropicProtocol() {
  static const AnthropicProtocol protocol;
  return protocol;
}

} // namespace qimeng
