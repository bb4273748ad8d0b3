// Indexing maps beyond selections of loops: sums, quotients, constants, reversed,
// repeated.
// RUN: split-file %s %t
// RUN: qimeng-opt %t/nonproj-conv.mlir --qimeng-partition -o %t/nonproj-conv.out
// RUN: qimeng-run %t/nonproj-conv.out --check --reference=%t/nonproj-conv.mlir
// RUN: qimeng-opt %t/nonproj-floordiv.mlir --qimeng-partition -o %t/nonproj-floordiv.out
// RUN: qimeng-run %t/nonproj-floordiv.out --check --reference=%t/nonproj-floordiv.mlir
// RUN: qimeng-opt %t/nonproj-out.mlir --qimeng-partition -o %t/nonproj-out.out
// RUN: qimeng-run %t/nonproj-out.out --check --reference=%t/nonproj-out.mlir
// RUN: qimeng-opt %t/nonproj-scatteradd.mlir --qimeng-partition -o %t/nonproj-scatteradd.out
// RUN: qimeng-run %t/nonproj-scatteradd.out --check --reference=%t/nonproj-scatteradd.mlir
// RUN: qimeng-opt %t/out-reversed.mlir --qimeng-partition -o %t/out-reversed.out
// RUN: qimeng-run %t/out-reversed.out --check --reference=%t/out-reversed.mlir
// RUN: qimeng-opt %t/in-reversed.mlir --qimeng-partition -o %t/in-reversed.out
// RUN: qimeng-run %t/in-reversed.out --check --reference=%t/in-reversed.mlir
// RUN: qimeng-opt %t/diagonal.mlir --qimeng-partition -o %t/diagonal.out
// RUN: qimeng-run %t/diagonal.out --check --reference=%t/diagonal.mlir
// RUN: qimeng-opt %t/const-map.mlir --qimeng-partition -o %t/const-map.out
// RUN: qimeng-run %t/const-map.out --check --reference=%t/const-map.mlir
// RUN: qimeng-opt %t/const-out.mlir --qimeng-partition -o %t/const-out.out
// RUN: qimeng-run %t/const-out.out --check --reference=%t/const-out.mlir
// RUN: qimeng-opt %t/cumsum-window.mlir --qimeng-partition -o %t/cumsum-window.out
// RUN: qimeng-run %t/cumsum-window.out --check --reference=%t/cumsum-window.mlir
// RUN: qimeng-opt %t/window-max-index.mlir --qimeng-partition -o %t/window-max-index.out
// RUN: qimeng-run %t/window-max-index.out --check --reference=%t/window-max-index.mlir

//--- nonproj-conv.mlir
#i = affine_map<(d0,d1)->(d0+d1)>
#k = affine_map<(d0,d1)->(d1)>
#o = affine_map<(d0,d1)->(d0)>
func.func @f(%x: tensor<10xf32>, %y: tensor<3xf32>, %o: tensor<8xf32>) -> tensor<8xf32> {
  %r = linalg.generic {indexing_maps=[#i,#k,#o], iterator_types=["parallel","reduction"]} ins(%x, %y : tensor<10xf32>, tensor<3xf32>) outs(%o : tensor<8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %c, %m : f32
    linalg.yield %s : f32
  } -> tensor<8xf32>
  return %r : tensor<8xf32>
}

//--- nonproj-floordiv.mlir
#i = affine_map<(d0,d1)->(d0 floordiv 2, d1 mod 3, 0)>
#o = affine_map<(d0,d1)->(d0,d1)>
func.func @f(%x: tensor<4x3x2xi8>) -> tensor<8x9xi8> {
  %e = tensor.empty() : tensor<8x9xi8>
  %r = linalg.generic {indexing_maps=[#i,#o], iterator_types=["parallel","parallel"]} ins(%x : tensor<4x3x2xi8>) outs(%e : tensor<8x9xi8>) {
  ^bb0(%a: i8, %c: i8):
    %m = arith.muli %a, %a : i8
    linalg.yield %m : i8
  } -> tensor<8x9xi8>
  return %r : tensor<8x9xi8>
}

//--- nonproj-out.mlir
#i = affine_map<(d0,d1)->(d0,d1)>
#o = affine_map<(d0,d1)->(d0*2+d1)>
func.func @f(%x: tensor<4x2xf32>, %o: tensor<8xf32>) -> tensor<8xf32> {
  %r = linalg.generic {indexing_maps=[#i,#o], iterator_types=["parallel","parallel"]} ins(%x : tensor<4x2xf32>) outs(%o : tensor<8xf32>) {
  ^bb0(%a: f32, %c: f32):
    %m = arith.mulf %a, %c : f32
    linalg.yield %m : f32
  } -> tensor<8xf32>
  return %r : tensor<8xf32>
}

//--- nonproj-scatteradd.mlir
#i = affine_map<(d0,d1)->(d0,d1)>
#o = affine_map<(d0,d1)->(d0+d1)>
func.func @f(%x: tensor<4x3xf32>, %o: tensor<6xf32>) -> tensor<6xf32> {
  %r = linalg.generic {indexing_maps=[#i,#o], iterator_types=["reduction","reduction"]} ins(%x : tensor<4x3xf32>) outs(%o : tensor<6xf32>) {
  ^bb0(%a: f32, %c: f32):
    %m = arith.addf %a, %c : f32
    linalg.yield %m : f32
  } -> tensor<6xf32>
  return %r : tensor<6xf32>
}

//--- out-reversed.mlir
#i = affine_map<(d0)->(d0)>
#o = affine_map<(d0)->(-d0 + 5)>
func.func @f(%x: tensor<6xf32>) -> tensor<6xf32> {
  %e = tensor.empty() : tensor<6xf32>
  %r = linalg.generic {indexing_maps=[#i,#o], iterator_types=["parallel"]} ins(%x : tensor<6xf32>) outs(%e : tensor<6xf32>) {
  ^bb0(%a: f32, %c: f32):
    linalg.yield %a : f32
  } -> tensor<6xf32>
  return %r : tensor<6xf32>
}

//--- in-reversed.mlir
#i = affine_map<(d0,d1)->(-d0 + 5, d1)>
#o = affine_map<(d0,d1)->(d1,d0)>
func.func @f(%x: tensor<6x3xf32>) -> tensor<3x6xf32> {
  %e = tensor.empty() : tensor<3x6xf32>
  %r = linalg.generic {indexing_maps=[#i,#o], iterator_types=["parallel","parallel"]} ins(%x : tensor<6x3xf32>) outs(%e : tensor<3x6xf32>) {
  ^bb0(%a: f32, %c: f32):
    linalg.yield %a : f32
  } -> tensor<3x6xf32>
  return %r : tensor<3x6xf32>
}

//--- diagonal.mlir
#i = affine_map<(d0)->(d0,d0)>
#o = affine_map<(d0)->(d0)>
func.func @f(%x: tensor<6x6xf16>, %y: tensor<6x6xf16>) -> (tensor<6xf16>, tensor<6x6xf16>) {
  %e = tensor.empty() : tensor<6xf16>
  %r = linalg.generic {indexing_maps=[#i,#o], iterator_types=["parallel"]} ins(%x : tensor<6x6xf16>) outs(%e : tensor<6xf16>) {
  ^bb0(%a: f16, %c: f16):
    %s = arith.addf %a, %a : f16
    linalg.yield %s : f16
  } -> tensor<6xf16>
  %q = linalg.generic {indexing_maps=[#o,#i], iterator_types=["parallel"]} ins(%r : tensor<6xf16>) outs(%y : tensor<6x6xf16>) {
  ^bb0(%a: f16, %c: f16):
    %s = arith.addf %a, %c : f16
    linalg.yield %s : f16
  } -> tensor<6x6xf16>
  return %r, %q : tensor<6xf16>, tensor<6x6xf16>
}

//--- const-map.mlir
#i = affine_map<(d0)->(2,d0)>
#z = affine_map<(d0)->()>
#o = affine_map<(d0)->(d0)>
#o1 = affine_map<(d0)->(0,d0)>
func.func @f(%x: tensor<6x6xf32>, %s: tensor<f32>, %t: f32, %k: tensor<1x6xf32>) -> tensor<1x6xf32> {
  %r = linalg.generic {indexing_maps=[#i,#z,#z,#o1], iterator_types=["parallel"]} ins(%x, %s, %t : tensor<6x6xf32>, tensor<f32>, f32) outs(%k : tensor<1x6xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32, %d: f32):
    %1 = arith.addf %a, %b : f32
    %2 = arith.mulf %1, %c : f32
    %3 = arith.subf %2, %d : f32
    linalg.yield %3 : f32
  } -> tensor<1x6xf32>
  return %r : tensor<1x6xf32>
}

//--- const-out.mlir
#i = affine_map<(d0)->(d0)>
#o = affine_map<(d0)->(1,d0)>
func.func @f(%x: tensor<6xf32>, %k: tensor<3x6xf32>) -> tensor<3x6xf32> {
  %r = linalg.generic {indexing_maps=[#i,#o], iterator_types=["parallel"]} ins(%x : tensor<6xf32>) outs(%k : tensor<3x6xf32>) {
  ^bb0(%a: f32, %d: f32):
    %3 = arith.subf %a, %d : f32
    linalg.yield %3 : f32
  } -> tensor<3x6xf32>
  return %r : tensor<3x6xf32>
}

//--- cumsum-window.mlir
#m = affine_map<(i,j)->(i,j)>
#d = affine_map<(i,j)->(i*2+j)>
#z = affine_map<(i,j)->(0)>
func.func @f(%x: tensor<12xi64>, %o: tensor<1xi64>) -> (tensor<1xi64>) {
  %w = tensor.empty() : tensor<5x3xi64>
  %r = linalg.generic {indexing_maps=[#d,#m,#z], iterator_types=["reduction","reduction"]} ins(%x, %w : tensor<12xi64>, tensor<5x3xi64>) outs(%o : tensor<1xi64>) {
  ^bb0(%a: i64, %b: i64, %c: i64):
    %q = arith.maxsi %a, %c : i64
    linalg.yield %q : i64
  } -> tensor<1xi64>
  return %r : tensor<1xi64>
}

//--- window-max-index.mlir
#i = affine_map<(d0,d1)->(d0*2+d1*3)>
#w = affine_map<(d0,d1)->(d1)>
#o = affine_map<(d0,d1)->(d0)>
func.func @f(%x: tensor<13xf32>, %v: tensor<4xf32>, %k: tensor<4xi32>) -> (tensor<4xf32>, tensor<4xi32>) {
  %w = tensor.empty() : tensor<3xf32>
  %r:2 = linalg.generic {indexing_maps=[#i,#w,#o,#o], iterator_types=["parallel","reduction"]} ins(%x,%w : tensor<13xf32>, tensor<3xf32>) outs(%v,%k : tensor<4xf32>, tensor<4xi32>) {
  ^bb0(%a: f32, %b: f32, %c: f32, %d: i32):
    %j = linalg.index 1 : index
    %h = arith.index_cast %j : index to i32
    %g = arith.cmpf ogt, %a, %c : f32
    %s = arith.select %g, %a, %c : f32
    %t = arith.select %g, %h, %d : i32
    linalg.yield %s, %t : f32, i32
  } -> (tensor<4xf32>, tensor<4xi32>)
  return %r#0, %r#1 : tensor<4xf32>, tensor<4xi32>
}
