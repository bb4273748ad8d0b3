//===- Apart.h - Work in a process with limits ------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_INPUT_APART_H
#define QIMENG_LIB_INPUT_APART_H

#include "qimeng/Support/Result.h"
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace qimeng {

struct ApartLimits {
  double seconds = 60;
  uint64_t processorSeconds = 60;
  /// Of private memory, and of one file.
  uint64_t bytesOfMemory = uint64_t(4) << 30, bytesOfFile = uint64_t(1) << 30;
  /// Of what comes back.
  size_t bytesOfOutput = 1 << 20;
};

struct Ended {
  enum class How { Exited, Signalled, TooLate, TooMuchOutput };
  How how = How::Exited;
  /// The exit code or the signal.
  int code = 0;
  /// What was written to the process's output.
  std::string output;

  /// "was ended after 60 s", "was ended by signal 11".
  std::string describe(const ApartLimits &limits) const;
};

/// Runs `body` in a copy of this process; what it writes to `out` comes back,
/// and what it returns is the exit code. Whatever it started is ended with it.
Result<Ended> runApart(const std::function<int(int out)> &body,
                       const ApartLimits &limits);

/// Runs `arguments[0]`, looked up in PATH, with the others. Output and errors
/// come back together. Exit code 127: there is no such program.
Result<Ended> runProgramApart(const std::vector<std::string> &arguments,
                              const ApartLimits &limits);

} // namespace qimeng

#endif // QIMENG_LIB_INPUT_APART_H
