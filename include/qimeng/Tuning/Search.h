//===- Search.h - Which candidates to try -----------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A search asks planner and coder for candidates, has them tried, and goes on
// from the good ones. It depends on nothing but its inputs, its seed, and what
// came out of the trials: given the same outcomes it asks for the same
// candidates. That is how a session goes on after it was killed.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TUNING_SEARCH_H
#define QIMENG_TUNING_SEARCH_H

#include "qimeng/Coder/Coder.h"
#include "qimeng/Planner/Planner.h"
#include <optional>
#include <random>

namespace qimeng {

/// A recipe to try. It may leave kernels untiled; they get naive tiles then.
struct Candidate {
  Recipe recipe;
  /// What it differs in from its parent, as text, and why.
  std::string action;
  /// Position of the parent among the session's trials.
  std::optional<size_t> parent;
  std::string planner;
  /// Who carried the action out; empty for recipes that were not coded.
  std::string coder = {};
  /// How often this coder's answers to the move were refused before.
  unsigned attempt = 0;
  /// Refused before there was a recipe: why.
  std::string refusal = {};
};

struct TrialOutcome {
  /// Position among the session's trials.
  size_t trial = 0;
  bool verified = false;
  /// Measured where there is a device, else predicted; meaningful when
  /// verified.
  double microseconds = 0;
  std::string diagnostics;
};

/// Who tries candidates: the session.
class TrialRunner {
public:
  virtual ~TrialRunner();
  /// Tries candidates; the answers are in their order. Nothing for those that
  /// the budget or the time limit cut off. A candidate that was tried before
  /// gets its old outcome.
  virtual std::vector<std::optional<TrialOutcome>>
  run(const std::vector<Candidate> &candidates) = 0;
  /// Records that the search went on from a trial, or why it did not.
  virtual void decide(size_t trial, bool accepted, const std::string &why) = 0;
  virtual bool exhausted() const = 0;
  /// How many candidates can be worked on at the same time.
  virtual unsigned width() const = 0;
};

struct SearchInput {
  /// Untiled kernels and their host program.
  mlir::ModuleOp payload;
  const Architecture &architecture;
  Planner &planner;
  Coder &coder;
  TrialRunner &runner;
  uint64_t seed = 0;
  /// A recipe that did well before; tried right after the first kernel.
  std::optional<Recipe> known = std::nullopt;
  /// Asked where `coder` has no answer, or none that is not refused.
  Coder *fallback = nullptr;
  /// How often a coder is asked again about one move.
  unsigned repairs = 3;
};

/// The planner's moves, one after another, each tried by itself. Gives the
/// verified candidates that the search went on from.
struct Ranked {
  Recipe recipe; ///< complete: it tiles every kernel
  double microseconds;
  double predicted;
  size_t trial;
};
/// The first kernel (all tiles naive), the known recipe, then greedily the
/// planner's moves. Fails where the first kernel does.
mlir::FailureOr<std::vector<Ranked>> searchGreedily(const SearchInput &input);

/// Keeps the best `width` states at every depth.
mlir::LogicalResult searchBeam(const SearchInput &input, unsigned width = 3);

/// searchGreedily, then generations of mutants and crossings of the best
/// candidates, which the cost model ranks before any is tried.
mlir::LogicalResult searchEvolutionarily(const SearchInput &input,
                                         unsigned population = 8);

//===----------------------------------------------------------------------===//
// Parts, apart for tests
//===----------------------------------------------------------------------===//

/// The payload after `recipe`; null (without diagnostics) where it does not
/// apply.
mlir::OwningOpRef<mlir::ModuleOp> materialize(mlir::ModuleOp payload,
                                              const Recipe &recipe,
                                              const Architecture &architecture);

/// Changes recipes at random, keeping them legal and within the target's
/// limits.
class Mutator {
public:
  Mutator(mlir::ModuleOp payload, const Architecture &architecture,
          uint64_t seed)
      : payload(payload), architecture(architecture), random(seed) {}

  /// A recipe that differs from `recipe` in a few parameters or steps, with
  /// what changed in `change`; nothing when several attempts gave no legal one.
  std::optional<Recipe> mutate(const Recipe &recipe, std::string &change);
  /// The steps of some kernels from `one`, of the others from `other`.
  std::optional<Recipe> cross(const Recipe &one, const Recipe &other,
                              std::string &change);
  /// Uniform over [0, bound).
  size_t draw(size_t bound);

  /// Applies `steps` in order, leaves out those that are not legal, lowers
  /// stage counts until tiles fit into shared memory, and tiles what is left
  /// untiled. Nothing when that gives no program that fits the target.
  std::optional<Recipe> repair(llvm::ArrayRef<Step> steps);

private:
  Step vary(const Step &step);
  std::optional<Step> propose(mlir::ModuleOp program, llvm::StringRef kernel,
                              llvm::ArrayRef<llvm::StringRef> actions);

  mlir::ModuleOp payload;
  const Architecture &architecture;
  std::mt19937_64 random;
};

} // namespace qimeng

#endif // QIMENG_TUNING_SEARCH_H
