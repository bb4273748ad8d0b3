// Where a body rounds to f16 before it computes on, as the products of f32 tensors
// into an f16 one do, kernel and reference both do.
// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

func.func @f(%x: tensor<9x17xf32>, %y: tensor<17x5xf32>, %o: tensor<9x5xf16>, %v: tensor<17xf32>, %p: tensor<9xbf16>) -> (tensor<9x5xf16>, tensor<9xbf16>) {
  %0 = linalg.matmul ins(%x, %y : tensor<9x17xf32>, tensor<17x5xf32>) outs(%o : tensor<9x5xf16>) -> tensor<9x5xf16>
  %1 = linalg.matvec ins(%x, %v : tensor<9x17xf32>, tensor<17xf32>) outs(%p : tensor<9xbf16>) -> tensor<9xbf16>
  return %0, %1 : tensor<9x5xf16>, tensor<9xbf16>
}
