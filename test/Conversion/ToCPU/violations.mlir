// What a program does wrong is reported with its place, and touches no memory.
// RUN: not qimeng-run %s --entry=load 2>&1 | FileCheck %s --check-prefix=LOAD
// RUN: not qimeng-run %s --entry=store 2>&1 | FileCheck %s --check-prefix=STORE
// RUN: not qimeng-run %s --entry=view 2>&1 | FileCheck %s --check-prefix=VIEW
// RUN: not qimeng-run %s --entry=overrun 2>&1 | FileCheck %s --check-prefix=FULL
// RUN: not qimeng-run %s --entry=starve 2>&1 | FileCheck %s --check-prefix=STARVE
// RUN: not qimeng-run %s --entry=release 2>&1 | FileCheck %s --check-prefix=RELEASE
// RUN: not qimeng-run %s --entry=late --check --reference=%s --reference-entry=copy 2>&1 | FileCheck %s --check-prefix=LATE
// RUN: not qimeng-run %s --entry=missing 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: not qimeng-run %s --entry=far 2>&1 | FileCheck %s --check-prefix=FAR

// LOAD: violations.mlir:[[@LINE+4]]:8: error: reads outside, and is not masked (2 times)
qimeng.kernel @load(%x: memref<10xf32>, %y: memref<12xf32>) grid(3) {
  %p = qimeng.program_id 0
  %o = affine.apply affine_map<(d0) -> (d0 * 4)>(%p)
  %t = qimeng.load %x[%o] : memref<10xf32> -> tensor<4xf32>
  qimeng.store %t, %y[%o] : tensor<4xf32>, memref<12xf32>
}

// STORE: violations.mlir:[[@LINE+5]]:3: error: writes outside, and is not masked (2 times)
qimeng.kernel @store(%x: memref<12xf32>, %y: memref<10xf32>) grid(3) {
  %p = qimeng.program_id 0
  %o = affine.apply affine_map<(d0) -> (d0 * 4)>(%p)
  %t = qimeng.load %x[%o] : memref<12xf32> -> tensor<4xf32>
  qimeng.store %t, %y[%o] : tensor<4xf32>, memref<10xf32>
}

// VIEW: violations.mlir:[[@LINE+3]]:8: error: the view leaves its operand, and is not padded (1 time)
qimeng.kernel @view(%x: memref<8xf32>, %y: memref<8xf32>) {
  %v = qimeng.view %x by affine_map<(d0) -> (d0 + 1)> : memref<8xf32> -> !qimeng.view<8xf32>
  %t = qimeng.load %v : !qimeng.view<8xf32> -> tensor<8xf32>
  qimeng.store %t, %y : tensor<8xf32>, memref<8xf32>
}

// FULL: violations.mlir:[[@LINE+6]]:3: error: puts into a full channel, and would wait for ever (1 time)
qimeng.kernel @overrun(%x: memref<8xf32>, %y: memref<8xf32>) {
  %ch = qimeng.channel stages(2) : !qimeng.channel<tensor<8xf32>>
  %t = qimeng.load %x : memref<8xf32> -> tensor<8xf32>
  qimeng.put %ch, %t : !qimeng.channel<tensor<8xf32>>
  qimeng.put %ch, %t : !qimeng.channel<tensor<8xf32>>
  qimeng.put %ch, %t : !qimeng.channel<tensor<8xf32>>
  %u = qimeng.take %ch : !qimeng.channel<tensor<8xf32>>
  qimeng.store %u, %y : tensor<8xf32>, memref<8xf32>
}

// STARVE: violations.mlir:[[@LINE+9]]:10: error: takes from an empty channel, and would wait for ever (1 time)
qimeng.kernel @starve(%x: memref<8xf32>, %y: memref<8xf32>) {
  %ch = qimeng.channel stages(2) : !qimeng.channel<tensor<8xf32>>
  %t = qimeng.load %x : memref<8xf32> -> tensor<8xf32>
  qimeng.role producer warps(1) {
    qimeng.put %ch, %t : !qimeng.channel<tensor<8xf32>>
  }
  qimeng.role consumer warps(4) {
    %u = qimeng.take %ch : !qimeng.channel<tensor<8xf32>>
    %v = qimeng.take %ch : !qimeng.channel<tensor<8xf32>>
    %w = arith.addf %u, %v : tensor<8xf32>
    qimeng.store %w, %y : tensor<8xf32>, memref<8xf32>
  }
}

// RELEASE: violations.mlir:[[@LINE+8]]:3: error: releases a slot that was not taken (1 time)
qimeng.kernel @release(%x: memref<8xf32>, %y: memref<8xf32>) {
  %ch = qimeng.channel stages(2) : !qimeng.channel<tensor<8xf32>>
  %t = qimeng.load %x : memref<8xf32> -> tensor<8xf32>
  qimeng.put %ch, %t : !qimeng.channel<tensor<8xf32>>
  %u = qimeng.take %ch : !qimeng.channel<tensor<8xf32>>
  qimeng.store %u, %y : tensor<8xf32>, memref<8xf32>
  qimeng.release %ch : !qimeng.channel<tensor<8xf32>>
  qimeng.release %ch : !qimeng.channel<tensor<8xf32>>
}

// A use after the release reads a spoiled slot.
// LATE: error: output 0 differs at (0): expected {{.*}}, found nan
qimeng.kernel @late(%x: memref<8xf32>, %y: memref<8xf32>) {
  %ch = qimeng.channel stages(2) : !qimeng.channel<tensor<8xf32>>
  %t = qimeng.load %x : memref<8xf32> -> tensor<8xf32>
  qimeng.put %ch, %t : !qimeng.channel<tensor<8xf32>>
  %u = qimeng.take %ch : !qimeng.channel<tensor<8xf32>>
  qimeng.release %ch : !qimeng.channel<tensor<8xf32>>
  qimeng.store %u, %y : tensor<8xf32>, memref<8xf32>
}

qimeng.kernel @copy(%x: memref<8xf32>, %y: memref<8xf32>) {
  %t = qimeng.load %x : memref<8xf32> -> tensor<8xf32>
  qimeng.store %t, %y : tensor<8xf32>, memref<8xf32>
}

// MISSING: output 0 has 2 elements that are never written
qimeng.kernel @missing(%x: memref<8xf32>, %y: memref<10xf32>) {
  %t = qimeng.load %x : memref<8xf32> -> tensor<8xf32>
  qimeng.store %t, %y : tensor<8xf32>, memref<10xf32>
}

// FAR: error: reads outside, and is not masked (8 times)
// FAR: error: writes outside, and is not masked (8 times)
qimeng.kernel @far(%x: memref<8xf32>, %y: memref<8xf32>) {
  %o = arith.constant 1000000000000 : index
  %t = qimeng.load %x[%o] : memref<8xf32> -> tensor<8xf32>
  qimeng.store %t, %y[%o] : tensor<8xf32>, memref<8xf32>
}
