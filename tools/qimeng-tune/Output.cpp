//===- Output.cpp - What qimeng-tune leaves -------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Output.h"
#include "qimeng/Support/File.h"
#include "qimeng/Tuning/TrialLog.h"
#include <filesystem>
#include <unistd.h>

using namespace qimeng;
namespace fs = std::filesystem;

/// Renames `from` to `to`, a file or a folder, in the place of what is there.
static Status replace(const fs::path &from, const fs::path &to) {
  std::error_code error;
  if (fs::is_directory(from) && fs::exists(to)) {
    // No rename replaces a folder that is not empty.
    fs::path old = from;
    old += ".old";
    fs::rename(to, old, error);
    if (!error)
      fs::rename(from, to, error);
    std::error_code ignored;
    if (error)
      fs::rename(old, to, ignored);
    else
      fs::remove_all(old, ignored);
  } else {
    fs::rename(from, to, error);
  }
  if (error)
    return Error{"cannot put '" + to.string() +
                 "' in its place: " + error.message()};
  return {};
}

static Status writeAside(const fs::path &aside, const SessionResult &result) {
  auto write = [&](const std::string &name, const std::string &bytes) {
    return writeFile((aside / name).string(), bytes);
  };
  if (Status status = writeTrialLog((aside / "trials.jsonl").string(),
                                    result.report.trials);
      !status)
    return status;
  if (Status status =
          writeReport((aside / "report.html").string(), result.report);
      !status)
    return status;
  if (!result.modelLog.empty())
    if (Status status = write("model.json", result.modelLog); !status)
      return status;
  if (!result.found)
    return {};
  if (Status status = write("recipe.mlir", result.recipe); !status)
    return status;
  if (Status status = write("kernels.mlir", result.kernels); !status)
    return status;
  for (const SessionResult::KernelCode &kernel : result.code) {
    if (Status status = write(kernel.name + ".ptx", kernel.ptx); !status)
      return status;
    if (kernel.cubin.empty())
      continue;
    if (Status status = write(kernel.name + ".cubin", kernel.cubin); !status)
      return status;
  }
  return result.program.save((aside / "program").string());
}

Status qimeng::writeOutput(const std::string &folder,
                           const SessionResult &result) {
  if (Status status = makeWritableFolder(folder); !status)
    return status;
  fs::path aside = fs::path(folder) / (".new-" + std::to_string(::getpid()));
  std::error_code error;
  fs::create_directory(aside, error);
  if (error)
    return Error{"cannot write into '" + folder + "': " + error.message() +
                 "; name another folder with -o"};
  Status status = writeAside(aside, result);
  if (status)
    for (const fs::directory_entry &entry : fs::directory_iterator(aside)) {
      status =
          replace(entry.path(), fs::path(folder) / entry.path().filename());
      if (!status)
        break;
    }
  fs::remove_all(aside, error);
  return status;
}
