// Softmax over the rows of a 65536 x 1024 matrix, bf16, computed in f32.

func.func @softmax(%x: tensor<65536x1024xbf16>) -> tensor<65536x1024xbf16> {
  %empty = tensor.empty() : tensor<65536x1024xbf16>
  %y = linalg.softmax dimension(1) ins(%x : tensor<65536x1024xbf16>) outs(%empty : tensor<65536x1024xbf16>) -> tensor<65536x1024xbf16>
  return %y : tensor<65536x1024xbf16>
}
