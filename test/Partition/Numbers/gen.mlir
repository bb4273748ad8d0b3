// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

func.func @f(%x: tensor<8xf32>, %ai: i64) -> (tensor<4x5xi64>, tensor<8xf32>, tensor<3xf32>) {
  %at = arith.index_cast %ai : i64 to index
  %g = tensor.generate { ^bb0(%i: index, %j: index):
    %s = arith.addi %i, %j : index
    %v = arith.index_cast %s : index to i64
    tensor.yield %v : i64
  } : tensor<4x5xi64>
  %c = arith.constant 9.0 : f32
  %i1 = arith.constant 3 : index
  %a = arith.andi %at, %i1 : index
  %n = tensor.insert %c into %x[%a] : tensor<8xf32>
  %sl = tensor.extract_slice %x[%a] [3] [1] : tensor<8xf32> to tensor<3xf32>
  return %g, %n, %sl : tensor<4x5xi64>, tensor<8xf32>, tensor<3xf32>
}
