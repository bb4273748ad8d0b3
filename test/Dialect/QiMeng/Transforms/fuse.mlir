// RUN: qimeng-opt %s --split-input-file --qimeng-fuse-producer="kernel=c producer=p" | FileCheck %s
// RUN: qimeng-opt %s --split-input-file --qimeng-fuse-consumer="kernel=p consumer=c" | FileCheck %s --check-prefix=CONSUMER

// The temporary and its narrowing disappear; the name is the anchor's.
// CHECK-LABEL: func.func @epilogue(
// CHECK-NOT: memref.alloc
// CHECK: qimeng.launch @c(%arg0, %arg1, %arg2, %arg3) : memref<64x32xbf16>, memref<32x48xbf16>, memref<48xbf16>, memref<64x48xbf16>
// CHECK-NOT: qimeng.kernel @p
// CHECK: qimeng.kernel @c(
// CHECK: %[[D:.*]] = qimeng.dot
// CHECK-NOT: truncf
// CHECK: arith.addf %[[D]],
// CHECK: arith.truncf
// CONSUMER-LABEL: func.func @epilogue(
// CONSUMER: qimeng.launch @p(%arg0, %arg1, %arg2, %arg3)
// CONSUMER: qimeng.kernel @p(
// CONSUMER-NOT: qimeng.kernel @c
// EXAMPLE: fuse_producer @c producer = @p | fuse_consumer @p consumer = @c
func.func @epilogue(%a: memref<64x32xbf16>, %b: memref<32x48xbf16>, %v: memref<48xbf16>, %o: memref<64x48xbf16>) {
  %t = memref.alloc() : memref<64x48xbf16>
  qimeng.launch @p(%a, %b, %t) : memref<64x32xbf16>, memref<32x48xbf16>, memref<64x48xbf16>
  qimeng.launch @c(%t, %v, %o) : memref<64x48xbf16>, memref<48xbf16>, memref<64x48xbf16>
  return
}
qimeng.kernel @p(%A: memref<64x32xbf16>, %B: memref<32x48xbf16>, %C: memref<64x48xbf16>) {
  %a = qimeng.load %A : memref<64x32xbf16> -> tensor<64x32xbf16>
  %b = qimeng.load %B : memref<32x48xbf16> -> tensor<32x48xbf16>
  %zero = arith.constant dense<0.0> : tensor<64x48xf32>
  %d = qimeng.dot %a, %b, %zero : tensor<64x32xbf16>, tensor<32x48xbf16> -> tensor<64x48xf32>
  %n = arith.truncf %d : tensor<64x48xf32> to tensor<64x48xbf16>
  qimeng.store %n, %C : tensor<64x48xbf16>, memref<64x48xbf16>
}
qimeng.kernel @c(%X: memref<64x48xbf16>, %V: memref<48xbf16>, %Y: memref<64x48xbf16>) {
  %x = qimeng.load %X : memref<64x48xbf16> -> tensor<64x48xbf16>
  %w = arith.extf %x : tensor<64x48xbf16> to tensor<64x48xf32>
  %v = qimeng.load %V : memref<48xbf16> -> tensor<48xbf16>
  %u = arith.extf %v : tensor<48xbf16> to tensor<48xf32>
  %b = qimeng.broadcast %u axes [0] : tensor<48xf32> -> tensor<64x48xf32>
  %s = arith.addf %w, %b : tensor<64x48xf32>
  %n = arith.truncf %s : tensor<64x48xf32> to tensor<64x48xbf16>
  qimeng.store %n, %Y : tensor<64x48xbf16>, memref<64x48xbf16>
}
// END EXAMPLE

// -----

// A permuted view becomes a transposition, a repeated one a broadcast, and the
// buffer that both kernels read is one operand.
// CHECK-LABEL: func.func @views(
// CHECK: qimeng.launch @c(%arg0, %arg1) : memref<8x4xf32>, memref<4x8xf32>
// CHECK: qimeng.kernel @c(%[[X:.*]]: memref<8x4xf32>, %{{.*}}: memref<4x8xf32>) {
// CHECK-DAG: %[[E:.*]] = math.exp
// CHECK-DAG: %[[T:.*]] = qimeng.transpose %[[E]] [1, 0]
// CHECK-DAG: %[[XT:.*]] = qimeng.load %{{.*}} : !qimeng.view<4x8xf32>
// CHECK: arith.addf %[[T]], %[[XT]]
func.func @views(%x: memref<8x4xf32>, %o: memref<4x8xf32>) {
  %t = memref.alloc() : memref<8x4xf32>
  qimeng.launch @p(%x, %t) : memref<8x4xf32>, memref<8x4xf32>
  qimeng.launch @c(%x, %t, %o) : memref<8x4xf32>, memref<8x4xf32>, memref<4x8xf32>
  memref.dealloc %t : memref<8x4xf32>
  return
}
qimeng.kernel @p(%X: memref<8x4xf32>, %Y: memref<8x4xf32>) {
  %x = qimeng.load %X : memref<8x4xf32> -> tensor<8x4xf32>
  %e = math.exp %x : tensor<8x4xf32>
  qimeng.store %e, %Y : tensor<8x4xf32>, memref<8x4xf32>
}
qimeng.kernel @c(%X: memref<8x4xf32>, %T: memref<8x4xf32>, %Y: memref<4x8xf32>) {
  %xv = qimeng.view %X by affine_map<(d0, d1) -> (d1, d0)> : memref<8x4xf32> -> !qimeng.view<4x8xf32>
  %tv = qimeng.view %T by affine_map<(d0, d1) -> (d1, d0)> : memref<8x4xf32> -> !qimeng.view<4x8xf32>
  %x = qimeng.load %xv : !qimeng.view<4x8xf32> -> tensor<4x8xf32>
  %t = qimeng.load %tv : !qimeng.view<4x8xf32> -> tensor<4x8xf32>
  %s = arith.addf %t, %x : tensor<4x8xf32>
  qimeng.store %s, %Y : tensor<4x8xf32>, memref<4x8xf32>
}

// -----

// A slice is pushed into the producer's loads; of a padded view what is outside
// becomes zero after the producer's work, not before it.
// CHECK-LABEL: func.func @slices(
// CHECK: qimeng.kernel @c(
// CHECK: %[[S:.*]] = qimeng.view %{{.*}} by #map : memref<10x4xf32> -> <8x4xf32>
// CHECK-NEXT: qimeng.load %[[S]]
// CHECK-NEXT: math.exp
// CHECK-NEXT: %[[P:.*]] = qimeng.view %{{.*}} by #map1 padded : memref<10x4xf32> -> <8x4xf32>
// CHECK-NEXT: qimeng.load %[[P]]
// CHECK-NEXT: %[[E:.*]] = math.exp
// CHECK-NEXT: %[[I:.*]] = qimeng.iota dim 0
// CHECK-NEXT: %[[J:.*]] = arith.addi %[[I]],
// CHECK-NEXT: %[[IN:.*]] = arith.cmpi ult, %[[J]],
// CHECK-NEXT: arith.select %[[IN]], %[[E]], %cst
func.func @slices(%x: memref<10x4xf32>, %o: memref<8x4xf32>) {
  %t = memref.alloc() : memref<10x4xf32>
  qimeng.launch @p(%x, %t) : memref<10x4xf32>, memref<10x4xf32>
  qimeng.launch @c(%t, %o) : memref<10x4xf32>, memref<8x4xf32>
  return
}
qimeng.kernel @p(%X: memref<10x4xf32>, %Y: memref<10x4xf32>) {
  %x = qimeng.load %X : memref<10x4xf32> -> tensor<10x4xf32>
  %e = math.exp %x : tensor<10x4xf32>
  qimeng.store %e, %Y : tensor<10x4xf32>, memref<10x4xf32>
}
qimeng.kernel @c(%T: memref<10x4xf32>, %Y: memref<8x4xf32>) {
  %sv = qimeng.view %T by affine_map<(d0, d1) -> (d0 + 2, d1)> : memref<10x4xf32> -> !qimeng.view<8x4xf32>
  %pv = qimeng.view %T by affine_map<(d0, d1) -> (d0 - 1, d1)> padded : memref<10x4xf32> -> !qimeng.view<8x4xf32>
  %s = qimeng.load %sv : !qimeng.view<8x4xf32> -> tensor<8x4xf32>
  %p = qimeng.load %pv : !qimeng.view<8x4xf32> -> tensor<8x4xf32>
  %r = arith.addf %s, %p : tensor<8x4xf32>
  qimeng.store %r, %Y : tensor<8x4xf32>, memref<8x4xf32>
}

// -----

// Rows of a product, repeated: both factors follow. A row sum over a part.
// CHECK-LABEL: func.func @pushed(
// CHECK: qimeng.kernel @c(
// CHECK: qimeng.dot %{{.*}} : tensor<8x16xf32>, tensor<16x4xf32> -> tensor<8x4xf32>
// CHECK: qimeng.reduce {{ ?}}add %{{.*}} axes [1] : tensor<8x4xf32>
func.func @pushed(%a: memref<10x16xf32>, %b: memref<16x4xf32>, %o: memref<8xf32>) {
  %t = memref.alloc() : memref<10x4xf32>
  qimeng.launch @p(%a, %b, %t) : memref<10x16xf32>, memref<16x4xf32>, memref<10x4xf32>
  qimeng.launch @c(%t, %o) : memref<10x4xf32>, memref<8xf32>
  return
}
qimeng.kernel @p(%A: memref<10x16xf32>, %B: memref<16x4xf32>, %C: memref<10x4xf32>) {
  %a = qimeng.load %A : memref<10x16xf32> -> tensor<10x16xf32>
  %b = qimeng.load %B : memref<16x4xf32> -> tensor<16x4xf32>
  %zero = arith.constant dense<0.0> : tensor<10x4xf32>
  %d = qimeng.dot %a, %b, %zero : tensor<10x16xf32>, tensor<16x4xf32> -> tensor<10x4xf32>
  qimeng.store %d, %C : tensor<10x4xf32>, memref<10x4xf32>
}
qimeng.kernel @c(%T: memref<10x4xf32>, %Y: memref<8xf32>) {
  %v = qimeng.view %T by affine_map<(d0, d1) -> (d0 + 1, d1)> : memref<10x4xf32> -> !qimeng.view<8x4xf32>
  %t = qimeng.load %v : !qimeng.view<8x4xf32> -> tensor<8x4xf32>
  %s = qimeng.reduce add %t axes [1] : tensor<8x4xf32>
  qimeng.store %s, %Y : tensor<8xf32>, memref<8xf32>
}

// -----

// Another kernel reads the temporary later: the fused kernel stores it.
// CHECK-LABEL: func.func @kept(
// CHECK: %[[T:.*]] = memref.alloc
// CHECK-NEXT: qimeng.launch @c(%arg0, %arg1, %[[T]])
// CHECK-NEXT: qimeng.launch @later(%[[T]], %arg2)
// CHECK: qimeng.kernel @c(%[[X:.*]]: memref<8xf32>, %[[Y:.*]]: memref<8xf32>, %[[K:.*]]: memref<8xf32>) {
// CHECK: %[[E:.*]] = math.exp
// CHECK: qimeng.store %{{.*}}, %[[Y]]
// CHECK: qimeng.store %[[E]], %[[K]]
func.func @kept(%x: memref<8xf32>, %o: memref<8xf32>, %q: memref<8xf32>) {
  %t = memref.alloc() : memref<8xf32>
  qimeng.launch @p(%x, %t) : memref<8xf32>, memref<8xf32>
  qimeng.launch @c(%t, %o) : memref<8xf32>, memref<8xf32>
  qimeng.launch @later(%t, %q) : memref<8xf32>, memref<8xf32>
  return
}
qimeng.kernel @p(%X: memref<8xf32>, %Y: memref<8xf32>) {
  %x = qimeng.load %X : memref<8xf32> -> tensor<8xf32>
  %e = math.exp %x : tensor<8xf32>
  qimeng.store %e, %Y : tensor<8xf32>, memref<8xf32>
}
qimeng.kernel @c(%X: memref<8xf32>, %Y: memref<8xf32>) {
  %x = qimeng.load %X : memref<8xf32> -> tensor<8xf32>
  %e = math.absf %x : tensor<8xf32>
  qimeng.store %e, %Y : tensor<8xf32>, memref<8xf32>
}
qimeng.kernel @later(%X: memref<8xf32>, %Y: memref<8xf32>) {
  %x = qimeng.load %X : memref<8xf32> -> tensor<8xf32>
  %e = math.sqrt %x : tensor<8xf32>
  qimeng.store %e, %Y : tensor<8xf32>, memref<8xf32>
}
