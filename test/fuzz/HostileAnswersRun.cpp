//===- HostileAnswersRun.cpp - Many hostile answers -----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostileAnswersRun.h"
#include "HostileAnswers.h"
#include "HostileAnswersCase.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/PrettyStackTrace.h"
#include "llvm/Support/raw_ostream.h"

using namespace qimeng;

static const char *const columns[] = {"refused by the coder",
                                      "refused by its steps",
                                      "refused by the recipe",
                                      "refused by replay",
                                      "refused by the cost model",
                                      "refused by verification",
                                      "accepted",
                                      "ranked",
                                      "without a ranking"};

int qimeng::runHostileAnswers(
    const HostileRun &run,
    llvm::function_ref<std::unique_ptr<mlir::MLIRContext>()> makeContext) {
  std::vector<std::string> classes = getHostileClasses();
  // Good ones come on top, as many as of each class of hostile ones.
  const int64_t hostile = run.workers.count;
  int64_t kinds = classes.size() - 1, extra = hostile / kinds;
  if (!run.className.empty()) {
    if (!llvm::is_contained(classes, run.className)) {
      llvm::errs() << "qimeng-fuzz: no class of hostile answers is named '"
                   << run.className << "'; there are "
                   << llvm::join(classes, ", ") << "\n";
      return 2;
    }
    classes = {run.className};
    kinds = 1, extra = 0;
  }
  HostileSettings settings;
  settings.print = run.print;
  llvm::SmallString<128> folder;
  if (llvm::sys::fs::createUniqueDirectory("qimeng-hostile", folder)) {
    llvm::errs() << "qimeng-fuzz: cannot make a folder for temporary files\n";
    return 2;
  }
  settings.folder = folder.str().str();

  WorkerOptions workers = run.workers;
  workers.count = hostile + extra;
  // Of waiting, too; the limit of processor time is the smaller one.
  workers.secondsEach = 12.0 * settings.seconds;
  auto classOf = [&](int64_t i) {
    return i < hostile ? classes[i % kinds] : classes.back();
  };
  int64_t slowest = 0, largest = 0;
  std::string slowestName;
  Outcome total = runInWorkers(
      workers,
      [&](int64_t i) {
        limitProcess(settings);
        llvm::PrettyStackTraceFormat trace(
            "qimeng-fuzz hostile --seed=%llu --class='%s'",
            static_cast<unsigned long long>(run.seed + i), classOf(i).c_str());
        std::unique_ptr<mlir::MLIRContext> context = makeContext();
        Outcome outcome =
            runHostileAnswer(run.seed + i, classOf(i), settings, context.get());
        Outcome sorted;
        sorted.failures = outcome.failures;
        for (auto &[name, number] : outcome.counts)
          sorted.counts[classOf(i) + "/" + name] = number;
        return sorted;
      },
      [&](int64_t i) {
        return "seed " + std::to_string(run.seed + i) + " (" + classOf(i) + ")";
      },
      [&](const Outcome &outcome) {
        for (auto &[name, number] : outcome.counts) {
          llvm::StringRef word = llvm::StringRef(name).rsplit('/').second;
          if (word == "milliseconds" && number > slowest) {
            slowest = number;
            slowestName = llvm::StringRef(name).rsplit('/').first.str();
          }
          if (word == "megabytes")
            largest = std::max(largest, number);
        }
        for (const std::string &failure : outcome.failures)
          llvm::outs() << failure << "\n";
        llvm::outs().flush();
      });
  llvm::sys::fs::remove_directories(folder);

  int64_t all = 0, accepted = 0, good = 0, goodAccepted = 0;
  for (const std::string &name : classes) {
    auto of = [&](const std::string &word) {
      return total.counts[name + "/" + word];
    };
    llvm::outs() << llvm::left_justify(name, 26)
                 << llvm::right_justify(std::to_string(of("all")), 5) << ":";
    const char *separator = " ";
    for (const char *column : columns)
      if (int64_t number = of(column)) {
        llvm::outs() << separator << number << " " << column;
        separator = ", ";
      }
    if (int64_t number = of("not lowered"))
      llvm::outs() << " (" << number << " not lowered)";
    llvm::outs() << "\n";
    (name == goodAnswers ? good : all) += of("all");
    (name == goodAnswers ? goodAccepted : accepted) += of("accepted");
  }
  llvm::outs() << all << " hostile answers: " << accepted
               << " verified and right, " << total.failures.size()
               << " failures; slowest "
               << llvm::format("%.1f s (", double(slowest) / 1000)
               << slowestName << "), most memory " << largest << " MB\n";
  if (good)
    llvm::outs() << goodAccepted << " of " << good
                 << " good answers accepted\n";
  bool tooStrict = good >= 4 && goodAccepted * 2 < good;
  return total.failures.empty() && total.counts["tests"] == workers.count &&
                 !tooStrict
             ? 0
             : 1;
}
