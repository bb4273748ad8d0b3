//===- Exchange.cpp - Questions and replies as JSON -----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Exchange.h"
#include "Sha256.h"
#include <cmath>

namespace qimeng {

using Json = nlohmann::json;

Json questionJson(const ChatRequest &request,
                  const std::vector<std::string> *choices) {
  Json messages = Json::array();
  for (const ChatMessage &message : request.messages)
    messages.push_back(
        {{"role",
          message.role == ChatMessage::Role::User ? "user" : "assistant"},
         {"text", message.text}});
  Json question = {{"system", request.system},
                   {"messages", messages},
                   {"max_tokens", request.maxTokens},
                   {"temperature", request.temperature},
                   {"sample", request.sample}};
  if (!request.schema.empty()) {
    question["schema_name"] = request.schemaName;
    question["schema"] = request.schema;
  } else if (!request.grammar.empty()) {
    question["grammar"] = request.grammar;
  }
  if (choices)
    question["choices"] = *choices;
  return question;
}

std::string toLine(const Json &value) {
  // Texts of programs may hold any byte; what is not UTF-8 becomes U+FFFD.
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string nameOf(const Json &value) { return sha256(toLine(value)); }

Json replyJson(const ChatReply &reply) {
  return {{"text", reply.text},
          {"truncated", reply.truncated},
          {"prompt_tokens", reply.firstUsage.promptTokens},
          {"answer_tokens", reply.firstUsage.answerTokens},
          {"dollars", reply.firstUsage.dollars},
          {"author",
           {{"kind", reply.author.kind},
            {"name", reply.author.name},
            {"version", reply.author.version},
            {"date", reply.author.date}}}};
}

Result<ChatReply> replyFromJson(const Json &value) {
  Error missing{"a reply lacks its text or its author"};
  auto text = [](const Json &object, const char *name, std::string &field) {
    auto member = object.find(name);
    if (member == object.end() || !member->is_string())
      return false;
    field = member->get<std::string>();
    return true;
  };
  auto number = [&](const char *name, auto &field) {
    auto member = value.find(name);
    if (member != value.end() && member->is_number())
      field = member->get<std::decay_t<decltype(field)>>();
  };
  ChatReply reply;
  if (!value.is_object() || !text(value, "text", reply.text))
    return missing;
  auto author = value.find("author");
  if (author == value.end() || !author->is_object() ||
      !text(*author, "kind", reply.author.kind) ||
      !text(*author, "name", reply.author.name) ||
      !text(*author, "date", reply.author.date))
    return missing;
  text(*author, "version", reply.author.version);
  if (reply.author.version.empty() &&
      (reply.author.kind == "model" || reply.author.kind == "built-in"))
    return Error{"the author of a reply, of kind '" + reply.author.kind +
                 "', lacks its \"version\"; where nobody knows it, that is \"" +
                 notReported + "\""};
  auto truncated = value.find("truncated");
  reply.truncated = truncated != value.end() && truncated->is_boolean() &&
                    truncated->get<bool>();
  reply.firstUsage.requests = 1;
  number("prompt_tokens", reply.firstUsage.promptTokens);
  number("answer_tokens", reply.firstUsage.answerTokens);
  number("dollars", reply.firstUsage.dollars);
  reply.usage.reused = 1;
  return reply;
}

Json scoresJson(const std::vector<double> &scores) { return scores; }

Result<std::vector<double>> scoresFromJson(const Json &value, size_t count) {
  Error wrong{"expected " + std::to_string(count) + " scores"};
  if (!value.is_array() || value.size() != count)
    return wrong;
  std::vector<double> scores;
  for (const Json &score : value) {
    if (!score.is_number() || !std::isfinite(score.get<double>()))
      return wrong;
    scores.push_back(score.get<double>());
  }
  return scores;
}

std::string excerpt(const std::string &text, size_t bytes) {
  std::string line;
  for (char c : text.substr(0, bytes))
    line += static_cast<unsigned char>(c) < ' ' || c == 127 ? ' ' : c;
  if (text.size() <= bytes)
    return line;
  // Not in the middle of a character.
  while (!line.empty() && (line.back() & 0xC0) == 0x80)
    line.pop_back();
  if (!line.empty() && (line.back() & 0x80))
    line.pop_back();
  return line + "...";
}

} // namespace qimeng
