// Products with a transposed factor: A^T B and A B^T.
#mn = affine_map<(m, n, k) -> (m, n)>
#mk = affine_map<(m, n, k) -> (m, k)>
#km = affine_map<(m, n, k) -> (k, m)>
#kn = affine_map<(m, n, k) -> (k, n)>
#nk = affine_map<(m, n, k) -> (n, k)>

func.func @gemm_transposed(%a: tensor<256x128xbf16>, %b: tensor<256x192xbf16>,
                           %c: tensor<128x256xbf16>, %d: tensor<192x256xbf16>)
    -> (tensor<128x192xf32>, tensor<128x192xf32>) {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<128x192xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<128x192xf32>) -> tensor<128x192xf32>
  %0 = linalg.matmul indexing_maps = [#km, #kn, #mn]
      ins(%a, %b : tensor<256x128xbf16>, tensor<256x192xbf16>) outs(%init : tensor<128x192xf32>) -> tensor<128x192xf32>
  %1 = linalg.matmul indexing_maps = [#mk, #nk, #mn]
      ins(%c, %d : tensor<128x256xbf16>, tensor<192x256xbf16>) outs(%init : tensor<128x192xf32>) -> tensor<128x192xf32>
  return %0, %1 : tensor<128x192xf32>, tensor<128x192xf32>
}
