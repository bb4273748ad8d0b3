// REQUIRES: assembler
// RUN: qimeng-translate --to=cubin --arch=sm_80 --report %s -o %t.80.cubin 2>&1 | FileCheck %s
// RUN: qimeng-translate --to=cubin --arch=sm_86 --report %s -o %t.86.cubin 2>&1 | FileCheck %s
// RUN: qimeng-translate --to=cubin --arch=sm_89 --report %s -o %t.89.cubin 2>&1 | FileCheck %s
// RUN: qimeng-translate --to=cubin --arch=sm_90a --report %s -o %t.90.cubin 2>&1 | FileCheck %s
// RUN: qimeng-translate --to=cubin --arch=sm_100a --report %s -o %t.100.cubin 2>&1 | FileCheck %s
// RUN: qimeng-translate --to=cubin --arch=sm_120a --report %s -o %t.120.cubin 2>&1 | FileCheck %s
// RUN: head -c 4 %t.90.cubin | FileCheck %s --check-prefix=ELF

// ELF: ELF

// CHECK: reverse: {{[0-9]+}} registers, 512 bytes static shared, 0 bytes stack, 0 + 0 bytes spill stores + loads
llvm.mlir.global internal @tile() {addr_space = 3 : i32, alignment = 16 : i64} : !llvm.array<128 x f32>

llvm.func @reverse(%x: !llvm.ptr<1>) attributes {nvvm.kernel, nvvm.maxntid = array<i32: 128, 1, 1>} {
  %tile = llvm.mlir.addressof @tile : !llvm.ptr<3>
  %tid = nvvm.read.ptx.sreg.tid.x : i32
  %last = arith.constant 127 : i32
  %other = arith.subi %last, %tid : i32
  %from = llvm.getelementptr %x[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
  %to = llvm.getelementptr %tile[%other] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, f32
  %v = llvm.load %from : !llvm.ptr<1> -> f32
  llvm.store %v, %to : f32, !llvm.ptr<3>
  nvvm.barrier0
  %mine = llvm.getelementptr %tile[%tid] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, f32
  %w = llvm.load %mine : !llvm.ptr<3> -> f32
  llvm.store %w, %from : f32, !llvm.ptr<1>
  llvm.return
}
