// Of a tensor without elements nothing is read: what is left of its readers is an
// initial value, a padding, the other operands.
// RUN: split-file %s %t
// RUN: qimeng-opt %t/empty-reduce.mlir --qimeng-partition -o %t/empty-reduce.out
// RUN: qimeng-run %t/empty-reduce.out --check --reference=%t/empty-reduce.mlir
// RUN: qimeng-opt %t/empty-matmul.mlir --qimeng-partition -o %t/empty-matmul.out
// RUN: qimeng-run %t/empty-matmul.out --check --reference=%t/empty-matmul.mlir
// RUN: qimeng-run %t/empty-matmul.mlir --check
// RUN: qimeng-run %t/empty-matmul.mlir --inputs=nan
// RUN: qimeng-opt %t/empty-matmul.out --qimeng-tile="kernel=constant sizes=4,4" | qimeng-translate - --arch=sm_90a --to=ptx -o %t/empty-matmul.ptx
// RUN: qimeng-opt %t/empty-result.mlir --qimeng-partition -o %t/empty-result.out
// RUN: qimeng-run %t/empty-result.out --check --reference=%t/empty-result.mlir
// RUN: qimeng-opt %t/empty-concat.mlir --qimeng-partition -o %t/empty-concat.out
// RUN: qimeng-run %t/empty-concat.out --check --reference=%t/empty-concat.mlir
// RUN: qimeng-opt %t/empty-pad.mlir --qimeng-partition -o %t/empty-pad.out
// RUN: qimeng-run %t/empty-pad.out --check --reference=%t/empty-pad.mlir
// RUN: qimeng-opt %t/empty-insert.mlir --qimeng-partition -o %t/empty-insert.out
// RUN: qimeng-run %t/empty-insert.out --check --reference=%t/empty-insert.mlir
// RUN: qimeng-opt %t/empty-slice.mlir --qimeng-partition -o %t/empty-slice.out
// RUN: qimeng-run %t/empty-slice.out --check --reference=%t/empty-slice.mlir
// RUN: qimeng-opt %t/empty-multi.mlir --qimeng-partition -o %t/empty-multi.out
// RUN: qimeng-run %t/empty-multi.out --check --reference=%t/empty-multi.mlir
// RUN: qimeng-opt %t/empty-inner.mlir --qimeng-partition -o %t/empty-inner.out
// RUN: qimeng-run %t/empty-inner.out --check --reference=%t/empty-inner.mlir
// RUN: qimeng-opt %t/empty-loop.mlir --qimeng-partition -o %t/empty-loop.out
// RUN: qimeng-run %t/empty-loop.out --check --reference=%t/empty-loop.mlir

//--- empty-reduce.mlir
#m = affine_map<(i,j)->(i,j)>
#r = affine_map<(i,j)->(i)>
func.func @f(%x: tensor<4x0xf32>, %o: tensor<4xf32>) -> tensor<4xf32> {
  %r = linalg.generic {indexing_maps=[#m,#r], iterator_types=["parallel","reduction"]} ins(%x : tensor<4x0xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %t = arith.addf %a, %b : f32
    linalg.yield %t : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}

//--- empty-matmul.mlir
func.func @f(%x: tensor<4x0xf32>, %y: tensor<0x5xf32>) -> tensor<4x5xf32> {
  %c = arith.constant dense<2.0> : tensor<4x5xf32>
  %r = linalg.matmul ins(%x, %y : tensor<4x0xf32>, tensor<0x5xf32>) outs(%c : tensor<4x5xf32>) -> tensor<4x5xf32>
  %s = math.exp %r : tensor<4x5xf32>
  return %s : tensor<4x5xf32>
}

//--- empty-result.mlir
func.func @f(%x: tensor<0x4xf32>, %y: tensor<3xf32>) -> tensor<3xf32> {
  %r = math.exp %x : tensor<0x4xf32>
  %s = math.exp %y : tensor<3xf32>
  return %s : tensor<3xf32>
}

//--- empty-concat.mlir
func.func @f(%x: tensor<0x4xf32>, %y: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = tensor.concat dim(0) %x, %y, %x : (tensor<0x4xf32>, tensor<3x4xf32>, tensor<0x4xf32>) -> tensor<3x4xf32>
  return %r : tensor<3x4xf32>
}

//--- empty-pad.mlir
func.func @f(%x: tensor<0x4xf32>) -> tensor<2x5xf32> {
  %c = arith.constant 3.0 : f32
  %r = tensor.pad %x low[1,0] high[1,1] { ^bb0(%i: index, %j: index): tensor.yield %c : f32 } : tensor<0x4xf32> to tensor<2x5xf32>
  return %r : tensor<2x5xf32>
}

//--- empty-insert.mlir
func.func @f(%x: tensor<0x4xf32>, %y: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = tensor.insert_slice %x into %y[1,0] [0,4] [1,1] : tensor<0x4xf32> into tensor<3x4xf32>
  return %r : tensor<3x4xf32>
}

//--- empty-slice.mlir
func.func @f(%y: tensor<3x4xf32>) -> tensor<3xf32> {
  %c0 = arith.constant dense<0.0> : tensor<3xf32>
  %r = tensor.extract_slice %y[0,1] [3,0] [1,1] : tensor<3x4xf32> to tensor<3x0xf32>
  %k = tensor.collapse_shape %r [[0,1]] : tensor<3x0xf32> into tensor<0xf32>
  %q = linalg.reduce {arith.addf} ins(%r : tensor<3x0xf32>) outs(%c0 : tensor<3xf32>) dimensions=[1]
  return %q : tensor<3xf32>
}

//--- empty-multi.mlir
#m = affine_map<(i,j)->(i,j)>
#r = affine_map<(i,j)->(i)>
#c = affine_map<(i,j)->(j)>
func.func @f(%x: tensor<4x0xf32>, %o: tensor<4xf32>, %p: tensor<0xf32>) -> tensor<4xf32> {
  %r:2 = linalg.generic {indexing_maps=[#m,#r,#c], iterator_types=["reduction","reduction"]} ins(%x : tensor<4x0xf32>) outs(%o, %p : tensor<4xf32>, tensor<0xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %t = arith.addf %a, %b : f32
    %u = arith.addf %a, %c : f32
    linalg.yield %t, %u : f32, f32
  } -> (tensor<4xf32>, tensor<0xf32>)
  return %r#0 : tensor<4xf32>
}

//--- empty-inner.mlir
func.func @f(%x: tensor<4x6xf32>, %y: tensor<4x0xf32>) -> (tensor<4x6xf32>, tensor<4xf32>) {
  %s = tensor.extract_slice %x[0,0][4,0][1,1] : tensor<4x6xf32> to tensor<4x0xf32>
  %a = arith.addf %s, %y : tensor<4x0xf32>
  %c = tensor.concat dim(1) %a, %x : (tensor<4x0xf32>, tensor<4x6xf32>) -> tensor<4x6xf32>
  %e = math.exp %c : tensor<4x6xf32>
  %k = arith.constant dense<1.0> : tensor<4xf32>
  %m = linalg.reduce {arith.maximumf} ins(%a : tensor<4x0xf32>) outs(%k : tensor<4xf32>) dimensions=[1]
  return %e, %m : tensor<4x6xf32>, tensor<4xf32>
}

//--- empty-loop.mlir
func.func @f(%x: tensor<4xf32>, %y: tensor<0xf32>) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %r:2 = scf.for %i = %c0 to %c3 step %c1 iter_args(%a = %x, %b = %y) -> (tensor<4xf32>, tensor<0xf32>) {
    %u = math.exp %b : tensor<0xf32>
    %v = math.tanh %a : tensor<4xf32>
    scf.yield %v, %u : tensor<4xf32>, tensor<0xf32>
  }
  return %r#0 : tensor<4xf32>
}
