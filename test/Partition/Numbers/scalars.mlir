// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

#a = affine_map<(i)->(i)>
func.func @f(%x: tensor<20xf32>, %s: f32, %t: tensor<f32>) -> (tensor<20xf32>, tensor<f32>, tensor<4xf32>, tensor<20xf32>) {
  %e = tensor.empty() : tensor<20xf32>
  %v = tensor.extract %t[] : tensor<f32>
  %k = arith.mulf %v, %s : f32
  %r = linalg.generic {indexing_maps=[#a,#a], iterator_types=["parallel"]} ins(%x : tensor<20xf32>) outs(%e : tensor<20xf32>) {
  ^bb0(%q: f32, %o: f32):
    %w = arith.addf %q, %k : f32
    linalg.yield %w : f32
  } -> tensor<20xf32>
  %kt = tensor.from_elements %k : tensor<f32>
  %sp = tensor.splat %k : tensor<4xf32>
  %f = linalg.fill ins(%s : f32) outs(%e : tensor<20xf32>) -> tensor<20xf32>
  %m = arith.mulf %f, %r : tensor<20xf32>
  return %r, %kt, %sp, %m : tensor<20xf32>, tensor<f32>, tensor<4xf32>, tensor<20xf32>
}
