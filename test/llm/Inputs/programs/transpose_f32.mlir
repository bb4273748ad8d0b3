// The transpose of a 192 x 256 matrix.
func.func @transpose(%x: tensor<192x256xf32>) -> tensor<256x192xf32> {
  %empty = tensor.empty() : tensor<256x192xf32>
  %y = linalg.transpose ins(%x : tensor<192x256xf32>) outs(%empty : tensor<256x192xf32>) permutation = [1, 0]
  return %y : tensor<256x192xf32>
}
