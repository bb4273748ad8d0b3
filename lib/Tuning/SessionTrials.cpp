//===- SessionTrials.cpp - From candidate to trial ------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SessionRunner.h"
#include "mlir/Parser/Parser.h"
#include "qimeng/LLM/ChatModel.h"
#include "qimeng/Verify/Structure.h"
#include <algorithm>

using namespace mlir;
using namespace qimeng;

namespace {
class Stopwatch {
public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                         start)
        .count();
  }

private:
  std::chrono::steady_clock::time_point start =
      std::chrono::steady_clock::now();
};
} // namespace

double Session::elapsed() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                       started)
      .count();
}

bool Session::exhausted() const {
  // Who cancels questions wants to see what there is, not to go on without.
  return !storeError.empty() || areRequestsCancelled() ||
         int64_t(trials.size()) >= options.budget ||
         (options.timeLimitSeconds > 0 &&
          elapsed() >= options.timeLimitSeconds);
}

Trial Session::begin(const Candidate &candidate) {
  Trial trial;
  trial.sessionKey = sessionKey;
  trial.program = key;
  trial.device = deviceName();
  trial.action = candidate.action;
  trial.planner = candidate.planner;
  trial.coder = candidate.coder.empty() ? "built-in" : candidate.coder;
  trial.attempt = candidate.attempt;
  if (candidate.parent)
    trial.parent = trials[*candidate.parent].id;
  trial.recipe = candidate.recipe.str();
  auto refuse = [&](TrialPhase phase, const std::string &why) {
    trial.status = TrialStatus::refused;
    trial.phase = phase;
    trial.diagnostics = why;
    // Nothing came of it that would tell it from other answers to the move.
    trial.recipeKey =
        hashText(trial.recipe + '\0' + candidate.action + '\0' + trial.coder +
                 '\0' + std::to_string(trial.attempt) + '\0' + why);
    return trial;
  };
  if (!candidate.refusal.empty())
    return refuse(TrialPhase::code, candidate.refusal);
  DiagnosticText diagnostics(&main.getContext());
  FailureOr<OwningOpRef<ModuleOp>> replayed =
      candidate.recipe.replay(*payload, options.architecture);
  if (failed(replayed))
    return refuse(TrialPhase::code, diagnostics.str());
  FailureOr<Recipe> complete =
      completeRecipe(candidate.recipe, **replayed, *options.architecture);
  if (failed(complete))
    return refuse(TrialPhase::plan, diagnostics.str());
  trial.recipe = complete->str();
  trial.recipeKey = hashText(trial.recipe);
  return trial;
}

Session::Checked Session::checkCandidate(ThreadState &thread,
                                         const std::string &text) {
  Stopwatch watch;
  Checked checked;
  DiagnosticText diagnostics(&thread.getContext());
  auto refuse = [&](TrialPhase phase, const std::string &why) {
    checked.phase = phase;
    checked.verdict = {false, why};
    checked.seconds = watch.seconds();
    return std::move(checked);
  };
  ModuleOp source = thread.parse(payloadText);
  FailureOr<Recipe> recipe = Recipe::parse(text, &thread.getContext());
  if (failed(recipe))
    return refuse(TrialPhase::code, diagnostics.str());
  FailureOr<OwningOpRef<ModuleOp>> candidate =
      recipe->replay(source, options.architecture);
  if (failed(candidate))
    return refuse(TrialPhase::code, diagnostics.str());
  checked.cost = estimateProgram(**candidate, *options.architecture);
  if (!checked.cost.misfit.empty())
    return refuse(TrialPhase::verify, checked.cost.misfit);
  checked.verdict = checker->check(thread, *recipe, source, **candidate);
  checked.seconds = watch.seconds();
  return checked;
}

Session::Compiled Session::compileCandidate(ThreadState &thread,
                                            const std::string &text) {
  Stopwatch watch;
  Compiled compiled;
  DiagnosticText diagnostics(&thread.getContext());
  FailureOr<Recipe> recipe = Recipe::parse(text, &thread.getContext());
  FailureOr<OwningOpRef<ModuleOp>> candidate = failure();
  if (succeeded(recipe))
    candidate = recipe->replay(thread.parse(payloadText), options.architecture);
  // Tiles that no device holds would keep the compiler busy for minutes.
  StructureOptions limits;
  limits.architecture = options.architecture;
  bool fits =
      succeeded(candidate) &&
      llvm::all_of((**candidate).getOps<KernelOp>(), [&](KernelOp kernel) {
        return succeeded(checkKernel(kernel, limits));
      });
  if (fits)
    compiled.kernels = compiler->compile(**candidate);
  else
    compiled.diagnostics = diagnostics.str();
  compiled.seconds = watch.seconds();
  return compiled;
}

/// Resident threads over the most there can be, by what the kernel takes.
static double occupancyOf(const CompiledKernel &kernel,
                          const Architecture &row) {
  int64_t threads = std::max<int64_t>(1, kernel.threads);
  int64_t registers =
      threads *
      std::max<int64_t>(
          16, kernel.resources ? (kernel.resources->registers + 7) / 8 * 8 : 0);
  int64_t shared = kernel.dynamicSharedBytes +
                   (kernel.resources ? kernel.resources->sharedBytes : 0) +
                   1024;
  int64_t blocks = std::min({row.blocksPerMultiprocessor,
                             row.threadsPerMultiprocessor / threads,
                             row.registersPerMultiprocessor / registers,
                             row.sharedPerMultiprocessor / shared});
  return double(blocks * threads) / double(row.threadsPerMultiprocessor);
}

void Session::conclude(Trial &trial, Checked checked, Compiled compiled) {
  trial.wallSeconds = checked.seconds + compiled.seconds;
  if (!checked.verdict.passed) {
    trial.status = TrialStatus::refused;
    trial.phase = checked.phase;
    trial.diagnostics = checked.verdict.diagnostics;
    return;
  }
  trial.predictedMicroseconds = checked.cost.microseconds;
  trial.bytes = checked.cost.bytes;
  trial.flops = checked.cost.flops;
  auto fail = [&](TrialPhase phase, const std::string &why) {
    trial.status = TrialStatus::failed;
    trial.phase = phase;
    trial.diagnostics = why;
  };
  int64_t spilled = 0;
  std::string spilling;
  for (const KernelCost &launch : checked.cost.launches) {
    KernelFacts facts;
    facts.name = launch.name;
    facts.threads = launch.threads;
    facts.microseconds = launch.microseconds;
    facts.bytes = launch.compulsoryBytes;
    facts.flops = launch.flops;
    facts.precision = launch.precision;
    facts.occupancy = launch.occupancy;
    facts.grid = std::to_string(launch.blocks) + " x 1 x 1";
    for (const auto &kernel : compiled.kernels) {
      if (kernel->name != launch.name || !kernel->succeeded())
        continue;
      facts.grid = kernel->grid;
      facts.threads = kernel->threads;
      facts.sharedBytes = kernel->dynamicSharedBytes;
      if (!kernel->resources)
        continue;
      facts.registers = kernel->resources->registers;
      facts.sharedBytes = *facts.sharedBytes + kernel->resources->sharedBytes;
      facts.spillBytes = kernel->resources->spillStoreBytes +
                         kernel->resources->spillLoadBytes;
      facts.occupancy = occupancyOf(*kernel, *options.architecture);
      if (*facts.spillBytes > 0) {
        spilled = std::max(spilled, *facts.spillBytes);
        spilling = launch.name;
      }
    }
    trial.kernels.push_back(std::move(facts));
  }
  if (!compiled.diagnostics.empty())
    return fail(TrialPhase::lower, compiled.diagnostics);
  for (const auto &kernel : compiled.kernels)
    if (!kernel->succeeded())
      return fail(kernel->phase,
                  "@" + kernel->name + ": " + kernel->diagnostics);
  trial.status = TrialStatus::verified;
  trial.phase = TrialPhase::measure;
  if (!device) {
    // The model knows nothing of spills, so it may not choose such a kernel.
    if (spilled > 0 && trial.step > 0)
      fail(TrialPhase::assemble,
           "@" + spilling + " spills " + std::to_string(spilled) +
               " bytes of registers a thread, which the cost model cannot "
               "judge");
    return;
  }
  Stopwatch watch;
  DiagnosticText diagnostics(&main.getContext());
  FailureOr<Program> linked = linkTrial(trial, nullptr, nullptr);
  if (failed(linked))
    return fail(TrialPhase::assemble, diagnostics.str());
  progress.working(trial.action, TrialPhase::measure);
  // Of earlier steps alone, so that going on after a kill finds the same.
  std::optional<double> best;
  for (const Trial &earlier : trials)
    if (earlier.step < trial.step)
      if (std::optional<double> time = earlier.microseconds(true))
        best = std::min(best.value_or(*time), *time);
  device->measure(*linked, options.seed, best, trial);
  trial.wallSeconds += watch.seconds();
}

FailureOr<Program>
Session::linkTrial(const Trial &trial, std::string *kernelText,
                   std::vector<SessionResult::KernelCode> *code) {
  FailureOr<Recipe> recipe = Recipe::parse(trial.recipe, &main.getContext());
  if (failed(recipe))
    return failure();
  FailureOr<OwningOpRef<ModuleOp>> module =
      recipe->replay(*payload, options.architecture);
  if (failed(module))
    return failure();
  // Known already, unless the trial is from an earlier run.
  std::string text = trial.recipe;
  Compiled compiled = pool->post([this, text](ThreadState &thread) {
                            return compileCandidate(thread, text);
                          })
                          .get();
  for (const auto &kernel : compiled.kernels)
    if (!kernel->succeeded())
      return module->get().emitError(kernel->diagnostics);
  if (kernelText)
    *kernelText = toText(**module);
  if (code)
    for (const auto &kernel : compiled.kernels)
      code->push_back({kernel->name, kernel->ptx, kernel->cubin});
  return compiler->link(**module, compiled.kernels, title);
}

void Session::show(size_t index) {
  auto at = llvm::find(pending, index);
  if (at == pending.end())
    return;
  pending.erase(at);
  progress.finished(trials[index]);
}

void Session::showPending() {
  for (size_t index : pending)
    progress.finished(trials[index]);
  pending.clear();
}

void Session::record(Trial &trial) {
  trial.createdMilliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(
          std::chrono::system_clock::now().time_since_epoch())
          .count();
  Result<TrialStore::Inserted> inserted = store.insert(trial);
  if (!inserted) {
    storeError = inserted.error();
    return;
  }
  trial.id = inserted->id;
}

TrialOutcome Session::outcomeOf(size_t index) const {
  const Trial &trial = trials[index];
  TrialOutcome outcome;
  outcome.trial = index;
  std::optional<double> time = trial.microseconds(device != nullptr);
  outcome.verified = trial.status == TrialStatus::verified && time;
  outcome.microseconds = time.value_or(0);
  // Of a verified one they say what the search decided, which it does not know
  // before it decides.
  if (!outcome.verified)
    outcome.diagnostics = trial.diagnostics;
  return outcome;
}

std::vector<std::optional<TrialOutcome>>
Session::run(const std::vector<Candidate> &candidates) {
  showPending();
  std::vector<std::optional<size_t>> positions(candidates.size());
  std::vector<Job> jobs;
  for (size_t i = 0; i < candidates.size(); ++i) {
    Trial trial = begin(candidates[i]);
    if (auto at = byKey.find(trial.recipeKey); at != byKey.end()) {
      positions[i] = at->second;
      continue;
    }
    if (int64_t(trials.size()) >= options.budget)
      outOfBudget = true;
    // The first kernel is tried however little time there is.
    if (exhausted() && !trials.empty()) {
      outOfTime |= !outOfBudget;
      break;
    }
    size_t index = trials.size();
    positions[i] = index;
    byKey[trial.recipeKey] = index;
    trial.step = int64_t(index);
    if (auto at = finished.find(trial.recipeKey); at != finished.end()) {
      trials.push_back(at->second);
      continue;
    }
    trials.push_back(trial);
    if (trial.status == TrialStatus::refused) {
      record(trials[index]);
      ++newTrials;
      pending.push_back(index);
      continue;
    }
    // Another session may have tried it.
    auto elsewhere = store.find(key, trial.recipeKey, trial.device);
    if (!elsewhere) {
      storeError = elsewhere.error();
      break;
    }
    bool timed = *elsewhere && (*elsewhere)->microseconds(device != nullptr);
    if (*elsewhere &&
        (timed || (*elsewhere)->status != TrialStatus::verified)) {
      Trial known = **elsewhere;
      known.id = 0;
      known.sessionKey = trial.sessionKey;
      known.step = trial.step;
      known.parent = trial.parent;
      known.action = trial.action;
      known.planner = trial.planner;
      known.accepted = false;
      known.createdMilliseconds = 0;
      trials[index] = known;
      record(trials[index]);
      pending.push_back(index);
      continue;
    }
    progress.working(trial.action, TrialPhase::verify);
    std::string text = trial.recipe;
    Job job;
    job.index = index;
    job.checked = pool->post([this, text](ThreadState &thread) {
      return checkCandidate(thread, text);
    });
    job.compiled = pool->post([this, text](ThreadState &thread) {
      return compileCandidate(thread, text);
    });
    jobs.push_back(std::move(job));
  }
  for (Job &job : jobs) {
    Checked checked = job.checked.get();
    progress.working(trials[job.index].action, TrialPhase::assemble);
    Compiled compiled = job.compiled.get();
    if (!storeError.empty())
      continue;
    conclude(trials[job.index], std::move(checked), std::move(compiled));
    record(trials[job.index]);
    ++newTrials;
    pending.push_back(job.index);
  }
  std::vector<std::optional<TrialOutcome>> outcomes(candidates.size());
  if (storeError.empty())
    for (size_t i = 0; i < candidates.size(); ++i)
      if (positions[i])
        outcomes[i] = outcomeOf(*positions[i]);
  return outcomes;
}

void Session::decide(size_t index, bool accepted, const std::string &why) {
  Trial &trial = trials[index];
  std::string diagnostics = accepted ? "" : why;
  bool known = trial.accepted == accepted && trial.diagnostics == diagnostics;
  trial.accepted = accepted;
  trial.diagnostics = diagnostics;
  show(index);
  if (known)
    return;
  if (Status status = store.setAccepted(trial.id, accepted, diagnostics);
      !status)
    storeError = status.error();
}
