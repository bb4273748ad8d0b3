//===- TrialLog.h - Trials as JSON lines ------------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TUNING_TRIALLOG_H
#define QIMENG_TUNING_TRIALLOG_H

#include "qimeng/Support/Result.h"
#include "qimeng/Tuning/Trial.h"

namespace qimeng {

/// One JSON object on one line, without the newline. Absent numbers are left
/// out; times carry their unit in the name; bytes that are not UTF-8 become
/// U+FFFD.
std::string trialToJson(const Trial &trial);

/// Writes one line per trial, in the order given; `path` holds its old or its
/// new content, never a part.
Status writeTrialLog(const std::string &path, const std::vector<Trial> &trials);

} // namespace qimeng

#endif // QIMENG_TUNING_TRIALLOG_H
