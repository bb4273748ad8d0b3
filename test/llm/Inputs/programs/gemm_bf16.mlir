// relu(a b + bias), 512 x 512 x 256.
func.func @gemm(%a: tensor<512x256xbf16>, %b: tensor<256x512xbf16>, %bias: tensor<512xbf16>) -> tensor<512x512xbf16> {
  %zero = arith.constant 0.0 : f32
  %acc = tensor.empty() : tensor<512x512xf32>
  %init = linalg.fill ins(%zero : f32) outs(%acc : tensor<512x512xf32>) -> tensor<512x512xf32>
  %p = linalg.matmul ins(%a, %b : tensor<512x256xbf16>, tensor<256x512xbf16>) outs(%init : tensor<512x512xf32>) -> tensor<512x512xf32>
  %e = tensor.empty() : tensor<512x512xbf16>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%p, %bias : tensor<512x512xf32>, tensor<512xbf16>) outs(%e : tensor<512x512xbf16>) {
  ^bb0(%x: f32, %c: bf16, %o: bf16):
    %w = arith.extf %c : bf16 to f32
    %s = arith.addf %x, %w : f32
    %m = arith.maximumf %s, %zero : f32
    %t = arith.truncf %m : f32 to bf16
    linalg.yield %t : bf16
  } -> tensor<512x512xbf16>
  return %r : tensor<512x512xbf16>
}
