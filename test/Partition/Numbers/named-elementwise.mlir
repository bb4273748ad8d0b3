// The named element-wise operations and conversions.
// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

func.func @f(
    %a0: tensor<4x5xf32>,
    %a1: tensor<4x5xf32>,
    %a2: tensor<4x5xf32>,
    %a3: tensor<4x5xf32>,
    %a4: tensor<4x5xf32>,
    %a5: tensor<4x5xf32>,
    %a6: tensor<4x5xf32>,
    %a7: tensor<4x5xf32>,
    %a8: tensor<4x5xf32>,
    %a9: tensor<4x5xf32>,
    %a10: tensor<4x5xf32>,
    %a11: tensor<4x5xf32>,
    %a12: tensor<4x5xf32>,
    %a13: tensor<4x5xf32>,
    %a14: tensor<4x5xf32>,
    %a15: tensor<4x5xf32>,
    %a16: tensor<4x5xf32>,
    %a17: tensor<4x5xf32>,
    %a18: tensor<4x5xf32>,
    %a19: tensor<4x5xf32>,
    %a20: tensor<4x5xf32>,
    %a21: tensor<4x5xf32>,
    %a22: tensor<4x5xf32>,
    %a23: tensor<4x5xf32>,
    %a24: tensor<4x5xf32>,
    %a25: tensor<4x5xf32>,
    %a26: tensor<4x5xf32>,
    %a27: tensor<4x5xf32>,
    %a28: tensor<4x5xf16>,
    %a29: tensor<4x5xf16>,
    %a30: tensor<4x5xf16>,
    %a31: tensor<4x5xf16>,
    %a32: tensor<4x5xf16>,
    %a33: tensor<4x5xf16>,
    %a34: tensor<4x5xf16>,
    %a35: tensor<4x5xf16>,
    %a36: tensor<4x5xf16>,
    %a37: tensor<4x5xf16>,
    %a38: tensor<4x5xf16>,
    %a39: tensor<4x5xf16>,
    %a40: tensor<4x5xf16>,
    %a41: tensor<4x5xf16>,
    %a42: tensor<4x5xf16>,
    %a43: tensor<4x5xf16>,
    %a44: tensor<4x5xf16>,
    %a45: tensor<4x5xf16>,
    %a46: tensor<4x5xf16>,
    %a47: tensor<4x5xf16>,
    %a48: tensor<4x5xf16>,
    %a49: tensor<4x5xf16>,
    %a50: tensor<4x5xf16>,
    %a51: tensor<4x5xf16>,
    %a52: tensor<4x5xf16>,
    %a53: tensor<4x5xf16>,
    %a54: tensor<4x5xf16>,
    %a55: tensor<4x5xf16>,
    %a56: tensor<4x5xbf16>,
    %a57: tensor<4x5xbf16>,
    %a58: tensor<4x5xbf16>,
    %a59: tensor<4x5xbf16>,
    %a60: tensor<4x5xbf16>,
    %a61: tensor<4x5xbf16>,
    %a62: tensor<4x5xbf16>,
    %a63: tensor<4x5xbf16>,
    %a64: tensor<4x5xbf16>,
    %a65: tensor<4x5xbf16>,
    %a66: tensor<4x5xbf16>,
    %a67: tensor<4x5xbf16>,
    %a68: tensor<4x5xbf16>,
    %a69: tensor<4x5xbf16>,
    %a70: tensor<4x5xbf16>,
    %a71: tensor<4x5xbf16>,
    %a72: tensor<4x5xbf16>,
    %a73: tensor<4x5xbf16>,
    %a74: tensor<4x5xbf16>,
    %a75: tensor<4x5xbf16>,
    %a76: tensor<4x5xbf16>,
    %a77: tensor<4x5xi8>,
    %a78: tensor<4x5xi8>,
    %a79: tensor<4x5xi8>,
    %a80: tensor<4x5xi8>,
    %a81: tensor<4x5xi8>,
    %a82: tensor<4x5xi8>,
    %a83: tensor<4x5xi8>,
    %a84: tensor<4x5xi8>,
    %a85: tensor<4x5xi8>,
    %a86: tensor<4x5xi8>,
    %a87: tensor<4x5xi8>,
    %a88: tensor<4x5xi8>,
    %a89: tensor<4x5xi8>,
    %a90: tensor<4x5xi8>,
    %a91: tensor<4x5xi8>,
    %a92: tensor<4x5xi8>,
    %a93: tensor<4x5xi64>,
    %a94: tensor<4x5xi8>,
    %a95: tensor<4x5xf32>,
    %a96: tensor<4x5xf32>,
    %a97: tensor<4x5xi8>,
    %a98: tensor<4x5xi8>,
    %a99: tensor<5x3xi8>,
    %a100: tensor<4x3xi32>
  ) -> (
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xbf16>,
    tensor<4x5xbf16>,
    tensor<4x5xbf16>,
    tensor<4x5xbf16>,
    tensor<4x5xbf16>,
    tensor<4x5xbf16>,
    tensor<4x5xbf16>,
    tensor<4x5xi8>,
    tensor<4x5xi8>,
    tensor<4x5xi8>,
    tensor<4x5xi8>,
    tensor<4x5xi8>,
    tensor<4x5xi64>,
    tensor<4x5xf32>,
    tensor<4x5xi8>,
    tensor<4x3xi32>
  ) {
  %r0 = linalg.exp ins(%a0 : tensor<4x5xf32>) outs(%a1 : tensor<4x5xf32>) -> tensor<4x5xf32>
  %r1 = linalg.log ins(%a2 : tensor<4x5xf32>) outs(%a3 : tensor<4x5xf32>) -> tensor<4x5xf32>
  %r2 = linalg.abs ins(%a4 : tensor<4x5xf32>) outs(%a5 : tensor<4x5xf32>) -> tensor<4x5xf32>
  %r3 = linalg.ceil ins(%a6 : tensor<4x5xf32>) outs(%a7 : tensor<4x5xf32>) -> tensor<4x5xf32>
  %r4 = linalg.floor ins(%a8 : tensor<4x5xf32>) outs(%a9 : tensor<4x5xf32>) -> tensor<4x5xf32>
  %r5 = linalg.negf ins(%a10 : tensor<4x5xf32>) outs(%a11 : tensor<4x5xf32>) -> tensor<4x5xf32>
  %r6 = linalg.reciprocal ins(%a12 : tensor<4x5xf32>) outs(%a13 : tensor<4x5xf32>) -> tensor<4x5xf32>
  %r7 = linalg.round ins(%a14 : tensor<4x5xf32>) outs(%a15 : tensor<4x5xf32>) -> tensor<4x5xf32>
  %r8 = linalg.sqrt ins(%a16 : tensor<4x5xf32>) outs(%a17 : tensor<4x5xf32>) -> tensor<4x5xf32>
  %r9 = linalg.rsqrt ins(%a18 : tensor<4x5xf32>) outs(%a19 : tensor<4x5xf32>) -> tensor<4x5xf32>
  %r10 = linalg.square ins(%a20 : tensor<4x5xf32>) outs(%a21 : tensor<4x5xf32>) -> tensor<4x5xf32>
  %r11 = linalg.tanh ins(%a22 : tensor<4x5xf32>) outs(%a23 : tensor<4x5xf32>) -> tensor<4x5xf32>
  %r12 = linalg.erf ins(%a24 : tensor<4x5xf32>) outs(%a25 : tensor<4x5xf32>) -> tensor<4x5xf32>
  %r13 = linalg.copy ins(%a26 : tensor<4x5xf32>) outs(%a27 : tensor<4x5xf32>) -> tensor<4x5xf32>
  %r14 = linalg.exp ins(%a28 : tensor<4x5xf16>) outs(%a29 : tensor<4x5xf16>) -> tensor<4x5xf16>
  %r15 = linalg.log ins(%a30 : tensor<4x5xf16>) outs(%a31 : tensor<4x5xf16>) -> tensor<4x5xf16>
  %r16 = linalg.abs ins(%a32 : tensor<4x5xf16>) outs(%a33 : tensor<4x5xf16>) -> tensor<4x5xf16>
  %r17 = linalg.ceil ins(%a34 : tensor<4x5xf16>) outs(%a35 : tensor<4x5xf16>) -> tensor<4x5xf16>
  %r18 = linalg.floor ins(%a36 : tensor<4x5xf16>) outs(%a37 : tensor<4x5xf16>) -> tensor<4x5xf16>
  %r19 = linalg.negf ins(%a38 : tensor<4x5xf16>) outs(%a39 : tensor<4x5xf16>) -> tensor<4x5xf16>
  %r20 = linalg.reciprocal ins(%a40 : tensor<4x5xf16>) outs(%a41 : tensor<4x5xf16>) -> tensor<4x5xf16>
  %r21 = linalg.round ins(%a42 : tensor<4x5xf16>) outs(%a43 : tensor<4x5xf16>) -> tensor<4x5xf16>
  %r22 = linalg.sqrt ins(%a44 : tensor<4x5xf16>) outs(%a45 : tensor<4x5xf16>) -> tensor<4x5xf16>
  %r23 = linalg.rsqrt ins(%a46 : tensor<4x5xf16>) outs(%a47 : tensor<4x5xf16>) -> tensor<4x5xf16>
  %r24 = linalg.square ins(%a48 : tensor<4x5xf16>) outs(%a49 : tensor<4x5xf16>) -> tensor<4x5xf16>
  %r25 = linalg.tanh ins(%a50 : tensor<4x5xf16>) outs(%a51 : tensor<4x5xf16>) -> tensor<4x5xf16>
  %r26 = linalg.erf ins(%a52 : tensor<4x5xf16>) outs(%a53 : tensor<4x5xf16>) -> tensor<4x5xf16>
  %r27 = linalg.copy ins(%a54 : tensor<4x5xf16>) outs(%a55 : tensor<4x5xf16>) -> tensor<4x5xf16>
  %r28 = linalg.add ins(%a56, %a57 : tensor<4x5xbf16>, tensor<4x5xbf16>) outs(%a58 : tensor<4x5xbf16>) -> tensor<4x5xbf16>
  %r29 = linalg.sub ins(%a59, %a60 : tensor<4x5xbf16>, tensor<4x5xbf16>) outs(%a61 : tensor<4x5xbf16>) -> tensor<4x5xbf16>
  %r30 = linalg.mul ins(%a62, %a63 : tensor<4x5xbf16>, tensor<4x5xbf16>) outs(%a64 : tensor<4x5xbf16>) -> tensor<4x5xbf16>
  %r31 = linalg.div ins(%a65, %a66 : tensor<4x5xbf16>, tensor<4x5xbf16>) outs(%a67 : tensor<4x5xbf16>) -> tensor<4x5xbf16>
  %r32 = linalg.max ins(%a68, %a69 : tensor<4x5xbf16>, tensor<4x5xbf16>) outs(%a70 : tensor<4x5xbf16>) -> tensor<4x5xbf16>
  %r33 = linalg.min ins(%a71, %a72 : tensor<4x5xbf16>, tensor<4x5xbf16>) outs(%a73 : tensor<4x5xbf16>) -> tensor<4x5xbf16>
  %r34 = linalg.powf ins(%a74, %a75 : tensor<4x5xbf16>, tensor<4x5xbf16>) outs(%a76 : tensor<4x5xbf16>) -> tensor<4x5xbf16>
  %r35 = linalg.add ins(%a77, %a78 : tensor<4x5xi8>, tensor<4x5xi8>) outs(%a79 : tensor<4x5xi8>) -> tensor<4x5xi8>
  %r36 = linalg.sub ins(%a80, %a81 : tensor<4x5xi8>, tensor<4x5xi8>) outs(%a82 : tensor<4x5xi8>) -> tensor<4x5xi8>
  %r37 = linalg.mul ins(%a83, %a84 : tensor<4x5xi8>, tensor<4x5xi8>) outs(%a85 : tensor<4x5xi8>) -> tensor<4x5xi8>
  %r38 = linalg.max ins(%a86, %a87 : tensor<4x5xi8>, tensor<4x5xi8>) outs(%a88 : tensor<4x5xi8>) -> tensor<4x5xi8>
  %r39 = linalg.min ins(%a89, %a90 : tensor<4x5xi8>, tensor<4x5xi8>) outs(%a91 : tensor<4x5xi8>) -> tensor<4x5xi8>
  %r40 = linalg.copy {cast = #linalg.type_fn<cast_unsigned>} ins(%a92 : tensor<4x5xi8>) outs(%a93 : tensor<4x5xi64>) -> tensor<4x5xi64>
  %r41 = linalg.copy ins(%a94 : tensor<4x5xi8>) outs(%a95 : tensor<4x5xf32>) -> tensor<4x5xf32>
  %r42 = linalg.copy ins(%a96 : tensor<4x5xf32>) outs(%a97 : tensor<4x5xi8>) -> tensor<4x5xi8>
  %r43 = linalg.matmul {cast = #linalg.type_fn<cast_unsigned>} ins(%a98, %a99 : tensor<4x5xi8>, tensor<5x3xi8>) outs(%a100 : tensor<4x3xi32>) -> tensor<4x3xi32>
  return %r0, %r1, %r2, %r3, %r4, %r5, %r6, %r7, %r8, %r9, %r10, %r11, %r12, %r13, %r14, %r15, %r16, %r17, %r18, %r19, %r20, %r21, %r22, %r23, %r24, %r25, %r26, %r27, %r28, %r29, %r30, %r31, %r32, %r33, %r34, %r35, %r36, %r37, %r38, %r39, %r40, %r41, %r42, %r43 :
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf32>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xf16>,
    tensor<4x5xbf16>,
    tensor<4x5xbf16>,
    tensor<4x5xbf16>,
    tensor<4x5xbf16>,
    tensor<4x5xbf16>,
    tensor<4x5xbf16>,
    tensor<4x5xbf16>,
    tensor<4x5xi8>,
    tensor<4x5xi8>,
    tensor<4x5xi8>,
    tensor<4x5xi8>,
    tensor<4x5xi8>,
    tensor<4x5xi64>,
    tensor<4x5xf32>,
    tensor<4x5xi8>,
    tensor<4x3xi32>
}
