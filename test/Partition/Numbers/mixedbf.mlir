// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

func.func @f(%a: tensor<6x7xf16>, %b: tensor<7x5xbf16>, %c: tensor<6x5xf32>) -> tensor<6x5xf32> {
  %r = linalg.matmul ins(%a, %b : tensor<6x7xf16>, tensor<7x5xbf16>) outs(%c : tensor<6x5xf32>) -> tensor<6x5xf32>
  return %r : tensor<6x5xf32>
}
