// RUN: qimeng-opt %s --qimeng-partition --split-input-file | FileCheck %s

// A softmax is four kernels; between them bf16 values stay f32.

// CHECK-LABEL: qimeng.kernel @softmax_max(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<8x64x4xbf16>, [[ARG1:%[a-z0-9_]+]]: memref<8x4xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<8x64x4xbf16> -> tensor<8x64x4xbf16>
// CHECK: [[V1:%[a-z0-9_]+]] = arith.extf [[V0]] : tensor<8x64x4xbf16> to tensor<8x64x4xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.reduce max [[V1]] axes [1] : tensor<8x64x4xf32>
// CHECK: qimeng.store [[V2]], [[ARG1]] : tensor<8x4xf32>, memref<8x4xf32>
// CHECK-LABEL: qimeng.kernel @softmax_exp(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<8x64x4xbf16>, [[ARG1:%[a-z0-9_]+]]: memref<8x4xf32>, [[ARG2:%[a-z0-9_]+]]: memref<8x64x4xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<8x64x4xbf16> -> tensor<8x64x4xbf16>
// CHECK: [[V1:%[a-z0-9_]+]] = arith.extf [[V0]] : tensor<8x64x4xbf16> to tensor<8x64x4xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<8x4xf32> -> tensor<8x4xf32>
// CHECK: [[V3:%[a-z0-9_]+]] = qimeng.broadcast [[V2]] axes [1] : tensor<8x4xf32> -> tensor<8x64x4xf32>
// CHECK: [[V4:%[a-z0-9_]+]] = arith.subf [[V1]], [[V3]] : tensor<8x64x4xf32>
// CHECK: [[V5:%[a-z0-9_]+]] = math.exp [[V4]] : tensor<8x64x4xf32>
// CHECK: qimeng.store [[V5]], [[ARG2]] : tensor<8x64x4xf32>, memref<8x64x4xf32>
// CHECK-LABEL: qimeng.kernel @softmax_sum(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<8x64x4xf32>, [[ARG1:%[a-z0-9_]+]]: memref<8x4xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<8x64x4xf32> -> tensor<8x64x4xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.reduce add [[V0]] axes [1] : tensor<8x64x4xf32>
// CHECK: qimeng.store [[V1]], [[ARG1]] : tensor<8x4xf32>, memref<8x4xf32>
// CHECK-LABEL: qimeng.kernel @softmax_div(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<8x64x4xf32>, [[ARG1:%[a-z0-9_]+]]: memref<8x4xf32>, [[ARG2:%[a-z0-9_]+]]: memref<8x64x4xbf16>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<8x64x4xf32> -> tensor<8x64x4xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<8x4xf32> -> tensor<8x4xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.broadcast [[V1]] axes [1] : tensor<8x4xf32> -> tensor<8x64x4xf32>
// CHECK: [[V3:%[a-z0-9_]+]] = arith.divf [[V0]], [[V2]] : tensor<8x64x4xf32>
// CHECK: [[V4:%[a-z0-9_]+]] = arith.truncf [[V3]] : tensor<8x64x4xf32> to tensor<8x64x4xbf16>
// CHECK: qimeng.store [[V4]], [[ARG2]] : tensor<8x64x4xbf16>, memref<8x64x4xbf16>
// CHECK-LABEL: qimeng.kernel @softmax_max_1(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<8x64xf64>, [[ARG1:%[a-z0-9_]+]]: memref<8xf64>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<8x64xf64> -> tensor<8x64xf64>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.reduce max [[V0]] axes [1] : tensor<8x64xf64>
// CHECK: qimeng.store [[V1]], [[ARG1]] : tensor<8xf64>, memref<8xf64>
// CHECK-LABEL: qimeng.kernel @softmax_exp_1(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<8x64xf64>, [[ARG1:%[a-z0-9_]+]]: memref<8xf64>, [[ARG2:%[a-z0-9_]+]]: memref<8x64xf64>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<8x64xf64> -> tensor<8x64xf64>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<8xf64> -> tensor<8xf64>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.broadcast [[V1]] axes [1] : tensor<8xf64> -> tensor<8x64xf64>
// CHECK: [[V3:%[a-z0-9_]+]] = arith.subf [[V0]], [[V2]] : tensor<8x64xf64>
// CHECK: [[V4:%[a-z0-9_]+]] = math.exp [[V3]] : tensor<8x64xf64>
// CHECK: qimeng.store [[V4]], [[ARG2]] : tensor<8x64xf64>, memref<8x64xf64>
// CHECK-LABEL: qimeng.kernel @softmax_sum_1(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<8x64xf64>, [[ARG1:%[a-z0-9_]+]]: memref<8xf64>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<8x64xf64> -> tensor<8x64xf64>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.reduce add [[V0]] axes [1] : tensor<8x64xf64>
// CHECK: qimeng.store [[V1]], [[ARG1]] : tensor<8xf64>, memref<8xf64>
// CHECK-LABEL: qimeng.kernel @softmax_div_1(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<8x64xf64>, [[ARG1:%[a-z0-9_]+]]: memref<8xf64>, [[ARG2:%[a-z0-9_]+]]: memref<8x64xf64>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<8x64xf64> -> tensor<8x64xf64>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<8xf64> -> tensor<8xf64>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.broadcast [[V1]] axes [1] : tensor<8xf64> -> tensor<8x64xf64>
// CHECK: [[V3:%[a-z0-9_]+]] = arith.divf [[V0]], [[V2]] : tensor<8x64xf64>
// CHECK: qimeng.store [[V3]], [[ARG2]] : tensor<8x64xf64>, memref<8x64xf64>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<8x64x4xbf16>, [[ARG1:%[a-z0-9_]+]]: memref<8x64xf64>, [[ARG2:%[a-z0-9_]+]]: memref<8x64x4xbf16>, [[ARG3:%[a-z0-9_]+]]: memref<8x64xf64>)
// CHECK: [[ALLOC0:%[a-z0-9_]+]] = memref.alloc() : memref<8x4xf32>
// CHECK: qimeng.launch @softmax_max([[ARG0]], [[ALLOC0]]) : memref<8x64x4xbf16>, memref<8x4xf32>
// CHECK: [[ALLOC1:%[a-z0-9_]+]] = memref.alloc() : memref<8x64x4xf32>
// CHECK: qimeng.launch @softmax_exp([[ARG0]], [[ALLOC0]], [[ALLOC1]]) : memref<8x64x4xbf16>, memref<8x4xf32>, memref<8x64x4xf32>
// CHECK: [[ALLOC2:%[a-z0-9_]+]] = memref.alloc() : memref<8x4xf32>
// CHECK: qimeng.launch @softmax_sum([[ALLOC1]], [[ALLOC2]]) : memref<8x64x4xf32>, memref<8x4xf32>
// CHECK: qimeng.launch @softmax_div([[ALLOC1]], [[ALLOC2]], [[ARG2]]) : memref<8x64x4xf32>, memref<8x4xf32>, memref<8x64x4xbf16>
// CHECK: [[ALLOC3:%[a-z0-9_]+]] = memref.alloc() : memref<8xf64>
// CHECK: qimeng.launch @softmax_max_1([[ARG1]], [[ALLOC3]]) : memref<8x64xf64>, memref<8xf64>
// CHECK: [[ALLOC4:%[a-z0-9_]+]] = memref.alloc() : memref<8x64xf64>
// CHECK: qimeng.launch @softmax_exp_1([[ARG1]], [[ALLOC3]], [[ALLOC4]]) : memref<8x64xf64>, memref<8xf64>, memref<8x64xf64>
// CHECK: [[ALLOC5:%[a-z0-9_]+]] = memref.alloc() : memref<8xf64>
// CHECK: qimeng.launch @softmax_sum_1([[ALLOC4]], [[ALLOC5]]) : memref<8x64xf64>, memref<8xf64>
// CHECK: qimeng.launch @softmax_div_1([[ALLOC4]], [[ALLOC5]], [[ARG3]]) : memref<8x64xf64>, memref<8xf64>, memref<8x64xf64>
func.func @f(%x: tensor<8x64x4xbf16>, %y: tensor<8x64xf64>) -> (tensor<8x64x4xbf16>, tensor<8x64xf64>) {
  %e = tensor.empty() : tensor<8x64x4xbf16>
  %0 = linalg.softmax dimension(1) ins(%x : tensor<8x64x4xbf16>) outs(%e : tensor<8x64x4xbf16>) -> tensor<8x64x4xbf16>
  %e1 = tensor.empty() : tensor<8x64xf64>
  %1 = linalg.softmax dimension(1) ins(%y : tensor<8x64xf64>) outs(%e1 : tensor<8x64xf64>) -> tensor<8x64xf64>
  return %0, %1 : tensor<8x64x4xbf16>, tensor<8x64xf64>
}
