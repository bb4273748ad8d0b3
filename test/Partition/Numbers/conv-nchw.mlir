// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

func.func @f(%a: tensor<2x3x9x9xf16>, %w: tensor<4x3x3x3xf16>, %f: tensor<2x4x5x5xf16>) -> tensor<2x4x5x5xf16> {
  %c = linalg.conv_2d_nchw_fchw {strides = dense<1> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a, %w : tensor<2x3x9x9xf16>, tensor<4x3x3x3xf16>) outs(%f : tensor<2x4x5x5xf16>) -> tensor<2x4x5x5xf16>
  return %c : tensor<2x4x5x5xf16>
}
