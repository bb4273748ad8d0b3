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

std::vector<std::pair<size_t, Program>>
Session::chooseFinalists(const std::vector<size_t> &order) {
  // Single medians differ by a few percent from run to run.
  double limit = closeCall * *trials[order.front()].microseconds(true);
  std::vector<std::pair<size_t, Program>> finalists;
  DiagnosticText diagnostics(&main.getContext());
  for (size_t index : order) {
    if (finalists.size() == 3 || *trials[index].microseconds(true) > limit)
      break;
    FailureOr<Program> linked = linkTrial(trials[index], nullptr, nullptr);
    if (succeeded(linked))
      finalists.emplace_back(index, std::move(*linked));
  }
  return finalists;
}

const Trial *Session::chooseBest() {
  bool measured = device != nullptr;
  std::vector<size_t> order;
  for (const Trial &trial : trials)
    if (trial.status == TrialStatus::verified && trial.microseconds(measured))
      order.push_back(&trial - trials.data());
  llvm::sort(order, [&](size_t a, size_t b) {
    double left = *trials[a].microseconds(measured),
           right = *trials[b].microseconds(measured);
    return left != right ? left < right : a < b;
  });
  if (!measured)
    return order.empty() ? nullptr : &trials[order.front()];
  // Until one of them stands the test.
  while (!order.empty()) {
    auto finalists = chooseFinalists(order);
    std::vector<const Program *> programs;
    for (const auto &finalist : finalists)
      programs.push_back(&finalist.second);
    std::vector<SessionDevice::Final> finals;
    if (!programs.empty())
      finals = device->compare(programs, options.seed);
    Trial *best = nullptr;
    double least = 0;
    int64_t reruns = 0;
    std::string whyNot;
    bool refused = false;
    for (size_t i = 0; i < finals.size(); ++i) {
      Trial &trial = trials[finalists[i].first];
      const SessionDevice::Final &final = finals[i];
      // `failed` says nothing of the candidate: there was no memory, say.
      if (final.status != TrialStatus::verified &&
          final.status != TrialStatus::failed) {
        refused = true;
        llvm::erase(order, finalists[i].first);
        trial.status = final.status;
        trial.accepted = false;
        trial.diagnostics = final.diagnostics;
        notes.push_back(llvm::formatv("Trial {0} was the fastest, or nearly, "
                                      "and was refused in the end: {1}",
                                      trial.step, final.diagnostics));
        if (Status status = store.refuse(trial); !status)
          notes.push_back(status.error());
        continue;
      }
      if (final.reruns > 0)
        trial.reruns = final.reruns;
      if (final.microseconds > 0 && (!best || final.microseconds < least)) {
        best = &trial;
        least = final.microseconds;
        reruns = final.reruns;
        whyNot = final.diagnostics;
      }
    }
    if (best) {
      notes.push_back(
          reruns ? llvm::formatv("The best kernel ran {0} more times on the "
                                 "same inputs, and its outputs were the same "
                                 "bits each time.",
                                 reruns)
                       .str()
                 : "The best kernel was not run again to look for races: " +
                       whyNot);
      return best;
    }
    if (!refused) {
      notes.push_back("The best kernel was not run again to look for races: " +
                      (finals.empty() || finals.front().diagnostics.empty()
                           ? std::string("it could not be measured once more")
                           : finals.front().diagnostics));
      return &trials[order.front()];
    }
  }
  return nullptr;
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
