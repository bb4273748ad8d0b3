//===- TrialStore.cpp - Every trial, kept ---------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Tuning/TrialStore.h"
#include "Text.h"
#include "TrialSchema.h"
#include "qimeng/Support/File.h"
#include <chrono>
#include <filesystem>
#include <mutex>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace qimeng {

namespace {

/// How long to wait for another process's lock.
constexpr int lockMilliseconds = 60000;

/// Up to this size the whole file is checked when it is opened (about a second
/// per gigabyte); in a larger one damage is found when its page is read.
constexpr uintmax_t checkedBytes = 256u << 20;

/// A prepared statement. Failures stay in the connection's error state, which
/// the caller reports.
class Statement {
public:
  Statement(sqlite3 *database, const std::string &sql) {
    sqlite3_prepare_v2(database, sql.data(), sql.size(), &statement, nullptr);
  }
  Statement(const Statement &) = delete;
  Statement &operator=(const Statement &) = delete;
  ~Statement() { sqlite3_finalize(statement); }

  Statement &operator<<(const std::string &text) {
    sqlite3_bind_text(statement, ++bound, text.data(), text.size(),
                      SQLITE_TRANSIENT);
    return *this;
  }
  Statement &operator<<(std::string_view text) {
    return *this << std::string(text);
  }
  Statement &operator<<(int64_t number) {
    sqlite3_bind_int64(statement, ++bound, number);
    return *this;
  }
  Statement &operator<<(double number) {
    sqlite3_bind_double(statement, ++bound, number);
    return *this;
  }
  template <typename T> Statement &operator<<(const std::optional<T> &value) {
    if (value)
      return *this << *value;
    sqlite3_bind_null(statement, ++bound);
    return *this;
  }
  Statement &bytes(const std::string &value) {
    sqlite3_bind_blob(statement, ++bound, value.data(), value.size(),
                      SQLITE_TRANSIENT);
    return *this;
  }

  /// SQLITE_ROW, SQLITE_DONE or an error.
  int step() {
    read = 0;
    return statement ? sqlite3_step(statement) : SQLITE_ERROR;
  }
  bool run() { return step() == SQLITE_DONE; }

  // Columns of the row, left to right.
  std::string text() {
    int column = read++;
    auto *data =
        static_cast<const char *>(sqlite3_column_blob(statement, column));
    return data ? std::string(data, sqlite3_column_bytes(statement, column))
                : std::string();
  }
  int64_t integer() { return sqlite3_column_int64(statement, read++); }
  double real() { return sqlite3_column_double(statement, read++); }
  std::optional<int64_t> maybeInteger() {
    return isNull() ? std::nullopt : std::optional<int64_t>(integer());
  }
  std::optional<double> maybeReal() {
    return isNull() ? std::nullopt : std::optional<double>(real());
  }

private:
  bool isNull() {
    bool null = sqlite3_column_type(statement, read) == SQLITE_NULL;
    read += null;
    return null;
  }

  sqlite3_stmt *statement = nullptr;
  int bound = 0;
  int read = 0;
};

/// Columns of a trial but its id, in the order that they are bound and read.
constexpr const char *trialFields =
    "session_key, kernel_key, arch, compiler_version, device, recipe_key, "
    "recipe, status, phase, accepted, diagnostics, predicted_us, measured_us, "
    "minimum_us, bytes, flops, absolute_error, relative_error, wall_seconds, "
    "step, parent, action, planner, coder, created_ms, samples, cut_off, "
    "measure_seconds, attempt, reruns";

} // namespace

struct TrialStore::Impl {
  std::string path;
  sqlite3 *database = nullptr;
  std::mutex mutex;

  ~Impl() { sqlite3_close(database); }

  Error error(const std::string &what) {
    return trialStoreError(database, what, path);
  }
  bool execute(const char *sql) {
    return sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
  }
  /// The error first: rolling back overwrites it. SQLite has rolled back by
  /// itself after some errors; then this does nothing.
  Error rollback(const std::string &what) {
    Error failure = error(what);
    execute("ROLLBACK");
    return failure;
  }

  Status prepare(Access access);
  Status checkIntegrity();
  bool insertKernels(int64_t trial, const std::vector<KernelFacts> &kernels);
  bool putState(const std::string &sessionKey, const std::string &name,
                const std::string &value);
  Status readTrials(Statement &statement, std::vector<Trial> &trials);
  Result<std::optional<Trial>> readOne(Statement &statement);
};

Status TrialStore::Impl::checkIntegrity() {
  std::error_code failure;
  if (fs::file_size(path, failure) > checkedBytes || failure)
    return {};
  Statement check(database, "PRAGMA quick_check(1)");
  if (check.step() != SQLITE_ROW)
    return error("open");
  std::string verdict = check.text();
  if (verdict == "ok")
    return {};
  return Error{"cannot open the trial store '" + path +
               "': the file is damaged (" + printable(verdict) +
               "). It was left as it is; restore it from a copy, or save what "
               "can be read with `sqlite3 '" +
               path +
               "' .recover` into a new file, or move it away to begin a new "
               "store."};
}

Status TrialStore::Impl::prepare(Access access) {
  bool readOnly = access == Access::readOnly;
  sqlite3_extended_result_codes(database, 1);
  sqlite3_busy_timeout(database, lockMilliseconds);
  // A rollback journal, not a write-ahead log: it works on network file
  // systems, leaves a single file behind, and writes are rare (a trial takes
  // tens of milliseconds at least). EXTRA syncs the folder after a commit too.
  if (!execute("PRAGMA foreign_keys = ON; PRAGMA synchronous = EXTRA; "
               "PRAGMA trusted_schema = OFF"))
    return error("open");
  if (!readOnly && sqlite3_db_readonly(database, "main") == 1)
    return Error{"cannot write to the trial store '" + path +
                 "': the file is read-only. Grant write permission for the "
                 "file and its folder, or name a store in a folder of yours."};
  if (!execute(readOnly ? "BEGIN" : "BEGIN IMMEDIATE"))
    return error("open");
  if (Status status =
          applyTrialSchema(database, path, trialSchemaSteps(), readOnly);
      !status) {
    execute("ROLLBACK");
    return status;
  }
  if (Status status = checkIntegrity(); !status) {
    execute("ROLLBACK");
    return status;
  }
  if (!execute("COMMIT"))
    return rollback("write to");
  return {};
}

Result<TrialStore> TrialStore::open(const std::string &path, Access access) {
  bool readOnly = access == Access::readOnly;
  // Only stat, never open the file here: closing any descriptor of it would
  // drop the locks that another TrialStore of this process holds.
  struct stat info;
  bool present = ::stat(path.c_str(), &info) == 0;
  if (present && !S_ISREG(info.st_mode))
    return Error{"cannot open the trial store '" + path +
                 "': it is not a regular file. Name a file, for example '" +
                 path + "/trials.db'."};
  if (!present && readOnly)
    return Error{"cannot read the trial store '" + path +
                 "': there is no such file. Check the path; qimeng-tune makes "
                 "the store when it first runs."};
  if (!present) {
    fs::path folder = fs::path(path).parent_path();
    if (!folder.empty() && ::access(folder.c_str(), F_OK) != 0)
      if (Status status = makeWritableFolder(folder.string()); !status)
        return Error{"cannot make the trial store '" + path +
                     "': " + status.error() +
                     ". Name a store in a folder that you can write to."};
  }

  auto impl = std::make_unique<Impl>();
  impl->path = path;
  int flags = SQLITE_OPEN_NOMUTEX |
              (readOnly ? SQLITE_OPEN_READONLY
                        : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  // "./" keeps SQLite from reading a name like "file:x" or ":memory:" as
  // anything but a file name.
  std::string name = fs::path(path).is_absolute() ? path : "./" + path;
  if (sqlite3_open_v2(name.c_str(), &impl->database, flags, nullptr) !=
      SQLITE_OK)
    return impl->error(present ? "open" : "make");
  if (Status status = impl->prepare(access); !status)
    return Error{status.error()};
  return TrialStore(std::move(impl));
}

TrialStore::TrialStore(std::unique_ptr<Impl> impl) : impl(std::move(impl)) {}
TrialStore::TrialStore(TrialStore &&) noexcept = default;
TrialStore &TrialStore::operator=(TrialStore &&) noexcept = default;
TrialStore::~TrialStore() = default;

const std::string &TrialStore::path() const { return impl->path; }

bool TrialStore::Impl::insertKernels(int64_t trial,
                                     const std::vector<KernelFacts> &kernels) {
  int64_t position = 0;
  for (const KernelFacts &kernel : kernels) {
    Statement statement(database,
                        "INSERT INTO trial_kernel (trial, position, name, "
                        "grid, threads, registers, shared_bytes, spill_bytes, "
                        "occupancy, us, bytes, flops, precision) "
                        "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)");
    statement << trial << position++ << kernel.name << kernel.grid
              << kernel.threads << kernel.registers << kernel.sharedBytes
              << kernel.spillBytes << kernel.occupancy << kernel.microseconds
              << kernel.bytes << kernel.flops << kernel.precision;
    if (!statement.run())
      return false;
  }
  return true;
}

bool TrialStore::Impl::putState(const std::string &sessionKey,
                                const std::string &name,
                                const std::string &value) {
  Statement statement(database,
                      "INSERT INTO session_state (session_key, name, value) "
                      "VALUES (?,?,?) ON CONFLICT (session_key, name) DO "
                      "UPDATE SET value = excluded.value");
  (statement << sessionKey << name).bytes(value);
  return statement.run();
}

Result<TrialStore::Inserted>
TrialStore::insert(const Trial &trial,
                   const std::map<std::string, std::string> &state) {
  std::lock_guard<std::mutex> lock(impl->mutex);
  sqlite3 *database = impl->database;
  if (!impl->execute("BEGIN IMMEDIATE"))
    return impl->error("write to");

  int64_t created = trial.createdMilliseconds;
  if (!created)
    created = std::chrono::duration_cast<std::chrono::milliseconds>(
                  std::chrono::system_clock::now().time_since_epoch())
                  .count();
  Statement add(
      database,
      std::string("INSERT INTO trial (") + trialFields +
          ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
          "?,?,?,?,?,?,?) ON CONFLICT (session_key, kernel_key, arch, "
          "compiler_version, device, recipe_key) DO NOTHING");
  add << trial.sessionKey << trial.program.kernelKey << trial.program.arch
      << trial.program.compilerVersion << trial.device << trial.recipeKey
      << trial.recipe << nameOf(trial.status) << nameOf(trial.phase)
      << int64_t(trial.accepted) << trial.diagnostics
      << trial.predictedMicroseconds << trial.measuredMicroseconds
      << trial.minimumMicroseconds << trial.bytes << trial.flops
      << trial.absoluteError << trial.relativeError << trial.wallSeconds
      << trial.step << trial.parent << trial.action << trial.planner
      << trial.coder << created << trial.samples << int64_t(trial.cutOff)
      << trial.measureSeconds << trial.attempt << trial.reruns;
  if (!add.run())
    return impl->rollback("write to");

  Inserted inserted{0, sqlite3_changes(database) == 1};
  if (inserted.isNew) {
    inserted.id = sqlite3_last_insert_rowid(database);
    if (!impl->insertKernels(inserted.id, trial.kernels))
      return impl->rollback("write to");
  } else {
    Statement kept(database, "SELECT id FROM trial WHERE session_key = ? AND "
                             "kernel_key = ? AND arch = ? AND "
                             "compiler_version = ? AND device = ? AND "
                             "recipe_key = ?");
    kept << trial.sessionKey << trial.program.kernelKey << trial.program.arch
         << trial.program.compilerVersion << trial.device << trial.recipeKey;
    if (kept.step() != SQLITE_ROW)
      return impl->rollback("read");
    inserted.id = kept.integer();
  }
  for (const auto &[name, value] : state)
    if (!impl->putState(trial.sessionKey, name, value))
      return impl->rollback("write to");
  if (!impl->execute("COMMIT"))
    return impl->rollback("write to");
  return inserted;
}

Status TrialStore::setAccepted(int64_t id, bool accepted,
                               const std::string &diagnostics) {
  std::lock_guard<std::mutex> lock(impl->mutex);
  Statement statement(impl->database,
                      "UPDATE trial SET accepted = ?, diagnostics = "
                      "CASE WHEN ? = '' THEN diagnostics ELSE ? END "
                      "WHERE id = ?");
  statement << int64_t(accepted) << diagnostics << diagnostics << id;
  if (!statement.run())
    return impl->error("write to");
  if (sqlite3_changes(impl->database) != 1)
    return Error{"the trial store '" + impl->path + "' has no trial " +
                 std::to_string(id) +
                 "; it was replaced or edited while in use. Run the same "
                 "command again."};
  return {};
}

Status TrialStore::refuse(const Trial &trial) {
  std::lock_guard<std::mutex> lock(impl->mutex);
  Statement statement(impl->database,
                      "UPDATE trial SET status = ?, phase = ?, accepted = 0, "
                      "diagnostics = ? WHERE kernel_key = ? AND arch = ? AND "
                      "compiler_version = ? AND device = ? AND "
                      "recipe_key = ?");
  statement << nameOf(trial.status) << nameOf(trial.phase) << trial.diagnostics
            << trial.program.kernelKey << trial.program.arch
            << trial.program.compilerVersion << trial.device << trial.recipeKey;
  if (!statement.run())
    return impl->error("write to");
  return {};
}

Status TrialStore::Impl::readTrials(Statement &statement,
                                    std::vector<Trial> &trials) {
  int code;
  while ((code = statement.step()) == SQLITE_ROW) {
    Trial trial;
    trial.id = statement.integer();
    trial.sessionKey = statement.text();
    trial.program.kernelKey = statement.text();
    trial.program.arch = statement.text();
    trial.program.compilerVersion = statement.text();
    trial.device = statement.text();
    trial.recipeKey = statement.text();
    trial.recipe = statement.text();
    std::string status = statement.text(), phase = statement.text();
    auto knownStatus = parseTrialStatus(status);
    auto knownPhase = parseTrialPhase(phase);
    if (!knownStatus || !knownPhase)
      return Error{"cannot read trial " + std::to_string(trial.id) +
                   " of the trial store '" + path + "': status '" + status +
                   "' in phase '" + phase +
                   "' is not one that this version writes. The row was edited "
                   "by hand; delete it or restore the file from a copy."};
    trial.status = *knownStatus;
    trial.phase = *knownPhase;
    trial.accepted = statement.integer();
    trial.diagnostics = statement.text();
    trial.predictedMicroseconds = statement.maybeReal();
    trial.measuredMicroseconds = statement.maybeReal();
    trial.minimumMicroseconds = statement.maybeReal();
    trial.bytes = statement.maybeReal();
    trial.flops = statement.maybeReal();
    trial.absoluteError = statement.maybeReal();
    trial.relativeError = statement.maybeReal();
    trial.wallSeconds = statement.real();
    trial.step = statement.integer();
    trial.parent = statement.maybeInteger();
    trial.action = statement.text();
    trial.planner = statement.text();
    trial.coder = statement.text();
    trial.createdMilliseconds = statement.integer();
    trial.samples = statement.maybeInteger();
    trial.cutOff = statement.integer();
    trial.measureSeconds = statement.maybeReal();
    trial.attempt = statement.integer();
    trial.reruns = statement.maybeInteger();

    // Inside the outer statement's read transaction: both see one state.
    Statement kernels(database,
                      "SELECT name, grid, threads, registers, shared_bytes, "
                      "spill_bytes, occupancy, us, bytes, flops, precision "
                      "FROM trial_kernel WHERE trial = ? ORDER BY position");
    kernels << trial.id;
    while ((code = kernels.step()) == SQLITE_ROW) {
      KernelFacts kernel;
      kernel.name = kernels.text();
      kernel.grid = kernels.text();
      kernel.threads = kernels.maybeInteger();
      kernel.registers = kernels.maybeInteger();
      kernel.sharedBytes = kernels.maybeInteger();
      kernel.spillBytes = kernels.maybeInteger();
      kernel.occupancy = kernels.maybeReal();
      kernel.microseconds = kernels.maybeReal();
      kernel.bytes = kernels.maybeReal();
      kernel.flops = kernels.maybeReal();
      kernel.precision = kernels.text();
      trial.kernels.push_back(std::move(kernel));
    }
    if (code != SQLITE_DONE)
      return error("read");
    trials.push_back(std::move(trial));
  }
  if (code != SQLITE_DONE)
    return error("read");
  return {};
}

Result<std::optional<Trial>> TrialStore::Impl::readOne(Statement &statement) {
  std::vector<Trial> trials;
  if (Status status = readTrials(statement, trials); !status)
    return Error{status.error()};
  if (trials.empty())
    return std::optional<Trial>();
  return std::optional<Trial>(std::move(trials.front()));
}

Result<std::optional<Trial>> TrialStore::find(const ProgramKey &program,
                                              const std::string &recipeKey,
                                              const std::string &device) {
  std::lock_guard<std::mutex> lock(impl->mutex);
  Statement statement(impl->database,
                      std::string("SELECT id, ") + trialFields +
                          " FROM trial WHERE kernel_key = ? AND arch = ? AND "
                          "compiler_version = ? AND recipe_key = ? AND "
                          "(? = '' OR device = ?) ORDER BY "
                          "measured_us IS NULL, id DESC LIMIT 1");
  statement << program.kernelKey << program.arch << program.compilerVersion
            << recipeKey << device << device;
  return impl->readOne(statement);
}

Result<std::optional<Trial>> TrialStore::best(const ProgramKey &program,
                                              bool measuredOnly,
                                              const std::string &device) {
  std::lock_guard<std::mutex> lock(impl->mutex);
  std::string condition =
      measuredOnly ? "measured_us IS NOT NULL AND (? = '' OR device = ?)"
                   : "(measured_us IS NULL AND predicted_us IS NOT NULL OR "
                     "measured_us IS NOT NULL AND (? = '' OR device = ?))";
  Statement statement(impl->database,
                      std::string("SELECT id, ") + trialFields +
                          " FROM trial WHERE kernel_key = ? AND arch = ? AND "
                          "compiler_version = ? AND status = 'verified' AND " +
                          condition +
                          " ORDER BY measured_us IS NULL, measured_us, "
                          "predicted_us, id LIMIT 1");
  statement << program.kernelKey << program.arch << program.compilerVersion
            << device << device;
  return impl->readOne(statement);
}

Result<std::vector<Trial>>
TrialStore::sessionTrials(const std::string &sessionKey) {
  std::lock_guard<std::mutex> lock(impl->mutex);
  Statement statement(impl->database, std::string("SELECT id, ") + trialFields +
                                          " FROM trial WHERE session_key = ? "
                                          "ORDER BY step, id");
  statement << sessionKey;
  std::vector<Trial> trials;
  if (Status status = impl->readTrials(statement, trials); !status)
    return Error{status.error()};
  return trials;
}

Status TrialStore::setState(const std::string &sessionKey,
                            const std::string &name, const std::string &value) {
  std::lock_guard<std::mutex> lock(impl->mutex);
  if (!impl->putState(sessionKey, name, value))
    return impl->error("write to");
  return {};
}

Result<std::optional<std::string>>
TrialStore::state(const std::string &sessionKey, const std::string &name) {
  std::lock_guard<std::mutex> lock(impl->mutex);
  Statement statement(impl->database, "SELECT value FROM session_state WHERE "
                                      "session_key = ? AND name = ?");
  statement << sessionKey << name;
  int code = statement.step();
  if (code == SQLITE_ROW)
    return std::optional<std::string>(statement.text());
  if (code != SQLITE_DONE)
    return impl->error("read");
  return std::optional<std::string>();
}

} // namespace qimeng
