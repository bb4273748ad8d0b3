// RUN: qimeng-opt %s --qimeng-cluster="kernel=gemm arch=sm_90a" | FileCheck %s
// RUN: qimeng-opt %s --pass-pipeline='builtin.module(qimeng-cluster{kernel=gemm size=2 arch=sm_90a},qimeng-persist{kernel=gemm blocks=4 arch=sm_90a})' | FileCheck %s --check-prefix=PERSISTENT
// RUN: not qimeng-opt %s --pass-pipeline='builtin.module(qimeng-cluster{kernel=gemm},qimeng-persist{kernel=gemm blocks=3})' 2>&1 | FileCheck %s --check-prefix=BLOCKS
// RUN: not qimeng-opt %s --pass-pipeline='builtin.module(qimeng-persist{kernel=gemm blocks=3},qimeng-cluster{kernel=gemm})' 2>&1 | FileCheck %s --check-prefix=ODD
// RUN: not qimeng-opt %s --pass-pipeline='builtin.module(qimeng-cluster{kernel=gemm},qimeng-cluster{kernel=gemm})' 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not qimeng-opt %s --qimeng-cluster="kernel=gemm size=3" 2>&1 | FileCheck %s --check-prefix=SIZE
// RUN: not qimeng-opt %s --qimeng-cluster="kernel=gemm size=8" 2>&1 | FileCheck %s --check-prefix=ROWS
// RUN: not qimeng-opt %s --qimeng-cluster="kernel=gemm arch=sm_80" 2>&1 | FileCheck %s --check-prefix=TARGET
// RUN: not qimeng-opt %s --qimeng-cluster="kernel=rows" 2>&1 | FileCheck %s --check-prefix=ALONE
// RUN: not qimeng-opt %s --qimeng-cluster="kernel=untiled" 2>&1 | FileCheck %s --check-prefix=UNTILED

// CHECK: @gemm({{.*}}) grid(4, 2) schedule<cluster = 2> {
// PERSISTENT: @gemm({{.*}}) grid(4, 2) schedule<persistent = 4, cluster = 2> {
// BLOCKS: 'blocks' must be a multiple of the cluster of 2 blocks, found 3
// ODD: the kernel has 3 persistent blocks, not a multiple of 2
// TWICE: the kernel runs in clusters of 2 already
// SIZE: 'size' must be 2, 4 or 8, found 3
// ROWS: grid dimension 0 has 4 programs, not a multiple of 8
// TARGET: sm_80 has no clusters of blocks
// EXAMPLE: cluster @gemm
#rows = affine_map<(d0) -> (d0 * 64)>
qimeng.kernel @gemm(%A: memref<256x64xf16>, %B: memref<64x128xf16>, %C: memref<256x128xf32>) grid(4, 2) {
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %k = arith.constant 0 : index
  %p = qimeng.program_id 0
  %q = qimeng.program_id 1
  %m = affine.apply #rows(%p)
  %n = affine.apply #rows(%q)
  %ch = qimeng.channel stages(1) : <tensor<64x64xf16>, tensor<64x64xf16>>
  qimeng.role producer warps(4) {
    %a = qimeng.load %A[%m, %k] : memref<256x64xf16> -> tensor<64x64xf16>
    %b = qimeng.load %B[%k, %n] : memref<64x128xf16> -> tensor<64x64xf16>
    qimeng.put %ch, %a, %b : <tensor<64x64xf16>, tensor<64x64xf16>>
  }
  qimeng.role consumer warps(4) {
    %t:2 = qimeng.take %ch : <tensor<64x64xf16>, tensor<64x64xf16>>
    %r = qimeng.dot %t#0, %t#1, %zero mma <wgmma> : tensor<64x64xf16>, tensor<64x64xf16> -> tensor<64x64xf32>
    qimeng.release %ch : <tensor<64x64xf16>, tensor<64x64xf16>>
    qimeng.store %r, %C[%m, %n] : tensor<64x64xf32>, memref<256x128xf32>
  }
}
// END EXAMPLE

// Each program reads its own rows.
// ALONE: no producer loads a tile that is the same for programs that are neighbours along grid dimension 0; specialize a kernel whose programs share a factor first
qimeng.kernel @rows(%X: memref<256x64xf16>, %Y: memref<256x64xf16>) grid(4) {
  %k = arith.constant 0 : index
  %p = qimeng.program_id 0
  %m = affine.apply affine_map<(d0) -> (d0 * 64)>(%p)
  %ch = qimeng.channel stages(1) : <tensor<64x64xf16>>
  qimeng.role producer warps(4) {
    %x = qimeng.load %X[%m, %k] : memref<256x64xf16> -> tensor<64x64xf16>
    qimeng.put %ch, %x : <tensor<64x64xf16>>
  }
  qimeng.role consumer warps(4) {
    %t = qimeng.take %ch : <tensor<64x64xf16>>
    %r = arith.addf %t, %t : tensor<64x64xf16>
    qimeng.release %ch : <tensor<64x64xf16>>
    qimeng.store %r, %Y[%m, %k] : tensor<64x64xf16>, memref<256x64xf16>
  }
}

// UNTILED: the kernel is not tiled; tile it first
qimeng.kernel @untiled(%A: memref<16xf32>, %C: memref<16xf32>) {
  %a = qimeng.load %A : memref<16xf32> -> tensor<16xf32>
  qimeng.store %a, %C : tensor<16xf32>, memref<16xf32>
}
