//===- SessionResult.cpp - What a session leaves --------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SessionRunner.h"
#include "qimeng/LLM/ChatModel.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace qimeng;

/// Trials whose times are within this of the best are timed against each other.
static constexpr double closeCall = 1.03;

const Trial *Session::chooseBest() {
  std::vector<const Trial *> order;
  for (const Trial &trial : trials)
    if (trial.status == TrialStatus::verified &&
        trial.microseconds(device != nullptr))
      order.push_back(&trial);
  if (order.empty())
    return nullptr;
  bool measured = device != nullptr;
  llvm::sort(order, [&](const Trial *a, const Trial *b) {
    double left = *a->microseconds(measured),
           right = *b->microseconds(measured);
    return left != right ? left < right : a->step < b->step;
  });
  if (!device || order.size() < 2)
    return order.front();
  // Single medians differ by a few percent from run to run.
  double limit = closeCall * *order.front()->microseconds(true);
  std::vector<const Trial *> finalists;
  std::vector<Program> programs;
  DiagnosticText diagnostics(&main.getContext());
  for (const Trial *trial : order) {
    if (finalists.size() == 3 || *trial->microseconds(true) > limit)
      break;
    FailureOr<Program> linked = linkTrial(*trial, nullptr, nullptr);
    if (failed(linked))
      continue;
    finalists.push_back(trial);
    programs.push_back(std::move(*linked));
  }
  if (finalists.size() < 2)
    return order.front();
  std::vector<const Program *> pointers;
  for (const Program &candidate : programs)
    pointers.push_back(&candidate);
  std::vector<double> medians = device->compare(pointers, options.seed);
  const Trial *best = finalists.front();
  double least = 0;
  for (auto [trial, median] : llvm::zip_equal(finalists, medians))
    if (median > 0 && (least == 0 || median < least)) {
      best = trial;
      least = median;
    }
  return best;
}

Result<SessionResult> Session::finish() {
  SessionResult result;
  ReportData &report = result.report;
  report.title = title;
  report.programText = options.program;
  const Architecture &row = *options.architecture;
  report.arch = row.name;
  report.device =
      device ? llvm::formatv("{0}, {1} multiprocessors", device->getName(),
                             device->getInfo().multiprocessors)
                   .str()
             : llvm::formatv("none; cost model of {0} ({1}, {2} "
                             "multiprocessors, {3:f1} TB/s)",
                             row.name, row.board, row.multiprocessors,
                             row.bandwidth / 1e12)
                   .str();
  report.measured = device != nullptr;
  report.peakGBps = row.bandwidth / 1e9;
  report.stepBudget = options.budget;
  report.wallSeconds = elapsed();
  result.newTrials = newTrials;
  result.knownTrials = int64_t(trials.size()) - newTrials;
  result.modelUse = modelUse;
  result.modelLog = modelLog;
  result.ended = areRequestsCancelled() ? "ctrl-C"
                 : outOfBudget || int64_t(trials.size()) >= options.budget
                     ? "budget"
                 : outOfTime || (options.timeLimitSeconds > 0 &&
                                 elapsed() >= options.timeLimitSeconds)
                     ? "time limit"
                     : "nothing left to try";

  const Trial *best = chooseBest();
  if (!best) {
    report.trials = trials;
    report.notes = notes;
    return result;
  }
  DiagnosticText diagnostics(&main.getContext());
  FailureOr<Program> linked = linkTrial(*best, &result.kernels, &result.code);
  if (failed(linked))
    return Error{"the best recipe does not compile any more: " +
                 diagnostics.str()};
  result.found = true;
  result.program = std::move(*linked);
  result.recipe = best->recipe;
  Result<std::vector<std::string>> kept = keepRules();
  if (!kept)
    notes.push_back("No rule was saved: " + kept.error() + ".");
  else if (kept->empty() && !options.saveRule.empty())
    notes.push_back("No rule was saved: no accepted recipe has a rewrite.");
  else
    result.savedRules = *kept;
  report.bestRecipe = best->recipe;

  ModuleOp module = main.parse(result.kernels);
  ProgramCost cost = estimateProgram(module, row);
  report.floorMicroseconds = cost.floorMicroseconds;
  for (const KernelFacts &facts : best->kernels) {
    double peak = 0;
    for (const KernelCost &launch : cost.launches)
      if (launch.name == facts.name)
        peak = launch.peakFlops / 1e12;
    report.kernels.emplace_back(facts, peak);
  }
  report.trials = trials;
  deriveTimes(report);
  report.bestMicroseconds = best->microseconds(device != nullptr);
  if (!options.haveAssembler)
    notes.push_back("The result holds PTX, which the driver assembles when it "
                    "is loaded. Registers and spills are not known.");
  report.notes = notes;
  return result;
}
