//===- Passes.h - Macro actions as passes -----------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_DIALECT_QIMENG_TRANSFORMS_PASSES_H
#define QIMENG_DIALECT_QIMENG_TRANSFORMS_PASSES_H

#include <memory>

namespace mlir {
class Pass;
} // namespace mlir

namespace qimeng {
struct ActionInfo;

/// The pass `qimeng-<action>`: applies the action to one kernel, or to every
/// kernel whose precondition holds. Options: the action's parameters, `kernel`,
/// `arch`.
std::unique_ptr<mlir::Pass> createActionPass(const ActionInfo &action);

/// The pass `qimeng-replay`: applies the recipe in a file to the module.
/// Options: `recipe`, `arch`.
std::unique_ptr<mlir::Pass> createReplayPass();

/// Registers a pass for every action, and `qimeng-replay`.
void registerActionPasses();

} // namespace qimeng

#endif // QIMENG_DIALECT_QIMENG_TRANSFORMS_PASSES_H
