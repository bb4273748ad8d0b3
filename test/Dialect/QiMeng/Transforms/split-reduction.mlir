// DEFINE: %{all} = builtin.module(qimeng-split-reduction{kernel=matmul parts=8},qimeng-split-reduction{kernel=ragged parts=3},qimeng-split-reduction{kernel=norm parts=4},qimeng-split-reduction{kernel=peak parts=7},qimeng-split-reduction{kernel=softmax parts=2})
// RUN: qimeng-opt %s --pass-pipeline='%{all}' | FileCheck %s
// RUN: qimeng-opt %s --pass-pipeline='%{all}' | qimeng-verify %s - | FileCheck %s --check-prefix=SAME
// RUN: not qimeng-opt %s --qimeng-split-reduction="kernel=softmax reduction=1" 2>&1 | FileCheck %s --check-prefix=NESTED
// RUN: not qimeng-opt %s --qimeng-split-reduction="kernel=softmax reduction=2" 2>&1 | FileCheck %s --check-prefix=NUMBER
// RUN: not qimeng-opt %s --qimeng-split-reduction="kernel=matmul parts=1" 2>&1 | FileCheck %s --check-prefix=PARTS
// RUN: not qimeng-opt %s --qimeng-split-reduction="kernel=ragged parts=60" 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not qimeng-opt %s --qimeng-split-reduction="kernel=copy" 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not qimeng-opt %s --qimeng-split-reduction="kernel=any" 2>&1 | FileCheck %s --check-prefix=BITS
// RUN: not qimeng-opt %s --qimeng-split-reduction="kernel=tiled" 2>&1 | FileCheck %s --check-prefix=TILED

// SAME: accepted: {{.*}} checks 1 to 4

// CHECK-DAG: #[[LHS:.*]] = affine_map<(d0, d1, d2) -> (d1, d0 * 1024 + d2)>
// CHECK-DAG: #[[RHS:.*]] = affine_map<(d0, d1, d2) -> (d0 * 1024 + d1, d2)>
// CHECK-DAG: #[[TURNED:.*]] = affine_map<(d0, d1, d2) -> (d0 * 48 + d2, d1)>
// CHECK-DAG: #[[ROWS:.*]] = affine_map<(d0, d1, d2) -> (d0 * 48 + d1, d2)>
// CHECK-DAG: #[[PEAK:.*]] = affine_map<(d0, d1, d2) -> (d1, d0 * 144 + d2)>

// CHECK-LABEL: @matmul_partial(
// CHECK-SAME: %[[A:.*]]: memref<16x8192xf16>, %[[B:.*]]: memref<8192x256xf16>, %[[P:.*]]: memref<8x16x256xf32>)
// CHECK: %[[VA:.*]] = qimeng.view %[[A]] by #[[LHS]] :
// CHECK: %[[LA:.*]] = qimeng.load %[[VA]]
// CHECK: %[[VB:.*]] = qimeng.view %[[B]] by #[[RHS]] :
// CHECK: %[[LB:.*]] = qimeng.load %[[VB]]
// CHECK: %[[D:.*]] = qimeng.dot %[[LA]], %[[LB]], %{{.*}} : tensor<8x16x1024xf16>, tensor<8x1024x256xf16> -> tensor<8x16x256xf32>
// CHECK: qimeng.store %[[D]], %[[P]]
// CHECK: qimeng.kernel @matmul(%[[P:.*]]: memref<8x16x256xf32>, %[[BIAS:.*]]: memref<256xf32>, %[[C:.*]]: memref<16x256xf32>)
// CHECK: %[[LP:.*]] = qimeng.load %[[P]]
// CHECK: %[[R:.*]] = qimeng.reduce add %[[LP]] axes [0] : tensor<8x16x256xf32>
// CHECK: arith.addf %[[R]],
// PARTS: 'parts' must be at least 2, found 1
// EXAMPLE: split_reduction @matmul parts = 8
qimeng.kernel @matmul(%A: memref<16x8192xf16>, %B: memref<8192x256xf16>, %bias: memref<256xf32>, %C: memref<16x256xf32>) {
  %a = qimeng.load %A : memref<16x8192xf16> -> tensor<16x8192xf16>
  %b = qimeng.load %B : memref<8192x256xf16> -> tensor<8192x256xf16>
  %z = arith.constant dense<0.0> : tensor<16x256xf32>
  %d = qimeng.dot %a, %b, %z : tensor<16x8192xf16>, tensor<8192x256xf16> -> tensor<16x256xf32>
  %v = qimeng.load %bias : memref<256xf32> -> tensor<256xf32>
  %w = qimeng.broadcast %v axes [0] : tensor<256xf32> -> tensor<16x256xf32>
  %s = arith.addf %d, %w : tensor<16x256xf32>
  qimeng.store %s, %C : tensor<16x256xf32>, memref<16x256xf32>
}
// END EXAMPLE

// 100 elements in three parts of 48: both factors are zero past the end, also
// where exp would not be. The accumulator is added once, at last.
// CHECK-LABEL: @ragged_partial(
// CHECK: %[[VA:.*]] = qimeng.view %{{.*}} by #[[TURNED]] padded : memref<100x8xf32> -> <3x8x48xf32>
// CHECK: %[[LA:.*]] = qimeng.load %[[VA]]
// CHECK: qimeng.view %{{.*}} by #[[ROWS]] padded
// CHECK: math.exp
// CHECK: %[[RHS:.*]] = arith.select
// CHECK: qimeng.dot %[[LA]], %[[RHS]],
// CHECK-LABEL: @ragged(
// CHECK: %[[R:.*]] = qimeng.reduce add
// CHECK: arith.addf %[[R]],
// EMPTY: an axis of 100 elements cannot be cut into 60 parts that are not empty; use fewer parts
qimeng.kernel @ragged(%A: memref<100x8xf32>, %B: memref<100x8xf32>, %I: memref<8x8xf32>, %C: memref<8x8xf32>) {
  %At = qimeng.view %A by affine_map<(d0, d1) -> (d1, d0)> : memref<100x8xf32> -> !qimeng.view<8x100xf32>
  %a = qimeng.load %At : !qimeng.view<8x100xf32> -> tensor<8x100xf32>
  %b = qimeng.load %B : memref<100x8xf32> -> tensor<100x8xf32>
  %e = math.exp %b : tensor<100x8xf32>
  %i = qimeng.load %I : memref<8x8xf32> -> tensor<8x8xf32>
  %d = qimeng.dot %a, %e, %i : tensor<8x100xf32>, tensor<100x8xf32> -> tensor<8x8xf32>
  qimeng.store %d, %C : tensor<8x8xf32>, memref<8x8xf32>
}

// What is reduced is computed from the pieces of what is loaded.
// CHECK-LABEL: @norm_partial(
// CHECK: arith.extf %{{.*}} : tensor<4x4x1024xbf16>
// CHECK: arith.mulf
// CHECK: qimeng.reduce add %{{.*}} axes [2] : tensor<4x4x1024xf32>
// CHECK-LABEL: @norm(
// CHECK-SAME: memref<4x4096xbf16>, %[[P:.*]]: memref<4x4xf32>, %{{.*}}: memref<4x4096xf32>)
// CHECK: %[[LP:.*]] = qimeng.load %[[P]]
// CHECK: %[[R:.*]] = qimeng.reduce add %[[LP]] axes [0] : tensor<4x4xf32>
// CHECK: math.rsqrt %[[R]]
qimeng.kernel @norm(%X: memref<4x4096xbf16>, %Y: memref<4x4096xf32>) {
  %x = qimeng.load %X : memref<4x4096xbf16> -> tensor<4x4096xbf16>
  %f = arith.extf %x : tensor<4x4096xbf16> to tensor<4x4096xf32>
  %q = arith.mulf %f, %f : tensor<4x4096xf32>
  %s = qimeng.reduce add %q axes [1] : tensor<4x4096xf32>
  %r = math.rsqrt %s : tensor<4xf32>
  %b = qimeng.broadcast %r axes [1] : tensor<4xf32> -> tensor<4x4096xf32>
  %y = arith.mulf %f, %b : tensor<4x4096xf32>
  qimeng.store %y, %Y : tensor<4x4096xf32>, memref<4x4096xf32>
}

// CHECK-LABEL: @peak_partial(
// CHECK-DAG: %[[LOW:.*]] = arith.constant dense<0xFF800000> : tensor<7x3x144xf32>
// CHECK: qimeng.view %{{.*}} by #[[PEAK]] padded : memref<3x1000xf32> -> <7x3x144xf32>
// CHECK: %[[S:.*]] = arith.select %{{.*}}, %{{.*}}, %[[LOW]]
// CHECK: qimeng.reduce max %[[S]] axes [1, 2]
// CHECK-LABEL: @peak(
// CHECK: qimeng.reduce max %{{.*}} axes [0] : tensor<7xf32>
qimeng.kernel @peak(%X: memref<3x1000xf32>, %Y: memref<f32>) {
  %x = qimeng.load %X : memref<3x1000xf32> -> tensor<3x1000xf32>
  %s = qimeng.reduce max %x axes [0, 1] : tensor<3x1000xf32>
  qimeng.store %s, %Y : tensor<f32>, memref<f32>
}

// CHECK-LABEL: @softmax_partial(
// CHECK: qimeng.reduce max %{{.*}} axes [2] : tensor<2x4x2048xf32>
// CHECK-LABEL: @softmax(
// CHECK: qimeng.reduce max %{{.*}} axes [0] : tensor<2x4xf32>
// CHECK: qimeng.reduce add %{{.*}} axes [1] : tensor<4x4096xf32>
// NESTED: the reduction is computed from another one ('qimeng.reduce'), which every part would have to compute; split that one, or keep them apart
// NUMBER: 'reduction' must be a number of a product or reduction from 0 to 1, found 2
qimeng.kernel @softmax(%X: memref<4x4096xf32>, %Y: memref<4x4096xf32>) {
  %x = qimeng.load %X : memref<4x4096xf32> -> tensor<4x4096xf32>
  %m = qimeng.reduce max %x axes [1] : tensor<4x4096xf32>
  %mb = qimeng.broadcast %m axes [1] : tensor<4xf32> -> tensor<4x4096xf32>
  %c = arith.subf %x, %mb : tensor<4x4096xf32>
  %e = math.exp %c : tensor<4x4096xf32>
  %s = qimeng.reduce add %e axes [1] : tensor<4x4096xf32>
  %b = qimeng.broadcast %s axes [1] : tensor<4xf32> -> tensor<4x4096xf32>
  %y = arith.divf %e, %b : tensor<4x4096xf32>
  qimeng.store %y, %Y : tensor<4x4096xf32>, memref<4x4096xf32>
}

// NONE: the kernel has neither a product nor a reduction
qimeng.kernel @copy(%X: memref<16xf32>, %Y: memref<16xf32>) {
  %x = qimeng.load %X : memref<16xf32> -> tensor<16xf32>
  qimeng.store %x, %Y : tensor<16xf32>, memref<16xf32>
}

// BITS: partial results could not be stored, because they are indices or bits
qimeng.kernel @any(%X: memref<64xf32>, %Y: memref<i8>) {
  %x = qimeng.load %X : memref<64xf32> -> tensor<64xf32>
  %z = arith.constant dense<0.0> : tensor<64xf32>
  %b = arith.cmpf ogt, %x, %z : tensor<64xf32>
  %r = qimeng.reduce or %b axes [0] : tensor<64xi1>
  %y = arith.extui %r : tensor<i1> to tensor<i8>
  qimeng.store %y, %Y : tensor<i8>, memref<i8>
}

// TILED: the kernel is tiled already; split reductions of untiled kernels, then tile what comes out
qimeng.kernel @tiled(%X: memref<64xf32>, %Y: memref<f32>) grid(1) {
  %x = qimeng.load %X : memref<64xf32> -> tensor<64xf32>
  %r = qimeng.reduce add %x axes [0] : tensor<64xf32>
  qimeng.store %r, %Y : tensor<f32>, memref<f32>
}

// CHECK-LABEL: func.func @main(
// CHECK: %[[P:.*]] = memref.alloc() : memref<8x16x256xf32>
// CHECK-NEXT: qimeng.launch @matmul_partial(%{{.*}}, %{{.*}}, %[[P]])
// CHECK-NEXT: qimeng.launch @matmul(%[[P]], %{{.*}}, %{{.*}})
func.func @main(%A: memref<16x8192xf16>, %B: memref<8192x256xf16>, %bias: memref<256xf32>, %P: memref<100x8xf32>, %Q: memref<100x8xf32>, %I: memref<8x8xf32>, %X: memref<4x4096xbf16>, %U: memref<3x1000xf32>, %V: memref<4x4096xf32>,
                %C: memref<16x256xf32>, %D: memref<8x8xf32>, %Y: memref<4x4096xf32>, %Z: memref<f32>, %W: memref<4x4096xf32>) {
  qimeng.launch @matmul(%A, %B, %bias, %C) : memref<16x8192xf16>, memref<8192x256xf16>, memref<256xf32>, memref<16x256xf32>
  qimeng.launch @ragged(%P, %Q, %I, %D) : memref<100x8xf32>, memref<100x8xf32>, memref<8x8xf32>, memref<8x8xf32>
  qimeng.launch @norm(%X, %Y) : memref<4x4096xbf16>, memref<4x4096xf32>
  qimeng.launch @peak(%U, %Z) : memref<3x1000xf32>, memref<f32>
  qimeng.launch @softmax(%V, %W) : memref<4x4096xf32>, memref<4x4096xf32>
  return
}
