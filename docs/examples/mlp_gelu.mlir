// A two-layer perceptron, 512 tokens: y = gelu(x W1 + b1) W2 + b2, in bf16 with
// sums in f32 and the exact GELU, 0.5 x (1 + erf(x / sqrt 2)).

#all = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#column = affine_map<(d0, d1) -> (d1)>

func.func @mlp_gelu(%x: tensor<512x1024xbf16>, %w1: tensor<1024x4096xbf16>, %b1: tensor<4096xbf16>,
                    %w2: tensor<4096x1024xbf16>, %b2: tensor<1024xbf16>) -> tensor<512x1024xbf16> {
  %zero = arith.constant 0.0 : f32
  %half = arith.constant 0.5 : f32
  %one = arith.constant 1.0 : f32
  %rsqrt2 = arith.constant 0.70710678118654752 : f32
  %h_empty = tensor.empty() : tensor<512x4096xf32>
  %h_zero = linalg.fill ins(%zero : f32) outs(%h_empty : tensor<512x4096xf32>) -> tensor<512x4096xf32>
  %h_product = linalg.matmul
      ins(%x, %w1 : tensor<512x1024xbf16>, tensor<1024x4096xbf16>)
      outs(%h_zero : tensor<512x4096xf32>) -> tensor<512x4096xf32>
  %h_init = tensor.empty() : tensor<512x4096xbf16>
  %h = linalg.generic {indexing_maps = [#all, #column, #all], iterator_types = ["parallel", "parallel"]}
      ins(%h_product, %b1 : tensor<512x4096xf32>, tensor<4096xbf16>) outs(%h_init : tensor<512x4096xbf16>) {
  ^bb0(%product: f32, %narrow_bias: bf16, %o: bf16):
    %wide_bias = arith.extf %narrow_bias : bf16 to f32
    %biased = arith.addf %product, %wide_bias : f32
    %scaled = arith.mulf %biased, %rsqrt2 : f32
    %erf = math.erf %scaled : f32
    %one_erf = arith.addf %erf, %one : f32
    %halved = arith.mulf %biased, %half : f32
    %gelu = arith.mulf %halved, %one_erf : f32
    %narrow = arith.truncf %gelu : f32 to bf16
    linalg.yield %narrow : bf16
  } -> tensor<512x4096xbf16>
  %y_empty = tensor.empty() : tensor<512x1024xf32>
  %y_zero = linalg.fill ins(%zero : f32) outs(%y_empty : tensor<512x1024xf32>) -> tensor<512x1024xf32>
  %y_product = linalg.matmul
      ins(%h, %w2 : tensor<512x4096xbf16>, tensor<4096x1024xbf16>)
      outs(%y_zero : tensor<512x1024xf32>) -> tensor<512x1024xf32>
  %y_init = tensor.empty() : tensor<512x1024xbf16>
  %y = linalg.generic {indexing_maps = [#all, #column, #all], iterator_types = ["parallel", "parallel"]}
      ins(%y_product, %b2 : tensor<512x1024xf32>, tensor<1024xbf16>) outs(%y_init : tensor<512x1024xbf16>) {
  ^bb0(%product: f32, %narrow_bias: bf16, %o: bf16):
    %wide_bias = arith.extf %narrow_bias : bf16 to f32
    %biased = arith.addf %product, %wide_bias : f32
    %narrow = arith.truncf %biased : f32 to bf16
    linalg.yield %narrow : bf16
  } -> tensor<512x1024xbf16>
  return %y : tensor<512x1024xbf16>
}
