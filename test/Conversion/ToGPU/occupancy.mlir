// RUN: qimeng-opt %s --qimeng-tile="kernel=product sizes=128,128 reduce=32 warps=8" --qimeng-pipeline="kernel=product stages=3" \
// RUN:   --qimeng-tensorize="kernel=product kind=mma_sync tf32=true" --qimeng-lower-to-gpu=arch=sm_90a | FileCheck %s --check-prefix=TWO
// RUN: qimeng-opt %s --qimeng-tile="kernel=product sizes=128,128 reduce=32 warps=8" --qimeng-pipeline="kernel=product stages=2" \
// RUN:   --qimeng-tensorize="kernel=product kind=mma_sync tf32=true" --qimeng-lower-to-gpu=arch=sm_90a | FileCheck %s --check-prefix=FREE
// RUN: qimeng-opt %s --qimeng-tile="kernel=product sizes=128,128 reduce=32 warps=8" --qimeng-lower-to-gpu=arch=sm_90a \
// RUN:   | FileCheck %s --check-prefix=FREE

// 96 KiB of shared memory admit two blocks of 256 threads, which have 128 registers each then; the tiles take 64. With 64 KiB
// there would be three, with 80 registers: too few to insist on. Products by multiply-adds are left alone.
// TWO: llvm.func @product({{.*}}nvvm.maxntid = array<i32: 256, 1, 1>{{.*}}nvvm.minctasm = 2 : i32
// FREE-NOT: nvvm.minctasm
qimeng.kernel @product(%A: memref<256x256xf32>, %B: memref<256x256xf32>, %C: memref<256x256xf32>) {
  %a = qimeng.load %A : memref<256x256xf32> -> tensor<256x256xf32>
  %columns = qimeng.view %B by affine_map<(d0, d1) -> (d1, d0)> : memref<256x256xf32> -> <256x256xf32>
  %b = qimeng.load %columns : !qimeng.view<256x256xf32> -> tensor<256x256xf32>
  %zero = arith.constant dense<0.0> : tensor<256x256xf32>
  %c = qimeng.dot %a, %b, %zero : tensor<256x256xf32>, tensor<256x256xf32> -> tensor<256x256xf32>
  qimeng.store %c, %C : tensor<256x256xf32>, memref<256x256xf32>
}
