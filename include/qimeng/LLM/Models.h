//===- Models.h - The models there are --------------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LLM_MODELS_H
#define QIMENG_LLM_MODELS_H

#include "qimeng/LLM/ChatModel.h"
#include "qimeng/LLM/Settings.h"
#include <memory>

namespace qimeng {

/// What a session asks: HTTP to the settings' server, under cache, transcript
/// and budget as the settings say; or, with Settings::replay, a transcript
/// alone. The error names the setting that is missing or wrong.
Result<std::unique_ptr<ChatModel>> createModel(const ModelSettings &settings);

} // namespace qimeng

#endif // QIMENG_LLM_MODELS_H
