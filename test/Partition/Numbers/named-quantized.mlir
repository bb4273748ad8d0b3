// The quantized named operations, with zero points given as scalars.
// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

func.func @f(
    %a0: tensor<4x5xi8>,
    %a1: tensor<5x3xi8>,
    %a2: i32,
    %a3: i32,
    %a4: tensor<4x3xi32>,
    %a5: tensor<2x4x5xi8>,
    %a6: tensor<2x5x3xi8>,
    %a7: i32,
    %a8: i32,
    %a9: tensor<2x4x3xi32>,
    %a10: tensor<1x11x11x3xi8>,
    %a11: tensor<3x3x3x4xi8>,
    %a12: i32,
    %a13: i32,
    %a14: tensor<1x4x4x4xi32>,
    %a15: tensor<1x11x11x3xi8>,
    %a16: tensor<4x3x3x3xi8>,
    %a17: i32,
    %a18: i32,
    %a19: tensor<1x4x4x4xi32>,
    %a20: tensor<1x3x11x11xi8>,
    %a21: tensor<4x3x3x3xi8>,
    %a22: i32,
    %a23: i32,
    %a24: tensor<1x4x4x4xi32>,
    %a25: tensor<1x2x3x11x11xi8>,
    %a26: tensor<2x4x3x3x3xi8>,
    %a27: i32,
    %a28: i32,
    %a29: tensor<1x2x4x4x4xi32>,
    %a30: tensor<1x11x11x2x3xi8>,
    %a31: tensor<2x4x3x3x3xi8>,
    %a32: i32,
    %a33: i32,
    %a34: tensor<1x4x4x2x4xi32>,
    %a35: tensor<1x11x11x11x2xi8>,
    %a36: tensor<3x3x3x2x3xi8>,
    %a37: i32,
    %a38: i32,
    %a39: tensor<1x4x4x4x3xi32>,
    %a40: tensor<1x11x11x3xi8>,
    %a41: tensor<3x3x3xi8>,
    %a42: i32,
    %a43: i32,
    %a44: tensor<1x4x4x3xi32>,
    %a45: tensor<1x11x11x3xi8>,
    %a46: tensor<3x3x3x2xi8>,
    %a47: i32,
    %a48: i32,
    %a49: tensor<1x4x4x3x2xi32>
  ) -> (
    tensor<4x3xi32>,
    tensor<2x4x3xi32>,
    tensor<1x4x4x4xi32>,
    tensor<1x4x4x4xi32>,
    tensor<1x4x4x4xi32>,
    tensor<1x2x4x4x4xi32>,
    tensor<1x4x4x2x4xi32>,
    tensor<1x4x4x4x3xi32>,
    tensor<1x4x4x3xi32>,
    tensor<1x4x4x3x2xi32>
  ) {
  %r0 = linalg.quantized_matmul ins(%a0, %a1, %a2, %a3 : tensor<4x5xi8>, tensor<5x3xi8>, i32, i32) outs(%a4 : tensor<4x3xi32>) -> tensor<4x3xi32>
  %r1 = linalg.quantized_batch_matmul ins(%a5, %a6, %a7, %a8 : tensor<2x4x5xi8>, tensor<2x5x3xi8>, i32, i32) outs(%a9 : tensor<2x4x3xi32>) -> tensor<2x4x3xi32>
  %r2 = linalg.conv_2d_nhwc_hwcf_q {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a10, %a11, %a12, %a13 : tensor<1x11x11x3xi8>, tensor<3x3x3x4xi8>, i32, i32) outs(%a14 : tensor<1x4x4x4xi32>) -> tensor<1x4x4x4xi32>
  %r3 = linalg.conv_2d_nhwc_fhwc_q {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a15, %a16, %a17, %a18 : tensor<1x11x11x3xi8>, tensor<4x3x3x3xi8>, i32, i32) outs(%a19 : tensor<1x4x4x4xi32>) -> tensor<1x4x4x4xi32>
  %r4 = linalg.conv_2d_nchw_fchw_q {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a20, %a21, %a22, %a23 : tensor<1x3x11x11xi8>, tensor<4x3x3x3xi8>, i32, i32) outs(%a24 : tensor<1x4x4x4xi32>) -> tensor<1x4x4x4xi32>
  %r5 = linalg.conv_2d_ngchw_gfchw_q {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a25, %a26, %a27, %a28 : tensor<1x2x3x11x11xi8>, tensor<2x4x3x3x3xi8>, i32, i32) outs(%a29 : tensor<1x2x4x4x4xi32>) -> tensor<1x2x4x4x4xi32>
  %r6 = linalg.conv_2d_nhwgc_gfhwc_q {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a30, %a31, %a32, %a33 : tensor<1x11x11x2x3xi8>, tensor<2x4x3x3x3xi8>, i32, i32) outs(%a34 : tensor<1x4x4x2x4xi32>) -> tensor<1x4x4x2x4xi32>
  %r7 = linalg.conv_3d_ndhwc_dhwcf_q {strides = dense<2> : tensor<3xi64>, dilations = dense<2> : tensor<3xi64>} ins(%a35, %a36, %a37, %a38 : tensor<1x11x11x11x2xi8>, tensor<3x3x3x2x3xi8>, i32, i32) outs(%a39 : tensor<1x4x4x4x3xi32>) -> tensor<1x4x4x4x3xi32>
  %r8 = linalg.depthwise_conv_2d_nhwc_hwc_q {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a40, %a41, %a42, %a43 : tensor<1x11x11x3xi8>, tensor<3x3x3xi8>, i32, i32) outs(%a44 : tensor<1x4x4x3xi32>) -> tensor<1x4x4x3xi32>
  %r9 = linalg.depthwise_conv_2d_nhwc_hwcm_q {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a45, %a46, %a47, %a48 : tensor<1x11x11x3xi8>, tensor<3x3x3x2xi8>, i32, i32) outs(%a49 : tensor<1x4x4x3x2xi32>) -> tensor<1x4x4x3x2xi32>
  return %r0, %r1, %r2, %r3, %r4, %r5, %r6, %r7, %r8, %r9 :
    tensor<4x3xi32>,
    tensor<2x4x3xi32>,
    tensor<1x4x4x4xi32>,
    tensor<1x4x4x4xi32>,
    tensor<1x4x4x4xi32>,
    tensor<1x2x4x4x4xi32>,
    tensor<1x4x4x2x4xi32>,
    tensor<1x4x4x4x3xi32>,
    tensor<1x4x4x3xi32>,
    tensor<1x4x4x3x2xi32>
}
