// What the message about calls advises works.
// RUN: not qimeng-opt %s --qimeng-partition 2>&1 | FileCheck %s --check-prefix=CALL
// RUN: qimeng-opt %s --inline --qimeng-partition=entry=f | FileCheck %s
// CALL: error: 'func.call' op is a call, and a tensor program is one function. Inline it first (--inline)
// CHECK: qimeng.kernel @elementwise_exp
// CHECK-NOT: func.call
func.func private @g(%x: tensor<8xf32>) -> tensor<8xf32> {
  %e = math.exp %x : tensor<8xf32>
  return %e : tensor<8xf32>
}
func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {
  %r = func.call @g(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %r : tensor<8xf32>
}
