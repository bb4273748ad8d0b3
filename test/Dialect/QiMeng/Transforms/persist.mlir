// RUN: qimeng-opt %s --qimeng-persist="kernel=scale arch=sm_90a" | FileCheck %s
// RUN: qimeng-opt %s --qimeng-persist="kernel=scale blocks=10" | FileCheck %s --check-prefix=BLOCKS
// RUN: not qimeng-opt %s --qimeng-persist="kernel=scale" 2>&1 | FileCheck %s --check-prefix=NOTARGET
// RUN: not qimeng-opt %s --qimeng-persist="kernel=scale blocks=4096" 2>&1 | FileCheck %s --check-prefix=FEW
// RUN: not qimeng-opt %s --qimeng-persist="kernel=scale blocks=-1" 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not qimeng-opt %s --pass-pipeline='builtin.module(qimeng-persist{kernel=scale blocks=8},qimeng-persist{kernel=scale blocks=8})' 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not qimeng-opt %s --qimeng-persist="kernel=untiled blocks=1" 2>&1 | FileCheck %s --check-prefix=UNTILED

// 132 multiprocessors with room for 16 blocks of 4 warps each.
// CHECK: @scale({{.*}}) grid(4096) schedule<persistent = 2112> {
// BLOCKS: @scale({{.*}}) grid(4096) schedule<persistent = 10> {
// NOTARGET: no architecture is given that tells how many blocks run at the same time; give 'blocks'
// FEW: the kernel has 4096 programs, no more than the 4096 blocks that would run them
// NEGATIVE: 'blocks' must not be negative, found -1
// TWICE: the kernel runs in 8 persistent blocks already
// EXAMPLE: persist @scale
qimeng.kernel @scale(%x: memref<4194304xf32>, %y: memref<4194304xf32>) grid(4096) {
  %p = qimeng.program_id 0
  %i = affine.apply affine_map<(d0) -> (d0 * 1024)>(%p)
  %t = qimeng.load %x[%i] : memref<4194304xf32> -> tensor<1024xf32>
  %two = arith.constant dense<2.0> : tensor<1024xf32>
  %r = arith.mulf %t, %two : tensor<1024xf32>
  qimeng.store %r, %y[%i] : tensor<1024xf32>, memref<4194304xf32>
}
// END EXAMPLE

// UNTILED: the kernel is not tiled; tile it first
qimeng.kernel @untiled(%A: memref<16xf32>, %C: memref<16xf32>) {
  %a = qimeng.load %A : memref<16xf32> -> tensor<16xf32>
  qimeng.store %a, %C : tensor<16xf32>, memref<16xf32>
}
