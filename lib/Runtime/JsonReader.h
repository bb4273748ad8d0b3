//===- JsonReader.h - Strict reading of JSON objects ------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// nlohmann::json's own accessors throw, and do not say where. This reader never
// throws, keeps the first error with the path of its field, and refuses fields
// that nobody asked for.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_RUNTIME_JSONREADER_H
#define QIMENG_LIB_RUNTIME_JSONREADER_H

#include "qimeng/Support/Result.h"
#include <cstdint>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace qimeng {

/// Parses `text`; the error says where and what.
Result<nlohmann::json> parseJson(std::string_view text);

class JsonReader {
public:
  /// `error` is shared by all readers over one document; the first stays.
  JsonReader(const nlohmann::json &value, std::string path, std::string &error)
      : value(value), path(std::move(path)), failure(error) {
    if (!value.is_object())
      fail("", "an object", value);
  }

  bool failed() const { return !failure.empty(); }
  bool has(const char *key) const {
    return value.is_object() && value.contains(key);
  }

  std::string string(const char *key);
  std::string string(const char *key, const std::string &fallback) {
    return has(key) ? string(key) : fallback;
  }
  bool boolean(const char *key);
  bool boolean(const char *key, bool fallback) {
    return has(key) ? boolean(key) : fallback;
  }
  /// A number; null reads as NaN, since JSON cannot write NaN.
  double number(const char *key);
  double number(const char *key, double fallback) {
    return has(key) ? number(key) : fallback;
  }
  template <typename T> T integer(const char *key) {
    const nlohmann::json *field = find(key);
    return field ? toInteger<T>(*field, pathOf(key)) : T();
  }
  template <typename T> T integer(const char *key, T fallback) {
    return has(key) ? integer<T>(key) : fallback;
  }
  template <typename T> std::vector<T> integers(const char *key) {
    std::vector<T> result;
    each(key, [&](const nlohmann::json &item, const std::string &where) {
      result.push_back(toInteger<T>(item, where));
    });
    return result;
  }
  std::vector<std::string> strings(const char *key);
  std::vector<double> numbers(const char *key);

  /// Calls `visit` on every item of the array `key` with its path.
  void each(const char *key,
            const std::function<void(const nlohmann::json &item,
                                     const std::string &path)> &visit);
  /// The object under `key`; an error (and an empty object) when missing.
  JsonReader object(const char *key);
  const nlohmann::json *find(const char *key);
  std::string pathOf(const std::string &key) const {
    return path.empty() || key.empty() ? path + key : path + "." + key;
  }

  /// Says that field `key` is wrong.
  void fail(const std::string &key, const std::string &expected,
            const nlohmann::json &found) {
    failAt(pathOf(key), expected, found);
  }
  /// The same, for a path as each() gives it.
  void failAt(const std::string &where, const std::string &expected,
              const nlohmann::json &found);
  void failWith(const std::string &message) {
    if (failure.empty())
      failure = message;
  }

  /// Refuses fields that were not asked for.
  void finish();

private:
  template <typename T>
  T toInteger(const nlohmann::json &item, const std::string &where) {
    if (item.is_number_unsigned()) {
      uint64_t number = item.get<uint64_t>();
      if (number <= static_cast<uint64_t>(std::numeric_limits<T>::max()))
        return static_cast<T>(number);
    } else if (item.is_number_integer()) {
      int64_t number = item.get<int64_t>();
      if (std::numeric_limits<T>::is_signed &&
          number >= static_cast<int64_t>(std::numeric_limits<T>::min()))
        return static_cast<T>(number);
    }
    failAt(where,
           "an integer of " + std::to_string(sizeof(T) * 8) + " bits, " +
               (std::numeric_limits<T>::is_signed ? "signed" : "unsigned"),
           item);
    return T();
  }

  const nlohmann::json &value;
  std::string path;
  std::string &failure;
  std::set<std::string> asked;
};

} // namespace qimeng

#endif // QIMENG_LIB_RUNTIME_JSONREADER_H
