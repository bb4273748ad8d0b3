// Reads and writes at positions that a tensor holds.
// RUN: split-file %s %t
// RUN: qimeng-opt %t/gather.mlir --qimeng-partition -o %t/gather.out
// RUN: qimeng-run %t/gather.out --check --reference=%t/gather.mlir
// RUN: qimeng-opt %t/gather2.mlir --qimeng-partition -o %t/gather2.out
// RUN: qimeng-run %t/gather2.out --check --reference=%t/gather2.mlir
// RUN: qimeng-opt %t/scatter.mlir --qimeng-partition -o %t/scatter.out
// RUN: qimeng-run %t/scatter.out --check --reference=%t/scatter.mlir
// RUN: qimeng-opt %t/scatter2.mlir --qimeng-partition -o %t/scatter2.out
// RUN: qimeng-run %t/scatter2.out --check --reference=%t/scatter2.mlir
// RUN: qimeng-opt %t/gather-f16-unique.mlir --qimeng-partition -o %t/gather-f16-unique.out
// RUN: qimeng-run %t/gather-f16-unique.out --check --reference=%t/gather-f16-unique.mlir
// RUN: qimeng-opt %t/scatter-unitdims.mlir --qimeng-partition -o %t/scatter-unitdims.out
// RUN: qimeng-run %t/scatter-unitdims.out --check --reference=%t/scatter-unitdims.mlir

//--- gather.mlir
func.func @f(%x: tensor<6x5xf32>, %i: tensor<3x1xindex>) -> tensor<3x1x5xf32> {
  %r = tensor.gather %x[%i] gather_dims([0]) : (tensor<6x5xf32>, tensor<3x1xindex>) -> tensor<3x1x5xf32>
  return %r : tensor<3x1x5xf32>
}

//--- gather2.mlir
func.func @f(%x: tensor<6x5xf32>) -> (tensor<3x5xf32>, tensor<2x2xf32>) {
  %i = arith.constant dense<[[0],[5],[2]]> : tensor<3x1xindex>
  %r = tensor.gather %x[%i] gather_dims([0]) : (tensor<6x5xf32>, tensor<3x1xindex>) -> tensor<3x5xf32>
  %j = arith.constant dense<[[[0,1],[5,4]],[[2,2],[3,0]]]> : tensor<2x2x2xi32>
  %s = tensor.gather %x[%j] gather_dims([0,1]) unique : (tensor<6x5xf32>, tensor<2x2x2xi32>) -> tensor<2x2xf32>
  return %r, %s : tensor<3x5xf32>, tensor<2x2xf32>
}

//--- scatter.mlir
func.func @f(%x: tensor<6x5xf32>, %s: tensor<3x5xf32>) -> tensor<6x5xf32> {
  %i = arith.constant dense<[[0],[5],[2]]> : tensor<3x1xindex>
  %r = tensor.scatter %s into %x[%i] scatter_dims([0]) unique : (tensor<3x5xf32>, tensor<6x5xf32>, tensor<3x1xindex>) -> tensor<6x5xf32>
  return %r : tensor<6x5xf32>
}

//--- scatter2.mlir
func.func @f(%x: tensor<6x5xf32>, %s: tensor<3xf32>, %i: tensor<3x1xi32>) -> tensor<6x5xf32> {
  %j = arith.constant dense<[[0, 1],[5, 2],[2, 4]]> : tensor<3x2xi64>
  %r = tensor.scatter %s into %x[%j] scatter_dims([0,1]) unique : (tensor<3xf32>, tensor<6x5xf32>, tensor<3x2xi64>) -> tensor<6x5xf32>
  return %r : tensor<6x5xf32>
}

//--- gather-f16-unique.mlir
func.func @f(%x: tensor<2x6x5xf16>, %k: tensor<3x1xi32>) -> (tensor<3x2x1x5xf16>, tensor<3x2x5xf16>) {
  %c5 = arith.constant dense<3> : tensor<3x1xi32>
  %i = arith.andi %k, %c5 : tensor<3x1xi32>
  %r = tensor.gather %x[%i] gather_dims([1]) : (tensor<2x6x5xf16>, tensor<3x1xi32>) -> tensor<3x2x1x5xf16>
  %s = tensor.gather %x[%i] gather_dims([1]) : (tensor<2x6x5xf16>, tensor<3x1xi32>) -> tensor<3x2x5xf16>
  return %r, %s : tensor<3x2x1x5xf16>, tensor<3x2x5xf16>
}

//--- scatter-unitdims.mlir
func.func @f(%x: tensor<2x6x5xf16>, %s: tensor<3x2x1x5xf16>) -> tensor<2x6x5xf16> {
  %i = arith.constant dense<[[4],[0],[2]]> : tensor<3x1xi32>
  %r = tensor.scatter %s into %x[%i] scatter_dims([1]) unique : (tensor<3x2x1x5xf16>, tensor<2x6x5xf16>, tensor<3x1xi32>) -> tensor<2x6x5xf16>
  return %r : tensor<2x6x5xf16>
}
