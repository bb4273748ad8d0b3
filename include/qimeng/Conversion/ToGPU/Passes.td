//===- Passes.td - Kernel programs to GPU programs ---------*- tablegen -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_CONVERSION_TOGPU_PASSES_TD
#define QIMENG_CONVERSION_TOGPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def QiMengLowerToGPU : Pass<"qimeng-lower-to-gpu", "::mlir::ModuleOp"> {
  let summary = "Lower tiled kernels to llvm and nvvm";
  let description = [{
    Replaces the module's content by one `llvm.func` per kernel, made of `llvm`,
    `nvvm`, `arith` and `scf` operations. A tile becomes one scalar per register of
    its layout; products become multiply-adds, `mma.sync` or `wgmma`, channels become
    shared memory filled by `cp.async` or TMA. How to launch the function is in
    its attribute `qimeng.launch_info`.
  }];
  let options = [Option<"arch", "arch", "std::string", /*default=*/"\"sm_90a\"",
                        "The architecture to lower for, as ptxas names it">];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect",
                           "::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
}

#endif // QIMENG_CONVERSION_TOGPU_PASSES_TD
