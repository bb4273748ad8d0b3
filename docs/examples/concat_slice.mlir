// Rotary position embedding on 64 heads of 128 features, f32: the second half of
// the features, negated, goes before the first half; y = x cos + rotated sin.

#all = affine_map<(h, t, f) -> (h, t, f)>
#table = affine_map<(h, t, f) -> (t, f)>

func.func @rotary(%x: tensor<64x1024x128xf32>, %cos: tensor<1024x128xf32>, %sin: tensor<1024x128xf32>)
    -> tensor<64x1024x128xf32> {
  %first = tensor.extract_slice %x[0, 0, 0] [64, 1024, 64] [1, 1, 1] : tensor<64x1024x128xf32> to tensor<64x1024x64xf32>
  %second = tensor.extract_slice %x[0, 0, 64] [64, 1024, 64] [1, 1, 1] : tensor<64x1024x128xf32> to tensor<64x1024x64xf32>
  %negated = arith.negf %second : tensor<64x1024x64xf32>
  %rotated = tensor.concat dim(2) %negated, %first
      : (tensor<64x1024x64xf32>, tensor<64x1024x64xf32>) -> tensor<64x1024x128xf32>
  %empty = tensor.empty() : tensor<64x1024x128xf32>
  %y = linalg.generic {indexing_maps = [#all, #all, #table, #table, #all], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %rotated, %cos, %sin : tensor<64x1024x128xf32>, tensor<64x1024x128xf32>, tensor<1024x128xf32>, tensor<1024x128xf32>)
      outs(%empty : tensor<64x1024x128xf32>) {
  ^bb0(%e: f32, %r: f32, %c: f32, %s: f32, %o: f32):
    %ec = arith.mulf %e, %c : f32
    %rs = arith.mulf %r, %s : f32
    %sum = arith.addf %ec, %rs : f32
    linalg.yield %sum : f32
  } -> tensor<64x1024x128xf32>
  return %y : tensor<64x1024x128xf32>
}
