// Two layers with the exact GELU between them, 128 tokens.
#all = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#column = affine_map<(d0, d1) -> (d1)>

func.func @mlp_gelu(%x: tensor<128x64xbf16>, %w1: tensor<64x256xbf16>, %b1: tensor<256xbf16>,
                    %w2: tensor<256x64xbf16>, %b2: tensor<64xbf16>) -> tensor<128x64xbf16> {
  %zero = arith.constant 0.0 : f32
  %half = arith.constant 0.5 : f32
  %one = arith.constant 1.0 : f32
  %rsqrt2 = arith.constant 0.70710678118654752 : f32
  %h_empty = tensor.empty() : tensor<128x256xf32>
  %h_zero = linalg.fill ins(%zero : f32) outs(%h_empty : tensor<128x256xf32>) -> tensor<128x256xf32>
  %h_product = linalg.matmul
      ins(%x, %w1 : tensor<128x64xbf16>, tensor<64x256xbf16>)
      outs(%h_zero : tensor<128x256xf32>) -> tensor<128x256xf32>
  %h_init = tensor.empty() : tensor<128x256xbf16>
  %h = linalg.generic {indexing_maps = [#all, #column, #all], iterator_types = ["parallel", "parallel"]}
      ins(%h_product, %b1 : tensor<128x256xf32>, tensor<256xbf16>) outs(%h_init : tensor<128x256xbf16>) {
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
  } -> tensor<128x256xbf16>
  %y_empty = tensor.empty() : tensor<128x64xf32>
  %y_zero = linalg.fill ins(%zero : f32) outs(%y_empty : tensor<128x64xf32>) -> tensor<128x64xf32>
  %y_product = linalg.matmul
      ins(%h, %w2 : tensor<128x256xbf16>, tensor<256x64xbf16>)
      outs(%y_zero : tensor<128x64xf32>) -> tensor<128x64xf32>
  %y_init = tensor.empty() : tensor<128x64xbf16>
  %y = linalg.generic {indexing_maps = [#all, #column, #all], iterator_types = ["parallel", "parallel"]}
      ins(%y_product, %b2 : tensor<128x64xf32>, tensor<64xbf16>) outs(%y_init : tensor<128x64xbf16>) {
  ^bb0(%product: f32, %narrow_bias: bf16, %o: bf16):
    %wide_bias = arith.extf %narrow_bias : bf16 to f32
    %biased = arith.addf %product, %wide_bias : f32
    %narrow = arith.truncf %biased : f32 to bf16
    linalg.yield %narrow : bf16
  } -> tensor<128x64xbf16>
  return %y : tensor<128x64xbf16>
}
