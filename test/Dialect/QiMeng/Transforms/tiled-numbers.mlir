// RUN: qimeng-opt %s --pass-pipeline='builtin.module(qimeng-tile{sizes=64,32 reduce=32 warps=4}, \
// RUN:   qimeng-tensorize,qimeng-stage,qimeng-reorder{raster=2},qimeng-persist{blocks=3})' | qimeng-verify %s - | FileCheck %s
// RUN: qimeng-opt %s --pass-pipeline='builtin.module(qimeng-tile{sizes=64,32 reduce=32 warps=4}, \
// RUN:   qimeng-tensorize,qimeng-pipeline{stages=3})' | qimeng-verify %s - | FileCheck %s
// RUN: qimeng-opt %s --pass-pipeline='builtin.module(qimeng-tile{sizes=64,32 reduce=32 warps=4}, \
// RUN:   qimeng-tensorize{kind=wgmma arch=sm_90a},qimeng-specialize{stages=3 arch=sm_90a},qimeng-persist{blocks=3})' | qimeng-verify %s - --arch=sm_90a | FileCheck %s
// RUN: qimeng-opt %s --pass-pipeline='builtin.module(qimeng-tile{sizes=64,32 reduce=0 warps=4}, \
// RUN:   qimeng-tensorize{kind=wgmma},qimeng-specialize{stages=2})' | qimeng-verify %s - | FileCheck %s

// Sizes that do not divide, so that every tile at an edge is masked.
// CHECK: accepted: {{.*}} checks 1 to 4
qimeng.kernel @matmul(%A: memref<100x150xf16>, %B: memref<150x72xf16>, %bias: memref<72xf32>, %C: memref<100x72xf32>) {
  %a = qimeng.load %A : memref<100x150xf16> -> tensor<100x150xf16>
  %b = qimeng.load %B : memref<150x72xf16> -> tensor<150x72xf16>
  %zero = arith.constant dense<0.0> : tensor<100x72xf32>
  %d = qimeng.dot %a, %b, %zero : tensor<100x150xf16>, tensor<150x72xf16> -> tensor<100x72xf32>
  %v = qimeng.load %bias : memref<72xf32> -> tensor<72xf32>
  %w = qimeng.broadcast %v axes [0] : tensor<72xf32> -> tensor<100x72xf32>
  %s = arith.addf %d, %w : tensor<100x72xf32>
  qimeng.store %s, %C : tensor<100x72xf32>, memref<100x72xf32>
}
