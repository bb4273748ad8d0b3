// RUN: qimeng-opt %s --qimeng-partition --split-input-file | FileCheck %s

// A loop of constant trip count is unrolled.

// CHECK-LABEL: qimeng.kernel @matmul(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<4x4xf32>, [[ARG1:%[a-z0-9_]+]]: memref<4x4xf32>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<0.000000e+00> : tensor<4x4xf32>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<4x4xf32> -> tensor<4x4xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.dot [[V0]], [[V0]], [[CST0]] : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
// CHECK: qimeng.store [[V1]], [[ARG1]] : tensor<4x4xf32>, memref<4x4xf32>
// CHECK-LABEL: qimeng.kernel @matmul_1(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<4x4xf32>, [[ARG1:%[a-z0-9_]+]]: memref<4x4xf32>, [[ARG2:%[a-z0-9_]+]]: memref<4x4xf32>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<0.000000e+00> : tensor<4x4xf32>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<4x4xf32> -> tensor<4x4xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<4x4xf32> -> tensor<4x4xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.dot [[V0]], [[V1]], [[CST0]] : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
// CHECK: qimeng.store [[V2]], [[ARG2]] : tensor<4x4xf32>, memref<4x4xf32>
// CHECK-LABEL: qimeng.kernel @matmul_2(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<4x4xf32>, [[ARG1:%[a-z0-9_]+]]: memref<4x4xf32>, [[ARG2:%[a-z0-9_]+]]: memref<4x4xf32>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<0.000000e+00> : tensor<4x4xf32>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<4x4xf32> -> tensor<4x4xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<4x4xf32> -> tensor<4x4xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.dot [[V0]], [[V1]], [[CST0]] : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
// CHECK: qimeng.store [[V2]], [[ARG2]] : tensor<4x4xf32>, memref<4x4xf32>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<4x4xf32>, [[ARG1:%[a-z0-9_]+]]: memref<4x4xf32>)
// CHECK: [[ALLOC0:%[a-z0-9_]+]] = memref.alloc() : memref<4x4xf32>
// CHECK: qimeng.launch @matmul([[ARG0]], [[ALLOC0]]) : memref<4x4xf32>, memref<4x4xf32>
// CHECK: [[ALLOC1:%[a-z0-9_]+]] = memref.alloc() : memref<4x4xf32>
// CHECK: qimeng.launch @matmul_1([[ALLOC0]], [[ARG0]], [[ALLOC1]]) : memref<4x4xf32>, memref<4x4xf32>, memref<4x4xf32>
// CHECK: qimeng.launch @matmul_2([[ALLOC1]], [[ARG0]], [[ARG1]]) : memref<4x4xf32>, memref<4x4xf32>, memref<4x4xf32>
func.func @f(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %z = arith.constant dense<0.0> : tensor<4x4xf32>
  %r = scf.for %i = %c0 to %c3 step %c1 iter_args(%a = %x) -> tensor<4x4xf32> {
    %m = linalg.matmul ins(%a, %x : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
    scf.yield %m : tensor<4x4xf32>
  }
  return %r : tensor<4x4xf32>
}
