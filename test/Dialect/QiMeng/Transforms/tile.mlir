// RUN: qimeng-opt %s \
// RUN:   --qimeng-tile="kernel=matmul sizes=128,256 reduce=64 warps=8" \
// RUN:   --qimeng-tile="kernel=elementwise sizes=256" \
// RUN:   --qimeng-tile="kernel=integers sizes=64" \
// RUN:   --qimeng-tile="kernel=transposed sizes=16,32" \
// RUN:   --qimeng-tile="kernel=total reduce=1024" \
// RUN:   --qimeng-tile="kernel=argmax sizes=4 reduce=32" \
// RUN:   --qimeng-tile="kernel=scan sizes=4,0" \
// RUN:   --qimeng-tile="kernel=gather sizes=8,16" \
// RUN:   --qimeng-tile="kernel=batch sizes=1,16,32 reduce=8" \
// RUN:   --qimeng-tile="kernel=mean sizes=4,128 reduce=64 loops=1" \
// RUN:   --qimeng-tile="kernel=softmax sizes=2,0" | FileCheck %s

// A product: K in chunks, zeros of the masked loads past its end; the epilogue after the loop.
// CHECK-LABEL: qimeng.kernel @matmul(
// CHECK-SAME: grid(4, 3) schedule<warps = 8>
// CHECK: %[[M:.*]] = affine.apply #{{.*}}(%{{.*}})
// CHECK: %[[N:.*]] = affine.apply #{{.*}}(%{{.*}})
// CHECK: %[[D:.*]] = scf.for %{{.*}} = %c0 to %c4 step %c1 iter_args(%[[ACC:.*]] =
// CHECK: %[[A:.*]] = qimeng.load %{{.*}}[%[[M]], %[[K:.*]]] masked : memref<512x250xbf16> -> tensor<128x64xbf16>
// CHECK: %[[B:.*]] = qimeng.load %{{.*}}[%[[K]], %[[N]]] masked : memref<250x768xbf16> -> tensor<64x256xbf16>
// CHECK-NEXT: qimeng.dot %[[A]], %[[B]], %[[ACC]]
// CHECK: qimeng.load %{{.*}}[%[[N]]] : memref<768xf32> -> tensor<256xf32>
// CHECK: arith.addf %[[D]],
// CHECK: qimeng.store %{{.*}}[%[[M]], %[[N]]] : tensor<128x256xbf16>
// EXAMPLE: tile @matmul sizes = [128, 256] reduce = [64] warps = 8
qimeng.kernel @matmul(%A: memref<512x250xbf16>, %B: memref<250x768xbf16>, %bias: memref<768xf32>, %C: memref<512x768xbf16>) {
  %a = qimeng.load %A : memref<512x250xbf16> -> tensor<512x250xbf16>
  %b = qimeng.load %B : memref<250x768xbf16> -> tensor<250x768xbf16>
  %zero = arith.constant dense<0.0> : tensor<512x768xf32>
  %d = qimeng.dot %a, %b, %zero : tensor<512x250xbf16>, tensor<250x768xbf16> -> tensor<512x768xf32>
  %v = qimeng.load %bias : memref<768xf32> -> tensor<768xf32>
  %w = qimeng.broadcast %v axes [0] : tensor<768xf32> -> tensor<512x768xf32>
  %s = arith.addf %d, %w : tensor<512x768xf32>
  %c = arith.truncf %s : tensor<512x768xf32> to tensor<512x768xbf16>
  qimeng.store %c, %C : tensor<512x768xbf16>, memref<512x768xbf16>
}
// END EXAMPLE

// The size does not divide the extent: masked.
// CHECK-LABEL: qimeng.kernel @elementwise(
// CHECK-SAME: grid(4) {
// CHECK: qimeng.load %{{.*}}[%[[O:.*]]] masked : memref<1000xf32> -> tensor<256xf32>
// CHECK: qimeng.store %{{.*}}[%[[O]]] masked
qimeng.kernel @elementwise(%x: memref<1000xf32>, %y: memref<1000xf32>) {
  %t = qimeng.load %x : memref<1000xf32> -> tensor<1000xf32>
  %r = arith.addf %t, %t : tensor<1000xf32>
  qimeng.store %r, %y : tensor<1000xf32>, memref<1000xf32>
}

// Nothing is divided by the zeros past the end.
// CHECK-LABEL: qimeng.kernel @integers(
// CHECK: %[[IN:.*]] = arith.cmpi ult
// CHECK: %[[Z:.*]] = arith.select %[[IN]], %{{.*}}, %cst : tensor<64xi1>, tensor<64xi32>
// CHECK: arith.divsi %{{.*}}, %[[Z]]
qimeng.kernel @integers(%x: memref<100xi32>, %z: memref<100xi32>, %y: memref<100xi32>) {
  %a = qimeng.load %x : memref<100xi32> -> tensor<100xi32>
  %b = qimeng.load %z : memref<100xi32> -> tensor<100xi32>
  %r = arith.divsi %a, %b : tensor<100xi32>
  qimeng.store %r, %y : tensor<100xi32>, memref<100xi32>
}

// Offsets swap under a transposition; iota gets the offset.
// CHECK-LABEL: qimeng.kernel @transposed(
// CHECK-SAME: grid(3, 2)
// CHECK: qimeng.load %{{.*}}[%[[J:.*]], %[[I:.*]]] : memref<64x48xf32> -> tensor<32x16xf32>
// CHECK: qimeng.iota %[[J]] dim 0 : tensor<32x16xindex>
// CHECK: qimeng.store %{{.*}}[%[[I]], %[[J]]]
qimeng.kernel @transposed(%x: memref<64x48xf32>, %y: memref<48x64xf32>) {
  %t = qimeng.load %x : memref<64x48xf32> -> tensor<64x48xf32>
  %i = qimeng.iota dim 0 : tensor<64x48xindex>
  %j = arith.index_cast %i : tensor<64x48xindex> to tensor<64x48xi32>
  %f = arith.sitofp %j : tensor<64x48xi32> to tensor<64x48xf32>
  %s = arith.addf %t, %f : tensor<64x48xf32>
  %r = qimeng.transpose %s [1, 0] : tensor<64x48xf32>
  qimeng.store %r, %y : tensor<48x64xf32>, memref<48x64xf32>
}

// All axes reduced: a single program, chunks combined element by element.
// CHECK-LABEL: qimeng.kernel @total(
// CHECK-SAME: grid() {
// CHECK: %[[LOW:.*]] = arith.constant dense<0xFF800000> : tensor<1024xf32>
// CHECK: %[[R:.*]] = scf.for {{.*}} iter_args(%{{.*}} = %[[LOW]])
// CHECK: arith.select %{{.*}}, %{{.*}}, %[[LOW]]
// CHECK: arith.maximumf
// CHECK: qimeng.reduce {{ ?}}max %[[R]] axes [0] : tensor<1024xf32>
qimeng.kernel @total(%x: memref<5000xf32>, %y: memref<f32>) {
  %t = qimeng.load %x : memref<5000xf32> -> tensor<5000xf32>
  %r = qimeng.reduce max %t axes [0] : tensor<5000xf32>
  qimeng.store %r, %y : tensor<f32>, memref<f32>
}

// A fold has no identity: 100 = 3 * 32 + 4.
// CHECK-LABEL: qimeng.kernel @argmax(
// CHECK: %[[R:.*]]:2 = scf.for %{{.*}} = %c0 to %c3
// CHECK: qimeng.load {{.*}} : memref<8x100xf32> -> tensor<4x32xf32>
// CHECK: qimeng.load %{{.*}}[%{{.*}}, %c96] : memref<8x100xf32> -> tensor<4x4xf32>
// CHECK: qimeng.iota %c96 dim 1
// CHECK: qimeng.fold axes [1] {{.*}} inits(%[[R]]#0, %[[R]]#1
qimeng.kernel @argmax(%x: memref<8x100xf32>, %y: memref<8xi32>) {
  %t = qimeng.load %x : memref<8x100xf32> -> tensor<8x100xf32>
  %j = qimeng.iota dim 1 : tensor<8x100xindex>
  %low = arith.constant dense<0xFF800000> : tensor<8xf32>
  %zero = arith.constant dense<0> : tensor<8xi32>
  %b:2 = qimeng.fold axes [1] ins(%t, %j : tensor<8x100xf32>, tensor<8x100xindex>) inits(%low, %zero : tensor<8xf32>, tensor<8xi32>) {
  ^bb0(%e: f32, %at: index, %best: f32, %a: i32):
    %ai = arith.index_cast %at : index to i32
    %g = arith.cmpf ogt, %e, %best : f32
    %b2 = arith.select %g, %e, %best : f32
    %a2 = arith.select %g, %ai, %a : i32
    qimeng.yield %b2, %a2 : f32, i32
  }
  qimeng.store %b#1, %y : tensor<8xi32>, memref<8xi32>
}

// From the end, what is past the end comes first.
// CHECK-LABEL: qimeng.kernel @scan(
// CHECK: %[[ONE:.*]] = arith.constant dense<1.000000e+00>
// CHECK: %[[X:.*]] = arith.select %{{.*}}, %{{.*}}, %[[ONE]]
// CHECK: qimeng.scan {{ ?}}mul %[[X]] axis 1 reverse : tensor<4x128xf32>
qimeng.kernel @scan(%x: memref<8x100xf32>, %y: memref<8x100xf32>) {
  %t = qimeng.load %x : memref<8x100xf32> -> tensor<8x100xf32>
  %r = qimeng.scan mul %t axis 1 reverse : tensor<8x100xf32>
  qimeng.store %r, %y : tensor<8x100xf32>, memref<8x100xf32>
}

// CHECK-LABEL: qimeng.kernel @gather(
// CHECK: qimeng.gather %{{.*}} : memref<50x16xf32>, tensor<8x16xindex>, tensor<8x16xindex> -> tensor<8x16xf32>
qimeng.kernel @gather(%x: memref<50x16xf32>, %i: memref<20xi32>, %y: memref<20x16xf32>) {
  %t = qimeng.load %i : memref<20xi32> -> tensor<20xi32>
  %u = arith.index_cast %t : tensor<20xi32> to tensor<20xindex>
  %v = qimeng.broadcast %u axes [1] : tensor<20xindex> -> tensor<20x16xindex>
  %j = qimeng.iota dim 1 : tensor<20x16xindex>
  %r = qimeng.gather %x[%v, %j] : memref<50x16xf32>, tensor<20x16xindex>, tensor<20x16xindex> -> tensor<20x16xf32>
  qimeng.store %r, %y : tensor<20x16xf32>, memref<20x16xf32>
}

// exp(0) is not 0: the computed factor is masked along K.
// CHECK-LABEL: qimeng.kernel @batch(
// CHECK-SAME: grid(3, 2, 2)
// CHECK: %[[X:.*]] = math.exp
// CHECK: %[[S:.*]] = arith.select %{{.*}}, %[[X]]
// CHECK: qimeng.dot %[[S]], %{{.*}} : tensor<1x16x8xf32>, tensor<1x8x32xf32> -> tensor<1x16x32xf32>
qimeng.kernel @batch(%A: memref<3x30x20xf32>, %B: memref<3x20x64xf32>, %C: memref<3x30x64xf32>) {
  %a = qimeng.load %A : memref<3x30x20xf32> -> tensor<3x30x20xf32>
  %x = math.exp %a : tensor<3x30x20xf32>
  %b = qimeng.load %B : memref<3x20x64xf32> -> tensor<3x20x64xf32>
  %zero = arith.constant dense<0.0> : tensor<3x30x64xf32>
  %d = qimeng.dot %x, %b, %zero : tensor<3x30x20xf32>, tensor<3x20x64xf32> -> tensor<3x30x64xf32>
  qimeng.store %d, %C : tensor<3x30x64xf32>, memref<3x30x64xf32>
}

// The columns in a loop, the sum before it; zeros do not change a sum.
// CHECK-LABEL: qimeng.kernel @mean(
// CHECK-SAME: grid(16, 1)
// CHECK: scf.for
// CHECK-NOT: arith.select
// CHECK: %[[S:.*]] = qimeng.reduce {{ ?}}add
// CHECK: %[[B:.*]] = qimeng.broadcast %[[S]]
// CHECK: scf.for %{{.*}} = %c0 to %c3
// CHECK: arith.subf %{{.*}}, %[[B]]
// CHECK: qimeng.store
qimeng.kernel @mean(%x: memref<64x300xf32>, %y: memref<64x300xf32>) {
  %t = qimeng.load %x : memref<64x300xf32> -> tensor<64x300xf32>
  %s = qimeng.reduce add %t axes [1] : tensor<64x300xf32>
  %b = qimeng.broadcast %s axes [1] : tensor<64xf32> -> tensor<64x300xf32>
  %d = arith.subf %t, %b : tensor<64x300xf32>
  qimeng.store %d, %y : tensor<64x300xf32>, memref<64x300xf32>
}

// Rows of 100 padded to 128, loaded once.
// CHECK-LABEL: qimeng.kernel @softmax(
// CHECK-SAME: grid(4, 1)
// CHECK: %[[X:.*]] = qimeng.load {{.*}} masked : memref<7x100xf32> -> tensor<2x128xf32>
// CHECK-NOT: qimeng.load
// CHECK: arith.select %[[IN:.*]], %[[X]], %{{.*}}
// CHECK: qimeng.reduce {{ ?}}max
// CHECK: %[[E:.*]] = math.exp
// CHECK-NEXT: arith.select %[[IN]], %[[E]]
// CHECK: qimeng.store {{.*}} masked
qimeng.kernel @softmax(%x: memref<7x100xf32>, %y: memref<7x100xf32>) {
  %t = qimeng.load %x : memref<7x100xf32> -> tensor<7x100xf32>
  %m = qimeng.reduce max %t axes [1] : tensor<7x100xf32>
  %mb = qimeng.broadcast %m axes [1] : tensor<7xf32> -> tensor<7x100xf32>
  %d = arith.subf %t, %mb : tensor<7x100xf32>
  %e = math.exp %d : tensor<7x100xf32>
  %s = qimeng.reduce add %e axes [1] : tensor<7x100xf32>
  %sb = qimeng.broadcast %s axes [1] : tensor<7xf32> -> tensor<7x100xf32>
  %r = arith.divf %e, %sb : tensor<7x100xf32>
  qimeng.store %r, %y : tensor<7x100xf32>, memref<7x100xf32>
}
