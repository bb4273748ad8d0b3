//===- Recipe.h - Macro actions in a row ------------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A recipe is a module with a `transform.named_sequence @__transform_main`. Its
// steps are macro actions; other transform ops (the upstream structured ones,
// for example) may stand between them and are replayed, but are no steps.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_DIALECT_QIMENG_TRANSFORMOPS_RECIPE_H
#define QIMENG_DIALECT_QIMENG_TRANSFORMOPS_RECIPE_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "qimeng/Dialect/QiMeng/TransformOps/MacroAction.h"

namespace qimeng {

class Recipe {
public:
  /// The empty recipe. The context must have the transform dialect with this
  /// project's extension (registerTransformExtension).
  explicit Recipe(mlir::MLIRContext *context);
  Recipe(const Recipe &other);
  Recipe &operator=(const Recipe &other);
  Recipe(Recipe &&) = default;
  Recipe &operator=(Recipe &&) = default;

  /// Reads a recipe's text; `name` stands for the file in diagnostics. Steps
  /// that edit the recipe (retile) are carried out, so that none are left.
  static mlir::FailureOr<Recipe> parse(llvm::StringRef text,
                                       mlir::MLIRContext *context,
                                       llvm::StringRef name = "recipe");
  /// As `parse`, from a file.
  static mlir::FailureOr<Recipe> read(llvm::StringRef path,
                                      mlir::MLIRContext *context);

  /// The macro actions of a recipe's text as they stand: none is carried out.
  /// Fails where the text holds anything else.
  static mlir::FailureOr<llvm::SmallVector<Step>>
  parseSteps(llvm::StringRef text, mlir::MLIRContext *context,
             llvm::StringRef name = "recipe");

  mlir::MLIRContext *getContext() const { return module->getContext(); }

  /// The macro actions, first to last.
  llvm::SmallVector<Step> getSteps() const;
  size_t size() const { return getSteps().size(); }

  /// Appends a step; one that edits the recipe (retile) edits it. On failure
  /// the recipe is as it was, and `why` says the reason.
  llvm::LogicalResult append(const Step &step, std::string &why);
  /// Removes the last step; there must be one.
  void removeLast();
  /// Gives step `index` other parameters.
  void replace(size_t index, const Step &step);

  /// The text; the same for equal recipes.
  std::string str() const;

  /// Applies the recipe to a copy of `program`, a module with kernels, and
  /// returns it. Byte-identical for equal inputs. On failure diagnostics are
  /// emitted; `program` is untouched.
  mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>>
  replay(mlir::ModuleOp program, const Architecture *target) const;

  /// Applies the recipe to `program` itself, which is unusable after a failure.
  llvm::LogicalResult replayInPlace(mlir::ModuleOp program,
                                    const Architecture *target) const;

private:
  explicit Recipe(mlir::OwningOpRef<mlir::ModuleOp> module)
      : module(std::move(module)) {}
  mlir::Block &getBody() const;
  llvm::SmallVector<mlir::Operation *> getActionOps() const;

  /// Mutable because MLIR operations know no const.
  mutable mlir::OwningOpRef<mlir::ModuleOp> module;
};

} // namespace qimeng

#endif // QIMENG_DIALECT_QIMENG_TRANSFORMOPS_RECIPE_H
