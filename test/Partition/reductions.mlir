// RUN: qimeng-opt %s --qimeng-partition --split-input-file | FileCheck %s

// Associative combinations along any axes.

// CHECK-LABEL: qimeng.kernel @reduce(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<3x4x5xi32>, [[ARG1:%[a-z0-9_]+]]: memref<4xi32>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<5> : tensor<4xi32>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<3x4x5xi32> -> tensor<3x4x5xi32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.reduce add [[V0]] axes [0, 2] : tensor<3x4x5xi32>
// CHECK: [[V2:%[a-z0-9_]+]] = arith.addi [[V1]], [[CST0]] : tensor<4xi32>
// CHECK: qimeng.store [[V2]], [[ARG1]] : tensor<4xi32>, memref<4xi32>
// CHECK-LABEL: qimeng.kernel @reduce_1(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<4x6xf64>, [[ARG1:%[a-z0-9_]+]]: memref<6xf64>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<4x6xf64> -> tensor<4x6xf64>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.reduce mul [[V0]] axes [0] : tensor<4x6xf64>
// CHECK: qimeng.store [[V1]], [[ARG1]] : tensor<6xf64>, memref<6xf64>
// CHECK-LABEL: qimeng.kernel @reduce_2(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<4x6xi1>, [[ARG1:%[a-z0-9_]+]]: memref<4xi1>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<4x6xi1> -> tensor<4x6xi1>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.reduce or [[V0]] axes [1] : tensor<4x6xi1>
// CHECK: qimeng.store [[V1]], [[ARG1]] : tensor<4xi1>, memref<4xi1>
// CHECK-LABEL: qimeng.kernel @reduce_3(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<3x4x5xi32>, [[ARG1:%[a-z0-9_]+]]: memref<3x5xi32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<3x4x5xi32> -> tensor<3x4x5xi32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.reduce maxu [[V0]] axes [1] : tensor<3x4x5xi32>
// CHECK: qimeng.store [[V1]], [[ARG1]] : tensor<3x5xi32>, memref<3x5xi32>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<3x4x5xi32>, [[ARG1:%[a-z0-9_]+]]: memref<4x6xf64>, [[ARG2:%[a-z0-9_]+]]: memref<4x6xi1>, [[ARG3:%[a-z0-9_]+]]: memref<4xi32>, [[ARG4:%[a-z0-9_]+]]: memref<6xf64>, [[ARG5:%[a-z0-9_]+]]: memref<4xi1>, [[ARG6:%[a-z0-9_]+]]: memref<3x5xi32>)
// CHECK: qimeng.launch @reduce([[ARG0]], [[ARG3]]) : memref<3x4x5xi32>, memref<4xi32>
// CHECK: qimeng.launch @reduce_1([[ARG1]], [[ARG4]]) : memref<4x6xf64>, memref<6xf64>
// CHECK: qimeng.launch @reduce_2([[ARG2]], [[ARG5]]) : memref<4x6xi1>, memref<4xi1>
// CHECK: qimeng.launch @reduce_3([[ARG0]], [[ARG6]]) : memref<3x4x5xi32>, memref<3x5xi32>
func.func @f(%x: tensor<3x4x5xi32>, %m: tensor<4x6xf64>, %b: tensor<4x6xi1>) -> (tensor<4xi32>, tensor<6xf64>, tensor<4xi1>, tensor<3x5xi32>) {
  %z = arith.constant dense<5> : tensor<4xi32>
  %r = linalg.reduce {arith.addi} ins(%x : tensor<3x4x5xi32>) outs(%z : tensor<4xi32>) dimensions = [0, 2]
  %o = arith.constant dense<1.0> : tensor<6xf64>
  %p = linalg.reduce {arith.mulf} ins(%m : tensor<4x6xf64>) outs(%o : tensor<6xf64>) dimensions = [0]
  %t = arith.constant dense<false> : tensor<4xi1>
  %q = linalg.reduce {arith.ori} ins(%b : tensor<4x6xi1>) outs(%t : tensor<4xi1>) dimensions = [1]
  %u = arith.constant dense<0> : tensor<3x5xi32>
  %v = linalg.reduce {arith.maxui} ins(%x : tensor<3x4x5xi32>) outs(%u : tensor<3x5xi32>) dimensions = [1]
  return %r, %p, %q, %v : tensor<4xi32>, tensor<6xf64>, tensor<4xi1>, tensor<3x5xi32>
}
