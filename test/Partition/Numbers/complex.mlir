// Complex scalars are pairs of floats.
// RUN: split-file %s %t
// RUN: qimeng-opt %t/complex.mlir --qimeng-partition -o %t/complex.out
// RUN: qimeng-run %t/complex.out --check --reference=%t/complex.mlir
// RUN: qimeng-opt %t/complex2.mlir --qimeng-partition -o %t/complex2.out
// RUN: qimeng-run %t/complex2.out --check --reference=%t/complex2.mlir
// RUN: qimeng-opt %t/complex-mulacc.mlir --qimeng-partition -o %t/complex-mulacc.out
// RUN: qimeng-run %t/complex-mulacc.out --check --reference=%t/complex-mulacc.mlir

//--- complex.mlir
#m = affine_map<(i)->(i)>
func.func @f(%x: tensor<8xf32>, %y: tensor<8xf32>) -> tensor<8xf32> {
  %e = tensor.empty() : tensor<8xf32>
  %r = linalg.generic {indexing_maps=[#m,#m,#m], iterator_types=["parallel"]} ins(%x, %y : tensor<8xf32>, tensor<8xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %c = complex.create %a, %b : complex<f32>
    %d = complex.mul %c, %c : complex<f32>
    %k = complex.constant [1.0 : f32, 2.0 : f32] : complex<f32>
    %s = complex.add %d, %k : complex<f32>
    %re = complex.re %s : complex<f32>
    %im = complex.im %s : complex<f32>
    %z = arith.addf %re, %im : f32
    linalg.yield %z : f32
  } -> tensor<8xf32>
  return %r : tensor<8xf32>
}

//--- complex2.mlir
#m = affine_map<(i)->(i)>
func.func @f(%x: tensor<8xf32>, %y: tensor<8xf32>) -> tensor<8xf32> {
  %e = tensor.empty() : tensor<8xf32>
  %r = linalg.generic {indexing_maps=[#m,#m,#m], iterator_types=["parallel"]} ins(%x, %y : tensor<8xf32>, tensor<8xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %c = complex.create %a, %b : complex<f32>
    %d = complex.exp %c : complex<f32>
    %q = complex.div %d, %c : complex<f32>
    %s = complex.conj %q : complex<f32>
    %z = complex.abs %s : complex<f32>
    linalg.yield %z : f32
  } -> tensor<8xf32>
  return %r : tensor<8xf32>
}

//--- complex-mulacc.mlir
#a = affine_map<(i,k)->(i,k)>
#o = affine_map<(i,k)->(i)>
func.func @f(%x: tensor<4x5xf32>, %y: tensor<4x5xf32>, %p: tensor<4xf32>, %q: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %r:2 = linalg.generic {indexing_maps=[#a,#a,#o,#o], iterator_types=["parallel","reduction"]} ins(%x,%y : tensor<4x5xf32>,tensor<4x5xf32>) outs(%p, %q : tensor<4xf32>, tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32, %d: f32):
    %z = complex.create %a, %b : complex<f32>
    %w = complex.mul %z, %z : complex<f32>
    %acc = complex.create %c, %d : complex<f32>
    %s = complex.add %acc, %w : complex<f32>
    %re = complex.re %s : complex<f32>
    %im = complex.im %s : complex<f32>
    linalg.yield %re, %im : f32, f32
  } -> (tensor<4xf32>, tensor<4xf32>)
  return %r#0, %r#1 : tensor<4xf32>, tensor<4xf32>
}
