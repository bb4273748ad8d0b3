//===- Output.h - What qimeng-tune leaves -----------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TOOLS_QIMENG_TUNE_OUTPUT_H
#define QIMENG_TOOLS_QIMENG_TUNE_OUTPUT_H

#include "qimeng/Tuning/Session.h"

namespace qimeng {

/// Writes all result files beside `folder`'s content, then renames each into
/// its place: on failure the folder holds what it held before.
Status writeOutput(const std::string &folder, const SessionResult &result);

} // namespace qimeng

#endif // QIMENG_TOOLS_QIMENG_TUNE_OUTPUT_H
