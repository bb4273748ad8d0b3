//===- Planner.h - Macro thinking: which action next ------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A planner looks at a program, at what was tried, and at the GPU, and says
// what to do next. It neither rewrites nor measures. Planners are deterministic
// functions of the state; one that is not (a model) is asked by the same
// interface.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_PLANNER_PLANNER_H
#define QIMENG_PLANNER_PLANNER_H

#include "mlir/IR/BuiltinOps.h"
#include "qimeng/Dialect/QiMeng/TransformOps/Recipe.h"
#include "qimeng/Support/Architecture.h"
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace qimeng {

class ChatModel;
class Prompts;

/// A decision: usually one action, several where what lies between them cannot
/// run (a wgmma product whose operands are not staged yet).
struct Move {
  std::vector<Step> steps;
  /// Why, for a person.
  std::string reason;
  /// Worth taking although it may be slower by itself, because other moves need
  /// it (tiles for tensor cores). Others have to pay at once.
  bool enabling = false;

  /// The steps' texts, "; " between them.
  std::string str() const;
};

/// What became of a move.
struct MoveOutcome {
  Move move;
  /// The recipe that the move was tried on.
  llvm::SmallVector<Step> recipe;
  bool accepted = false;
  /// Empty when it passed every check.
  std::string diagnostics;
  /// Whole program before and after; 0 where unknown.
  double microsecondsBefore = 0, microsecondsAfter = 0;
};

struct PlanState {
  /// The program after `recipe`; kernels may be untiled still. Not to be
  /// changed.
  mlir::ModuleOp program;
  const Recipe &recipe;
  /// All moves tried so far, in order, also those on other recipes.
  llvm::ArrayRef<MoveOutcome> history;
  const Architecture &architecture;
  /// Time of the program after `recipe`, kernels that are untiled in small
  /// tiles; 0 where unknown.
  double microseconds = 0;

  /// Whether `move` was tried when its kernels had had the same steps as now,
  /// whatever other kernels had.
  bool wasTried(const Move &move) const;
};

class Planner {
public:
  virtual ~Planner();
  virtual llvm::StringRef getName() const = 0;
  /// Moves for the next decision, the best first. Each is legal on
  /// `state.program`, and was not tried in this state (wasTried). Empty:
  /// nothing is left to decide.
  virtual std::vector<Move> propose(const PlanState &state) = 0;
};

/// The order in which an expert decides: fuse; tile; tensor cores with the
/// copies that feed them; order of programs; persistence; widths. Actions that
/// the rules know nothing of come after these for tiled kernels, and before
/// tiles for untiled ones, as the actions themselves propose them.
std::unique_ptr<Planner> createRulePlanner();

/// Proposes the steps of `recipe`, all at once.
std::unique_ptr<Planner> createReplayPlanner(const Recipe &recipe);

struct LLMPlannerOptions {
  /// Answers to each question; several are a vote.
  unsigned samples = 1;
  /// Of several answers.
  double temperature = 0.7;
  /// Rank by the probabilities of labels where the model gives them.
  bool score = true;
  /// `rewrite` is on the list.
  bool rewrites = true;
  /// Told why an answer was of no use; the base planner decides then.
  std::function<void(const std::string &)> unusable = {};
};

/// Asks a model which of the legal moves comes next: those of `base`, then each
/// action with its region for which there is a legal application, without
/// parameters (the coder chooses them). Proposes what the model ranks, then
/// what `base` proposes; a model that fails leaves just that. Where `base` has
/// nothing left, the model may end the work on the program, and a failure ends
/// it.
std::unique_ptr<Planner> createLLMPlanner(ChatModel &model,
                                          const Prompts &prompts,
                                          std::unique_ptr<Planner> base,
                                          LLMPlannerOptions options = {});

/// The text of `program` for a prompt: no comments, no locations.
std::string printForPrompt(mlir::ModuleOp program);

/// A tile step for the untiled `kernel` that always works: small tiles, plain
/// multiply-adds. What makes the first correct kernel. Fails, with diagnostics,
/// only if no tile step is legal.
mlir::FailureOr<Step> chooseNaiveTile(KernelOp kernel,
                                      const Architecture &architecture);

/// `recipe`, and naive tile steps for the kernels that it leaves untiled;
/// `program` is the program after `recipe` and is changed likewise.
mlir::FailureOr<Recipe> completeRecipe(const Recipe &recipe,
                                       mlir::ModuleOp program,
                                       const Architecture &architecture);

} // namespace qimeng

#endif // QIMENG_PLANNER_PLANNER_H
