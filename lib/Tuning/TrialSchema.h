//===- TrialSchema.h - Tables of the trial store ----------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_TUNING_TRIALSCHEMA_H
#define QIMENG_LIB_TUNING_TRIALSCHEMA_H

#include "qimeng/Support/Result.h"
#include <string>
#include <vector>

struct sqlite3;

namespace qimeng {

/// Marks the file as a trial store ("QiMT"), in SQLite's application_id.
inline constexpr int trialApplicationId = 0x51694d54;

/// Statements that bring the schema from version i to i + 1, for each i. An
/// entry that was once released is never edited: a change appends one.
const std::vector<std::string> &trialSchemaSteps();

/// Checks that the database is a trial store (or empty) of a version that
/// `steps` knows and, unless `readOnly`, applies the steps that are missing.
/// The caller holds a transaction; on an error it rolls back.
Status applyTrialSchema(sqlite3 *database, const std::string &path,
                        const std::vector<std::string> &steps, bool readOnly);

/// The last SQLite error of `database`, while doing `what`, for a person:
/// damaged, disk full, read-only and locked each with what to do about it.
Error trialStoreError(sqlite3 *database, const std::string &what,
                      const std::string &path);

} // namespace qimeng

#endif // QIMENG_LIB_TUNING_TRIALSCHEMA_H
