// The named poolings, with strides and dilations of 2, signed and unsigned.
// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

func.func @f(
    %a0: tensor<1x11x11x3xf32>,
    %a1: tensor<3x3xf32>,
    %a2: tensor<1x4x4x3xf32>,
    %a3: tensor<1x11x11x3xf32>,
    %a4: tensor<3x3xf32>,
    %a5: tensor<1x4x4x3xf32>,
    %a6: tensor<1x11x11x3xf32>,
    %a7: tensor<3x3xf32>,
    %a8: tensor<1x4x4x3xf32>,
    %a9: tensor<1x3x11x11xf32>,
    %a10: tensor<3x3xf32>,
    %a11: tensor<1x3x4x4xf32>,
    %a12: tensor<1x3x11x11xf32>,
    %a13: tensor<3x3xf32>,
    %a14: tensor<1x3x4x4xf32>,
    %a15: tensor<1x11x3xf32>,
    %a16: tensor<3xf32>,
    %a17: tensor<1x4x3xf32>,
    %a18: tensor<1x11x3xf32>,
    %a19: tensor<3xf32>,
    %a20: tensor<1x4x3xf32>,
    %a21: tensor<1x11x3xf32>,
    %a22: tensor<3xf32>,
    %a23: tensor<1x4x3xf32>,
    %a24: tensor<1x3x11xf32>,
    %a25: tensor<3xf32>,
    %a26: tensor<1x3x4xf32>,
    %a27: tensor<1x3x11xf32>,
    %a28: tensor<3xf32>,
    %a29: tensor<1x3x4xf32>,
    %a30: tensor<1x11x11x11x2xf32>,
    %a31: tensor<3x3x3xf32>,
    %a32: tensor<1x4x4x4x2xf32>,
    %a33: tensor<1x11x11x11x2xf32>,
    %a34: tensor<3x3x3xf32>,
    %a35: tensor<1x4x4x4x2xf32>,
    %a36: tensor<1x11x11x11x2xf32>,
    %a37: tensor<3x3x3xf32>,
    %a38: tensor<1x4x4x4x2xf32>,
    %a39: tensor<1x11x11x3xi8>,
    %a40: tensor<3x3xi8>,
    %a41: tensor<1x4x4x3xi8>,
    %a42: tensor<1x11x11x3xi8>,
    %a43: tensor<3x3xi8>,
    %a44: tensor<1x4x4x3xi8>,
    %a45: tensor<1x11x11x3xi8>,
    %a46: tensor<3x3xi8>,
    %a47: tensor<1x4x4x3xi8>,
    %a48: tensor<1x11x11x3xi8>,
    %a49: tensor<3x3xi8>,
    %a50: tensor<1x4x4x3xi8>,
    %a51: tensor<1x11x11x3xi8>,
    %a52: tensor<3x3xi8>,
    %a53: tensor<1x4x4x3xi8>,
    %a54: tensor<1x3x11x11xi8>,
    %a55: tensor<3x3xi8>,
    %a56: tensor<1x3x4x4xi8>,
    %a57: tensor<1x3x11x11xi8>,
    %a58: tensor<3x3xi8>,
    %a59: tensor<1x3x4x4xi8>,
    %a60: tensor<1x11x3xi8>,
    %a61: tensor<3xi8>,
    %a62: tensor<1x4x3xi8>,
    %a63: tensor<1x11x3xi8>,
    %a64: tensor<3xi8>,
    %a65: tensor<1x4x3xi8>,
    %a66: tensor<1x11x3xi8>,
    %a67: tensor<3xi8>,
    %a68: tensor<1x4x3xi8>,
    %a69: tensor<1x11x3xi8>,
    %a70: tensor<3xi8>,
    %a71: tensor<1x4x3xi8>,
    %a72: tensor<1x11x3xi8>,
    %a73: tensor<3xi8>,
    %a74: tensor<1x4x3xi8>,
    %a75: tensor<1x3x11xi8>,
    %a76: tensor<3xi8>,
    %a77: tensor<1x3x4xi8>,
    %a78: tensor<1x3x11xi8>,
    %a79: tensor<3xi8>,
    %a80: tensor<1x3x4xi8>,
    %a81: tensor<1x11x11x11x2xi8>,
    %a82: tensor<3x3x3xi8>,
    %a83: tensor<1x4x4x4x2xi8>,
    %a84: tensor<1x11x11x11x2xi8>,
    %a85: tensor<3x3x3xi8>,
    %a86: tensor<1x4x4x4x2xi8>,
    %a87: tensor<1x11x11x11x2xi8>,
    %a88: tensor<3x3x3xi8>,
    %a89: tensor<1x4x4x4x2xi8>,
    %a90: tensor<1x11x11x3xf16>,
    %a91: tensor<3x3xf16>,
    %a92: tensor<1x4x4x3xf16>,
    %a93: tensor<1x11x11x3xf16>,
    %a94: tensor<3x3xf16>,
    %a95: tensor<1x4x4x3xf16>,
    %a96: tensor<1x11x11x3xf16>,
    %a97: tensor<3x3xf16>,
    %a98: tensor<1x4x4x3xf16>,
    %a99: tensor<1x3x11x11xf16>,
    %a100: tensor<3x3xf16>,
    %a101: tensor<1x3x4x4xf16>,
    %a102: tensor<1x3x11x11xf16>,
    %a103: tensor<3x3xf16>,
    %a104: tensor<1x3x4x4xf16>,
    %a105: tensor<1x11x3xf16>,
    %a106: tensor<3xf16>,
    %a107: tensor<1x4x3xf16>,
    %a108: tensor<1x11x3xf16>,
    %a109: tensor<3xf16>,
    %a110: tensor<1x4x3xf16>,
    %a111: tensor<1x11x3xf16>,
    %a112: tensor<3xf16>,
    %a113: tensor<1x4x3xf16>,
    %a114: tensor<1x3x11xf16>,
    %a115: tensor<3xf16>,
    %a116: tensor<1x3x4xf16>,
    %a117: tensor<1x3x11xf16>,
    %a118: tensor<3xf16>,
    %a119: tensor<1x3x4xf16>,
    %a120: tensor<1x11x11x11x2xf16>,
    %a121: tensor<3x3x3xf16>,
    %a122: tensor<1x4x4x4x2xf16>,
    %a123: tensor<1x11x11x11x2xf16>,
    %a124: tensor<3x3x3xf16>,
    %a125: tensor<1x4x4x4x2xf16>,
    %a126: tensor<1x11x11x11x2xf16>,
    %a127: tensor<3x3x3xf16>,
    %a128: tensor<1x4x4x4x2xf16>
  ) -> (
    tensor<1x4x4x3xf32>,
    tensor<1x4x4x3xf32>,
    tensor<1x4x4x3xf32>,
    tensor<1x3x4x4xf32>,
    tensor<1x3x4x4xf32>,
    tensor<1x4x3xf32>,
    tensor<1x4x3xf32>,
    tensor<1x4x3xf32>,
    tensor<1x3x4xf32>,
    tensor<1x3x4xf32>,
    tensor<1x4x4x4x2xf32>,
    tensor<1x4x4x4x2xf32>,
    tensor<1x4x4x4x2xf32>,
    tensor<1x4x4x3xi8>,
    tensor<1x4x4x3xi8>,
    tensor<1x4x4x3xi8>,
    tensor<1x4x4x3xi8>,
    tensor<1x4x4x3xi8>,
    tensor<1x3x4x4xi8>,
    tensor<1x3x4x4xi8>,
    tensor<1x4x3xi8>,
    tensor<1x4x3xi8>,
    tensor<1x4x3xi8>,
    tensor<1x4x3xi8>,
    tensor<1x4x3xi8>,
    tensor<1x3x4xi8>,
    tensor<1x3x4xi8>,
    tensor<1x4x4x4x2xi8>,
    tensor<1x4x4x4x2xi8>,
    tensor<1x4x4x4x2xi8>,
    tensor<1x4x4x3xf16>,
    tensor<1x4x4x3xf16>,
    tensor<1x4x4x3xf16>,
    tensor<1x3x4x4xf16>,
    tensor<1x3x4x4xf16>,
    tensor<1x4x3xf16>,
    tensor<1x4x3xf16>,
    tensor<1x4x3xf16>,
    tensor<1x3x4xf16>,
    tensor<1x3x4xf16>,
    tensor<1x4x4x4x2xf16>,
    tensor<1x4x4x4x2xf16>,
    tensor<1x4x4x4x2xf16>
  ) {
  %r0 = linalg.pooling_nhwc_sum {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a0, %a1 : tensor<1x11x11x3xf32>, tensor<3x3xf32>) outs(%a2 : tensor<1x4x4x3xf32>) -> tensor<1x4x4x3xf32>
  %r1 = linalg.pooling_nhwc_max {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a3, %a4 : tensor<1x11x11x3xf32>, tensor<3x3xf32>) outs(%a5 : tensor<1x4x4x3xf32>) -> tensor<1x4x4x3xf32>
  %r2 = linalg.pooling_nhwc_min {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a6, %a7 : tensor<1x11x11x3xf32>, tensor<3x3xf32>) outs(%a8 : tensor<1x4x4x3xf32>) -> tensor<1x4x4x3xf32>
  %r3 = linalg.pooling_nchw_sum {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a9, %a10 : tensor<1x3x11x11xf32>, tensor<3x3xf32>) outs(%a11 : tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  %r4 = linalg.pooling_nchw_max {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a12, %a13 : tensor<1x3x11x11xf32>, tensor<3x3xf32>) outs(%a14 : tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  %r5 = linalg.pooling_nwc_sum {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a15, %a16 : tensor<1x11x3xf32>, tensor<3xf32>) outs(%a17 : tensor<1x4x3xf32>) -> tensor<1x4x3xf32>
  %r6 = linalg.pooling_nwc_max {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a18, %a19 : tensor<1x11x3xf32>, tensor<3xf32>) outs(%a20 : tensor<1x4x3xf32>) -> tensor<1x4x3xf32>
  %r7 = linalg.pooling_nwc_min {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a21, %a22 : tensor<1x11x3xf32>, tensor<3xf32>) outs(%a23 : tensor<1x4x3xf32>) -> tensor<1x4x3xf32>
  %r8 = linalg.pooling_ncw_sum {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a24, %a25 : tensor<1x3x11xf32>, tensor<3xf32>) outs(%a26 : tensor<1x3x4xf32>) -> tensor<1x3x4xf32>
  %r9 = linalg.pooling_ncw_max {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a27, %a28 : tensor<1x3x11xf32>, tensor<3xf32>) outs(%a29 : tensor<1x3x4xf32>) -> tensor<1x3x4xf32>
  %r10 = linalg.pooling_ndhwc_sum {strides = dense<2> : tensor<3xi64>, dilations = dense<2> : tensor<3xi64>} ins(%a30, %a31 : tensor<1x11x11x11x2xf32>, tensor<3x3x3xf32>) outs(%a32 : tensor<1x4x4x4x2xf32>) -> tensor<1x4x4x4x2xf32>
  %r11 = linalg.pooling_ndhwc_max {strides = dense<2> : tensor<3xi64>, dilations = dense<2> : tensor<3xi64>} ins(%a33, %a34 : tensor<1x11x11x11x2xf32>, tensor<3x3x3xf32>) outs(%a35 : tensor<1x4x4x4x2xf32>) -> tensor<1x4x4x4x2xf32>
  %r12 = linalg.pooling_ndhwc_min {strides = dense<2> : tensor<3xi64>, dilations = dense<2> : tensor<3xi64>} ins(%a36, %a37 : tensor<1x11x11x11x2xf32>, tensor<3x3x3xf32>) outs(%a38 : tensor<1x4x4x4x2xf32>) -> tensor<1x4x4x4x2xf32>
  %r13 = linalg.pooling_nhwc_sum {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a39, %a40 : tensor<1x11x11x3xi8>, tensor<3x3xi8>) outs(%a41 : tensor<1x4x4x3xi8>) -> tensor<1x4x4x3xi8>
  %r14 = linalg.pooling_nhwc_max {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a42, %a43 : tensor<1x11x11x3xi8>, tensor<3x3xi8>) outs(%a44 : tensor<1x4x4x3xi8>) -> tensor<1x4x4x3xi8>
  %r15 = linalg.pooling_nhwc_min {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a45, %a46 : tensor<1x11x11x3xi8>, tensor<3x3xi8>) outs(%a47 : tensor<1x4x4x3xi8>) -> tensor<1x4x4x3xi8>
  %r16 = linalg.pooling_nhwc_max_unsigned {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a48, %a49 : tensor<1x11x11x3xi8>, tensor<3x3xi8>) outs(%a50 : tensor<1x4x4x3xi8>) -> tensor<1x4x4x3xi8>
  %r17 = linalg.pooling_nhwc_min_unsigned {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a51, %a52 : tensor<1x11x11x3xi8>, tensor<3x3xi8>) outs(%a53 : tensor<1x4x4x3xi8>) -> tensor<1x4x4x3xi8>
  %r18 = linalg.pooling_nchw_sum {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a54, %a55 : tensor<1x3x11x11xi8>, tensor<3x3xi8>) outs(%a56 : tensor<1x3x4x4xi8>) -> tensor<1x3x4x4xi8>
  %r19 = linalg.pooling_nchw_max {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a57, %a58 : tensor<1x3x11x11xi8>, tensor<3x3xi8>) outs(%a59 : tensor<1x3x4x4xi8>) -> tensor<1x3x4x4xi8>
  %r20 = linalg.pooling_nwc_sum {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a60, %a61 : tensor<1x11x3xi8>, tensor<3xi8>) outs(%a62 : tensor<1x4x3xi8>) -> tensor<1x4x3xi8>
  %r21 = linalg.pooling_nwc_max {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a63, %a64 : tensor<1x11x3xi8>, tensor<3xi8>) outs(%a65 : tensor<1x4x3xi8>) -> tensor<1x4x3xi8>
  %r22 = linalg.pooling_nwc_min {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a66, %a67 : tensor<1x11x3xi8>, tensor<3xi8>) outs(%a68 : tensor<1x4x3xi8>) -> tensor<1x4x3xi8>
  %r23 = linalg.pooling_nwc_max_unsigned {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a69, %a70 : tensor<1x11x3xi8>, tensor<3xi8>) outs(%a71 : tensor<1x4x3xi8>) -> tensor<1x4x3xi8>
  %r24 = linalg.pooling_nwc_min_unsigned {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a72, %a73 : tensor<1x11x3xi8>, tensor<3xi8>) outs(%a74 : tensor<1x4x3xi8>) -> tensor<1x4x3xi8>
  %r25 = linalg.pooling_ncw_sum {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a75, %a76 : tensor<1x3x11xi8>, tensor<3xi8>) outs(%a77 : tensor<1x3x4xi8>) -> tensor<1x3x4xi8>
  %r26 = linalg.pooling_ncw_max {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a78, %a79 : tensor<1x3x11xi8>, tensor<3xi8>) outs(%a80 : tensor<1x3x4xi8>) -> tensor<1x3x4xi8>
  %r27 = linalg.pooling_ndhwc_sum {strides = dense<2> : tensor<3xi64>, dilations = dense<2> : tensor<3xi64>} ins(%a81, %a82 : tensor<1x11x11x11x2xi8>, tensor<3x3x3xi8>) outs(%a83 : tensor<1x4x4x4x2xi8>) -> tensor<1x4x4x4x2xi8>
  %r28 = linalg.pooling_ndhwc_max {strides = dense<2> : tensor<3xi64>, dilations = dense<2> : tensor<3xi64>} ins(%a84, %a85 : tensor<1x11x11x11x2xi8>, tensor<3x3x3xi8>) outs(%a86 : tensor<1x4x4x4x2xi8>) -> tensor<1x4x4x4x2xi8>
  %r29 = linalg.pooling_ndhwc_min {strides = dense<2> : tensor<3xi64>, dilations = dense<2> : tensor<3xi64>} ins(%a87, %a88 : tensor<1x11x11x11x2xi8>, tensor<3x3x3xi8>) outs(%a89 : tensor<1x4x4x4x2xi8>) -> tensor<1x4x4x4x2xi8>
  %r30 = linalg.pooling_nhwc_sum {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a90, %a91 : tensor<1x11x11x3xf16>, tensor<3x3xf16>) outs(%a92 : tensor<1x4x4x3xf16>) -> tensor<1x4x4x3xf16>
  %r31 = linalg.pooling_nhwc_max {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a93, %a94 : tensor<1x11x11x3xf16>, tensor<3x3xf16>) outs(%a95 : tensor<1x4x4x3xf16>) -> tensor<1x4x4x3xf16>
  %r32 = linalg.pooling_nhwc_min {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a96, %a97 : tensor<1x11x11x3xf16>, tensor<3x3xf16>) outs(%a98 : tensor<1x4x4x3xf16>) -> tensor<1x4x4x3xf16>
  %r33 = linalg.pooling_nchw_sum {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a99, %a100 : tensor<1x3x11x11xf16>, tensor<3x3xf16>) outs(%a101 : tensor<1x3x4x4xf16>) -> tensor<1x3x4x4xf16>
  %r34 = linalg.pooling_nchw_max {strides = dense<2> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a102, %a103 : tensor<1x3x11x11xf16>, tensor<3x3xf16>) outs(%a104 : tensor<1x3x4x4xf16>) -> tensor<1x3x4x4xf16>
  %r35 = linalg.pooling_nwc_sum {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a105, %a106 : tensor<1x11x3xf16>, tensor<3xf16>) outs(%a107 : tensor<1x4x3xf16>) -> tensor<1x4x3xf16>
  %r36 = linalg.pooling_nwc_max {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a108, %a109 : tensor<1x11x3xf16>, tensor<3xf16>) outs(%a110 : tensor<1x4x3xf16>) -> tensor<1x4x3xf16>
  %r37 = linalg.pooling_nwc_min {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a111, %a112 : tensor<1x11x3xf16>, tensor<3xf16>) outs(%a113 : tensor<1x4x3xf16>) -> tensor<1x4x3xf16>
  %r38 = linalg.pooling_ncw_sum {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a114, %a115 : tensor<1x3x11xf16>, tensor<3xf16>) outs(%a116 : tensor<1x3x4xf16>) -> tensor<1x3x4xf16>
  %r39 = linalg.pooling_ncw_max {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%a117, %a118 : tensor<1x3x11xf16>, tensor<3xf16>) outs(%a119 : tensor<1x3x4xf16>) -> tensor<1x3x4xf16>
  %r40 = linalg.pooling_ndhwc_sum {strides = dense<2> : tensor<3xi64>, dilations = dense<2> : tensor<3xi64>} ins(%a120, %a121 : tensor<1x11x11x11x2xf16>, tensor<3x3x3xf16>) outs(%a122 : tensor<1x4x4x4x2xf16>) -> tensor<1x4x4x4x2xf16>
  %r41 = linalg.pooling_ndhwc_max {strides = dense<2> : tensor<3xi64>, dilations = dense<2> : tensor<3xi64>} ins(%a123, %a124 : tensor<1x11x11x11x2xf16>, tensor<3x3x3xf16>) outs(%a125 : tensor<1x4x4x4x2xf16>) -> tensor<1x4x4x4x2xf16>
  %r42 = linalg.pooling_ndhwc_min {strides = dense<2> : tensor<3xi64>, dilations = dense<2> : tensor<3xi64>} ins(%a126, %a127 : tensor<1x11x11x11x2xf16>, tensor<3x3x3xf16>) outs(%a128 : tensor<1x4x4x4x2xf16>) -> tensor<1x4x4x4x2xf16>
  return %r0, %r1, %r2, %r3, %r4, %r5, %r6, %r7, %r8, %r9, %r10, %r11, %r12, %r13, %r14, %r15, %r16, %r17, %r18, %r19, %r20, %r21, %r22, %r23, %r24, %r25, %r26, %r27, %r28, %r29, %r30, %r31, %r32, %r33, %r34, %r35, %r36, %r37, %r38, %r39, %r40, %r41, %r42 :
    tensor<1x4x4x3xf32>,
    tensor<1x4x4x3xf32>,
    tensor<1x4x4x3xf32>,
    tensor<1x3x4x4xf32>,
    tensor<1x3x4x4xf32>,
    tensor<1x4x3xf32>,
    tensor<1x4x3xf32>,
    tensor<1x4x3xf32>,
    tensor<1x3x4xf32>,
    tensor<1x3x4xf32>,
    tensor<1x4x4x4x2xf32>,
    tensor<1x4x4x4x2xf32>,
    tensor<1x4x4x4x2xf32>,
    tensor<1x4x4x3xi8>,
    tensor<1x4x4x3xi8>,
    tensor<1x4x4x3xi8>,
    tensor<1x4x4x3xi8>,
    tensor<1x4x4x3xi8>,
    tensor<1x3x4x4xi8>,
    tensor<1x3x4x4xi8>,
    tensor<1x4x3xi8>,
    tensor<1x4x3xi8>,
    tensor<1x4x3xi8>,
    tensor<1x4x3xi8>,
    tensor<1x4x3xi8>,
    tensor<1x3x4xi8>,
    tensor<1x3x4xi8>,
    tensor<1x4x4x4x2xi8>,
    tensor<1x4x4x4x2xi8>,
    tensor<1x4x4x4x2xi8>,
    tensor<1x4x4x3xf16>,
    tensor<1x4x4x3xf16>,
    tensor<1x4x4x3xf16>,
    tensor<1x3x4x4xf16>,
    tensor<1x3x4x4xf16>,
    tensor<1x4x3xf16>,
    tensor<1x4x3xf16>,
    tensor<1x4x3xf16>,
    tensor<1x3x4xf16>,
    tensor<1x3x4xf16>,
    tensor<1x4x4x4x2xf16>,
    tensor<1x4x4x4x2xf16>,
    tensor<1x4x4x4x2xf16>
}
