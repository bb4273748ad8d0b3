//===- Subprocess.h - Run a program and read what it prints -----*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_TARGET_SUBPROCESS_H
#define QIMENG_LIB_TARGET_SUBPROCESS_H

#include "qimeng/Support/Result.h"
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

} // namespace qimeng

#endif // QIMENG_LIB_TARGET_SUBPROCESS_H
