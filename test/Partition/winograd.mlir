// RUN: qimeng-opt %s --qimeng-partition | FileCheck %s

// The transformations become kernels; the products are one.
// CHECK: qimeng.kernel @batch_matmul(
// CHECK-NOT: linalg.

func.func @f(%x: tensor<2x10x10x5xf32>, %w: tensor<2x3x3x5xf32>) -> tensor<2x8x8x2xf32> {
  %z = arith.constant 0.0 : f32
  %0 = tensor.empty() : tensor<6x6x5x2xf32>
  %1 = linalg.winograd_filter_transform fmr(F_4_3) ins(%w : tensor<2x3x3x5xf32>) outs(%0 : tensor<6x6x5x2xf32>) -> tensor<6x6x5x2xf32>
  %2 = tensor.empty() : tensor<6x6x2x2x2x5xf32>
  %3 = linalg.winograd_input_transform fmr(F_4_3) ins(%x : tensor<2x10x10x5xf32>) outs(%2 : tensor<6x6x2x2x2x5xf32>) -> tensor<6x6x2x2x2x5xf32>
  %c0 = tensor.collapse_shape %1 [[0, 1], [2], [3]] : tensor<6x6x5x2xf32> into tensor<36x5x2xf32>
  %c1 = tensor.collapse_shape %3 [[0, 1], [2, 3, 4], [5]] : tensor<6x6x2x2x2x5xf32> into tensor<36x8x5xf32>
  %4 = tensor.empty() : tensor<36x8x2xf32>
  %5 = linalg.fill ins(%z : f32) outs(%4 : tensor<36x8x2xf32>) -> tensor<36x8x2xf32>
  %6 = linalg.batch_matmul ins(%c1, %c0 : tensor<36x8x5xf32>, tensor<36x5x2xf32>) outs(%5 : tensor<36x8x2xf32>) -> tensor<36x8x2xf32>
  %7 = tensor.expand_shape %6 [[0, 1], [2, 3, 4], [5]] output_shape [6, 6, 2, 2, 2, 2] : tensor<36x8x2xf32> into tensor<6x6x2x2x2x2xf32>
  %zz = arith.constant dense<0.0> : tensor<2x8x8x2xf32>
  %8 = linalg.winograd_output_transform fmr(F_4_3) ins(%7 : tensor<6x6x2x2x2x2xf32>) outs(%zz : tensor<2x8x8x2xf32>) -> tensor<2x8x8x2xf32>
  return %8 : tensor<2x8x8x2xf32>
}
