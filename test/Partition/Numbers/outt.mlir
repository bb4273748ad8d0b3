// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

// C^T = A B, batch in the middle
func.func @f(%a: tensor<6x3x10xf32>, %b: tensor<3x10x4xf32>, %i: tensor<4x6x3xf32>) -> tensor<4x6x3xf32> {
  %c = linalg.contract indexing_maps = [affine_map<(b,m,n,k)->(m,b,k)>, affine_map<(b,m,n,k)->(b,k,n)>, affine_map<(b,m,n,k)->(n,m,b)>]
     ins(%a, %b : tensor<6x3x10xf32>, tensor<3x10x4xf32>) outs(%i : tensor<4x6x3xf32>) -> tensor<4x6x3xf32>
  return %c : tensor<4x6x3xf32>
}
