//===- Settings.h - Which model is asked, and how ---------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From a configuration file with named profiles, and from the environment,
// which is stronger. docs/how-to/language-models.md lists them.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LLM_SETTINGS_H
#define QIMENG_LLM_SETTINGS_H

#include "qimeng/LLM/ApiKey.h"
#include <cstdint>

namespace qimeng {

/// The protocol that the server speaks.
enum class ChatProvider {
  OpenAI,    ///< chat completions: OpenAI, vLLM, llama.cpp, Ollama, DeepSeek..
  Anthropic, ///< messages
};

/// How a server is made to answer by a schema.
enum class StructuredOutput {
  /// By schema; where the server refuses that, JSON of any form with the schema
  /// in words; where it refuses that, too, words alone.
  Auto,
  JsonSchema, ///< by schema, or an error
  Gbnf,       ///< by grammar: llama.cpp
  None,       ///< in words
};

struct ModelSettings {
  ChatProvider provider = ChatProvider::OpenAI;
  /// As far as the version, "http://127.0.0.1:8080/v1". Empty: the provider's
  /// own server.
  std::string baseUrl;
  /// The model's name, as the server knows it.
  std::string model;
  /// Null: requests carry none.
  std::shared_ptr<const ApiKey> key;
  /// Certificates to trust in place of the system's, as PEM.
  std::string caFile;
  /// Allows a key to travel unencrypted to a server on another machine.
  bool plainHttp = false;

  /// Limits in seconds: for the connection, between two bytes (also before the
  /// first, so it bounds how long a model may think in silence), and for a
  /// question with all of its attempts.
  double connectSeconds = 10, idleSeconds = 180, totalSeconds = 900;
  /// Attempts after the first, where a server is busy, fails or cuts off.
  unsigned retries = 4;
  /// Requests under way at the same time.
  unsigned parallel = 4;
  /// Bytes of an answer, protocol included.
  int64_t maxAnswerBytes = 8 << 20;

  /// The budget of this process; 0: no limit. Answers from a cache or
  /// transcript are free.
  int64_t maxTokens = 0;
  double maxDollars = 0;
  /// Prices, in dollars for a million tokens.
  double promptPrice = 0, answerPrice = 0;

  /// Where answers are kept. Empty: nowhere.
  std::string cacheFolder;
  /// A transcript to append to, or to replay. Empty: none.
  std::string recordFile, replayFile;
  bool streaming = true;
  StructuredOutput structured = StructuredOutput::Auto;
};

/// Settings of `profile`; empty: of QIMENG_LLM_PROFILE, else of the file's
/// "default", else none. The file is QIMENG_LLM_CONFIG, else
/// $XDG_CONFIG_HOME/qimeng/llm.json, where it exists; it is refused when it
/// holds a key and others may read it. The error names file or variable, and
/// what to do. Keys are taken out of the environment (see ApiKey::take).
Result<ModelSettings> loadModelSettings(const std::string &profile = "");

/// Where answers are kept when nothing says another folder:
/// $XDG_CACHE_HOME/qimeng/llm. Empty without a home.
std::string getDefaultCacheFolder();

/// What the settings mean, on one line, without the key: for logs and reports.
std::string describe(const ModelSettings &settings);

} // namespace qimeng

#endif // QIMENG_LLM_SETTINGS_H
