// RUN: qimeng-opt %s --qimeng-fuse-producer="kernel=total producer=exp recompute=true" | FileCheck %s --check-prefix=RECOMPUTE
// RECOMPUTE: qimeng.launch @exp(%arg0, %{{.*}})
// RECOMPUTE: qimeng.launch @total(%arg0, %arg2)
// RECOMPUTE: qimeng.kernel @total(
// RECOMPUTE: math.exp
// RECOMPUTE: qimeng.reduce

// RUN: not qimeng-opt %s --qimeng-fuse-producer="kernel=total" 2>&1 | FileCheck %s --check-prefix=NEEDS
// NEEDS: fuse_producer needs 'producer'

// RUN: not qimeng-opt %s --qimeng-fuse-producer="kernel=total producer=none" 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: the program has no kernel @none

// RUN: not qimeng-opt %s --qimeng-fuse-producer="kernel=total producer=total" 2>&1 | FileCheck %s --check-prefix=SELF
// SELF: a kernel cannot be fused with itself

// RUN: not qimeng-opt %s --qimeng-fuse-producer="kernel=joined producer=total" 2>&1 | FileCheck %s --check-prefix=UNRELATED
// UNRELATED: @joined reads nothing that @total writes

// RUN: not qimeng-opt %s --qimeng-fuse-producer="kernel=exp producer=abs" 2>&1 | FileCheck %s --check-prefix=ORDER
// ORDER: @abs does not run before @exp

// RUN: not qimeng-opt %s --qimeng-fuse-producer="kernel=total producer=exp" 2>&1 | FileCheck %s --check-prefix=BETWEEN
// BETWEEN: @abs, which runs between the two, reads what @exp writes; keep both with 'recompute'

// RUN: not qimeng-opt %s --qimeng-fuse-producer="kernel=twice producer=exp" 2>&1 | FileCheck %s --check-prefix=TWICE
// TWICE: @twice is launched 2 times; only kernels that are launched once can be fused

// RUN: not qimeng-opt %s --qimeng-tile="kernel=exp sizes=2,2" --qimeng-fuse-producer="kernel=abs producer=exp" 2>&1 | FileCheck %s --check-prefix=TILED
// TILED: @exp is tiled already; fuse untiled kernels, then tile what comes out

// RUN: not qimeng-opt %s --qimeng-fuse-producer="kernel=reuse producer=total" 2>&1 | FileCheck %s --check-prefix=CHANGED
// CHANGED: @twice, which runs between the two, changes an operand of @total

// RUN: not qimeng-opt %s --qimeng-fuse-producer="kernel=joined producer=pieces" 2>&1 | FileCheck %s --check-prefix=PIECES
// PIECES: @pieces writes the value between the two piece by piece

// RUN: not qimeng-opt %s --qimeng-fuse-producer="kernel=joined producer=pieces recompute=true" 2>&1 | FileCheck %s --check-prefix=USELESS
// USELESS: nobody else needs what @pieces writes, so nothing has to be computed again

// RUN: not qimeng-opt %s --qimeng-fuse-producer="kernel=reshaped producer=running" 2>&1 | FileCheck %s --check-prefix=VIEW
// VIEW: the result of 'qimeng.scan' is read through a view that can be neither a transposition or broadcast of it nor pushed into its operands

// RUN: not qimeng-opt %s --qimeng-fuse-producer="kernel=rows producer=shared" 2>&1 | FileCheck %s --check-prefix=SHAPE
// SHAPE: others need what @shared writes, and the fused kernel cannot store it, because its other outputs have another shape
func.func @main(%x: memref<4x8xf32>, %y: memref<4x8xf32>, %s: memref<4xf32>, %z: memref<4x8xf32>, %w: memref<4x8xf32>, %l: memref<32xf32>, %r: memref<4x8xf32>, %q: memref<4xf32>, %u: memref<4xf32>) {
  %t = memref.alloc() : memref<4x8xf32>
  %p = memref.alloc() : memref<4x8xf32>
  %n = memref.alloc() : memref<4x8xf32>
  qimeng.launch @exp(%x, %t) : memref<4x8xf32>, memref<4x8xf32>
  qimeng.launch @abs(%t, %y) : memref<4x8xf32>, memref<4x8xf32>
  qimeng.launch @total(%t, %s) : memref<4x8xf32>, memref<4xf32>
  qimeng.launch @twice(%y, %t) : memref<4x8xf32>, memref<4x8xf32>
  qimeng.launch @twice(%y, %z) : memref<4x8xf32>, memref<4x8xf32>
  qimeng.launch @reuse(%s, %u) : memref<4xf32>, memref<4xf32>
  qimeng.launch @pieces(%x, %p) : memref<4x8xf32>, memref<4x8xf32>
  qimeng.launch @joined(%p, %w) : memref<4x8xf32>, memref<4x8xf32>
  qimeng.launch @running(%x, %n) : memref<4x8xf32>, memref<4x8xf32>
  qimeng.launch @reshaped(%n, %l) : memref<4x8xf32>, memref<32xf32>
  qimeng.launch @shared(%x, %r) : memref<4x8xf32>, memref<4x8xf32>
  qimeng.launch @rows(%r, %q) : memref<4x8xf32>, memref<4xf32>
  return
}
qimeng.kernel @exp(%X: memref<4x8xf32>, %Y: memref<4x8xf32>) {
  %x = qimeng.load %X : memref<4x8xf32> -> tensor<4x8xf32>
  %e = math.exp %x : tensor<4x8xf32>
  qimeng.store %e, %Y : tensor<4x8xf32>, memref<4x8xf32>
}
qimeng.kernel @abs(%X: memref<4x8xf32>, %Y: memref<4x8xf32>) {
  %x = qimeng.load %X : memref<4x8xf32> -> tensor<4x8xf32>
  %e = math.absf %x : tensor<4x8xf32>
  qimeng.store %e, %Y : tensor<4x8xf32>, memref<4x8xf32>
}
qimeng.kernel @total(%X: memref<4x8xf32>, %Y: memref<4xf32>) {
  %x = qimeng.load %X : memref<4x8xf32> -> tensor<4x8xf32>
  %e = qimeng.reduce add %x axes [1] : tensor<4x8xf32>
  qimeng.store %e, %Y : tensor<4xf32>, memref<4xf32>
}
qimeng.kernel @twice(%X: memref<4x8xf32>, %Y: memref<4x8xf32>) {
  %x = qimeng.load %X : memref<4x8xf32> -> tensor<4x8xf32>
  qimeng.store %x, %Y : tensor<4x8xf32>, memref<4x8xf32>
}
qimeng.kernel @reuse(%X: memref<4xf32>, %Y: memref<4xf32>) {
  %x = qimeng.load %X : memref<4xf32> -> tensor<4xf32>
  %e = math.sqrt %x : tensor<4xf32>
  qimeng.store %e, %Y : tensor<4xf32>, memref<4xf32>
}
qimeng.kernel @pieces(%X: memref<4x8xf32>, %Y: memref<4x8xf32>) {
  %xv = qimeng.view %X by affine_map<(d0, d1) -> (d0, d1)> : memref<4x8xf32> -> !qimeng.view<2x8xf32>
  %x = qimeng.load %xv : !qimeng.view<2x8xf32> -> tensor<2x8xf32>
  %upper = qimeng.view %Y by affine_map<(d0, d1) -> (d0, d1)> : memref<4x8xf32> -> !qimeng.view<2x8xf32>
  %lower = qimeng.view %Y by affine_map<(d0, d1) -> (d0 + 2, d1)> : memref<4x8xf32> -> !qimeng.view<2x8xf32>
  qimeng.store %x, %upper : tensor<2x8xf32>, !qimeng.view<2x8xf32>
  qimeng.store %x, %lower : tensor<2x8xf32>, !qimeng.view<2x8xf32>
}
qimeng.kernel @joined(%X: memref<4x8xf32>, %Y: memref<4x8xf32>) {
  %x = qimeng.load %X : memref<4x8xf32> -> tensor<4x8xf32>
  %e = math.sqrt %x : tensor<4x8xf32>
  qimeng.store %e, %Y : tensor<4x8xf32>, memref<4x8xf32>
}
qimeng.kernel @running(%X: memref<4x8xf32>, %Y: memref<4x8xf32>) {
  %x = qimeng.load %X : memref<4x8xf32> -> tensor<4x8xf32>
  %e = qimeng.scan add %x axis 1 : tensor<4x8xf32>
  qimeng.store %e, %Y : tensor<4x8xf32>, memref<4x8xf32>
}
qimeng.kernel @reshaped(%X: memref<4x8xf32>, %Y: memref<32xf32>) {
  %v = qimeng.view %X by affine_map<(d0) -> (d0 floordiv 8, d0 mod 8)> : memref<4x8xf32> -> !qimeng.view<32xf32>
  %x = qimeng.load %v : !qimeng.view<32xf32> -> tensor<32xf32>
  qimeng.store %x, %Y : tensor<32xf32>, memref<32xf32>
}
qimeng.kernel @shared(%X: memref<4x8xf32>, %Y: memref<4x8xf32>) {
  %x = qimeng.load %X : memref<4x8xf32> -> tensor<4x8xf32>
  %e = math.sin %x : tensor<4x8xf32>
  qimeng.store %e, %Y : tensor<4x8xf32>, memref<4x8xf32>
}
qimeng.kernel @rows(%X: memref<4x8xf32>, %Y: memref<4xf32>) {
  %x = qimeng.load %X : memref<4x8xf32> -> tensor<4x8xf32>
  %e = qimeng.reduce max %x axes [1] : tensor<4x8xf32>
  qimeng.store %e, %Y : tensor<4xf32>, memref<4xf32>
}
