// RUN: qimeng-opt %s --qimeng-partition -o %t.before.mlir
// RUN: qimeng-opt %t.before.mlir "--qimeng-split-reduction=kernel=reduce parts=5" "--qimeng-fuse-consumer=kernel=elementwise_square consumer=reduce_partial" -o %t.after.mlir
// RUN: FileCheck %s < %t.after.mlir
// RUN: qimeng-verify %t.before.mlir %t.after.mlir
// RUN: sed 's/-0.000000e+00/1.000000e+00/' %t.after.mlir > %t.wrong.mlir
// RUN: not qimeng-verify %t.before.mlir %t.wrong.mlir 2>&1 | FileCheck %s --check-prefix=WRONG

// Two steps at once: both kernels keep their names, and neither its work. What
// is between them has another type, so that only the whole can be compared.

// CHECK: qimeng.kernel @elementwise_square(%{{.*}}: memref<5x48xf32>, %{{.*}}: memref<5x5xf32>)
// CHECK: qimeng.kernel @reduce(%{{.*}}: memref<5x5xf32>, %{{.*}}: memref<5xf32>)
// WRONG: error: output 0 differs
func.func @squares(%x: tensor<5x48xf32>) -> tensor<5xf32> {
  %e = tensor.empty() : tensor<5x48xf32>
  %y = linalg.square ins(%x : tensor<5x48xf32>) outs(%e : tensor<5x48xf32>) -> tensor<5x48xf32>
  %z = arith.constant dense<0.0> : tensor<5xf32>
  %r = linalg.reduce { arith.addf } ins(%y : tensor<5x48xf32>) outs(%z : tensor<5xf32>) dimensions = [1]
  return %r : tensor<5xf32>
}
