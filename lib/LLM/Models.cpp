//===- Models.cpp - The models there are ----------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/LLM/Models.h"
#include "Layers.h"

namespace qimeng {

Result<std::unique_ptr<ChatModel>> createModel(const ModelSettings &settings) {
  if (settings.replayFile.empty())
    return Error{"no transcript is named; set QIMENG_LLM_REPLAY"};
  return createReplayModel(settings.replayFile);
}

} // namespace qimeng
