//===- qimeng-reduce.cpp - Shrink a program that shows a fault ------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/MLIRContext.h"
#include "mlir/Tools/mlir-reduce/MlirReduceMain.h"
#include "qimeng/Pipelines/Registration.h"

int qimengReduceMain(int argc, char **argv) {
  mlir::DialectRegistry registry;
  qimeng::registerDialects(registry);
  qimeng::registerPasses();
  mlir::MLIRContext context(registry);
  return failed(mlir::mlirReduceMain(argc, argv, context));
}
