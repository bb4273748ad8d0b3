//===- Passes.td - The passes of Partition -----------------*- tablegen -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_PARTITION_PASSES_TD
#define QIMENG_PARTITION_PASSES_TD

include "mlir/Pass/PassBase.td"

def QiMengPartition : Pass<"qimeng-partition", "::mlir::ModuleOp"> {
  let summary = "Turn a tensor program into untiled kernels and a host program";
  let description = [{
    The input is one function on tensors of static shape (linalg, tensor, arith
    and math operations). The output is `func.func @main`, which takes the inputs
    and then the outputs as memrefs, allocates temporaries and launches kernels in
    order; and one untiled `qimeng.kernel` for each operation that computes.

    | operation | kernel |
    | --- | --- |
    | sum of products with M, N and K dimensions (matmul, convolution, contract, ...) | `qimeng.dot`, several dimensions of one kind collapsed through views |
    | body combines `f(inputs)` with the accumulator by an associative operation | element-wise `f`, then `qimeng.reduce` |
    | no reduction | element-wise operations |
    | any other body | `qimeng.fold` |
    | pad with a value other than zero, concat, insert_slice, generate | selection by position |
    | reshape, slice, transpose, broadcast, zero padding, splat | none: folded into the views of the kernels that read the result |
    | a reduction whose body reads a tensor where its accumulator says | its iterations, one after another |

    Before that, affine and complex operations become arith and math, gather and
    scatter become generate and linalg.generic, loops with constant bounds between
    tensors are unrolled, and both sides of a branch are computed. Of a tensor
    without elements nothing is read: a reduction over none is its initial value.
    Results without elements are refused, since no kernel writes them.

    f16 and bf16 values are computed with in f32 and rounded when they are
    stored. Constants that are no splats become `memref.global`s. Tensors with index
    elements are kept in memory as i64.

    ```mlir
    func.func @f(%a: tensor<64x32xf32>, %b: tensor<32x16xf32>) -> tensor<64x16xf32> {
      %z = arith.constant 0.0 : f32
      %e = tensor.empty() : tensor<64x16xf32>
      %f = linalg.fill ins(%z : f32) outs(%e : tensor<64x16xf32>) -> tensor<64x16xf32>
      %c = linalg.matmul ins(%a, %b : tensor<64x32xf32>, tensor<32x16xf32>) outs(%f : tensor<64x16xf32>) -> tensor<64x16xf32>
      return %c : tensor<64x16xf32>
    }
    ```
    becomes
    ```mlir
    qimeng.kernel @matmul(%arg0: memref<64x32xf32>, %arg1: memref<32x16xf32>, %arg2: memref<64x16xf32>) {
      %cst = arith.constant dense<0.000000e+00> : tensor<64x16xf32>
      %0 = qimeng.load %arg0 : memref<64x32xf32> -> tensor<64x32xf32>
      %1 = qimeng.load %arg1 : memref<32x16xf32> -> tensor<32x16xf32>
      %2 = qimeng.dot %0, %1, %cst : tensor<64x32xf32>, tensor<32x16xf32> -> tensor<64x16xf32>
      qimeng.store %2, %arg2 : tensor<64x16xf32>, memref<64x16xf32>
    }
    func.func @main(%arg0: memref<64x32xf32>, %arg1: memref<32x16xf32>, %arg2: memref<64x16xf32>) {
      qimeng.launch @matmul(%arg0, %arg1, %arg2) : memref<64x32xf32>, memref<32x16xf32>, memref<64x16xf32>
      return
    }
    ```
  }];
  let options = [
    Option<"entry", "entry", "std::string", "",
           "The function to partition (default: the first public one); the others are dropped">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect", "::qimeng::QiMengDialect"
  ];
}

#endif // QIMENG_PARTITION_PASSES_TD
