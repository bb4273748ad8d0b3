// RUN: qimeng-opt %s --qimeng-prove=arch=sm_80 -split-input-file -verify-diagnostics -o /dev/null

// What an architecture lacks.

qimeng.kernel @wgmma(%a: memref<64x16xbf16>, %b: memref<16x64xbf16>, %c: memref<64x64xf32>) grid(1) {
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %x = qimeng.load %a : memref<64x16xbf16> -> tensor<64x16xbf16>
  %y = qimeng.load %b : memref<16x64xbf16> -> tensor<16x64xbf16>
  // expected-error @below {{check 2 (structure): uses wgmma, which sm_80 lacks}}
  %d = qimeng.dot %x, %y, %z mma <wgmma> : tensor<64x16xbf16>, tensor<16x64xbf16> -> tensor<64x64xf32>
  qimeng.store %d, %c : tensor<64x64xf32>, memref<64x64xf32>
}

// -----

// expected-error @below {{has a schedule with clusters, which sm_80 lacks}}
qimeng.kernel @cluster(%y: memref<64xf32>) grid(2) schedule<cluster = 2> {
  %t = arith.constant dense<1.0> : tensor<64xf32>
  qimeng.store %t, %y : tensor<64xf32>, memref<64xf32>
}

// -----

qimeng.kernel @registers(%y: memref<64xf32>) grid(1) {
  %t = arith.constant dense<1.0> : tensor<64xf32>
  // expected-error @below {{asks for registers, which warps of sm_80 cannot do}}
  qimeng.role producer warps(4) registers(24) {
  }
  qimeng.role consumer warps(4) {
    qimeng.store %t, %y : tensor<64xf32>, memref<64xf32>
  }
}
