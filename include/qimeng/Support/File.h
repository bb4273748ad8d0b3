//===- File.h - Whole files, never half-written -----------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_SUPPORT_FILE_H
#define QIMENG_SUPPORT_FILE_H

#include "qimeng/Support/Result.h"
#include <string>
#include <string_view>

namespace qimeng {

/// Reads all bytes of `path`.
Result<std::string> readFile(const std::string &path);

/// Writes `bytes` beside `path` (in the same folder), flushes them to the disk
/// and renames: `path` holds either its old or its new content, also after a
/// crash or on a full disk.
Status writeFile(const std::string &path, std::string_view bytes);

/// Creates `path` and its parents; an existing folder is fine. Fails when the
/// folder cannot be written to.
Status makeWritableFolder(const std::string &path);

/// A fresh folder under TMPDIR (or /tmp), removed with its content on
/// destruction.
class TemporaryFolder {
public:
  static Result<TemporaryFolder> create(const std::string &prefix);
  TemporaryFolder(TemporaryFolder &&other) noexcept;
  TemporaryFolder &operator=(TemporaryFolder &&other) noexcept;
  ~TemporaryFolder();
  const std::string &path() const { return folder; }

private:
  explicit TemporaryFolder(std::string folder) : folder(std::move(folder)) {}
  std::string folder;
};

} // namespace qimeng

#endif // QIMENG_SUPPORT_FILE_H
