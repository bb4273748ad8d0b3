// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

func.func @f(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<4xi64>, tensor<2x3xf32>, tensor<2x2xf32>) {
  %c = arith.constant dense<[[1.0, 2.0, 3.0],[4.0,5.0,6.0]]> : tensor<2x3xf32>
  %0 = arith.addf %x, %c : tensor<2x3xf32>
  %1 = arith.constant dense<7> : tensor<4xi64>
  %i0 = arith.constant 0 : index
  %i1 = arith.constant 1 : index
  %v = tensor.extract %x[%i0, %i1] : tensor<2x3xf32>
  %w = arith.mulf %v, %v : f32
  %2 = tensor.from_elements %v, %w, %w, %v : tensor<2x2xf32>
  return %0, %1, %x, %2:tensor<2x3xf32>, tensor<4xi64>, tensor<2x3xf32>, tensor<2x2xf32>
}
