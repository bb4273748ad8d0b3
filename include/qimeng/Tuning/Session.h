//===- Session.h - The tuning loop ------------------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A session takes a program, lets a search choose candidates, and tries each:
// coder, verification, lowering, assembling, and a time, measured on a device
// or, where there is none, predicted. Every trial is in the store before the
// next decision.
//
// A session that was killed goes on where it was when the same one is started
// again: the search decides as before, and finished trials are taken from the
// store.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TUNING_SESSION_H
#define QIMENG_TUNING_SESSION_H

#include "qimeng/Runtime/Program.h"
#include "qimeng/Support/Architecture.h"
#include "qimeng/Support/Result.h"
#include "qimeng/Tuning/Report.h"
#include "qimeng/Tuning/Trial.h"
#include <string>
#include <vector>

namespace qimeng {

class ChatModel;
class Progress;
class Prompts;
class TrialStore;

struct SessionOptions {
  /// The tensor program (or a program of untiled kernels) as text, and the name
  /// of its file for diagnostics.
  std::string program, programName;
  /// The function to tune; empty: the first public one.
  std::string entry;
  const Architecture *architecture = nullptr;
  /// Candidates to try, those of earlier runs of this session included.
  int64_t budget = 64;
  uint64_t seed = 0;
  /// "rules", "beam", "evolutionary" or "replay"; "llm", "llm-beam" or
  /// "llm-evolutionary", where a model ranks the moves.
  std::string planner = "evolutionary";
  /// "built-in" or "llm", and who is asked when the latter has no answer:
  /// "built-in" or "none".
  std::string coder = "built-in", coderFallback = "built-in";
  /// Asked by those of them that are "llm"; null where none is.
  ChatModel *model = nullptr;
  /// Null: the built-in ones.
  const Prompts *prompts = nullptr;
  /// Answers to each question to a model.
  unsigned modelSamples = 1;
  /// The planner ranks by the probabilities of labels where the model gives
  /// them.
  bool scoreLabels = true;
  /// The coder asks also about steps where nothing is left to choose.
  bool codeAll = false;
  /// Questions whose answers an earlier run lost are asked once more.
  bool askAgain = false;
  /// The folder of saved rules that the planner may use; empty: none. And the
  /// name to save the best accepted rewrites under, there; empty: not.
  std::string rules, saveRule;
  /// The recipe to replay, and the name of its file.
  std::string recipe, recipeName;
  /// Seconds after which no trial begins; 0: none.
  double timeLimitSeconds = 0;
  /// Threads that compile and verify; 0: as many as there are cores.
  unsigned threads = 0;
  /// Ordinal of the device to measure on; negative: none, times are predicted.
  int device = -1;
  /// Seconds that a candidate has on the device beyond four times what the
  /// longest one before it took; then it counts as hung.
  double patienceSeconds = 10;
  /// argv[0] of worker processes.
  std::string toolName = "qimeng-tune";
  /// Without an assembler PTX is made, which the driver assembles.
  bool haveAssembler = true;
  /// Compiler, assembler: trials of other versions are not comparable.
  std::string compilerVersion;
};

struct SessionResult {
  /// Nothing was verified: `report` says what was tried.
  bool found = false;
  /// The complete recipe, and the kernel program that it makes.
  std::string recipe, kernels;
  struct KernelCode {
    std::string name, ptx;
    std::string cubin; ///< empty without an assembler
  };
  std::vector<KernelCode> code;
  Program program;
  /// Title, trials, times, floor, notes; the caller adds environment and
  /// command.
  ReportData report;
  /// Trials that this run finished, and those that it found finished.
  int64_t newTrials = 0, knownTrials = 0;
  /// What stopped it: "budget", "time limit", "ctrl-C" or "nothing left to
  /// try".
  std::string ended;
  /// The rules that were saved.
  std::vector<std::string> savedRules;
  /// What asking the model took, in words; and that with every answer that was
  /// of no use, as JSON. Empty where none was asked.
  std::string modelUse, modelLog;
};

/// Runs (or goes on with) a session. The error is for the person who reads it:
/// the program does not parse or cannot be partitioned, the recipe does not
/// apply; or, with `machineAtFault` set, the store or the device fails. `store`
/// must allow writing.
Result<SessionResult> runSession(const SessionOptions &options,
                                 TrialStore &store, Progress &progress,
                                 bool *machineAtFault = nullptr);

/// What tells builds of the compiler apart: version, a hash of the executable,
/// LLVM and assembler.
std::string getCompilerVersion(const std::string &assembler);

} // namespace qimeng

#endif // QIMENG_TUNING_SESSION_H
