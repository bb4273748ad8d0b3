// Arguments, constants and results returned directly, and twice.
// RUN: split-file %s %t
// RUN: qimeng-opt %t/returns.mlir --qimeng-partition -o %t/returns.out
// RUN: qimeng-run %t/returns.out --check --reference=%t/returns.mlir
// RUN: qimeng-opt %t/const-i1.mlir --qimeng-partition -o %t/const-i1.out
// RUN: qimeng-run %t/const-i1.out --check --reference=%t/const-i1.mlir
// RUN: qimeng-opt %t/multi-use.mlir --qimeng-partition -o %t/multi-use.out
// RUN: qimeng-run %t/multi-use.out --check --reference=%t/multi-use.mlir
// RUN: qimeng-opt %t/rank-dim.mlir --qimeng-partition -o %t/rank-dim.out
// RUN: qimeng-run %t/rank-dim.out --check --reference=%t/rank-dim.mlir
// RUN: qimeng-opt %t/resource.mlir --qimeng-partition -o %t/resource.out
// RUN: qimeng-run %t/resource.out --check --reference=%t/resource.mlir
// RUN: qimeng-opt %t/sparseconst.mlir --qimeng-partition -o %t/sparseconst.out
// RUN: qimeng-run %t/sparseconst.out --check --reference=%t/sparseconst.mlir
// RUN: qimeng-opt %t/unused-in.mlir --qimeng-partition -o %t/unused-in.out
// RUN: qimeng-run %t/unused-in.out --check --reference=%t/unused-in.mlir

//--- returns.mlir
func.func @f(%x: tensor<4xf32>, %s: f32, %u: tensor<3xi1>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<3xi1>, tensor<2xi8>, tensor<5xi64>, tensor<2x2xf16>, tensor<3xbf16>) {
  %e = math.exp %x : tensor<4xf32>
  %t = arith.addf %s, %s : f32
  %c = arith.constant dense<[1,-2]> : tensor<2xi8>
  %d = arith.constant dense<7> : tensor<5xi64>
  %h = arith.constant dense<[[1.0,2.0],[3.5,0xFE00]]> : tensor<2x2xf16>
  %b = arith.constant dense<[1.0,2.0,-0.0]> : tensor<3xbf16>
  return %x, %x, %e, %e, %u, %c, %d, %h, %b : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<3xi1>, tensor<2xi8>, tensor<5xi64>, tensor<2x2xf16>, tensor<3xbf16>
}

//--- const-i1.mlir
func.func @f(%x: tensor<4xi1>) -> (tensor<4xi1>, tensor<4xi1>) {
  %c = arith.constant dense<[true,false,false,true]> : tensor<4xi1>
  %r = arith.andi %x, %c : tensor<4xi1>
  return %c, %r : tensor<4xi1>, tensor<4xi1>
}

//--- multi-use.mlir
func.func @f(%x: tensor<8x8xf16>) -> (tensor<8x8xf16>, tensor<8xf16>, tensor<8x8xf16>) {
  %c = arith.constant dense<0.0> : tensor<8xf16>
  %z = arith.constant dense<0.0> : tensor<8x8xf16>
  %a = math.exp %x : tensor<8x8xf16>
  %s = linalg.reduce {arith.addf} ins(%a : tensor<8x8xf16>) outs(%c : tensor<8xf16>) dimensions=[0]
  %m = linalg.matmul ins(%a, %a : tensor<8x8xf16>, tensor<8x8xf16>) outs(%z : tensor<8x8xf16>) -> tensor<8x8xf16>
  %n = arith.addf %m, %a : tensor<8x8xf16>
  return %a, %s, %n : tensor<8x8xf16>, tensor<8xf16>, tensor<8x8xf16>
}

//--- rank-dim.mlir
func.func @f(%a: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %c1 = arith.constant 1 : index
  %d = tensor.dim %a, %c1 : tensor<3x4xf32>
  %r = tensor.rank %a : tensor<3x4xf32>
  %f = arith.index_cast %d : index to i32
  %g = arith.sitofp %f : i32 to f32
  %s = tensor.splat %g : tensor<3x4xf32>
  %e = arith.divf %a, %s : tensor<3x4xf32>
  return %e : tensor<3x4xf32>
}

//--- resource.mlir
func.func @f(%x: tensor<3xf32>) -> tensor<3xf32> {
  %c = arith.constant dense_resource<k> : tensor<3xf32>
  %r = arith.addf %c, %x : tensor<3xf32>
  return %r : tensor<3xf32>
}
{-# dialect_resources: { builtin: { k: "0x040000000000803F0000004000004040" } } #-}

//--- sparseconst.mlir
func.func @f(%x: tensor<3xf32>) -> tensor<3xf32> {
  %c = arith.constant sparse<[[1]], [2.0]> : tensor<3xf32>
  %r = arith.addf %c, %x : tensor<3xf32>
  return %r : tensor<3xf32>
}

//--- unused-in.mlir
#m = affine_map<(i,j)->(i,j)>
func.func @f(%x: tensor<3x4xf32>, %unused: tensor<5xf64>) -> tensor<3x4xf32> {
  %r = arith.addf %x, %x : tensor<3x4xf32>
  return %r : tensor<3x4xf32>
}
