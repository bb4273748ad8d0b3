// RUN: qimeng-opt %s --qimeng-lower-to-gpu=arch=sm_80 | FileCheck %s
// RUN: qimeng-opt %s --qimeng-lower-to-gpu=arch=sm_90a | FileCheck %s --check-prefix=ROLES

// Three slots: two groups of copies before the loop, one more in each iteration
// whether the branch is taken or not, one of them may be under way at a take. A
// slot is filled again behind the barrier of the take after its own.
// CHECK-LABEL: llvm.func @pipelined(
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg
// CHECK: nvvm.cp.async.commit.group
// CHECK: nvvm.cp.async.commit.group
// CHECK: scf.for
// CHECK:   nvvm.cp.async.wait.group 1
// CHECK:   nvvm.barrier
// CHECK:   scf.if
// CHECK:     nvvm.cp.async.shared.global
// CHECK-NOT: nvvm.cp.async.commit.group
// CHECK:   else
// CHECK:   nvvm.cp.async.commit.group
// CHECK-NOT: nvvm.barrier
// CHECK:   scf.yield
// CHECK-NOT: nvvm.barrier
// CHECK: llvm.return
qimeng.kernel @pipelined(%X: memref<8x256xf32>, %Y: memref<8x256xf32>) grid(1) schedule<warps = 2> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %a = qimeng.channel stages(3) : !qimeng.channel<tensor<1x256xf32>>
  %x0 = qimeng.load %X[%c0, %c0] : memref<8x256xf32> -> tensor<1x256xf32>
  qimeng.put %a, %x0 : !qimeng.channel<tensor<1x256xf32>>
  %x1 = qimeng.load %X[%c1, %c0] : memref<8x256xf32> -> tensor<1x256xf32>
  qimeng.put %a, %x1 : !qimeng.channel<tensor<1x256xf32>>
  scf.for %i = %c0 to %c8 step %c1 {
    %x = qimeng.take %a : !qimeng.channel<tensor<1x256xf32>>
    %n = affine.apply affine_map<(d0) -> (d0 + 2)>(%i)
    %more = arith.cmpi slt, %n, %c8 : index
    scf.if %more {
      %xn = qimeng.load %X[%n, %c0] : memref<8x256xf32> -> tensor<1x256xf32>
      qimeng.put %a, %xn : !qimeng.channel<tensor<1x256xf32>>
    }
    qimeng.store %x, %Y[%i, %c0] : tensor<1x256xf32>, memref<8x256xf32>
    qimeng.release %a : !qimeng.channel<tensor<1x256xf32>>
  }
}

// One put ahead although there are three slots: the copy just taken must have
// arrived.
// CHECK-LABEL: llvm.func @one_ahead(
// CHECK: scf.for
// CHECK:   nvvm.cp.async.wait.group 0
qimeng.kernel @one_ahead(%X: memref<8x256xf32>, %Y: memref<8x256xf32>) grid(1) schedule<warps = 2> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %a = qimeng.channel stages(3) : !qimeng.channel<tensor<1x256xf32>>
  %x0 = qimeng.load %X[%c0, %c0] : memref<8x256xf32> -> tensor<1x256xf32>
  qimeng.put %a, %x0 : !qimeng.channel<tensor<1x256xf32>>
  scf.for %i = %c0 to %c8 step %c1 {
    %x = qimeng.take %a : !qimeng.channel<tensor<1x256xf32>>
    %n = affine.apply affine_map<(d0) -> (d0 + 1)>(%i)
    %more = arith.cmpi slt, %n, %c8 : index
    scf.if %more {
      %xn = qimeng.load %X[%n, %c0] : memref<8x256xf32> -> tensor<1x256xf32>
      qimeng.put %a, %xn : !qimeng.channel<tensor<1x256xf32>>
    }
    qimeng.store %x, %Y[%i, %c0] : tensor<1x256xf32>, memref<8x256xf32>
    qimeng.release %a : !qimeng.channel<tensor<1x256xf32>>
  }
}

// One slot filled and read in the same iteration: the release is a barrier.
// CHECK-LABEL: llvm.func @staged(
// CHECK: scf.for
// CHECK:   nvvm.cp.async.wait.group 0
// CHECK:   nvvm.barrier
// CHECK:   llvm.load {{.*}} !llvm.ptr<3>
// CHECK:   nvvm.barrier
// CHECK:   scf.yield
qimeng.kernel @staged(%X: memref<8x256xf32>, %Y: memref<8x256xf32>) grid(1) schedule<warps = 2> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %a = qimeng.channel stages(1) : !qimeng.channel<tensor<1x256xf32>>
  scf.for %i = %c0 to %c8 step %c1 {
    %xn = qimeng.load %X[%i, %c0] : memref<8x256xf32> -> tensor<1x256xf32>
    qimeng.put %a, %xn : !qimeng.channel<tensor<1x256xf32>>
    %x = qimeng.take %a : !qimeng.channel<tensor<1x256xf32>>
    qimeng.store %x, %Y[%i, %c0] : tensor<1x256xf32>, memref<8x256xf32>
    qimeng.release %a : !qimeng.channel<tensor<1x256xf32>>
  }
}

// Filled once a program, by blocks that run several: the next program's put must
// find the slot left by all threads.
// CHECK-LABEL: llvm.func @persistent(
// CHECK: %[[BLOCK:.*]] = nvvm.read.ptx.sreg.ctaid.x
// CHECK: scf.for %{{.*}} = %[[BLOCK]] to %c8_i32{{.*}} step %c3_i32
// CHECK:   nvvm.barrier
// CHECK:   llvm.load {{.*}} !llvm.ptr<3>
// CHECK:   nvvm.barrier
// CHECK:   scf.yield
qimeng.kernel @persistent(%X: memref<8x256xf32>, %Y: memref<8x256xf32>) grid(8) schedule<warps = 2, persistent = 3> {
  %p = qimeng.program_id 0
  %c0 = arith.constant 0 : index
  %a = qimeng.channel stages(1) : !qimeng.channel<tensor<1x256xf32>>
  %xn = qimeng.load %X[%p, %c0] : memref<8x256xf32> -> tensor<1x256xf32>
  qimeng.put %a, %xn : !qimeng.channel<tensor<1x256xf32>>
  %x = qimeng.take %a : !qimeng.channel<tensor<1x256xf32>>
  qimeng.store %x, %Y[%p, %c0] : tensor<1x256xf32>, memref<8x256xf32>
  qimeng.release %a : !qimeng.channel<tensor<1x256xf32>>
}

// Roles meet in mbarriers. The producer's threads copy where TMA cannot, and
// each arrives; each of the consumer's threads lets go for itself, so that every
// store is ordered after every read by a barrier that both took part in.
// ROLES-LABEL: llvm.func @roles(
// ROLES: nvvm.mbarrier.init %{{.*}}, %c32_i32
// ROLES: nvvm.mbarrier.init %{{.*}}, %c64_i32
// ROLES: nvvm.fence.mbarrier.init
// ROLES: nvvm.barrier
// ROLES: scf.if
// ROLES:   scf.while
// ROLES:     nvvm.mbarrier.try_wait
// ROLES:   ld.global.nc.b16
// ROLES:   llvm.store {{.*}} !llvm.ptr<3>
// ROLES:   nvvm.mbarrier.arrive %{{.*}}
// ROLES: else
// ROLES:   scf.while
// ROLES:     nvvm.mbarrier.try_wait
// ROLES:   llvm.load {{.*}} !llvm.ptr<3>
// ROLES-NOT: nvvm.bar.warp.sync
// ROLES:   nvvm.mbarrier.arrive %{{.*}}
qimeng.kernel @roles(%X: memref<8x30x31xf16>, %Y: memref<8x30x31xf16>) grid(8) schedule<warps = 2> {
  %p = qimeng.program_id 0
  %c0 = arith.constant 0 : index
  %a = qimeng.channel stages(1) : !qimeng.channel<tensor<1x32x32xf16>>
  qimeng.role producer warps(1) {
    %x = qimeng.load %X[%p, %c0, %c0] masked : memref<8x30x31xf16> -> tensor<1x32x32xf16>
    qimeng.put %a, %x : !qimeng.channel<tensor<1x32x32xf16>>
  }
  qimeng.role consumer warps(2) {
    %x = qimeng.take %a : !qimeng.channel<tensor<1x32x32xf16>>
    qimeng.store %x, %Y[%p, %c0, %c0] masked : tensor<1x32x32xf16>, memref<8x30x31xf16>
    qimeng.release %a : !qimeng.channel<tensor<1x32x32xf16>>
  }
}
