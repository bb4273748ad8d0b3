// RUN: qimeng-opt %s --qimeng-partition --split-input-file | FileCheck %s

// Reshapes move through element-wise operations, so that products and what
// follows them share one shape; a result is reshaped while it is stored.

// CHECK-DAG: #[[MAP_map:.+]] = affine_map<(d0, d1) -> (d0 floordiv 6, d0 mod 6, d1)>
// CHECK-LABEL: qimeng.kernel @matmul(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<2x6x7xf32>, [[ARG1:%[a-z0-9_]+]]: memref<7x8xf32>, [[ARG2:%[a-z0-9_]+]]: memref<12x8xf32>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<0.000000e+00> : tensor<12x8xf32>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.view [[ARG0]] by #[[MAP_map]] : memref<2x6x7xf32> -> <12x7xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[V0]] : !qimeng.view<12x7xf32> -> tensor<12x7xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<7x8xf32> -> tensor<7x8xf32>
// CHECK: [[V3:%[a-z0-9_]+]] = qimeng.dot [[V1]], [[V2]], [[CST0]] : tensor<12x7xf32>, tensor<7x8xf32> -> tensor<12x8xf32>
// CHECK: qimeng.store [[V3]], [[ARG2]] : tensor<12x8xf32>, memref<12x8xf32>
// CHECK-LABEL: qimeng.kernel @elementwise(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<12x8xf32>, [[ARG1:%[a-z0-9_]+]]: memref<8xf32>, [[ARG2:%[a-z0-9_]+]]: memref<12x8xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<12x8xf32> -> tensor<12x8xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<8xf32> -> tensor<8xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.broadcast [[V1]] axes [0] : tensor<8xf32> -> tensor<12x8xf32>
// CHECK: [[V3:%[a-z0-9_]+]] = arith.addf [[V0]], [[V2]] : tensor<12x8xf32>
// CHECK: qimeng.store [[V3]], [[ARG2]] : tensor<12x8xf32>, memref<12x8xf32>
// CHECK-LABEL: qimeng.kernel @elementwise_1(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<12x8xf32>, [[ARG1:%[a-z0-9_]+]]: memref<12x8xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<12x8xf32> -> tensor<12x8xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = math.tanh [[V0]] : tensor<12x8xf32>
// CHECK: qimeng.store [[V1]], [[ARG1]] : tensor<12x8xf32>, memref<12x8xf32>
// CHECK-LABEL: qimeng.kernel @matmul_1(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<12x8xf32>, [[ARG1:%[a-z0-9_]+]]: memref<8x5xf32>, [[ARG2:%[a-z0-9_]+]]: memref<2x6x5xf32>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<0.000000e+00> : tensor<12x5xf32>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<12x8xf32> -> tensor<12x8xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<8x5xf32> -> tensor<8x5xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.dot [[V0]], [[V1]], [[CST0]] : tensor<12x8xf32>, tensor<8x5xf32> -> tensor<12x5xf32>
// CHECK: [[V3:%[a-z0-9_]+]] = qimeng.view [[ARG2]] by #[[MAP_map]] : memref<2x6x5xf32> -> <12x5xf32>
// CHECK: qimeng.store [[V2]], [[V3]] : tensor<12x5xf32>, !qimeng.view<12x5xf32>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<2x6x7xf32>, [[ARG1:%[a-z0-9_]+]]: memref<7x8xf32>, [[ARG2:%[a-z0-9_]+]]: memref<8xf32>, [[ARG3:%[a-z0-9_]+]]: memref<8x5xf32>, [[ARG4:%[a-z0-9_]+]]: memref<2x6x5xf32>)
// CHECK: [[ALLOC0:%[a-z0-9_]+]] = memref.alloc() : memref<12x8xf32>
// CHECK: qimeng.launch @matmul([[ARG0]], [[ARG1]], [[ALLOC0]]) : memref<2x6x7xf32>, memref<7x8xf32>, memref<12x8xf32>
// CHECK: [[ALLOC1:%[a-z0-9_]+]] = memref.alloc() : memref<12x8xf32>
// CHECK: qimeng.launch @elementwise([[ALLOC0]], [[ARG2]], [[ALLOC1]]) : memref<12x8xf32>, memref<8xf32>, memref<12x8xf32>
// CHECK: [[ALLOC2:%[a-z0-9_]+]] = memref.alloc() : memref<12x8xf32>
// CHECK: qimeng.launch @elementwise_1([[ALLOC1]], [[ALLOC2]]) : memref<12x8xf32>, memref<12x8xf32>
// CHECK: qimeng.launch @matmul_1([[ALLOC2]], [[ARG3]], [[ARG4]]) : memref<12x8xf32>, memref<8x5xf32>, memref<2x6x5xf32>
#a = affine_map<(b,s,n)->(b,s,n)>
#c = affine_map<(b,s,n)->(n)>
func.func @f(%x: tensor<2x6x7xf32>, %w: tensor<7x8xf32>, %bias: tensor<8xf32>, %w2: tensor<8x5xf32>) -> tensor<2x6x5xf32> {
  %z = arith.constant dense<0.0> : tensor<12x8xf32>
  %z2 = arith.constant dense<0.0> : tensor<12x5xf32>
  %e = tensor.empty() : tensor<2x6x8xf32>
  %0 = tensor.collapse_shape %x [[0,1],[2]] : tensor<2x6x7xf32> into tensor<12x7xf32>
  %1 = linalg.matmul ins(%0, %w : tensor<12x7xf32>, tensor<7x8xf32>) outs(%z : tensor<12x8xf32>) -> tensor<12x8xf32>
  %2 = tensor.expand_shape %1 [[0,1],[2]] output_shape [2,6,8] : tensor<12x8xf32> into tensor<2x6x8xf32>
  %3 = linalg.generic {indexing_maps=[#a,#c,#a], iterator_types=["parallel","parallel","parallel"]} ins(%2, %bias : tensor<2x6x8xf32>, tensor<8xf32>) outs(%e : tensor<2x6x8xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %s = arith.addf %p, %q : f32
    linalg.yield %s : f32
  } -> tensor<2x6x8xf32>
  %t = math.tanh %3 : tensor<2x6x8xf32>
  %4 = tensor.collapse_shape %t [[0,1],[2]] : tensor<2x6x8xf32> into tensor<12x8xf32>
  %5 = linalg.matmul ins(%4, %w2 : tensor<12x8xf32>, tensor<8x5xf32>) outs(%z2 : tensor<12x5xf32>) -> tensor<12x5xf32>
  %6 = tensor.expand_shape %5 [[0,1],[2]] output_shape [2,6,5] : tensor<12x5xf32> into tensor<2x6x5xf32>
  return %6 : tensor<2x6x5xf32>
}
