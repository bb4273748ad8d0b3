//===- qimeng-lsp-server.cpp - Language server for programs and recipes ---===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "qimeng/Pipelines/Registration.h"

int qimengLspServerMain(int argc, char **argv) {
  qimeng::hideOptionsOfLibraries();
  mlir::DialectRegistry registry;
  qimeng::registerDialects(registry);
  return failed(mlir::MlirLspServerMain(argc, argv, registry));
}
