//===- Json.cpp - JSON from strangers -------------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/LLM/Json.h"

namespace qimeng {

size_t findInvalidUtf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    unsigned char lead = text[at];
    if (lead < 0x80) {
      ++at;
      continue;
    }
    // Unicode 15, table 3-7: no overlong forms, no surrogates, at most
    // U+10FFFF.
    unsigned follow = lead >= 0xC2 && lead <= 0xDF   ? 1
                      : lead >= 0xE0 && lead <= 0xEF ? 2
                      : lead >= 0xF0 && lead <= 0xF4 ? 3
                                                     : 0;
    if (follow == 0 || text.size() - at <= follow)
      return at;
    unsigned char second = text[at + 1];
    unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (second < low || second > high)
      return at;
    for (unsigned i = 2; i <= follow; ++i)
      if ((static_cast<unsigned char>(text[at + i]) & 0xC0) != 0x80)
        return at;
    at += follow + 1;
  }
  return std::string_view::npos;
}

/// Levels of nesting at the deepest place. Exact for JSON; for other text it
/// only has to be an upper bound of what the parser would open.
static unsigned nesting(std::string_view text) {
  unsigned depth = 0, deepest = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

Result<nlohmann::ordered_json> parseJson(std::string_view text,
                                         unsigned maxDepth) {
  size_t bad = findInvalidUtf8(text);
  if (bad != std::string_view::npos)
    return Error{"byte " + std::to_string(bad) + " is not UTF-8"};
  unsigned depth = nesting(text);
  if (depth > maxDepth)
    return Error{"it nests " + std::to_string(depth) + " levels deep, " +
                 std::to_string(maxDepth) + " are allowed"};
  auto value = nlohmann::ordered_json::parse(text, nullptr, false);
  if (value.is_discarded())
    return Error{"it is not JSON"};
  return value;
}

} // namespace qimeng
