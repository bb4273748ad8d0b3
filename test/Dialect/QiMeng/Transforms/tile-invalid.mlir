// RUN: not qimeng-opt %s --qimeng-tile="kernel=none sizes=4" 2>&1 | FileCheck %s --check-prefix=MISSING
// MISSING: qimeng-tile @none: the program has no kernel @none; its kernels are @row, @two, @nothing, @table

// RUN: not qimeng-opt %s --qimeng-tile="kernel=row size=4" 2>&1 | FileCheck %s --check-prefix=OPTION
// OPTION: no such option size
// OPTION-SAME: qimeng-tile takes: kernel, sizes, reduce, loops, warps, arch

// RUN: not qimeng-opt %s --qimeng-tile="kernel=row sizes=4,x" 2>&1 | FileCheck %s --check-prefix=INTEGER
// INTEGER: 'sizes' must be a list of integers such as 128,256, found '4,x'

// RUN: not qimeng-opt %s --qimeng-tile="kernel=row sizes=4,0 arch=sm_12" 2>&1 | FileCheck %s --check-prefix=ARCH
// ARCH: sm_12

// RUN: not qimeng-opt %s --qimeng-tile="kernel=row sizes=4" 2>&1 | FileCheck %s --check-prefix=COUNT
// COUNT: 'sizes' must have 2 entries, one per dimension of the outputs (8x100), found 1

// RUN: not qimeng-opt %s --qimeng-tile="kernel=row sizes=4,12" 2>&1 | FileCheck %s --check-prefix=POWER
// POWER: 'sizes' must hold powers of two (or 0 for a whole dimension), found 12

// RUN: not qimeng-opt %s --qimeng-tile="kernel=row sizes=4,0 reduce=-1" 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// NEGATIVE: 'reduce' must hold powers of two (or 0 for a whole dimension), found -1

// RUN: not qimeng-opt %s --qimeng-tile="kernel=row sizes=4,0 reduce=8,8" 2>&1 | FileCheck %s --check-prefix=AXES
// AXES: 'reduce' must be left out or have 1 entries, one per reduction axis: reduce over 100; found 2

// RUN: not qimeng-opt %s --qimeng-tile="kernel=row sizes=4,0 loops=2" 2>&1 | FileCheck %s --check-prefix=LOOPS
// LOOPS: 'loops' must hold distinct output dimensions from 0 to 1, found 2

// RUN: not qimeng-opt %s --qimeng-tile="kernel=row sizes=4,0 warps=3" 2>&1 | FileCheck %s --check-prefix=WARPS
// WARPS: 'warps' must be a power of two from 1 to 32, found 3

// RUN: not qimeng-opt %s --qimeng-tile="kernel=row sizes=4,16" 2>&1 | FileCheck %s --check-prefix=SCAN
// SCAN: a scan needs its whole axis (dimension 1, 100 elements) in one tile; leave it whole with size 0

// RUN: not qimeng-opt %s --qimeng-tile="kernel=row sizes=65536,0" 2>&1 | FileCheck %s --check-prefix=LARGE
// LARGE: a tile would have more than 1048576 elements

// Only a device has limits. Warps share a tile's elements.
// RUN: not qimeng-opt %s --qimeng-tile="kernel=row sizes=1024,0 warps=1 arch=sm_90a" 2>&1 | FileCheck %s --check-prefix=REGISTERS
// REGISTERS: error: {{.*}} needs {{[0-9]+}} registers a thread for its tiles; sm_90a has 255; use smaller tiles or more warps
// RUN: qimeng-opt %s --qimeng-tile="kernel=row sizes=1024,0 warps=1" -o %t
// RUN: not qimeng-opt %s --qimeng-tile="kernel=row sizes=256,0 warps=8 arch=sm_90a" --qimeng-reorder="kernel=row warps=1 arch=sm_90a" 2>&1 | FileCheck %s --check-prefix=REGISTERS

// RUN: not qimeng-opt %s --qimeng-tile="kernel=row sizes=4,0" --qimeng-tile="kernel=row sizes=4,0" 2>&1 | FileCheck %s --check-prefix=AGAIN
// AGAIN: the kernel is tiled already; retile changes the sizes
qimeng.kernel @row(%x: memref<8x100xf32>, %y: memref<8x100xf32>) {
  %t = qimeng.load %x : memref<8x100xf32> -> tensor<8x100xf32>
  %r = qimeng.scan add %t axis 1 : tensor<8x100xf32>
  %s = qimeng.reduce add %t axes [1] : tensor<8x100xf32>
  %b = qimeng.broadcast %s axes [1] : tensor<8xf32> -> tensor<8x100xf32>
  %d = arith.divf %r, %b : tensor<8x100xf32>
  qimeng.store %d, %y : tensor<8x100xf32>, memref<8x100xf32>
}

// RUN: not qimeng-opt %s --qimeng-tile="kernel=two sizes=4" 2>&1 | FileCheck %s --check-prefix=SHAPES
// SHAPES: its outputs have unlike shapes (8 and 4x2), but one grid cuts all outputs alike
qimeng.kernel @two(%x: memref<8xf32>, %y: memref<4x2xf32>) {
  %t = arith.constant dense<1.0> : tensor<8xf32>
  %u = arith.constant dense<1.0> : tensor<4x2xf32>
  qimeng.store %t, %x : tensor<8xf32>, memref<8xf32>
  qimeng.store %u, %y : tensor<4x2xf32>, memref<4x2xf32>
}

// RUN: not qimeng-opt %s --qimeng-tile="kernel=nothing sizes=4" 2>&1 | FileCheck %s --check-prefix=NOTHING
// NOTHING: it stores nothing, so there is nothing to cut
qimeng.kernel @nothing(%x: memref<8xf32>) {
}

// RUN: not qimeng-opt %s --qimeng-tile="kernel=table sizes=2" 2>&1 | FileCheck %s --check-prefix=TABLE
// TABLE: a constant tile with unlike elements cannot be cut; pass it as an operand of the kernel
qimeng.kernel @table(%x: memref<4xf32>) {
  %t = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  qimeng.store %t, %x : tensor<4xf32>, memref<4xf32>
}

// Without `kernel`, what cannot be tiled is skipped, and that is said.
// RUN: qimeng-opt %s --qimeng-tile="sizes=4,0" -o %t 2>&1 | FileCheck %s --check-prefix=SKIP
// SKIP: remark: qimeng-tile skipped @two: its outputs have unlike shapes
// SKIP: remark: qimeng-tile skipped @nothing
// SKIP: remark: qimeng-tile skipped @table
// RUN: FileCheck %s --check-prefix=DONE < %t
// DONE: qimeng.kernel @row({{.*}}) grid(2, 1)
// DONE: qimeng.kernel @two({{.*}}) {
