// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

func.func @f(%a: tensor<1x2x3x6x6xf32>, %b: tensor<2x4x3x3x3xf32>, %c: tensor<1x2x4x4x4xf32>) -> tensor<1x2x4x4x4xf32> {
  %r = linalg.conv_2d_ngchw_gfchw ins(%a, %b : tensor<1x2x3x6x6xf32>, tensor<2x4x3x3x3xf32>) outs(%c : tensor<1x2x4x4x4xf32>) -> tensor<1x2x4x4x4xf32>
  return %r : tensor<1x2x4x4x4xf32>
}
