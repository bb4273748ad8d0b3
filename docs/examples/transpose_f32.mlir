// The transpose of a 4096 x 8192 matrix, f32.

func.func @transpose(%x: tensor<4096x8192xf32>) -> tensor<8192x4096xf32> {
  %empty = tensor.empty() : tensor<8192x4096xf32>
  %y = linalg.transpose ins(%x : tensor<4096x8192xf32>) outs(%empty : tensor<8192x4096xf32>) permutation = [1, 0]
  return %y : tensor<8192x4096xf32>
}
