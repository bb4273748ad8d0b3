// Sixteen products of 512 x 256 x 512 in f16, with sums in f32.

func.func @batched_matmul(%a: tensor<16x512x256xf16>, %b: tensor<16x256x512xf16>) -> tensor<16x512x512xf16> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<16x512x512xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<16x512x512xf32>) -> tensor<16x512x512xf32>
  %c = linalg.batch_matmul ins(%a, %b : tensor<16x512x256xf16>, tensor<16x256x512xf16>)
      outs(%init : tensor<16x512x512xf32>) -> tensor<16x512x512xf32>
  %d = arith.truncf %c : tensor<16x512x512xf32> to tensor<16x512x512xf16>
  return %d : tensor<16x512x512xf16>
}
