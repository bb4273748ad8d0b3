// RUN: qimeng-opt %s --pass-pipeline='builtin.module(qimeng-split-reduction{kernel=long parts=8}, \
// RUN:   qimeng-tile{kernel=long sizes=4,64},qimeng-tile{kernel=long_partial sizes=1,128,256 reduce=64 warps=8}, \
// RUN:   qimeng-tile{kernel=scores sizes=1,1,128,128 reduce=0 warps=8}, \
// RUN:   qimeng-tensorize{kernel=long_partial kind=wgmma arch=sm_90a},qimeng-specialize{kernel=long_partial arch=sm_90a}, \
// RUN:   qimeng-tensorize{kernel=scores kind=wgmma arch=sm_90a},qimeng-specialize{kernel=scores arch=sm_90a}, \
// RUN:   qimeng-lower-to-gpu{arch=sm_90a})' | qimeng-translate --arch=sm_90a --to=ptx -o %t.ptx
// RUN: FileCheck %s --check-prefix=LONG --input-file=%t.ptx
// RUN: FileCheck %s --check-prefix=SCORES --input-file=%t.ptx

// Bulk copies and wgmma with batch dimensions, cut to size 1, and through views
// that move along one dimension of the tile.

// Parts of K: the batch dimension moves the columns of a matrix.
// LONG: .entry long_partial(
// LONG: cp.async.bulk.tensor.2d.shared::cluster.global
// LONG: wgmma.mma_async.sync.aligned.m64n256k16.f32.f16.f16
// LONG: .entry long(
qimeng.kernel @long(%A: memref<128x8192xf16>, %B: memref<8192x256xf16>, %C: memref<128x256xf32>) {
  %a = qimeng.load %A : memref<128x8192xf16> -> tensor<128x8192xf16>
  %b = qimeng.load %B : memref<8192x256xf16> -> tensor<8192x256xf16>
  %z = arith.constant dense<0.0> : tensor<128x256xf32>
  %d = qimeng.dot %a, %b, %z : tensor<128x8192xf16>, tensor<8192x256xf16> -> tensor<128x256xf32>
  qimeng.store %d, %C : tensor<128x256xf32>, memref<128x256xf32>
}

// Heads between rows and columns in memory; the result likewise.
// SCORES: .entry scores(
// SCORES: cp.async.bulk.tensor.4d.shared::cluster.global
// SCORES: wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16
// SCORES: cp.async.bulk.tensor.4d.global.shared::cta
qimeng.kernel @scores(%Q: memref<2x512x8x64xbf16>, %K: memref<2x512x8x64xbf16>, %S: memref<2x512x8x512xbf16>) {
  %vq = qimeng.view %Q by affine_map<(b, h, s, d) -> (b, s, h, d)> : memref<2x512x8x64xbf16> -> !qimeng.view<2x8x512x64xbf16>
  %vk = qimeng.view %K by affine_map<(b, h, d, s) -> (b, s, h, d)> : memref<2x512x8x64xbf16> -> !qimeng.view<2x8x64x512xbf16>
  %vs = qimeng.view %S by affine_map<(b, h, s, t) -> (b, s, h, t)> : memref<2x512x8x512xbf16> -> !qimeng.view<2x8x512x512xbf16>
  %q = qimeng.load %vq : !qimeng.view<2x8x512x64xbf16> -> tensor<2x8x512x64xbf16>
  %k = qimeng.load %vk : !qimeng.view<2x8x64x512xbf16> -> tensor<2x8x64x512xbf16>
  %z = arith.constant dense<0.0> : tensor<2x8x512x512xf32>
  %d = qimeng.dot %q, %k, %z : tensor<2x8x512x64xbf16>, tensor<2x8x64x512xbf16> -> tensor<2x8x512x512xf32>
  %h = arith.truncf %d : tensor<2x8x512x512xf32> to tensor<2x8x512x512xbf16>
  qimeng.store %h, %vs : tensor<2x8x512x512xbf16>, !qimeng.view<2x8x512x512xbf16>
}
