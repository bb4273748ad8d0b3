// RUN: qimeng-opt %s --qimeng-lower-to-gpu=arch=sm_80 | FileCheck %s

// One row a warp: the sum stays within the warp.
// CHECK-LABEL: llvm.func @within_a_warp(
// CHECK-COUNT-5: nvvm.shfl.sync bfly
// CHECK-NOT: nvvm.shfl.sync
// CHECK-NOT: nvvm.barrier
// CHECK: llvm.return
qimeng.kernel @within_a_warp(%X: memref<64x128xf32>, %Y: memref<64xf32>) grid(16) schedule<warps = 4> {
  %p = qimeng.program_id 0
  %m = affine.apply affine_map<(d0) -> (d0 * 4)>(%p)
  %c0 = arith.constant 0 : index
  %x = qimeng.load %X[%m, %c0] : memref<64x128xf32> -> tensor<4x128xf32>
  %s = qimeng.reduce add %x axes [1] : tensor<4x128xf32>
  qimeng.store %s, %Y[%m] : tensor<4xf32>, memref<64xf32>
}

// One row a block: four parts meet in shared memory. What is done with the
// result, broadcast to the row again, needs no further exchange.
// CHECK-LABEL: llvm.func @between_warps(
// CHECK-COUNT-5: nvvm.shfl.sync bfly
// CHECK: llvm.store %{{.*}} {alignment = 4 : i64} : f32, !llvm.ptr<3>
// CHECK: nvvm.barrier
// CHECK-COUNT-4: llvm.load %{{.*}} {alignment = 4 : i64} : !llvm.ptr<3> -> f32
// CHECK-NOT: nvvm.barrier
// CHECK-NOT: nvvm.shfl.sync
// CHECK: llvm.return
qimeng.kernel @between_warps(%X: memref<16x512xf32>, %Y: memref<16x512xf32>) grid(16) schedule<warps = 4> {
  %p = qimeng.program_id 0
  %c0 = arith.constant 0 : index
  %x = qimeng.load %X[%p, %c0] : memref<16x512xf32> -> tensor<1x512xf32>
  %s = qimeng.reduce add %x axes [1] : tensor<1x512xf32>
  %b = qimeng.broadcast %s axes [1] : tensor<1xf32> -> tensor<1x512xf32>
  %d = arith.subf %x, %b : tensor<1x512xf32>
  qimeng.store %d, %Y[%p, %c0] : tensor<1x512xf32>, memref<16x512xf32>
}

// Two exchanges: the second may overwrite the first only after a barrier.
// CHECK-LABEL: llvm.func @twice(
// CHECK-COUNT-3: nvvm.barrier
// CHECK-NOT: nvvm.barrier
// CHECK: llvm.return
qimeng.kernel @twice(%X: memref<16x512xf32>, %Y: memref<16xf32>, %Z: memref<16xf32>) grid(16) schedule<warps = 4> {
  %p = qimeng.program_id 0
  %c0 = arith.constant 0 : index
  %x = qimeng.load %X[%p, %c0] : memref<16x512xf32> -> tensor<1x512xf32>
  %s = qimeng.reduce add %x axes [1] : tensor<1x512xf32>
  %t = qimeng.reduce max %x axes [1] : tensor<1x512xf32>
  qimeng.store %s, %Y[%p] : tensor<1xf32>, memref<16xf32>
  qimeng.store %t, %Z[%p] : tensor<1xf32>, memref<16xf32>
}

// Read along rows, written along columns: through padded shared memory, between
// barriers of a warp.
// CHECK-LABEL: llvm.func @transpose(
// CHECK: llvm.load {{.*}} : !llvm.ptr<1> -> vector<4xf32>
// CHECK: llvm.store %{{.*}}, !llvm.ptr<3>
// CHECK: nvvm.bar.warp.sync
// CHECK: llvm.load %{{.*}} : !llvm.ptr<3>
// CHECK: llvm.store %{{.*}} {alignment = 16 : i64} : vector<4xf32>, !llvm.ptr<1>
qimeng.kernel @transpose(%X: memref<128x128xf32>, %Y: memref<128x128xf32>) grid(2, 2) schedule<warps = 1> {
  %p = qimeng.program_id 0
  %q = qimeng.program_id 1
  %m = affine.apply affine_map<(d0) -> (d0 * 64)>(%p)
  %n = affine.apply affine_map<(d0) -> (d0 * 128)>(%q)
  %x = qimeng.load %X[%m, %n] : memref<128x128xf32> -> tensor<64x128xf32>
  %t = qimeng.transpose %x [1, 0] : tensor<64x128xf32>
  qimeng.store %t, %Y[%n, %m] : tensor<128x64xf32>, memref<128x128xf32>
}

// A fold walks its axis in order; a constant from outside is an i64 index.
// CHECK-LABEL: llvm.func @fold(
// CHECK: llvm.store {{.*}} !llvm.ptr<3>
// CHECK: nvvm.barrier
// CHECK: scf.for %{{.*}} = %{{.*}} to %c64_i32{{.*}} iter_args(%[[BEST:.*]] = %{{.*}}, %[[PLACE:.*]] = %{{.*}}) -> (f32, i64)
// CHECK:   arith.cmpf ogt
// CHECK:   scf.yield %{{.*}}, %{{.*}} : f32, i64
qimeng.kernel @fold(%X: memref<64x64xf32>, %V: memref<64xf32>, %W: memref<64xi64>) grid(1) schedule<warps = 2> {
  %x = qimeng.load %X : memref<64x64xf32> -> tensor<64x64xf32>
  %j = qimeng.iota dim 1 : tensor<64x64xindex>
  %low = arith.constant dense<0xFF800000> : tensor<64xf32>
  %none = arith.constant dense<0> : tensor<64xi64>
  %one = arith.constant 1 : index
  %best:2 = qimeng.fold axes [1] ins(%x, %j : tensor<64x64xf32>, tensor<64x64xindex>) inits(%low, %none : tensor<64xf32>, tensor<64xi64>) {
  ^bb0(%e: f32, %at: index, %b: f32, %a: i64):
    %next = arith.addi %at, %one : index
    %i = arith.index_cast %next : index to i64
    %g = arith.cmpf ogt, %e, %b : f32
    %b2 = arith.select %g, %e, %b : f32
    %a2 = arith.select %g, %i, %a : i64
    qimeng.yield %b2, %a2 : f32, i64
  }
  qimeng.store %best#0, %V : tensor<64xf32>, memref<64xf32>
  qimeng.store %best#1, %W : tensor<64xi64>, memref<64xi64>
}

// A fold without axes stays in registers, branches and loops included.
// CHECK-LABEL: llvm.func @apply(
// CHECK-NOT: nvvm.barrier
// CHECK: scf.if %{{.*}} -> (f32)
// CHECK:   scf.for %{{.*}} : i64
// CHECK-NOT: nvvm.barrier
// CHECK: llvm.return
qimeng.kernel @apply(%X: memref<64xf32>, %Y: memref<64xf32>) grid(1) schedule<warps = 2> {
  %x = qimeng.load %X : memref<64xf32> -> tensor<64xf32>
  %i = qimeng.iota dim 0 : tensor<64xindex>
  %one = arith.constant dense<1.0> : tensor<64xf32>
  %y = qimeng.fold axes [] ins(%x, %i : tensor<64xf32>, tensor<64xindex>) inits(%one : tensor<64xf32>) {
  ^bb0(%e: f32, %at: index, %b: f32):
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %zero = arith.constant 0.0 : f32
    %g = arith.cmpf ogt, %e, %zero : f32
    %r = scf.if %g -> (f32) {
      %s = scf.for %t = %c0 to %at step %c1 iter_args(%acc = %b) -> (f32) {
        %u = arith.mulf %acc, %e : f32
        scf.yield %u : f32
      }
      scf.yield %s : f32
    } else {
      scf.yield %e : f32
    }
    qimeng.yield %r : f32
  }
  qimeng.store %y, %Y : tensor<64xf32>, memref<64xf32>
}

// A scan: within a thread, then lanes, then warps.
// CHECK-LABEL: llvm.func @scan(
// CHECK-COUNT-5: nvvm.shfl.sync bfly
// CHECK: nvvm.barrier
// CHECK-NOT: nvvm.shfl.sync
// CHECK: llvm.return
qimeng.kernel @scan(%X: memref<256xf32>, %Y: memref<256xf32>) grid(1) schedule<warps = 2> {
  %x = qimeng.load %X : memref<256xf32> -> tensor<256xf32>
  %s = qimeng.scan add %x axis 0 : tensor<256xf32>
  qimeng.store %s, %Y : tensor<256xf32>, memref<256xf32>
}
