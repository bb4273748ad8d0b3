//===- OpenProgram.h - Files that hold programs -----------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_PIPELINES_OPENPROGRAM_H
#define QIMENG_PIPELINES_OPENPROGRAM_H

#include "llvm/Support/MemoryBuffer.h"
#include <memory>
#include <string>

namespace qimeng {

/// The file at `path` ("-": standard input), to be parsed. Null, with the
/// reason in `error`, where it cannot be read, or is neither text nor MLIR
/// bytecode: the parser would show its bytes.
std::unique_ptr<llvm::MemoryBuffer> openProgram(const std::string &path,
                                                std::string &error);

} // namespace qimeng

#endif // QIMENG_PIPELINES_OPENPROGRAM_H
