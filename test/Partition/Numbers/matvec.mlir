// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

func.func @f(%a: tensor<6x10xf16>, %b: tensor<10xf16>, %i: tensor<6xf32>, %d: tensor<f32>) -> (tensor<6xf32>, tensor<f32>) {
  %c = linalg.matvec ins(%a, %b : tensor<6x10xf16>, tensor<10xf16>) outs(%i : tensor<6xf32>) -> tensor<6xf32>
  %e = linalg.dot ins(%c, %i : tensor<6xf32>, tensor<6xf32>) outs(%d : tensor<f32>) -> tensor<f32>
  return %c, %e : tensor<6xf32>, tensor<f32>
}
