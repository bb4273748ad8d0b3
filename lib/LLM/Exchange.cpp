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
          {"author", authorJson(reply.author)}};
}

Json authorJson(const ChatReply::Author &author) {
  return {{"kind", author.kind},
          {"name", author.name},
          {"version", author.version},
          {"date", author.date}};
}

/// The string `name` of `object`.
static bool readText(const Json &object, const char *name, std::string &field) {
  auto member = object.find(name);
  if (member == object.end() || !member->is_string())
    return false;
  field = member->get<std::string>();
  return true;
}

Result<ChatReply::Author> authorFromJson(const Json &value) {
  ChatReply::Author author;
  if (!value.is_object() || !readText(value, "kind", author.kind) ||
      !readText(value, "name", author.name) ||
      !readText(value, "date", author.date))
    return Error{"the author of an answer lacks kind, name or date"};
  readText(value, "version", author.version);
  if (author.version.empty() &&
      (author.kind == "model" || author.kind == "built-in"))
    return Error{"the author of an answer, of kind '" + author.kind +
                 "', lacks its \"version\"; where nobody knows it, that is \"" +
                 notReported + "\""};
  return author;
}

Result<ChatReply> replyFromJson(const Json &value) {
  auto number = [&](const char *name, auto &field) {
    auto member = value.find(name);
    if (member != value.end() && member->is_number())
      field = member->get<std::decay_t<decltype(field)>>();
  };
  ChatReply reply;
  if (!value.is_object() || !readText(value, "text", reply.text))
    return Error{"a reply lacks its text"};
  Result<ChatReply::Author> author =
      authorFromJson(value.value("author", Json()));
  if (!author)
    return Error{author.error()};
  reply.author = std::move(*author);
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

Json scoresJson(const ChatScores &scores) {
  return {{"values", scores.values}, {"author", authorJson(scores.author)}};
}

Result<ChatScores> scoresFromJson(const Json &value, size_t count) {
  Error wrong{"expected " + std::to_string(count) + " scores"};
  if (!value.is_object())
    return wrong;
  Json values = value.value("values", Json());
  if (!values.is_array() || (count && values.size() != count))
    return wrong;
  ChatScores scores;
  for (const Json &score : values) {
    if (!score.is_number() || !std::isfinite(score.get<double>()))
      return wrong;
    scores.values.push_back(score.get<double>());
  }
  Result<ChatReply::Author> author =
      authorFromJson(value.value("author", Json()));
  if (!author)
    return Error{author.error()};
  scores.author = std::move(*author);
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
