// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

#a = affine_map<(i)->(i)>
func.func @f(%t: tensor<20xf16>, %n: tensor<20xi32>) -> (tensor<20xf16>, tensor<20xf32>) {
  %e = tensor.empty() : tensor<20xf16>
  %e2 = tensor.empty() : tensor<20xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f16
  %z32 = arith.constant 0.0 : f32
  %r = linalg.generic {indexing_maps=[#a,#a], iterator_types=["parallel"]} ins(%t : tensor<20xf16>) outs(%e : tensor<20xf16>) {
  ^bb0(%x: f16, %o: f16):
    %p = arith.cmpf ogt, %x, %zero : f16
    %v = scf.if %p -> f16 {
      %q = math.sqrt %x : f16
      scf.yield %q : f16
    } else {
      %q = arith.negf %x : f16
      scf.yield %q : f16
    }
    linalg.yield %v : f16
  } -> tensor<20xf16>
  %r2 = linalg.generic {indexing_maps=[#a,#a,#a], iterator_types=["parallel"]} ins(%r, %n : tensor<20xf16>, tensor<20xi32>) outs(%e2 : tensor<20xf32>) {
  ^bb0(%x: f16, %k: i32, %o: f32):
    %i = linalg.index 0 : index
    %w = arith.extf %x : f16 to f32
    %m = arith.remui %i, %c7 : index
    %v = scf.for %j = %c0 to %m step %c1 iter_args(%acc = %z32) -> f32 {
      %q = arith.mulf %acc, %w : f32
      %q2 = arith.addf %q, %w : f32
      scf.yield %q2 : f32
    }
    linalg.yield %v : f32
  } -> tensor<20xf32>
  return %r, %r2 : tensor<20xf16>, tensor<20xf32>
}
