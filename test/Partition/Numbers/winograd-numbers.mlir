// The reference takes apart the winograd transformations too.
// RUN: split-file %s %t
// RUN: qimeng-opt %t/winograd.mlir --qimeng-partition -o %t/winograd.out
// RUN: qimeng-run %t/winograd.out --check --reference=%t/winograd.mlir

//--- winograd.mlir
func.func @f(%x: tensor<1x6x6x3xf32>, %w: tensor<2x3x3x3xf32>) -> tensor<1x4x4x2xf32> {
  %e0 = tensor.empty() : tensor<6x6x3x2xf32>
  %0 = linalg.winograd_filter_transform fmr(F_4_3) ins(%w : tensor<2x3x3x3xf32>) outs(%e0 : tensor<6x6x3x2xf32>) -> tensor<6x6x3x2xf32>
  %e1 = tensor.empty() : tensor<6x6x1x1x1x3xf32>
  %1 = linalg.winograd_input_transform fmr(F_4_3) ins(%x : tensor<1x6x6x3xf32>) outs(%e1 : tensor<6x6x1x1x1x3xf32>) -> tensor<6x6x1x1x1x3xf32>
  %a = tensor.collapse_shape %1 [[0,1],[2,3,4],[5]] : tensor<6x6x1x1x1x3xf32> into tensor<36x1x3xf32>
  %b = tensor.collapse_shape %0 [[0,1],[2],[3]] : tensor<6x6x3x2xf32> into tensor<36x3x2xf32>
  %z = arith.constant dense<0.0> : tensor<36x1x2xf32>
  %m = linalg.batch_matmul ins(%a,%b : tensor<36x1x3xf32>, tensor<36x3x2xf32>) outs(%z : tensor<36x1x2xf32>) -> tensor<36x1x2xf32>
  %c = tensor.expand_shape %m [[0,1],[2,3,4],[5]] output_shape [6,6,1,1,1,2] : tensor<36x1x2xf32> into tensor<6x6x1x1x1x2xf32>
  %eo = arith.constant dense<0.0> : tensor<1x4x4x2xf32>
  %o = linalg.winograd_output_transform fmr(F_4_3) ins(%c : tensor<6x6x1x1x1x2xf32>) outs(%eo : tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  return %o : tensor<1x4x4x2xf32>
}
