// Tensors of indices are words of 64 bits to the reference too.
// RUN: split-file %s %t
// RUN: qimeng-opt %t/index-tensors.mlir --qimeng-partition -o %t/index-tensors.out
// RUN: qimeng-run %t/index-tensors.out --check --reference=%t/index-tensors.mlir
// RUN: qimeng-opt %t/from-elements.mlir --qimeng-partition -o %t/from-elements.out
// RUN: qimeng-run %t/from-elements.out --check --reference=%t/from-elements.mlir
// RUN: qimeng-opt %t/vectorconst.mlir --qimeng-partition -o %t/vectorconst.out
// RUN: qimeng-run %t/vectorconst.out --check --reference=%t/vectorconst.mlir

//--- index-tensors.mlir
func.func @f(%a: tensor<4xindex>, %b: tensor<4xindex>) -> (tensor<4xindex>, tensor<4xi1>) {
  %r = arith.addi %a, %b : tensor<4xindex>
  %s = arith.cmpi ult, %a, %b : tensor<4xindex>
  return %r, %s : tensor<4xindex>, tensor<4xi1>
}

//--- from-elements.mlir
func.func @f(%a: f32, %b: f32, %i: index, %h: f16) -> (tensor<2x2xf32>, tensor<f32>, tensor<2xindex>, tensor<3xf16>, tensor<1xf16>) {
  %c = arith.addf %a, %b : f32
  %0 = tensor.from_elements %a, %b, %c, %a : tensor<2x2xf32>
  %1 = tensor.from_elements %c : tensor<f32>
  %2 = tensor.from_elements %i, %i : tensor<2xindex>
  %3 = tensor.from_elements %h, %h, %h : tensor<3xf16>
  %4 = tensor.from_elements %h : tensor<1xf16>
  return %0, %1, %2, %3, %4 : tensor<2x2xf32>, tensor<f32>, tensor<2xindex>, tensor<3xf16>, tensor<1xf16>
}

//--- vectorconst.mlir
func.func @f(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2xindex>) {
  %c = arith.constant dense<[[1.0,2.0,3.0],[4.0,5.0,6.0]]> : tensor<2x3xf32>
  %i = arith.constant dense<[3,4]> : tensor<2xindex>
  %r = arith.addf %c, %x : tensor<2x3xf32>
  return %r, %i : tensor<2x3xf32>, tensor<2xindex>
}
