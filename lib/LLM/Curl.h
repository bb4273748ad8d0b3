//===- Curl.h - libcurl, loaded at run time ---------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Loaded so that the tools start on machines without it, and so that TLS, its
// certificates and its repairs are the system's.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_LLM_CURL_H
#define QIMENG_LIB_LLM_CURL_H

#include "qimeng/Support/Result.h"

// The type checks are macros that call functions by their global names.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

namespace qimeng {

struct Curl {
#define QIMENG_CURL_SYMBOL(name) decltype(&::name) name = nullptr;
#include "CurlSymbols.def"

  /// QIMENG_LIBCURL, or libcurl.so.4; loaded by the first call. The error says
  /// what to install.
  static Result<const Curl *> get();
};

} // namespace qimeng

#endif // QIMENG_LIB_LLM_CURL_H
