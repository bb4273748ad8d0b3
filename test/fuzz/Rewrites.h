//===- Rewrites.h - Random legal action sequences ---------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TEST_FUZZ_REWRITES_H
#define QIMENG_TEST_FUZZ_REWRITES_H

#include "TensorProgram.h"
#include "qimeng/Dialect/QiMeng/TransformOps/Recipe.h"
#include "qimeng/Support/Architecture.h"

namespace qimeng {

/// What a random sequence of actions made of a program.
struct Rewrite {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  Recipe recipe;
};

/// Applies up to `maxSteps` random legal actions to a copy of `program`:
/// proposals of the actions, and random parameters that their preconditions
/// accept. Fails, with diagnostics, when an action that was legal fails.
mlir::FailureOr<Rewrite> applyRandomActions(mlir::ModuleOp program,
                                            Random &random,
                                            const Architecture &architecture,
                                            int64_t maxSteps);

/// As applyRandomActions, but the first product is tiled with a loop that then
/// is staged, pipelined or specialized, so that there are channels.
mlir::FailureOr<Rewrite> applyChannelActions(mlir::ModuleOp program,
                                             Random &random,
                                             const Architecture &architecture);

/// The module's text, as files hold it.
std::string print(mlir::ModuleOp module);

} // namespace qimeng

#endif // QIMENG_TEST_FUZZ_REWRITES_H
