//===- qimeng-opt.cpp - Run passes on tensor and kernel programs ----------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "qimeng/Pipelines/Registration.h"

int qimengOptMain(int argc, char **argv) {
  mlir::DialectRegistry registry;
  qimeng::registerDialects(registry);
  qimeng::registerPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "QiMeng optimizer\n", registry));
}
