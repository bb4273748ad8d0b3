// RUN: qimeng-opt %s --qimeng-cpu-to-llvm | FileCheck %s
// RUN: qimeng-opt %s --qimeng-loops-to-llvm | FileCheck %s --check-prefix=WHOLE

// Memory that a program allocates comes from functions that the executor has: a malloc of LLVM's could be seen through, and what is
// never written must show.
// CHECK-DAG: llvm.func @_mlir_memref_to_llvm_alloc(i64) -> !llvm.ptr
// CHECK-DAG: llvm.func @_mlir_memref_to_llvm_free(!llvm.ptr)
// CHECK-DAG: llvm.func @erff(f32) -> f32

// CHECK-LABEL: llvm.func @sum(
// CHECK: llvm.br ^[[HEAD:bb[0-9]+]](
// CHECK: ^[[HEAD]](%[[I:.*]]: i64, %[[SUM:.*]]: f32):
// CHECK: llvm.icmp "slt" %[[I]]
// CHECK: llvm.cond_br %{{.*}}, ^[[BODY:bb[0-9]+]], ^[[DONE:bb[0-9]+]]
// CHECK: ^[[BODY]]:
// CHECK: %[[E:.*]] = llvm.load %{{.*}} : !llvm.ptr -> f32
// CHECK: %[[EXP:.*]] = llvm.intr.exp(%[[E]])
// CHECK: llvm.fadd %[[SUM]], %[[EXP]]
// CHECK: llvm.br ^[[HEAD]]
// CHECK: ^[[DONE]]:
// CHECK: llvm.store %[[SUM]]
func.func @sum(%x: memref<8xf32>, %y: memref<f32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  %s = scf.for %i = %c0 to %c8 step %c1 iter_args(%acc = %zero) -> (f32) {
    %e = memref.load %x[%i] : memref<8xf32>
    %m = math.exp %e : f32
    %n = arith.addf %acc, %m : f32
    scf.yield %n : f32
  }
  memref.store %s, %y[] : memref<f32>
  return
}

// CHECK-LABEL: llvm.func @buffer(
// CHECK: %[[BUFFER:.*]] = llvm.call @_mlir_memref_to_llvm_alloc
// CHECK: llvm.call @fill(
// CHECK: llvm.call @erff
// CHECK: llvm.intr.minimum
// CHECK: llvm.call @_mlir_memref_to_llvm_free
func.func private @fill(%x: memref<8xf32>)
func.func @buffer(%n: f32) -> f32 {
  %b = memref.alloc() : memref<8xf32>
  func.call @fill(%b) : (memref<8xf32>) -> ()
  %c0 = arith.constant 0 : index
  %e = memref.load %b[%c0] : memref<8xf32>
  %g = math.erf %e : f32
  %h = arith.minimumf %g, %n : f32
  memref.dealloc %b : memref<8xf32>
  return %h : f32
}

// CHECK-LABEL: llvm.func @places(
// CHECK: llvm.sdiv
// CHECK: llvm.getelementptr
func.func @places(%x: memref<8x4xi32>, %i: index) -> i32 {
  %row = affine.apply affine_map<(i) -> (i floordiv 4)>(%i)
  %column = affine.apply affine_map<(i) -> (i mod 4)>(%i)
  %e = memref.load %x[%row, %column] : memref<8x4xi32>
  return %e : i32
}

// In the pipeline scalars are made safe first, and half floats are computed in f32.
// WHOLE-LABEL: llvm.func @half(
// WHOLE: llvm.fmul %{{.*}} : f32
// WHOLE-LABEL: llvm.func @quotient(
// WHOLE: llvm.select
// WHOLE: llvm.udiv
func.func @half(%x: bf16) -> bf16 {
  %y = arith.mulf %x, %x : bf16
  return %y : bf16
}
func.func @quotient(%a: i32, %b: i32) -> i32 {
  %q = arith.divui %a, %b : i32
  return %q : i32
}
