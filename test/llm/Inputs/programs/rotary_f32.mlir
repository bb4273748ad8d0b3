// Rotary position embedding: slices, a concatenation, element-wise work.
#all = affine_map<(h, t, f) -> (h, t, f)>
#table = affine_map<(h, t, f) -> (t, f)>

func.func @rotary(%x: tensor<4x64x32xf32>, %cos: tensor<64x32xf32>, %sin: tensor<64x32xf32>)
    -> tensor<4x64x32xf32> {
  %first = tensor.extract_slice %x[0, 0, 0] [4, 64, 16] [1, 1, 1] : tensor<4x64x32xf32> to tensor<4x64x16xf32>
  %second = tensor.extract_slice %x[0, 0, 16] [4, 64, 16] [1, 1, 1] : tensor<4x64x32xf32> to tensor<4x64x16xf32>
  %negated = arith.negf %second : tensor<4x64x16xf32>
  %rotated = tensor.concat dim(2) %negated, %first
      : (tensor<4x64x16xf32>, tensor<4x64x16xf32>) -> tensor<4x64x32xf32>
  %empty = tensor.empty() : tensor<4x64x32xf32>
  %y = linalg.generic {indexing_maps = [#all, #all, #table, #table, #all], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %rotated, %cos, %sin : tensor<4x64x32xf32>, tensor<4x64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>)
      outs(%empty : tensor<4x64x32xf32>) {
  ^bb0(%e: f32, %r: f32, %c: f32, %s: f32, %o: f32):
    %ec = arith.mulf %e, %c : f32
    %rs = arith.mulf %r, %s : f32
    %sum = arith.addf %ec, %rs : f32
    linalg.yield %sum : f32
  } -> tensor<4x64x32xf32>
  return %y : tensor<4x64x32xf32>
}
