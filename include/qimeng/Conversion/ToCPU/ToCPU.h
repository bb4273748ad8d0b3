//===- ToCPU.h - Kernels on the host ----------------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Kernels, at any stage, become functions on memrefs. No access leaves its
// memref: what an unmasked load or store does outside its operand, and what
// would block a channel for ever, is skipped and reported by a call of
//
//     func.func private @qimeng_violation(i64)
//
// whose argument is an index into the module's `qimeng.checks`, an array of
// [location, what went wrong].
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_CONVERSION_TOCPU_TOCPU_H
#define QIMENG_CONVERSION_TOCPU_TOCPU_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace qimeng {

#define GEN_PASS_DECL
#include "qimeng/Conversion/ToCPU/Passes.h.inc"

/// Name of the function that reports a violation, and of the module attribute
/// that lists what may be reported.
inline constexpr llvm::StringLiteral violationFunction = "qimeng_violation";
inline constexpr llvm::StringLiteral checksAttribute = "qimeng.checks";

/// Kernels of `module` -> functions on memrefs, launches -> calls.
mlir::LogicalResult lowerKernelsToCPU(mlir::ModuleOp module);

/// Functions on tensors -> functions on memrefs, with loops. Results become
/// trailing arguments; arguments are not written to.
void buildTensorsToLoops(mlir::OpPassManager &manager);

/// Functions on memrefs -> the LLVM dialect. Expects libm, `qimeng_violation`,
/// `_mlir_memref_to_llvm_alloc` and `_mlir_memref_to_llvm_free` at run time.
void buildLoopsToLLVM(mlir::OpPassManager &manager);

/// The dialects and interfaces that the two pipelines and the translation to
/// LLVM IR need.
void registerCPUDialects(mlir::DialectRegistry &registry);

#define GEN_PASS_REGISTRATION
#include "qimeng/Conversion/ToCPU/Passes.h.inc"

/// Registers `qimeng-tensors-to-loops` and `qimeng-loops-to-llvm`.
void registerCPUPipelines();

} // namespace qimeng

#endif // QIMENG_CONVERSION_TOCPU_TOCPU_H
