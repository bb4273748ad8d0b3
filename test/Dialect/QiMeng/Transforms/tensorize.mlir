// RUN: qimeng-opt %s --qimeng-tensorize="kernel=gemm kind=wgmma arch=sm_90a" | FileCheck %s --check-prefix=WGMMA
// RUN: qimeng-opt %s --qimeng-tensorize="kernel=gemm" | FileCheck %s --check-prefix=MMA
// RUN: qimeng-opt %s --qimeng-tensorize="kernel=f32 tf32=true arch=sm_80" | FileCheck %s --check-prefix=TF32
// RUN: qimeng-opt %s --qimeng-tensorize="kernel=two dots=1" | FileCheck %s --check-prefix=SECOND
// RUN: qimeng-opt %s --qimeng-tensorize="kind=wgmma arch=sm_90a" 2>&1 | FileCheck %s --check-prefix=NOWGMMA
// RUN: qimeng-opt %s --qimeng-tensorize="arch=sm_90a" 2>&1 | FileCheck %s --check-prefix=NOMMA
// RUN: qimeng-opt %s --qimeng-tensorize="tf32=true kind=wgmma" 2>&1 | FileCheck %s --check-prefix=NOTF32
// RUN: not qimeng-opt %s --qimeng-tensorize="kernel=gemm kind=wgmma arch=sm_80" 2>&1 | FileCheck %s --check-prefix=NOTARGET
// RUN: not qimeng-opt %s --qimeng-tensorize="kernel=gemm kind=tensor" 2>&1 | FileCheck %s --check-prefix=NOKIND
// RUN: not qimeng-opt %s --qimeng-tensorize="kernel=two dots=2" 2>&1 | FileCheck %s --check-prefix=NODOT

// WGMMA-LABEL: @gemm(
// WGMMA: qimeng.dot %{{.*}}, %{{.*}}, %{{.*}} mma <wgmma> : tensor<128x64xbf16>, tensor<64x256xbf16> -> tensor<128x256xf32>
// MMA-LABEL: @gemm(
// MMA: qimeng.dot %{{.*}}, %{{.*}}, %{{.*}} mma <mma_sync> :
// NOTARGET: sm_80 has no wgmma; use mma_sync
// NOKIND: 'kind' must be mma_sync or wgmma, found 'tensor'
// EXAMPLE: tensorize @gemm kind = wgmma
qimeng.kernel @gemm(%A: memref<128x64xbf16>, %B: memref<64x256xbf16>, %C: memref<128x256xf32>) grid(1, 1) schedule<warps = 8> {
  %z = arith.constant dense<0.0> : tensor<128x256xf32>
  %a = qimeng.load %A : memref<128x64xbf16> -> tensor<128x64xbf16>
  %b = qimeng.load %B : memref<64x256xbf16> -> tensor<64x256xbf16>
  %p = qimeng.dot %a, %b, %z : tensor<128x64xbf16>, tensor<64x256xbf16> -> tensor<128x256xf32>
  qimeng.store %p, %C : tensor<128x256xf32>, memref<128x256xf32>
}
// END EXAMPLE

// TF32-LABEL: @f32(
// TF32: qimeng.dot %{{.*}}, %{{.*}}, %{{.*}} mma <mma_sync> precision <tf32> : tensor<64x32xf32>, tensor<32x64xf32>
// NOWGMMA: skipped @f32: tensor cores multiply f32 with ten bits of mantissa only; give 'tf32' if that is precise enough
// NOMMA: skipped @f32: tensor cores multiply f32 with ten bits
// NOTF32: skipped @f32: the right factor is not contiguous along K in memory, which wgmma needs for f32; use mma_sync
qimeng.kernel @f32(%A: memref<64x32xf32>, %B: memref<32x64xf32>, %C: memref<64x64xf32>) grid(1, 1) {
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %a = qimeng.load %A : memref<64x32xf32> -> tensor<64x32xf32>
  %b = qimeng.load %B : memref<32x64xf32> -> tensor<32x64xf32>
  %p = qimeng.dot %a, %b, %z : tensor<64x32xf32>, tensor<32x64xf32> -> tensor<64x64xf32>
  qimeng.store %p, %C : tensor<64x64xf32>, memref<64x64xf32>
}

// SECOND-LABEL: @two(
// SECOND: qimeng.dot %{{.*}}, %{{.*}}, %{{[a-z0-9_]*}} :
// SECOND: qimeng.dot %{{.*}}, %{{.*}}, %{{.*}} mma <mma_sync> :
// NODOT: 'dots' must hold numbers of products from 0 to 1, found 2
// NOWGMMA: skipped @two: M must be a multiple of 64 for wgmma (64 for every four of the 4 warps), found a product of 16x16x16
qimeng.kernel @two(%A: memref<16x16xf16>, %C: memref<16x16xf32>) grid(1, 1) {
  %z = arith.constant dense<0.0> : tensor<16x16xf32>
  %a = qimeng.load %A : memref<16x16xf16> -> tensor<16x16xf16>
  %p = qimeng.dot %a, %a, %z : tensor<16x16xf16>, tensor<16x16xf16> -> tensor<16x16xf32>
  %h = arith.truncf %p : tensor<16x16xf32> to tensor<16x16xf16>
  %q = qimeng.dot %h, %a, %z : tensor<16x16xf16>, tensor<16x16xf16> -> tensor<16x16xf32>
  qimeng.store %q, %C : tensor<16x16xf32>, memref<16x16xf32>
}

// NOWGMMA: skipped @untiled: the kernel is not tiled; tile it first
qimeng.kernel @untiled(%A: memref<16x16xf16>, %C: memref<16x16xf32>) {
  %z = arith.constant dense<0.0> : tensor<16x16xf32>
  %a = qimeng.load %A : memref<16x16xf16> -> tensor<16x16xf16>
  %p = qimeng.dot %a, %a, %z : tensor<16x16xf16>, tensor<16x16xf16> -> tensor<16x16xf32>
  qimeng.store %p, %C : tensor<16x16xf32>, memref<16x16xf32>
}

// NOWGMMA: skipped @none: the kernel has no products, which are what tensor cores compute
qimeng.kernel @none(%A: memref<16xf32>, %C: memref<16xf32>) grid(1) {
  %a = qimeng.load %A : memref<16xf32> -> tensor<16xf32>
  qimeng.store %a, %C : tensor<16xf32>, memref<16xf32>
}

// NOWGMMA: skipped @doubles: wgmma does not multiply f64 into f64; it takes f16 or bf16 into f32, f32 (as tf32) into f32, and i8 into i32
qimeng.kernel @doubles(%A: memref<64x64xf64>, %C: memref<64x64xf64>) grid(1, 1) {
  %z = arith.constant dense<0.0> : tensor<64x64xf64>
  %a = qimeng.load %A : memref<64x64xf64> -> tensor<64x64xf64>
  %p = qimeng.dot %a, %a, %z : tensor<64x64xf64>, tensor<64x64xf64> -> tensor<64x64xf64>
  qimeng.store %p, %C : tensor<64x64xf64>, memref<64x64xf64>
}

// NOWGMMA: skipped @bytes: K must be a multiple of 32 for wgmma on i8, found a product of 64x64x16
// NOMMA: skipped @bytes: a product of 64x64x16 is too small for mma_sync, which needs at least 16x8x32; choose larger tiles
qimeng.kernel @bytes(%A: memref<64x16xi8>, %B: memref<16x64xi8>, %C: memref<64x64xi32>) grid(1, 1) {
  %z = arith.constant dense<0> : tensor<64x64xi32>
  %a = qimeng.load %A : memref<64x16xi8> -> tensor<64x16xi8>
  %b = qimeng.load %B : memref<16x64xi8> -> tensor<16x64xi8>
  %p = qimeng.dot %a, %b, %z : tensor<64x16xi8>, tensor<16x64xi8> -> tensor<64x64xi32>
  qimeng.store %p, %C : tensor<64x64xi32>, memref<64x64xi32>
}

// NOWGMMA: skipped @wide: N must be from 8 to 256 for wgmma, found a product of 64x512x16
// NOMMA: skipped @wide: the products use mma_sync already
qimeng.kernel @wide(%A: memref<64x16xf16>, %B: memref<16x512xf16>, %C: memref<64x512xf32>) grid(1, 1) {
  %z = arith.constant dense<0.0> : tensor<64x512xf32>
  %a = qimeng.load %A : memref<64x16xf16> -> tensor<64x16xf16>
  %b = qimeng.load %B : memref<16x512xf16> -> tensor<16x512xf16>
  %p = qimeng.dot %a, %b, %z mma <mma_sync> : tensor<64x16xf16>, tensor<16x512xf16> -> tensor<64x512xf32>
  qimeng.store %p, %C : tensor<64x512xf32>, memref<64x512xf32>
}

// NOWGMMA: skipped @batch: the product has batch dimensions, which wgmma does not take; tile them to size 1, or use mma_sync
qimeng.kernel @batch(%A: memref<2x64x64xf16>, %C: memref<2x64x64xf32>) grid(1, 1) {
  %z = arith.constant dense<0.0> : tensor<2x64x64xf32>
  %a = qimeng.load %A : memref<2x64x64xf16> -> tensor<2x64x64xf16>
  %p = qimeng.dot %a, %a, %z : tensor<2x64x64xf16>, tensor<2x64x64xf16> -> tensor<2x64x64xf32>
  qimeng.store %p, %C : tensor<2x64x64xf32>, memref<2x64x64xf32>
}

// NOWGMMA: skipped @oddwarps: wgmma is for groups of four warps, and the product is computed by 2
qimeng.kernel @oddwarps(%A: memref<64x64xf16>, %C: memref<64x64xf32>) grid(1, 1) schedule<warps = 2> {
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %a = qimeng.load %A : memref<64x64xf16> -> tensor<64x64xf16>
  %p = qimeng.dot %a, %a, %z : tensor<64x64xf16>, tensor<64x64xf16> -> tensor<64x64xf32>
  qimeng.store %p, %C : tensor<64x64xf32>, memref<64x64xf32>
}

// WGMMA-LABEL: @unit(
// NOWGMMA: qimeng.kernel @unit(
// NOWGMMA: qimeng.dot {{.*}} mma <wgmma> : tensor<1x64x64xf16>
qimeng.kernel @unit(%A: memref<1x64x64xf16>, %C: memref<1x64x64xf32>) grid(1, 1) {
  %z = arith.constant dense<0.0> : tensor<1x64x64xf32>
  %a = qimeng.load %A : memref<1x64x64xf16> -> tensor<1x64x64xf16>
  %p = qimeng.dot %a, %a, %z : tensor<1x64x64xf16>, tensor<1x64x64xf16> -> tensor<1x64x64xf32>
  qimeng.store %p, %C : tensor<1x64x64xf32>, memref<1x64x64xf32>
}
