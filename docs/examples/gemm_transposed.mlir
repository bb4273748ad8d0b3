// Products with a transposed factor, bf16 to f32: A^T B, with A stored K x M, and
// A B^T, with B stored N x K.

#mn = affine_map<(m, n, k) -> (m, n)>
#mk = affine_map<(m, n, k) -> (m, k)>
#km = affine_map<(m, n, k) -> (k, m)>
#kn = affine_map<(m, n, k) -> (k, n)>
#nk = affine_map<(m, n, k) -> (n, k)>

func.func @gemm_transposed(%a: tensor<1024x512xbf16>, %b: tensor<1024x768xbf16>,
                           %c: tensor<512x1024xbf16>, %d: tensor<768x1024xbf16>)
    -> (tensor<512x768xf32>, tensor<512x768xf32>) {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<512x768xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<512x768xf32>) -> tensor<512x768xf32>
  %0 = linalg.matmul indexing_maps = [#km, #kn, #mn]
      ins(%a, %b : tensor<1024x512xbf16>, tensor<1024x768xbf16>) outs(%init : tensor<512x768xf32>) -> tensor<512x768xf32>
  %1 = linalg.matmul indexing_maps = [#mk, #nk, #mn]
      ins(%c, %d : tensor<512x1024xbf16>, tensor<768x1024xbf16>) outs(%init : tensor<512x768xf32>) -> tensor<512x768xf32>
  return %0, %1 : tensor<512x768xf32>, tensor<512x768xf32>
}
