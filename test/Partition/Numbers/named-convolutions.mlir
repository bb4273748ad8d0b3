// The named convolutions, with strides and dilations of 2.
// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

func.func @f(
    %a0: tensor<2x11x3xf32>,
    %a1: tensor<3x3x4xf32>,
    %a2: tensor<2x4x4xf32>,
    %a3: tensor<2x3x11xf32>,
    %a4: tensor<4x3x3xf32>,
    %a5: tensor<2x4x4xf32>,
    %a6: tensor<1x11x11x3xf32>,
    %a7: tensor<3x3x3x4xf32>,
    %a8: tensor<1x4x4x4xf32>,
    %a9: tensor<1x11x11x3xf32>,
    %a10: tensor<4x3x3x3xf32>,
    %a11: tensor<1x4x4x4xf32>,
    %a12: tensor<1x3x11x11xf32>,
    %a13: tensor<4x3x3x3xf32>,
    %a14: tensor<1x4x4x4xf32>,
    %a15: tensor<1x2x3x11x11xf32>,
    %a16: tensor<4x2x3x3x3xf32>,
    %a17: tensor<1x2x4x4x4xf32>,
    %a18: tensor<1x2x3x11x11xf32>,
    %a19: tensor<2x4x3x3x3xf32>,
    %a20: tensor<1x2x4x4x4xf32>,
    %a21: tensor<1x11x11x2x3xf32>,
    %a22: tensor<2x4x3x3x3xf32>,
    %a23: tensor<1x4x4x2x4xf32>,
    %a24: tensor<1x11x11x11x2xf32>,
    %a25: tensor<3x3x3x2x3xf32>,
    %a26: tensor<1x4x4x4x3xf32>,
    %a27: tensor<1x2x11x11x11xf32>,
    %a28: tensor<3x2x3x3x3xf32>,
    %a29: tensor<1x3x4x4x4xf32>,
    %a30: tensor<1x3x11xf32>,
    %a31: tensor<3x3xf32>,
    %a32: tensor<1x3x4xf32>,
    %a33: tensor<1x11x3xf32>,
    %a34: tensor<3x3xf32>,
    %a35: tensor<1x4x3xf32>,
    %a36: tensor<1x11x3xf32>,
    %a37: tensor<3x3x2xf32>,
    %a38: tensor<1x4x3x2xf32>,
    %a39: tensor<1x3x11x11xf32>,
    %a40: tensor<3x3x3xf32>,
    %a41: tensor<1x3x4x4xf32>,
    %a42: tensor<1x11x11x3xf32>,
    %a43: tensor<3x3x3xf32>,
    %a44: tensor<1x4x4x3xf32>,
    %a45: tensor<1x11x11x3xf32>,
    %a46: tensor<3x3x3x2xf32>,
    %a47: tensor<1x4x4x3x2xf32>,
    %a48: tensor<1x2x11x11x11xf32>,
    %a49: tensor<2x3x3x3xf32>,
    %a50: tensor<1x2x4x4x4xf32>,
    %a51: tensor<1x11x11x11x2xf32>,
    %a52: tensor<3x3x3x2xf32>,
    %a53: tensor<1x4x4x4x2xf32>,
    %a54: tensor<1x11x11x11x2xf32>,
    %a55: tensor<3x3x3x2x2xf32>,
    %a56: tensor<1x4x4x4x2x2xf32>,
    %a57: tensor<2x11x3xi8>,
    %a58: tensor<3x3x4xi8>,
    %a59: tensor<2x4x4xi32>,
    %a60: tensor<2x3x11xi8>,
    %a61: tensor<4x3x3xi8>,
    %a62: tensor<2x4x4xi32>,
    %a63: tensor<1x11x11x3xi8>,
    %a64: tensor<3x3x3x4xi8>,
    %a65: tensor<1x4x4x4xi32>,
    %a66: tensor<1x11x11x3xi8>,
    %a67: tensor<4x3x3x3xi8>,
    %a68: tensor<1x4x4x4xi32>,
    %a69: tensor<1x3x11x11xi8>,
    %a70: tensor<4x3x3x3xi8>,
    %a71: tensor<1x4x4x4xi32>,
    %a72: tensor<1x2x3x11x11xi8>,
    %a73: tensor<4x2x3x3x3xi8>,
    %a74: tensor<1x2x4x4x4xi32>,
    %a75: tensor<1x2x3x11x11xi8>,
    %a76: tensor<2x4x3x3x3xi8>,
    %a77: tensor<1x2x4x4x4xi32>,
    %a78: tensor<1x11x11x2x3xi8>,
    %a79: tensor<2x4x3x3x3xi8>,
    %a80: tensor<1x4x4x2x4xi32>,
    %a81: tensor<1x11x11x11x2xi8>,
    %a82: tensor<3x3x3x2x3xi8>,
    %a83: tensor<1x4x4x4x3xi32>,
    %a84: tensor<1x2x11x11x11xi8>,
    %a85: tensor<3x2x3x3x3xi8>,
    %a86: tensor<1x3x4x4x4xi32>,
    %a87: tensor<1x3x11xi8>,
    %a88: tensor<3x3xi8>,
    %a89: tensor<1x3x4xi32>,
    %a90: tensor<1x11x3xi8>,
    %a91: tensor<3x3xi8>,
    %a92: tensor<1x4x3xi32>,
    %a93: tensor<1x11x3xi8>,
    %a94: tensor<3x3x2xi8>,
    %a95: tensor<1x4x3x2xi32>,
    %a96: tensor<1x3x11x11xi8>,
    %a97: tensor<3x3x3xi8>,
    %a98: tensor<1x3x4x4xi32>,
    %a99: tensor<1x11x11x3xi8>,
    %a100: tensor<3x3x3xi8>,
    %a101: tensor<1x4x4x3xi32>,
    %a102: tensor<1x11x11x3xi8>,
    %a103: tensor<3x3x3x2xi8>,
    %a104: tensor<1x4x4x3x2xi32>,
    %a105: tensor<1x2x11x11x11xi8>,
    %a106: tensor<2x3x3x3xi8>,
    %a107: tensor<1x2x4x4x4xi32>,
    %a108: tensor<1x11x11x11x2xi8>,
    %a109: tensor<3x3x3x2xi8>,
    %a110: tensor<1x4x4x4x2xi32>,
    %a111: tensor<1x11x11x11x2xi8>,
    %a112: tensor<3x3x3x2x2xi8>,
    %a113: tensor<1x4x4x4x2x2xi32>
  ) -> (
    tensor<2x4x4xf32>,
    tensor<2x4x4xf32>,
    tensor<1x4x4x4xf32>,
    tensor<1x4x4x4xf32>,
    tensor<1x4x4x4xf32>,
    tensor<1x2x4x4x4xf32>,
    tensor<1x2x4x4x4xf32>,
    tensor<1x4x4x2x4xf32>,
    tensor<1x4x4x4x3xf32>,
    tensor<1x3x4x4x4xf32>,
    tensor<1x3x4xf32>,
    tensor<1x4x3xf32>,
    tensor<1x4x3x2xf32>,
    tensor<1x3x4x4xf32>,
    tensor<1x4x4x3xf32>,
    tensor<1x4x4x3x2xf32>,
    tensor<1x2x4x4x4xf32>,
    tensor<1x4x4x4x2xf32>,
    tensor<1x4x4x4x2x2xf32>,
    tensor<2x4x4xi32>,
    tensor<2x4x4xi32>,
    tensor<1x4x4x4xi32>,
    tensor<1x4x4x4xi32>,
    tensor<1x4x4x4xi32>,
    tensor<1x2x4x4x4xi32>,
    tensor<1x2x4x4x4xi32>,
    tensor<1x4x4x2x4xi32>,
    tensor<1x4x4x4x3xi32>,
    tensor<1x3x4x4x4xi32>,
    tensor<1x3x4xi32>,
    tensor<1x4x3xi32>,
    tensor<1x4x3x2xi32>,
    tensor<1x3x4x4xi32>,
    tensor<1x4x4x3xi32>,
    tensor<1x4x4x3x2xi32>,
    tensor<1x2x4x4x4xi32>,
    tensor<1x4x4x4x2xi32>,
    tensor<1x4x4x4x2x2xi32>
  ) {
  %r0 = linalg.conv_1d_nwc_wcf {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a0, %a1 : tensor<2x11x3xf32>, tensor<3x3x4xf32>) outs(%a2 : tensor<2x4x4xf32>) -> tensor<2x4x4xf32>
  %r1 = linalg.conv_1d_ncw_fcw {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a3, %a4 : tensor<2x3x11xf32>, tensor<4x3x3xf32>) outs(%a5 : tensor<2x4x4xf32>) -> tensor<2x4x4xf32>
  %r2 = linalg.conv_2d_nhwc_hwcf {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a6, %a7 : tensor<1x11x11x3xf32>, tensor<3x3x3x4xf32>) outs(%a8 : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  %r3 = linalg.conv_2d_nhwc_fhwc {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a9, %a10 : tensor<1x11x11x3xf32>, tensor<4x3x3x3xf32>) outs(%a11 : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  %r4 = linalg.conv_2d_nchw_fchw {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a12, %a13 : tensor<1x3x11x11xf32>, tensor<4x3x3x3xf32>) outs(%a14 : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  %r5 = linalg.conv_2d_ngchw_fgchw {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a15, %a16 : tensor<1x2x3x11x11xf32>, tensor<4x2x3x3x3xf32>) outs(%a17 : tensor<1x2x4x4x4xf32>) -> tensor<1x2x4x4x4xf32>
  %r6 = linalg.conv_2d_ngchw_gfchw {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a18, %a19 : tensor<1x2x3x11x11xf32>, tensor<2x4x3x3x3xf32>) outs(%a20 : tensor<1x2x4x4x4xf32>) -> tensor<1x2x4x4x4xf32>
  %r7 = linalg.conv_2d_nhwgc_gfhwc {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a21, %a22 : tensor<1x11x11x2x3xf32>, tensor<2x4x3x3x3xf32>) outs(%a23 : tensor<1x4x4x2x4xf32>) -> tensor<1x4x4x2x4xf32>
  %r8 = linalg.conv_3d_ndhwc_dhwcf {strides = dense<2> : tensor<3xi64>, dilations = dense<2> : tensor<3xi64>} ins(%a24, %a25 : tensor<1x11x11x11x2xf32>, tensor<3x3x3x2x3xf32>) outs(%a26 : tensor<1x4x4x4x3xf32>) -> tensor<1x4x4x4x3xf32>
  %r9 = linalg.conv_3d_ncdhw_fcdhw {strides = dense<2> : tensor<3xi64>, dilations = dense<2> : tensor<3xi64>} ins(%a27, %a28 : tensor<1x2x11x11x11xf32>, tensor<3x2x3x3x3xf32>) outs(%a29 : tensor<1x3x4x4x4xf32>) -> tensor<1x3x4x4x4xf32>
  %r10 = linalg.depthwise_conv_1d_ncw_cw {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a30, %a31 : tensor<1x3x11xf32>, tensor<3x3xf32>) outs(%a32 : tensor<1x3x4xf32>) -> tensor<1x3x4xf32>
  %r11 = linalg.depthwise_conv_1d_nwc_wc {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a33, %a34 : tensor<1x11x3xf32>, tensor<3x3xf32>) outs(%a35 : tensor<1x4x3xf32>) -> tensor<1x4x3xf32>
  %r12 = linalg.depthwise_conv_1d_nwc_wcm {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a36, %a37 : tensor<1x11x3xf32>, tensor<3x3x2xf32>) outs(%a38 : tensor<1x4x3x2xf32>) -> tensor<1x4x3x2xf32>
  %r13 = linalg.depthwise_conv_2d_nchw_chw {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a39, %a40 : tensor<1x3x11x11xf32>, tensor<3x3x3xf32>) outs(%a41 : tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  %r14 = linalg.depthwise_conv_2d_nhwc_hwc {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a42, %a43 : tensor<1x11x11x3xf32>, tensor<3x3x3xf32>) outs(%a44 : tensor<1x4x4x3xf32>) -> tensor<1x4x4x3xf32>
  %r15 = linalg.depthwise_conv_2d_nhwc_hwcm {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a45, %a46 : tensor<1x11x11x3xf32>, tensor<3x3x3x2xf32>) outs(%a47 : tensor<1x4x4x3x2xf32>) -> tensor<1x4x4x3x2xf32>
  %r16 = linalg.depthwise_conv_3d_ncdhw_cdhw {strides = dense<2> : tensor<3xi64>, dilations = dense<2> : tensor<3xi64>} ins(%a48, %a49 : tensor<1x2x11x11x11xf32>, tensor<2x3x3x3xf32>) outs(%a50 : tensor<1x2x4x4x4xf32>) -> tensor<1x2x4x4x4xf32>
  %r17 = linalg.depthwise_conv_3d_ndhwc_dhwc {strides = dense<2> : tensor<3xi64>, dilations = dense<2> : tensor<3xi64>} ins(%a51, %a52 : tensor<1x11x11x11x2xf32>, tensor<3x3x3x2xf32>) outs(%a53 : tensor<1x4x4x4x2xf32>) -> tensor<1x4x4x4x2xf32>
  %r18 = linalg.depthwise_conv_3d_ndhwc_dhwcm {strides = dense<2> : tensor<3xi64>, dilations = dense<2> : tensor<3xi64>} ins(%a54, %a55 : tensor<1x11x11x11x2xf32>, tensor<3x3x3x2x2xf32>) outs(%a56 : tensor<1x4x4x4x2x2xf32>) -> tensor<1x4x4x4x2x2xf32>
  %r19 = linalg.conv_1d_nwc_wcf {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a57, %a58 : tensor<2x11x3xi8>, tensor<3x3x4xi8>) outs(%a59 : tensor<2x4x4xi32>) -> tensor<2x4x4xi32>
  %r20 = linalg.conv_1d_ncw_fcw {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a60, %a61 : tensor<2x3x11xi8>, tensor<4x3x3xi8>) outs(%a62 : tensor<2x4x4xi32>) -> tensor<2x4x4xi32>
  %r21 = linalg.conv_2d_nhwc_hwcf {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a63, %a64 : tensor<1x11x11x3xi8>, tensor<3x3x3x4xi8>) outs(%a65 : tensor<1x4x4x4xi32>) -> tensor<1x4x4x4xi32>
  %r22 = linalg.conv_2d_nhwc_fhwc {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a66, %a67 : tensor<1x11x11x3xi8>, tensor<4x3x3x3xi8>) outs(%a68 : tensor<1x4x4x4xi32>) -> tensor<1x4x4x4xi32>
  %r23 = linalg.conv_2d_nchw_fchw {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a69, %a70 : tensor<1x3x11x11xi8>, tensor<4x3x3x3xi8>) outs(%a71 : tensor<1x4x4x4xi32>) -> tensor<1x4x4x4xi32>
  %r24 = linalg.conv_2d_ngchw_fgchw {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a72, %a73 : tensor<1x2x3x11x11xi8>, tensor<4x2x3x3x3xi8>) outs(%a74 : tensor<1x2x4x4x4xi32>) -> tensor<1x2x4x4x4xi32>
  %r25 = linalg.conv_2d_ngchw_gfchw {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a75, %a76 : tensor<1x2x3x11x11xi8>, tensor<2x4x3x3x3xi8>) outs(%a77 : tensor<1x2x4x4x4xi32>) -> tensor<1x2x4x4x4xi32>
  %r26 = linalg.conv_2d_nhwgc_gfhwc {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a78, %a79 : tensor<1x11x11x2x3xi8>, tensor<2x4x3x3x3xi8>) outs(%a80 : tensor<1x4x4x2x4xi32>) -> tensor<1x4x4x2x4xi32>
  %r27 = linalg.conv_3d_ndhwc_dhwcf {strides = dense<2> : tensor<3xi64>, dilations = dense<2> : tensor<3xi64>} ins(%a81, %a82 : tensor<1x11x11x11x2xi8>, tensor<3x3x3x2x3xi8>) outs(%a83 : tensor<1x4x4x4x3xi32>) -> tensor<1x4x4x4x3xi32>
  %r28 = linalg.conv_3d_ncdhw_fcdhw {strides = dense<2> : tensor<3xi64>, dilations = dense<2> : tensor<3xi64>} ins(%a84, %a85 : tensor<1x2x11x11x11xi8>, tensor<3x2x3x3x3xi8>) outs(%a86 : tensor<1x3x4x4x4xi32>) -> tensor<1x3x4x4x4xi32>
  %r29 = linalg.depthwise_conv_1d_ncw_cw {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a87, %a88 : tensor<1x3x11xi8>, tensor<3x3xi8>) outs(%a89 : tensor<1x3x4xi32>) -> tensor<1x3x4xi32>
  %r30 = linalg.depthwise_conv_1d_nwc_wc {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a90, %a91 : tensor<1x11x3xi8>, tensor<3x3xi8>) outs(%a92 : tensor<1x4x3xi32>) -> tensor<1x4x3xi32>
  %r31 = linalg.depthwise_conv_1d_nwc_wcm {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a93, %a94 : tensor<1x11x3xi8>, tensor<3x3x2xi8>) outs(%a95 : tensor<1x4x3x2xi32>) -> tensor<1x4x3x2xi32>
  %r32 = linalg.depthwise_conv_2d_nchw_chw {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a96, %a97 : tensor<1x3x11x11xi8>, tensor<3x3x3xi8>) outs(%a98 : tensor<1x3x4x4xi32>) -> tensor<1x3x4x4xi32>
  %r33 = linalg.depthwise_conv_2d_nhwc_hwc {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a99, %a100 : tensor<1x11x11x3xi8>, tensor<3x3x3xi8>) outs(%a101 : tensor<1x4x4x3xi32>) -> tensor<1x4x4x3xi32>
  %r34 = linalg.depthwise_conv_2d_nhwc_hwcm {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a102, %a103 : tensor<1x11x11x3xi8>, tensor<3x3x3x2xi8>) outs(%a104 : tensor<1x4x4x3x2xi32>) -> tensor<1x4x4x3x2xi32>
  %r35 = linalg.depthwise_conv_3d_ncdhw_cdhw {strides = dense<2> : tensor<3xi64>, dilations = dense<2> : tensor<3xi64>} ins(%a105, %a106 : tensor<1x2x11x11x11xi8>, tensor<2x3x3x3xi8>) outs(%a107 : tensor<1x2x4x4x4xi32>) -> tensor<1x2x4x4x4xi32>
  %r36 = linalg.depthwise_conv_3d_ndhwc_dhwc {strides = dense<2> : tensor<3xi64>, dilations = dense<2> : tensor<3xi64>} ins(%a108, %a109 : tensor<1x11x11x11x2xi8>, tensor<3x3x3x2xi8>) outs(%a110 : tensor<1x4x4x4x2xi32>) -> tensor<1x4x4x4x2xi32>
  %r37 = linalg.depthwise_conv_3d_ndhwc_dhwcm {strides = dense<2> : tensor<3xi64>, dilations = dense<2> : tensor<3xi64>} ins(%a111, %a112 : tensor<1x11x11x11x2xi8>, tensor<3x3x3x2x2xi8>) outs(%a113 : tensor<1x4x4x4x2x2xi32>) -> tensor<1x4x4x4x2x2xi32>
  return %r0, %r1, %r2, %r3, %r4, %r5, %r6, %r7, %r8, %r9, %r10, %r11, %r12, %r13, %r14, %r15, %r16, %r17, %r18, %r19, %r20, %r21, %r22, %r23, %r24, %r25, %r26, %r27, %r28, %r29, %r30, %r31, %r32, %r33, %r34, %r35, %r36, %r37 :
    tensor<2x4x4xf32>,
    tensor<2x4x4xf32>,
    tensor<1x4x4x4xf32>,
    tensor<1x4x4x4xf32>,
    tensor<1x4x4x4xf32>,
    tensor<1x2x4x4x4xf32>,
    tensor<1x2x4x4x4xf32>,
    tensor<1x4x4x2x4xf32>,
    tensor<1x4x4x4x3xf32>,
    tensor<1x3x4x4x4xf32>,
    tensor<1x3x4xf32>,
    tensor<1x4x3xf32>,
    tensor<1x4x3x2xf32>,
    tensor<1x3x4x4xf32>,
    tensor<1x4x4x3xf32>,
    tensor<1x4x4x3x2xf32>,
    tensor<1x2x4x4x4xf32>,
    tensor<1x4x4x4x2xf32>,
    tensor<1x4x4x4x2x2xf32>,
    tensor<2x4x4xi32>,
    tensor<2x4x4xi32>,
    tensor<1x4x4x4xi32>,
    tensor<1x4x4x4xi32>,
    tensor<1x4x4x4xi32>,
    tensor<1x2x4x4x4xi32>,
    tensor<1x2x4x4x4xi32>,
    tensor<1x4x4x2x4xi32>,
    tensor<1x4x4x4x3xi32>,
    tensor<1x3x4x4x4xi32>,
    tensor<1x3x4xi32>,
    tensor<1x4x3xi32>,
    tensor<1x4x3x2xi32>,
    tensor<1x3x4x4xi32>,
    tensor<1x4x4x3xi32>,
    tensor<1x4x4x3x2xi32>,
    tensor<1x2x4x4x4xi32>,
    tensor<1x4x4x4x2xi32>,
    tensor<1x4x4x4x2x2xi32>
}
