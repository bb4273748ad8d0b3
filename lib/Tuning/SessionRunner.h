//===- SessionRunner.h - A session's state ----------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TUNING_SESSIONRUNNER_H
#define QIMENG_TUNING_SESSIONRUNNER_H

#include "SessionCheck.h"
#include "SessionCompile.h"
#include "SessionDevice.h"
#include "SessionPool.h"
#include "qimeng/Planner/SavedRules.h"
#include "qimeng/Tuning/CostModel.h"
#include "qimeng/Tuning/Progress.h"
#include "qimeng/Tuning/Search.h"
#include "qimeng/Tuning/Session.h"
#include "qimeng/Tuning/TrialStore.h"
#include <chrono>
#include <map>

namespace qimeng {

class Session : public TrialRunner {
public:
  Session(const SessionOptions &options, TrialStore &store, Progress &progress)
      : options(options), store(store), progress(progress),
        started(std::chrono::steady_clock::now()) {}

  Result<SessionResult> run();
  bool isMachineAtFault() const { return machineAtFault; }

  // What the search sees (SessionTrials.cpp).
  std::vector<std::optional<TrialOutcome>>
  run(const std::vector<Candidate> &candidates) override;
  void decide(size_t trial, bool accepted, const std::string &why) override;
  bool exhausted() const override;
  unsigned width() const override { return pool->size(); }

private:
  Status readProgram();
  Status openDevice();
  Status openStore();
  void makeReference();
  std::string modelIdentity() const;
  Result<std::optional<Recipe>> findKnownRecipe();

  // SessionRules.cpp
  Status readRules();
  std::string rulesIdentity() const;
  /// Saves the rewrites of the best accepted recipe that has some, if asked to;
  /// gives their names.
  Result<std::vector<std::string>> keepRules();

  /// Asks for candidates until there are none, or the budget is spent.
  void search(const std::optional<Recipe> &known);
  std::string deviceName() const { return device ? device->getName() : ""; }
  double elapsed() const;

  /// What the threads find out about a candidate.
  struct Checked {
    Verdict verdict;
    TrialPhase phase = TrialPhase::verify;
    ProgramCost cost;
    double seconds = 0;
  };
  struct Compiled {
    std::vector<std::shared_ptr<const CompiledKernel>> kernels;
    std::string diagnostics;
    double seconds = 0;
  };
  struct Job {
    size_t index;
    std::future<Checked> checked;
    std::future<Compiled> compiled;
  };
  Checked checkCandidate(ThreadState &thread, const std::string &recipe);
  Compiled compileCandidate(ThreadState &thread, const std::string &recipe);
  /// The candidate's trial as it begins: recipe and key, or why there is none.
  Trial begin(const Candidate &candidate);
  void conclude(Trial &trial, Checked checked, Compiled compiled);
  void record(Trial &trial);
  /// Trials are shown once it is known whether the search goes on from them.
  void show(size_t index);
  void showPending();
  TrialOutcome outcomeOf(size_t index) const;
  mlir::FailureOr<Program>
  linkTrial(const Trial &trial, std::string *kernels,
            std::vector<SessionResult::KernelCode> *code);

  // SessionResult.cpp
  Result<SessionResult> finish();
  const Trial *chooseBest();
  /// Of verified trials, the fastest first, those that may be the best; with
  /// their programs.
  std::vector<std::pair<size_t, Program>>
  chooseFinalists(const std::vector<size_t> &order);

  const SessionOptions &options;
  TrialStore &store;
  Progress &progress;
  const std::chrono::steady_clock::time_point started;

  ThreadState main; ///< the search's context
  mlir::OwningOpRef<mlir::ModuleOp> program, payload;
  std::string title, payloadText, sessionKey, modelUse, modelLog;
  ProgramKey key;
  std::optional<Recipe> replayed;
  std::vector<SavedRule> rules;

  std::unique_ptr<SessionDevice> device;
  std::unique_ptr<KernelCompiler> compiler;
  std::unique_ptr<SessionCheck> checker;

  std::vector<Trial> trials;
  std::map<std::string, size_t> byKey; ///< recipe key -> position in trials
  /// Trials of earlier runs of this session, by recipe key.
  std::map<std::string, Trial> finished;
  std::vector<size_t> pending; ///< recorded, not shown yet
  int64_t newTrials = 0;
  bool outOfTime = false, outOfBudget = false, machineAtFault = false;
  std::vector<std::string> notes;
  /// Why the session cannot go on (the store failed); empty while it can.
  std::string storeError;

  /// Last: its threads use what is above.
  std::unique_ptr<SessionPool> pool;
};

} // namespace qimeng

#endif // QIMENG_TUNING_SESSIONRUNNER_H
