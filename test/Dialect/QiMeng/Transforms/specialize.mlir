// RUN: qimeng-opt %s --qimeng-specialize="kernel=attention stages=2 arch=sm_90a" | FileCheck %s
// RUN: qimeng-opt %s --pass-pipeline='builtin.module(qimeng-pipeline{kernel=gemm stages=3},qimeng-specialize{kernel=gemm})' | FileCheck %s --check-prefix=PIPELINED
// RUN: qimeng-opt %s --pass-pipeline='builtin.module(qimeng-stage{kernel=gemm},qimeng-specialize{kernel=gemm stages=5 arch=sm_120a})' | FileCheck %s --check-prefix=STAGED
// RUN: qimeng-opt %s --qimeng-specialize="kernel=short" | FileCheck %s --check-prefix=SHORT
// RUN: qimeng-opt %s --pass-pipeline='builtin.module(qimeng-specialize{kernel=attention},qimeng-pipeline{kernel=gemm stages=3},qimeng-specialize{kernel=gemm},qimeng-specialize{kernel=short},qimeng-prove)' 2>&1 | FileCheck %s --check-prefix=PROVED
// RUN: qimeng-opt %s --pass-pipeline='builtin.module(qimeng-specialize{kernel=attention stages=2},qimeng-specialize{kernel=gemm},qimeng-specialize{kernel=short})' | qimeng-verify %s - | FileCheck %s --check-prefix=SAME
// RUN: not qimeng-opt %s --qimeng-specialize="kernel=gemm arch=sm_80" 2>&1 | FileCheck %s --check-prefix=TARGET
// RUN: not qimeng-opt %s --qimeng-specialize="kernel=gemm stages=16 arch=sm_120a" 2>&1 | FileCheck %s --check-prefix=SHARED
// RUN: not qimeng-opt %s --qimeng-specialize="kernel=gemm stages=0" 2>&1 | FileCheck %s --check-prefix=STAGES
// RUN: not qimeng-opt %s --pass-pipeline='builtin.module(qimeng-specialize{kernel=gemm},qimeng-specialize{kernel=gemm})' 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not qimeng-opt %s --qimeng-specialize="kernel=copy" 2>&1 | FileCheck %s --check-prefix=NOTHING
// RUN: not qimeng-opt %s --qimeng-specialize="kernel=thin" 2>&1 | FileCheck %s --check-prefix=WARPS
// RUN: not qimeng-opt %s --qimeng-specialize="kernel=full" 2>&1 | FileCheck %s --check-prefix=FULL
// RUN: qimeng-opt %s --qimeng-specialize="kernel=wide arch=sm_90a" | FileCheck %s --check-prefix=WIDE
// RUN: not qimeng-opt %s --qimeng-specialize="kernel=copy inputs=7" 2>&1 | FileCheck %s --check-prefix=RANGE

// Q once, K and V in a loop: each product has a channel of its own; the
// probabilities are computed, so the consumer puts them itself.
// CHECK-LABEL: @attention(
// CHECK-DAG: %[[CQ:.*]] = qimeng.channel stages(1) : <tensor<64x64xf16>>
// CHECK-DAG: %[[CK:.*]] = qimeng.channel stages(2) : <tensor<64x128xf16>>
// CHECK-DAG: %[[CV:.*]] = qimeng.channel stages(2) : <tensor<128x64xf16>>
// CHECK-DAG: %[[CP:.*]] = qimeng.channel stages(1) : <tensor<64x128xf16>>
// CHECK: qimeng.role producer warps(4) registers(40) {
// CHECK:   %[[Q:.*]] = qimeng.load
// CHECK:   qimeng.put %[[CQ]], %[[Q]]
// CHECK:   scf.for %{{[a-z0-9]*}} = %{{[a-z0-9]*}} to %{{[a-z0-9]*}} step %{{[a-z0-9]*}} {
// CHECK:     %[[K:.*]] = qimeng.load
// CHECK:     qimeng.put %[[CK]], %[[K]]
// CHECK:     %[[V:.*]] = qimeng.load
// CHECK:     qimeng.put %[[CV]], %[[V]]
// CHECK:   }
// CHECK: }
// CHECK: qimeng.role consumer warps(4) registers(240) {
// CHECK:   %[[TQ:.*]] = qimeng.take %[[CQ]]
// CHECK:   scf.for
// CHECK:     %[[TK:.*]] = qimeng.take %[[CK]]
// CHECK:     qimeng.dot %[[TQ]], %[[TK]],
// CHECK:     qimeng.release %[[CK]]
// CHECK:     %[[P:.*]] = arith.truncf
// CHECK-DAG: %[[TV:.*]] = qimeng.take %[[CV]]
// CHECK-DAG: qimeng.put %[[CP]], %[[P]]
// CHECK-DAG: %[[TP:.*]] = qimeng.take %[[CP]]
// CHECK:     qimeng.dot %[[TP]], %[[TV]],
// CHECK-DAG: qimeng.release %[[CP]]
// CHECK-DAG: qimeng.release %[[CV]]
// CHECK:     scf.yield
// CHECK:   qimeng.release %[[CQ]]
// CHECK:   qimeng.store
// SAME: accepted: {{.*}} checks 1 to 4
// PROVED-NOT: error
qimeng.kernel @attention(%Q: memref<64x64xf16>, %K: memref<64x512xf16>, %V: memref<512x64xf16>, %O: memref<64x64xf32>) grid(1, 1) {
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %zs = arith.constant dense<0.0> : tensor<64x128xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %q = qimeng.load %Q : memref<64x64xf16> -> tensor<64x64xf16>
  %d = scf.for %i = %c0 to %c4 step %c1 iter_args(%acc = %z) -> tensor<64x64xf32> {
    %n = affine.apply affine_map<(d0) -> (d0 * 128)>(%i)
    %k = qimeng.load %K[%c0, %n] : memref<64x512xf16> -> tensor<64x128xf16>
    %s = qimeng.dot %q, %k, %zs mma <wgmma> : tensor<64x64xf16>, tensor<64x128xf16> -> tensor<64x128xf32>
    %e = math.exp %s : tensor<64x128xf32>
    %h = arith.truncf %e : tensor<64x128xf32> to tensor<64x128xf16>
    %v = qimeng.load %V[%n, %c0] : memref<512x64xf16> -> tensor<128x64xf16>
    %p = qimeng.dot %h, %v, %acc mma <wgmma> : tensor<64x128xf16>, tensor<128x64xf16> -> tensor<64x64xf32>
    scf.yield %p : tensor<64x64xf32>
  }
  qimeng.store %d, %O : tensor<64x64xf32>, memref<64x64xf32>
}

// A prologue and guarded puts move to the producer as they are.
// PIPELINED-LABEL: @gemm(
// PIPELINED: %[[CH:.*]] = qimeng.channel stages(3)
// PIPELINED: qimeng.role producer
// PIPELINED:   qimeng.put %[[CH]],
// PIPELINED:   qimeng.put %[[CH]],
// PIPELINED:   scf.for
// PIPELINED:     scf.if
// PIPELINED:       qimeng.put %[[CH]],
// PIPELINED: qimeng.role consumer
// PIPELINED:   scf.for
// PIPELINED-NEXT: %[[T:.*]]:2 = qimeng.take %[[CH]]
// PIPELINED-NEXT: %[[P:.*]] = qimeng.dot %[[T]]#0, %[[T]]#1,
// PIPELINED-NEXT: qimeng.release
// PIPELINED-NEXT: scf.yield %[[P]]
// STAGED-LABEL: @gemm(
// STAGED: qimeng.channel stages(5)
// STAGED: qimeng.role producer warps(4) {
// STAGED: qimeng.role consumer warps(8) {
// TARGET: sm_80 has no bulk copies that a producer could issue; use pipeline
// SHARED: its channels would take 131072 bytes of shared memory, and 33792 more are needed beside them; a block of sm_120a has 101376; use fewer stages or smaller tiles
// STAGES: 'stages' must be from 1 to 16, found 0
// TWICE: the kernel has roles already; this comes before specialize
// EXAMPLE: specialize @gemm
qimeng.kernel @gemm(%A: memref<64x128xf16>, %B: memref<128x64xf16>, %C: memref<64x64xf32>) grid(1, 1) schedule<warps = 8> {
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %d = scf.for %i = %c0 to %c4 step %c1 iter_args(%acc = %z) -> tensor<64x64xf32> {
    %k = affine.apply affine_map<(d0) -> (d0 * 32)>(%i)
    %a = qimeng.load %A[%c0, %k] : memref<64x128xf16> -> tensor<64x32xf16>
    %b = qimeng.load %B[%k, %c0] : memref<128x64xf16> -> tensor<32x64xf16>
    %p = qimeng.dot %a, %b, %acc : tensor<64x32xf16>, tensor<32x64xf16> -> tensor<64x64xf32>
    scf.yield %p : tensor<64x64xf32>
  }
  qimeng.store %d, %C : tensor<64x64xf32>, memref<64x64xf32>
}
// END EXAMPLE

// All of K in one tile: no loop, one put.
// SHORT-LABEL: @short(
// SHORT: %[[CH:.*]] = qimeng.channel stages(4)
// SHORT-NEXT: qimeng.role producer
// SHORT-NEXT: qimeng.load
// SHORT-NEXT: qimeng.load
// SHORT-NEXT: qimeng.put %[[CH]],
// SHORT-NEXT: }
// SHORT-NEXT: qimeng.role consumer
// SHORT-NEXT: %[[T:.*]]:2 = qimeng.take
// SHORT-NEXT: %[[P:.*]] = qimeng.dot %[[T]]#0, %[[T]]#1,
// SHORT-NEXT: qimeng.release
// SHORT-NEXT: qimeng.store %[[P]]
qimeng.kernel @short(%A: memref<64x32xf16>, %B: memref<32x64xf16>, %C: memref<64x64xf32>) grid(1, 1) {
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %a = qimeng.load %A : memref<64x32xf16> -> tensor<64x32xf16>
  %b = qimeng.load %B : memref<32x64xf16> -> tensor<32x64xf16>
  %p = qimeng.dot %a, %b, %z mma <wgmma> : tensor<64x32xf16>, tensor<32x64xf16> -> tensor<64x64xf32>
  qimeng.store %p, %C : tensor<64x64xf32>, memref<64x64xf32>
}

// NOTHING: there are no loads that a producer could put into a channel: no product in a loop reads any; name operands with 'inputs' for other loads
// RANGE: 'inputs' must hold numbers of kernel operands from 0 to 1, found 7
qimeng.kernel @copy(%A: memref<16xf32>, %C: memref<16xf32>) grid(1) {
  %a = qimeng.load %A : memref<16xf32> -> tensor<16xf32>
  qimeng.store %a, %C : tensor<16xf32>, memref<16xf32>
}

// WARPS: roles are groups of four warps, but the schedule has 2 warps; tile with 4, 8 or 16
qimeng.kernel @thin(%A: memref<16xf32>, %C: memref<16xf32>) grid(1) schedule<warps = 2> {
  %a = qimeng.load %A : memref<16xf32> -> tensor<16xf32>
  qimeng.store %a, %C : tensor<16xf32>, memref<16xf32>
}

// FULL: the schedule has 32 warps, which leaves no room for a producer in a block of 1024 threads
qimeng.kernel @full(%A: memref<16xf32>, %C: memref<16xf32>) grid(1) schedule<warps = 32> {
  %a = qimeng.load %A : memref<16xf32> -> tensor<16xf32>
  qimeng.store %a, %C : tensor<16xf32>, memref<16xf32>
}

// 640 threads start with 96 registers each: 16 consumer warps cannot get more
// than the producer gives up. They would wait for ever.
// WIDE-LABEL: @wide(
// WIDE: qimeng.role producer warps(4) registers(32) {
// WIDE: qimeng.role consumer warps(16) registers(112) {
qimeng.kernel @wide(%A: memref<64x32xf16>, %B: memref<32x64xf16>, %C: memref<64x64xf32>) grid(1, 1) schedule<warps = 16> {
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %d = scf.for %i = %c0 to %c2 step %c1 iter_args(%acc = %z) -> tensor<64x64xf32> {
    %k = affine.apply affine_map<(d0) -> (d0 * 16)>(%i)
    %a = qimeng.load %A[%c0, %k] : memref<64x32xf16> -> tensor<64x16xf16>
    %b = qimeng.load %B[%k, %c0] : memref<32x64xf16> -> tensor<16x64xf16>
    %p = qimeng.dot %a, %b, %acc : tensor<64x16xf16>, tensor<16x64xf16> -> tensor<64x64xf32>
    scf.yield %p : tensor<64x64xf32>
  }
  qimeng.store %d, %C : tensor<64x64xf32>, memref<64x64xf32>
}
