// Four products of 128 x 64 x 128.
func.func @batched_matmul(%a: tensor<4x128x64xf16>, %b: tensor<4x64x128xf16>) -> tensor<4x128x128xf16> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4x128x128xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x128x128xf32>) -> tensor<4x128x128xf32>
  %c = linalg.batch_matmul ins(%a, %b : tensor<4x128x64xf16>, tensor<4x64x128xf16>)
      outs(%init : tensor<4x128x128xf32>) -> tensor<4x128x128xf32>
  %d = arith.truncf %c : tensor<4x128x128xf32> to tensor<4x128x128xf16>
  return %d : tensor<4x128x128xf16>
}
