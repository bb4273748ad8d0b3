// RUN: qimeng-opt %s --qimeng-partition --split-input-file | FileCheck %s

// Convolutions are products over im2col views; zero padding becomes a padded
// view. Depthwise convolutions and pooling are reductions.

// CHECK-DAG: #[[MAP_map:.+]] = affine_map<(d0, d1) -> (d0 floordiv 25, ((d0 floordiv 5) mod 5) * 2 + d1 floordiv 9 - 1, (d0 mod 5) * 2 + (d1 floordiv 3) mod 3 - 1, d1 mod 3)>
// CHECK-DAG: #[[MAP_map1:.+]] = affine_map<(d0, d1) -> (d0 floordiv 9, (d0 floordiv 3) mod 3, d0 mod 3, d1)>
// CHECK-DAG: #[[MAP_map2:.+]] = affine_map<(d0, d1) -> (d0 floordiv 25, (d0 floordiv 5) mod 5, d0 mod 5, d1)>
// CHECK-LABEL: qimeng.kernel @conv_2d_nhwc_hwcf(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<2x9x9x3xf32>, [[ARG1:%[a-z0-9_]+]]: memref<3x3x3x4xf32>, [[ARG2:%[a-z0-9_]+]]: memref<2x5x5x4xf32>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<0.000000e+00> : tensor<50x4xf32>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.view [[ARG0]] by #[[MAP_map]] padded : memref<2x9x9x3xf32> -> <50x27xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[V0]] : !qimeng.view<50x27xf32> -> tensor<50x27xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.view [[ARG1]] by #[[MAP_map1]] : memref<3x3x3x4xf32> -> <27x4xf32>
// CHECK: [[V3:%[a-z0-9_]+]] = qimeng.load [[V2]] : !qimeng.view<27x4xf32> -> tensor<27x4xf32>
// CHECK: [[V4:%[a-z0-9_]+]] = qimeng.dot [[V1]], [[V3]], [[CST0]] : tensor<50x27xf32>, tensor<27x4xf32> -> tensor<50x4xf32>
// CHECK: [[V5:%[a-z0-9_]+]] = qimeng.view [[ARG2]] by #[[MAP_map2]] : memref<2x5x5x4xf32> -> <50x4xf32>
// CHECK: qimeng.store [[V4]], [[V5]] : tensor<50x4xf32>, !qimeng.view<50x4xf32>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<2x9x9x3xf32>, [[ARG1:%[a-z0-9_]+]]: memref<3x3x3x4xf32>, [[ARG2:%[a-z0-9_]+]]: memref<2x5x5x4xf32>)
// CHECK: qimeng.launch @conv_2d_nhwc_hwcf([[ARG0]], [[ARG1]], [[ARG2]]) : memref<2x9x9x3xf32>, memref<3x3x3x4xf32>, memref<2x5x5x4xf32>
func.func @f(%a: tensor<2x9x9x3xf32>, %w: tensor<3x3x3x4xf32>) -> tensor<2x5x5x4xf32> {
  %z = arith.constant 0.0 : f32
  %p = tensor.pad %a low[0, 1, 1, 0] high[0, 1, 1, 0] { ^bb0(%i: index, %j: index, %k: index, %l: index): tensor.yield %z : f32 } : tensor<2x9x9x3xf32> to tensor<2x11x11x3xf32>
  %e = tensor.empty() : tensor<2x5x5x4xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<2x5x5x4xf32>) -> tensor<2x5x5x4xf32>
  %c = linalg.conv_2d_nhwc_hwcf {strides = dense<2> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>} ins(%p, %w : tensor<2x11x11x3xf32>, tensor<3x3x3x4xf32>) outs(%f : tensor<2x5x5x4xf32>) -> tensor<2x5x5x4xf32>
  return %c : tensor<2x5x5x4xf32>
}

// -----

// CHECK-DAG: #[[MAP_map:.+]] = affine_map<(d0, d1) -> (d0, d1 floordiv 9, (d1 floordiv 3) mod 3, d1 mod 3)>
// CHECK-DAG: #[[MAP_map1:.+]] = affine_map<(d0, d1) -> (d1 floordiv 25, d0 floordiv 9, (d1 floordiv 5) mod 5 + ((d0 floordiv 3) mod 3) * 2, d1 mod 5 + (d0 mod 3) * 2)>
// CHECK-DAG: #[[MAP_map2:.+]] = affine_map<(d0, d1) -> (d1 floordiv 25, d0, (d1 floordiv 5) mod 5, d1 mod 5)>
// CHECK-LABEL: qimeng.kernel @conv_2d_nchw_fchw(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<4x3x3x3xf16>, [[ARG1:%[a-z0-9_]+]]: memref<2x3x9x9xf16>, [[ARG2:%[a-z0-9_]+]]: memref<2x4x5x5xf16>, [[ARG3:%[a-z0-9_]+]]: memref<2x4x5x5xf16>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.view [[ARG0]] by #[[MAP_map]] : memref<4x3x3x3xf16> -> <4x27xf16>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[V0]] : !qimeng.view<4x27xf16> -> tensor<4x27xf16>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.view [[ARG1]] by #[[MAP_map1]] : memref<2x3x9x9xf16> -> <27x50xf16>
// CHECK: [[V3:%[a-z0-9_]+]] = qimeng.load [[V2]] : !qimeng.view<27x50xf16> -> tensor<27x50xf16>
// CHECK: [[V4:%[a-z0-9_]+]] = qimeng.view [[ARG2]] by #[[MAP_map2]] : memref<2x4x5x5xf16> -> <4x50xf16>
// CHECK: [[V5:%[a-z0-9_]+]] = qimeng.load [[V4]] : !qimeng.view<4x50xf16> -> tensor<4x50xf16>
// CHECK: [[V6:%[a-z0-9_]+]] = arith.extf [[V5]] : tensor<4x50xf16> to tensor<4x50xf32>
// CHECK: [[V7:%[a-z0-9_]+]] = qimeng.dot [[V1]], [[V3]], [[V6]] : tensor<4x27xf16>, tensor<27x50xf16> -> tensor<4x50xf32>
// CHECK: [[V8:%[a-z0-9_]+]] = arith.truncf [[V7]] : tensor<4x50xf32> to tensor<4x50xf16>
// CHECK: [[V9:%[a-z0-9_]+]] = qimeng.view [[ARG3]] by #[[MAP_map2]] : memref<2x4x5x5xf16> -> <4x50xf16>
// CHECK: qimeng.store [[V8]], [[V9]] : tensor<4x50xf16>, !qimeng.view<4x50xf16>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<2x3x9x9xf16>, [[ARG1:%[a-z0-9_]+]]: memref<4x3x3x3xf16>, [[ARG2:%[a-z0-9_]+]]: memref<2x4x5x5xf16>, [[ARG3:%[a-z0-9_]+]]: memref<2x4x5x5xf16>)
// CHECK: qimeng.launch @conv_2d_nchw_fchw([[ARG1]], [[ARG0]], [[ARG2]], [[ARG3]]) : memref<4x3x3x3xf16>, memref<2x3x9x9xf16>, memref<2x4x5x5xf16>, memref<2x4x5x5xf16>
func.func @f(%a: tensor<2x3x9x9xf16>, %w: tensor<4x3x3x3xf16>, %f: tensor<2x4x5x5xf16>) -> tensor<2x4x5x5xf16> {
  %c = linalg.conv_2d_nchw_fchw {strides = dense<1> : tensor<2xi64>, dilations = dense<2> : tensor<2xi64>} ins(%a, %w : tensor<2x3x9x9xf16>, tensor<4x3x3x3xf16>) outs(%f : tensor<2x4x5x5xf16>) -> tensor<2x4x5x5xf16>
  return %c : tensor<2x4x5x5xf16>
}

// -----

// CHECK-DAG: #[[MAP_map:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 + d4, d2 + d5, d3)>
// CHECK-DAG: #[[MAP_map1:.+]] = affine_map<(d0, d1, d2) -> (d1, d2, d0)>
// CHECK-LABEL: qimeng.kernel @depthwise_conv_2d_nhwc_hwc(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<2x9x9x3xf32>, [[ARG1:%[a-z0-9_]+]]: memref<3x3x3xf32>, [[ARG2:%[a-z0-9_]+]]: memref<2x7x7x3xf32>, [[ARG3:%[a-z0-9_]+]]: memref<2x7x7x3xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.view [[ARG0]] by #[[MAP_map]] : memref<2x9x9x3xf32> -> <2x7x7x3x3x3xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[V0]] : !qimeng.view<2x7x7x3x3x3xf32> -> tensor<2x7x7x3x3x3xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.view [[ARG1]] by #[[MAP_map1]] : memref<3x3x3xf32> -> <3x3x3xf32>
// CHECK: [[V3:%[a-z0-9_]+]] = qimeng.load [[V2]] : !qimeng.view<3x3x3xf32> -> tensor<3x3x3xf32>
// CHECK: [[V4:%[a-z0-9_]+]] = qimeng.broadcast [[V3]] axes [0, 1, 2] : tensor<3x3x3xf32> -> tensor<2x7x7x3x3x3xf32>
// CHECK: [[V5:%[a-z0-9_]+]] = arith.mulf [[V1]], [[V4]] : tensor<2x7x7x3x3x3xf32>
// CHECK: [[V6:%[a-z0-9_]+]] = qimeng.load [[ARG2]] : memref<2x7x7x3xf32> -> tensor<2x7x7x3xf32>
// CHECK: [[V7:%[a-z0-9_]+]] = qimeng.reduce add [[V5]] axes [4, 5] : tensor<2x7x7x3x3x3xf32>
// CHECK: [[V8:%[a-z0-9_]+]] = arith.addf [[V7]], [[V6]] : tensor<2x7x7x3xf32>
// CHECK: qimeng.store [[V8]], [[ARG3]] : tensor<2x7x7x3xf32>, memref<2x7x7x3xf32>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<2x9x9x3xf32>, [[ARG1:%[a-z0-9_]+]]: memref<3x3x3xf32>, [[ARG2:%[a-z0-9_]+]]: memref<2x7x7x3xf32>, [[ARG3:%[a-z0-9_]+]]: memref<2x7x7x3xf32>)
// CHECK: qimeng.launch @depthwise_conv_2d_nhwc_hwc([[ARG0]], [[ARG1]], [[ARG2]], [[ARG3]]) : memref<2x9x9x3xf32>, memref<3x3x3xf32>, memref<2x7x7x3xf32>, memref<2x7x7x3xf32>
func.func @f(%a: tensor<2x9x9x3xf32>, %w: tensor<3x3x3xf32>, %f: tensor<2x7x7x3xf32>) -> tensor<2x7x7x3xf32> {
  %c = linalg.depthwise_conv_2d_nhwc_hwc {strides = dense<1> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>} ins(%a, %w : tensor<2x9x9x3xf32>, tensor<3x3x3xf32>) outs(%f : tensor<2x7x7x3xf32>) -> tensor<2x7x7x3xf32>
  return %c : tensor<2x7x7x3xf32>
}

// -----

// CHECK-DAG: #[[MAP_map:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 * 2 + d4, d2 * 2 + d5, d3)>
// CHECK-LABEL: qimeng.kernel @pooling_nhwc_max(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<2x9x9x3xf32>, [[ARG1:%[a-z0-9_]+]]: memref<2x4x4x3xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.view [[ARG0]] by #[[MAP_map]] : memref<2x9x9x3xf32> -> <2x4x4x3x3x3xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[V0]] : !qimeng.view<2x4x4x3x3x3xf32> -> tensor<2x4x4x3x3x3xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.reduce max [[V1]] axes [4, 5] : tensor<2x4x4x3x3x3xf32>
// CHECK: qimeng.store [[V2]], [[ARG1]] : tensor<2x4x4x3xf32>, memref<2x4x4x3xf32>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<2x9x9x3xf32>, [[ARG1:%[a-z0-9_]+]]: memref<2x4x4x3xf32>)
// CHECK: qimeng.launch @pooling_nhwc_max([[ARG0]], [[ARG1]]) : memref<2x9x9x3xf32>, memref<2x4x4x3xf32>
func.func @f(%a: tensor<2x9x9x3xf32>) -> tensor<2x4x4x3xf32> {
  %z = arith.constant 0xFF800000 : f32
  %w = tensor.empty() : tensor<3x3xf32>
  %e = tensor.empty() : tensor<2x4x4x3xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<2x4x4x3xf32>) -> tensor<2x4x4x3xf32>
  %c = linalg.pooling_nhwc_max {strides = dense<2> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>} ins(%a, %w : tensor<2x9x9x3xf32>, tensor<3x3xf32>) outs(%f : tensor<2x4x4x3xf32>) -> tensor<2x4x4x3xf32>
  return %c : tensor<2x4x4x3xf32>
}
