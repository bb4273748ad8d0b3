// What channels and products by wgmma ask for, and what is said where they do not
// get it. The rest of the errors are in errors.mlir.
// RUN: split-file %s %t
// RUN: not qimeng-opt %t/scalar.mlir --qimeng-lower-to-gpu=arch=sm_90a 2>&1 | FileCheck %s --check-prefix=SCALAR
// RUN: not qimeng-opt %t/stages.mlir --qimeng-lower-to-gpu=arch=sm_90a 2>&1 | FileCheck %s --check-prefix=STAGES
// RUN: qimeng-opt %t/most-stages.mlir --qimeng-lower-to-gpu=arch=sm_90a -o /dev/null
// RUN: not qimeng-opt %t/rows.mlir --qimeng-lower-to-gpu=arch=sm_90a 2>&1 | FileCheck %s --check-prefix=ROWS
// RUN: not qimeng-opt %t/batch.mlir --qimeng-lower-to-gpu=arch=sm_90a 2>&1 | FileCheck %s --check-prefix=BATCH
// RUN: not qimeng-opt %t/type.mlir --qimeng-lower-to-gpu=arch=sm_90a 2>&1 | FileCheck %s --check-prefix=TYPE
// RUN: not qimeng-opt %t/exact.mlir --qimeng-lower-to-gpu=arch=sm_90a 2>&1 | FileCheck %s --check-prefix=EXACT
// RUN: not qimeng-opt %t/warps.mlir --qimeng-lower-to-gpu=arch=sm_90a 2>&1 | FileCheck %s --check-prefix=WARPS
// RUN: not qimeng-opt %t/sizes.mlir --qimeng-lower-to-gpu=arch=sm_90a 2>&1 | FileCheck %s --check-prefix=SIZES
// RUN: not qimeng-opt %t/swizzle.mlir --qimeng-lower-to-gpu=arch=sm_90a 2>&1 | FileCheck %s --check-prefix=SWIZZLE
// RUN: not qimeng-opt %t/major.mlir --qimeng-lower-to-gpu=arch=sm_90a 2>&1 | FileCheck %s --check-prefix=MAJOR

//--- scalar.mlir
// SCALAR: scalar.mlir:{{[0-9]+:[0-9]+}}: error: 'qimeng.channel' op holds tiles of rank 0, which have no place in a slot
qimeng.kernel @k(%X: memref<f32>, %Y: memref<f32>) grid(1) {
  %x = qimeng.load %X : memref<f32> -> tensor<f32>
  %c = qimeng.channel stages(1) : !qimeng.channel<tensor<f32>>
  qimeng.put %c, %x : !qimeng.channel<tensor<f32>>
  %y = qimeng.take %c : !qimeng.channel<tensor<f32>>
  qimeng.store %y, %Y : tensor<f32>, memref<f32>
  qimeng.release %c : !qimeng.channel<tensor<f32>>
}

//--- stages.mlir
// STAGES: stages.mlir:{{[0-9]+:[0-9]+}}: error: 'qimeng.channel' op needs more than 64 stages in all the kernel's channels
qimeng.kernel @k(%X: memref<8xf32>, %Y: memref<8xf32>) grid(1) {
  %ch = qimeng.channel stages(65) : !qimeng.channel<tensor<8xf32>>
  qimeng.role producer warps(1) {
    %x = qimeng.load %X : memref<8xf32> -> tensor<8xf32>
    qimeng.put %ch, %x : !qimeng.channel<tensor<8xf32>>
  }
  qimeng.role consumer warps(1) {
    %x = qimeng.take %ch : !qimeng.channel<tensor<8xf32>>
    qimeng.store %x, %Y : tensor<8xf32>, memref<8xf32>
    qimeng.release %ch : !qimeng.channel<tensor<8xf32>>
  }
}

//--- most-stages.mlir
qimeng.kernel @k(%X: memref<8xf32>, %Y: memref<8xf32>) grid(1) {
  %ch = qimeng.channel stages(64) : !qimeng.channel<tensor<8xf32>>
  qimeng.role producer warps(1) {
    %x = qimeng.load %X : memref<8xf32> -> tensor<8xf32>
    qimeng.put %ch, %x : !qimeng.channel<tensor<8xf32>>
  }
  qimeng.role consumer warps(1) {
    %x = qimeng.take %ch : !qimeng.channel<tensor<8xf32>>
    qimeng.store %x, %Y : tensor<8xf32>, memref<8xf32>
    qimeng.release %ch : !qimeng.channel<tensor<8xf32>>
  }
}

//--- rows.mlir
// ROWS: rows.mlir:{{[0-9]+:[0-9]+}}: error: 'qimeng.channel' op tile 0 has rows of 32 bytes, not a multiple of the swizzle of 128
qimeng.kernel @k(%X: memref<8x8xf32>, %Y: memref<8x8xf32>) grid(1) {
  %x = qimeng.load %X : memref<8x8xf32> -> tensor<8x8xf32>
  %c = qimeng.channel stages(1) layouts [#qimeng.layout<swizzle = 128>] : !qimeng.channel<tensor<8x8xf32>>
  qimeng.put %c, %x : !qimeng.channel<tensor<8x8xf32>>
  %y = qimeng.take %c : !qimeng.channel<tensor<8x8xf32>>
  qimeng.store %y, %Y : tensor<8x8xf32>, memref<8x8xf32>
  qimeng.release %c : !qimeng.channel<tensor<8x8xf32>>
}

//--- batch.mlir
// BATCH: batch.mlir:{{[0-9]+:[0-9]+}}: error: 'qimeng.dot' op asks for wgmma with batch dimensions; tile them away to size 1
qimeng.kernel @k(%A: memref<2x64x64xf16>, %C: memref<2x64x64xf32>) grid(1) schedule<warps = 4> {
  %l = qimeng.load %A : memref<2x64x64xf16> -> tensor<2x64x64xf16>
  %r = qimeng.load %A : memref<2x64x64xf16> -> tensor<2x64x64xf16>
  %c = qimeng.channel stages(1) : !qimeng.channel<tensor<2x64x64xf16>, tensor<2x64x64xf16>>
  qimeng.put %c, %l, %r : !qimeng.channel<tensor<2x64x64xf16>, tensor<2x64x64xf16>>
  %a, %b = qimeng.take %c : !qimeng.channel<tensor<2x64x64xf16>, tensor<2x64x64xf16>>
  %z = arith.constant dense<0.0> : tensor<2x64x64xf32>
  %d = qimeng.dot %a, %b, %z mma <wgmma> : tensor<2x64x64xf16>, tensor<2x64x64xf16> -> tensor<2x64x64xf32>
  qimeng.release %c : !qimeng.channel<tensor<2x64x64xf16>, tensor<2x64x64xf16>>
  qimeng.store %d, %C : tensor<2x64x64xf32>, memref<2x64x64xf32>
}

//--- type.mlir
// TYPE: type.mlir:{{[0-9]+:[0-9]+}}: error: 'qimeng.dot' op with factors of type 'f64' and sums of type 'f64' has no wgmma instruction
qimeng.kernel @k(%A: memref<64x64xf64>, %B: memref<64x64xf64>, %C: memref<64x64xf64>) grid(1) schedule<warps = 4> {
  %l = qimeng.load %A : memref<64x64xf64> -> tensor<64x64xf64>
  %r = qimeng.load %B : memref<64x64xf64> -> tensor<64x64xf64>
  %c = qimeng.channel stages(1) : !qimeng.channel<tensor<64x64xf64>, tensor<64x64xf64>>
  qimeng.put %c, %l, %r : !qimeng.channel<tensor<64x64xf64>, tensor<64x64xf64>>
  %a, %b = qimeng.take %c : !qimeng.channel<tensor<64x64xf64>, tensor<64x64xf64>>
  %z = arith.constant dense<0.0> : tensor<64x64xf64>
  %d = qimeng.dot %a, %b, %z mma <wgmma> : tensor<64x64xf64>, tensor<64x64xf64> -> tensor<64x64xf64>
  qimeng.release %c : !qimeng.channel<tensor<64x64xf64>, tensor<64x64xf64>>
  qimeng.store %d, %C : tensor<64x64xf64>, memref<64x64xf64>
}

//--- exact.mlir
// EXACT: exact.mlir:{{[0-9]+:[0-9]+}}: error: 'qimeng.dot' op asks for exact f32 products, which wgmma does not form; use precision <tf32> or mma <fma>
qimeng.kernel @k(%A: memref<64x32xf32>, %B: memref<32x64xf32>, %C: memref<64x64xf32>) grid(1) schedule<warps = 4> {
  %l = qimeng.load %A : memref<64x32xf32> -> tensor<64x32xf32>
  %r = qimeng.load %B : memref<32x64xf32> -> tensor<32x64xf32>
  %c = qimeng.channel stages(1) : !qimeng.channel<tensor<64x32xf32>, tensor<32x64xf32>>
  qimeng.put %c, %l, %r : !qimeng.channel<tensor<64x32xf32>, tensor<32x64xf32>>
  %a, %b = qimeng.take %c : !qimeng.channel<tensor<64x32xf32>, tensor<32x64xf32>>
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %d = qimeng.dot %a, %b, %z mma <wgmma> : tensor<64x32xf32>, tensor<32x64xf32> -> tensor<64x64xf32>
  qimeng.release %c : !qimeng.channel<tensor<64x32xf32>, tensor<32x64xf32>>
  qimeng.store %d, %C : tensor<64x64xf32>, memref<64x64xf32>
}

//--- warps.mlir
// WARPS: warps.mlir:{{[0-9]+:[0-9]+}}: error: 'qimeng.dot' op asks for wgmma, which needs a multiple of 4 warps, found 2
qimeng.kernel @k(%A: memref<64x64xf16>, %B: memref<64x64xf16>, %C: memref<64x64xf32>) grid(1) schedule<warps = 2> {
  %l = qimeng.load %A : memref<64x64xf16> -> tensor<64x64xf16>
  %r = qimeng.load %B : memref<64x64xf16> -> tensor<64x64xf16>
  %c = qimeng.channel stages(1) : !qimeng.channel<tensor<64x64xf16>, tensor<64x64xf16>>
  qimeng.put %c, %l, %r : !qimeng.channel<tensor<64x64xf16>, tensor<64x64xf16>>
  %a, %b = qimeng.take %c : !qimeng.channel<tensor<64x64xf16>, tensor<64x64xf16>>
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %d = qimeng.dot %a, %b, %z mma <wgmma> : tensor<64x64xf16>, tensor<64x64xf16> -> tensor<64x64xf32>
  qimeng.release %c : !qimeng.channel<tensor<64x64xf16>, tensor<64x64xf16>>
  qimeng.store %d, %C : tensor<64x64xf32>, memref<64x64xf32>
}

//--- sizes.mlir
// SIZES: sizes.mlir:{{[0-9]+:[0-9]+}}: error: 'qimeng.dot' op needs M a multiple of 128 (64 a warpgroup), N from 8 to 256 and K a multiple of 16 for wgmma, found 64 x 64 x 64
qimeng.kernel @k(%A: memref<64x64xf16>, %B: memref<64x64xf16>, %C: memref<64x64xf32>) grid(1) schedule<warps = 8> {
  %l = qimeng.load %A : memref<64x64xf16> -> tensor<64x64xf16>
  %r = qimeng.load %B : memref<64x64xf16> -> tensor<64x64xf16>
  %c = qimeng.channel stages(1) : !qimeng.channel<tensor<64x64xf16>, tensor<64x64xf16>>
  qimeng.put %c, %l, %r : !qimeng.channel<tensor<64x64xf16>, tensor<64x64xf16>>
  %a, %b = qimeng.take %c : !qimeng.channel<tensor<64x64xf16>, tensor<64x64xf16>>
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %d = qimeng.dot %a, %b, %z mma <wgmma> : tensor<64x64xf16>, tensor<64x64xf16> -> tensor<64x64xf32>
  qimeng.release %c : !qimeng.channel<tensor<64x64xf16>, tensor<64x64xf16>>
  qimeng.store %d, %C : tensor<64x64xf32>, memref<64x64xf32>
}

//--- swizzle.mlir
// SWIZZLE: swizzle.mlir:{{[0-9]+:[0-9]+}}: error: 'qimeng.dot' op needs factors with a swizzled layout for wgmma
qimeng.kernel @k(%A: memref<64x64xf16>, %B: memref<64x64xf16>, %C: memref<64x64xf32>) grid(1) schedule<warps = 4> {
  %l = qimeng.load %A : memref<64x64xf16> -> tensor<64x64xf16>
  %r = qimeng.load %B : memref<64x64xf16> -> tensor<64x64xf16>
  %c = qimeng.channel stages(1) layouts [#qimeng.layout<pad = 16>, #qimeng.layout<pad = 16>] : !qimeng.channel<tensor<64x64xf16>, tensor<64x64xf16>>
  qimeng.put %c, %l, %r : !qimeng.channel<tensor<64x64xf16>, tensor<64x64xf16>>
  %a, %b = qimeng.take %c : !qimeng.channel<tensor<64x64xf16>, tensor<64x64xf16>>
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %d = qimeng.dot %a, %b, %z mma <wgmma> : tensor<64x64xf16>, tensor<64x64xf16> -> tensor<64x64xf32>
  qimeng.release %c : !qimeng.channel<tensor<64x64xf16>, tensor<64x64xf16>>
  qimeng.store %d, %C : tensor<64x64xf32>, memref<64x64xf32>
}

//--- major.mlir
// MAJOR: major.mlir:{{[0-9]+:[0-9]+}}: error: 'qimeng.dot' op has a factor of 'i8' that is contiguous along M or N; wgmma takes that for 16-bit types only
qimeng.kernel @k(%A: memref<64x64xi8>, %B: memref<64x64xi8>, %C: memref<64x64xi32>) grid(1) schedule<warps = 4> {
  %l = qimeng.load %A : memref<64x64xi8> -> tensor<64x64xi8>
  %r = qimeng.load %B : memref<64x64xi8> -> tensor<64x64xi8>
  %c = qimeng.channel stages(1) : !qimeng.channel<tensor<64x64xi8>, tensor<64x64xi8>>
  qimeng.put %c, %l, %r : !qimeng.channel<tensor<64x64xi8>, tensor<64x64xi8>>
  %a, %b = qimeng.take %c : !qimeng.channel<tensor<64x64xi8>, tensor<64x64xi8>>
  %z = arith.constant dense<0> : tensor<64x64xi32>
  %d = qimeng.dot %a, %b, %z mma <wgmma> : tensor<64x64xi8>, tensor<64x64xi8> -> tensor<64x64xi32>
  qimeng.release %c : !qimeng.channel<tensor<64x64xi8>, tensor<64x64xi8>>
  qimeng.store %d, %C : tensor<64x64xi32>, memref<64x64xi32>
}
