//===- Http.cpp - One request over the network ----------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Http.h"
#include "Exchange.h"
#include "Url.h"
#include <chrono>
#include <cmath>
#include <cstring>
#include <ctime>
#include <strings.h>

namespace qimeng {

using Clock = std::chrono::steady_clock;

static double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// How soon a cancelled or timed-out request is noticed.
constexpr int pollMilliseconds = 50;
constexpr size_t maxHeaderBytes = 64 << 10;

void HttpRequestHeaders::addKey(const char *prefix, const ApiKey &key) {
  SecretString line;
  line.reserve(std::strlen(prefix) + key.size + 32);
  line.append(prefix).append(key.bytes, key.size);
  add(line.c_str());
}

struct HttpClient::Transfer {
  const Curl &curl;
  int64_t maxBytes;
  Clock::time_point lastByte;
  size_t headerBytes = 0;
  bool oversized = false;
  HttpReply reply;
  char error[CURL_ERROR_SIZE] = "";

  static size_t onBody(char *data, size_t, size_t size, void *user) {
    auto &self = *static_cast<Transfer *>(user);
    self.lastByte = Clock::now();
    if (self.reply.body.size() + size > static_cast<size_t>(self.maxBytes)) {
      self.oversized = true;
      return 0;
    }
    self.reply.body.append(data, size);
    return size;
  }

  static size_t onHeader(char *data, size_t, size_t size, void *user) {
    auto &self = *static_cast<Transfer *>(user);
    self.lastByte = Clock::now();
    self.headerBytes += size;
    if (self.headerBytes > maxHeaderBytes) {
      self.oversized = true;
      return 0;
    }
    SecretString line(data, size);
    size_t colon = line.find(':');
    if (colon == SecretString::npos)
      return size;
    SecretString value = line.substr(colon + 1);
    value.erase(0, value.find_first_not_of(" \t"));
    value.erase(value.find_last_not_of(" \t\r\n") + 1);
    line.resize(colon);
    if (::strcasecmp(line.c_str(), "retry-after") == 0)
      self.reply.retryAfter = self.waitOf(value.c_str());
    else if (::strcasecmp(line.c_str(), "location") == 0)
      self.reply.location.assign(value.data(),
                                 std::min<size_t>(value.size(), 300));
    return size;
  }

  /// RFC 9110, 10.2.3: seconds or a date.
  std::optional<double> waitOf(const char *text) const {
    char *end = nullptr;
    double seconds = std::strtod(text, &end);
    if (end != text && *end == 0 && std::isfinite(seconds))
      return std::max(0.0, seconds);
    time_t at = curl.curl_getdate(text, nullptr);
    if (at == -1)
      return std::nullopt;
    return std::max(0.0, std::difftime(at, std::time(nullptr)));
  }
};

HttpClient::~HttpClient() {
  for (Connection &connection : idle) {
    curl.curl_easy_cleanup(connection.easy);
    curl.curl_multi_cleanup(connection.multi);
  }
}

static HttpReply failed(ChatFault fault, std::string message,
                        bool transient = false) {
  HttpReply reply;
  reply.fault = fault;
  reply.message = std::move(message);
  reply.transient = transient;
  return reply;
}

HttpReply HttpClient::post(const std::string &url,
                           const HttpRequestHeaders &headers,
                           const std::string &body, double secondsLeft) {
  Clock::time_point start = Clock::now();
  Connection connection;
  {
    std::unique_lock<std::mutex> lock(mutex);
    while (busy >= settings.parallel) {
      if (areRequestsCancelled())
        return failed(ChatFault::Cancelled, "cancelled");
      if (secondsSince(start) > secondsLeft)
        return failed(ChatFault::Timeout,
                      "other requests did not end in time; raise "
                      "QIMENG_LLM_PARALLEL or QIMENG_LLM_TOTAL_SECONDS");
      returned.wait_for(lock, std::chrono::milliseconds(pollMilliseconds));
    }
    ++busy;
    if (!idle.empty()) {
      connection = idle.back();
      idle.pop_back();
    }
  }
  if (!connection.multi)
    connection = {curl.curl_multi_init(), curl.curl_easy_init()};
  HttpReply reply;
  if (connection.multi && connection.easy)
    reply =
        send(connection, url, headers, body, secondsLeft - secondsSince(start));
  else
    reply = failed(ChatFault::Unreachable, "no memory for a connection");
  std::lock_guard<std::mutex> lock(mutex);
  --busy;
  idle.push_back(connection);
  returned.notify_one();
  return reply;
}

HttpReply HttpClient::send(Connection &connection, const std::string &url,
                           const HttpRequestHeaders &headers,
                           const std::string &body, double secondsLeft) {
  Transfer transfer{curl, settings.maxAnswerBytes, Clock::now(), 0, false, {},
                    ""};
  CURL *easy = connection.easy;
  curl.curl_easy_reset(easy);
  auto set = [&](CURLoption option, auto value) {
    curl.curl_easy_setopt(easy, option, value);
  };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_POST, 1L);
  set(CURLOPT_POSTFIELDS, body.data());
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_USERAGENT, "qimeng/" QIMENG_VERSION);
  // HTTP/2 would keep headers, the key among them, in tables of another
  // library.
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  // Number 181 and its values are older than the names that newer headers want.
  set(static_cast<CURLoption>(CURLOPTTYPE_LONG + 181), 1L | 2L);
  // A redirect could carry the key elsewhere.
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!settings.caFile.empty())
    set(CURLOPT_CAINFO, settings.caFile.c_str());
  if (isLoopback(settings))
    set(CURLOPT_PROXY, "");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS,
      std::max(1L, static_cast<long>(settings.connectSeconds * 1000)));
  set(CURLOPT_ERRORBUFFER, transfer.error);
  set(CURLOPT_WRITEFUNCTION, &Transfer::onBody);
  set(CURLOPT_WRITEDATA, &transfer);
  set(CURLOPT_HEADERFUNCTION, &Transfer::onHeader);
  set(CURLOPT_HEADERDATA, &transfer);

  Clock::time_point start = Clock::now();
  CURLMcode state = curl.curl_multi_add_handle(connection.multi, easy);
  if (state != CURLM_OK)
    return failed(ChatFault::Unreachable, curl.curl_multi_strerror(state));
  HttpReply stopped;
  bool done = false;
  CURLcode code = CURLE_OK;
  while (!done && stopped.fault == ChatFault::None) {
    int running = 0, left = 0;
    state = curl.curl_multi_perform(connection.multi, &running);
    while (CURLMsg *message =
               curl.curl_multi_info_read(connection.multi, &left))
      if (message->msg == CURLMSG_DONE) {
        done = true;
        code = message->data.result;
      }
    if (done)
      break;
    double connecting = 0;
    curl.curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME, &connecting);
    double limit = connecting > 0 ? settings.idleSeconds
                                  : std::max(settings.idleSeconds,
                                             settings.connectSeconds + 1);
    if (state != CURLM_OK)
      stopped =
          failed(ChatFault::Unreachable, curl.curl_multi_strerror(state), true);
    else if (areRequestsCancelled())
      stopped = failed(ChatFault::Cancelled, "cancelled");
    else if (secondsSince(start) > secondsLeft)
      stopped = failed(ChatFault::Timeout, "the answer was not complete in "
                                           "time");
    else if (secondsSince(transfer.lastByte) > limit)
      stopped = failed(ChatFault::Timeout, "the server fell silent", true);
    else
      curl.curl_multi_poll(connection.multi, nullptr, 0, pollMilliseconds,
                           nullptr);
  }
  HttpReply reply = stopped.fault == ChatFault::None
                        ? outcome(connection, transfer, code)
                        : std::move(stopped);
  if (reply.fault != ChatFault::None) {
    long bytes = 0;
    curl.curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &bytes);
    reply.sent = bytes > 0;
    reply.body = std::move(transfer.reply.body);
  }
  curl.curl_multi_remove_handle(connection.multi, easy);
  return reply;
}

HttpReply HttpClient::outcome(Connection &connection, Transfer &transfer,
                              CURLcode code) {
  if (transfer.oversized)
    return failed(ChatFault::Oversized,
                  "the answer has more than " +
                      std::to_string(settings.maxAnswerBytes) +
                      " bytes; raise QIMENG_LLM_MAX_ANSWER_BYTES where that is "
                      "right");
  std::string detail =
      *transfer.error ? transfer.error : curl.curl_easy_strerror(code);
  switch (code) {
  case CURLE_OK:
    curl.curl_easy_getinfo(connection.easy, CURLINFO_RESPONSE_CODE,
                           &transfer.reply.status);
    return std::move(transfer.reply);
  case CURLE_URL_MALFORMAT:
    return failed(ChatFault::Settings, detail);
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_CRL_BADFILE:
  case CURLE_SSL_INVALIDCERTSTATUS:
    return failed(ChatFault::Tls,
                  detail + "; where the server's certificate is right, name "
                           "its authority's by QIMENG_LLM_CA_FILE");
  case CURLE_SSL_CACERT_BADFILE:
    return failed(ChatFault::Tls, detail + "; correct QIMENG_LLM_CA_FILE");
  case CURLE_OPERATION_TIMEDOUT:
    return failed(ChatFault::Timeout, "no connection in time", true);
  case CURLE_COULDNT_RESOLVE_HOST:
  case CURLE_COULDNT_RESOLVE_PROXY:
  case CURLE_COULDNT_CONNECT:
    return failed(ChatFault::Unreachable,
                  detail + "; is the server running, and the base URL right?",
                  true);
  case CURLE_PARTIAL_FILE:
  case CURLE_GOT_NOTHING:
  case CURLE_SEND_ERROR:
  case CURLE_RECV_ERROR:
    return failed(ChatFault::Unreachable,
                  "the connection was cut (" + detail + ")", true);
  // Of our two protocols one; what is unsupported is the reply's, "HTTP/0.9".
  case CURLE_UNSUPPORTED_PROTOCOL:
  case CURLE_WEIRD_SERVER_REPLY:
    return failed(ChatFault::Malformed,
                  "it does not speak HTTP (" + detail + ")");
  default:
    return failed(ChatFault::Unreachable, detail);
  }
}

} // namespace qimeng
