// RUN: qimeng-opt %s --qimeng-fuse-producer="kernel=c producer=p recompute=true" | FileCheck %s
// RUN: qimeng-opt %s --qimeng-fuse-producer="kernel=c producer=p recompute=true" --qimeng-fuse-producer="kernel=d producer=p" | FileCheck %s --check-prefix=LATER

// A value that other kernels read narrowed stays narrow: were the maximum taken of
// wider values than those that it is subtracted from, differences could be positive.

// CHECK-LABEL: func.func @softmax(
// CHECK: qimeng.launch @p(
// CHECK: qimeng.launch @c(
// CHECK: qimeng.launch @d(
// CHECK: qimeng.kernel @c(
// CHECK: arith.mulf
// CHECK-NEXT: arith.truncf
// CHECK-NEXT: arith.extf
// CHECK-NEXT: qimeng.reduce max

// Not even when the last reader takes it.
// LATER-NOT: qimeng.kernel @p(
// LATER: qimeng.kernel @d(
// LATER: arith.mulf
// LATER-NEXT: arith.truncf
// LATER-NEXT: arith.extf
func.func @softmax(%x: memref<4x8xbf16>, %m: memref<4xf32>, %o: memref<4x8xf32>) {
  %t = memref.alloc() : memref<4x8xbf16>
  qimeng.launch @p(%x, %t) : memref<4x8xbf16>, memref<4x8xbf16>
  qimeng.launch @c(%t, %m) : memref<4x8xbf16>, memref<4xf32>
  qimeng.launch @d(%t, %o) : memref<4x8xbf16>, memref<4x8xf32>
  return
}
qimeng.kernel @p(%X: memref<4x8xbf16>, %Y: memref<4x8xbf16>) {
  %x = qimeng.load %X : memref<4x8xbf16> -> tensor<4x8xbf16>
  %w = arith.extf %x : tensor<4x8xbf16> to tensor<4x8xf32>
  %s = arith.mulf %w, %w : tensor<4x8xf32>
  %n = arith.truncf %s : tensor<4x8xf32> to tensor<4x8xbf16>
  qimeng.store %n, %Y : tensor<4x8xbf16>, memref<4x8xbf16>
}
qimeng.kernel @c(%X: memref<4x8xbf16>, %M: memref<4xf32>) {
  %x = qimeng.load %X : memref<4x8xbf16> -> tensor<4x8xbf16>
  %w = arith.extf %x : tensor<4x8xbf16> to tensor<4x8xf32>
  %m = qimeng.reduce max %w axes [1] : tensor<4x8xf32>
  qimeng.store %m, %M : tensor<4xf32>, memref<4xf32>
}
qimeng.kernel @d(%X: memref<4x8xbf16>, %Y: memref<4x8xf32>) {
  %x = qimeng.load %X : memref<4x8xbf16> -> tensor<4x8xbf16>
  %w = arith.extf %x : tensor<4x8xbf16> to tensor<4x8xf32>
  %e = math.exp %w : tensor<4x8xf32>
  qimeng.store %e, %Y : tensor<4x8xf32>, memref<4x8xf32>
}
