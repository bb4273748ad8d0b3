// What cannot be lowered, and what to do about it.
// RUN: split-file %s %t
// RUN: not qimeng-opt %t/untiled.mlir --qimeng-lower-to-gpu=arch=sm_90a 2>&1 | FileCheck %s --check-prefix=UNTILED
// RUN: not qimeng-opt %t/sizes.mlir --qimeng-lower-to-gpu=arch=sm_90a 2>&1 | FileCheck %s --check-prefix=SIZES
// RUN: not qimeng-opt %t/shared.mlir --qimeng-lower-to-gpu=arch=sm_80 2>&1 | FileCheck %s --check-prefix=SHARED
// RUN: not qimeng-opt %t/wgmma.mlir --qimeng-lower-to-gpu=arch=sm_80 2>&1 | FileCheck %s --check-prefix=WGMMA80
// RUN: not qimeng-opt %t/wgmma.mlir --qimeng-lower-to-gpu=arch=sm_90a 2>&1 | FileCheck %s --check-prefix=WGMMA90
// RUN: not qimeng-opt %t/exact.mlir --qimeng-lower-to-gpu=arch=sm_80 2>&1 | FileCheck %s --check-prefix=EXACT
// RUN: not qimeng-opt %t/small.mlir --qimeng-lower-to-gpu=arch=sm_80 2>&1 | FileCheck %s --check-prefix=SMALL
// RUN: not qimeng-opt %t/type.mlir --qimeng-lower-to-gpu=arch=sm_80 2>&1 | FileCheck %s --check-prefix=TYPE
// RUN: not qimeng-opt %t/threads.mlir --qimeng-lower-to-gpu=arch=sm_90a 2>&1 | FileCheck %s --check-prefix=THREADS
// RUN: not qimeng-opt %t/long.mlir --qimeng-lower-to-gpu=arch=sm_90a 2>&1 | FileCheck %s --check-prefix=LONG
// RUN: not qimeng-opt %t/take.mlir --qimeng-lower-to-gpu=arch=sm_90a 2>&1 | FileCheck %s --check-prefix=TAKE
// RUN: not qimeng-opt %t/role.mlir --qimeng-lower-to-gpu=arch=sm_90a 2>&1 | FileCheck %s --check-prefix=ROLE
// RUN: not qimeng-opt %t/registers.mlir --qimeng-lower-to-gpu=arch=sm_90a 2>&1 | FileCheck %s --check-prefix=REGISTERS
// RUN: not qimeng-opt %t/untiled.mlir --qimeng-lower-to-gpu=arch=sm_12 2>&1 | FileCheck %s --check-prefix=ARCH

//--- untiled.mlir
// UNTILED: untiled.mlir:{{[0-9]+:[0-9]+}}: error: 'qimeng.kernel' op has no grid; apply the tile action before lowering to a GPU
qimeng.kernel @k(%X: memref<8xf32>, %Y: memref<8xf32>) {
  %x = qimeng.load %X : memref<8xf32> -> tensor<8xf32>
  qimeng.store %x, %Y : tensor<8xf32>, memref<8xf32>
}
// ARCH: error: {{.*}}sm_12

//--- sizes.mlir
// SIZES: sizes.mlir:{{[0-9]+:[0-9]+}}: error: 'qimeng.load' op makes a tile of type 'tensor<6xf32>'; tiles must have power-of-two sizes to be lowered
qimeng.kernel @k(%X: memref<6xf32>, %Y: memref<6xf32>) grid(1) {
  %x = qimeng.load %X : memref<6xf32> -> tensor<6xf32>
  qimeng.store %x, %Y : tensor<6xf32>, memref<6xf32>
}

//--- shared.mlir
// SHARED: shared.mlir:{{[0-9]+:[0-9]+}}: error: 'qimeng.kernel' op needs {{[0-9]+}} bytes of shared memory; a block of sm_80 has at most {{[0-9]+}} (use smaller tiles or fewer stages)
qimeng.kernel @k(%X: memref<256x256xf32>, %Y: memref<256x256xf32>) grid(1) {
  %x = qimeng.load %X : memref<256x256xf32> -> tensor<256x256xf32>
  %c = qimeng.channel stages(1) : !qimeng.channel<tensor<256x256xf32>>
  qimeng.put %c, %x : !qimeng.channel<tensor<256x256xf32>>
  %y = qimeng.take %c : !qimeng.channel<tensor<256x256xf32>>
  qimeng.store %y, %Y : tensor<256x256xf32>, memref<256x256xf32>
  qimeng.release %c : !qimeng.channel<tensor<256x256xf32>>
}

//--- wgmma.mlir
// WGMMA80: wgmma.mlir:{{[0-9]+:[0-9]+}}: error: 'qimeng.dot' op asks for wgmma, which sm_80 does not have; use mma <mma_sync>
// WGMMA90: wgmma.mlir:{{[0-9]+:[0-9]+}}: error: 'qimeng.dot' op asks for wgmma, which reads both factors from shared memory; take them from a channel (the stage or pipeline action)
qimeng.kernel @k(%A: memref<64x64xf16>, %B: memref<64x64xf16>, %C: memref<64x64xf32>) grid(1) schedule<warps = 4> {
  %a = qimeng.load %A : memref<64x64xf16> -> tensor<64x64xf16>
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %d = qimeng.dot %a, %a, %z mma <wgmma> : tensor<64x64xf16>, tensor<64x64xf16> -> tensor<64x64xf32>
  qimeng.store %d, %C : tensor<64x64xf32>, memref<64x64xf32>
}

//--- exact.mlir
// EXACT: exact.mlir:{{[0-9]+:[0-9]+}}: error: 'qimeng.dot' op asks for exact f32 products, which mma.sync does not form; use precision <tf32> or mma <fma>
qimeng.kernel @k(%A: memref<64x64xf32>, %C: memref<64x64xf32>) grid(1) schedule<warps = 4> {
  %a = qimeng.load %A : memref<64x64xf32> -> tensor<64x64xf32>
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %d = qimeng.dot %a, %a, %z mma <mma_sync> : tensor<64x64xf32>, tensor<64x64xf32> -> tensor<64x64xf32>
  qimeng.store %d, %C : tensor<64x64xf32>, memref<64x64xf32>
}

//--- small.mlir
// SMALL: small.mlir:{{[0-9]+:[0-9]+}}: error: 'qimeng.dot' op needs tiles of at least 16 x 8 x 16 for mma.sync, found 8 x 8 x 8
qimeng.kernel @k(%A: memref<8x8xf16>, %C: memref<8x8xf32>) grid(1) schedule<warps = 1> {
  %a = qimeng.load %A : memref<8x8xf16> -> tensor<8x8xf16>
  %z = arith.constant dense<0.0> : tensor<8x8xf32>
  %d = qimeng.dot %a, %a, %z mma <mma_sync> : tensor<8x8xf16>, tensor<8x8xf16> -> tensor<8x8xf32>
  qimeng.store %d, %C : tensor<8x8xf32>, memref<8x8xf32>
}

//--- type.mlir
// TYPE: type.mlir:{{[0-9]+:[0-9]+}}: error: 'qimeng.dot' op with factors of type 'f64' and sums of type 'f64' has no mma.sync instruction on sm_80
qimeng.kernel @k(%A: memref<64x64xf64>, %C: memref<64x64xf64>) grid(1) schedule<warps = 4> {
  %a = qimeng.load %A : memref<64x64xf64> -> tensor<64x64xf64>
  %z = arith.constant dense<0.0> : tensor<64x64xf64>
  %d = qimeng.dot %a, %a, %z mma <mma_sync> : tensor<64x64xf64>, tensor<64x64xf64> -> tensor<64x64xf64>
  qimeng.store %d, %C : tensor<64x64xf64>, memref<64x64xf64>
}

//--- threads.mlir
// THREADS: threads.mlir:{{[0-9]+:[0-9]+}}: error: 'qimeng.kernel' op needs 1280 threads a block; a block has at most 1024
qimeng.kernel @k(%X: memref<8xf32>, %Y: memref<8xf32>) grid(1) {
  %ch = qimeng.channel stages(1) : !qimeng.channel<tensor<8xf32>>
  qimeng.role producer warps(8) {
    %x = qimeng.load %X : memref<8xf32> -> tensor<8xf32>
    qimeng.put %ch, %x : !qimeng.channel<tensor<8xf32>>
  }
  qimeng.role consumer warps(32) {
    %x = qimeng.take %ch : !qimeng.channel<tensor<8xf32>>
    qimeng.store %x, %Y : tensor<8xf32>, memref<8xf32>
    qimeng.release %ch : !qimeng.channel<tensor<8xf32>>
  }
}

//--- long.mlir
// LONG: long.mlir:{{[0-9]+:[0-9]+}}: error: 'qimeng.load' op reads or writes a dimension of 2147483648 elements; a dimension must have fewer than 2^31 to be lowered
qimeng.kernel @k(%X: memref<2147483648xi8>, %Y: memref<8xi8>) grid(1) {
  %x = qimeng.load %X : memref<2147483648xi8> -> tensor<8xi8>
  qimeng.store %x, %Y : tensor<8xi8>, memref<8xi8>
}

//--- take.mlir
// TAKE: take.mlir:{{[0-9]+:[0-9]+}}: error: 'qimeng.channel' op needs a put and a take to be lowered
qimeng.kernel @k(%X: memref<8xf32>, %Y: memref<8xf32>) grid(1) {
  %x = qimeng.load %X : memref<8xf32> -> tensor<8xf32>
  %c = qimeng.channel stages(1) : !qimeng.channel<tensor<8xf32>>
  qimeng.put %c, %x : !qimeng.channel<tensor<8xf32>>
  qimeng.store %x, %Y : tensor<8xf32>, memref<8xf32>
}

//--- role.mlir
// ROLE: role.mlir:{{[0-9]+:[0-9]+}}: error: 'qimeng.dot' op asks for wgmma in a role that begins at warp 1; it must begin at a multiple of 4
qimeng.kernel @k(%A: memref<64x64xf16>, %C: memref<64x64xf32>) grid(1) schedule<warps = 4> {
  %ch = qimeng.channel stages(1) : !qimeng.channel<tensor<64x64xf16>, tensor<64x64xf16>>
  qimeng.role producer warps(1) {
    %a = qimeng.load %A : memref<64x64xf16> -> tensor<64x64xf16>
    %b = qimeng.load %A : memref<64x64xf16> -> tensor<64x64xf16>
    qimeng.put %ch, %a, %b : !qimeng.channel<tensor<64x64xf16>, tensor<64x64xf16>>
  }
  qimeng.role consumer warps(4) {
    %a, %b = qimeng.take %ch : !qimeng.channel<tensor<64x64xf16>, tensor<64x64xf16>>
    %z = arith.constant dense<0.0> : tensor<64x64xf32>
    %d = qimeng.dot %a, %b, %z mma <wgmma> : tensor<64x64xf16>, tensor<64x64xf16> -> tensor<64x64xf32>
    qimeng.release %ch : !qimeng.channel<tensor<64x64xf16>, tensor<64x64xf16>>
    qimeng.store %d, %C : tensor<64x64xf32>, memref<64x64xf32>
  }
}

//--- registers.mlir
// REGISTERS: registers.mlir:{{[0-9]+:[0-9]+}}: error: 'qimeng.kernel' op has roles that ask for 65536 registers together; a block of 640 threads on sm_90a starts with 61440, so that a role would wait for ever; ask for fewer
qimeng.kernel @k(%X: memref<64x64xf32>, %Y: memref<64x64xf32>) grid(1, 1) schedule<warps = 16> {
  %ch = qimeng.channel stages(1) : <tensor<64x64xf32>>
  qimeng.role producer warps(4) registers(32) {
    %x = qimeng.load %X : memref<64x64xf32> -> tensor<64x64xf32>
    qimeng.put %ch, %x : <tensor<64x64xf32>>
  }
  qimeng.role consumer warps(16) registers(120) {
    %t = qimeng.take %ch : <tensor<64x64xf32>>
    qimeng.release %ch : <tensor<64x64xf32>>
    qimeng.store %t, %Y : tensor<64x64xf32>, memref<64x64xf32>
  }
}
