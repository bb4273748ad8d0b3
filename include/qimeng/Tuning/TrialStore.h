//===- TrialStore.h - Every trial, kept -------------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One SQLite file that several tuning processes share. What `insert` returned
// for is on the disk: it survives the process and the machine going down. The
// file is never recreated or repaired behind the user's back.
//
// A store may be used from several threads. It must not be used in a child
// made by fork: open another one there.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TUNING_TRIALSTORE_H
#define QIMENG_TUNING_TRIALSTORE_H

#include "qimeng/Support/Result.h"
#include "qimeng/Tuning/Trial.h"
#include <map>
#include <memory>

namespace qimeng {

class TrialStore {
public:
  enum class Access { readWrite, readOnly };

  /// Opens `path`; with readWrite, makes it (and the folders above) when absent
  /// and brings an older schema up to date. Errors: not a trial store, damaged,
  /// written by a newer version, not writable, disk full, locked for longer
  /// than a minute.
  static Result<TrialStore> open(const std::string &path,
                                 Access access = Access::readWrite);
  TrialStore(TrialStore &&) noexcept;
  TrialStore &operator=(TrialStore &&) noexcept;
  ~TrialStore();

  struct Inserted {
    int64_t id;
    /// False when the same trial was there already (same session, program,
    /// device and recipe); then `id` is the one kept.
    bool isNew;
  };

  /// Adds a trial with its kernels, and sets values of its session's state, in
  /// one durable transaction: after a crash either all of it is there or none.
  /// The state is set also when the trial was there already.
  Result<Inserted> insert(const Trial &trial,
                          const std::map<std::string, std::string> &state = {});

  /// Records that the search went on from this trial, or why it did not.
  Status setAccepted(int64_t id, bool accepted,
                     const std::string &diagnostics = {});

  /// Gives every session's trials of this recipe on this device the status, the
  /// phase and the diagnostics of `trial`, which turned out to be wrong later.
  Status refuse(const Trial &trial);

  /// A finished trial of this recipe from any session; a measured one before a
  /// predicted one, then the latest. `device`: only times measured there.
  Result<std::optional<Trial>> find(const ProgramKey &program,
                                    const std::string &recipeKey,
                                    const std::string &device = {});

  /// The fastest verified trial from any session by measured median, with
  /// `device` only of those measured there. Without any measured trial the one
  /// with the least predicted time, unless `measuredOnly`.
  Result<std::optional<Trial>> best(const ProgramKey &program,
                                    bool measuredOnly,
                                    const std::string &device = {});

  /// All trials of a session, by step.
  Result<std::vector<Trial>> sessionTrials(const std::string &sessionKey);

  /// State that a session keeps to go on after it was killed: bytes by name.
  Status setState(const std::string &sessionKey, const std::string &name,
                  const std::string &value);
  Result<std::optional<std::string>> state(const std::string &sessionKey,
                                           const std::string &name);

  const std::string &path() const;

private:
  struct Impl;
  explicit TrialStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl;
};

} // namespace qimeng

#endif // QIMENG_TUNING_TRIALSTORE_H
