//===- FindAssembler.cpp - Find NVIDIA's PTX assembler --------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// tools/dev/find_ptxas.py looks in the same places, for the tests.
//
//===----------------------------------------------------------------------===//

#include "PtxCompiler.h"
#include "Subprocess.h"
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <sys/stat.h>
#include <unistd.h>

namespace qimeng {

// The first release that knows sm_120a.
constexpr int oldestMajor = 12, oldestMinor = 8;

static std::string environment(const char *name) {
  const char *value = std::getenv(name);
  return value ? value : "";
}

static std::string releaseName(int major, int minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

static bool isProgram(const std::string &path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

/// Asks `path` for its release; 0.0 where it does not run. Asked once per path
/// and change of the file.
static Assembler ask(const std::string &path) {
  struct stat info;
  if (::stat(path.c_str(), &info) != 0)
    return {path, 0, 0};
  static std::mutex mutex;
  static std::map<std::pair<std::string, time_t>, Assembler> known;
  std::lock_guard<std::mutex> lock(mutex);
  auto [entry, isNew] =
      known.try_emplace({path, info.st_mtime}, Assembler{path, 0, 0});
  if (!isNew)
    return entry->second;
  Result<Finished> version = runProgram({path, "--version"}, 20);
  if (version && version->exitCode == 0) {
    size_t at = version->output.find("release ");
    if (at != std::string::npos)
      std::sscanf(version->output.c_str() + at, "release %d.%d",
                  &entry->second.major, &entry->second.minor);
  }
  return entry->second;
}

static bool isNewEnough(const Assembler &ptxas) {
  return std::pair(ptxas.major, ptxas.minor) >=
         std::pair(oldestMajor, oldestMinor);
}

static const std::string remedy =
    "; install a CUDA toolkit of " + releaseName(oldestMajor, oldestMinor) +
    " or newer, run tools/dev/setup, or set QIMENG_PTXAS to the program";

const PtxCompiler *builtInPtxCompiler() {
#ifdef QIMENG_HAS_PTX_COMPILER
  return qimengNvPtxCompiler();
#else
  return nullptr;
#endif
}

std::string Assembler::name() const {
  return (isLibrary() ? "nvptxcompiler " : "ptxas ") +
         releaseName(major, minor);
}

bool isAssemblerNamed() {
  std::string asked = environment("QIMENG_PTXAS");
  return !asked.empty() && asked != "none";
}

Result<Assembler> findAssembler() {
  std::string asked = environment("QIMENG_PTXAS");
  if (asked == "none")
    return Error{"QIMENG_PTXAS is 'none', so that PTX is made and the cubin "
                 "left to the device's driver; unset it to have cubins"};
  if (!asked.empty()) {
    Assembler found = ask(asked);
    if (found.major == 0)
      return Error{"QIMENG_PTXAS is '" + asked +
                   "', which is not a ptxas that runs here" + remedy};
    if (!isNewEnough(found))
      return Error{"QIMENG_PTXAS is '" + asked + "' of CUDA " +
                   releaseName(found.major, found.minor) +
                   ", which is too old" + remedy};
    return found;
  }
  if (const PtxCompiler *library = builtInPtxCompiler())
    return Assembler{"", library->major, library->minor};

  std::vector<std::string> candidates;
  std::string path = environment("PATH");
  for (size_t begin = 0; begin <= path.size();) {
    size_t end = std::min(path.find(':', begin), path.size());
    if (end != begin)
      candidates.push_back(path.substr(begin, end - begin) + "/ptxas");
    begin = end + 1;
  }
  for (const char *variable : {"CUDA_HOME", "CUDA_PATH"})
    if (std::string home = environment(variable); !home.empty())
      candidates.push_back(home + "/bin/ptxas");
  candidates.push_back("/usr/local/cuda/bin/ptxas");
  std::string data = environment("XDG_DATA_HOME");
  if (data.empty())
    data = environment("HOME") + "/.local/share";
  candidates.push_back(data + "/qimeng/cuda/bin/ptxas");

  std::string tooOld;
  for (const std::string &candidate : candidates) {
    if (!isProgram(candidate))
      continue;
    Assembler found = ask(candidate);
    if (found.major == 0)
      continue;
    if (isNewEnough(found))
      return found;
    if (tooOld.empty())
      tooOld = "'" + candidate + "' is of CUDA " +
               releaseName(found.major, found.minor) + ", which is too old";
  }
  if (!tooOld.empty())
    return Error{tooOld + remedy};
  return Error{"no ptxas in PATH, CUDA_HOME, /usr/local/cuda or " + data +
               "/qimeng/cuda" + remedy};
}

} // namespace qimeng
