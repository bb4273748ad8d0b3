// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

func.func @f(%a: tensor<6x10xi8>, %b: tensor<10x4xi8>, %i: tensor<6x4xi32>, %j: tensor<6x4xi8>, %u: tensor<6x4xi32>) -> (tensor<6x4xi32>, tensor<6x4xi8>, tensor<6x4xi32>) {
  %c = linalg.matmul ins(%a, %b : tensor<6x10xi8>, tensor<10x4xi8>) outs(%i : tensor<6x4xi32>) -> tensor<6x4xi32>
  %d = linalg.matmul ins(%a, %b : tensor<6x10xi8>, tensor<10x4xi8>) outs(%j : tensor<6x4xi8>) -> tensor<6x4xi8>
  %e = linalg.matmul {cast = #linalg.type_fn<cast_unsigned>} ins(%a, %b : tensor<6x10xi8>, tensor<10x4xi8>) outs(%u : tensor<6x4xi32>) -> tensor<6x4xi32>
  return %c, %d, %e : tensor<6x4xi32>, tensor<6x4xi8>, tensor<6x4xi32>
}
