//===- Protocol.cpp - How servers are spoken to ---------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Protocol.h"
#include "Exchange.h"

namespace qimeng {

using Json = Protocol::Json;

ParsedReply ParsedReply::failed(ChatFault fault, std::string message,
                                bool transient) {
  ParsedReply parsed;
  parsed.fault = fault;
  parsed.message = std::move(message);
  parsed.transient = transient;
  return parsed;
}

Result<Json> Protocol::makeScoreBody(const ChatRequest &, const ModelSettings &,
                                     const ServerTraits &) const {
  return Error{"the protocol has no log-probabilities"};
}

Result<std::vector<std::pair<std::string, double>>>
Protocol::parseScores(const Json &) const {
  return Error{"the protocol has no log-probabilities"};
}

std::string systemText(const ChatRequest &request, const ServerTraits &traits) {
  if (request.schema.empty() || traits.form == ServerTraits::Form::Schema ||
      (traits.form == ServerTraits::Form::Grammar && !request.grammar.empty()))
    return request.system;
  return request.system + (request.system.empty() ? "" : "\n\n") +
         "Answer with one JSON value and nothing else: no words around it, no "
         "code fence. It must satisfy this JSON schema:\n" +
         request.schema;
}

const Json &member(const Json &object, const char *name) {
  static const Json none;
  if (!object.is_object())
    return none;
  auto found = object.find(name);
  return found == object.end() ? none : *found;
}

std::string textOf(const Json &object, const char *name) {
  const Json &value = member(object, name);
  return value.is_string() ? value.get<std::string>() : "";
}

int64_t countOf(const Json &object, const char *name) {
  const Json &value = member(object, name);
  if (!value.is_number_integer())
    return 0;
  int64_t count = value.get<int64_t>();
  // A count that is larger than any context is a fault, not a bill.
  return count < 0 || count > INT64_C(1) << 40 ? 0 : count;
}

void readAuthor(const Json &reply, ChatReply &into) {
  const Json &author = member(reply, "x_qimeng_author");
  std::string kind = textOf(author, "kind");
  if (kind != "model" && kind != "person" && kind != "built-in" &&
      kind != "script")
    return;
  into.author.kind = kind;
  into.author.name = excerpt(textOf(author, "name"), 200);
  into.author.version = excerpt(textOf(author, "version"), 200);
}

std::string errorText(const Json &reply) {
  const Json &error = member(reply, "error");
  std::string text = error.is_string() ? error.get<std::string>() : "";
  for (const Json *holder : {&error, &reply})
    for (const char *name : {"message", "detail", "type"})
      if (text.empty())
        text = textOf(*holder, name);
  return excerpt(text, 300);
}

} // namespace qimeng
