// RUN: qimeng-opt %s --qimeng-lower-to-gpu=arch=sm_90a | FileCheck %s

// Threads read what TMA wrote, and TMA writes there again: an arrival alone does
// not order the two, since ptxas issues it while loads are still in flight.

// CHECK-LABEL: llvm.func @reads(
// CHECK: nvvm.cp.async.bulk.tensor
// CHECK: nvvm.ldmatrix
// CHECK: nvvm.mma.sync
// CHECK: nvvm.fence.proxy
// CHECK: nvvm.bar.warp.sync
// CHECK: nvvm.mbarrier.arrive %
qimeng.kernel @reads(%A: memref<128x256xbf16>, %B: memref<256x128xbf16>, %C: memref<128x128xf32>) grid(2, 2) schedule<warps = 4> {
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %i = qimeng.program_id 0
  %j = qimeng.program_id 1
  %m = affine.apply affine_map<(d0) -> (d0 * 64)>(%i)
  %n = affine.apply affine_map<(d0) -> (d0 * 64)>(%j)
  %ch = qimeng.channel stages(2) : !qimeng.channel<tensor<64x64xbf16>, tensor<64x64xbf16>>
  qimeng.role producer warps(1) {
    scf.for %k = %c0 to %c4 step %c1 {
      %kk = affine.apply affine_map<(d0) -> (d0 * 64)>(%k)
      %a = qimeng.load %A[%m, %kk] : memref<128x256xbf16> -> tensor<64x64xbf16>
      %b = qimeng.load %B[%kk, %n] : memref<256x128xbf16> -> tensor<64x64xbf16>
      qimeng.put %ch, %a, %b : !qimeng.channel<tensor<64x64xbf16>, tensor<64x64xbf16>>
    }
  }
  qimeng.role consumer warps(4) {
    %d = scf.for %k = %c0 to %c4 step %c1 iter_args(%acc = %z) -> (tensor<64x64xf32>) {
      %a, %b = qimeng.take %ch : !qimeng.channel<tensor<64x64xbf16>, tensor<64x64xbf16>>
      %r = qimeng.dot %a, %b, %acc mma <mma_sync> : tensor<64x64xbf16>, tensor<64x64xbf16> -> tensor<64x64xf32>
      qimeng.release %ch : !qimeng.channel<tensor<64x64xbf16>, tensor<64x64xbf16>>
      scf.yield %r : tensor<64x64xf32>
    }
    qimeng.store %d, %C[%m, %n] : tensor<64x64xf32>, memref<128x128xf32>
  }
}
