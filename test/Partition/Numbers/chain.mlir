// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

// bf16 is computed with in f32; what varies along fewer dimensions is computed there.
#all = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#out = affine_map<(i, j) -> (j, i)>
func.func @f(%x: tensor<7x33xbf16>, %s: tensor<7xbf16>) -> tensor<33x7xbf16> {
  %eps = arith.constant 1.0e-2 : bf16
  %e = tensor.empty() : tensor<33x7xbf16>
  %0 = linalg.generic {indexing_maps = [#all, #row, #out], iterator_types = ["parallel", "parallel"]}
      ins(%x, %s : tensor<7x33xbf16>, tensor<7xbf16>) outs(%e : tensor<33x7xbf16>) {
  ^bb0(%a: bf16, %b: bf16, %o: bf16):
    %c = arith.addf %b, %eps fastmath<contract> : bf16
    %d = math.rsqrt %c : bf16
    %m = arith.mulf %a, %d : bf16
    linalg.yield %m : bf16
  } -> tensor<33x7xbf16>
  return %0 : tensor<33x7xbf16>
}
