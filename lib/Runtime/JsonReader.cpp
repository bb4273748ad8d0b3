//===- JsonReader.cpp - Strict reading of JSON objects --------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "JsonReader.h"
#include <cmath>

using nlohmann::json;

namespace qimeng {

Result<json> parseJson(std::string_view text) {
  // The only way to learn the position of a syntax error is the exception.
  try {
    return json::parse(text.begin(), text.end());
  } catch (const json::parse_error &error) {
    std::string what = error.what();
    size_t start = what.find("] ");
    return Error{start == std::string::npos ? what : what.substr(start + 2)};
  }
}

static std::string shortText(const json &value) {
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  return text.size() > 60 ? text.substr(0, 57) + "..." : text;
}

void JsonReader::failAt(const std::string &where, const std::string &expected,
                        const json &found) {
  failWith((where.empty() ? "the document" : "field '" + where + "'") +
           ": expected " + expected + ", found " + shortText(found));
}

const json *JsonReader::find(const char *key) {
  asked.insert(key);
  if (!value.is_object())
    return nullptr;
  auto found = value.find(key);
  if (found == value.end()) {
    failWith("field '" + pathOf(key) + "' is missing");
    return nullptr;
  }
  return &*found;
}

std::string JsonReader::string(const char *key) {
  const json *field = find(key);
  if (!field)
    return "";
  if (!field->is_string()) {
    fail(key, "a string", *field);
    return "";
  }
  return field->get<std::string>();
}

bool JsonReader::boolean(const char *key) {
  const json *field = find(key);
  if (!field)
    return false;
  if (!field->is_boolean()) {
    fail(key, "true or false", *field);
    return false;
  }
  return field->get<bool>();
}

double JsonReader::number(const char *key) {
  const json *field = find(key);
  if (!field)
    return 0;
  if (field->is_null())
    return std::nan("");
  if (!field->is_number()) {
    fail(key, "a number", *field);
    return 0;
  }
  return field->get<double>();
}

std::vector<std::string> JsonReader::strings(const char *key) {
  std::vector<std::string> result;
  each(key, [&](const json &item, const std::string &where) {
    if (item.is_string())
      result.push_back(item.get<std::string>());
    else
      failAt(where, "a string", item);
  });
  return result;
}

std::vector<double> JsonReader::numbers(const char *key) {
  std::vector<double> result;
  each(key, [&](const json &item, const std::string &where) {
    if (item.is_number())
      result.push_back(item.get<double>());
    else
      failAt(where, "a number", item);
  });
  return result;
}

void JsonReader::each(
    const char *key,
    const std::function<void(const json &, const std::string &)> &visit) {
  const json *field = find(key);
  if (!field)
    return;
  if (!field->is_array()) {
    fail(key, "an array", *field);
    return;
  }
  for (size_t i = 0; i < field->size() && !failed(); ++i)
    visit((*field)[i], pathOf(key) + "[" + std::to_string(i) + "]");
}

JsonReader JsonReader::object(const char *key) {
  static const json empty = json::object();
  const json *field = find(key);
  return JsonReader(field ? *field : empty, pathOf(key), failure);
}

void JsonReader::finish() {
  if (!value.is_object())
    return;
  for (auto item = value.begin(); item != value.end(); ++item)
    if (!asked.count(item.key())) {
      std::string known;
      for (const std::string &key : asked)
        known += (known.empty() ? "" : ", ") + key;
      failWith("field '" + pathOf(item.key()) +
               "' is unknown; the fields here are " + known);
    }
}

} // namespace qimeng
