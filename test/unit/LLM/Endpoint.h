//===- Endpoint.h - A server for tests --------------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TEST_UNIT_LLM_ENDPOINT_H
#define QIMENG_TEST_UNIT_LLM_ENDPOINT_H

#include "Layers.h"
#include "qimeng/LLM/Models.h"
#include "qimeng/Support/File.h"
#include "gtest/gtest.h"
#include <mutex>
#include <nlohmann/json.hpp>
#include <sys/types.h>
#include <vector>

namespace qimeng {

/// python/qimeng/chat_endpoint.py, running until destruction.
class Endpoint {
public:
  /// `lines`: of the script.
  explicit Endpoint(const std::vector<std::string> &lines,
                    const std::vector<std::string> &options = {});
  /// Any arguments.
  static std::unique_ptr<Endpoint>
  withArguments(const std::vector<std::string> &arguments);
  ~Endpoint();

  /// Settings to ask it, with short limits, no cache and no key.
  ModelSettings settings(ChatProvider provider = ChatProvider::OpenAI) const;
  /// The requests so far.
  std::vector<nlohmann::json> log() const;
  /// Until there were `count` requests, or for ten seconds.
  bool awaitRequests(size_t count) const;
  std::string path(const std::string &name) const {
    return folder.path() + "/" + name;
  }

  std::string url, certificate;

private:
  Endpoint();
  void start(std::vector<std::string> arguments);

  TemporaryFolder folder;
  pid_t child = -1;
  int input = -1;
};

/// A key of 40 random characters, which the caller hides from dumps.
std::shared_ptr<const ApiKey> makeKey(const std::string &text);

/// Sleeps that are noted and not slept.
struct Sleeps {
  HttpHooks hooks(unsigned seed = 1) {
    return {[this](double seconds) {
              std::lock_guard<std::mutex> lock(mutex);
              asked.push_back(seconds);
            },
            seed};
  }
  std::mutex mutex;
  std::vector<double> asked;
};

ChatRequest question(const std::string &text);

TemporaryFolder makeFolder();

/// This program again, with a filter for the tests to run, further variables,
/// and standard output and error to `output`.
pid_t startSelf(const std::string &filter,
                const std::vector<std::string> &environment,
                const std::string &output, const std::string &folder = "");
/// The status of waitpid.
int await(pid_t child);

} // namespace qimeng

#endif // QIMENG_TEST_UNIT_LLM_ENDPOINT_H
