// C = gelu(A B + bias), 4096 x 4096 x 4096, f16 with sums in f32 and the exact GELU.
// B is stored K x N.

#all = affine_map<(d0, d1) -> (d0, d1)>
#column = affine_map<(d0, d1) -> (d1)>

func.func @gemm_bias_gelu(%a: tensor<4096x4096xf16>, %b: tensor<4096x4096xf16>, %bias: tensor<4096xf16>) -> tensor<4096x4096xf16> {
  %zero = arith.constant 0.0 : f32
  %half = arith.constant 0.5 : f32
  %one = arith.constant 1.0 : f32
  %rsqrt2 = arith.constant 0.70710678118654752 : f32
  %c_empty = tensor.empty() : tensor<4096x4096xf32>
  %c_zero = linalg.fill ins(%zero : f32) outs(%c_empty : tensor<4096x4096xf32>) -> tensor<4096x4096xf32>
  %c_product = linalg.matmul
      ins(%a, %b : tensor<4096x4096xf16>, tensor<4096x4096xf16>)
      outs(%c_zero : tensor<4096x4096xf32>) -> tensor<4096x4096xf32>
  %c_init = tensor.empty() : tensor<4096x4096xf16>
  %c = linalg.generic {indexing_maps = [#all, #column, #all], iterator_types = ["parallel", "parallel"]}
      ins(%c_product, %bias : tensor<4096x4096xf32>, tensor<4096xf16>) outs(%c_init : tensor<4096x4096xf16>) {
  ^bb0(%product: f32, %narrow_bias: f16, %o: f16):
    %wide_bias = arith.extf %narrow_bias : f16 to f32
    %biased = arith.addf %product, %wide_bias : f32
    %scaled = arith.mulf %biased, %rsqrt2 : f32
    %erf = math.erf %scaled : f32
    %one_erf = arith.addf %erf, %one : f32
    %halved = arith.mulf %biased, %half : f32
    %gelu = arith.mulf %halved, %one_erf : f32
    %narrow = arith.truncf %gelu : f32 to f16
    linalg.yield %narrow : f16
  } -> tensor<4096x4096xf16>
  return %c : tensor<4096x4096xf16>
}
