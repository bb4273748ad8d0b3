// relu(a b + bias), 128 x 128 x 64.
func.func @gemm(%a: tensor<128x64xf16>, %b: tensor<64x128xf16>, %bias: tensor<128xf16>) -> tensor<128x128xf16> {
  %zero = arith.constant 0.0 : f32
  %acc = tensor.empty() : tensor<128x128xf32>
  %init = linalg.fill ins(%zero : f32) outs(%acc : tensor<128x128xf32>) -> tensor<128x128xf32>
  %p = linalg.matmul ins(%a, %b : tensor<128x64xf16>, tensor<64x128xf16>) outs(%init : tensor<128x128xf32>) -> tensor<128x128xf32>
  %e = tensor.empty() : tensor<128x128xf16>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%p, %bias : tensor<128x128xf32>, tensor<128xf16>) outs(%e : tensor<128x128xf16>) {
  ^bb0(%x: f32, %c: f16, %o: f16):
    %w = arith.extf %c : f16 to f32
    %s = arith.addf %x, %w : f32
    %m = arith.maximumf %s, %zero : f32
    %t = arith.truncf %m : f32 to f16
    linalg.yield %t : f16
  } -> tensor<128x128xf16>
  return %r : tensor<128x128xf16>
}
