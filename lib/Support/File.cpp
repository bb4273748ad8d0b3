//===- File.cpp - Whole files, never half-written -------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Support/File.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace qimeng {

static Error systemError(const std::string &what, const std::string &path) {
  return Error{"cannot " + what + " '" + path + "': " + std::strerror(errno)};
}

Result<std::string> readFile(const std::string &path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return systemError("read", path);
  std::string bytes;
  char chunk[65536];
  ssize_t got;
  while ((got = ::read(fd, chunk, sizeof chunk)) > 0)
    bytes.append(chunk, got);
  if (got < 0) {
    Error error = systemError("read", path);
    ::close(fd);
    return error;
  }
  ::close(fd);
  return bytes;
}

static bool writeAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0)
      return false;
    bytes.remove_prefix(put);
  }
  return true;
}

/// A device or a pipe has no old content to keep, and must stay what it is.
static Status writeInPlace(const std::string &path, std::string_view bytes) {
  int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    return systemError("write", path);
  bool ok = writeAll(fd, bytes);
  Error error = systemError("write", path);
  ::close(fd);
  if (ok)
    return {};
  return error;
}

Status writeFile(const std::string &name, std::string_view bytes) {
  struct stat known;
  std::string path = name;
  if (::stat(name.c_str(), &known) == 0) {
    if (S_ISDIR(known.st_mode))
      return Error{"cannot write '" + name + "': Is a directory"};
    if (!S_ISREG(known.st_mode))
      return writeInPlace(name, bytes);
    // What a link points to is replaced, not the link.
    std::error_code failure;
    fs::path target = fs::canonical(name, failure);
    if (!failure)
      path = target.string();
  }
  std::string aside = path + ".XXXXXX";
  int fd = ::mkostemp(aside.data(), O_CLOEXEC);
  if (fd < 0)
    return systemError("write", path);
  mode_t mask = ::umask(0);
  ::umask(mask);
  bool ok = writeAll(fd, bytes) && ::fchmod(fd, 0666 & ~mask) == 0 &&
            ::fsync(fd) == 0;
  ok = (::close(fd) == 0) && ok;
  if (ok && ::rename(aside.c_str(), path.c_str()) == 0)
    return {};
  Error error = systemError("write", path);
  ::unlink(aside.c_str());
  return error;
}

Status makeWritableFolder(const std::string &path) {
  std::error_code failure;
  fs::create_directories(path, failure);
  if (failure)
    return Error{"cannot create folder '" + path + "': " + failure.message()};
  std::string probe = path + "/.probe.XXXXXX";
  int fd = ::mkostemp(probe.data(), O_CLOEXEC);
  if (fd < 0)
    return systemError("write into folder", path);
  ::close(fd);
  ::unlink(probe.c_str());
  return {};
}

Result<TemporaryFolder> TemporaryFolder::create(const std::string &prefix) {
  const char *base = std::getenv("TMPDIR");
  std::string path =
      std::string(base && *base ? base : "/tmp") + "/" + prefix + ".XXXXXX";
  if (!::mkdtemp(path.data()))
    return systemError("create temporary folder", path);
  return TemporaryFolder(path);
}

TemporaryFolder::TemporaryFolder(TemporaryFolder &&other) noexcept
    : folder(std::move(other.folder)) {
  other.folder.clear();
}

TemporaryFolder &TemporaryFolder::operator=(TemporaryFolder &&other) noexcept {
  std::swap(folder, other.folder);
  return *this;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!folder.empty())
    fs::remove_all(folder, ignored);
}

} // namespace qimeng
