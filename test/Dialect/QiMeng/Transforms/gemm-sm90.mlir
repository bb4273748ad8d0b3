// RUN: qimeng-opt %s --pass-pipeline='builtin.module(qimeng-tile{sizes=128,256 reduce=64 warps=8}, \
// RUN:   qimeng-tensorize{kind=wgmma arch=sm_90a}, qimeng-specialize{stages=4 arch=sm_90a}, \
// RUN:   qimeng-reorder{raster=8 arch=sm_90a}, qimeng-persist{arch=sm_90a}, qimeng-prove)' | FileCheck %s --check-prefix=SM90
// RUN: qimeng-opt %s --pass-pipeline='builtin.module(qimeng-tile{sizes=128,128 reduce=32 warps=8}, \
// RUN:   qimeng-tensorize{arch=sm_80}, qimeng-pipeline{arch=sm_80}, \
// RUN:   qimeng-reorder{raster=8 arch=sm_80}, qimeng-prove)' | FileCheck %s --check-prefix=SM80

// gelu(A x B + bias) in its fastest form: on sm_90a a producer that loads and
// two warpgroups of consumers; on sm_80 three stages in one role.

// SM90-DAG: #[[M:.*]] = affine_map<(d0) -> (d0 * 128)>
// SM90-DAG: #[[N:.*]] = affine_map<(d0) -> (d0 * 256)>
// SM90-DAG: #[[K:.*]] = affine_map<(d0) -> (d0 * 64)>
// SM90: qimeng.kernel @matmul(%[[A:.*]]: memref<4096x4096xbf16>, %[[B:.*]]: memref<4096x4096xbf16>, %[[BIAS:.*]]: memref<4096xbf16>, %[[C:.*]]: memref<4096x4096xbf16>)
// SM90-SAME: grid(32, 16) schedule<warps = 8, raster = 8, persistent = 132> {
// SM90-DAG: %[[K0:.*]] = arith.constant 0 : index
// SM90-DAG: %[[K1:.*]] = arith.constant 1 : index
// SM90-DAG: %[[KN:.*]] = arith.constant 64 : index
// SM90-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<128x256xf32>
// SM90-DAG: %[[PM:.*]] = qimeng.program_id 0
// SM90-DAG: %[[PN:.*]] = qimeng.program_id 1
// SM90-DAG: %[[OM:.*]] = affine.apply #[[M]](%[[PM]])
// SM90-DAG: %[[ON:.*]] = affine.apply #[[N]](%[[PN]])
// SM90: %[[CH:.*]] = qimeng.channel stages(4) : <tensor<128x64xbf16>, tensor<64x256xbf16>>
// SM90-NEXT: qimeng.role producer warps(4) registers(40) {
// SM90-NEXT:   scf.for %[[I:.*]] = %[[K0]] to %[[KN]] step %[[K1]] {
// SM90-NEXT:     %[[OK:.*]] = affine.apply #[[K]](%[[I]])
// SM90-NEXT:     %[[LA:.*]] = qimeng.load %[[A]][%[[OM]], %[[OK]]] :
// SM90-NEXT:     %[[LB:.*]] = qimeng.load %[[B]][%[[OK]], %[[ON]]] :
// SM90-NEXT:     qimeng.put %[[CH]], %[[LA]], %[[LB]] :
// SM90-NEXT:   }
// SM90-NEXT: }
// SM90-NEXT: qimeng.role consumer warps(8) registers(232) {
// SM90-NEXT:   %[[D:.*]] = scf.for %{{.*}} = %[[K0]] to %[[KN]] step %[[K1]] iter_args(%[[ACC:.*]] = %[[ZERO]])
// SM90-NEXT:     %[[T:.*]]:2 = qimeng.take %[[CH]]
// SM90-NEXT:     %[[P:.*]] = qimeng.dot %[[T]]#0, %[[T]]#1, %[[ACC]] mma <wgmma> :
// SM90-NEXT:     qimeng.release %[[CH]]
// SM90-NEXT:     scf.yield %[[P]]
// SM90-NEXT:   }
// SM90-NEXT:   %[[V:.*]] = qimeng.load %[[BIAS]][%[[ON]]] : memref<4096xbf16> -> tensor<256xbf16>
// SM90:        math.erf {{.*}} : tensor<128x256xf32>
// SM90:        %[[R:.*]] = arith.truncf
// SM90-NEXT:   qimeng.store %[[R]], %[[C]][%[[OM]], %[[ON]]] :
// SM90-NEXT: }
// SM90-NEXT: }

// SM80: #[[AHEAD:.*]] = affine_map<(d0) -> (d0 + 2)>
// SM80: qimeng.kernel @matmul(%[[A:.*]]: memref<4096x4096xbf16>, %[[B:.*]]: memref<4096x4096xbf16>,
// SM80-SAME: grid(32, 32) schedule<warps = 8, raster = 8> {
// SM80-DAG: %[[K0:.*]] = arith.constant 0 : index
// SM80-DAG: %[[K32:.*]] = arith.constant 32 : index
// SM80-DAG: %[[KN:.*]] = arith.constant 128 : index
// SM80: %[[CH:.*]] = qimeng.channel stages(3) : <tensor<128x32xbf16>, tensor<32x128xbf16>>
// SM80-NEXT: %[[A0:.*]] = qimeng.load %[[A]][%[[OM:.*]], %[[K0]]] :
// SM80-NEXT: %[[B0:.*]] = qimeng.load %[[B]][%[[K0]], %[[ON:.*]]] :
// SM80-NEXT: qimeng.put %[[CH]], %[[A0]], %[[B0]] :
// SM80-NEXT: %[[A1:.*]] = qimeng.load %[[A]][%[[OM]], %[[K32]]] :
// SM80-NEXT: %[[B1:.*]] = qimeng.load %[[B]][%[[K32]], %[[ON]]] :
// SM80-NEXT: qimeng.put %[[CH]], %[[A1]], %[[B1]] :
// SM80-NEXT: scf.for %[[I:.*]] = %[[K0]] to %[[KN]] step %{{.*}} iter_args(%[[ACC:.*]] =
// SM80-NEXT:   %[[T:.*]]:2 = qimeng.take %[[CH]]
// SM80-NEXT:   %[[NEXT:.*]] = affine.apply #[[AHEAD]](%[[I]])
// SM80-NEXT:   %[[IN:.*]] = arith.cmpi slt, %[[NEXT]], %[[KN]] : index
// SM80-NEXT:   scf.if %[[IN]] {
// SM80-NEXT:     %[[OK:.*]] = affine.apply #{{.*}}(%[[NEXT]])
// SM80-NEXT:     %[[AN:.*]] = qimeng.load %[[A]][%[[OM]], %[[OK]]] :
// SM80-NEXT:     %[[BN:.*]] = qimeng.load %[[B]][%[[OK]], %[[ON]]] :
// SM80-NEXT:     qimeng.put %[[CH]], %[[AN]], %[[BN]] :
// SM80-NEXT:   }
// SM80-NEXT:   %[[P:.*]] = qimeng.dot %[[T]]#0, %[[T]]#1, %[[ACC]] mma <mma_sync> :
// SM80-NEXT:   qimeng.release %[[CH]]
// SM80-NEXT:   scf.yield %[[P]]
// SM80:        qimeng.store
qimeng.kernel @matmul(%A: memref<4096x4096xbf16>, %B: memref<4096x4096xbf16>, %bias: memref<4096xbf16>, %C: memref<4096x4096xbf16>) {
  %a = qimeng.load %A : memref<4096x4096xbf16> -> tensor<4096x4096xbf16>
  %b = qimeng.load %B : memref<4096x4096xbf16> -> tensor<4096x4096xbf16>
  %zero = arith.constant dense<0.0> : tensor<4096x4096xf32>
  %d = qimeng.dot %a, %b, %zero : tensor<4096x4096xbf16>, tensor<4096x4096xbf16> -> tensor<4096x4096xf32>
  %v = qimeng.load %bias : memref<4096xbf16> -> tensor<4096xbf16>
  %f = arith.extf %v : tensor<4096xbf16> to tensor<4096xf32>
  %w = qimeng.broadcast %f axes [0] : tensor<4096xf32> -> tensor<4096x4096xf32>
  %s = arith.addf %d, %w : tensor<4096x4096xf32>
  %half = arith.constant dense<0.5> : tensor<4096x4096xf32>
  %one = arith.constant dense<1.0> : tensor<4096x4096xf32>
  %r = arith.constant dense<0.70710678> : tensor<4096x4096xf32>
  %x = arith.mulf %s, %r : tensor<4096x4096xf32>
  %e = math.erf %x : tensor<4096x4096xf32>
  %y = arith.addf %e, %one : tensor<4096x4096xf32>
  %z = arith.mulf %s, %half : tensor<4096x4096xf32>
  %g = arith.mulf %z, %y : tensor<4096x4096xf32>
  %c = arith.truncf %g : tensor<4096x4096xf32> to tensor<4096x4096xbf16>
  qimeng.store %c, %C : tensor<4096x4096xbf16>, memref<4096x4096xbf16>
}
