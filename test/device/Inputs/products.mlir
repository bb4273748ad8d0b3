// Tensor programs around products, by name.

#mn = affine_map<(m, n, k) -> (m, n)>
#mk = affine_map<(m, n, k) -> (m, k)>
#km = affine_map<(m, n, k) -> (k, m)>
#kn = affine_map<(m, n, k) -> (k, n)>
#nk = affine_map<(m, n, k) -> (n, k)>
#id = affine_map<(m, n) -> (m, n)>
#col = affine_map<(m, n) -> (n)>

// Rows and columns that tiles of 64 or 128 do not divide; K that 64 does not.
func.func @bias_bf16(%a: tensor<200x152xbf16>, %b: tensor<152x136xbf16>, %bias: tensor<136xf32>) -> tensor<200x136xbf16> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<200x136xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<200x136xf32>) -> tensor<200x136xf32>
  %d = linalg.matmul ins(%a, %b : tensor<200x152xbf16>, tensor<152x136xbf16>) outs(%z : tensor<200x136xf32>) -> tensor<200x136xf32>
  %o = tensor.empty() : tensor<200x136xbf16>
  %r = linalg.generic {indexing_maps = [#id, #col, #id], iterator_types = ["parallel", "parallel"]}
      ins(%d, %bias : tensor<200x136xf32>, tensor<136xf32>) outs(%o : tensor<200x136xbf16>) {
  ^bb0(%x: f32, %y: f32, %old: bf16):
    %s = arith.addf %x, %y : f32
    %t = math.tanh %s : f32
    %h = arith.truncf %t : f32 to bf16
    linalg.yield %h : bf16
  } -> tensor<200x136xbf16>
  return %r : tensor<200x136xbf16>
}

func.func @even_f16(%a: tensor<256x192xf16>, %b: tensor<192x256xf16>) -> tensor<256x256xf16> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<256x256xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<256x256xf32>) -> tensor<256x256xf32>
  %d = linalg.matmul ins(%a, %b : tensor<256x192xf16>, tensor<192x256xf16>) outs(%z : tensor<256x256xf32>) -> tensor<256x256xf32>
  %r = arith.truncf %d : tensor<256x256xf32> to tensor<256x256xf16>
  return %r : tensor<256x256xf16>
}

// Both factors contiguous along K.
func.func @nk_bf16(%a: tensor<128x256xbf16>, %b: tensor<128x256xbf16>) -> tensor<128x128xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<128x128xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<128x128xf32>) -> tensor<128x128xf32>
  %d = linalg.matmul indexing_maps = [#mk, #nk, #mn] ins(%a, %b : tensor<128x256xbf16>, tensor<128x256xbf16>)
      outs(%z : tensor<128x128xf32>) -> tensor<128x128xf32>
  return %d : tensor<128x128xf32>
}

// Both factors contiguous along M and N.
func.func @km_f16(%a: tensor<192x128xf16>, %b: tensor<192x136xf16>) -> tensor<128x136xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<128x136xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<128x136xf32>) -> tensor<128x136xf32>
  %d = linalg.matmul indexing_maps = [#km, #kn, #mn] ins(%a, %b : tensor<192x128xf16>, tensor<192x136xf16>)
      outs(%z : tensor<128x136xf32>) -> tensor<128x136xf32>
  return %d : tensor<128x136xf32>
}

// Rows of an odd number of elements: no copy of 16 bytes is aligned.
func.func @odd_f16(%a: tensor<67x45xf16>, %b: tensor<45x51xf16>) -> tensor<67x51xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<67x51xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<67x51xf32>) -> tensor<67x51xf32>
  %d = linalg.matmul ins(%a, %b : tensor<67x45xf16>, tensor<45x51xf16>) outs(%z : tensor<67x51xf32>) -> tensor<67x51xf32>
  return %d : tensor<67x51xf32>
}

// f32 numbers with eight bits of mantissa, so that tf32 products are exact.
func.func @tf32(%a: tensor<128x160xbf16>, %b: tensor<136x160xbf16>) -> tensor<128x136xf32> {
  %zero = arith.constant 0.0 : f32
  %wa = arith.extf %a : tensor<128x160xbf16> to tensor<128x160xf32>
  %wb = arith.extf %b : tensor<136x160xbf16> to tensor<136x160xf32>
  %e = tensor.empty() : tensor<128x136xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<128x136xf32>) -> tensor<128x136xf32>
  %d = linalg.matmul indexing_maps = [#mk, #nk, #mn] ins(%wa, %wb : tensor<128x160xf32>, tensor<136x160xf32>)
      outs(%z : tensor<128x136xf32>) -> tensor<128x136xf32>
  return %d : tensor<128x136xf32>
}

func.func @i8(%a: tensor<136x160xi8>, %b: tensor<72x160xi8>) -> tensor<136x72xi32> {
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<136x72xi32>
  %z = linalg.fill ins(%zero : i32) outs(%e : tensor<136x72xi32>) -> tensor<136x72xi32>
  %d = linalg.matmul indexing_maps = [#mk, #nk, #mn] ins(%a, %b : tensor<136x160xi8>, tensor<72x160xi8>)
      outs(%z : tensor<136x72xi32>) -> tensor<136x72xi32>
  return %d : tensor<136x72xi32>
}

func.func @i8_kn(%a: tensor<65x96xi8>, %b: tensor<96x80xi8>) -> tensor<65x80xi32> {
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<65x80xi32>
  %z = linalg.fill ins(%zero : i32) outs(%e : tensor<65x80xi32>) -> tensor<65x80xi32>
  %d = linalg.matmul ins(%a, %b : tensor<65x96xi8>, tensor<96x80xi8>) outs(%z : tensor<65x80xi32>) -> tensor<65x80xi32>
  return %d : tensor<65x80xi32>
}

func.func @f32(%a: tensor<130x70xf32>, %b: tensor<70x100xf32>) -> tensor<130x100xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<130x100xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<130x100xf32>) -> tensor<130x100xf32>
  %d = linalg.matmul ins(%a, %b : tensor<130x70xf32>, tensor<70x100xf32>) outs(%z : tensor<130x100xf32>) -> tensor<130x100xf32>
  return %d : tensor<130x100xf32>
}

// Both factors contiguous along M and N.
func.func @f32_km(%a: tensor<96x128xf32>, %b: tensor<96x128xf32>) -> tensor<128x128xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<128x128xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<128x128xf32>) -> tensor<128x128xf32>
  %d = linalg.matmul indexing_maps = [#km, #kn, #mn] ins(%a, %b : tensor<96x128xf32>, tensor<96x128xf32>)
      outs(%z : tensor<128x128xf32>) -> tensor<128x128xf32>
  return %d : tensor<128x128xf32>
}

func.func @f64(%a: tensor<33x40xf64>, %b: tensor<40x50xf64>) -> tensor<33x50xf64> {
  %zero = arith.constant 0.0 : f64
  %e = tensor.empty() : tensor<33x50xf64>
  %z = linalg.fill ins(%zero : f64) outs(%e : tensor<33x50xf64>) -> tensor<33x50xf64>
  %d = linalg.matmul ins(%a, %b : tensor<33x40xf64>, tensor<40x50xf64>) outs(%z : tensor<33x50xf64>) -> tensor<33x50xf64>
  return %d : tensor<33x50xf64>
}

func.func @batch_f16(%a: tensor<3x128x96xf16>, %b: tensor<3x96x72xf16>) -> tensor<3x128x72xf16> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x128x72xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<3x128x72xf32>) -> tensor<3x128x72xf32>
  %d = linalg.batch_matmul ins(%a, %b : tensor<3x128x96xf16>, tensor<3x96x72xf16>) outs(%z : tensor<3x128x72xf32>) -> tensor<3x128x72xf32>
  %r = arith.truncf %d : tensor<3x128x72xf32> to tensor<3x128x72xf16>
  return %r : tensor<3x128x72xf16>
}

func.func @long(%a: tensor<64x1024xbf16>, %b: tensor<1024x72xbf16>) -> tensor<64x72xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<64x72xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<64x72xf32>) -> tensor<64x72xf32>
  %d = linalg.matmul ins(%a, %b : tensor<64x1024xbf16>, tensor<1024x72xbf16>) outs(%z : tensor<64x72xf32>) -> tensor<64x72xf32>
  return %d : tensor<64x72xf32>
}

func.func @mlp(%x: tensor<96x128xf16>, %w1: tensor<128x192xf16>, %w2: tensor<192x64xf16>) -> tensor<96x64xf16> {
  %zero = arith.constant 0.0 : f32
  %e1 = tensor.empty() : tensor<96x192xf32>
  %z1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<96x192xf32>) -> tensor<96x192xf32>
  %d1 = linalg.matmul ins(%x, %w1 : tensor<96x128xf16>, tensor<128x192xf16>) outs(%z1 : tensor<96x192xf32>) -> tensor<96x192xf32>
  %floor = arith.constant dense<0.0> : tensor<96x192xf32>
  %relu = arith.maximumf %d1, %floor : tensor<96x192xf32>
  %h = arith.truncf %relu : tensor<96x192xf32> to tensor<96x192xf16>
  %e2 = tensor.empty() : tensor<96x64xf32>
  %z2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<96x64xf32>) -> tensor<96x64xf32>
  %d2 = linalg.matmul ins(%h, %w2 : tensor<96x192xf16>, tensor<192x64xf16>) outs(%z2 : tensor<96x64xf32>) -> tensor<96x64xf32>
  %r = arith.truncf %d2 : tensor<96x64xf32> to tensor<96x64xf16>
  return %r : tensor<96x64xf16>
}

// softmax(Q K^T / 8) V.
#q = affine_map<(h, m, n, k) -> (h, m, k)>
#k = affine_map<(h, m, n, k) -> (h, n, k)>
#s = affine_map<(h, m, n, k) -> (h, m, n)>
func.func @attention(%q: tensor<2x128x64xf16>, %k: tensor<2x256x64xf16>, %v: tensor<2x256x64xf16>) -> tensor<2x128x64xf16> {
  %zero = arith.constant 0.0 : f32
  %scale = arith.constant dense<0.125> : tensor<2x128x256xf32>
  %se = tensor.empty() : tensor<2x128x256xf32>
  %sz = linalg.fill ins(%zero : f32) outs(%se : tensor<2x128x256xf32>) -> tensor<2x128x256xf32>
  %scores = linalg.batch_matmul indexing_maps = [#q, #k, #s]
      ins(%q, %k : tensor<2x128x64xf16>, tensor<2x256x64xf16>) outs(%sz : tensor<2x128x256xf32>) -> tensor<2x128x256xf32>
  %scaled = arith.mulf %scores, %scale : tensor<2x128x256xf32>
  %w = linalg.softmax dimension(2) ins(%scaled : tensor<2x128x256xf32>) outs(%se : tensor<2x128x256xf32>) -> tensor<2x128x256xf32>
  %narrow = arith.truncf %w : tensor<2x128x256xf32> to tensor<2x128x256xf16>
  %oe = tensor.empty() : tensor<2x128x64xf32>
  %oz = linalg.fill ins(%zero : f32) outs(%oe : tensor<2x128x64xf32>) -> tensor<2x128x64xf32>
  %out = linalg.batch_matmul ins(%narrow, %v : tensor<2x128x256xf16>, tensor<2x256x64xf16>)
      outs(%oz : tensor<2x128x64xf32>) -> tensor<2x128x64xf32>
  %y = arith.truncf %out : tensor<2x128x64xf32> to tensor<2x128x64xf16>
  return %y : tensor<2x128x64xf16>
}

// Factors that lie in memory along the batch dimension.
func.func @batch_last(%a: tensor<64x96x3xf16>, %b: tensor<3x64x96xf16>) -> tensor<3x64x64xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<3x64x64xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<3x64x64xf32>) -> tensor<3x64x64xf32>
  %c = linalg.contract indexing_maps = [affine_map<(b, m, n, k) -> (m, k, b)>, affine_map<(b, m, n, k) -> (b, n, k)>,
                                        affine_map<(b, m, n, k) -> (b, m, n)>]
      ins(%a, %b : tensor<64x96x3xf16>, tensor<3x64x96xf16>) outs(%init : tensor<3x64x64xf32>) -> tensor<3x64x64xf32>
  return %c : tensor<3x64x64xf32>
}

// A small product of 64-bit integers.
func.func @small_i64(%a: tensor<520x2xi64>, %b: tensor<8x520xi64>) -> tensor<2x8xi64> {
  %zero = arith.constant 0 : i64
  %empty = tensor.empty() : tensor<2x8xi64>
  %init = linalg.fill ins(%zero : i64) outs(%empty : tensor<2x8xi64>) -> tensor<2x8xi64>
  %c = linalg.contract indexing_maps = [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
      ins(%a, %b : tensor<520x2xi64>, tensor<8x520xi64>) outs(%init : tensor<2x8xi64>) -> tensor<2x8xi64>
  return %c : tensor<2x8xi64>
}
