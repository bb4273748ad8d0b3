//===- Subprocess.h - Work in a process of its own --------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_TARGET_SUBPROCESS_H
#define QIMENG_LIB_TARGET_SUBPROCESS_H

#include "qimeng/Support/Result.h"
#include <functional>
#include <shared_mutex>
#include <string>
#include <vector>

namespace qimeng {

struct Finished {
  int exitCode = 0;   ///< 128 + the signal where one ended it
  std::string output; ///< stdout and stderr together
};

/// Runs `arguments[0]`, a path, in a process group of its own, with an empty
/// stdin. Past the time limit the group is killed and that is the error.
Result<Finished> runProgram(const std::vector<std::string> &arguments,
                            double timeLimitSeconds);

/// Calls `body` in a fork of this process, under the same rules; what it
/// returns is the exit code. What it writes to the file descriptor that it is
/// given becomes `result`. Of the other threads only their memory is there, so
/// it must wait for none, and it may use no descriptor but its own and stdout.
/// `name` is for messages; `quiet` is held at the moment of the fork.
Result<Finished> runForked(const std::string &name,
                           const std::function<int(int)> &body,
                           std::string &result, double timeLimitSeconds,
                           std::shared_mutex &quiet);

/// Writes all of `bytes`.
bool writeAll(int descriptor, std::string_view bytes);

} // namespace qimeng

#endif // QIMENG_LIB_TARGET_SUBPROCESS_H
