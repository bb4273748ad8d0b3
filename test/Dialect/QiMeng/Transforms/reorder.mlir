// RUN: qimeng-opt %s --qimeng-reorder="kernel=gemm raster=2 vector=8 warps=8 arch=sm_80" | FileCheck %s --check-prefix=SCHEDULE
// RUN: qimeng-opt %s --qimeng-reorder="kernel=gemm swizzle=128,64" | FileCheck %s --check-prefix=SWIZZLE
// RUN: qimeng-opt %s --qimeng-reorder="kernel=gemm pad=16 major=-1,0" | FileCheck %s --check-prefix=PAD
// RUN: qimeng-opt %s --qimeng-reorder="kernel=nest loops=1,0" | FileCheck %s --check-prefix=LOOPS
// RUN: qimeng-opt %s --qimeng-reorder="kernel=nest loops=1,0" | qimeng-verify %s - | FileCheck %s --check-prefix=SAME
// RUN: not qimeng-opt %s --qimeng-reorder="kernel=gemm" 2>&1 | FileCheck %s --check-prefix=NOTHING
// RUN: not qimeng-opt %s --qimeng-reorder="kernel=gemm raster=-1" 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not qimeng-opt %s --qimeng-reorder="kernel=order raster=2" 2>&1 | FileCheck %s --check-prefix=FLAT
// RUN: not qimeng-opt %s --qimeng-reorder="kernel=gemm vector=3" 2>&1 | FileCheck %s --check-prefix=VECTOR
// RUN: not qimeng-opt %s --qimeng-reorder="kernel=gemm warps=3" 2>&1 | FileCheck %s --check-prefix=WARPS
// RUN: not qimeng-opt %s --qimeng-reorder="kernel=roles warps=8" 2>&1 | FileCheck %s --check-prefix=ROLES
// RUN: not qimeng-opt %s --qimeng-reorder="kernel=warpgroups warps=8" 2>&1 | FileCheck %s --check-prefix=WGMMA
// RUN: not qimeng-opt %s --qimeng-reorder="kernel=warpgroups swizzle=0" 2>&1 | FileCheck %s --check-prefix=NOSWIZZLE
// RUN: not qimeng-opt %s --qimeng-reorder="kernel=gemm swizzle=16" 2>&1 | FileCheck %s --check-prefix=BADSWIZZLE
// RUN: not qimeng-opt %s --qimeng-reorder="kernel=gemm swizzle=128 major=0,1" 2>&1 | FileCheck %s --check-prefix=ROW
// RUN: not qimeng-opt %s --qimeng-reorder="kernel=gemm swizzle=32,32,32" 2>&1 | FileCheck %s --check-prefix=COUNT
// RUN: not qimeng-opt %s --qimeng-reorder="kernel=gemm swizzle=32 pad=16" 2>&1 | FileCheck %s --check-prefix=BOTH
// RUN: not qimeng-opt %s --qimeng-reorder="kernel=gemm pad=4" 2>&1 | FileCheck %s --check-prefix=BADPAD
// RUN: not qimeng-opt %s --qimeng-reorder="kernel=gemm pad=1664 arch=sm_80" 2>&1 | FileCheck %s --check-prefix=PADDED
// RUN: not qimeng-opt %s --qimeng-reorder="kernel=gemm major=2" 2>&1 | FileCheck %s --check-prefix=MAJOR
// RUN: qimeng-opt %s --qimeng-reorder="kernel=turned swizzle=128,32" | FileCheck %s --check-prefix=TURNED
// RUN: not qimeng-opt %s --qimeng-reorder="kernel=turned swizzle=128,64" 2>&1 | FileCheck %s --check-prefix=TURNEDROW
// RUN: not qimeng-opt %s --qimeng-reorder="kernel=bytes swizzle=32 major=-1,1" 2>&1 | FileCheck %s --check-prefix=ALONGK
// RUN: qimeng-opt %s --qimeng-reorder="kernel=bytes swizzle=32 major=-1,0" | FileCheck %s --check-prefix=BYTES
// RUN: not qimeng-opt %s --qimeng-reorder="kernel=registers swizzle=32" 2>&1 | FileCheck %s --check-prefix=NOCHANNEL
// RUN: not qimeng-opt %s --qimeng-reorder="kernel=nest swizzle=32" 2>&1 | FileCheck %s --check-prefix=NOCHANNEL
// RUN: not qimeng-opt %s --qimeng-reorder="kernel=nest loops=0,0" 2>&1 | FileCheck %s --check-prefix=PERMUTATION
// RUN: not qimeng-opt %s --qimeng-reorder="kernel=gemm loops=1,0" 2>&1 | FileCheck %s --check-prefix=NONEST
// RUN: not qimeng-opt %s --qimeng-reorder="kernel=order loops=1,0" 2>&1 | FileCheck %s --check-prefix=ORDER
// RUN: not qimeng-opt %s --qimeng-reorder="kernel=untiled raster=1" 2>&1 | FileCheck %s --check-prefix=UNTILED

// SCHEDULE: @gemm({{.*}}) grid(2, 2) schedule<warps = 8, raster = 2, vector = 8> {
// SWIZZLE: qimeng.channel stages(1) layouts [#qimeng.layout<swizzle = 128>, #qimeng.layout<swizzle = 64>] : <tensor<32x64xf16>, tensor<64x32xf16>>
// PAD: qimeng.channel stages(1) layouts [#qimeng.layout<pad = 16>, #qimeng.layout<pad = 16, major = 0>] :
// NOTHING: it would change nothing; give 'raster', 'vector', 'warps', 'loops', 'swizzle', 'pad' or 'major'
// NEGATIVE: 'raster' must not be negative, found -1
// FLAT: 'raster' groups programs along two grid dimensions, and the grid has fewer
// VECTOR: 'vector' must be 1, 2, 4, 8 or 16 bytes, found 3
// WARPS: 'warps' must be a power of two from 1 to 32, found 3
// BADSWIZZLE: the swizzle of tile 0 must be 0, 32, 64 or 128 bytes, found 16
// ROW: the swizzle of tile 0 is longer than its rows, which have 64 bytes
// COUNT: 'swizzle' must have one entry, or 2, one for each tile of the channels; found 3
// BOTH: tile 0 cannot have both a swizzle and a pad
// BADPAD: the pad of tile 0 must be a multiple of 16 bytes, found 4
// PADDED: its channels would take 167936 bytes of shared memory, and 1024 more are needed beside them; a block of sm_80 has 166912
// MAJOR: the major dimension of tile 0 must be from 0 to 1, or -1 for the last; found 2
// NONEST: the kernel has no loops that hold nothing but each other
// EXAMPLE: reorder @gemm raster = 2 vector = 8 warps = 8
qimeng.kernel @gemm(%A: memref<64x64xf16>, %B: memref<64x64xf16>, %C: memref<64x64xf32>) grid(2, 2) {
  %p0 = qimeng.program_id 0
  %p1 = qimeng.program_id 1
  %m = affine.apply affine_map<(d0) -> (d0 * 32)>(%p0)
  %n = affine.apply affine_map<(d0) -> (d0 * 32)>(%p1)
  %c0 = arith.constant 0 : index
  %z = arith.constant dense<0.0> : tensor<32x32xf32>
  %ch = qimeng.channel stages(1) : !qimeng.channel<tensor<32x64xf16>, tensor<64x32xf16>>
  %a = qimeng.load %A[%m, %c0] : memref<64x64xf16> -> tensor<32x64xf16>
  %b = qimeng.load %B[%c0, %n] : memref<64x64xf16> -> tensor<64x32xf16>
  qimeng.put %ch, %a, %b : !qimeng.channel<tensor<32x64xf16>, tensor<64x32xf16>>
  %t, %u = qimeng.take %ch : !qimeng.channel<tensor<32x64xf16>, tensor<64x32xf16>>
  %d = qimeng.dot %t, %u, %z : tensor<32x64xf16>, tensor<64x32xf16> -> tensor<32x32xf32>
  qimeng.release %ch : !qimeng.channel<tensor<32x64xf16>, tensor<64x32xf16>>
  qimeng.store %d, %C[%m, %n] : tensor<32x32xf32>, memref<64x64xf32>
}
// END EXAMPLE

// The loop over the second dimension comes first now.
// LOOPS-LABEL: @nest(
// LOOPS-DAG: %[[C4:.*]] = arith.constant 4 : index
// LOOPS-DAG: %[[C8:.*]] = arith.constant 8 : index
// LOOPS: %[[R:.*]] = scf.for %[[J:.*]] = %{{.*}} to %[[C8]] step %{{.*}} iter_args(%[[O:.*]] = %{{.*}})
// LOOPS-NEXT: %[[Y:.*]] = affine.apply #{{.*}}(%[[J]])
// LOOPS-NEXT: %[[S:.*]] = scf.for %[[I:.*]] = %{{.*}} to %[[C4]] step %{{.*}} iter_args(%{{.*}} = %[[O]])
// LOOPS-NEXT:   %[[X:.*]] = affine.apply #{{.*}}(%[[I]])
// LOOPS-NEXT:   qimeng.load %{{.*}}[%[[X]], %[[Y]]]
// LOOPS:      scf.yield %[[S]]
// SAME: accepted: {{.*}} checks 1 to 4
// NOCHANNEL: the kernel has no channels whose layouts could be chosen; stage, pipeline or specialize it first
// PERMUTATION: 'loops' must be a permutation of 0 to 1, the loops that hold nothing but each other
qimeng.kernel @nest(%A: memref<64x512xf32>, %C: memref<f32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %z = arith.constant dense<0.0> : tensor<16x64xf32>
  %r = scf.for %i = %c0 to %c4 step %c1 iter_args(%o = %z) -> tensor<16x64xf32> {
    %x = affine.apply affine_map<(d0) -> (d0 * 16)>(%i)
    %s = scf.for %j = %c0 to %c8 step %c1 iter_args(%acc = %o) -> tensor<16x64xf32> {
      %y = affine.apply affine_map<(d0) -> (d0 * 64)>(%j)
      %a = qimeng.load %A[%x, %y] : memref<64x512xf32> -> tensor<16x64xf32>
      %n = arith.addf %acc, %a : tensor<16x64xf32>
      scf.yield %n : tensor<16x64xf32>
    }
    scf.yield %s : tensor<16x64xf32>
  }
  %t = qimeng.reduce add %r axes [0, 1] : tensor<16x64xf32>
  qimeng.store %t, %C : tensor<f32>, memref<f32>
}

// ORDER: the loops carry a value that depends on their order
qimeng.kernel @order(%A: memref<64x512xf32>, %C: memref<f32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %z = arith.constant dense<0.0> : tensor<16x64xf32>
  %r = scf.for %i = %c0 to %c4 step %c1 iter_args(%o = %z) -> tensor<16x64xf32> {
    %x = affine.apply affine_map<(d0) -> (d0 * 16)>(%i)
    %s = scf.for %j = %c0 to %c8 step %c1 iter_args(%acc = %o) -> tensor<16x64xf32> {
      %y = affine.apply affine_map<(d0) -> (d0 * 64)>(%j)
      %a = qimeng.load %A[%x, %y] : memref<64x512xf32> -> tensor<16x64xf32>
      %n = arith.subf %a, %acc : tensor<16x64xf32>
      scf.yield %n : tensor<16x64xf32>
    }
    scf.yield %s : tensor<16x64xf32>
  }
  %t = qimeng.reduce add %r axes [0, 1] : tensor<16x64xf32>
  qimeng.store %t, %C : tensor<f32>, memref<f32>
}

// WGMMA: M must be a multiple of 128 for wgmma
// NOSWIZZLE: wgmma reads tile 0, which must have a swizzle then
qimeng.kernel @warpgroups(%A: memref<64x32xf16>, %B: memref<32x64xf16>, %C: memref<64x64xf32>) grid(1, 1) {
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %ch = qimeng.channel stages(1) : !qimeng.channel<tensor<64x32xf16>, tensor<32x64xf16>>
  %a = qimeng.load %A : memref<64x32xf16> -> tensor<64x32xf16>
  %b = qimeng.load %B : memref<32x64xf16> -> tensor<32x64xf16>
  qimeng.put %ch, %a, %b : !qimeng.channel<tensor<64x32xf16>, tensor<32x64xf16>>
  %t, %u = qimeng.take %ch : !qimeng.channel<tensor<64x32xf16>, tensor<32x64xf16>>
  %p = qimeng.dot %t, %u, %z mma <wgmma> : tensor<64x32xf16>, tensor<32x64xf16> -> tensor<64x64xf32>
  qimeng.release %ch : !qimeng.channel<tensor<64x32xf16>, tensor<32x64xf16>>
  qimeng.store %p, %C : tensor<64x64xf32>, memref<64x64xf32>
}

// ROLES: the kernel has roles, which have their warps; choose 'warps' before specialize
qimeng.kernel @roles(%A: memref<64xf16>, %C: memref<64xf16>) grid(1) {
  %ch = qimeng.channel stages(1) : !qimeng.channel<tensor<64xf16>>
  qimeng.role producer warps(4) {
    %a = qimeng.load %A : memref<64xf16> -> tensor<64xf16>
    qimeng.put %ch, %a : !qimeng.channel<tensor<64xf16>>
  }
  qimeng.role consumer warps(4) {
    %t = qimeng.take %ch : !qimeng.channel<tensor<64xf16>>
    qimeng.store %t, %C : tensor<64xf16>, memref<64xf16>
    qimeng.release %ch : !qimeng.channel<tensor<64xf16>>
  }
}

// Rows are what is contiguous in memory, where no layout says otherwise: the
// first tile has rows of 128 bytes, along M, and the second of 32, along K.
// TURNED: layouts [#qimeng.layout<swizzle = 128>, #qimeng.layout<swizzle = 32>] : <tensor<64x16xf16>, tensor<16x32xf16>>
// TURNEDROW: the swizzle of tile 1 is longer than its rows, which have 32 bytes
qimeng.kernel @turned(%A: memref<16x64xf16>, %B: memref<32x16xf16>, %C: memref<64x32xf32>) grid(1, 1) {
  %c0 = arith.constant 0 : index
  %z = arith.constant dense<0.0> : tensor<64x32xf32>
  %ch = qimeng.channel stages(1) : !qimeng.channel<tensor<64x16xf16>, tensor<16x32xf16>>
  %va = qimeng.view %A by affine_map<(m, k) -> (k, m)> : memref<16x64xf16> -> !qimeng.view<64x16xf16>
  %vb = qimeng.view %B by affine_map<(k, n) -> (n, k)> : memref<32x16xf16> -> !qimeng.view<16x32xf16>
  %a = qimeng.load %va[%c0, %c0] : !qimeng.view<64x16xf16> -> tensor<64x16xf16>
  %b = qimeng.load %vb[%c0, %c0] : !qimeng.view<16x32xf16> -> tensor<16x32xf16>
  qimeng.put %ch, %a, %b : !qimeng.channel<tensor<64x16xf16>, tensor<16x32xf16>>
  %t, %u = qimeng.take %ch : !qimeng.channel<tensor<64x16xf16>, tensor<16x32xf16>>
  %d = qimeng.dot %t, %u, %z : tensor<64x16xf16>, tensor<16x32xf16> -> tensor<64x32xf32>
  qimeng.release %ch : !qimeng.channel<tensor<64x16xf16>, tensor<16x32xf16>>
  qimeng.store %d, %C[%c0, %c0] : tensor<64x32xf32>, memref<64x32xf32>
}

// ALONGK: wgmma reads tile 1, which must be contiguous along dimension 0 (K) then: only tiles of 16-bit types need not be
// BYTES: layouts [#qimeng.layout<swizzle = 32>, #qimeng.layout<swizzle = 32, major = 0>] : <tensor<64x32xi8>, tensor<32x64xi8>>
qimeng.kernel @bytes(%A: memref<64x32xi8>, %B: memref<64x32xi8>, %C: memref<64x64xi32>) grid(1, 1) {
  %c0 = arith.constant 0 : index
  %z = arith.constant dense<0> : tensor<64x64xi32>
  %ch = qimeng.channel stages(1) : !qimeng.channel<tensor<64x32xi8>, tensor<32x64xi8>>
  %v = qimeng.view %B by affine_map<(k, n) -> (n, k)> : memref<64x32xi8> -> !qimeng.view<32x64xi8>
  %a = qimeng.load %A[%c0, %c0] : memref<64x32xi8> -> tensor<64x32xi8>
  %b = qimeng.load %v[%c0, %c0] : !qimeng.view<32x64xi8> -> tensor<32x64xi8>
  qimeng.put %ch, %a, %b : !qimeng.channel<tensor<64x32xi8>, tensor<32x64xi8>>
  %t, %u = qimeng.take %ch : !qimeng.channel<tensor<64x32xi8>, tensor<32x64xi8>>
  %p = qimeng.dot %t, %u, %z mma <wgmma> : tensor<64x32xi8>, tensor<32x64xi8> -> tensor<64x64xi32>
  qimeng.release %ch : !qimeng.channel<tensor<64x32xi8>, tensor<32x64xi8>>
  qimeng.store %p, %C[%c0, %c0] : tensor<64x64xi32>, memref<64x64xi32>
}

// A channel in registers has no layouts in shared memory.
qimeng.kernel @registers(%A: memref<64xf32>, %C: memref<64xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %ch = qimeng.channel stages(1) in <register> : !qimeng.channel<tensor<64xf32>>
  %a = qimeng.load %A[%c0] : memref<64xf32> -> tensor<64xf32>
  qimeng.put %ch, %a : !qimeng.channel<tensor<64xf32>>
  %t = qimeng.take %ch : !qimeng.channel<tensor<64xf32>>
  qimeng.store %t, %C[%c0] : tensor<64xf32>, memref<64xf32>
  qimeng.release %ch : !qimeng.channel<tensor<64xf32>>
}

// UNTILED: the kernel is not tiled; tile it first
qimeng.kernel @untiled(%A: memref<16xf32>, %C: memref<16xf32>) {
  %a = qimeng.load %A : memref<16xf32> -> tensor<16xf32>
  qimeng.store %a, %C : tensor<16xf32>, memref<16xf32>
}
