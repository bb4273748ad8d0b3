// RUN: qimeng-opt %s --qimeng-partition --split-input-file | FileCheck %s

// Reshapes, slices, transposes and zero padding cost a kernel only as results of
// the program; the others select by position.

// CHECK-DAG: #[[MAP_map:.+]] = affine_map<(d0, d1, d2) -> ((d0 - 1) floordiv 2, d1 floordiv 3, d2 - 3)>
// CHECK-DAG: #[[MAP_map1:.+]] = affine_map<(d0, d1) -> (d0 - 3, d1)>
// CHECK-DAG: #[[MAP_map2:.+]] = affine_map<(d0) -> (d0 floordiv 40, (d0 floordiv 10) mod 4, d0 mod 10)>
// CHECK-DAG: #[[MAP_map3:.+]] = affine_map<(d0, d1) -> (d0 floordiv 4, d0 mod 4, d1)>
// CHECK-DAG: #[[MAP_map4:.+]] = affine_map<(d0, d1) -> (2, d0, d1 * 2 + 1)>
// CHECK-DAG: #[[MAP_map5:.+]] = affine_map<(d0, d1, d2) -> (d1, d2, d0)>
// CHECK-DAG: #[[MAP_map6:.+]] = affine_map<(d0, d1, d2) -> (d0, d1 * 4 + d2)>
// CHECK-DAG: #[[MAP_map7:.+]] = affine_map<(d0, d1) -> (d0, 0, d1)>
// CHECK-LABEL: qimeng.kernel @insert_slice(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<3x2x5xf32>, [[ARG1:%[a-z0-9_]+]]: memref<6x4x10xf32>, [[ARG2:%[a-z0-9_]+]]: memref<6x4x10xf32>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<5> : tensor<10xindex>
// CHECK: [[CST1:%[a-z0-9_]+]] = arith.constant dense<0> : tensor<10xindex>
// CHECK: [[CST2:%[a-z0-9_]+]] = arith.constant dense<-3> : tensor<10xindex>
// CHECK: [[CST3:%[a-z0-9_]+]] = arith.constant dense<0> : tensor<4xindex>
// CHECK: [[CST4:%[a-z0-9_]+]] = arith.constant dense<3> : tensor<4xindex>
// CHECK: [[CST5:%[a-z0-9_]+]] = arith.constant dense<2> : tensor<6xindex>
// CHECK: [[CST6:%[a-z0-9_]+]] = arith.constant dense<0> : tensor<6xindex>
// CHECK: [[CST7:%[a-z0-9_]+]] = arith.constant dense<-1> : tensor<6xindex>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.iota dim 0 : tensor<6xindex>
// CHECK: [[V1:%[a-z0-9_]+]] = arith.addi [[V0]], [[CST7]] : tensor<6xindex>
// CHECK: [[V2:%[a-z0-9_]+]] = arith.cmpi sge, [[V1]], [[CST6]] : tensor<6xindex>
// CHECK: [[V3:%[a-z0-9_]+]] = arith.floordivsi [[V1]], [[CST5]] : tensor<6xindex>
// CHECK: [[V4:%[a-z0-9_]+]] = arith.muli [[V3]], [[CST5]] : tensor<6xindex>
// CHECK: [[V5:%[a-z0-9_]+]] = arith.subi [[V1]], [[V4]] : tensor<6xindex>
// CHECK: [[V6:%[a-z0-9_]+]] = arith.cmpi eq, [[V5]], [[CST6]] : tensor<6xindex>
// CHECK: [[V7:%[a-z0-9_]+]] = arith.andi [[V2]], [[V6]] : tensor<6xi1>
// CHECK: [[V8:%[a-z0-9_]+]] = qimeng.iota dim 0 : tensor<4xindex>
// CHECK: [[V9:%[a-z0-9_]+]] = arith.floordivsi [[V8]], [[CST4]] : tensor<4xindex>
// CHECK: [[V10:%[a-z0-9_]+]] = arith.muli [[V9]], [[CST4]] : tensor<4xindex>
// CHECK: [[V11:%[a-z0-9_]+]] = arith.subi [[V8]], [[V10]] : tensor<4xindex>
// CHECK: [[V12:%[a-z0-9_]+]] = arith.cmpi eq, [[V11]], [[CST3]] : tensor<4xindex>
// CHECK: [[V13:%[a-z0-9_]+]] = qimeng.broadcast [[V7]] axes [1] : tensor<6xi1> -> tensor<6x4xi1>
// CHECK: [[V14:%[a-z0-9_]+]] = qimeng.broadcast [[V12]] axes [0] : tensor<4xi1> -> tensor<6x4xi1>
// CHECK: [[V15:%[a-z0-9_]+]] = arith.andi [[V13]], [[V14]] : tensor<6x4xi1>
// CHECK: [[V16:%[a-z0-9_]+]] = qimeng.iota dim 0 : tensor<10xindex>
// CHECK: [[V17:%[a-z0-9_]+]] = arith.addi [[V16]], [[CST2]] : tensor<10xindex>
// CHECK: [[V18:%[a-z0-9_]+]] = arith.cmpi sge, [[V17]], [[CST1]] : tensor<10xindex>
// CHECK: [[V19:%[a-z0-9_]+]] = arith.cmpi slt, [[V17]], [[CST0]] : tensor<10xindex>
// CHECK: [[V20:%[a-z0-9_]+]] = arith.andi [[V18]], [[V19]] : tensor<10xi1>
// CHECK: [[V21:%[a-z0-9_]+]] = qimeng.broadcast [[V15]] axes [2] : tensor<6x4xi1> -> tensor<6x4x10xi1>
// CHECK: [[V22:%[a-z0-9_]+]] = qimeng.broadcast [[V20]] axes [0, 1] : tensor<10xi1> -> tensor<6x4x10xi1>
// CHECK: [[V23:%[a-z0-9_]+]] = arith.andi [[V21]], [[V22]] : tensor<6x4x10xi1>
// CHECK: [[V24:%[a-z0-9_]+]] = qimeng.view [[ARG0]] by #[[MAP_map]] padded : memref<3x2x5xf32> -> <6x4x10xf32>
// CHECK: [[V25:%[a-z0-9_]+]] = qimeng.load [[V24]] : !qimeng.view<6x4x10xf32> -> tensor<6x4x10xf32>
// CHECK: [[V26:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<6x4x10xf32> -> tensor<6x4x10xf32>
// CHECK: [[V27:%[a-z0-9_]+]] = arith.select [[V23]], [[V25]], [[V26]] : tensor<6x4x10xi1>, tensor<6x4x10xf32>
// CHECK: qimeng.store [[V27]], [[ARG2]] : tensor<6x4x10xf32>, memref<6x4x10xf32>
// CHECK-LABEL: qimeng.kernel @pad(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<4x12xf32>, [[ARG1:%[a-z0-9_]+]]: memref<f32>, [[ARG2:%[a-z0-9_]+]]: memref<8x13xf32>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<12> : tensor<13xindex>
// CHECK: [[CST1:%[a-z0-9_]+]] = arith.constant dense<4> : tensor<8xindex>
// CHECK: [[CST2:%[a-z0-9_]+]] = arith.constant dense<0> : tensor<8xindex>
// CHECK: [[CST3:%[a-z0-9_]+]] = arith.constant dense<-3> : tensor<8xindex>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.iota dim 0 : tensor<8xindex>
// CHECK: [[V1:%[a-z0-9_]+]] = arith.addi [[V0]], [[CST3]] : tensor<8xindex>
// CHECK: [[V2:%[a-z0-9_]+]] = arith.cmpi sge, [[V1]], [[CST2]] : tensor<8xindex>
// CHECK: [[V3:%[a-z0-9_]+]] = arith.cmpi slt, [[V1]], [[CST1]] : tensor<8xindex>
// CHECK: [[V4:%[a-z0-9_]+]] = arith.andi [[V2]], [[V3]] : tensor<8xi1>
// CHECK: [[V5:%[a-z0-9_]+]] = qimeng.iota dim 0 : tensor<13xindex>
// CHECK: [[V6:%[a-z0-9_]+]] = arith.cmpi slt, [[V5]], [[CST0]] : tensor<13xindex>
// CHECK: [[V7:%[a-z0-9_]+]] = qimeng.broadcast [[V4]] axes [1] : tensor<8xi1> -> tensor<8x13xi1>
// CHECK: [[V8:%[a-z0-9_]+]] = qimeng.broadcast [[V6]] axes [0] : tensor<13xi1> -> tensor<8x13xi1>
// CHECK: [[V9:%[a-z0-9_]+]] = arith.andi [[V7]], [[V8]] : tensor<8x13xi1>
// CHECK: [[V10:%[a-z0-9_]+]] = qimeng.view [[ARG0]] by #[[MAP_map1]] padded : memref<4x12xf32> -> <8x13xf32>
// CHECK: [[V11:%[a-z0-9_]+]] = qimeng.load [[V10]] : !qimeng.view<8x13xf32> -> tensor<8x13xf32>
// CHECK: [[V12:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<f32> -> tensor<f32>
// CHECK: [[V13:%[a-z0-9_]+]] = qimeng.broadcast [[V12]] axes [0, 1] : tensor<f32> -> tensor<8x13xf32>
// CHECK: [[V14:%[a-z0-9_]+]] = arith.select [[V9]], [[V11]], [[V13]] : tensor<8x13xi1>, tensor<8x13xf32>
// CHECK: qimeng.store [[V14]], [[ARG2]] : tensor<8x13xf32>, memref<8x13xf32>
// CHECK-LABEL: qimeng.kernel @concat(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<6x4x10xf32>, [[ARG1:%[a-z0-9_]+]]: memref<2x240xf32>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<1> : tensor<2xindex>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.view [[ARG0]] by #[[MAP_map2]] : memref<6x4x10xf32> -> <240xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[V0]] : !qimeng.view<240xf32> -> tensor<240xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.iota dim 0 : tensor<2xindex>
// CHECK: [[V3:%[a-z0-9_]+]] = arith.cmpi slt, [[V2]], [[CST0]] : tensor<2xindex>
// CHECK: [[V4:%[a-z0-9_]+]] = qimeng.broadcast [[V3]] axes [1] : tensor<2xi1> -> tensor<2x240xi1>
// CHECK: [[V5:%[a-z0-9_]+]] = qimeng.broadcast [[V1]] axes [0] : tensor<240xf32> -> tensor<2x240xf32>
// CHECK: [[V6:%[a-z0-9_]+]] = arith.select [[V4]], [[V5]], [[V5]] : tensor<2x240xi1>, tensor<2x240xf32>
// CHECK: qimeng.store [[V6]], [[ARG1]] : tensor<2x240xf32>, memref<2x240xf32>
// CHECK-LABEL: qimeng.kernel @collapse_shape(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<6x4x10xf32>, [[ARG1:%[a-z0-9_]+]]: memref<24x10xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.view [[ARG0]] by #[[MAP_map3]] : memref<6x4x10xf32> -> <24x10xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[V0]] : !qimeng.view<24x10xf32> -> tensor<24x10xf32>
// CHECK: qimeng.store [[V1]], [[ARG1]] : tensor<24x10xf32>, memref<24x10xf32>
// CHECK-LABEL: qimeng.kernel @extract_slice(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<6x4x10xf32>, [[ARG1:%[a-z0-9_]+]]: memref<4x5xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.view [[ARG0]] by #[[MAP_map4]] : memref<6x4x10xf32> -> <4x5xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[V0]] : !qimeng.view<4x5xf32> -> tensor<4x5xf32>
// CHECK: qimeng.store [[V1]], [[ARG1]] : tensor<4x5xf32>, memref<4x5xf32>
// CHECK-LABEL: qimeng.kernel @transpose(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<6x4x10xf32>, [[ARG1:%[a-z0-9_]+]]: memref<10x6x4xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.view [[ARG0]] by #[[MAP_map5]] : memref<6x4x10xf32> -> <10x6x4xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[V0]] : !qimeng.view<10x6x4xf32> -> tensor<10x6x4xf32>
// CHECK: qimeng.store [[V1]], [[ARG1]] : tensor<10x6x4xf32>, memref<10x6x4xf32>
// CHECK-LABEL: qimeng.kernel @expand_shape(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<4x12xf32>, [[ARG1:%[a-z0-9_]+]]: memref<4x3x4xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.view [[ARG0]] by #[[MAP_map6]] : memref<4x12xf32> -> <4x3x4xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[V0]] : !qimeng.view<4x3x4xf32> -> tensor<4x3x4xf32>
// CHECK: qimeng.store [[V1]], [[ARG1]] : tensor<4x3x4xf32>, memref<4x3x4xf32>
// CHECK-LABEL: qimeng.kernel @broadcast(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<6x4x10xf32>, [[ARG1:%[a-z0-9_]+]]: memref<6x4x10xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.view [[ARG0]] by #[[MAP_map7]] : memref<6x4x10xf32> -> <6x10xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[V0]] : !qimeng.view<6x10xf32> -> tensor<6x10xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.broadcast [[V1]] axes [1] : tensor<6x10xf32> -> tensor<6x4x10xf32>
// CHECK: qimeng.store [[V2]], [[ARG1]] : tensor<6x4x10xf32>, memref<6x4x10xf32>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<6x4x10xf32>, [[ARG1:%[a-z0-9_]+]]: memref<3x2x5xf32>, [[ARG2:%[a-z0-9_]+]]: memref<f32>, [[ARG3:%[a-z0-9_]+]]: memref<4x12xf32>, [[ARG4:%[a-z0-9_]+]]: memref<24x10xf32>, [[ARG5:%[a-z0-9_]+]]: memref<4x5xf32>, [[ARG6:%[a-z0-9_]+]]: memref<6x4x10xf32>, [[ARG7:%[a-z0-9_]+]]: memref<10x6x4xf32>, [[ARG8:%[a-z0-9_]+]]: memref<8x13xf32>, [[ARG9:%[a-z0-9_]+]]: memref<4x3x4xf32>, [[ARG10:%[a-z0-9_]+]]: memref<6x4x10xf32>, [[ARG11:%[a-z0-9_]+]]: memref<2x240xf32>)
// CHECK: qimeng.launch @insert_slice([[ARG1]], [[ARG0]], [[ARG6]]) : memref<3x2x5xf32>, memref<6x4x10xf32>, memref<6x4x10xf32>
// CHECK: qimeng.launch @pad([[ARG3]], [[ARG2]], [[ARG8]]) : memref<4x12xf32>, memref<f32>, memref<8x13xf32>
// CHECK: qimeng.launch @concat([[ARG0]], [[ARG11]]) : memref<6x4x10xf32>, memref<2x240xf32>
// CHECK: qimeng.launch @collapse_shape([[ARG0]], [[ARG4]]) : memref<6x4x10xf32>, memref<24x10xf32>
// CHECK: qimeng.launch @extract_slice([[ARG0]], [[ARG5]]) : memref<6x4x10xf32>, memref<4x5xf32>
// CHECK: qimeng.launch @transpose([[ARG0]], [[ARG7]]) : memref<6x4x10xf32>, memref<10x6x4xf32>
// CHECK: qimeng.launch @expand_shape([[ARG3]], [[ARG9]]) : memref<4x12xf32>, memref<4x3x4xf32>
// CHECK: qimeng.launch @broadcast([[ARG0]], [[ARG10]]) : memref<6x4x10xf32>, memref<6x4x10xf32>
func.func @f(%a: tensor<6x4x10xf32>, %s: tensor<3x2x5xf32>, %sc: f32, %b: tensor<4x12xf32>) -> (tensor<24x10xf32>, tensor<4x5xf32>, tensor<6x4x10xf32>, tensor<10x6x4xf32>, tensor<8x13xf32>, tensor<4x3x4xf32>, tensor<6x4x10xf32>, tensor<2x240xf32>) {
  %0 = tensor.collapse_shape %a [[0,1],[2]] : tensor<6x4x10xf32> into tensor<24x10xf32>
  %1 = tensor.extract_slice %a[2, 0, 1] [1, 4, 5] [1, 1, 2] : tensor<6x4x10xf32> to tensor<4x5xf32>
  %2 = tensor.insert_slice %s into %a[1, 0, 3] [3, 2, 5] [2, 3, 1] : tensor<3x2x5xf32> into tensor<6x4x10xf32>
  %e = tensor.empty() : tensor<10x6x4xf32>
  %3 = linalg.transpose ins(%a : tensor<6x4x10xf32>) outs(%e : tensor<10x6x4xf32>) permutation = [2, 0, 1]
  %4 = tensor.pad %b low[3, 0] high[1, 1] { ^bb0(%i: index, %j: index): tensor.yield %sc : f32 } : tensor<4x12xf32> to tensor<8x13xf32>
  %5 = tensor.expand_shape %b [[0],[1,2]] output_shape [4,3,4] : tensor<4x12xf32> into tensor<4x3x4xf32>
  %eb = tensor.empty() : tensor<6x4x10xf32>
  %row = tensor.extract_slice %a[0, 0, 0] [6, 1, 10] [1, 1, 1] : tensor<6x4x10xf32> to tensor<6x10xf32>
  %6 = linalg.broadcast ins(%row : tensor<6x10xf32>) outs(%eb : tensor<6x4x10xf32>) dimensions = [1]
  %c0 = tensor.collapse_shape %a [[0,1,2]] : tensor<6x4x10xf32> into tensor<240xf32>
  %c1 = tensor.expand_shape %c0 [[0,1]] output_shape [1, 240] : tensor<240xf32> into tensor<1x240xf32>
  %7 = tensor.concat dim(0) %c1, %c1 : (tensor<1x240xf32>, tensor<1x240xf32>) -> tensor<2x240xf32>
  return %0, %1, %2, %3, %4, %5, %6, %7 : tensor<24x10xf32>, tensor<4x5xf32>, tensor<6x4x10xf32>, tensor<10x6x4xf32>, tensor<8x13xf32>, tensor<4x3x4xf32>, tensor<6x4x10xf32>, tensor<2x240xf32>
}

// -----

// CHECK-DAG: #[[MAP_map:.+]] = affine_map<(d0, d1, d2, d3) -> (d0 * 8 + d2, d1 * 4 + d3)>
// CHECK-DAG: #[[MAP_map1:.+]] = affine_map<(d0, d1) -> (d0 floordiv 8, d1 floordiv 4, d0 mod 8, d1 mod 4)>
// CHECK-LABEL: qimeng.kernel @elementwise(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<10x16xf32>, [[ARG1:%[a-z0-9_]+]]: memref<2x4x8x4xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.view [[ARG0]] by #[[MAP_map]] padded : memref<10x16xf32> -> <2x4x8x4xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[V0]] : !qimeng.view<2x4x8x4xf32> -> tensor<2x4x8x4xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = arith.negf [[V1]] : tensor<2x4x8x4xf32>
// CHECK: qimeng.store [[V2]], [[ARG1]] : tensor<2x4x8x4xf32>, memref<2x4x8x4xf32>
// CHECK-LABEL: qimeng.kernel @transpose(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<10x16xf32>, [[ARG1:%[a-z0-9_]+]]: memref<2x4x8x4xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.view [[ARG0]] by #[[MAP_map]] padded : memref<10x16xf32> -> <2x4x8x4xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[V0]] : !qimeng.view<2x4x8x4xf32> -> tensor<2x4x8x4xf32>
// CHECK: qimeng.store [[V1]], [[ARG1]] : tensor<2x4x8x4xf32>, memref<2x4x8x4xf32>
// CHECK-LABEL: qimeng.kernel @copy(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<2x4x8x4xf32>, [[ARG1:%[a-z0-9_]+]]: memref<10x16xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.view [[ARG0]] by #[[MAP_map1]] : memref<2x4x8x4xf32> -> <10x16xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[V0]] : !qimeng.view<10x16xf32> -> tensor<10x16xf32>
// CHECK: qimeng.store [[V1]], [[ARG1]] : tensor<10x16xf32>, memref<10x16xf32>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<10x16xf32>, [[ARG1:%[a-z0-9_]+]]: memref<2x4x8x4xf32>, [[ARG2:%[a-z0-9_]+]]: memref<10x16xf32>)
// CHECK: [[ALLOC0:%[a-z0-9_]+]] = memref.alloc() : memref<2x4x8x4xf32>
// CHECK: qimeng.launch @elementwise([[ARG0]], [[ALLOC0]]) : memref<10x16xf32>, memref<2x4x8x4xf32>
// CHECK: qimeng.launch @transpose([[ARG0]], [[ARG1]]) : memref<10x16xf32>, memref<2x4x8x4xf32>
// CHECK: qimeng.launch @copy([[ALLOC0]], [[ARG2]]) : memref<2x4x8x4xf32>, memref<10x16xf32>
func.func @f(%x: tensor<10x16xf32>) -> (tensor<2x4x8x4xf32>, tensor<10x16xf32>) {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x4x8x4xf32>
  %p = linalg.pack %x padding_value(%z : f32) inner_dims_pos = [0, 1] inner_tiles = [8, 4] into %e : tensor<10x16xf32> -> tensor<2x4x8x4xf32>
  %eu = tensor.empty() : tensor<10x16xf32>
  %n = arith.negf %p : tensor<2x4x8x4xf32>
  %u = linalg.unpack %n inner_dims_pos = [0, 1] inner_tiles = [8, 4] into %eu : tensor<2x4x8x4xf32> -> tensor<10x16xf32>
  return %p, %u : tensor<2x4x8x4xf32>, tensor<10x16xf32>
}

// -----

// CHECK-LABEL: qimeng.kernel @generate(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<4x5xi64>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.iota dim 0 : tensor<4xindex>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.iota dim 0 : tensor<5xindex>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.broadcast [[V0]] axes [1] : tensor<4xindex> -> tensor<4x5xindex>
// CHECK: [[V3:%[a-z0-9_]+]] = qimeng.broadcast [[V1]] axes [0] : tensor<5xindex> -> tensor<4x5xindex>
// CHECK: [[V4:%[a-z0-9_]+]] = arith.addi [[V2]], [[V3]] : tensor<4x5xindex>
// CHECK: [[V5:%[a-z0-9_]+]] = arith.index_cast [[V4]] : tensor<4x5xindex> to tensor<4x5xi64>
// CHECK: qimeng.store [[V5]], [[ARG0]] : tensor<4x5xi64>, memref<4x5xi64>
// CHECK-LABEL: qimeng.kernel @insert(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<8xf32>, [[ARG1:%[a-z0-9_]+]]: memref<i64>, [[ARG2:%[a-z0-9_]+]]: memref<8xf32>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<9.000000e+00> : tensor<8xf32>
// CHECK: [[CST1:%[a-z0-9_]+]] = arith.constant dense<3> : tensor<index>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<8xf32> -> tensor<8xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<i64> -> tensor<i64>
// CHECK: [[V2:%[a-z0-9_]+]] = arith.index_cast [[V1]] : tensor<i64> to tensor<index>
// CHECK: [[V3:%[a-z0-9_]+]] = arith.andi [[V2]], [[CST1]] : tensor<index>
// CHECK: [[V4:%[a-z0-9_]+]] = qimeng.iota dim 0 : tensor<8xindex>
// CHECK: [[V5:%[a-z0-9_]+]] = qimeng.broadcast [[V3]] axes [0] : tensor<index> -> tensor<8xindex>
// CHECK: [[V6:%[a-z0-9_]+]] = arith.cmpi eq, [[V4]], [[V5]] : tensor<8xindex>
// CHECK: [[V7:%[a-z0-9_]+]] = arith.select [[V6]], [[CST0]], [[V0]] : tensor<8xi1>, tensor<8xf32>
// CHECK: qimeng.store [[V7]], [[ARG2]] : tensor<8xf32>, memref<8xf32>
// CHECK-LABEL: qimeng.kernel @extract_slice(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<i64>, [[ARG1:%[a-z0-9_]+]]: memref<8xf32>, [[ARG2:%[a-z0-9_]+]]: memref<3xf32>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<3> : tensor<index>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<i64> -> tensor<i64>
// CHECK: [[V1:%[a-z0-9_]+]] = arith.index_cast [[V0]] : tensor<i64> to tensor<index>
// CHECK: [[V2:%[a-z0-9_]+]] = arith.andi [[V1]], [[CST0]] : tensor<index>
// CHECK: [[V3:%[a-z0-9_]+]] = qimeng.iota dim 0 : tensor<3xindex>
// CHECK: [[V4:%[a-z0-9_]+]] = qimeng.broadcast [[V2]] axes [0] : tensor<index> -> tensor<3xindex>
// CHECK: [[V5:%[a-z0-9_]+]] = arith.addi [[V3]], [[V4]] : tensor<3xindex>
// CHECK: [[V6:%[a-z0-9_]+]] = qimeng.gather [[ARG1]][[[V5]]] : memref<8xf32>, tensor<3xindex> -> tensor<3xf32>
// CHECK: qimeng.store [[V6]], [[ARG2]] : tensor<3xf32>, memref<3xf32>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<8xf32>, [[ARG1:%[a-z0-9_]+]]: memref<i64>, [[ARG2:%[a-z0-9_]+]]: memref<4x5xi64>, [[ARG3:%[a-z0-9_]+]]: memref<8xf32>, [[ARG4:%[a-z0-9_]+]]: memref<3xf32>)
// CHECK: qimeng.launch @generate([[ARG2]]) : memref<4x5xi64>
// CHECK: qimeng.launch @insert([[ARG0]], [[ARG1]], [[ARG3]]) : memref<8xf32>, memref<i64>, memref<8xf32>
// CHECK: qimeng.launch @extract_slice([[ARG1]], [[ARG0]], [[ARG4]]) : memref<i64>, memref<8xf32>, memref<3xf32>
func.func @f(%x: tensor<8xf32>, %at: index) -> (tensor<4x5xi64>, tensor<8xf32>, tensor<3xf32>) {
  %g = tensor.generate { ^bb0(%i: index, %j: index):
    %s = arith.addi %i, %j : index
    %v = arith.index_cast %s : index to i64
    tensor.yield %v : i64
  } : tensor<4x5xi64>
  %c = arith.constant 9.0 : f32
  %i1 = arith.constant 3 : index
  %a = arith.andi %at, %i1 : index
  %n = tensor.insert %c into %x[%a] : tensor<8xf32>
  %sl = tensor.extract_slice %x[%a] [3] [1] : tensor<8xf32> to tensor<3xf32>
  return %g, %n, %sl : tensor<4x5xi64>, tensor<8xf32>, tensor<3xf32>
}
