// RUN: qimeng-translate --to=ptx --arch=sm_90a %s | FileCheck %s --check-prefixes=CHECK,SM90
// RUN: qimeng-translate --to=ptx --arch=sm_80 %s | FileCheck %s --check-prefixes=CHECK,SM80
// RUN: qimeng-translate --to=ptx --arch=sm_120a %s | FileCheck %s --check-prefixes=CHECK,SM120
// RUN: qimeng-translate --to=llvm %s | FileCheck %s --check-prefix=LLVM

// SM90: .version 8.6
// SM90: .target sm_90a
// SM80: .version 8.6
// SM80: .target sm_80
// SM120: .version 8.7
// SM120: .target sm_120a

// LLVM: target triple = "nvptx64-nvidia-cuda"
// LLVM: define ptx_kernel void @scale(

// CHECK: .visible .entry scale(
// CHECK: .maxntid 128, 1, 1
llvm.func @scale(%x: !llvm.ptr<1>, %y: !llvm.ptr<1>, %n: i32) attributes {nvvm.kernel, nvvm.maxntid = array<i32: 128, 1, 1>} {
  // CHECK: %tid.x
  %tid = nvvm.read.ptx.sreg.tid.x : i32
  %block = nvvm.read.ptx.sreg.ctaid.x : i32
  %width = arith.constant 128 : i32
  %base = arith.muli %block, %width : i32
  %i = arith.addi %base, %tid : i32
  %in = arith.cmpi slt, %i, %n : i32
  scf.if %in {
    %at = arith.index_cast %i : i32 to index
    %at64 = arith.index_cast %at : index to i64
    // CHECK: ld.global{{.*}}.b32
    %px = llvm.getelementptr %x[%at64] : (!llvm.ptr<1>, i64) -> !llvm.ptr<1>, f32
    %v = llvm.load %px : !llvm.ptr<1> -> f32
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c5 = arith.constant 5 : index
    %r = scf.for %k = %c0 to %c5 step %c1 iter_args(%acc = %v) -> f32 {
      // CHECK: mul.rn.f32
      %next = arith.mulf %acc, %v : f32
      scf.yield %next : f32
    }
    %py = llvm.getelementptr %y[%at64] : (!llvm.ptr<1>, i64) -> !llvm.ptr<1>, f32
    // CHECK: st.global.b32
    llvm.store %r, %py : f32, !llvm.ptr<1>
  }
  llvm.return
}

// An operation that has PTX but no LLVM intrinsic, and one with a predicate.
// CHECK: .visible .entry barriers(
llvm.func @barriers(%bar: !llvm.ptr<3>, %p: i1) attributes {nvvm.kernel} {
  %count = arith.constant 32 : i32
  // CHECK: mbarrier.init.shared
  nvvm.mbarrier.init %bar, %count, predicate = %p : !llvm.ptr<3>, i32, i1
  llvm.return
}
