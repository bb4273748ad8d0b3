// Products and sums become one fma, save where two products are subtracted;
// bf16 becomes f32 two at a time, by a shift and a mask.
// RUN: split-file %s %t
// RUN: qimeng-translate --to=ptx --arch=sm_90a %t/affine.mlir | FileCheck %s --check-prefix=AFFINE
// RUN: qimeng-translate --to=ptx --arch=sm_90a %t/squares.mlir | FileCheck %s --check-prefix=SQUARES
// RUN: qimeng-translate --to=ptx --arch=sm_90a %t/products.mlir | FileCheck %s --check-prefix=PRODUCTS
// RUN: qimeng-translate --to=ptx --arch=sm_90a %t/widened.mlir | FileCheck %s --check-prefix=WIDENED
// RUN: qimeng-translate --to=ptx --arch=sm_90a %t/single.mlir | FileCheck %s --check-prefix=SINGLE

//--- affine.mlir
// AFFINE-LABEL: .entry k(
// AFFINE-NOT: mul.{{.*}}f32
// AFFINE: fma.rn.f32
// AFFINE-NOT: add.{{.*}}f32
// AFFINE: ret;
qimeng.kernel @k(%X: memref<32xf32>, %W: memref<32xf32>, %B: memref<32xf32>, %Y: memref<32xf32>) grid(1) schedule<warps = 1> {
  %x = qimeng.load %X : memref<32xf32> -> tensor<32xf32>
  %w = qimeng.load %W : memref<32xf32> -> tensor<32xf32>
  %c = qimeng.load %B : memref<32xf32> -> tensor<32xf32>
  %p = arith.mulf %x, %w : tensor<32xf32>
  %y = arith.addf %p, %c : tensor<32xf32>
  qimeng.store %y, %Y : tensor<32xf32>, memref<32xf32>
}

//--- squares.mlir
// Of each two squares that a thread adds, one is part of the fma.
// SQUARES-LABEL: .entry k(
// SQUARES-COUNT-4: fma.rn.f32
// SQUARES-NOT: fma.rn.f32
// SQUARES: shfl.sync
qimeng.kernel @k(%X: memref<256xf32>, %Y: memref<f32>) grid(1) schedule<warps = 1> {
  %x = qimeng.load %X : memref<256xf32> -> tensor<256xf32>
  %s = arith.mulf %x, %x : tensor<256xf32>
  %y = qimeng.reduce add %s axes [0] : tensor<256xf32>
  qimeng.store %y, %Y : tensor<f32>, memref<f32>
}

//--- products.mlir
// Equal products cancel.
// PRODUCTS-LABEL: .entry k(
// PRODUCTS-NOT: fma.rn.f32
// PRODUCTS-COUNT-2: mul.f32
// PRODUCTS-NOT: fma.rn.f32
// PRODUCTS: sub.rn.f32
qimeng.kernel @k(%A: memref<32xf32>, %B: memref<32xf32>, %C: memref<32xf32>, %D: memref<32xf32>, %Y: memref<32xf32>) grid(1) schedule<warps = 1> {
  %a = qimeng.load %A : memref<32xf32> -> tensor<32xf32>
  %d = qimeng.load %B : memref<32xf32> -> tensor<32xf32>
  %c = qimeng.load %C : memref<32xf32> -> tensor<32xf32>
  %e = qimeng.load %D : memref<32xf32> -> tensor<32xf32>
  %p = arith.mulf %a, %d : tensor<32xf32>
  %q = arith.mulf %c, %e : tensor<32xf32>
  %y = arith.subf %p, %q : tensor<32xf32>
  qimeng.store %y, %Y : tensor<32xf32>, memref<32xf32>
}

//--- widened.mlir
// WIDENED-LABEL: .entry k(
// WIDENED: ld.global.nc.v4.b32
// WIDENED-NOT: cvt.f32.bf16
// WIDENED-COUNT-4: shl.b32 {{.*}}, 16;
// WIDENED-NOT: cvt.f32.bf16
// WIDENED: ret;
qimeng.kernel @k(%X: memref<256xbf16>, %Y: memref<256xf32>) grid(1) schedule<warps = 1> {
  %x = qimeng.load %X : memref<256xbf16> -> tensor<256xbf16>
  %y = arith.extf %x : tensor<256xbf16> to tensor<256xf32>
  qimeng.store %y, %Y : tensor<256xf32>, memref<256xf32>
}

//--- single.mlir
// One element a thread has no register to share.
// SINGLE-LABEL: .entry k(
// SINGLE: cvt.f32.bf16
qimeng.kernel @k(%X: memref<32xbf16>, %Y: memref<32xf32>) grid(1) schedule<warps = 1> {
  %x = qimeng.load %X : memref<32xbf16> -> tensor<32xbf16>
  %y = arith.extf %x : tensor<32xbf16> to tensor<32xf32>
  qimeng.store %y, %Y : tensor<32xf32>, memref<32xf32>
}
