//===- Models.cpp - The models there are ----------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/LLM/Models.h"
#include "Layers.h"
#include "Url.h"

namespace qimeng {

Result<std::unique_ptr<ChatModel>> createModel(const ModelSettings &settings) {
  if (!settings.replayFile.empty()) {
    if (!settings.recordFile.empty())
      return Error{"a transcript is replayed or recorded, not both; unset "
                   "QIMENG_LLM_REPLAY or QIMENG_LLM_RECORD"};
    return createReplayModel(settings.replayFile);
  }
  Result<std::unique_ptr<ChatModel>> model = createHttpModel(settings);
  if (model && !settings.cacheFolder.empty())
    model = createCachedModel(std::move(*model), settings.cacheFolder,
                              baseUrlOf(settings) + " " + settings.model);
  if (model && !settings.recordFile.empty())
    model = createRecordingModel(std::move(*model), settings.recordFile);
  return model;
}

} // namespace qimeng
