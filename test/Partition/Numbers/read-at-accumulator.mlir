// A read whose place depends on what the reduction has found so far, and reads in
// loops: a fold could hold neither.
// RUN: split-file %s %t
// RUN: qimeng-opt %t/extract-acc.mlir --qimeng-partition -o %t/extract-acc.out
// RUN: qimeng-run %t/extract-acc.out --check --reference=%t/extract-acc.mlir
// RUN: qimeng-opt %t/for-extract.mlir --qimeng-partition -o %t/for-extract.out
// RUN: qimeng-run %t/for-extract.out --check --reference=%t/for-extract.mlir
// RUN: qimeng-opt %t/for-generate.mlir --qimeng-partition -o %t/for-generate.out
// RUN: qimeng-run %t/for-generate.out --check --reference=%t/for-generate.mlir

//--- extract-acc.mlir
#m = affine_map<(i)->(i)>
#z = affine_map<(i)->()>
func.func @f(%x: tensor<6xi32>, %t: tensor<8xi32>, %o: tensor<i32>) -> tensor<i32> {
  %c7 = arith.constant 7 : i32
  %r = linalg.generic {indexing_maps=[#m,#z], iterator_types=["reduction"]} ins(%x : tensor<6xi32>) outs(%o : tensor<i32>) {
  ^bb0(%a: i32, %b: i32):
    %s = arith.addi %a, %b : i32
    %n = arith.andi %s, %c7 : i32
    %i = arith.index_cast %n : i32 to index
    %v = tensor.extract %t[%i] : tensor<8xi32>
    linalg.yield %v : i32
  } -> tensor<i32>
  return %r : tensor<i32>
}

//--- for-extract.mlir
#m = affine_map<(i)->(i)>
func.func @f(%x: tensor<6x8xi32>) -> tensor<6xi32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %z = arith.constant 0 : i32
  %e = tensor.empty() : tensor<6xi32>
  %r = linalg.generic {indexing_maps=[#m], iterator_types=["parallel"]} outs(%e : tensor<6xi32>) {
  ^bb0(%b: i32):
    %i = linalg.index 0 : index
    %s = scf.for %k = %c0 to %c8 step %c1 iter_args(%acc = %z) -> i32 {
      %v = tensor.extract %x[%i,%k] : tensor<6x8xi32>
      %n = arith.addi %acc, %v : i32
      scf.yield %n : i32
    }
    linalg.yield %s : i32
  } -> tensor<6xi32>
  return %r : tensor<6xi32>
}

//--- for-generate.mlir
func.func @f(%x: tensor<4x6xf32>) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c6 = arith.constant 6 : index
  %z = arith.constant 0.0 : f32
  %g = tensor.generate { ^bb0(%i: index):
    %s = scf.for %k = %c0 to %c6 step %c1 iter_args(%a = %z) -> f32 {
      %v = tensor.extract %x[%i,%k] : tensor<4x6xf32>
      %n = arith.addf %a, %v : f32
      scf.yield %n : f32
    }
    tensor.yield %s : f32
  } : tensor<4xf32>
  return %g : tensor<4xf32>
}
