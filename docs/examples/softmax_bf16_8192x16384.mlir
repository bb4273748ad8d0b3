// Softmax over the rows of a 8192 x 16384 matrix, bf16, computed in f32.

func.func @softmax(%x: tensor<8192x16384xbf16>) -> tensor<8192x16384xbf16> {
  %empty = tensor.empty() : tensor<8192x16384xbf16>
  %y = linalg.softmax dimension(1) ins(%x : tensor<8192x16384xbf16>) outs(%empty : tensor<8192x16384xbf16>) -> tensor<8192x16384xbf16>
  return %y : tensor<8192x16384xbf16>
}
