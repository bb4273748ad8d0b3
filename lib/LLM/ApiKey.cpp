//===- ApiKey.cpp - A server's key, which nothing prints ------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/LLM/ApiKey.h"
#include "SecretMemory.h"
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string_view>

namespace qimeng {

Result<std::shared_ptr<const ApiKey>> ApiKey::take(char *bytes, size_t size,
                                                   const std::string &source) {
  auto isSpace = [](char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
  };
  size_t begin = 0, end = size;
  while (begin < end && isSpace(bytes[begin]))
    ++begin;
  while (end > begin && isSpace(bytes[end - 1]))
    --end;
  // Anything else would let a key's text write headers of its own.
  bool clean = true;
  for (size_t i = begin; i < end; ++i)
    clean &= bytes[i] > ' ' && bytes[i] < 127;

  std::shared_ptr<ApiKey> key(new ApiKey);
  if (clean && begin < end) {
    key->size = end - begin;
    key->bytes = static_cast<char *>(secretMalloc(key->size));
    if (key->bytes)
      std::memcpy(key->bytes, bytes + begin, key->size);
  }
  ::explicit_bzero(bytes, size);
  if (!clean)
    return Error{source + " holds white space, or characters that are not "
                          "ASCII, within the key; set it anew"};
  if (begin == end)
    return Error{source + " is empty; set it to the server's key"};
  if (!key->bytes)
    return Error{"no memory for the key in " + source};
  return std::shared_ptr<const ApiKey>(key);
}

Result<std::shared_ptr<const ApiKey>> ApiKey::take(const char *name) {
  static std::mutex mutex;
  static auto &taken =
      *new std::map<std::string, std::shared_ptr<const ApiKey>>;
  std::lock_guard<std::mutex> lock(mutex);
  char *value = std::getenv(name);
  if (!value)
    return taken[name];
  size_t size = std::strlen(value);
  std::shared_ptr<const ApiKey> key;
  if (size != 0) {
    Result<std::shared_ptr<const ApiKey>> made =
        take(value, size, "the variable " + std::string(name));
    // The bytes are wiped where they stood: in /proc/PID/environ, too.
    ::unsetenv(name);
    if (!made)
      return made;
    key = *made;
  }
  taken[name] = key;
  return key;
}

ApiKey::~ApiKey() { secretFree(bytes); }

template <typename String> void ApiKey::redact(String &text) const {
  constexpr std::string_view mark = "[key]";
  if (size < 8)
    return;
  for (size_t at = 0; (at = text.find(bytes, at, size)) != String::npos;
       at += mark.size()) {
    // Shrinking moves the tail over the key; what is left behind at the end is
    // part of the tail.
    ::explicit_bzero(&text[at], size);
    text.replace(at, size, mark.data(), mark.size());
  }
}

template void ApiKey::redact(std::string &text) const;
template void ApiKey::redact(SecretString &text) const;

} // namespace qimeng
