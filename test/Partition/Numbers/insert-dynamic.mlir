// Slices inserted at computed places, and backward.
// RUN: split-file %s %t
// RUN: qimeng-opt %t/slices-dyn.mlir --qimeng-partition -o %t/slices-dyn.out
// RUN: qimeng-run %t/slices-dyn.out --check --reference=%t/slices-dyn.mlir
// RUN: qimeng-opt %t/negstride.mlir --qimeng-partition -o %t/negstride.out
// RUN: qimeng-run %t/negstride.out --check --reference=%t/negstride.mlir
// RUN: qimeng-opt %t/insert-rankred.mlir --qimeng-partition -o %t/insert-rankred.out
// RUN: qimeng-run %t/insert-rankred.out --check --reference=%t/insert-rankred.mlir
// RUN: qimeng-opt %t/dyn-insert-padded.mlir --qimeng-partition -o %t/dyn-insert-padded.out
// RUN: qimeng-run %t/dyn-insert-padded.out --check --reference=%t/dyn-insert-padded.mlir

//--- slices-dyn.mlir
func.func @f(%x: tensor<6x7xf32>, %y: tensor<2x3xf32>, %k: tensor<i32>) -> (tensor<2x3xf32>, tensor<6x7xf32>) {
  %v = tensor.extract %k[] : tensor<i32>
  %c3 = arith.constant 3 : i32
  %m = arith.andi %v, %c3 : i32
  %i = arith.index_cast %m : i32 to index
  %s = tensor.extract_slice %x[%i,1][2,3][1,2] : tensor<6x7xf32> to tensor<2x3xf32>
  %r = tensor.insert_slice %y into %x[%i,1][2,3][1,2] : tensor<2x3xf32> into tensor<6x7xf32>
  return %s, %r : tensor<2x3xf32>, tensor<6x7xf32>
}

//--- negstride.mlir
func.func @f(%x: tensor<6xf32>, %y: tensor<3xf32>) -> (tensor<6xf32>, tensor<6xf32>) {
  %s = tensor.extract_slice %x[5][6][-1] : tensor<6xf32> to tensor<6xf32>
  %r = tensor.insert_slice %y into %x[5][3][-2] : tensor<3xf32> into tensor<6xf32>
  return %s, %r : tensor<6xf32>, tensor<6xf32>
}

//--- insert-rankred.mlir
func.func @f(%x: tensor<3x4x5xi1>, %y: tensor<5xi1>, %e: i1) -> (tensor<3x4x5xi1>, tensor<3x4x5xi1>) {
  %r = tensor.insert_slice %y into %x[1,2,0][1,1,5][1,1,1] : tensor<5xi1> into tensor<3x4x5xi1>
  %c1 = arith.constant 1 : index
  %i = tensor.insert %e into %r[%c1,%c1,%c1] : tensor<3x4x5xi1>
  return %r, %i : tensor<3x4x5xi1>, tensor<3x4x5xi1>
}

//--- dyn-insert-padded.mlir
func.func @f(%x: tensor<2x2xf32>, %y: tensor<9x9xf32>, %k: tensor<1xi8>, %z: tensor<9x9xf32>) -> (tensor<9x9xf32>, tensor<9x9xf32>, tensor<9x9xf32>) {
  %c0 = arith.constant 0 : index
  %f0 = arith.constant 0.0 : f32
  %v = tensor.extract %k[%c0] : tensor<1xi8>
  %c3 = arith.constant 3 : i8
  %m = arith.andi %v, %c3 : i8
  %i = arith.index_cast %m : i8 to index
  %p = tensor.pad %x low[1,1] high[1,1] { ^bb0(%a: index, %b: index): tensor.yield %f0 : f32 } : tensor<2x2xf32> to tensor<4x4xf32>
  %r = tensor.insert_slice %p into %y[%i,%i][4,4][1,1] : tensor<4x4xf32> into tensor<9x9xf32>
  %c = arith.constant dense<3.0> : tensor<4xf32>
  %s = tensor.insert_slice %c into %y[%i,0][1,4][1,2] : tensor<4xf32> into tensor<9x9xf32>
  %c1 = arith.constant 1 : index
  %st = arith.addi %i, %c1 : index
  %t = tensor.insert_slice %x into %z[1,%i][2,2][%st,1] : tensor<2x2xf32> into tensor<9x9xf32>
  return %r, %s, %t : tensor<9x9xf32>, tensor<9x9xf32>, tensor<9x9xf32>
}
