//===- TrialSchema.cpp - Tables of the trial store ------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TrialSchema.h"
#include <cstring>
#include <optional>
#include <sqlite3.h>

namespace qimeng {

const std::vector<std::string> &trialSchemaSteps() {
  // Rates are generated columns, so that they cannot disagree with the times.
  // bytes / (us * 1e3) is GB/s, flops / (us * 1e6) is TFLOP/s.
  static const std::vector<std::string> steps = {R"sql(
CREATE TABLE trial (
  id INTEGER PRIMARY KEY,
  session_key TEXT NOT NULL,
  kernel_key TEXT NOT NULL,
  arch TEXT NOT NULL,
  compiler_version TEXT NOT NULL,
  device TEXT NOT NULL,
  recipe_key TEXT NOT NULL,
  recipe TEXT NOT NULL,
  status TEXT NOT NULL,
  phase TEXT NOT NULL,
  accepted INTEGER NOT NULL,
  diagnostics TEXT NOT NULL,
  predicted_us REAL,
  measured_us REAL,
  minimum_us REAL,
  bytes REAL,
  flops REAL,
  absolute_error REAL,
  relative_error REAL,
  wall_seconds REAL NOT NULL,
  step INTEGER NOT NULL,
  parent INTEGER,
  action TEXT NOT NULL,
  planner TEXT NOT NULL,
  coder TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  achieved_gbps REAL AS (bytes / (measured_us * 1e3)) VIRTUAL,
  achieved_tflops REAL AS (flops / (measured_us * 1e6)) VIRTUAL,
  UNIQUE (session_key, kernel_key, arch, compiler_version, device, recipe_key)
);
CREATE INDEX trial_by_program
  ON trial (kernel_key, arch, compiler_version, recipe_key);
CREATE TABLE trial_kernel (
  trial INTEGER NOT NULL REFERENCES trial (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  grid TEXT NOT NULL,
  threads INTEGER,
  registers INTEGER,
  shared_bytes INTEGER,
  spill_bytes INTEGER,
  occupancy REAL,
  us REAL,
  bytes REAL,
  flops REAL,
  precision TEXT NOT NULL,
  PRIMARY KEY (trial, position)
) WITHOUT ROWID;
CREATE TABLE session_state (
  session_key TEXT NOT NULL,
  name TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (session_key, name)
) WITHOUT ROWID;
)sql",
                                                 R"sql(
ALTER TABLE trial ADD COLUMN samples INTEGER;
ALTER TABLE trial ADD COLUMN cut_off INTEGER NOT NULL DEFAULT 0;
ALTER TABLE trial ADD COLUMN measure_seconds REAL;
)sql",
                                                 R"sql(
ALTER TABLE trial ADD COLUMN attempt INTEGER NOT NULL DEFAULT 0;
)sql",
                                                 R"sql(
ALTER TABLE trial ADD COLUMN reruns INTEGER;
)sql"};
  return steps;
}

Error trialStoreError(sqlite3 *database, const std::string &what,
                      const std::string &path) {
  int code = sqlite3_extended_errcode(database);
  std::string head = "cannot " + what + " the trial store '" + path + "': ";
  int systemCode = sqlite3_system_errno(database);
  std::string detail = sqlite3_errmsg(database);
  if (systemCode && (code & 0xff) != SQLITE_FULL)
    detail += std::string(" (") + std::strerror(systemCode) + ")";
  switch (code & 0xff) {
  case SQLITE_NOTADB:
    return Error{head + "the file is not an SQLite database, or its first page "
                        "is damaged. It was left as it is; name another file, "
                        "restore this one from a copy, or move it away to "
                        "begin a new store."};
  case SQLITE_CORRUPT:
    return Error{head + "the file is damaged (" + detail +
                 "). It was left as it is; restore it from a copy, or save "
                 "what can be read with `sqlite3 '" +
                 path +
                 "' .recover` into a new file, or move it away to begin a "
                 "new store."};
  case SQLITE_FULL:
    return Error{head + "the disk is full. Nothing of this write was kept and "
                        "all earlier trials are safe; free some space or name "
                        "a store on another disk, then run the same command "
                        "again to go on from the last finished trial."};
  case SQLITE_IOERR:
    return Error{head + detail +
                 ". Nothing of this write was kept and all earlier trials are "
                 "safe; check the disk, its quota and the limit on file sizes "
                 "(ulimit -f), then run the same command again."};
  case SQLITE_READONLY:
  case SQLITE_PERM:
  case SQLITE_AUTH:
    return Error{head + "it cannot be written (" + detail +
                 "). Writing needs permission for the file and for its "
                 "folder, where a journal is kept; grant it, or name a store "
                 "in a folder of yours."};
  case SQLITE_CANTOPEN:
    return Error{head + "it cannot be opened or made (" + detail +
                 "). The folder must exist and be writable, also for the "
                 "journal beside the file, and the path must not be a folder; "
                 "mend that, or name a store elsewhere."};
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return Error{head +
                 "another process has held its lock for over a minute. "
                 "Look for a stopped qimeng-tune or an open sqlite3 "
                 "shell (`fuser '" +
                 path + "'`), end it, and run the same command again."};
  default:
    return Error{head + detail + ". Check that the file '" + path +
                 "' can be read and written, or name another store."};
  }
}

/// The first column of the only row of `sql` as an integer.
static std::optional<int64_t> queryInteger(sqlite3 *database, const char *sql) {
  sqlite3_stmt *statement = nullptr;
  std::optional<int64_t> value;
  if (sqlite3_prepare_v2(database, sql, -1, &statement, nullptr) == SQLITE_OK &&
      sqlite3_step(statement) == SQLITE_ROW)
    value = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  return value;
}

Status applyTrialSchema(sqlite3 *database, const std::string &path,
                        const std::vector<std::string> &steps, bool readOnly) {
  auto application = queryInteger(database, "PRAGMA application_id");
  auto version = queryInteger(database, "PRAGMA user_version");
  auto tables = queryInteger(database, "SELECT count(*) FROM sqlite_schema");
  if (!application || !version || !tables)
    return trialStoreError(database, "open", path);

  bool fresh = *tables == 0 && *version == 0 && *application == 0;
  if (!fresh && *application != trialApplicationId)
    return Error{"cannot open the trial store '" + path +
                 "': the file is an SQLite database, but of another program "
                 "(application id " +
                 std::to_string(*application) + ", expected " +
                 std::to_string(trialApplicationId) +
                 "). It was left as it is; name another file."};
  int64_t ours = steps.size();
  if (*version > ours)
    return Error{"cannot open the trial store '" + path +
                 "': a newer version of QiMeng wrote it (schema " +
                 std::to_string(*version) + ", this version knows up to " +
                 std::to_string(ours) +
                 "). It was left as it is; use that newer version, or name "
                 "another store."};
  if (!fresh && *version < 1)
    return Error{"cannot open the trial store '" + path +
                 "': its schema version is " + std::to_string(*version) +
                 ", expected 1 to " + std::to_string(ours) +
                 ". The file was altered by something else; it was left as it "
                 "is. Restore it from a copy or name another store."};
  if (readOnly) {
    if (*version == ours)
      return {};
    return Error{"cannot read the trial store '" + path + "': " +
                 (fresh ? "it is empty"
                        : "its schema is older (" + std::to_string(*version) +
                              ", expected " + std::to_string(ours) + ")") +
                 ". Open it once for writing, by running qimeng-tune with it, "
                 "to bring it up to date."};
  }

  for (int64_t step = *version; step < ours; ++step)
    if (sqlite3_exec(database, steps[step].c_str(), nullptr, nullptr,
                     nullptr) != SQLITE_OK)
      return trialStoreError(
          database, "bring up to schema " + std::to_string(step + 1), path);
  // Written also when nothing changes: the first write makes the journal, so a
  // folder that cannot hold one is found now and not after the first trial.
  std::string stamp =
      "PRAGMA application_id = " + std::to_string(trialApplicationId) +
      "; PRAGMA user_version = " + std::to_string(ours);
  if (sqlite3_exec(database, stamp.c_str(), nullptr, nullptr, nullptr) !=
      SQLITE_OK)
    return trialStoreError(database, "write to", path);
  return {};
}

} // namespace qimeng
