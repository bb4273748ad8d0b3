//===- Exchange.h - Questions and replies as JSON ---------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The form that questions and replies have in caches and transcripts, and the
// names that questions go by there.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_LLM_EXCHANGE_H
#define QIMENG_LIB_LLM_EXCHANGE_H

#include "qimeng/LLM/ChatModel.h"
#include <nlohmann/json.hpp>

namespace qimeng {

/// All that decides the answer, and nothing else: no purpose, no model (the
/// cache adds that), and no grammar where a schema says the same. `choices`:
/// for a question of scores.
nlohmann::json questionJson(const ChatRequest &request,
                            const std::vector<std::string> *choices = nullptr);

/// SHA-256 of `value` in its canonical form: members sorted, no white space.
std::string nameOf(const nlohmann::json &value);

/// One line, without a line break at its end.
std::string toLine(const nlohmann::json &value);

/// {"text":..,"truncated":..,"prompt_tokens":..,"answer_tokens":..,
///  "dollars":..,"author":{"kind":..,"name":..,"version":..,"date":..}}.
nlohmann::json replyJson(const ChatReply &reply);
/// The reverse: a reply that is reused, so free.
Result<ChatReply> replyFromJson(const nlohmann::json &value);

nlohmann::json authorJson(const ChatReply::Author &author);
/// Fails for a model, or the built-in pair, without its version.
Result<ChatReply::Author> authorFromJson(const nlohmann::json &value);

/// Log-probabilities, and who gave them.
struct ChatScores {
  std::vector<double> values;
  ChatReply::Author author;
};
/// {"values":[..],"author":{..}}.
nlohmann::json scoresJson(const ChatScores &scores);
/// Fails unless there are `count` of them; 0: any number.
Result<ChatScores> scoresFromJson(const nlohmann::json &value, size_t count);

/// The beginning of `text` on one line, for messages.
std::string excerpt(const std::string &text, size_t bytes = 80);

} // namespace qimeng

#endif // QIMENG_LIB_LLM_EXCHANGE_H
