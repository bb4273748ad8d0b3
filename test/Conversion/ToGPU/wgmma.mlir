// RUN: qimeng-opt %s --qimeng-lower-to-gpu=arch=sm_90a | FileCheck %s

// One thread copies by TMA. The first product overwrites the accumulators and is
// peeled; one product stays in flight while the next slot is awaited; the slot
// of the one before is released. The result leaves through stmatrix and TMA.
// CHECK-LABEL: llvm.func @gemm(
// CHECK-SAME: llvm.byval = !llvm.array<128 x i8>, nvvm.grid_constant
// CHECK-SAME: nvvm.maxntid = array<i32: 256, 1, 1>
// CHECK: nvvm.mbarrier.init %{{.*}}, %c1_i32
// CHECK: nvvm.prefetch {{.*}}tensormap
// CHECK: scf.if
// CHECK:   nvvm.setmaxregister decrease 40
// CHECK:   nvvm.elect.sync
// CHECK:   scf.for
// CHECK:     nvvm.mbarrier.try_wait
// CHECK:     nvvm.mbarrier.arrive.expect_tx
// CHECK:     nvvm.cp.async.bulk.tensor.shared.cluster.global
// CHECK:     nvvm.cp.async.bulk.tensor.shared.cluster.global
// CHECK: else
// CHECK:   nvvm.setmaxregister increase 240
// CHECK:   nvvm.mbarrier.try_wait
// CHECK:   nvvm.wgmma.fence.aligned
// CHECK:   nvvm.wgmma.mma_async {{.*}} <m = 64, n = 64, k = 16>, D[<f32>, <zero>], A[<bf16>, <one>, <row>], B[<bf16>, <one>, <row>]
// CHECK:   nvvm.wgmma.mma_async {{.*}} D[<f32>, <one>]
// CHECK:   nvvm.wgmma.mma_async {{.*}} D[<f32>, <one>]
// CHECK:   nvvm.wgmma.mma_async {{.*}} D[<f32>, <one>]
// CHECK:   nvvm.wgmma.commit.group.sync.aligned
// CHECK-NOT: nvvm.wgmma.wait.group
// CHECK:   scf.for
// CHECK-NOT: <zero>
// CHECK:     nvvm.wgmma.wait.group.sync.aligned 1
// CHECK:     nvvm.mbarrier.arrive %
// CHECK:   nvvm.wgmma.wait.group.sync.aligned 0
// CHECK:   nvvm.mbarrier.arrive %
// CHECK:   nvvm.cp.async.bulk.wait_group 0 {read}
// CHECK:   nvvm.stmatrix
// CHECK:   nvvm.fence.proxy
// CHECK:   nvvm.cp.async.bulk.tensor.global.shared.cta
// CHECK:   nvvm.cp.async.bulk.commit.group
qimeng.kernel @gemm(%A: memref<256x512xbf16>, %B: memref<512x128xbf16>, %C: memref<256x128xbf16>) grid(4, 2) schedule<warps = 4> {
  %p = qimeng.program_id 0
  %q = qimeng.program_id 1
  %m = affine.apply affine_map<(d0) -> (d0 * 64)>(%p)
  %n = affine.apply affine_map<(d0) -> (d0 * 64)>(%q)
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %ch = qimeng.channel stages(4) : !qimeng.channel<tensor<64x64xbf16>, tensor<64x64xbf16>>
  qimeng.role producer warps(4) registers(40) {
    scf.for %i = %c0 to %c8 step %c1 {
      %k = affine.apply affine_map<(d0) -> (d0 * 64)>(%i)
      %a = qimeng.load %A[%m, %k] : memref<256x512xbf16> -> tensor<64x64xbf16>
      %b = qimeng.load %B[%k, %n] : memref<512x128xbf16> -> tensor<64x64xbf16>
      qimeng.put %ch, %a, %b : !qimeng.channel<tensor<64x64xbf16>, tensor<64x64xbf16>>
    }
  }
  qimeng.role consumer warps(4) registers(240) {
    %z = arith.constant dense<0.0> : tensor<64x64xf32>
    %d = scf.for %i = %c0 to %c8 step %c1 iter_args(%acc = %z) -> (tensor<64x64xf32>) {
      %a, %b = qimeng.take %ch : !qimeng.channel<tensor<64x64xbf16>, tensor<64x64xbf16>>
      %r = qimeng.dot %a, %b, %acc mma <wgmma> : tensor<64x64xbf16>, tensor<64x64xbf16> -> tensor<64x64xf32>
      qimeng.release %ch : !qimeng.channel<tensor<64x64xbf16>, tensor<64x64xbf16>>
      scf.yield %r : tensor<64x64xf32>
    }
    %h = arith.truncf %d : tensor<64x64xf32> to tensor<64x64xbf16>
    qimeng.store %h, %C[%m, %n] : tensor<64x64xbf16>, memref<256x128xbf16>
  }
}

// A factor that threads write goes through the async proxy; a slot that threads
// write and read is let go by every reader.
// CHECK-LABEL: llvm.func @shared_reads(
// CHECK: nvvm.mbarrier.init %{{.*}}, %c128_i32
// CHECK: nvvm.mbarrier.init %{{.*}}, %c128_i32
// CHECK: llvm.store {{.*}} !llvm.ptr<3>
// CHECK: nvvm.fence.proxy
// CHECK: nvvm.mbarrier.arrive
// CHECK: nvvm.mbarrier.try_wait
// CHECK: nvvm.wgmma.mma_async
// CHECK-NOT: nvvm.bar.warp.sync
// CHECK: nvvm.mbarrier.arrive
qimeng.kernel @shared_reads(%A: memref<64x64xf16>, %C: memref<64x64xf32>) grid(1) schedule<warps = 4> {
  %ch = qimeng.channel stages(1) : !qimeng.channel<tensor<64x64xf16>>
  qimeng.role producer warps(4) {
    %a = qimeng.load %A : memref<64x64xf16> -> tensor<64x64xf16>
    %b = arith.addf %a, %a : tensor<64x64xf16>
    qimeng.put %ch, %b : !qimeng.channel<tensor<64x64xf16>>
  }
  qimeng.role consumer warps(4) {
    %a = qimeng.take %ch : !qimeng.channel<tensor<64x64xf16>>
    %z = arith.constant dense<0.0> : tensor<64x64xf32>
    %d = qimeng.dot %a, %a, %z mma <wgmma> : tensor<64x64xf16>, tensor<64x64xf16> -> tensor<64x64xf32>
    %w = arith.extf %a : tensor<64x64xf16> to tensor<64x64xf32>
    %s = arith.addf %d, %w : tensor<64x64xf32>
    qimeng.release %ch : !qimeng.channel<tensor<64x64xf16>>
    qimeng.store %s, %C : tensor<64x64xf32>, memref<64x64xf32>
  }
}
