//===- Passes.td - Lowering to the CPU ---------------------*- tablegen -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_CONVERSION_TOCPU_PASSES_TD
#define QIMENG_CONVERSION_TOCPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerToCPUPass : Pass<"qimeng-lower-to-cpu", "::mlir::ModuleOp"> {
  let summary = "kernels to functions on memrefs, launches to calls";
  let description = [{
    The meaning of a kernel, at any stage, as loops that the host runs: programs one
    after another, a channel as a queue, the producer role before the consumer.
    Element-wise chains, loads, broadcasts and transpositions are computed where they
    are used; products, reductions, folds, scans and what loops carry have buffers.

    ```mlir
    qimeng.kernel @scale(%x: memref<10xf32>, %y: memref<10xf32>) {
      %t = qimeng.load %x : memref<10xf32> -> tensor<10xf32>
      %r = arith.addf %t, %t : tensor<10xf32>
      qimeng.store %r, %y : tensor<10xf32>, memref<10xf32>
    }
    ```
    becomes
    ```mlir
    func.func @scale(%x: memref<10xf32>, %y: memref<10xf32>) {
      scf.for %i = %c0 to %c10 step %c1 {
        %t = memref.load %x[%i] : memref<10xf32>
        %r = arith.addf %t, %t : f32
        memref.store %r, %y[%i] : memref<10xf32>
      }
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::func::FuncDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect"];
}

def PrepareTensorsPass : Pass<"qimeng-cpu-prepare-tensors", "::mlir::ModuleOp"> {
  let summary = "make a tensor program safe and simple enough to bufferize";
  let description = [{
    Reads at computed indices outside a tensor give zero; aggregate operations
    (softmax, concatenation, packing) become simpler ones; the innermost loops of
    linalg operations walk through contiguous memory; arguments of public functions
    are marked as not writable.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::bufferization::BufferizationDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
                           "::mlir::tensor::TensorDialect"];
}

def PrepareScalarsPass : Pass<"qimeng-cpu-prepare-scalars", "::mlir::ModuleOp"> {
  let summary = "give every scalar operation a result";
  let description = [{
    Where LLVM leaves a result undefined or the host traps, the program gets what GPUs
    commonly give: x / 0 = 0 and x % 0 = 0, the most negative integer divided by -1
    wraps, a float outside an integer's range saturates, NaN becomes 0, a shift by the width or more shifts everything out.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect"];
}

def LoopsToLLVMPass : Pass<"qimeng-cpu-to-llvm", "::mlir::ModuleOp"> {
  let summary = "functions on memrefs to the LLVM dialect, in one conversion";
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::cf::ControlFlowDialect",
                           "::mlir::func::FuncDialect", "::mlir::scf::SCFDialect"];
}

#endif // QIMENG_CONVERSION_TOCPU_PASSES_TD
