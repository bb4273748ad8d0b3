//===- Layers.h - What a session's model is stacked of ----------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Transcript over cache over HTTP, which keeps to the budget: what a cache
// answers costs nothing, so a spent budget does not refuse it.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_LLM_LAYERS_H
#define QIMENG_LIB_LLM_LAYERS_H

#include "qimeng/LLM/ChatModel.h"
#include "qimeng/LLM/Settings.h"
#include <functional>
#include <memory>

namespace qimeng {

/// What tests put in place of the world.
struct HttpHooks {
  /// Waits, in seconds; returns early where requests are cancelled.
  std::function<void(double seconds)> sleep;
  /// Of the jitter of the waits between attempts.
  unsigned seed = 0;
};

/// Asks the settings' server. Thread-safe.
Result<std::unique_ptr<ChatModel>>
createHttpModel(const ModelSettings &settings, const HttpHooks &hooks = {});

/// Keeps what `inner` answers in `folder`, one file for each question to the
/// server `identity`; asks `inner` what is not there, or is there damaged.
Result<std::unique_ptr<ChatModel>>
createCachedModel(std::unique_ptr<ChatModel> inner, const std::string &folder,
                  const std::string &identity);

/// Appends what `inner` answers to the transcript `path`. What that already
/// holds, in the same order, is not written twice: a session that goes on after
/// a kill goes on in its transcript, too.
Result<std::unique_ptr<ChatModel>>
createRecordingModel(std::unique_ptr<ChatModel> inner, const std::string &path);

/// Answers from the transcript `path`, and from nothing else. A question asked
/// again gets its recorded answers in turn.
Result<std::unique_ptr<ChatModel>> createReplayModel(const std::string &path);

} // namespace qimeng

#endif // QIMENG_LIB_LLM_LAYERS_H
