//===- Mutations.h - Wrong rewrites -----------------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TEST_FUZZ_MUTATIONS_H
#define QIMENG_TEST_FUZZ_MUTATIONS_H

#include "TensorProgram.h"
#include "mlir/IR/BuiltinOps.h"
#include <optional>

namespace qimeng {

/// The classes of mistakes.
std::vector<std::string> getMistakes();

/// Makes one mistake of class `mistake` somewhere in the kernels of `module`,
/// which are right. Only such places are chosen where the mistake changes what
/// some program computes, or breaks a rule of channels. Returns what was done;
/// nothing, and an unchanged module, where no place is fit.
std::optional<std::string>
makeMistake(mlir::ModuleOp module, const std::string &mistake, Random &random);

} // namespace qimeng

#endif // QIMENG_TEST_FUZZ_MUTATIONS_H
