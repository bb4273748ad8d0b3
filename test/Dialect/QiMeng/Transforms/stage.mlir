// RUN: qimeng-opt %s --qimeng-stage="kernel=gemm arch=sm_80" | FileCheck %s
// RUN: qimeng-opt %s --qimeng-stage="kernel=widened" | FileCheck %s --check-prefix=WIDENED
// RUN: qimeng-opt %s --qimeng-stage="kernel=computed" | FileCheck %s --check-prefix=COMPUTED
// RUN: qimeng-opt %s --qimeng-stage="kernel=sum inputs=0" | FileCheck %s --check-prefix=INPUTS
// RUN: qimeng-opt %s --pass-pipeline='builtin.module(qimeng-stage{kernel=gemm},qimeng-stage{kernel=widened},qimeng-stage{kernel=computed},qimeng-prove)' 2>&1 | FileCheck %s --check-prefix=PROVED
// RUN: qimeng-opt %s --qimeng-stage 2>&1 | FileCheck %s --check-prefix=REFUSED
// RUN: not qimeng-opt %s --qimeng-stage="kernel=sum inputs=1" 2>&1 | FileCheck %s --check-prefix=NOINPUT
// RUN: not qimeng-opt %s --qimeng-stage="kernel=sum inputs=2" 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: not qimeng-opt %s --qimeng-stage="kernel=huge arch=sm_80" 2>&1 | FileCheck %s --check-prefix=HUGE

// EXAMPLE: stage @gemm
#k = affine_map<(d0) -> (d0 * 32)>

// CHECK-LABEL: @gemm(
// CHECK: %[[CH:.*]] = qimeng.channel stages(1) : <tensor<64x32xf16>, tensor<32x64xf16>>
// CHECK: scf.for
// CHECK:   %[[A:.*]] = qimeng.load
// CHECK:   %[[B:.*]] = qimeng.load
// CHECK-NEXT: qimeng.put %[[CH]], %[[A]], %[[B]] :
// CHECK-NEXT: %[[T:.*]]:2 = qimeng.take %[[CH]]
// CHECK-NEXT: %[[P:.*]] = qimeng.dot %[[T]]#0, %[[T]]#1, %{{.*}} :
// CHECK-NEXT: qimeng.release %[[CH]]
// CHECK-NEXT: scf.yield %[[P]]
// PROVED-NOT: error
qimeng.kernel @gemm(%A: memref<64x128xf16>, %B: memref<128x64xf16>, %C: memref<64x64xf32>) grid(1, 1) {
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %d = scf.for %i = %c0 to %c4 step %c1 iter_args(%acc = %z) -> tensor<64x64xf32> {
    %k = affine.apply #k(%i)
    %a = qimeng.load %A[%c0, %k] : memref<64x128xf16> -> tensor<64x32xf16>
    %b = qimeng.load %B[%k, %c0] : memref<128x64xf16> -> tensor<32x64xf16>
    %p = qimeng.dot %a, %b, %acc : tensor<64x32xf16>, tensor<32x64xf16> -> tensor<64x64xf32>
    scf.yield %p : tensor<64x64xf32>
  }
  qimeng.store %d, %C : tensor<64x64xf32>, memref<64x64xf32>
}
// END EXAMPLE

// What is put is what memory holds; it is widened after the take.
// WIDENED-LABEL: @widened(
// WIDENED: %[[CH:.*]] = qimeng.channel stages(1) : <tensor<64x32xbf16>, tensor<32x64xf32>>
// WIDENED: qimeng.put %[[CH]],
// WIDENED-NEXT: %[[T:.*]]:2 = qimeng.take %[[CH]]
// WIDENED-NEXT: %[[X:.*]] = arith.extf %[[T]]#0 : tensor<64x32xbf16> to tensor<64x32xf32>
// WIDENED-NEXT: qimeng.dot %[[X]], %[[T]]#1,
// WIDENED-NEXT: qimeng.release %[[CH]]
qimeng.kernel @widened(%A: memref<64x128xbf16>, %B: memref<128x64xf32>, %C: memref<64x64xf32>) grid(1, 1) {
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %d = scf.for %i = %c0 to %c4 step %c1 iter_args(%acc = %z) -> tensor<64x64xf32> {
    %k = affine.apply #k(%i)
    %a = qimeng.load %A[%c0, %k] : memref<64x128xbf16> -> tensor<64x32xbf16>
    %x = arith.extf %a : tensor<64x32xbf16> to tensor<64x32xf32>
    %b = qimeng.load %B[%k, %c0] : memref<128x64xf32> -> tensor<32x64xf32>
    %p = qimeng.dot %x, %b, %acc : tensor<64x32xf32>, tensor<32x64xf32> -> tensor<64x64xf32>
    scf.yield %p : tensor<64x64xf32>
  }
  qimeng.store %d, %C : tensor<64x64xf32>, memref<64x64xf32>
}

// wgmma reads from shared memory: computed factors and loads outside loops go
// there too.
// COMPUTED-LABEL: @computed(
// COMPUTED-DAG: %[[Q:.*]] = qimeng.channel stages(1) : <tensor<64x64xf16>>
// COMPUTED: qimeng.put %[[Q]],
// COMPUTED-NEXT: %[[TQ:.*]] = qimeng.take %[[Q]]
// COMPUTED: %[[KV:.*]] = qimeng.channel stages(1) : <tensor<64x64xf16>, tensor<64x64xf16>>
// COMPUTED: %[[CP:.*]] = qimeng.channel stages(1) : <tensor<64x64xf16>>
// COMPUTED: scf.for
// COMPUTED:   qimeng.put %[[KV]],
// COMPUTED-NEXT: %[[T:.*]]:2 = qimeng.take %[[KV]]
// COMPUTED-NEXT: %[[S:.*]] = qimeng.dot %[[TQ]], %[[T]]#0,
// COMPUTED-NEXT: %[[H:.*]] = arith.truncf %[[S]]
// COMPUTED-NEXT: qimeng.put %[[CP]], %[[H]]
// COMPUTED-NEXT: %[[TP:.*]] = qimeng.take %[[CP]]
// COMPUTED-NEXT: qimeng.dot %[[TP]], %[[T]]#1,
// COMPUTED-DAG: qimeng.release %[[CP]]
// COMPUTED-DAG: qimeng.release %[[KV]]
// COMPUTED: scf.yield
// COMPUTED-NEXT: }
// COMPUTED-NEXT: qimeng.release %[[Q]]
qimeng.kernel @computed(%A: memref<64x64xf16>, %B: memref<64x256xf16>, %V: memref<256x64xf16>, %C: memref<64x64xf32>) grid(1, 1) {
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %q = qimeng.load %A : memref<64x64xf16> -> tensor<64x64xf16>
  %d = scf.for %i = %c0 to %c4 step %c1 iter_args(%acc = %z) -> tensor<64x64xf32> {
    %k = affine.apply affine_map<(d0) -> (d0 * 64)>(%i)
    %b = qimeng.load %B[%c0, %k] : memref<64x256xf16> -> tensor<64x64xf16>
    %s = qimeng.dot %q, %b, %z mma <wgmma> : tensor<64x64xf16>, tensor<64x64xf16> -> tensor<64x64xf32>
    %h = arith.truncf %s : tensor<64x64xf32> to tensor<64x64xf16>
    %v = qimeng.load %V[%k, %c0] : memref<256x64xf16> -> tensor<64x64xf16>
    %p = qimeng.dot %h, %v, %acc mma <wgmma> : tensor<64x64xf16>, tensor<64x64xf16> -> tensor<64x64xf32>
    scf.yield %p : tensor<64x64xf32>
  }
  qimeng.store %d, %C : tensor<64x64xf32>, memref<64x64xf32>
}

// INPUTS-LABEL: @sum(
// INPUTS: %[[CH:.*]] = qimeng.channel stages(1) : <tensor<1024xf32>>
// INPUTS: scf.for
// INPUTS:   qimeng.put %[[CH]],
// INPUTS-NEXT: %[[T:.*]] = qimeng.take %[[CH]]
// INPUTS-NEXT: arith.addf %{{.*}}, %[[T]]
// INPUTS-NEXT: qimeng.release %[[CH]]
// REFUSED: skipped @sum: no product in a loop reads tiles that are not in a channel yet; name operands with 'inputs' to stage other loads
// NOINPUT: no loop loads from the operands in 'inputs'
// RANGE: 'inputs' must hold numbers of kernel operands from 0 to 1, found 2
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

// REFUSED: skipped @untiled: the kernel is not tiled; tile it first
qimeng.kernel @untiled(%A: memref<16xf32>, %C: memref<16xf32>) {
  %a = qimeng.load %A : memref<16xf32> -> tensor<16xf32>
  qimeng.store %a, %C : tensor<16xf32>, memref<16xf32>
}

// HUGE: its channels would take 268288 bytes of shared memory, and 1024 more are needed beside them; a block of sm_80 has 166912; use fewer stages or smaller tiles
qimeng.kernel @huge(%A: memref<128x1024xf32>, %B: memref<1024x128xf32>, %C: memref<128x128xf32>) grid(1, 1) {
  %z = arith.constant dense<0.0> : tensor<128x128xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %d = scf.for %i = %c0 to %c4 step %c1 iter_args(%acc = %z) -> tensor<128x128xf32> {
    %k = affine.apply affine_map<(d0) -> (d0 * 256)>(%i)
    %a = qimeng.load %A[%c0, %k] : memref<128x1024xf32> -> tensor<128x256xf32>
    %b = qimeng.load %B[%k, %c0] : memref<1024x128xf32> -> tensor<256x128xf32>
    %p = qimeng.dot %a, %b, %acc : tensor<128x256xf32>, tensor<256x128xf32> -> tensor<128x128xf32>
    scf.yield %p : tensor<128x128xf32>
  }
  qimeng.store %d, %C : tensor<128x128xf32>, memref<128x128xf32>
}
