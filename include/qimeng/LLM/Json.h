//===- Json.h - JSON from strangers -----------------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LLM_JSON_H
#define QIMENG_LLM_JSON_H

#include "qimeng/Support/Result.h"
#include <nlohmann/json.hpp>
#include <string_view>

namespace qimeng {

/// The first byte of `text` that is not part of UTF-8; npos where all is.
size_t findInvalidUtf8(std::string_view text);

/// Reads JSON that a model or server wrote: UTF-8, at most `maxDepth` levels of
/// arrays and objects, members in their order. The error completes "the answer
/// is of no use: ".
Result<nlohmann::ordered_json> parseJson(std::string_view text,
                                         unsigned maxDepth = 64);

} // namespace qimeng

#endif // QIMENG_LLM_JSON_H
