// RUN: qimeng-opt %s --qimeng-lower-to-cpu | FileCheck %s

// The example of the pass's description: element-wise work is computed where it
// is stored, and no access needs a guard.
// CHECK-LABEL: func.func @scale(
// CHECK-SAME: %[[X:.*]]: memref<10xf32>, %[[Y:.*]]: memref<10xf32>)
// CHECK: scf.for %[[I:.*]] = %c0 to %c10 step %c1 {
// CHECK-NEXT: %[[T:.*]] = memref.load %[[X]][%[[I]]] : memref<10xf32>
// CHECK-NEXT: %[[R:.*]] = arith.addf %[[T]], %[[T]] : f32
// CHECK-NEXT: memref.store %[[R]], %[[Y]][%[[I]]] : memref<10xf32>
// CHECK-NEXT: }
// CHECK-NEXT: return
qimeng.kernel @scale(%x: memref<10xf32>, %y: memref<10xf32>) {
  %t = qimeng.load %x : memref<10xf32> -> tensor<10xf32>
  %r = arith.addf %t, %t : tensor<10xf32>
  qimeng.store %r, %y : tensor<10xf32>, memref<10xf32>
}

// A masked tile: zero outside, and not written outside.
// CHECK-LABEL: func.func @masked(
// CHECK: scf.for %[[P:.*]] = %c0 to %c3
// CHECK: %[[O:.*]] = affine.apply #{{.*}}(%[[P]])
// CHECK: scf.for %[[I:.*]] = %c0 to %c4
// CHECK: %[[AT:.*]] = arith.addi %[[I]], %[[O]] : index
// CHECK: %[[IN:.*]] = arith.cmpi ult, %[[AT]], %c10 : index
// CHECK: scf.if %[[IN]] -> (f32) {
// CHECK-NEXT: memref.load
// CHECK-NEXT: scf.yield
// CHECK-NEXT: } else {
// CHECK-NEXT: scf.yield %cst : f32
// CHECK: scf.if %{{.*}} {
// CHECK-NEXT: memref.store
// CHECK-NEXT: }
qimeng.kernel @masked(%x: memref<10xf32>, %y: memref<10xf32>) grid(3) {
  %p = qimeng.program_id 0
  %o = affine.apply affine_map<(d0) -> (d0 * 4)>(%p)
  %t = qimeng.load %x[%o] masked : memref<10xf32> -> tensor<4xf32>
  qimeng.store %t, %y[%o] masked : tensor<4xf32>, memref<10xf32>
}

// Factors are widened once; the sum has a buffer, which is freed.
// CHECK-LABEL: func.func @dot(
// CHECK: memref.alloc() : memref<4x8xf32>
// CHECK: memref.alloc() : memref<8x2xf32>
// CHECK: %[[SUM:.*]] = memref.alloc() : memref<4x2xf32>
// CHECK: arith.extf %{{.*}} : bf16 to f32
// CHECK: scf.for %[[M:.*]] = %c0 to %c4
// CHECK: scf.for %[[K:.*]] = %c0 to %c8
// CHECK: scf.for %[[N:.*]] = %c0 to %c2
// CHECK: arith.mulf
// CHECK: arith.addf
// CHECK: memref.store %{{.*}}, %[[SUM]][%[[M]], %[[N]]]
// CHECK: memref.dealloc %[[SUM]]
qimeng.kernel @dot(%a: memref<4x8xbf16>, %b: memref<8x2xbf16>, %c: memref<4x2xf32>) {
  %l = qimeng.load %a : memref<4x8xbf16> -> tensor<4x8xbf16>
  %r = qimeng.load %b : memref<8x2xbf16> -> tensor<8x2xbf16>
  %zero = arith.constant dense<0.0> : tensor<4x2xf32>
  %d = qimeng.dot %l, %r, %zero : tensor<4x8xbf16>, tensor<8x2xbf16> -> tensor<4x2xf32>
  qimeng.store %d, %c : tensor<4x2xf32>, memref<4x2xf32>
}

// CHECK-LABEL: func.func @host(
// CHECK: call @scale(%{{.*}}, %{{.*}}) : (memref<10xf32>, memref<10xf32>) -> ()
func.func @host(%x: memref<10xf32>, %y: memref<10xf32>) {
  qimeng.launch @scale(%x, %y) : memref<10xf32>, memref<10xf32>
  return
}
