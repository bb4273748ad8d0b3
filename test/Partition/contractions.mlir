// RUN: qimeng-opt %s --qimeng-partition --split-input-file | FileCheck %s

// Sums of products: any order of dimensions, several of a kind, batches, all
// accumulators, scalar operands; without M or N a reduction serves better.

// CHECK-DAG: #[[MAP_map:.+]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-LABEL: qimeng.kernel @matmul(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<1024x512xbf16>, [[ARG1:%[a-z0-9_]+]]: memref<1024x768xbf16>, [[ARG2:%[a-z0-9_]+]]: memref<512x768xf32>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<0.000000e+00> : tensor<512x768xf32>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.view [[ARG0]] by #[[MAP_map]] : memref<1024x512xbf16> -> <512x1024xbf16>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[V0]] : !qimeng.view<512x1024xbf16> -> tensor<512x1024xbf16>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<1024x768xbf16> -> tensor<1024x768xbf16>
// CHECK: [[V3:%[a-z0-9_]+]] = qimeng.dot [[V1]], [[V2]], [[CST0]] : tensor<512x1024xbf16>, tensor<1024x768xbf16> -> tensor<512x768xf32>
// CHECK: qimeng.store [[V3]], [[ARG2]] : tensor<512x768xf32>, memref<512x768xf32>
// CHECK-LABEL: qimeng.kernel @matmul_1(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<512x1024xbf16>, [[ARG1:%[a-z0-9_]+]]: memref<768x1024xbf16>, [[ARG2:%[a-z0-9_]+]]: memref<512x768xf32>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<0.000000e+00> : tensor<512x768xf32>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<512x1024xbf16> -> tensor<512x1024xbf16>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.view [[ARG1]] by #[[MAP_map]] : memref<768x1024xbf16> -> <1024x768xbf16>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.load [[V1]] : !qimeng.view<1024x768xbf16> -> tensor<1024x768xbf16>
// CHECK: [[V3:%[a-z0-9_]+]] = qimeng.dot [[V0]], [[V2]], [[CST0]] : tensor<512x1024xbf16>, tensor<1024x768xbf16> -> tensor<512x768xf32>
// CHECK: qimeng.store [[V3]], [[ARG2]] : tensor<512x768xf32>, memref<512x768xf32>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<1024x512xbf16>, [[ARG1:%[a-z0-9_]+]]: memref<1024x768xbf16>, [[ARG2:%[a-z0-9_]+]]: memref<512x1024xbf16>, [[ARG3:%[a-z0-9_]+]]: memref<768x1024xbf16>, [[ARG4:%[a-z0-9_]+]]: memref<512x768xf32>, [[ARG5:%[a-z0-9_]+]]: memref<512x768xf32>)
// CHECK: qimeng.launch @matmul([[ARG0]], [[ARG1]], [[ARG4]]) : memref<1024x512xbf16>, memref<1024x768xbf16>, memref<512x768xf32>
// CHECK: qimeng.launch @matmul_1([[ARG2]], [[ARG3]], [[ARG5]]) : memref<512x1024xbf16>, memref<768x1024xbf16>, memref<512x768xf32>
#mn = affine_map<(m, n, k) -> (m, n)>
#mk = affine_map<(m, n, k) -> (m, k)>
#km = affine_map<(m, n, k) -> (k, m)>
#kn = affine_map<(m, n, k) -> (k, n)>
#nk = affine_map<(m, n, k) -> (n, k)>

func.func @gemm_transposed(%a: tensor<1024x512xbf16>, %b: tensor<1024x768xbf16>,
                           %c: tensor<512x1024xbf16>, %d: tensor<768x1024xbf16>)
    -> (tensor<512x768xf32>, tensor<512x768xf32>) {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<512x768xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<512x768xf32>) -> tensor<512x768xf32>
  %0 = linalg.matmul indexing_maps = [#km, #kn, #mn]
      ins(%a, %b : tensor<1024x512xbf16>, tensor<1024x768xbf16>) outs(%init : tensor<512x768xf32>) -> tensor<512x768xf32>
  %1 = linalg.matmul indexing_maps = [#mk, #nk, #mn]
      ins(%c, %d : tensor<512x1024xbf16>, tensor<768x1024xbf16>) outs(%init : tensor<512x768xf32>) -> tensor<512x768xf32>
  return %0, %1 : tensor<512x768xf32>, tensor<512x768xf32>
}

// -----

// CHECK-DAG: #[[MAP_map:.+]] = affine_map<(d0, d1) -> (d0 floordiv 5, d0 mod 5, d1)>
// CHECK-LABEL: qimeng.kernel @contract(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<2x5x7xf32>, [[ARG1:%[a-z0-9_]+]]: memref<7x3xf32>, [[ARG2:%[a-z0-9_]+]]: memref<2x5x3xf32>, [[ARG3:%[a-z0-9_]+]]: memref<2x5x3xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.view [[ARG0]] by #[[MAP_map]] : memref<2x5x7xf32> -> <10x7xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[V0]] : !qimeng.view<10x7xf32> -> tensor<10x7xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<7x3xf32> -> tensor<7x3xf32>
// CHECK: [[V3:%[a-z0-9_]+]] = qimeng.view [[ARG2]] by #[[MAP_map]] : memref<2x5x3xf32> -> <10x3xf32>
// CHECK: [[V4:%[a-z0-9_]+]] = qimeng.load [[V3]] : !qimeng.view<10x3xf32> -> tensor<10x3xf32>
// CHECK: [[V5:%[a-z0-9_]+]] = qimeng.dot [[V1]], [[V2]], [[V4]] : tensor<10x7xf32>, tensor<7x3xf32> -> tensor<10x3xf32>
// CHECK: [[V6:%[a-z0-9_]+]] = qimeng.view [[ARG3]] by #[[MAP_map]] : memref<2x5x3xf32> -> <10x3xf32>
// CHECK: qimeng.store [[V5]], [[V6]] : tensor<10x3xf32>, !qimeng.view<10x3xf32>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<2x5x7xf32>, [[ARG1:%[a-z0-9_]+]]: memref<7x3xf32>, [[ARG2:%[a-z0-9_]+]]: memref<2x5x3xf32>, [[ARG3:%[a-z0-9_]+]]: memref<2x5x3xf32>)
// CHECK: qimeng.launch @contract([[ARG0]], [[ARG1]], [[ARG2]], [[ARG3]]) : memref<2x5x7xf32>, memref<7x3xf32>, memref<2x5x3xf32>, memref<2x5x3xf32>
// [B,S,K] x [K,N]
func.func @f(%a: tensor<2x5x7xf32>, %b: tensor<7x3xf32>, %i: tensor<2x5x3xf32>) -> tensor<2x5x3xf32> {
  %c = linalg.contract indexing_maps = [affine_map<(b,s,n,k)->(b,s,k)>, affine_map<(b,s,n,k)->(k,n)>, affine_map<(b,s,n,k)->(b,s,n)>]
     ins(%a, %b : tensor<2x5x7xf32>, tensor<7x3xf32>) outs(%i : tensor<2x5x3xf32>) -> tensor<2x5x3xf32>
  return %c : tensor<2x5x3xf32>
}

// -----

// CHECK-DAG: #[[MAP_map:.+]] = affine_map<(d0, d1, d2) -> (d1, d0, d2)>
// CHECK-DAG: #[[MAP_map1:.+]] = affine_map<(d0, d1, d2) -> (d2, d1, d0)>
// CHECK-LABEL: qimeng.kernel @contract(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<6x3x10xf32>, [[ARG1:%[a-z0-9_]+]]: memref<3x10x4xf32>, [[ARG2:%[a-z0-9_]+]]: memref<4x6x3xf32>, [[ARG3:%[a-z0-9_]+]]: memref<4x6x3xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.view [[ARG0]] by #[[MAP_map]] : memref<6x3x10xf32> -> <3x6x10xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[V0]] : !qimeng.view<3x6x10xf32> -> tensor<3x6x10xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<3x10x4xf32> -> tensor<3x10x4xf32>
// CHECK: [[V3:%[a-z0-9_]+]] = qimeng.view [[ARG2]] by #[[MAP_map1]] : memref<4x6x3xf32> -> <3x6x4xf32>
// CHECK: [[V4:%[a-z0-9_]+]] = qimeng.load [[V3]] : !qimeng.view<3x6x4xf32> -> tensor<3x6x4xf32>
// CHECK: [[V5:%[a-z0-9_]+]] = qimeng.dot [[V1]], [[V2]], [[V4]] : tensor<3x6x10xf32>, tensor<3x10x4xf32> -> tensor<3x6x4xf32>
// CHECK: [[V6:%[a-z0-9_]+]] = qimeng.view [[ARG3]] by #[[MAP_map1]] : memref<4x6x3xf32> -> <3x6x4xf32>
// CHECK: qimeng.store [[V5]], [[V6]] : tensor<3x6x4xf32>, !qimeng.view<3x6x4xf32>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<6x3x10xf32>, [[ARG1:%[a-z0-9_]+]]: memref<3x10x4xf32>, [[ARG2:%[a-z0-9_]+]]: memref<4x6x3xf32>, [[ARG3:%[a-z0-9_]+]]: memref<4x6x3xf32>)
// CHECK: qimeng.launch @contract([[ARG0]], [[ARG1]], [[ARG2]], [[ARG3]]) : memref<6x3x10xf32>, memref<3x10x4xf32>, memref<4x6x3xf32>, memref<4x6x3xf32>
// C^T = A B, batch in the middle
func.func @f(%a: tensor<6x3x10xf32>, %b: tensor<3x10x4xf32>, %i: tensor<4x6x3xf32>) -> tensor<4x6x3xf32> {
  %c = linalg.contract indexing_maps = [affine_map<(b,m,n,k)->(m,b,k)>, affine_map<(b,m,n,k)->(b,k,n)>, affine_map<(b,m,n,k)->(n,m,b)>]
     ins(%a, %b : tensor<6x3x10xf32>, tensor<3x10x4xf32>) outs(%i : tensor<4x6x3xf32>) -> tensor<4x6x3xf32>
  return %c : tensor<4x6x3xf32>
}

// -----

// CHECK-LABEL: qimeng.kernel @matmul(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<6x10xi8>, [[ARG1:%[a-z0-9_]+]]: memref<10x4xi8>, [[ARG2:%[a-z0-9_]+]]: memref<6x4xi32>, [[ARG3:%[a-z0-9_]+]]: memref<6x4xi32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<6x10xi8> -> tensor<6x10xi8>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<10x4xi8> -> tensor<10x4xi8>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.load [[ARG2]] : memref<6x4xi32> -> tensor<6x4xi32>
// CHECK: [[V3:%[a-z0-9_]+]] = qimeng.dot [[V0]], [[V1]], [[V2]] : tensor<6x10xi8>, tensor<10x4xi8> -> tensor<6x4xi32>
// CHECK: qimeng.store [[V3]], [[ARG3]] : tensor<6x4xi32>, memref<6x4xi32>
// CHECK-LABEL: qimeng.kernel @matmul_1(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<6x10xi8>, [[ARG1:%[a-z0-9_]+]]: memref<10x4xi8>, [[ARG2:%[a-z0-9_]+]]: memref<6x4xi8>, [[ARG3:%[a-z0-9_]+]]: memref<6x4xi8>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<6x10xi8> -> tensor<6x10xi8>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<10x4xi8> -> tensor<10x4xi8>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.load [[ARG2]] : memref<6x4xi8> -> tensor<6x4xi8>
// CHECK: [[V3:%[a-z0-9_]+]] = arith.extsi [[V2]] : tensor<6x4xi8> to tensor<6x4xi32>
// CHECK: [[V4:%[a-z0-9_]+]] = qimeng.dot [[V0]], [[V1]], [[V3]] : tensor<6x10xi8>, tensor<10x4xi8> -> tensor<6x4xi32>
// CHECK: [[V5:%[a-z0-9_]+]] = arith.trunci [[V4]] : tensor<6x4xi32> to tensor<6x4xi8>
// CHECK: qimeng.store [[V5]], [[ARG3]] : tensor<6x4xi8>, memref<6x4xi8>
// CHECK-LABEL: qimeng.kernel @matmul_2(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<6x10xi8>, [[ARG1:%[a-z0-9_]+]]: memref<10x4xi8>, [[ARG2:%[a-z0-9_]+]]: memref<6x4xi32>, [[ARG3:%[a-z0-9_]+]]: memref<6x4xi32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<6x10xi8> -> tensor<6x10xi8>
// CHECK: [[V1:%[a-z0-9_]+]] = arith.extui [[V0]] : tensor<6x10xi8> to tensor<6x10xi32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<10x4xi8> -> tensor<10x4xi8>
// CHECK: [[V3:%[a-z0-9_]+]] = arith.extui [[V2]] : tensor<10x4xi8> to tensor<10x4xi32>
// CHECK: [[V4:%[a-z0-9_]+]] = qimeng.load [[ARG2]] : memref<6x4xi32> -> tensor<6x4xi32>
// CHECK: [[V5:%[a-z0-9_]+]] = qimeng.dot [[V1]], [[V3]], [[V4]] : tensor<6x10xi32>, tensor<10x4xi32> -> tensor<6x4xi32>
// CHECK: qimeng.store [[V5]], [[ARG3]] : tensor<6x4xi32>, memref<6x4xi32>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<6x10xi8>, [[ARG1:%[a-z0-9_]+]]: memref<10x4xi8>, [[ARG2:%[a-z0-9_]+]]: memref<6x4xi32>, [[ARG3:%[a-z0-9_]+]]: memref<6x4xi8>, [[ARG4:%[a-z0-9_]+]]: memref<6x4xi32>, [[ARG5:%[a-z0-9_]+]]: memref<6x4xi32>, [[ARG6:%[a-z0-9_]+]]: memref<6x4xi8>, [[ARG7:%[a-z0-9_]+]]: memref<6x4xi32>)
// CHECK: qimeng.launch @matmul([[ARG0]], [[ARG1]], [[ARG2]], [[ARG5]]) : memref<6x10xi8>, memref<10x4xi8>, memref<6x4xi32>, memref<6x4xi32>
// CHECK: qimeng.launch @matmul_1([[ARG0]], [[ARG1]], [[ARG3]], [[ARG6]]) : memref<6x10xi8>, memref<10x4xi8>, memref<6x4xi8>, memref<6x4xi8>
// CHECK: qimeng.launch @matmul_2([[ARG0]], [[ARG1]], [[ARG4]], [[ARG7]]) : memref<6x10xi8>, memref<10x4xi8>, memref<6x4xi32>, memref<6x4xi32>
func.func @f(%a: tensor<6x10xi8>, %b: tensor<10x4xi8>, %i: tensor<6x4xi32>, %j: tensor<6x4xi8>, %u: tensor<6x4xi32>) -> (tensor<6x4xi32>, tensor<6x4xi8>, tensor<6x4xi32>) {
  %c = linalg.matmul ins(%a, %b : tensor<6x10xi8>, tensor<10x4xi8>) outs(%i : tensor<6x4xi32>) -> tensor<6x4xi32>
  %d = linalg.matmul ins(%a, %b : tensor<6x10xi8>, tensor<10x4xi8>) outs(%j : tensor<6x4xi8>) -> tensor<6x4xi8>
  %e = linalg.matmul {cast = #linalg.type_fn<cast_unsigned>} ins(%a, %b : tensor<6x10xi8>, tensor<10x4xi8>) outs(%u : tensor<6x4xi32>) -> tensor<6x4xi32>
  return %c, %d, %e : tensor<6x4xi32>, tensor<6x4xi8>, tensor<6x4xi32>
}

// -----

// CHECK-LABEL: qimeng.kernel @quantized_matmul(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<6x10xi8>, [[ARG1:%[a-z0-9_]+]]: memref<i32>, [[ARG2:%[a-z0-9_]+]]: memref<10x4xi8>, [[ARG3:%[a-z0-9_]+]]: memref<6x4xi32>, [[ARG4:%[a-z0-9_]+]]: memref<6x4xi32>)
// CHECK: [[CST0:%[a-z0-9_]+]] = arith.constant dense<3> : tensor<10x4xi32>
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<6x10xi8> -> tensor<6x10xi8>
// CHECK: [[V1:%[a-z0-9_]+]] = arith.extsi [[V0]] : tensor<6x10xi8> to tensor<6x10xi32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<i32> -> tensor<i32>
// CHECK: [[V3:%[a-z0-9_]+]] = qimeng.broadcast [[V2]] axes [0, 1] : tensor<i32> -> tensor<6x10xi32>
// CHECK: [[V4:%[a-z0-9_]+]] = arith.subi [[V1]], [[V3]] : tensor<6x10xi32>
// CHECK: [[V5:%[a-z0-9_]+]] = qimeng.load [[ARG2]] : memref<10x4xi8> -> tensor<10x4xi8>
// CHECK: [[V6:%[a-z0-9_]+]] = arith.extsi [[V5]] : tensor<10x4xi8> to tensor<10x4xi32>
// CHECK: [[V7:%[a-z0-9_]+]] = arith.subi [[V6]], [[CST0]] : tensor<10x4xi32>
// CHECK: [[V8:%[a-z0-9_]+]] = qimeng.load [[ARG3]] : memref<6x4xi32> -> tensor<6x4xi32>
// CHECK: [[V9:%[a-z0-9_]+]] = qimeng.dot [[V4]], [[V7]], [[V8]] : tensor<6x10xi32>, tensor<10x4xi32> -> tensor<6x4xi32>
// CHECK: qimeng.store [[V9]], [[ARG4]] : tensor<6x4xi32>, memref<6x4xi32>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<6x10xi8>, [[ARG1:%[a-z0-9_]+]]: memref<10x4xi8>, [[ARG2:%[a-z0-9_]+]]: memref<6x4xi32>, [[ARG3:%[a-z0-9_]+]]: memref<i32>, [[ARG4:%[a-z0-9_]+]]: memref<6x4xi32>)
// CHECK: qimeng.launch @quantized_matmul([[ARG0]], [[ARG3]], [[ARG1]], [[ARG2]], [[ARG4]]) : memref<6x10xi8>, memref<i32>, memref<10x4xi8>, memref<6x4xi32>, memref<6x4xi32>
func.func @f(%a: tensor<6x10xi8>, %b: tensor<10x4xi8>, %i: tensor<6x4xi32>, %za: i32) -> tensor<6x4xi32> {
  %zb = arith.constant 3 : i32
  %c = linalg.quantized_matmul ins(%a, %b, %za, %zb : tensor<6x10xi8>, tensor<10x4xi8>, i32, i32) outs(%i : tensor<6x4xi32>) -> tensor<6x4xi32>
  return %c : tensor<6x4xi32>
}

// -----

// CHECK-LABEL: qimeng.kernel @matvec(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<6x10xf16>, [[ARG1:%[a-z0-9_]+]]: memref<10xf16>, [[ARG2:%[a-z0-9_]+]]: memref<6xf32>, [[ARG3:%[a-z0-9_]+]]: memref<6xf32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<6x10xf16> -> tensor<6x10xf16>
// CHECK: [[V1:%[a-z0-9_]+]] = arith.extf [[V0]] : tensor<6x10xf16> to tensor<6x10xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<10xf16> -> tensor<10xf16>
// CHECK: [[V3:%[a-z0-9_]+]] = arith.extf [[V2]] : tensor<10xf16> to tensor<10xf32>
// CHECK: [[V4:%[a-z0-9_]+]] = qimeng.broadcast [[V3]] axes [0] : tensor<10xf32> -> tensor<6x10xf32>
// CHECK: [[V5:%[a-z0-9_]+]] = arith.mulf [[V1]], [[V4]] : tensor<6x10xf32>
// CHECK: [[V6:%[a-z0-9_]+]] = qimeng.load [[ARG2]] : memref<6xf32> -> tensor<6xf32>
// CHECK: [[V7:%[a-z0-9_]+]] = qimeng.reduce add [[V5]] axes [1] : tensor<6x10xf32>
// CHECK: [[V8:%[a-z0-9_]+]] = arith.addf [[V7]], [[V6]] : tensor<6xf32>
// CHECK: qimeng.store [[V8]], [[ARG3]] : tensor<6xf32>, memref<6xf32>
// CHECK-LABEL: qimeng.kernel @dot(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<6xf32>, [[ARG1:%[a-z0-9_]+]]: memref<6xf32>, [[ARG2:%[a-z0-9_]+]]: memref<f32>, [[ARG3:%[a-z0-9_]+]]: memref<f32>)
// CHECK: [[V0:%[a-z0-9_]+]] = qimeng.load [[ARG0]] : memref<6xf32> -> tensor<6xf32>
// CHECK: [[V1:%[a-z0-9_]+]] = qimeng.load [[ARG1]] : memref<6xf32> -> tensor<6xf32>
// CHECK: [[V2:%[a-z0-9_]+]] = arith.mulf [[V0]], [[V1]] : tensor<6xf32>
// CHECK: [[V3:%[a-z0-9_]+]] = qimeng.load [[ARG2]] : memref<f32> -> tensor<f32>
// CHECK: [[V4:%[a-z0-9_]+]] = qimeng.reduce add [[V2]] axes [0] : tensor<6xf32>
// CHECK: [[V5:%[a-z0-9_]+]] = arith.addf [[V4]], [[V3]] : tensor<f32>
// CHECK: qimeng.store [[V5]], [[ARG3]] : tensor<f32>, memref<f32>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: [[ARG0:%[a-z0-9_]+]]: memref<6x10xf16>, [[ARG1:%[a-z0-9_]+]]: memref<10xf16>, [[ARG2:%[a-z0-9_]+]]: memref<6xf32>, [[ARG3:%[a-z0-9_]+]]: memref<f32>, [[ARG4:%[a-z0-9_]+]]: memref<6xf32>, [[ARG5:%[a-z0-9_]+]]: memref<f32>)
// CHECK: qimeng.launch @matvec([[ARG0]], [[ARG1]], [[ARG2]], [[ARG4]]) : memref<6x10xf16>, memref<10xf16>, memref<6xf32>, memref<6xf32>
// CHECK: qimeng.launch @dot([[ARG4]], [[ARG2]], [[ARG3]], [[ARG5]]) : memref<6xf32>, memref<6xf32>, memref<f32>, memref<f32>
func.func @f(%a: tensor<6x10xf16>, %b: tensor<10xf16>, %i: tensor<6xf32>, %d: tensor<f32>) -> (tensor<6xf32>, tensor<f32>) {
  %c = linalg.matvec ins(%a, %b : tensor<6x10xf16>, tensor<10xf16>) outs(%i : tensor<6xf32>) -> tensor<6xf32>
  %e = linalg.dot ins(%c, %i : tensor<6xf32>, tensor<6xf32>) outs(%d : tensor<f32>) -> tensor<f32>
  return %c, %e : tensor<6xf32>, tensor<f32>
}

// -----

// Two K dimensions, one of size 1, in different orders: no factor gets the M
// dimension of the other.
// CHECK-LABEL: qimeng.kernel @contract(
// CHECK: qimeng.dot %{{.*}}, %{{.*}}, %{{.*}} : tensor<1x5xf32>, tensor<5x13xf32> -> tensor<1x13xf32>
func.func @unit_dims(%a: tensor<5x1x1xf32>, %b: tensor<1x5x13xf32>) -> tensor<1x13xf32> {
  %e = tensor.empty() : tensor<1x13xf32>
  %z = arith.constant 0.0 : f32
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<1x13xf32>) -> tensor<1x13xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(m, n, k, l) -> (k, l, m)>, affine_map<(m, n, k, l) -> (l, k, n)>, affine_map<(m, n, k, l) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction", "reduction"]} ins(%a, %b : tensor<5x1x1xf32>, tensor<1x5x13xf32>) outs(%f : tensor<1x13xf32>) {
  ^bb0(%x: f32, %y: f32, %s: f32):
    %p = arith.mulf %x, %y : f32
    %q = arith.addf %s, %p : f32
    linalg.yield %q : f32
  } -> tensor<1x13xf32>
  return %r : tensor<1x13xf32>
}
