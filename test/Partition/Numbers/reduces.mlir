// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

func.func @f(%x: tensor<3x4x5xi32>, %m: tensor<4x6xf64>, %b: tensor<4x6xi1>) -> (tensor<4xi32>, tensor<6xf64>, tensor<4xi1>, tensor<3x5xi32>) {
  %z = arith.constant dense<5> : tensor<4xi32>
  %r = linalg.reduce {arith.addi} ins(%x : tensor<3x4x5xi32>) outs(%z : tensor<4xi32>) dimensions = [0, 2]
  %o = arith.constant dense<1.0> : tensor<6xf64>
  %p = linalg.reduce {arith.mulf} ins(%m : tensor<4x6xf64>) outs(%o : tensor<6xf64>) dimensions = [0]
  %t = arith.constant dense<false> : tensor<4xi1>
  %q = linalg.reduce {arith.ori} ins(%b : tensor<4x6xi1>) outs(%t : tensor<4xi1>) dimensions = [1]
  %u = arith.constant dense<0> : tensor<3x5xi32>
  %v = linalg.reduce {arith.maxui} ins(%x : tensor<3x4x5xi32>) outs(%u : tensor<3x5xi32>) dimensions = [1]
  return %r, %p, %q, %v : tensor<4xi32>, tensor<6xf64>, tensor<4xi1>, tensor<3x5xi32>
}
