// Whole tensors under operations of several results, and in bodies.
// RUN: split-file %s %t
// RUN: qimeng-opt %t/multi-result-arith.mlir --qimeng-partition -o %t/multi-result-arith.out
// RUN: qimeng-run %t/multi-result-arith.out --check --reference=%t/multi-result-arith.mlir
// RUN: qimeng-opt %t/multi-result-body.mlir --qimeng-partition -o %t/multi-result-body.out
// RUN: qimeng-run %t/multi-result-body.out --check --reference=%t/multi-result-body.mlir
// RUN: qimeng-opt %t/multi-result-widths.mlir --qimeng-partition -o %t/multi-result-widths.out
// RUN: qimeng-run %t/multi-result-widths.out --check --reference=%t/multi-result-widths.mlir
// RUN: qimeng-opt %t/sincos.mlir --qimeng-partition -o %t/sincos.out
// RUN: qimeng-run %t/sincos.out --check --reference=%t/sincos.mlir
// RUN: qimeng-opt %t/rotary.mlir --qimeng-partition -o %t/rotary.out
// RUN: qimeng-run %t/rotary.out --check --reference=%t/rotary.mlir

//--- multi-result-arith.mlir
func.func @f(%x: tensor<9xi32>, %y: tensor<9xi32>) -> (tensor<9xi32>, tensor<9xi32>, tensor<9xi32>, tensor<9xi1>) {
  %a, %b = arith.mulsi_extended %x, %y : tensor<9xi32>
  %c, %d = arith.addui_extended %x, %y : tensor<9xi32>, tensor<9xi1>
  %e, %g = arith.mului_extended %x, %y : tensor<9xi32>
  return %b, %c, %g, %d : tensor<9xi32>, tensor<9xi32>, tensor<9xi32>, tensor<9xi1>
}

//--- multi-result-body.mlir
#m = affine_map<(i)->(i)>
func.func @f(%x: tensor<9xi32>, %y: tensor<9xi32>) -> (tensor<9xi32>, tensor<9xi32>) {
  %e = tensor.empty() : tensor<9xi32>
  %r:2 = linalg.generic {indexing_maps=[#m,#m,#m,#m], iterator_types=["parallel"]} ins(%x,%y : tensor<9xi32>, tensor<9xi32>) outs(%e,%e : tensor<9xi32>, tensor<9xi32>) {
  ^bb0(%a: i32, %b: i32, %o: i32, %p: i32):
    %lo, %hi = arith.mulsi_extended %a, %b : i32
    linalg.yield %lo, %hi : i32, i32
  } -> (tensor<9xi32>, tensor<9xi32>)
  return %r#0, %r#1 : tensor<9xi32>, tensor<9xi32>
}

//--- multi-result-widths.mlir
func.func @f(%b: tensor<9xi1>, %c: tensor<9xi8>, %s: tensor<9xi16>, %l: tensor<9xi64>, %m: tensor<9xi64>) -> (tensor<9xi1>, tensor<9xi1>, tensor<9xi8>, tensor<9xi8>, tensor<9xi16>, tensor<9xi64>, tensor<9xi64>, tensor<9xi64>, tensor<9xi1>) {
  %b0, %b1 = arith.mulsi_extended %b, %b : tensor<9xi1>
  %u0, %u1 = arith.mului_extended %b, %b : tensor<9xi1>
  %c0, %c1 = arith.mulsi_extended %c, %c : tensor<9xi8>
  %d0, %d1 = arith.mului_extended %c, %c : tensor<9xi8>
  %s0, %s1 = arith.mulsi_extended %s, %s : tensor<9xi16>
  %l0, %l1 = arith.mulsi_extended %l, %m : tensor<9xi64>
  %k0, %k1 = arith.mului_extended %l, %m : tensor<9xi64>
  %a0, %a1 = arith.addui_extended %l, %m : tensor<9xi64>, tensor<9xi1>
  return %b1, %u1, %c1, %d1, %s1, %l1, %k1, %a0, %a1 : tensor<9xi1>, tensor<9xi1>, tensor<9xi8>, tensor<9xi8>, tensor<9xi16>, tensor<9xi64>, tensor<9xi64>, tensor<9xi64>, tensor<9xi1>
}

//--- sincos.mlir
func.func @f(%x: tensor<9xf32>) -> (tensor<9xf32>, tensor<9xf32>) {
  %a, %b = math.sincos %x : tensor<9xf32>
  return %a, %b : tensor<9xf32>, tensor<9xf32>
}

//--- rotary.mlir
#m = affine_map<(i,j)->(i,j)>
#r = affine_map<(i,j)->(i)>
func.func @f(%x: tensor<6x4xf32>, %t: tensor<6xf32>) -> tensor<6x4xf32> {
  %e = tensor.empty() : tensor<6x4xf32>
  %r = linalg.generic {indexing_maps=[#m,#r,#m], iterator_types=["parallel","parallel"]} ins(%x, %t : tensor<6x4xf32>, tensor<6xf32>) outs(%e : tensor<6x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = math.sin %b : f32
    %c = math.cos %b : f32
    %p = arith.mulf %a, %s : f32
    %q = arith.addf %p, %c : f32
    linalg.yield %q : f32
  } -> tensor<6x4xf32>
  return %r : tensor<6x4xf32>
}
