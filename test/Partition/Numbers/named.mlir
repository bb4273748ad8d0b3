// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

func.func @f(%x: tensor<4x5xf32>, %y: tensor<4x5xf32>, %p: tensor<4x5xi1>, %n: tensor<5xf32>) -> (tensor<4x5xf32>, tensor<4x5xi8>) {
  %e = tensor.empty() : tensor<4x5xf32>
  %0 = linalg.add ins(%x, %y : tensor<4x5xf32>, tensor<4x5xf32>) outs(%e : tensor<4x5xf32>) -> tensor<4x5xf32>
  %1 = linalg.exp ins(%0 : tensor<4x5xf32>) outs(%e : tensor<4x5xf32>) -> tensor<4x5xf32>
  %2 = linalg.map { arith.mulf } ins(%1, %y : tensor<4x5xf32>, tensor<4x5xf32>) outs(%e : tensor<4x5xf32>)
  %3 = linalg.select ins(%p, %2, %x : tensor<4x5xi1>, tensor<4x5xf32>, tensor<4x5xf32>) outs(%e : tensor<4x5xf32>) -> tensor<4x5xf32>
  %4 = linalg.elementwise kind=#linalg.elementwise_kind<sub> indexing_maps = [affine_map<(i,j)->(i,j)>, affine_map<(i,j)->(j)>, affine_map<(i,j)->(i,j)>] ins(%3, %n : tensor<4x5xf32>, tensor<5xf32>) outs(%e : tensor<4x5xf32>) -> tensor<4x5xf32>
  %5 = arith.fptosi %4 : tensor<4x5xf32> to tensor<4x5xi8>
  return %4, %5 : tensor<4x5xf32>, tensor<4x5xi8>
}
