//===- Protocol.h - How servers are spoken to -------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_LLM_PROTOCOL_H
#define QIMENG_LIB_LLM_PROTOCOL_H

#include "Http.h"
#include "qimeng/LLM/Json.h"

namespace qimeng {

/// What a server takes; found out by asking.
struct ServerTraits {
  enum class Form {
    Schema, ///< answers by a schema
    Object, ///< answers in JSON of any form
    Words,  ///< the schema is part of the prompt
    Grammar ///< answers by a GBNF grammar
  };
  Form form = Form::Schema;
  bool temperature = true;
  /// The answer's limit is "max_completion_tokens", not "max_tokens".
  bool completionTokens = false;
  /// A stream may be asked for its usage.
  bool streamUsage = true;
};

/// What a server's reply says, before it is anybody's.
struct ParsedReply {
  /// Empty fields of `author` and 0 tokens: not stated.
  ChatReply reply;
  /// The reply's text; may hold the key, in pieces that only now are one.
  SecretString text;
  bool hasUsage = false;
  /// None, or why there is no reply.
  ChatFault fault = ChatFault::None;
  std::string message;
  bool transient = false;

  static ParsedReply failed(ChatFault fault, std::string message,
                            bool transient = false);
};

class Protocol {
public:
  using Json = nlohmann::ordered_json;

  virtual ~Protocol() = default;
  /// After the base URL: "/messages".
  virtual const char *getPath() const = 0;
  virtual void addHeaders(HttpRequestHeaders &headers,
                          const ModelSettings &settings) const = 0;
  virtual Json makeBody(const ChatRequest &request,
                        const ModelSettings &settings,
                        const ServerTraits &traits) const = 0;
  /// Of a whole reply.
  virtual ParsedReply parseReply(const Json &reply) const = 0;
  /// Of a stream's events, to its end.
  virtual ParsedReply parseStream(const std::vector<Json> &events,
                                  bool sawDone) const = 0;
  /// Changes `traits` to what the server may take, as its refusal `message`
  /// (in small letters) suggests; false: it suggests nothing.
  virtual bool adapt(ServerTraits &traits, const std::string &message,
                     const ChatRequest &request,
                     const ModelSettings &settings) const = 0;

  /// A request for the likeliest next tokens, and their log-probabilities by
  /// token. Null and an error where the protocol has none.
  virtual Result<Json> makeScoreBody(const ChatRequest &request,
                                     const ModelSettings &settings,
                                     const ServerTraits &traits) const;
  virtual Result<std::vector<std::pair<std::string, double>>>
  parseScores(const Json &reply) const;
};

const Protocol &getOpenAiProtocol();
const Protocol &getAnthropicProtocol();

/// The system text, with the schema in words where the form needs it.
std::string systemText(const ChatRequest &request, const ServerTraits &traits);

inline void append(SecretString &text, const std::string &more) {
  text.append(more.data(), more.size());
}

// Members of strangers' JSON: null, "" or 0 where there is no such thing.
const Protocol::Json &member(const Protocol::Json &object, const char *name);
std::string textOf(const Protocol::Json &object, const char *name);
int64_t countOf(const Protocol::Json &object, const char *name);

/// Reads "x_qimeng_author" of a reply, which says who answers where it is not
/// the model that the server names.
void readAuthor(const Protocol::Json &reply, ChatReply &into);

/// The server's own words in an error reply, of at most 300 bytes.
std::string errorText(const Protocol::Json &reply);

} // namespace qimeng

#endif // QIMENG_LIB_LLM_PROTOCOL_H
