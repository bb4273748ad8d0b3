//===- Curl.cpp - libcurl, loaded at run time -----------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Curl.h"
#include "SecretMemory.h"
#include <cstdlib>
#include <dlfcn.h>
#include <string>

namespace qimeng {

static Result<const Curl *> load() {
  const char *named = std::getenv("QIMENG_LIBCURL");
  std::string library = named && *named ? named : "libcurl.so.4";
  // Never closed: it keeps state for as long as the process lives.
  void *handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return Error{"no language model can be asked without libcurl: " +
                 std::string(::dlerror()) +
                 "; install it (Debian: apt-get install libcurl4), or replay a "
                 "transcript"};
  auto curl = new Curl;
#define QIMENG_CURL_SYMBOL(name)                                               \
  curl->name = reinterpret_cast<decltype(&::name)>(::dlsym(handle, #name));    \
  if (!curl->name)                                                             \
    return Error{"'" + library +                                               \
                 "' has no " #name ": install libcurl 7.66 or newer"};
#include "CurlSymbols.def"
  // libcurl copies request headers, which hold keys, as it goes.
  CURLcode code =
      curl->curl_global_init_mem(CURL_GLOBAL_ALL, secretMalloc, secretFree,
                                 secretRealloc, secretStrdup, secretCalloc);
  if (code != CURLE_OK)
    return Error{"libcurl does not start: " +
                 std::string(curl->curl_easy_strerror(code))};
  return curl;
}

Result<const Curl *> Curl::get() {
  static const Result<const Curl *> curl = load();
  return curl;
}

} // namespace qimeng
