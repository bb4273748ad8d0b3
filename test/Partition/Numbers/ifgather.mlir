// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

#a = affine_map<(i)->(i)>
func.func @f(%t: tensor<12xf16>, %n: tensor<20xi32>) -> (tensor<20xf16>, tensor<20xi32>, tensor<f32>) {
  %e = tensor.empty() : tensor<20xf16>
  %en = tensor.empty() : tensor<20xi32>
  %zero = arith.constant 0.0 : f16
  %z = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %r:2 = linalg.generic {indexing_maps=[#a,#a,#a], iterator_types=["parallel"]} ins(%n : tensor<20xi32>) outs(%e, %en : tensor<20xf16>, tensor<20xi32>) {
  ^bb0(%x: i32, %o: f16, %o2: i32):
    %p = arith.cmpi sge, %x, %z : i32
    %v:2 = scf.if %p -> (f16, i32) {
      %i = arith.index_cast %x : i32 to index
      %q = tensor.extract %t[%i] : tensor<12xf16>
      scf.yield %q, %x : f16, i32
    } else {
      %d = arith.divsi %one, %x : i32
      scf.yield %zero, %d : f16, i32
    }
    linalg.yield %v#0, %v#1 : f16, i32
  } -> (tensor<20xf16>, tensor<20xi32>)
  %fz = arith.constant dense<0.0> : tensor<f32>
  %l = linalg.generic {indexing_maps=[#a, affine_map<(i)->()>], iterator_types=["reduction"]} ins(%r#0 : tensor<20xf16>) outs(%fz : tensor<f32>) {
  ^bb0(%x: f16, %o: f32):
    %w = arith.extf %x : f16 to f32
    %h = arith.subf %o, %w : f32
    linalg.yield %h : f32
  } -> tensor<f32>
  return %r#0, %r#1, %l : tensor<20xf16>, tensor<20xi32>, tensor<f32>
}
