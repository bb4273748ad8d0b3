//===- Result.h - A value or a message for a person -------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rooms that know no MLIR report failure with these. A message names the place
// (file, row, device) and the remedy, in one paragraph, without a newline.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_SUPPORT_RESULT_H
#define QIMENG_SUPPORT_RESULT_H

#include <string>
#include <utility>
#include <variant>

namespace qimeng {

/// A failure, worded for the person who reads it.
struct Error {
  std::string message;
};

/// Either a T or an Error. Test it as a bool before use.
template <typename T> class [[nodiscard]] Result {
public:
  Result(T value) : state(std::move(value)) {}
  Result(Error error) : state(std::move(error)) {}

  explicit operator bool() const { return std::holds_alternative<T>(state); }
  T &operator*() { return std::get<T>(state); }
  const T &operator*() const { return std::get<T>(state); }
  T *operator->() { return &std::get<T>(state); }
  const T *operator->() const { return &std::get<T>(state); }
  const std::string &error() const { return std::get<Error>(state).message; }

private:
  std::variant<T, Error> state;
};

/// Success, or an Error.
class [[nodiscard]] Status {
public:
  Status() = default;
  Status(Error error) : failure(std::move(error)), ok(false) {}

  explicit operator bool() const { return ok; }
  const std::string &error() const { return failure.message; }

private:
  Error failure;
  bool ok = true;
};

} // namespace qimeng

#endif // QIMENG_SUPPORT_RESULT_H
