// relu(A B), small enough for a quick session.
func.func @matmul_relu(%a: tensor<1024x256xbf16>, %b: tensor<256x2048xbf16>) -> tensor<1024x2048xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<1024x2048xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1024x2048xf32>) -> tensor<1024x2048xf32>
  %product = linalg.matmul ins(%a, %b : tensor<1024x256xbf16>, tensor<256x2048xbf16>)
                           outs(%init : tensor<1024x2048xf32>) -> tensor<1024x2048xf32>
  %result = linalg.map ins(%product : tensor<1024x2048xf32>) outs(%empty : tensor<1024x2048xf32>)
    (%x: f32, %o: f32) {
      %r = arith.maximumf %x, %zero : f32
      linalg.yield %r : f32
    }
  return %result : tensor<1024x2048xf32>
}
