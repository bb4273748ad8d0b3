// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

#a = affine_map<(b,s,n)->(b,s,n)>
#c = affine_map<(b,s,n)->(n)>
func.func @f(%x: tensor<2x6x7xf32>, %w: tensor<7x8xf32>, %bias: tensor<8xf32>, %w2: tensor<8x5xf32>) -> tensor<2x6x5xf32> {
  %z = arith.constant dense<0.0> : tensor<12x8xf32>
  %z2 = arith.constant dense<0.0> : tensor<12x5xf32>
  %e = tensor.empty() : tensor<2x6x8xf32>
  %0 = tensor.collapse_shape %x [[0,1],[2]] : tensor<2x6x7xf32> into tensor<12x7xf32>
  %1 = linalg.matmul ins(%0, %w : tensor<12x7xf32>, tensor<7x8xf32>) outs(%z : tensor<12x8xf32>) -> tensor<12x8xf32>
  %2 = tensor.expand_shape %1 [[0,1],[2]] output_shape [2,6,8] : tensor<12x8xf32> into tensor<2x6x8xf32>
  %3 = linalg.generic {indexing_maps=[#a,#c,#a], iterator_types=["parallel","parallel","parallel"]} ins(%2, %bias : tensor<2x6x8xf32>, tensor<8xf32>) outs(%e : tensor<2x6x8xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %s = arith.addf %p, %q : f32
    linalg.yield %s : f32
  } -> tensor<2x6x8xf32>
  %t = math.tanh %3 : tensor<2x6x8xf32>
  %4 = tensor.collapse_shape %t [[0,1],[2]] : tensor<2x6x8xf32> into tensor<12x8xf32>
  %5 = linalg.matmul ins(%4, %w2 : tensor<12x8xf32>, tensor<8x5xf32>) outs(%z2 : tensor<12x5xf32>) -> tensor<12x5xf32>
  %6 = tensor.expand_shape %5 [[0,1],[2]] output_shape [2,6,5] : tensor<12x5xf32> into tensor<2x6x5xf32>
  return %6 : tensor<2x6x5xf32>
}
