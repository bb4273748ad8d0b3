// RUN: qimeng-opt %s -split-input-file --qimeng-lower-to-gpu=arch=sm_90a -verify-diagnostics | FileCheck %s

// A channel in registers is what the loop carries. The slot that no put fills
// in the last iteration holds zeros.
// CHECK-LABEL: llvm.func @ahead(
// CHECK-NOT: st.shared
// CHECK: %[[FIRST:.*]] = llvm.load
// CHECK: scf.for {{.*}} iter_args({{.*}}) -> (f32, f32) : i32
// CHECK:   %[[NEXT:.*]] = scf.if %{{.*}} -> (f32) {
// CHECK:     llvm.load
// CHECK:   } else {
// CHECK:     scf.yield %{{.*}} : f32
// CHECK:   }
// CHECK:   %[[SUM:.*]] = arith.addf
// CHECK:   scf.yield %[[SUM]], %[[NEXT]] : f32, f32
qimeng.kernel @ahead(%X: memref<1024xf32>, %Y: memref<128xf32>) grid(1) {
  %zero = arith.constant dense<0.0> : tensor<128xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %c8 = arith.constant 8 : index
  %ch = qimeng.channel stages(2) in <register> : <tensor<128xf32>>
  %first = qimeng.load %X[%c0] : memref<1024xf32> -> tensor<128xf32>
  qimeng.put %ch, %first : <tensor<128xf32>>
  %sum = scf.for %i = %c0 to %c8 step %c1 iter_args(%acc = %zero) -> (tensor<128xf32>) {
    %more = arith.cmpi slt, %i, %c7 : index
    scf.if %more {
      %n = affine.apply affine_map<(d0) -> (d0 * 128 + 128)>(%i)
      %next = qimeng.load %X[%n] : memref<1024xf32> -> tensor<128xf32>
      qimeng.put %ch, %next : <tensor<128xf32>>
    }
    %t = qimeng.take %ch : <tensor<128xf32>>
    %s = arith.addf %acc, %t : tensor<128xf32>
    qimeng.release %ch : <tensor<128xf32>>
    scf.yield %s : tensor<128xf32>
  }
  qimeng.store %sum, %Y[%c0] : tensor<128xf32>, memref<128xf32>
}

// -----

qimeng.kernel @grows(%X: memref<1024xf32>, %Y: memref<128xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %ch = qimeng.channel stages(2) in <register> : <tensor<128xf32>>
  %t = qimeng.load %X[%c0] : memref<1024xf32> -> tensor<128xf32>
  // expected-error @below {{begins an iteration with 0 tiles in a channel in registers and ends it with 1}}
  scf.for %i = %c0 to %c2 step %c1 {
    qimeng.put %ch, %t : <tensor<128xf32>>
  }
  %r = qimeng.take %ch : <tensor<128xf32>>
  qimeng.store %r, %Y[%c0] : tensor<128xf32>, memref<128xf32>
}

// -----

qimeng.kernel @empty(%Y: memref<128xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %ch = qimeng.channel stages(2) in <register> : <tensor<128xf32>>
  // expected-error @below {{finds the channel in registers empty}}
  %r = qimeng.take %ch : <tensor<128xf32>>
  qimeng.store %r, %Y[%c0] : tensor<128xf32>, memref<128xf32>
}

// -----

qimeng.kernel @late(%X: memref<1024xf32>, %Y: memref<128xf32>) grid(2) {
  %c0 = arith.constant 0 : index
  %p = qimeng.program_id 0
  %ch = qimeng.channel stages(2) in <register> : <tensor<128xf32>>
  %t = qimeng.load %X[%c0] : memref<1024xf32> -> tensor<128xf32>
  %first = arith.cmpi eq, %p, %c0 : index
  scf.if %first {
    qimeng.put %ch, %t : <tensor<128xf32>>
  }
  // expected-error @below {{follows a put under a condition; a channel in registers keeps no count of its tiles}}
  qimeng.put %ch, %t : <tensor<128xf32>>
  %r = qimeng.take %ch : <tensor<128xf32>>
  qimeng.store %r, %Y[%c0] : tensor<128xf32>, memref<128xf32>
}

// -----

// The put resumes after it did not run: zeros would be taken before its tile.
qimeng.kernel @resumes(%X: memref<1024xf32>, %Y: memref<128xf32>) grid(1) {
  %zero = arith.constant dense<0.0> : tensor<128xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %ch = qimeng.channel stages(3) in <register> : <tensor<128xf32>>
  %t = qimeng.load %X[%c0] : memref<1024xf32> -> tensor<128xf32>
  qimeng.put %ch, %t : <tensor<128xf32>>
  // expected-error @below {{repeats a put into a channel in registers under a condition that is not 'counter + constant < constant' of this loop}}
  %sum = scf.for %i = %c0 to %c2 step %c1 iter_args(%acc = %zero) -> (tensor<128xf32>) {
    %later = arith.cmpi sge, %i, %c1 : index
    scf.if %later {
      qimeng.put %ch, %t : <tensor<128xf32>>
    }
    %u = qimeng.take %ch : <tensor<128xf32>>
    %s = arith.addf %acc, %u : tensor<128xf32>
    qimeng.release %ch : <tensor<128xf32>>
    scf.yield %s : tensor<128xf32>
  }
  qimeng.store %sum, %Y[%c0] : tensor<128xf32>, memref<128xf32>
}
