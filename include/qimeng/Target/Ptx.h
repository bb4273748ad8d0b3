//===- Ptx.h - GPU programs to LLVM IR and PTX ------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A GPU program is a module of llvm.func whose bodies hold llvm, nvvm, arith,
// scf, cf, index and ub operations on scalars, LLVM vectors and pointers.
// Kernels carry the attribute nvvm.kernel. Everything happens in process.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TARGET_PTX_H
#define QIMENG_TARGET_PTX_H

#include "mlir/IR/BuiltinOps.h"
#include "qimeng/Support/Architecture.h"
#include <string>

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace qimeng {

struct PtxOptions {
  /// LLVM IR passes to run before code generation. Nothing that moves code
  /// across basic blocks runs around wgmma, where it costs speed.
  enum class Optimize {
    None,
    /// Early CSE and instcombine. Measured on matrix products, softmax, norms
    /// and reductions: fewer instructions for selects and address arithmetic;
    /// hoisting, GVN or the O3 pipeline add registers and nothing else.
    Light,
  };
  Optimize optimize = Optimize::Light;
};

/// What translateToPtx and translateToLlvmIr need besides the dialects.
void registerGpuTargetInterfaces(mlir::DialectRegistry &registry);

/// Loads the dialects of GPU programs, so that their operations can be made
/// outside of a pass.
void loadGpuDialects(mlir::MLIRContext &context);

/// Turns every arith, scf, cf, index, ub and nvvm operation of `gpuModule` into
/// llvm operations (or nvvm ones that translate), in place. Failure is reported
/// as diagnostics.
mlir::LogicalResult lowerGpuModuleToLlvm(mlir::ModuleOp gpuModule);

/// The PTX ISA version, times ten, that translateToPtx writes for
/// `architecture`. It depends on nothing else, so that PTX is reproducible.
int getPtxVersion(const Architecture &architecture);

/// LLVM IR text for `architecture`. `gpuModule` is left as it is; failure is
/// reported as diagnostics.
mlir::FailureOr<std::string> translateToLlvmIr(mlir::ModuleOp gpuModule,
                                               const Architecture &architecture,
                                               const PtxOptions &options = {});

/// PTX text for `architecture`. `gpuModule` is left as it is; failure, also of
/// the code generator, is reported as diagnostics.
mlir::FailureOr<std::string> translateToPtx(mlir::ModuleOp gpuModule,
                                            const Architecture &architecture,
                                            const PtxOptions &options = {});

} // namespace qimeng

#endif // QIMENG_TARGET_PTX_H
