// RUN: qimeng-opt %s --qimeng-lower-to-gpu=arch=sm_90a | FileCheck %s
// RUN: qimeng-translate %s --arch=sm_90a --to=ptx | FileCheck %s --check-prefix=PTX

// Within a thread, then between the lanes: the combiners that ignore NaN and that
// take integers as unsigned.
// CHECK-LABEL: llvm.func @reduces(
// CHECK-DAG: arith.minnumf
// CHECK-DAG: arith.minui
// CHECK-DAG: nvvm.shfl.sync
// PTX-LABEL: .entry reduces(
// PTX-DAG: min.f32
// PTX-DAG: min.u32
// PTX-DAG: shfl.sync
qimeng.kernel @reduces(%X: memref<4x128xf32>, %U: memref<4x128xi32>, %Y: memref<4xf32>, %V: memref<4xi32>) grid(1) schedule<warps = 4> {
  %x = qimeng.load %X : memref<4x128xf32> -> tensor<4x128xf32>
  %y = qimeng.reduce minnum %x axes [1] : tensor<4x128xf32>
  qimeng.store %y, %Y : tensor<4xf32>, memref<4xf32>
  %u = qimeng.load %U : memref<4x128xi32> -> tensor<4x128xi32>
  %v = qimeng.reduce minu %u axes [1] : tensor<4x128xi32>
  qimeng.store %v, %V : tensor<4xi32>, memref<4xi32>
}

// CHECK-LABEL: llvm.func @scans(
// CHECK-DAG: arith.minnumf
// CHECK-DAG: arith.minui
// CHECK-DAG: nvvm.shfl.sync
// PTX-LABEL: .entry scans(
// PTX-DAG: min.f32
// PTX-DAG: min.u32
// PTX-DAG: shfl.sync
qimeng.kernel @scans(%X: memref<256xf32>, %U: memref<256xi32>, %Y: memref<256xf32>, %V: memref<256xi32>) grid(1) schedule<warps = 2> {
  %x = qimeng.load %X : memref<256xf32> -> tensor<256xf32>
  %y = qimeng.scan minnum %x axis 0 : tensor<256xf32>
  qimeng.store %y, %Y : tensor<256xf32>, memref<256xf32>
  %u = qimeng.load %U : memref<256xi32> -> tensor<256xi32>
  %v = qimeng.scan minu %u axis 0 exclusive : tensor<256xi32>
  qimeng.store %v, %V : tensor<256xi32>, memref<256xi32>
}
