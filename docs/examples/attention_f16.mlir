// Attention on 8 heads of 256 tokens and 64 features, f16 with sums in f32:
// softmax(Q K^T / 8) V.

#q = affine_map<(h, m, n, k) -> (h, m, k)>
#k = affine_map<(h, m, n, k) -> (h, n, k)>
#s = affine_map<(h, m, n, k) -> (h, m, n)>

func.func @attention(%q: tensor<8x256x64xf16>, %k: tensor<8x256x64xf16>, %v: tensor<8x256x64xf16>) -> tensor<8x256x64xf16> {
  %zero = arith.constant 0.0 : f32
  %scale = arith.constant dense<0.125> : tensor<8x256x256xf32>
  %scores_empty = tensor.empty() : tensor<8x256x256xf32>
  %scores_zero = linalg.fill ins(%zero : f32) outs(%scores_empty : tensor<8x256x256xf32>) -> tensor<8x256x256xf32>
  %scores = linalg.batch_matmul indexing_maps = [#q, #k, #s]
      ins(%q, %k : tensor<8x256x64xf16>, tensor<8x256x64xf16>) outs(%scores_zero : tensor<8x256x256xf32>) -> tensor<8x256x256xf32>
  %scaled = arith.mulf %scores, %scale : tensor<8x256x256xf32>
  %weights = linalg.softmax dimension(2) ins(%scaled : tensor<8x256x256xf32>) outs(%scores_empty : tensor<8x256x256xf32>) -> tensor<8x256x256xf32>
  %narrow = arith.truncf %weights : tensor<8x256x256xf32> to tensor<8x256x256xf16>
  %out_empty = tensor.empty() : tensor<8x256x64xf32>
  %out_zero = linalg.fill ins(%zero : f32) outs(%out_empty : tensor<8x256x64xf32>) -> tensor<8x256x64xf32>
  %out = linalg.batch_matmul ins(%narrow, %v : tensor<8x256x256xf16>, tensor<8x256x64xf16>)
      outs(%out_zero : tensor<8x256x64xf32>) -> tensor<8x256x64xf32>
  %y = arith.truncf %out : tensor<8x256x64xf32> to tensor<8x256x64xf16>
  return %y : tensor<8x256x64xf16>
}
