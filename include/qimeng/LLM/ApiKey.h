//===- ApiKey.h - A server's key, which nothing prints ----------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A key goes from the environment or a file into the header of a request, and
// nowhere else. The class has no way to read it but that one; its memory is
// left out of core dumps, kept from the swap where the system allows, and
// wiped.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LLM_APIKEY_H
#define QIMENG_LLM_APIKEY_H

#include "qimeng/Support/Result.h"
#include <cstddef>
#include <memory>
#include <string>

namespace qimeng {

class ApiKey {
public:
  /// Copies the key out of `bytes` (white space around it is left out) and
  /// wipes those. `source` is for the error: "the variable QIMENG_LLM_KEY".
  static Result<std::shared_ptr<const ApiKey>> take(char *bytes, size_t size,
                                                    const std::string &source);
  /// The key in the environment variable `name`; null where it is not set or
  /// empty. The variable is wiped and unset: neither a child process nor a core
  /// dump has it. Asked again, it gives the same key. Not to be called while
  /// other threads use the environment.
  static Result<std::shared_ptr<const ApiKey>> take(const char *name);

  ApiKey(const ApiKey &) = delete;
  ApiKey &operator=(const ApiKey &) = delete;
  ~ApiKey();

  /// Writes "[key]" for each occurrence of the key in `text`, in place. Keys of
  /// fewer than 8 characters ("EMPTY") are no secret, and are left alone.
  template <typename String> void redact(String &text) const;

private:
  ApiKey() = default;
  /// Writes a header and the key into the request.
  friend class HttpRequestHeaders;

  char *bytes = nullptr;
  size_t size = 0;
};

} // namespace qimeng

#endif // QIMENG_LLM_APIKEY_H
