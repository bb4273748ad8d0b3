//===- ChatModel.h - Asking a language model --------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one interface between the compiler and language models: text in, text
// out. Models are stacked: transcript, cache, HTTP (see Models.h).
// Everything a model says is data that somebody else checks.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LLM_CHATMODEL_H
#define QIMENG_LLM_CHATMODEL_H

#include "qimeng/Support/Result.h"
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace qimeng {

struct ChatMessage {
  enum class Role { User, Assistant };
  Role role = Role::User;
  std::string text;
};

/// The questions that a session has asked and has no answer to. Kept where they
/// outlive the session, so that one which was killed, and goes on, knows what
/// was on its way then. Thread-safe.
class AskedQuestions {
public:
  virtual ~AskedQuestions();
  /// Notes durably that the question `name` (a hash) leaves now. False where
  /// another run of the session noted it before, and it was not settled since.
  virtual Result<bool> note(const std::string &name) = 0;
  /// It has its answer, or may be asked again.
  virtual void settle(const std::string &name) = 0;
};

struct ChatRequest {
  /// What the request is for: "planner", "coder", "describe". Recorded and
  /// counted by; not sent.
  std::string purpose;
  std::string system;
  /// User and assistant in turn; the last is the user's.
  std::vector<ChatMessage> messages;
  /// The JSON schema that the answer must satisfy, and its name; empty: free
  /// text.
  std::string schemaName, schema;
  /// The same as a GBNF grammar, for servers that take one. May be empty.
  std::string grammar;
  /// Tokens of an answer at most.
  int64_t maxTokens = 4096;
  /// 0: the likeliest answer.
  double temperature = 0;
  /// Which of several answers to the same question this one is. Samples are
  /// separate requests, asked at the same time.
  unsigned sample = 0;
  /// What is asked, apart from how it is worded: {"action", "tile @matmul"},
  /// {"program", ".."}. Not sent. By it a transcript knows the question when
  /// the wording has changed since.
  std::vector<std::pair<std::string, std::string>> subject = {};
  /// Why the answer before was refused, if one was. Recorded, for readers.
  std::string refusal = {};
  /// Of the session that asks; null where nobody goes on. Heeded where answers
  /// are kept, since without these a session has nothing to go on with.
  AskedQuestions *asked = nullptr;
};

struct ChatUsage {
  int64_t requests = 0;
  int64_t promptTokens = 0, answerTokens = 0;
  /// By the prices of the settings; 0 where none are given.
  double dollars = 0;
  /// Answers that came from the cache or a transcript: free.
  int64_t reused = 0;
  /// Of these, such as were given to another wording of the question.
  int64_t reworded = 0;

  ChatUsage &operator+=(const ChatUsage &other);
};

struct ChatReply {
  std::string text;
  /// The answer ended at the token limit.
  bool truncated = false;
  /// What this reply costs now.
  ChatUsage usage;
  /// Who answered.
  struct Author {
    /// "model", "person", "built-in" or "script".
    std::string kind;
    /// Of a model, as it was asked for.
    std::string name;
    /// Of a model, what the server says that it is, or `notReported`; of the
    /// built-in pair, the project's. Never empty for these two.
    std::string version;
    /// YYYY-MM-DD.
    std::string date;
  } author;
  /// What the reply cost when it was first given: the same as `usage`, but for
  /// a reply that comes from the cache or a transcript.
  ChatUsage firstUsage;
};

/// The version of a model whose server does not say it.
extern const char *const notReported;
/// "model 'gpt-5', version gpt-5-2025-08-07, 2026-11-23"; not fit to be printed
/// unquoted.
std::string describe(const ChatReply::Author &author);

/// Why there is no reply.
enum class ChatFault {
  None,
  Cancelled,   ///< ctrl-C
  Budget,      ///< tokens or money are spent
  Settings,    ///< model, key or URL is missing or wrong (401, 403, 404)
  Unreachable, ///< no connection, or one that was cut
  Timeout,
  Tls,         ///< the certificate does not verify, or is not the host's
  RateLimited, ///< 429 until the last attempt
  Server,      ///< 5xx until the last attempt
  Rejected,    ///< another 4xx: the request is at fault
  Malformed,   ///< not JSON, not UTF-8, not what the protocol says
  Oversized,   ///< more bytes than allowed
  NotRecorded, ///< a transcript that is replayed does not hold the request
  Lost,        ///< another run of the session asked, and kept no answer
};

/// "rate limited", for people.
const char *describe(ChatFault fault);
/// Whether somebody has to put something right before any question can be
/// answered; otherwise the fault is that of one question.
bool isFinal(ChatFault fault);

class ChatModel {
public:
  virtual ~ChatModel();
  /// "openai:gpt-5", "replay:session.jsonl".
  virtual std::string getName() const = 0;
  /// Thread-safe; blocks. The error is one sentence that says what to do, and
  /// never holds the key. `fault`, where given, tells the kind.
  virtual Result<ChatReply> ask(const ChatRequest &request,
                                ChatFault *fault = nullptr) = 0;
  /// Log-probabilities of `choices` (short labels) as the answer to `request`,
  /// in their order, for servers that give them; an error otherwise, in which
  /// case the caller asks for text. `author`, where given, is told who
  /// answered.
  virtual Result<std::vector<double>>
  score(const ChatRequest &request, const std::vector<std::string> &choices,
        ChatFault *fault = nullptr, ChatReply::Author *author = nullptr);
  /// What this model's replies have cost so far, attempts that failed included.
  virtual ChatUsage getSpent() const;
};

/// Ends all requests under way, in every thread, within a tenth of a second,
/// and refuses new ones: with ChatFault::Cancelled. Safe in a signal handler.
void cancelRequests() noexcept;
/// Allows requests again.
void allowRequests() noexcept;
bool areRequestsCancelled() noexcept;

} // namespace qimeng

#endif // QIMENG_LLM_CHATMODEL_H
