// RUN: qimeng-opt %s --qimeng-lower-to-gpu=arch=sm_90a | FileCheck %s
// RUN: qimeng-opt %s --qimeng-lower-to-gpu=arch=sm_90a | FileCheck %s --check-prefix=WHOLE
// RUN: not qimeng-opt %s --qimeng-lower-to-gpu=arch=sm_80 2>&1 | FileCheck %s --check-prefix=SM80
// RUN: qimeng-translate %s --arch=sm_90a --to=ptx | FileCheck %s --check-prefix=PTX

// The second factor is the same for both blocks of a cluster: each loads 32 of
// its 64 rows for both. A slot is free when the consumers of both have let go.
// CHECK-LABEL: llvm.func @gemm(
// CHECK-SAME: nvvm.cluster_dim = array<i32: 2, 1, 1>
// CHECK-SAME: {operand = 0 : i64, tensor_map = {box = array<i32: 64, 64>
// CHECK-SAME: {operand = 1 : i64, tensor_map = {box = array<i32: 64, 32>
// CHECK-SAME: cluster = array<i32: 2, 1, 1>
// CHECK-SAME: grid = array<i32: 4, 1, 1>
// CHECK-DAG: %[[ONE:.*]] = arith.constant 1 : i32
// CHECK-DAG: %[[BLOCK:.*]] = nvvm.read.ptx.sreg.ctaid.x
// CHECK: %[[RANK:.*]] = arith.andi %[[BLOCK]], %c1_i32
// CHECK: nvvm.mbarrier.init %{{.*}}, %c1_i32
// CHECK: nvvm.mbarrier.init %{{.*}}, %c2_i32
// CHECK: nvvm.cluster.arrive
// CHECK-NEXT: nvvm.cluster.wait
// Four blocks run eight programs; two that are neighbours differ along
// dimension 0 only.
// CHECK: scf.for %[[PROGRAM:.*]] = %{{.*}} to %c8_i32 step %c4_i32
// CHECK: %[[PAIR:.*]] = arith.shrui %[[PROGRAM]], %c1_i32
// CHECK: %[[COLUMN:.*]] = arith.andi %[[PAIR]], %c1_i32
// CHECK: %[[ROWS:.*]] = arith.shrui %[[PAIR]], %c1_i32
// CHECK: %[[EVEN:.*]] = arith.muli %[[ROWS]], %c2_i32
// CHECK: arith.addi %[[EVEN]], %[[RANK]]
// CHECK: nvvm.mbarrier.arrive.expect_tx %{{.*}}, %c16384_i32
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global {{.*}}box[%{{[^]]*}}] :
// CHECK: %[[HALF:.*]] = arith.muli %[[RANK]], %c32_i32
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global {{.*}} multicast_mask = %c3_i16
// CHECK: %[[THREAD:.*]] = arith.andi %{{.*}}, %c127_i32
// CHECK: %[[ARRIVES:.*]] = arith.cmpi ult, %[[THREAD]], %c2_i32
// CHECK: scf.if %[[ARRIVES]]
// CHECK:   %[[REMOTE:.*]] = nvvm.mapa %{{.*}}, %[[THREAD]] : !llvm.ptr<3> -> !llvm.ptr<7>
// CHECK:   nvvm.mbarrier.arrive %[[REMOTE]] : !llvm.ptr<7>
// Nobody leaves while others may still arrive at its barriers.
// CHECK: nvvm.cluster.arrive
// CHECK-NEXT: nvvm.cluster.wait
// CHECK-NEXT: llvm.return

// PTX-LABEL: .entry gemm(
// PTX: .reqnctapercluster 2, 1, 1
// PTX: multicast::cluster
// PTX: mapa.shared::cluster
// PTX: mbarrier.arrive.shared::cluster

// A tile of eight rows is not cut, since a swizzle repeats every eight: one of
// the blocks loads all of it.
// WHOLE-LABEL: llvm.func @whole(
// WHOLE-SAME: {operand = 1 : i64, tensor_map = {box = array<i32: 64, 8>
// WHOLE: %[[RANK:.*]] = arith.andi %{{.*}}, %c1_i32
// WHOLE: %[[MINE:.*]] = arith.cmpi eq, %[[RANK]], %c1_i32
// WHOLE: scf.if %[[MINE]]
// WHOLE:   nvvm.cp.async.bulk.tensor.shared.cluster.global {{.*}} multicast_mask = %c3_i16

// SM80: error: 'qimeng.kernel' op has a schedule with clusters, which sm_80 lacks

#rows = affine_map<(d0) -> (d0 * 64)>
qimeng.kernel @gemm(%A: memref<256x64xf16>, %B: memref<64x128xf16>, %C: memref<256x128xf32>)
    grid(4, 2) schedule<persistent = 4, cluster = 2> {
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %k = arith.constant 0 : index
  %p = qimeng.program_id 0
  %q = qimeng.program_id 1
  %m = affine.apply #rows(%p)
  %n = affine.apply #rows(%q)
  %ch = qimeng.channel stages(1) : <tensor<64x64xf16>, tensor<64x64xf16>>
  qimeng.role producer warps(4) {
    %a = qimeng.load %A[%m, %k] : memref<256x64xf16> -> tensor<64x64xf16>
    %b = qimeng.load %B[%k, %n] : memref<64x128xf16> -> tensor<64x64xf16>
    qimeng.put %ch, %a, %b : <tensor<64x64xf16>, tensor<64x64xf16>>
  }
  qimeng.role consumer warps(4) {
    %t:2 = qimeng.take %ch : <tensor<64x64xf16>, tensor<64x64xf16>>
    %r = qimeng.dot %t#0, %t#1, %zero mma <wgmma> : tensor<64x64xf16>, tensor<64x64xf16> -> tensor<64x64xf32>
    qimeng.release %ch : <tensor<64x64xf16>, tensor<64x64xf16>>
    qimeng.store %r, %C[%m, %n] : tensor<64x64xf32>, memref<256x128xf32>
  }
}

qimeng.kernel @whole(%A: memref<128x64xf16>, %B: memref<8x64xf16>, %C: memref<128x8xf32>)
    grid(2) schedule<cluster = 2> {
  %zero = arith.constant dense<0.0> : tensor<64x8xf32>
  %k = arith.constant 0 : index
  %p = qimeng.program_id 0
  %m = affine.apply #rows(%p)
  %T = qimeng.view %B by affine_map<(d0, d1) -> (d1, d0)> : memref<8x64xf16> -> <64x8xf16>
  %ch = qimeng.channel stages(1) : <tensor<64x64xf16>, tensor<64x8xf16>>
  qimeng.role producer warps(4) {
    %a = qimeng.load %A[%m, %k] : memref<128x64xf16> -> tensor<64x64xf16>
    %b = qimeng.load %T[%k, %k] : !qimeng.view<64x8xf16> -> tensor<64x8xf16>
    qimeng.put %ch, %a, %b : <tensor<64x64xf16>, tensor<64x8xf16>>
  }
  qimeng.role consumer warps(4) {
    %t:2 = qimeng.take %ch : <tensor<64x64xf16>, tensor<64x8xf16>>
    %r = qimeng.dot %t#0, %t#1, %zero mma <wgmma> : tensor<64x64xf16>, tensor<64x8xf16> -> tensor<64x8xf32>
    qimeng.release %ch : <tensor<64x64xf16>, tensor<64x8xf16>>
    qimeng.store %r, %C[%m, %k] : tensor<64x8xf32>, memref<128x8xf32>
  }
}
