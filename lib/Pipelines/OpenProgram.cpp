//===- OpenProgram.cpp - Files that hold programs -------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Pipelines/OpenProgram.h"
#include "mlir/Bytecode/BytecodeReader.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

std::unique_ptr<llvm::MemoryBuffer> qimeng::openProgram(const std::string &path,
                                                        std::string &error) {
  std::unique_ptr<llvm::MemoryBuffer> file = mlir::openInputFile(path, &error);
  if (!file || mlir::isBytecode(file->getMemBufferRef()))
    return file;
  size_t at =
      llvm::find_if(file->getBuffer(),
                    [](unsigned char byte) {
                      return byte < ' ' &&
                             !llvm::StringRef("\t\n\v\f\r\033").contains(byte);
                    }) -
      file->getBuffer().begin();
  if (at == file->getBufferSize())
    return file;
  error = "'" + path + "' is neither MLIR text nor bytecode: byte " +
          std::to_string(at) +
          " is a control character; expected a program as " +
          "in docs/examples";
  return nullptr;
}

mlir::OwningOpRef<mlir::ModuleOp>
qimeng::readProgram(const std::string &path, llvm::StringRef tool,
                    llvm::SourceMgr &sources, mlir::MLIRContext *context) {
  std::string error;
  std::unique_ptr<llvm::MemoryBuffer> file = openProgram(path, error);
  if (!file) {
    llvm::errs() << tool << ": " << error << "\n";
    return {};
  }
  sources.AddNewSourceBuffer(std::move(file), llvm::SMLoc());
  return mlir::parseSourceFile<mlir::ModuleOp>(sources, context);
}
