//===- Programs.h - A context and diagnostics for the tests -----*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TEST_UNIT_VERIFY_PROGRAMS_H
#define QIMENG_TEST_UNIT_VERIFY_PROGRAMS_H

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "qimeng/Verify/Executor.h"
#include <gtest/gtest.h>

/// Parses programs, and keeps the errors that are reported about them.
class ProgramTest : public testing::Test {
protected:
  ProgramTest()
      : context(registry()),
        handler(&context, [this](mlir::Diagnostic &diagnostic) {
          errors += diagnostic.str() + "\n";
          return mlir::success();
        }) {}

  mlir::OwningOpRef<mlir::ModuleOp> parse(llvm::StringRef text) {
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    EXPECT_TRUE(module) << errors;
    return module;
  }

  static mlir::DialectRegistry registry() {
    mlir::DialectRegistry registry;
    qimeng::registerExecutorDialects(registry);
    return registry;
  }

  mlir::MLIRContext context;
  mlir::ScopedDiagnosticHandler handler;
  std::string errors;
};

#endif // QIMENG_TEST_UNIT_VERIFY_PROGRAMS_H
