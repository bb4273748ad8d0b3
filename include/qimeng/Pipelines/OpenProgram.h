//===- OpenProgram.h - Files that hold programs -----------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_PIPELINES_OPENPROGRAM_H
#define QIMENG_PIPELINES_OPENPROGRAM_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/MemoryBuffer.h"
#include <memory>
#include <string>

namespace llvm {
class SourceMgr;
} // namespace llvm

namespace qimeng {

/// The file at `path` ("-": standard input), to be parsed. Null, with the
/// reason in `error`, where it cannot be read, or is neither text nor MLIR
/// bytecode: the parser would show its bytes.
std::unique_ptr<llvm::MemoryBuffer> openProgram(const std::string &path,
                                                std::string &error);

/// The module in the file at `path`, whose text `sources` keeps. Where there is
/// none, the reason is on standard error, after the name of the tool, or a
/// diagnostic.
mlir::OwningOpRef<mlir::ModuleOp> readProgram(const std::string &path,
                                              llvm::StringRef tool,
                                              llvm::SourceMgr &sources,
                                              mlir::MLIRContext *context);

} // namespace qimeng

#endif // QIMENG_PIPELINES_OPENPROGRAM_H
