// RUN: not qimeng-opt %s --qimeng-fuse-producer="kernel=largest producer=product recompute=true" 2>&1 | FileCheck %s --check-prefix=SUM
// RUN: not qimeng-opt %s --qimeng-fuse-producer="kernel=exponential producer=product recompute=true" 2>&1 | FileCheck %s --check-prefix=SUM
// RUN: not qimeng-opt %s --qimeng-fuse-producer="kernel=copy producer=product recompute=true" 2>&1 | FileCheck %s --check-prefix=LATER
// RUN: qimeng-opt %s --qimeng-fuse-producer="kernel=total producer=product recompute=true" | FileCheck %s --check-prefix=ONE
// RUN: qimeng-opt %s --qimeng-fuse-producer="kernel=other producer=product recompute=true" | FileCheck %s --check-prefix=APART
// RUN: qimeng-opt %s --qimeng-fuse-producer="kernel=floor producer=scale recompute=true" | FileCheck %s --check-prefix=ELEMENTS
// RUN: qimeng-opt %s --qimeng-fuse-producer="kernel=least producer=count recompute=true" | FileCheck %s --check-prefix=INTEGERS
// RUN: qimeng-opt %s --qimeng-fuse-producer="kernel=exponential producer=largest" | FileCheck %s --check-prefix=WHOLE

// An exponential would take the product and the largest element of another copy
// of it: with another order of terms the one is no longer the other's largest.
// SUM: @product holds a sum, and an exponential in @exponential would take both copies of it, whose last bits may differ by as much as overflows it
// SUM-SAME: or leave @product as it is

// The same by way of a kernel that only reads the copy.
// LATER: @product holds a sum, and an exponential in @difference would take both copies of it

// An exponential of one copy, divided by the other: nothing overflows.
// ONE: qimeng.launch @product(
// ONE: qimeng.kernel @total(
// ONE: qimeng.dot
// ONE: math.exp

// No exponential takes both.
// APART: qimeng.kernel @other(
// APART: qimeng.dot

// Copies of element-wise work are the same to the bit, and so are sums of integers.
// ELEMENTS: qimeng.kernel @floor(
// ELEMENTS: arith.mulf
// INTEGERS: qimeng.kernel @least(
// INTEGERS: qimeng.reduce add

// What is not computed again has no copies.
// WHOLE: qimeng.kernel @exponential(
// WHOLE: qimeng.reduce max
// WHOLE: math.exp
func.func @main(%a: memref<4x8xf32>, %b: memref<8x8xf32>, %i: memref<4x8x8xi32>, %e: memref<4x8xf32>, %q: memref<4x8xf32>, %o: memref<4x8xf32>,
                %f: memref<4x8xf32>, %k: memref<4x8xf32>, %w: memref<4x8xf32>) {
  %p = memref.alloc() : memref<4x8xf32>
  %m = memref.alloc() : memref<4xf32>
  %c = memref.alloc() : memref<4x8xf32>
  %t = memref.alloc() : memref<4xf32>
  %s = memref.alloc() : memref<4x8xf32>
  %r = memref.alloc() : memref<4xf32>
  %n = memref.alloc() : memref<4x8xi32>
  %l = memref.alloc() : memref<4xi32>
  qimeng.launch @product(%a, %b, %p) : memref<4x8xf32>, memref<8x8xf32>, memref<4x8xf32>
  qimeng.launch @largest(%p, %m) : memref<4x8xf32>, memref<4xf32>
  qimeng.launch @exponential(%p, %m, %e) : memref<4x8xf32>, memref<4xf32>, memref<4x8xf32>
  qimeng.launch @total(%p, %t) : memref<4x8xf32>, memref<4xf32>
  qimeng.launch @quotient(%p, %t, %q) : memref<4x8xf32>, memref<4xf32>, memref<4x8xf32>
  qimeng.launch @copy(%p, %c) : memref<4x8xf32>, memref<4x8xf32>
  qimeng.launch @difference(%p, %c, %o) : memref<4x8xf32>, memref<4x8xf32>, memref<4x8xf32>
  qimeng.launch @other(%p, %f) : memref<4x8xf32>, memref<4x8xf32>
  qimeng.launch @scale(%a, %s) : memref<4x8xf32>, memref<4x8xf32>
  qimeng.launch @floor(%s, %r) : memref<4x8xf32>, memref<4xf32>
  qimeng.launch @above(%s, %r, %k) : memref<4x8xf32>, memref<4xf32>, memref<4x8xf32>
  qimeng.launch @count(%i, %n) : memref<4x8x8xi32>, memref<4x8xi32>
  qimeng.launch @least(%n, %l) : memref<4x8xi32>, memref<4xi32>
  qimeng.launch @counted(%n, %l, %w) : memref<4x8xi32>, memref<4xi32>, memref<4x8xf32>
  return
}
qimeng.kernel @product(%A: memref<4x8xf32>, %B: memref<8x8xf32>, %P: memref<4x8xf32>) {
  %a = qimeng.load %A : memref<4x8xf32> -> tensor<4x8xf32>
  %b = qimeng.load %B : memref<8x8xf32> -> tensor<8x8xf32>
  %z = arith.constant dense<0.0> : tensor<4x8xf32>
  %d = qimeng.dot %a, %b, %z : tensor<4x8xf32>, tensor<8x8xf32> -> tensor<4x8xf32>
  qimeng.store %d, %P : tensor<4x8xf32>, memref<4x8xf32>
}
qimeng.kernel @largest(%P: memref<4x8xf32>, %M: memref<4xf32>) {
  %p = qimeng.load %P : memref<4x8xf32> -> tensor<4x8xf32>
  %m = qimeng.reduce max %p axes [1] : tensor<4x8xf32>
  qimeng.store %m, %M : tensor<4xf32>, memref<4xf32>
}
qimeng.kernel @exponential(%P: memref<4x8xf32>, %M: memref<4xf32>, %E: memref<4x8xf32>) {
  %p = qimeng.load %P : memref<4x8xf32> -> tensor<4x8xf32>
  %m = qimeng.load %M : memref<4xf32> -> tensor<4xf32>
  %b = qimeng.broadcast %m axes [1] : tensor<4xf32> -> tensor<4x8xf32>
  %d = arith.subf %p, %b : tensor<4x8xf32>
  %e = math.exp %d : tensor<4x8xf32>
  qimeng.store %e, %E : tensor<4x8xf32>, memref<4x8xf32>
}
qimeng.kernel @total(%P: memref<4x8xf32>, %T: memref<4xf32>) {
  %p = qimeng.load %P : memref<4x8xf32> -> tensor<4x8xf32>
  %e = math.exp %p : tensor<4x8xf32>
  %t = qimeng.reduce add %e axes [1] : tensor<4x8xf32>
  qimeng.store %t, %T : tensor<4xf32>, memref<4xf32>
}
qimeng.kernel @quotient(%P: memref<4x8xf32>, %T: memref<4xf32>, %Q: memref<4x8xf32>) {
  %p = qimeng.load %P : memref<4x8xf32> -> tensor<4x8xf32>
  %t = qimeng.load %T : memref<4xf32> -> tensor<4xf32>
  %b = qimeng.broadcast %t axes [1] : tensor<4xf32> -> tensor<4x8xf32>
  %e = math.exp %p : tensor<4x8xf32>
  %q = arith.divf %e, %b : tensor<4x8xf32>
  qimeng.store %q, %Q : tensor<4x8xf32>, memref<4x8xf32>
}
qimeng.kernel @copy(%P: memref<4x8xf32>, %C: memref<4x8xf32>) {
  %p = qimeng.load %P : memref<4x8xf32> -> tensor<4x8xf32>
  qimeng.store %p, %C : tensor<4x8xf32>, memref<4x8xf32>
}
qimeng.kernel @difference(%P: memref<4x8xf32>, %C: memref<4x8xf32>, %O: memref<4x8xf32>) {
  %p = qimeng.load %P : memref<4x8xf32> -> tensor<4x8xf32>
  %c = qimeng.load %C : memref<4x8xf32> -> tensor<4x8xf32>
  %d = arith.subf %p, %c : tensor<4x8xf32>
  %e = math.exp2 %d : tensor<4x8xf32>
  qimeng.store %e, %O : tensor<4x8xf32>, memref<4x8xf32>
}
qimeng.kernel @other(%P: memref<4x8xf32>, %F: memref<4x8xf32>) {
  %p = qimeng.load %P : memref<4x8xf32> -> tensor<4x8xf32>
  %s = math.absf %p : tensor<4x8xf32>
  qimeng.store %s, %F : tensor<4x8xf32>, memref<4x8xf32>
}
qimeng.kernel @scale(%A: memref<4x8xf32>, %S: memref<4x8xf32>) {
  %a = qimeng.load %A : memref<4x8xf32> -> tensor<4x8xf32>
  %s = arith.mulf %a, %a : tensor<4x8xf32>
  qimeng.store %s, %S : tensor<4x8xf32>, memref<4x8xf32>
}
qimeng.kernel @floor(%S: memref<4x8xf32>, %R: memref<4xf32>) {
  %s = qimeng.load %S : memref<4x8xf32> -> tensor<4x8xf32>
  %r = qimeng.reduce min %s axes [1] : tensor<4x8xf32>
  qimeng.store %r, %R : tensor<4xf32>, memref<4xf32>
}
qimeng.kernel @above(%S: memref<4x8xf32>, %R: memref<4xf32>, %K: memref<4x8xf32>) {
  %s = qimeng.load %S : memref<4x8xf32> -> tensor<4x8xf32>
  %r = qimeng.load %R : memref<4xf32> -> tensor<4xf32>
  %b = qimeng.broadcast %r axes [1] : tensor<4xf32> -> tensor<4x8xf32>
  %d = arith.subf %b, %s : tensor<4x8xf32>
  %e = math.exp %d : tensor<4x8xf32>
  qimeng.store %e, %K : tensor<4x8xf32>, memref<4x8xf32>
}
qimeng.kernel @count(%I: memref<4x8x8xi32>, %N: memref<4x8xi32>) {
  %i = qimeng.load %I : memref<4x8x8xi32> -> tensor<4x8x8xi32>
  %n = qimeng.reduce add %i axes [2] : tensor<4x8x8xi32>
  qimeng.store %n, %N : tensor<4x8xi32>, memref<4x8xi32>
}
qimeng.kernel @least(%N: memref<4x8xi32>, %L: memref<4xi32>) {
  %n = qimeng.load %N : memref<4x8xi32> -> tensor<4x8xi32>
  %l = qimeng.reduce min %n axes [1] : tensor<4x8xi32>
  qimeng.store %l, %L : tensor<4xi32>, memref<4xi32>
}
qimeng.kernel @counted(%N: memref<4x8xi32>, %L: memref<4xi32>, %W: memref<4x8xf32>) {
  %n = qimeng.load %N : memref<4x8xi32> -> tensor<4x8xi32>
  %l = qimeng.load %L : memref<4xi32> -> tensor<4xi32>
  %b = qimeng.broadcast %l axes [1] : tensor<4xi32> -> tensor<4x8xi32>
  %d = arith.subi %b, %n : tensor<4x8xi32>
  %f = arith.sitofp %d : tensor<4x8xi32> to tensor<4x8xf32>
  %e = math.exp %f : tensor<4x8xf32>
  qimeng.store %e, %W : tensor<4x8xf32>, memref<4x8xf32>
}
