//===- Http.h - One request over the network --------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_LLM_HTTP_H
#define QIMENG_LIB_LLM_HTTP_H

#include "Curl.h"
#include "SecretMemory.h"
#include "qimeng/LLM/ChatModel.h"
#include "qimeng/LLM/Settings.h"
#include <condition_variable>
#include <mutex>
#include <optional>

namespace qimeng {

/// Headers of a request. The only place that reads a key.
class HttpRequestHeaders {
public:
  explicit HttpRequestHeaders(const Curl &curl) : curl(curl) {}
  HttpRequestHeaders(const HttpRequestHeaders &) = delete;
  ~HttpRequestHeaders() { curl.curl_slist_free_all(list); }

  /// "Name: value".
  void add(const char *line) { list = curl.curl_slist_append(list, line); }
  /// `prefix` is "Authorization: Bearer ".
  void addKey(const char *prefix, const ApiKey &key);
  curl_slist *get() const { return list; }

private:
  const Curl &curl;
  curl_slist *list = nullptr;
};

struct HttpReply {
  /// None: there is a status and a body, whatever they say.
  ChatFault fault = ChatFault::None;
  /// What happened, for people; with `fault`.
  std::string message;
  /// With `fault`: trying again may help.
  bool transient = false;
  /// With `fault`: the request had gone out, so it may be billed.
  bool sent = false;
  long status = 0;
  /// May hold the key, where the server echoes it.
  SecretString body;
  /// From Retry-After, in seconds; a date counts from now.
  std::optional<double> retryAfter;
  /// Of a 3xx.
  std::string location;
};

/// The connections to one server: at most `settings.parallel` at a time, kept
/// open between requests. Thread-safe.
class HttpClient {
public:
  HttpClient(const Curl &curl, const ModelSettings &settings)
      : curl(curl), settings(settings) {}
  ~HttpClient();

  /// Waits for its turn, and sends `body` to `url`. `secondsLeft` bounds all of
  /// that.
  HttpReply post(const std::string &url, const HttpRequestHeaders &headers,
                 const std::string &body, double secondsLeft);

private:
  struct Connection {
    CURLM *multi = nullptr;
    CURL *easy = nullptr;
  };
  struct Transfer;

  HttpReply send(Connection &connection, const std::string &url,
                 const HttpRequestHeaders &headers, const std::string &body,
                 double secondsLeft);
  HttpReply outcome(Connection &connection, Transfer &transfer, CURLcode code);

  const Curl &curl;
  const ModelSettings settings;
  std::mutex mutex;
  std::condition_variable returned;
  std::vector<Connection> idle;
  unsigned busy = 0;
};

} // namespace qimeng

#endif // QIMENG_LIB_LLM_HTTP_H
