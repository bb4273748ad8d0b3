//===- ToGPU.h - Kernel programs to GPU programs ----------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_CONVERSION_TOGPU_TOGPU_H
#define QIMENG_CONVERSION_TOGPU_TOGPU_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "qimeng/Support/Architecture.h"

namespace qimeng {

/// Lowers every kernel of `program` to an llvm.func of llvm, nvvm, arith and
/// scf operations with the attribute of GpuKernel.h that says how to launch it.
/// Kernels must be tiled. Diagnostics name the op that `arch` cannot run and
/// the remedy.
mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>>
lowerToGpu(mlir::ModuleOp program, const Architecture &arch);

#define GEN_PASS_DECL
#include "qimeng/Conversion/ToGPU/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "qimeng/Conversion/ToGPU/Passes.h.inc"

} // namespace qimeng

#endif // QIMENG_CONVERSION_TOGPU_TOGPU_H
