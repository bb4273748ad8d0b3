// Layer norm over the rows of a 256 x 256 matrix.
#all = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#column = affine_map<(d0, d1) -> (d1)>

func.func @layernorm(%x: tensor<256x256xbf16>, %weight: tensor<256xbf16>, %bias: tensor<256xbf16>) -> tensor<256x256xbf16> {
  %zero = arith.constant 0.0 : f32
  %eps = arith.constant 1.0e-5 : f32
  %size = arith.constant 256.0 : f32
  %row_empty = tensor.empty() : tensor<256xf32>
  %row_zero = linalg.fill ins(%zero : f32) outs(%row_empty : tensor<256xf32>) -> tensor<256xf32>
  %sums = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<256x256xbf16>) outs(%row_zero : tensor<256xf32>) {
  ^bb0(%e: bf16, %sum: f32):
    %wide = arith.extf %e : bf16 to f32
    %next = arith.addf %sum, %wide : f32
    linalg.yield %next : f32
  } -> tensor<256xf32>
  %squares = linalg.generic {indexing_maps = [#all, #row, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x, %sums : tensor<256x256xbf16>, tensor<256xf32>) outs(%row_zero : tensor<256xf32>) {
  ^bb0(%e: bf16, %sum: f32, %acc: f32):
    %wide = arith.extf %e : bf16 to f32
    %mean = arith.divf %sum, %size : f32
    %centered = arith.subf %wide, %mean : f32
    %square = arith.mulf %centered, %centered : f32
    %next = arith.addf %acc, %square : f32
    linalg.yield %next : f32
  } -> tensor<256xf32>
  %empty = tensor.empty() : tensor<256x256xbf16>
  %y = linalg.generic {indexing_maps = [#all, #row, #row, #column, #column, #all], iterator_types = ["parallel", "parallel"]}
      ins(%x, %sums, %squares, %weight, %bias : tensor<256x256xbf16>, tensor<256xf32>, tensor<256xf32>, tensor<256xbf16>, tensor<256xbf16>) outs(%empty : tensor<256x256xbf16>) {
  ^bb0(%e: bf16, %sum: f32, %sum_of_squares: f32, %w: bf16, %b: bf16, %o: bf16):
    %wide = arith.extf %e : bf16 to f32
    %wide_w = arith.extf %w : bf16 to f32
    %wide_b = arith.extf %b : bf16 to f32
    %mean = arith.divf %sum, %size : f32
    %variance = arith.divf %sum_of_squares, %size : f32
    %shifted = arith.addf %variance, %eps : f32
    %scale = math.rsqrt %shifted : f32
    %centered = arith.subf %wide, %mean : f32
    %normal = arith.mulf %centered, %scale : f32
    %weighted = arith.mulf %normal, %wide_w : f32
    %biased = arith.addf %weighted, %wide_b : f32
    %narrow = arith.truncf %biased : f32 to bf16
    linalg.yield %narrow : bf16
  } -> tensor<256x256xbf16>
  return %y : tensor<256x256xbf16>
}
