// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

#x = affine_map<(i,j)->(i,j)>
#o = affine_map<(i,j)->(i+j)>
#o2 = affine_map<(i,j)->(i, 0)>
func.func @f(%x: tensor<4x5xf32>, %i: tensor<8xf32>, %i2: tensor<4x1xf32>) -> (tensor<8xf32>, tensor<4x1xf32>) {
  %r = linalg.generic {indexing_maps=[#x,#o], iterator_types=["reduction","reduction"]} ins(%x : tensor<4x5xf32>) outs(%i : tensor<8xf32>) {
  ^bb0(%q: f32, %o: f32):
    %w = arith.addf %q, %o : f32
    linalg.yield %w : f32
  } -> tensor<8xf32>
  %r2 = linalg.generic {indexing_maps=[#x,#o2], iterator_types=["parallel","reduction"]} ins(%x : tensor<4x5xf32>) outs(%i2 : tensor<4x1xf32>) {
  ^bb0(%q: f32, %o: f32):
    %w = arith.addf %q, %o : f32
    linalg.yield %w : f32
  } -> tensor<4x1xf32>
  return %r, %r2 : tensor<8xf32>, tensor<4x1xf32>
}
