// RUN: qimeng-opt %s --qimeng-partition --split-input-file | FileCheck %s

// Scalars are computed in the kernels that use them; constants that are no
// splats are globals; index tensors are i64 in memory.

// CHECK-LABEL: qimeng.kernel @elementwise(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<20xf32>, [[ARG1:%[a-z0-9_]+]]: memref<f32>, [[ARG2:%[a-z0-9_]+]]: memref<f32>, [[ARG3:%[a-z0-9_]+]]: memref<20xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<20xf32> -> tensor<20xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<f32> -> tensor<f32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.load [[ARG2]] : memref<f32> -> tensor<f32>
// CHECK: [[V3:%[a-z0-9_]+]] = arith.mulf [[V1]], [[V2]] : tensor<f32>
// CHECK: [[V4:%[a-z0-9_]+]] = qimeng.broadcast [[V3]] axes [0] : tensor<f32> -> tensor<20xf32>
// CHECK: [[V5:%[a-z0-9_]+]] = arith.addf [[V0]], [[V4]] : tensor<20xf32>
// CHECK: qimeng.store [[V5]], [[ARG3]] : tensor<20xf32>, memref<20xf32>
// CHECK-LABEL: qimeng.kernel @elementwise_mulf(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<f32>, [[ARG1:%[a-z0-9_]+]]: memref<20xf32>, [[ARG2:%[a-z0-9_]+]]: memref<20xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<f32> -> tensor<f32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<20xf32> -> tensor<20xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.broadcast [[V0]] axes [0] : tensor<f32> -> tensor<20xf32>
// CHECK: [[V3:%[a-z0-9_]+]] = arith.mulf [[V2]], [[V1]] : tensor<20xf32>
// CHECK: qimeng.store [[V3]], [[ARG2]] : tensor<20xf32>, memref<20xf32>
// CHECK-LABEL: qimeng.kernel @copy(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<f32>, [[ARG1:%[a-z0-9_]+]]: memref<f32>, [[ARG2:%[a-z0-9_]+]]: memref<f32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<f32> -> tensor<f32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<f32> -> tensor<f32>
// CHECK: [[V2:%[a-z0-9_]+]] = arith.mulf [[V0]], [[V1]] : tensor<f32>
// CHECK: qimeng.store [[V2]], [[ARG2]] : tensor<f32>, memref<f32>
// CHECK-LABEL: qimeng.kernel @splat(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<f32>, [[ARG1:%[a-z0-9_]+]]: memref<f32>, [[ARG2:%[a-z0-9_]+]]: memref<4xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<f32> -> tensor<f32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<f32> -> tensor<f32>
// CHECK: [[V2:%[a-z0-9_]+]] = arith.mulf [[V0]], [[V1]] : tensor<f32>
// CHECK: [[V3:%[a-z0-9_]+]] = qimeng.broadcast [[V2]] axes [0] : tensor<f32> -> tensor<4xf32>
// CHECK: qimeng.store [[V3]], [[ARG2]] : tensor<4xf32>, memref<4xf32>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<20xf32>, [[ARG1:%[a-z0-9_]+]]: memref<f32>, [[ARG2:%[a-z0-9_]+]]: memref<f32>, [[ARG3:%[a-z0-9_]+]]: memref<20xf32>, [[ARG4:%[a-z0-9_]+]]: memref<f32>, [[ARG5:%[a-z0-9_]+]]: memref<4xf32>, [[ARG6:%[a-z0-9_]+]]: memref<20xf32>)
// CHECK: qimeng.launch @elementwise([[ARG0]], [[ARG2]], [[ARG1]], [[ARG3]]) : memref<20xf32>, memref<f32>, memref<f32>, memref<20xf32>
// CHECK: qimeng.launch @elementwise_mulf([[ARG1]], [[ARG3]], [[ARG6]]) : memref<f32>, memref<20xf32>, memref<20xf32>
// CHECK: qimeng.launch @copy([[ARG2]], [[ARG1]], [[ARG4]]) : memref<f32>, memref<f32>, memref<f32>
// CHECK: qimeng.launch @splat([[ARG2]], [[ARG1]], [[ARG5]]) : memref<f32>, memref<f32>, memref<4xf32>
#a = affine_map<(i)->(i)>
func.func @f(%x: tensor<20xf32>, %s: f32, %t: tensor<f32>) -> (tensor<20xf32>, f32, tensor<4xf32>, tensor<20xf32>) {
  %e = tensor.empty() : tensor<20xf32>
  %v = tensor.extract %t[] : tensor<f32>
  %k = arith.mulf %v, %s : f32
  %r = linalg.generic {indexing_maps=[#a,#a], iterator_types=["parallel"]} ins(%x : tensor<20xf32>) outs(%e : tensor<20xf32>) {
  ^bb0(%q: f32, %o: f32):
    %w = arith.addf %q, %k : f32
    linalg.yield %w : f32
  } -> tensor<20xf32>
  %sp = tensor.splat %k : tensor<4xf32>
  %f = linalg.fill ins(%s : f32) outs(%e : tensor<20xf32>) -> tensor<20xf32>
  %m = arith.mulf %f, %r : tensor<20xf32>
  return %r, %k, %sp, %m : tensor<20xf32>, f32, tensor<4xf32>, tensor<20xf32>
}

// -----

// CHECK-DAG: #[[MAP_map:.+]] = affine_map<() -> (0, 1)>
// CHECK: memref.global "private" constant @constant : memref<3xi64> = dense<{{.*}}>
// CHECK: memref.global "private" constant @constant_1 : memref<2x3xf32> = dense<{{.*}}>
// CHECK-LABEL: qimeng.kernel @elementwise_addf(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<2x3xf32>, [[ARG1:%[a-z0-9_]+]]: memref<2x3xf32>, [[ARG2:%[a-z0-9_]+]]: memref<2x3xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<2x3xf32> -> tensor<2x3xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<2x3xf32> -> tensor<2x3xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = arith.addf [[V0]], [[V1]] : tensor<2x3xf32>
// CHECK: qimeng.store [[V2]], [[ARG2]] : tensor<2x3xf32>, memref<2x3xf32>
// CHECK-LABEL: qimeng.kernel @from_elements(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<2x3xf32>, [[ARG1:%[a-z0-9_]+]]: memref<2x2xf32>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<1> : tensor<2x2xindex>
// CHECK: [[CST1:%[a-z0-9_]+]] = arith.constant dense<2> : tensor<2x2xindex>
// CHECK: [[CST2:%[a-z0-9_]+]] = arith.constant dense<3> : tensor<2x2xindex>
// CHECK: [[CST3:%[a-z0-9_]+]] = arith.constant dense<2> : tensor<2xindex>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.view [[ARG0]] by #[[MAP_map]] : memref<2x3xf32> -> <f32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[V0]] : !qimeng.view<f32> -> tensor<f32>
// CHECK: [[V2:%[a-z0-9_]+]] = arith.mulf [[V1]], [[V1]] : tensor<f32>
// CHECK: [[V3:%[a-z0-9_]+]] = qimeng.iota dim 0 : tensor<2xindex>
// CHECK: [[V4:%[a-z0-9_]+]] = arith.muli [[V3]], [[CST3]] : tensor<2xindex>
// CHECK: [[V5:%[a-z0-9_]+]] = qimeng.broadcast [[V4]] axes [1] : tensor<2xindex> -> tensor<2x2xindex>
// CHECK: [[V6:%[a-z0-9_]+]] = qimeng.broadcast [[V3]] axes [0] : tensor<2xindex> -> tensor<2x2xindex>
// CHECK: [[V7:%[a-z0-9_]+]] = arith.addi [[V5]], [[V6]] : tensor<2x2xindex>
// CHECK: [[V8:%[a-z0-9_]+]] = arith.cmpi slt, [[V7]], [[CST2]] : tensor<2x2xindex>
// CHECK: [[V9:%[a-z0-9_]+]] = qimeng.broadcast [[V2]] axes [0, 1] : tensor<f32> -> tensor<2x2xf32>
// CHECK: [[V10:%[a-z0-9_]+]] = qimeng.broadcast [[V1]] axes [0, 1] : tensor<f32> -> tensor<2x2xf32>
// CHECK: [[V11:%[a-z0-9_]+]] = arith.select [[V8]], [[V9]], [[V10]] : tensor<2x2xi1>, tensor<2x2xf32>
// CHECK: [[V12:%[a-z0-9_]+]] = arith.cmpi slt, [[V7]], [[CST1]] : tensor<2x2xindex>
// CHECK: [[V13:%[a-z0-9_]+]] = arith.select [[V12]], [[V9]], [[V11]] : tensor<2x2xi1>, tensor<2x2xf32>
// CHECK: [[V14:%[a-z0-9_]+]] = arith.cmpi slt, [[V7]], [[CST0]] : tensor<2x2xindex>
// CHECK: [[V15:%[a-z0-9_]+]] = arith.select [[V14]], [[V10]], [[V13]] : tensor<2x2xi1>, tensor<2x2xf32>
// CHECK: qimeng.store [[V15]], [[ARG1]] : tensor<2x2xf32>, memref<2x2xf32>
// CHECK-LABEL: qimeng.kernel @constant_2(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<4xi64>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<7> : tensor<4xi64>
// CHECK: qimeng.store [[CST0]], [[ARG0]] : tensor<4xi64>, memref<4xi64>
// CHECK-LABEL: qimeng.kernel @copy(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<2x3xf32>, [[ARG1:%[a-z0-9_]+]]: memref<2x3xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<2x3xf32> -> tensor<2x3xf32>
// CHECK: qimeng.store [[V0]], [[ARG1]] : tensor<2x3xf32>, memref<2x3xf32>
// CHECK-LABEL: qimeng.kernel @copy_1(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<3xi64>, [[ARG1:%[a-z0-9_]+]]: memref<3xi64>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<3xi64> -> tensor<3xi64>
// CHECK: qimeng.store [[V0]], [[ARG1]] : tensor<3xi64>, memref<3xi64>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<2x3xf32>, [[ARG1:%[a-z0-9_]+]]: memref<2x3xf32>, [[ARG2:%[a-z0-9_]+]]: memref<4xi64>, [[ARG3:%[a-z0-9_]+]]: memref<2x3xf32>, [[ARG4:%[a-z0-9_]+]]: memref<2x2xf32>, [[ARG5:%[a-z0-9_]+]]: memref<3xi64>)
// CHECK: [[V0:%[a-z0-9_]+]] = memref.get_global @constant : memref<3xi64>
// CHECK: [[V1:%[a-z0-9_]+]] = memref.get_global @constant_1 : memref<2x3xf32>
// CHECK: qimeng.launch @elementwise_addf([[ARG0]], [[V1]], [[ARG1]]) : memref<2x3xf32>, memref<2x3xf32>, memref<2x3xf32>
// CHECK: qimeng.launch @from_elements([[ARG0]], [[ARG4]]) : memref<2x3xf32>, memref<2x2xf32>
// CHECK: qimeng.launch @constant_2([[ARG2]]) : memref<4xi64>
// CHECK: qimeng.launch @copy([[ARG0]], [[ARG3]]) : memref<2x3xf32>, memref<2x3xf32>
// CHECK: qimeng.launch @copy_1([[V0]], [[ARG5]]) : memref<3xi64>, memref<3xi64>
func.func @f(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<4xi64>, tensor<2x3xf32>, tensor<2x2xf32>, tensor<3xindex>) {
  %c = arith.constant dense<[[1.0, 2.0, 3.0],[4.0,5.0,6.0]]> : tensor<2x3xf32>
  %0 = arith.addf %x, %c : tensor<2x3xf32>
  %1 = arith.constant dense<7> : tensor<4xi64>
  %i0 = arith.constant 0 : index
  %i1 = arith.constant 1 : index
  %v = tensor.extract %x[%i0, %i1] : tensor<2x3xf32>
  %w = arith.mulf %v, %v : f32
  %2 = tensor.from_elements %v, %w, %w, %v : tensor<2x2xf32>
  %d = arith.constant dense<[3, 1, 2]> : tensor<3xindex>
  return %0, %1, %x, %2, %d : tensor<2x3xf32>, tensor<4xi64>, tensor<2x3xf32>, tensor<2x2xf32>, tensor<3xindex>
}
