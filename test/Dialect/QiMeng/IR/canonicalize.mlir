// RUN: qimeng-opt %s -canonicalize -split-input-file | FileCheck %s

// CHECK-LABEL: qimeng.kernel @program_id
// One program along dimension 1: its number is 0.
// CHECK-DAG: %[[P:.*]] = qimeng.program_id 0
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK-NOT: qimeng.program_id 1
// CHECK: qimeng.store %{{.*}}, %{{.*}}[%[[P]], %[[C0]]]
qimeng.kernel @program_id(%y: memref<4x8xf32>) grid(4, 1) {
  %p = qimeng.program_id 0
  %q = qimeng.program_id 1
  %t = arith.constant dense<1.0> : tensor<1x8xf32>
  qimeng.store %t, %y[%p, %q] : tensor<1x8xf32>, memref<4x8xf32>
}

// -----

// CHECK-LABEL: qimeng.kernel @identity_view(
// CHECK-SAME: %[[X:.*]]: memref<4x8xf32>, %[[Y:.*]]: memref<4x8xf32>)
// CHECK-NOT: qimeng.view
// CHECK: %[[T:.*]] = qimeng.load %[[X]] : memref<4x8xf32>
// CHECK: qimeng.store %[[T]], %[[Y]] : tensor<4x8xf32>, memref<4x8xf32>
qimeng.kernel @identity_view(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  %v = qimeng.view %x by affine_map<(d0, d1) -> (d0, d1)> padded : memref<4x8xf32> -> !qimeng.view<4x8xf32>
  %w = qimeng.view %y by affine_map<(d0, d1) -> (d0, d1)> : memref<4x8xf32> -> !qimeng.view<4x8xf32>
  %t = qimeng.load %v : !qimeng.view<4x8xf32> -> tensor<4x8xf32>
  qimeng.store %t, %w : tensor<4x8xf32>, !qimeng.view<4x8xf32>
}

// -----

// A view of a part is no identity: masks end where it ends.
// CHECK-LABEL: qimeng.kernel @part(
// CHECK: qimeng.view
qimeng.kernel @part(%x: memref<4x8xf32>, %y: memref<4x7xf32>) {
  %v = qimeng.view %x by affine_map<(d0, d1) -> (d0, d1)> : memref<4x8xf32> -> !qimeng.view<4x7xf32>
  %t = qimeng.load %v : !qimeng.view<4x7xf32> -> tensor<4x7xf32>
  qimeng.store %t, %y : tensor<4x7xf32>, memref<4x7xf32>
}

// -----

// CHECK-LABEL: qimeng.kernel @needless_mask(
// CHECK: qimeng.load %{{.*}}[%{{.*}}, %{{.*}}] : memref<4x8xf32> -> tensor<4x4xf32>
// CHECK: qimeng.load %{{.*}}[%{{.*}}, %{{.*}}] masked : memref<4x8xf32> -> tensor<4x4xf32>
// CHECK: qimeng.load %{{.*}}[%{{.*}}, %{{.*}}] masked : memref<4x8xf32> -> tensor<4x4xf32>
// CHECK: qimeng.store %{{.*}}, %{{.*}} : tensor<4x4xf32>, memref<4x4xf32>
qimeng.kernel @needless_mask(%x: memref<4x8xf32>, %y: memref<4x4xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %c5 = arith.constant 5 : index
  %cm = arith.constant -1 : index
  %a = qimeng.load %x[%c0, %c4] masked : memref<4x8xf32> -> tensor<4x4xf32>
  %b = qimeng.load %x[%c0, %c5] masked : memref<4x8xf32> -> tensor<4x4xf32>
  %c = qimeng.load %x[%cm, %c0] masked : memref<4x8xf32> -> tensor<4x4xf32>
  %s = arith.addf %a, %b : tensor<4x4xf32>
  %t = arith.addf %s, %c : tensor<4x4xf32>
  qimeng.store %t, %y masked : tensor<4x4xf32>, memref<4x4xf32>
}

// -----

// CHECK-LABEL: qimeng.kernel @broadcasts(
// CHECK: %[[T:.*]] = qimeng.load
// CHECK-NEXT: %[[B:.*]] = qimeng.broadcast %[[T]] axes [0, 2, 3] : tensor<4xf32> -> tensor<2x4x8x16xf32>
// CHECK-NEXT: qimeng.store %[[B]]
qimeng.kernel @broadcasts(%x: memref<4xf32>, %y: memref<2x4x8x16xf32>) {
  %t = qimeng.load %x : memref<4xf32> -> tensor<4xf32>
  %e = qimeng.broadcast %t axes [] : tensor<4xf32> -> tensor<4xf32>
  %b = qimeng.broadcast %e axes [1] : tensor<4xf32> -> tensor<4x8xf32>
  %c = qimeng.broadcast %b axes [0, 3] : tensor<4x8xf32> -> tensor<2x4x8x16xf32>
  qimeng.store %c, %y : tensor<2x4x8x16xf32>, memref<2x4x8x16xf32>
}

// -----

// CHECK-LABEL: qimeng.kernel @transposes(
// CHECK: %[[T:.*]] = qimeng.load
// CHECK-NEXT: %[[U:.*]] = qimeng.transpose %[[T]] [2, 1, 0] : tensor<2x4x8xf32>
// CHECK-NEXT: qimeng.store %[[U]], %{{.*}} : tensor<8x4x2xf32>
// CHECK-NEXT: qimeng.store %[[T]]
qimeng.kernel @transposes(%x: memref<2x4x8xf32>, %y: memref<8x4x2xf32>, %z: memref<2x4x8xf32>) {
  %t = qimeng.load %x : memref<2x4x8xf32> -> tensor<2x4x8xf32>
  %a = qimeng.transpose %t [1, 2, 0] : tensor<2x4x8xf32>
  %b = qimeng.transpose %a [1, 0, 2] : tensor<4x8x2xf32>
  %c = qimeng.transpose %b [2, 1, 0] : tensor<8x4x2xf32>
  qimeng.store %b, %y : tensor<8x4x2xf32>, memref<8x4x2xf32>
  qimeng.store %c, %z : tensor<2x4x8xf32>, memref<2x4x8xf32>
}

// -----

// CHECK-LABEL: qimeng.kernel @transposed_broadcast(
// CHECK: %[[B:.*]] = qimeng.broadcast %{{.*}} axes [0] : tensor<4xf32> -> tensor<8x4xf32>
// CHECK-NEXT: qimeng.store %[[B]]
// Dimensions that change their order need the transposition.
// CHECK: qimeng.transpose
qimeng.kernel @transposed_broadcast(%x: memref<4xf32>, %w: memref<2x4xf32>, %y: memref<8x4xf32>, %z: memref<4x8x2xf32>) {
  %t = qimeng.load %x : memref<4xf32> -> tensor<4xf32>
  %b = qimeng.broadcast %t axes [1] : tensor<4xf32> -> tensor<4x8xf32>
  %c = qimeng.transpose %b [1, 0] : tensor<4x8xf32>
  qimeng.store %c, %y : tensor<8x4xf32>, memref<8x4xf32>
  %u = qimeng.load %w : memref<2x4xf32> -> tensor<2x4xf32>
  %d = qimeng.broadcast %u axes [1] : tensor<2x4xf32> -> tensor<2x8x4xf32>
  %e = qimeng.transpose %d [2, 1, 0] : tensor<2x8x4xf32>
  qimeng.store %e, %z : tensor<4x8x2xf32>, memref<4x8x2xf32>
}

// -----

// CHECK-LABEL: qimeng.kernel @splats(
// CHECK-SAME: %[[S:.*]]: memref<f32>,
// CHECK-DAG: %[[TWO:.*]] = arith.constant dense<2.000000e+00> : tensor<8x4xf32>
// CHECK-DAG: %[[MAX:.*]] = arith.constant dense<3.000000e+00> : tensor<8xf32>
// CHECK-DAG: %[[SUM:.*]] = arith.constant dense<20> : tensor<8xi32>
// CHECK: qimeng.store %[[TWO]]
// CHECK: qimeng.store %[[MAX]]
// CHECK: qimeng.store %[[SUM]]
// Sums of floats round as they go.
// CHECK: qimeng.reduce add
qimeng.kernel @splats(%s: memref<f32>, %y: memref<8x4xf32>, %m: memref<8xf32>, %n: memref<8xi32>, %o: memref<8xf32>) {
  %two = arith.constant dense<2.0> : tensor<4xf32>
  %b = qimeng.broadcast %two axes [1] : tensor<4xf32> -> tensor<4x8xf32>
  %t = qimeng.transpose %b [1, 0] : tensor<4x8xf32>
  qimeng.store %t, %y : tensor<8x4xf32>, memref<8x4xf32>
  %three = arith.constant dense<3.0> : tensor<8x4xf32>
  %max = qimeng.reduce max %three axes [1] : tensor<8x4xf32>
  qimeng.store %max, %m : tensor<8xf32>, memref<8xf32>
  %five = arith.constant dense<5> : tensor<8x4xi32>
  %sum = qimeng.reduce add %five axes [1] : tensor<8x4xi32>
  qimeng.store %sum, %n : tensor<8xi32>, memref<8xi32>
  %fsum = qimeng.reduce add %three axes [1] : tensor<8x4xf32>
  qimeng.store %fsum, %o : tensor<8xf32>, memref<8xf32>
}

// -----

// CHECK-LABEL: qimeng.kernel @scalar_splats(
// CHECK: %[[S:.*]] = tensor.splat %{{.*}} : tensor<8x4xindex>
// CHECK: %[[I:.*]] = qimeng.iota dim 0 : tensor<8x4xindex>
// CHECK: arith.cmpi eq, %[[S]], %[[I]]
// CHECK-NOT: qimeng.broadcast
qimeng.kernel @scalar_splats(%y: memref<8x4xi1>) grid(2) {
  %p = qimeng.program_id 0
  %c0 = arith.constant 0 : index
  %u = tensor.splat %p : tensor<4xindex>
  %b = qimeng.broadcast %u axes [1] : tensor<4xindex> -> tensor<4x8xindex>
  %t = qimeng.transpose %b [1, 0] : tensor<4x8xindex>
  %i = qimeng.iota %c0 dim 0 : tensor<8x4xindex>
  %e = arith.cmpi eq, %t, %i : tensor<8x4xindex>
  qimeng.store %e, %y masked : tensor<8x4xi1>, memref<8x4xi1>
}

// -----

// CHECK-LABEL: qimeng.kernel @iota_of_one(
// CHECK-NOT: qimeng.iota
qimeng.kernel @iota_of_one(%x: memref<4xf32>, %y: memref<1x4xf32>) grid(4) {
  %p = qimeng.program_id 0
  %i = qimeng.iota %p dim 0 : tensor<1x4xindex>
  %j = qimeng.iota dim 0 : tensor<1x4xindex>
  %k = arith.addi %i, %j : tensor<1x4xindex>
  %t = qimeng.gather %x[%k] : memref<4xf32>, tensor<1x4xindex> -> tensor<1x4xf32>
  qimeng.store %t, %y : tensor<1x4xf32>, memref<1x4xf32>
}

// -----

// CHECK-LABEL: qimeng.kernel @no_axes(
// CHECK-NEXT: %[[T:.*]] = qimeng.load
// CHECK-NEXT: qimeng.store %[[T]]
qimeng.kernel @no_axes(%x: memref<4xf32>, %y: memref<4xf32>) {
  %t = qimeng.load %x : memref<4xf32> -> tensor<4xf32>
  %r = qimeng.reduce add %t axes [] : tensor<4xf32>
  %u = qimeng.transpose %r [0] : tensor<4xf32>
  %dead = qimeng.scan add %u axis 0 : tensor<4xf32>
  qimeng.store %u, %y : tensor<4xf32>, memref<4xf32>
}
