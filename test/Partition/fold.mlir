// RUN: qimeng-opt %s --qimeng-partition --split-input-file | FileCheck %s

// What no combiner expresses runs in order; control flow that cannot be computed
// on both sides stays in the body; an output index that is no loop selects.

// CHECK-LABEL: qimeng.kernel @fold(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<7x33xf32>, [[ARG1:%[a-z0-9_]+]]: memref<7xf32>, [[ARG2:%[a-z0-9_]+]]: memref<7xi64>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<0> : tensor<7xi64>
// CHECK: [[CST1:%[a-z0-9_]+]] = arith.constant dense<0xFF800000> : tensor<7xf32>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.iota dim 0 : tensor<33xindex>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.broadcast [[V0]] axes [0] : tensor<33xindex> -> tensor<7x33xindex>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<7x33xf32> -> tensor<7x33xf32>
// CHECK: [[V3:%[a-z0-9_]+]]:2 = qimeng.fold axes [1] ins([[V1]], [[V2]] : tensor<7x33xindex>, tensor<7x33xf32>) inits([[CST1]], [[CST0]] : tensor<7xf32>, tensor<7xi64>) {
// CHECK: ^bb0([[ARG3:%[a-z0-9_]+]]: index, [[ARG4:%[a-z0-9_]+]]: f32, [[ARG5:%[a-z0-9_]+]]: f32, [[ARG6:%[a-z0-9_]+]]: i64):
// CHECK: [[V4:%[a-z0-9_]+]] = arith.index_cast [[ARG3]] : index to i64
// CHECK: [[V5:%[a-z0-9_]+]] = arith.cmpf ogt, [[ARG4]], [[ARG5]] : f32
// CHECK: [[V6:%[a-z0-9_]+]] = arith.select [[V5]], [[ARG4]], [[ARG5]] : f32
// CHECK: [[V7:%[a-z0-9_]+]] = arith.select [[V5]], [[V4]], [[ARG6]] : i64
// CHECK: qimeng.yield [[V6]], [[V7]] : f32, i64
// CHECK: qimeng.store [[V3]]#0, [[ARG1]] : tensor<7xf32>, memref<7xf32>
// CHECK: qimeng.store [[V3]]#1, [[ARG2]] : tensor<7xi64>, memref<7xi64>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<7x33xf32>, [[ARG1:%[a-z0-9_]+]]: memref<7xf32>, [[ARG2:%[a-z0-9_]+]]: memref<7xi64>)
// CHECK: qimeng.launch @fold([[ARG0]], [[ARG1]], [[ARG2]]) : memref<7x33xf32>, memref<7xf32>, memref<7xi64>
#a = affine_map<(i,j)->(i,j)>
#r = affine_map<(i,j)->(i)>
func.func @f(%x: tensor<7x33xf32>) -> (tensor<7xf32>, tensor<7xi64>) {
  %low = arith.constant 0xFF800000 : f32
  %z = arith.constant 0 : i64
  %e = tensor.empty() : tensor<7xf32>
  %ei = tensor.empty() : tensor<7xi64>
  %f = linalg.fill ins(%low : f32) outs(%e : tensor<7xf32>) -> tensor<7xf32>
  %fi = linalg.fill ins(%z : i64) outs(%ei : tensor<7xi64>) -> tensor<7xi64>
  %r:2 = linalg.generic {indexing_maps=[#a,#r,#r], iterator_types=["parallel","reduction"]} ins(%x : tensor<7x33xf32>) outs(%f, %fi : tensor<7xf32>, tensor<7xi64>) {
  ^bb0(%e0: f32, %b: f32, %at: i64):
    %j = linalg.index 1 : index
    %ji = arith.index_cast %j : index to i64
    %g = arith.cmpf ogt, %e0, %b : f32
    %nb = arith.select %g, %e0, %b : f32
    %na = arith.select %g, %ji, %at : i64
    linalg.yield %nb, %na : f32, i64
  } -> (tensor<7xf32>, tensor<7xi64>)
  return %r#0, %r#1 : tensor<7xf32>, tensor<7xi64>
}

// -----

// CHECK-LABEL: qimeng.kernel @elementwise(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<20xf16>, [[ARG1:%[a-z0-9_]+]]: memref<20xf16>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<0.000000e+00> : tensor<20xf32>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<20xf16> -> tensor<20xf16>
// CHECK: [[V1:%[a-z0-9_]+]] = arith.extf [[V0]] : tensor<20xf16> to tensor<20xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = arith.cmpf ogt, [[V1]], [[CST0]] : tensor<20xf32>
// CHECK: [[V3:%[a-z0-9_]+]] = math.sqrt [[V1]] : tensor<20xf32>
// CHECK: [[V4:%[a-z0-9_]+]] = arith.negf [[V1]] : tensor<20xf32>
// CHECK: [[V5:%[a-z0-9_]+]] = arith.select [[V2]], [[V3]], [[V4]] : tensor<20xi1>, tensor<20xf32>
// CHECK: [[V6:%[a-z0-9_]+]] = arith.truncf [[V5]] : tensor<20xf32> to tensor<20xf16>
// CHECK: qimeng.store [[V6]], [[ARG1]] : tensor<20xf16>, memref<20xf16>
// CHECK-LABEL: qimeng.kernel @fold(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<20xf16>, [[ARG1:%[a-z0-9_]+]]: memref<20xf32>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant 0.000000e+00 : f32
// CHECK: [[C0:%[a-z0-9_]+]] = arith.constant 1 : index
// CHECK: [[C1:%[a-z0-9_]+]] = arith.constant 0 : index
// CHECK: [[C2:%[a-z0-9_]+]] = arith.constant 7 : index
// CHECK: [[CST1:%[a-z0-9_]+]] = arith.constant dense<0.000000e+00> : tensor<20xf32>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.iota dim 0 : tensor<20xindex>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<20xf16> -> tensor<20xf16>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.fold axes [] ins([[V0]], [[V1]] : tensor<20xindex>, tensor<20xf16>) inits([[CST1]] : tensor<20xf32>) {
// CHECK: ^bb0([[ARG2:%[a-z0-9_]+]]: index, [[ARG3:%[a-z0-9_]+]]: f16, [[ARG4:%[a-z0-9_]+]]: f32):
// CHECK: [[V3:%[a-z0-9_]+]] = arith.extf [[ARG3]] : f16 to f32
// CHECK: [[V4:%[a-z0-9_]+]] = arith.remui [[ARG2]], [[C2]] : index
// CHECK: [[V5:%[a-z0-9_]+]] = scf.for [[ARG5:%[a-z0-9_]+]] = [[C1]] to [[V4]] step [[C0]] iter_args([[ARG6:%[a-z0-9_]+]] = [[CST0]]) -> (f32) {
// CHECK: [[V6:%[a-z0-9_]+]] = arith.mulf [[ARG6]], [[V3]] : f32
// CHECK: [[V7:%[a-z0-9_]+]] = arith.addf [[V6]], [[V3]] : f32
// CHECK: scf.yield [[V7]] : f32
// CHECK: qimeng.yield [[V5]] : f32
// CHECK: qimeng.store [[V2]], [[ARG1]] : tensor<20xf32>, memref<20xf32>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<20xf16>, [[ARG1:%[a-z0-9_]+]]: memref<20xi32>, [[ARG2:%[a-z0-9_]+]]: memref<20xf16>, [[ARG3:%[a-z0-9_]+]]: memref<20xf32>)
// CHECK: qimeng.launch @elementwise([[ARG0]], [[ARG2]]) : memref<20xf16>, memref<20xf16>
// CHECK: qimeng.launch @fold([[ARG2]], [[ARG3]]) : memref<20xf16>, memref<20xf32>
#a = affine_map<(i)->(i)>
func.func @f(%t: tensor<20xf16>, %n: tensor<20xi32>) -> (tensor<20xf16>, tensor<20xf32>) {
  %e = tensor.empty() : tensor<20xf16>
  %e2 = tensor.empty() : tensor<20xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f16
  %z32 = arith.constant 0.0 : f32
  %r = linalg.generic {indexing_maps=[#a,#a], iterator_types=["parallel"]} ins(%t : tensor<20xf16>) outs(%e : tensor<20xf16>) {
  ^bb0(%x: f16, %o: f16):
    %p = arith.cmpf ogt, %x, %zero : f16
    %v = scf.if %p -> f16 {
      %q = math.sqrt %x : f16
      scf.yield %q : f16
    } else {
      %q = arith.negf %x : f16
      scf.yield %q : f16
    }
    linalg.yield %v : f16
  } -> tensor<20xf16>
  %r2 = linalg.generic {indexing_maps=[#a,#a,#a], iterator_types=["parallel"]} ins(%r, %n : tensor<20xf16>, tensor<20xi32>) outs(%e2 : tensor<20xf32>) {
  ^bb0(%x: f16, %k: i32, %o: f32):
    %i = linalg.index 0 : index
    %w = arith.extf %x : f16 to f32
    %m = arith.remui %i, %c7 : index
    %v = scf.for %j = %c0 to %m step %c1 iter_args(%acc = %z32) -> f32 {
      %q = arith.mulf %acc, %w : f32
      %q2 = arith.addf %q, %w : f32
      scf.yield %q2 : f32
    }
    linalg.yield %v : f32
  } -> tensor<20xf32>
  return %r, %r2 : tensor<20xf16>, tensor<20xf32>
}

// -----

// CHECK-DAG: #[[MAP_map:.+]] = affine_map<(d0) -> (d0, 0)>
// CHECK-LABEL: qimeng.kernel @fold(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<4x5xf32>, [[ARG1:%[a-z0-9_]+]]: memref<8xf32>, [[ARG2:%[a-z0-9_]+]]: memref<8xf32>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<1> : tensor<8x4x5xindex>
// CHECK: [[CST1:%[a-z0-9_]+]] = arith.constant dense<0> : tensor<8x4x5xindex>
// CHECK: [[CST2:%[a-z0-9_]+]] = arith.constant dense<-1> : tensor<8xindex>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<4x5xf32> -> tensor<4x5xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.broadcast [[V0]] axes [0] : tensor<4x5xf32> -> tensor<8x4x5xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.iota dim 0 : tensor<4xindex>
// CHECK: [[V3:%[a-z0-9_]+]] = qimeng.iota dim 0 : tensor<5xindex>
// CHECK: [[V4:%[a-z0-9_]+]] = qimeng.broadcast [[V2]] axes [1] : tensor<4xindex> -> tensor<4x5xindex>
// CHECK: [[V5:%[a-z0-9_]+]] = qimeng.broadcast [[V3]] axes [0] : tensor<5xindex> -> tensor<4x5xindex>
// CHECK: [[V6:%[a-z0-9_]+]] = arith.addi [[V4]], [[V5]] : tensor<4x5xindex>
// CHECK: [[V7:%[a-z0-9_]+]] = qimeng.iota dim 0 : tensor<8xindex>
// CHECK: [[V8:%[a-z0-9_]+]] = arith.muli [[V7]], [[CST2]] : tensor<8xindex>
// CHECK: [[V9:%[a-z0-9_]+]] = qimeng.broadcast [[V6]] axes [0] : tensor<4x5xindex> -> tensor<8x4x5xindex>
// CHECK: [[V10:%[a-z0-9_]+]] = qimeng.broadcast [[V8]] axes [1, 2] : tensor<8xindex> -> tensor<8x4x5xindex>
// CHECK: [[V11:%[a-z0-9_]+]] = arith.addi [[V9]], [[V10]] : tensor<8x4x5xindex>
// CHECK: [[V12:%[a-z0-9_]+]] = arith.cmpi sge, [[V11]], [[CST1]] : tensor<8x4x5xindex>
// CHECK: [[V13:%[a-z0-9_]+]] = arith.cmpi slt, [[V11]], [[CST0]] : tensor<8x4x5xindex>
// CHECK: [[V14:%[a-z0-9_]+]] = arith.andi [[V12]], [[V13]] : tensor<8x4x5xi1>
// CHECK: [[V15:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<8xf32> -> tensor<8xf32>
// CHECK: [[V16:%[a-z0-9_]+]] = qimeng.fold axes [1, 2] ins([[V1]], [[V14]] : tensor<8x4x5xf32>, tensor<8x4x5xi1>) inits([[V15]] : tensor<8xf32>) {
// CHECK: ^bb0([[ARG3:%[a-z0-9_]+]]: f32, [[ARG4:%[a-z0-9_]+]]: i1, [[ARG5:%[a-z0-9_]+]]: f32):
// CHECK: [[V17:%[a-z0-9_]+]] = arith.addf [[ARG3]], [[ARG5]] : f32
// CHECK: [[V18:%[a-z0-9_]+]] = arith.select [[ARG4]], [[V17]], [[ARG5]] : f32
// CHECK: qimeng.yield [[V18]] : f32
// CHECK: qimeng.store [[V16]], [[ARG2]] : tensor<8xf32>, memref<8xf32>
// CHECK-LABEL: qimeng.kernel @reduce_add(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<4x5xf32>, [[ARG1:%[a-z0-9_]+]]: memref<4x1xf32>, [[ARG2:%[a-z0-9_]+]]: memref<4x1xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<4x5xf32> -> tensor<4x5xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.view [[ARG1]] by #[[MAP_map]] : memref<4x1xf32> -> <4xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.load [[V1]] : !qimeng.view<4xf32> -> tensor<4xf32>
// CHECK: [[V3:%[a-z0-9_]+]] = qimeng.reduce add [[V0]] axes [1] : tensor<4x5xf32>
// CHECK: [[V4:%[a-z0-9_]+]] = arith.addf [[V3]], [[V2]] : tensor<4xf32>
// CHECK: [[V5:%[a-z0-9_]+]] = qimeng.view [[ARG2]] by #[[MAP_map]] : memref<4x1xf32> -> <4xf32>
// CHECK: qimeng.store [[V4]], [[V5]] : tensor<4xf32>, !qimeng.view<4xf32>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<4x5xf32>, [[ARG1:%[a-z0-9_]+]]: memref<8xf32>, [[ARG2:%[a-z0-9_]+]]: memref<4x1xf32>, [[ARG3:%[a-z0-9_]+]]: memref<8xf32>, [[ARG4:%[a-z0-9_]+]]: memref<4x1xf32>)
// CHECK: qimeng.launch @fold([[ARG0]], [[ARG1]], [[ARG3]]) : memref<4x5xf32>, memref<8xf32>, memref<8xf32>
// CHECK: qimeng.launch @reduce_add([[ARG0]], [[ARG2]], [[ARG4]]) : memref<4x5xf32>, memref<4x1xf32>, memref<4x1xf32>
#x = affine_map<(i,j)->(i,j)>
#o = affine_map<(i,j)->(i+j)>
#o2 = affine_map<(i,j)->(i, 0)>
func.func @f(%x: tensor<4x5xf32>, %i: tensor<8xf32>, %i2: tensor<4x1xf32>) -> (tensor<8xf32>, tensor<4x1xf32>) {
  %r = linalg.generic {indexing_maps=[#x,#o], iterator_types=["reduction","reduction"]} ins(%x : tensor<4x5xf32>) outs(%i : tensor<8xf32>) {
  ^bb0(%q: f32, %o: f32):
    %w = arith.addf %q, %o : f32
    linalg.yield %w : f32
  } -> tensor<8xf32>
  %r2 = linalg.generic {indexing_maps=[#x,#o2], iterator_types=["parallel","reduction"]} ins(%x : tensor<4x5xf32>) outs(%i2 : tensor<4x1xf32>) {
  ^bb0(%q: f32, %o: f32):
    %w = arith.addf %q, %o : f32
    linalg.yield %w : f32
  } -> tensor<4x1xf32>
  return %r, %r2 : tensor<8xf32>, tensor<4x1xf32>
}
