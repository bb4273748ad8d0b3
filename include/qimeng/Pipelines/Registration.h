//===- Registration.h - Dialects and passes of the project ------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_PIPELINES_REGISTRATION_H
#define QIMENG_PIPELINES_REGISTRATION_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace qimeng {

/// Adds every dialect that tensor, kernel and GPU programs use, with the
/// interfaces that the passes need.
void registerDialects(mlir::DialectRegistry &registry);

/// Registers this project's passes and the upstream ones that go with them.
void registerPasses();

/// Leaves out of --help what LLVM's code generators and passes register before
/// main: hundreds of options that say nothing of this tool (--help-hidden has
/// them). To be called before a tool registers its own.
void hideOptionsOfLibraries();

} // namespace qimeng

#endif // QIMENG_PIPELINES_REGISTRATION_H
