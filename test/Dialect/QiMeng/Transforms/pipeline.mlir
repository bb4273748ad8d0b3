// RUN: qimeng-opt %s --qimeng-pipeline="kernel=gemm stages=2 arch=sm_80" | FileCheck %s
// RUN: qimeng-opt %s --pass-pipeline='builtin.module(qimeng-stage{kernel=gemm},qimeng-pipeline{kernel=gemm stages=2})' | FileCheck %s
// RUN: qimeng-opt %s --qimeng-pipeline="kernel=sum stages=3 inputs=0" | FileCheck %s --check-prefix=INPUTS
// RUN: qimeng-opt %s --pass-pipeline='builtin.module(qimeng-pipeline{kernel=gemm stages=4},qimeng-pipeline{kernel=sum inputs=0},qimeng-prove)' 2>&1 | FileCheck %s --check-prefix=PROVED
// RUN: qimeng-opt %s --pass-pipeline='builtin.module(qimeng-pipeline{kernel=gemm stages=4},qimeng-pipeline{kernel=sum inputs=0})' | qimeng-verify %s - | FileCheck %s --check-prefix=SAME
// RUN: not qimeng-opt %s --qimeng-pipeline="kernel=gemm stages=5" 2>&1 | FileCheck %s --check-prefix=TRIPS
// RUN: not qimeng-opt %s --qimeng-pipeline="kernel=gemm stages=1" 2>&1 | FileCheck %s --check-prefix=STAGES
// RUN: not qimeng-opt %s --pass-pipeline='builtin.module(qimeng-pipeline{kernel=gemm stages=2},qimeng-pipeline{kernel=gemm stages=3})' 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not qimeng-opt %s --qimeng-pipeline="kernel=sum" 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not qimeng-opt %s --qimeng-pipeline="kernel=sum inputs=1" 2>&1 | FileCheck %s --check-prefix=NOINPUT
// RUN: not qimeng-opt %s --qimeng-pipeline="kernel=large stages=4 arch=sm_80" 2>&1 | FileCheck %s --check-prefix=LARGE
// RUN: not qimeng-opt %s --qimeng-pipeline="kernel=untiled" 2>&1 | FileCheck %s --check-prefix=UNTILED

// CHECK: #[[AHEAD:.*]] = affine_map<(d0) -> (d0 + 1)>
// CHECK-LABEL: @gemm(
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[C4:.*]] = arith.constant 4 : index
// CHECK: %[[CH:.*]] = qimeng.channel stages(2) : <tensor<64x32xf16>, tensor<32x64xf16>>
// CHECK-NEXT: %[[A0:.*]] = qimeng.load
// CHECK-NEXT: %[[B0:.*]] = qimeng.load
// CHECK-NEXT: qimeng.put %[[CH]], %[[A0]], %[[B0]] :
// CHECK-NEXT: scf.for %[[I:.*]] = %[[C0]] to %[[C4]]
// CHECK-NEXT:   %[[T:.*]]:2 = qimeng.take %[[CH]]
// CHECK-NEXT:   %[[NEXT:.*]] = affine.apply #[[AHEAD]](%[[I]])
// CHECK-NEXT:   %[[IN:.*]] = arith.cmpi slt, %[[NEXT]], %[[C4]] : index
// CHECK-NEXT:   scf.if %[[IN]] {
// CHECK-NEXT:     %[[K:.*]] = affine.apply #{{.*}}(%[[NEXT]])
// CHECK-NEXT:     %[[A:.*]] = qimeng.load
// CHECK-NEXT:     %[[B:.*]] = qimeng.load
// CHECK-NEXT:     qimeng.put %[[CH]], %[[A]], %[[B]] :
// CHECK-NEXT:   }
// CHECK-NEXT:   %[[P:.*]] = qimeng.dot %[[T]]#0, %[[T]]#1, %{{.*}} :
// CHECK-NEXT:   qimeng.release %[[CH]]
// CHECK-NEXT:   scf.yield %[[P]]
// TRIPS: a loop has 4 iterations, which 5 stages cannot overlap; use fewer stages, or smaller chunks
// STAGES: 'stages' must be from 2 to 16, found 1
// TWICE: no loop loads tiles for a product that is not pipelined yet; name operands with 'inputs' to pipeline other loads
// SAME: accepted: {{.*}} checks 1 to 4
// PROVED-NOT: error
// EXAMPLE: pipeline @gemm stages = 2
qimeng.kernel @gemm(%A: memref<64x128xf16>, %B: memref<128x64xf16>, %C: memref<64x64xf32>) grid(1, 1) {
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

// Any loop of loads may run ahead, not only those of products.
// INPUTS-LABEL: @sum(
// INPUTS: %[[CH:.*]] = qimeng.channel stages(3) : <tensor<1024xf32>>
// INPUTS: qimeng.put %[[CH]],
// INPUTS: qimeng.put %[[CH]],
// INPUTS: scf.for
// INPUTS-NEXT: %[[T:.*]] = qimeng.take %[[CH]]
// INPUTS: scf.if
// INPUTS: qimeng.put %[[CH]],
// INPUTS: }
// INPUTS-NEXT: arith.addf %{{.*}}, %[[T]]
// INPUTS-NEXT: qimeng.release %[[CH]]
// NOINPUT: no loop loads from the operands in 'inputs'
qimeng.kernel @sum(%A: memref<4096xf32>, %C: memref<f32>) grid(1) {
  %z = arith.constant dense<0.0> : tensor<1024xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %d = scf.for %i = %c0 to %c4 step %c1 iter_args(%acc = %z) -> tensor<1024xf32> {
    %k = affine.apply affine_map<(d0) -> (d0 * 1024)>(%i)
    %a = qimeng.load %A[%k] : memref<4096xf32> -> tensor<1024xf32>
    %p = arith.addf %acc, %a : tensor<1024xf32>
    scf.yield %p : tensor<1024xf32>
  }
  %r = qimeng.reduce add %d axes [0] : tensor<1024xf32>
  qimeng.store %r, %C : tensor<f32>, memref<f32>
}

// LARGE: its channels would take 274432 bytes of shared memory, and 1024 more are needed beside them; a block of sm_80 has 166912; use fewer stages or smaller tiles
qimeng.kernel @large(%A: memref<128x256xf32>, %B: memref<256x128xf32>, %C: memref<128x128xf32>) grid(1, 1) {
  %z = arith.constant dense<0.0> : tensor<128x128xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %d = scf.for %i = %c0 to %c4 step %c1 iter_args(%acc = %z) -> tensor<128x128xf32> {
    %k = affine.apply affine_map<(d0) -> (d0 * 64)>(%i)
    %a = qimeng.load %A[%c0, %k] : memref<128x256xf32> -> tensor<128x64xf32>
    %b = qimeng.load %B[%k, %c0] : memref<256x128xf32> -> tensor<64x128xf32>
    %p = qimeng.dot %a, %b, %acc : tensor<128x64xf32>, tensor<64x128xf32> -> tensor<128x128xf32>
    scf.yield %p : tensor<128x128xf32>
  }
  qimeng.store %d, %C : tensor<128x128xf32>, memref<128x128xf32>
}

// UNTILED: the kernel is not tiled; tile it first
qimeng.kernel @untiled(%A: memref<16xf32>, %C: memref<16xf32>) {
  %a = qimeng.load %A : memref<16xf32> -> tensor<16xf32>
  qimeng.store %a, %C : tensor<16xf32>, memref<16xf32>
}
