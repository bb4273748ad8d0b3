// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

// [B,S,K] x [K,N]
func.func @f(%a: tensor<2x5x7xf32>, %b: tensor<7x3xf32>, %i: tensor<2x5x3xf32>) -> tensor<2x5x3xf32> {
  %c = linalg.contract indexing_maps = [affine_map<(b,s,n,k)->(b,s,k)>, affine_map<(b,s,n,k)->(k,n)>, affine_map<(b,s,n,k)->(b,s,n)>]
     ins(%a, %b : tensor<2x5x7xf32>, tensor<7x3xf32>) outs(%i : tensor<2x5x3xf32>) -> tensor<2x5x3xf32>
  return %c : tensor<2x5x3xf32>
}
