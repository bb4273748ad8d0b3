//===- SavedRules.h - Rewrites worth keeping --------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An accepted rewrite can be kept under a name: the kernel before and after it,
// and, where the two differ in one value that pure operations compute, a PDL
// pattern of just that, free of tile sizes and element types. A rule is a guess
// about other kernels: what it proposes is the step `rewrite`, which passes all
// checks again on every use.
//
// Its file is an MLIR module:
//
//   module @double attributes {qimeng.rule = "where it came from"} {
//     module @before { qimeng.kernel ... }
//     module @after { qimeng.kernel ... }
//     module @pattern { pdl.pattern ... }       // may be missing
//   }
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_PLANNER_SAVEDRULES_H
#define QIMENG_PLANNER_SAVEDRULES_H

#include "mlir/IR/OwningOpRef.h"
#include "mlir/IR/PatternMatch.h"
#include "qimeng/Planner/Planner.h"
#include "qimeng/Support/Result.h"
#include <optional>

namespace qimeng {

class SavedRule {
public:
  /// Makes a rule of a rewrite. `name`: letters, digits, '_' and '-'. `origin`:
  /// who wrote it, and what for. Fails where the two are one.
  static Result<SavedRule> learn(const std::string &name,
                                 const std::string &origin, KernelOp before,
                                 KernelOp after);
  /// Reads a rule's file; `file` stands for it in errors.
  static Result<SavedRule> parse(const std::string &text,
                                 const std::string &file,
                                 mlir::MLIRContext *context);
  /// The file's text.
  std::string str() const;

  const std::string &getName() const { return name; }
  /// Whether there is a pattern; else only the same kernel matches.
  bool isGeneral() const { return patterns != nullptr; }

  /// The text of `kernel` after the rewrite, wherever it matches; nothing where
  /// it matches nowhere.
  std::optional<std::string> apply(KernelOp kernel) const;

private:
  SavedRule() = default;
  Status compile();

  std::string name;
  /// Shared, since MLIR operations know no const and rules are copied.
  std::shared_ptr<mlir::OwningOpRef<mlir::ModuleOp>> module;
  std::shared_ptr<mlir::FrozenRewritePatternSet> patterns;
};

/// The rules (*.mlir) of a folder, by name. A file that is no rule is an error
/// that names it; a folder that does not exist holds none.
Result<std::vector<SavedRule>> loadRules(const std::string &folder,
                                         mlir::MLIRContext *context);

/// Writes `<folder>/<name>.mlir`. Fails when there is another rule of that
/// name.
Status saveRule(const SavedRule &rule, const std::string &folder);

/// A rule for each rewrite among `recipe`'s steps on `payload`: `name`, then
/// `name`-2 and so on. The recipe must replay.
Result<std::vector<SavedRule>> learnRules(const std::string &name,
                                          const std::string &origin,
                                          mlir::ModuleOp payload,
                                          const Recipe &recipe,
                                          const Architecture &architecture);

/// Proposes what the rules make of the kernels, then what `inner` does.
std::unique_ptr<Planner> createSavedRulesPlanner(std::unique_ptr<Planner> inner,
                                                 std::vector<SavedRule> rules);

/// The text of a PDL pattern, `pdl.pattern @name`, that makes `after` of
/// `before`; or why there is none.
Result<std::string> generalizeRewrite(const std::string &name, KernelOp before,
                                      KernelOp after);

} // namespace qimeng

#endif // QIMENG_PLANNER_SAVEDRULES_H
