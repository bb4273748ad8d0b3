// Attention: 2 heads, 64 tokens, 32 features.
#q = affine_map<(h, m, n, k) -> (h, m, k)>
#k = affine_map<(h, m, n, k) -> (h, n, k)>
#s = affine_map<(h, m, n, k) -> (h, m, n)>

func.func @attention(%q: tensor<2x64x32xf16>, %k: tensor<2x64x32xf16>, %v: tensor<2x64x32xf16>) -> tensor<2x64x32xf16> {
  %zero = arith.constant 0.0 : f32
  %scale = arith.constant dense<0.25> : tensor<2x64x64xf32>
  %scores_empty = tensor.empty() : tensor<2x64x64xf32>
  %scores_zero = linalg.fill ins(%zero : f32) outs(%scores_empty : tensor<2x64x64xf32>) -> tensor<2x64x64xf32>
  %scores = linalg.batch_matmul indexing_maps = [#q, #k, #s]
      ins(%q, %k : tensor<2x64x32xf16>, tensor<2x64x32xf16>) outs(%scores_zero : tensor<2x64x64xf32>) -> tensor<2x64x64xf32>
  %scaled = arith.mulf %scores, %scale : tensor<2x64x64xf32>
  %weights = linalg.softmax dimension(2) ins(%scaled : tensor<2x64x64xf32>) outs(%scores_empty : tensor<2x64x64xf32>) -> tensor<2x64x64xf32>
  %narrow = arith.truncf %weights : tensor<2x64x64xf32> to tensor<2x64x64xf16>
  %out_empty = tensor.empty() : tensor<2x64x32xf32>
  %out_zero = linalg.fill ins(%zero : f32) outs(%out_empty : tensor<2x64x32xf32>) -> tensor<2x64x32xf32>
  %out = linalg.batch_matmul ins(%narrow, %v : tensor<2x64x64xf16>, tensor<2x64x32xf16>)
      outs(%out_zero : tensor<2x64x32xf32>) -> tensor<2x64x32xf32>
  %y = arith.truncf %out : tensor<2x64x32xf32> to tensor<2x64x32xf16>
  return %y : tensor<2x64x32xf16>
}
