// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

#a = affine_map<(i,j)->(i,j)>
#t = affine_map<(i,j)->(j,i)>
#r = affine_map<(i,j)->(i)>
func.func @f(%x: tensor<7x33xbf16>) -> (tensor<7x33xbf16>, tensor<33x7xf32>, tensor<7xf32>, tensor<7xbf16>) {
  %e = tensor.empty() : tensor<7x33xbf16>
  %e2 = tensor.empty() : tensor<33x7xf32>
  %z = arith.constant dense<0.0> : tensor<7xf32>
  %o = arith.constant dense<1.5> : tensor<7xbf16>
  %r:2 = linalg.generic {indexing_maps=[#a,#a,#t], iterator_types=["parallel","parallel"]} ins(%x : tensor<7x33xbf16>) outs(%e, %e2 : tensor<7x33xbf16>, tensor<33x7xf32>) {
  ^bb0(%v: bf16, %b: bf16, %c: f32):
    %w = math.exp %v : bf16
    %u = arith.extf %w : bf16 to f32
    linalg.yield %w, %u : bf16, f32
  } -> (tensor<7x33xbf16>, tensor<33x7xf32>)
  %s:2 = linalg.generic {indexing_maps=[#a,#r,#r], iterator_types=["parallel","reduction"]} ins(%x : tensor<7x33xbf16>) outs(%z, %o : tensor<7xf32>, tensor<7xbf16>) {
  ^bb0(%v: bf16, %b: f32, %c: bf16):
    %u = arith.extf %v : bf16 to f32
    %w = arith.addf %b, %u : f32
    %m = arith.maximumf %c, %v : bf16
    linalg.yield %w, %m : f32, bf16
  } -> (tensor<7xf32>, tensor<7xbf16>)
  return %r#0, %r#1, %s#0, %s#1 : tensor<7x33xbf16>, tensor<33x7xf32>, tensor<7xf32>, tensor<7xbf16>
}
