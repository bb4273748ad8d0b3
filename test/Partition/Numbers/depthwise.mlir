// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

func.func @f(%a: tensor<2x9x9x3xf32>, %w: tensor<3x3x3xf32>, %f: tensor<2x7x7x3xf32>) -> tensor<2x7x7x3xf32> {
  %c = linalg.depthwise_conv_2d_nhwc_hwc {strides = dense<1> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>} ins(%a, %w : tensor<2x9x9x3xf32>, tensor<3x3x3xf32>) outs(%f : tensor<2x7x7x3xf32>) -> tensor<2x7x7x3xf32>
  return %c : tensor<2x7x7x3xf32>
}
