//===- Features.h - What a random tensor program covers ---------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TEST_FUZZ_FEATURES_H
#define QIMENG_TEST_FUZZ_FEATURES_H

#include "Outcome.h"
#include "mlir/IR/BuiltinOps.h"

namespace qimeng {

/// Once per program: element types, operations, ranks and kinds of sizes, the
/// transpositions of contractions, the axes of reductions. Read off the program
/// itself, not off the generator's intentions.
Counts findFeatures(mlir::ModuleOp program);

} // namespace qimeng

#endif // QIMENG_TEST_FUZZ_FEATURES_H
