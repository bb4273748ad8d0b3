// Softmax over the rows of a 256 x 512 matrix.
func.func @softmax(%x: tensor<256x512xf32>) -> tensor<256x512xf32> {
  %empty = tensor.empty() : tensor<256x512xf32>
  %y = linalg.softmax dimension(1) ins(%x : tensor<256x512xf32>) outs(%empty : tensor<256x512xf32>) -> tensor<256x512xf32>
  return %y : tensor<256x512xf32>
}
