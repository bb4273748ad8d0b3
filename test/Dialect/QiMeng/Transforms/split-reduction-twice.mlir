// A part may be split again: past its end lies the next part, not zero.

// RUN: qimeng-opt %s --pass-pipeline='builtin.module(qimeng-split-reduction{kernel=product parts=7},qimeng-split-reduction{kernel=product_partial parts=3})' | FileCheck %s
// RUN: qimeng-opt %s --pass-pipeline='builtin.module(qimeng-split-reduction{kernel=product parts=7},qimeng-split-reduction{kernel=product_partial parts=3})' | qimeng-verify %s - | FileCheck %s --check-prefix=SAME

// 32 elements in 7 parts of 5, these in 3 parts of 2.
// CHECK: qimeng.kernel @product_partial_partial
// CHECK: %[[MASK:.*]] = arith.cmpi ult
// CHECK: arith.select %[[MASK]]
// SAME: accepted: {{.*}} checks 1 to 4
qimeng.kernel @product(%a: memref<13x32xf32>, %b: memref<32x3xf32>, %c: memref<13x3xf32>) {
  %zero = arith.constant dense<0.0> : tensor<13x3xf32>
  %x = qimeng.load %a : memref<13x32xf32> -> tensor<13x32xf32>
  %y = qimeng.load %b : memref<32x3xf32> -> tensor<32x3xf32>
  %d = qimeng.dot %x, %y, %zero : tensor<13x32xf32>, tensor<32x3xf32> -> tensor<13x3xf32>
  qimeng.store %d, %c : tensor<13x3xf32>, memref<13x3xf32>
}
func.func @main(%a: memref<13x32xf32>, %b: memref<32x3xf32>, %c: memref<13x3xf32>) {
  qimeng.launch @product(%a, %b, %c) : memref<13x32xf32>, memref<32x3xf32>, memref<13x3xf32>
  return
}
