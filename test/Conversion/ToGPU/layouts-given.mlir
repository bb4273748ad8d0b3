// RUN: split-file %s %t
// RUN: qimeng-opt %t/copies.mlir --qimeng-lower-to-gpu=arch=sm_80 | FileCheck %t/copies.mlir
// RUN: qimeng-opt %t/boxes.mlir --qimeng-lower-to-gpu=arch=sm_90a | FileCheck %t/boxes.mlir --check-prefix=TMA

// Layouts of channels' tiles that a program gives: addresses, ldmatrix or plain
// loads, and boxes of TMA follow from one description.

//--- copies.mlir
// Rows of 128 bytes and of 64: bits 7 on of the offset change bits 4 on, and
// what a thread adds to its first address does so where it has those bits.
// Copies and ldmatrix agree in both.
// CHECK-LABEL: llvm.func @swizzled(
// CHECK-SAME: dynamic_shared = 13312
// CHECK: %[[ROWS:.*]] = arith.muli %{{.*}}, %c128_i32{{.*}} : i32
// CHECK: %[[OFFSET:.*]] = arith.addi %[[ROWS]], %{{.*}} : i32
// CHECK: %[[HIGH:.*]] = arith.shrui %[[OFFSET]], %c7_i32{{.*}} : i32
// CHECK: %[[BITS:.*]] = arith.andi %[[HIGH]], %c7_i32{{.*}} : i32
// CHECK: %[[PATTERN:.*]] = arith.shli %[[BITS]], %c4_i32{{.*}} : i32
// CHECK: arith.xori %[[OFFSET]], %[[PATTERN]] : i32
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg
// CHECK: %[[ROWS:.*]] = arith.muli %{{.*}}, %c64_i32{{.*}} : i32
// CHECK: %[[OFFSET:.*]] = arith.addi %[[ROWS]], %{{.*}} : i32
// CHECK: %[[HIGH:.*]] = arith.shrui %[[OFFSET]], %c7_i32{{.*}} : i32
// CHECK: %[[BITS:.*]] = arith.andi %[[HIGH]], %c3_i32{{.*}} : i32
// CHECK: %[[PATTERN:.*]] = arith.shli %[[BITS]], %c4_i32{{.*}} : i32
// CHECK: arith.xori %[[OFFSET]], %[[PATTERN]] : i32
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg
// CHECK: nvvm.cp.async.wait.group 0
// CHECK: %[[BITS:.*]] = arith.andi %{{.*}}, %c7_i32{{.*}} : i32
// CHECK: %[[PATTERN:.*]] = arith.shli %[[BITS]], %c4_i32{{.*}} : i32
// CHECK: %[[START:.*]] = arith.xori %{{.*}}, %[[PATTERN]] : i32
// CHECK: nvvm.ldmatrix %{{.*}}layout = #nvvm.mma_layout<row>, num = 4
// CHECK: arith.xori %[[START]], %c32_i32{{.*}} : i32
// CHECK: nvvm.ldmatrix %{{.*}}layout = #nvvm.mma_layout<row>, num = 4
// CHECK: arith.xori %[[START]], %c64_i32{{.*}} : i32
// CHECK: nvvm.ldmatrix %{{.*}}layout = #nvvm.mma_layout<row>, num = 4
// CHECK: arith.xori %[[START]], %c96_i32{{.*}} : i32
// CHECK: nvvm.ldmatrix %{{.*}}layout = #nvvm.mma_layout<col>, num = 4
qimeng.kernel @swizzled(%A: memref<64x256xf16>, %B: memref<256x32xf16>, %C: memref<64x32xf32>) grid(1) schedule<warps = 4> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %end = arith.constant 4 : index
  %z = arith.constant dense<0.0> : tensor<64x32xf32>
  %ch = qimeng.channel stages(1) layouts [#qimeng.layout<swizzle = 128>, #qimeng.layout<swizzle = 64>] : <tensor<64x64xf16>, tensor<64x32xf16>>
  %r = scf.for %i = %c0 to %end step %c1 iter_args(%acc = %z) -> tensor<64x32xf32> {
    %k = affine.apply affine_map<(d0) -> (d0 * 64)>(%i)
    %a = qimeng.load %A[%c0, %k] : memref<64x256xf16> -> tensor<64x64xf16>
    %b = qimeng.load %B[%k, %c0] : memref<256x32xf16> -> tensor<64x32xf16>
    qimeng.put %ch, %a, %b : <tensor<64x64xf16>, tensor<64x32xf16>>
    %t, %u = qimeng.take %ch : <tensor<64x64xf16>, tensor<64x32xf16>>
    %d = qimeng.dot %t, %u, %acc mma <mma_sync> : tensor<64x64xf16>, tensor<64x32xf16> -> tensor<64x32xf32>
    qimeng.release %ch : <tensor<64x64xf16>, tensor<64x32xf16>>
    scf.yield %d : tensor<64x32xf32>
  }
  qimeng.store %r, %C[%c0, %c0] : tensor<64x32xf32>, memref<64x32xf32>
}

// Rows longer than the swizzle are cut into boxes of 16 elements, 64 rows each,
// which follow each other.
// CHECK-LABEL: llvm.func @narrow(
// CHECK: %[[BOX:.*]] = arith.shrui %[[COLUMN:.*]], %c4_i32{{.*}} : i32
// CHECK: %[[BOXES:.*]] = arith.muli %[[BOX]], %c2048_i32{{.*}} : i32
// CHECK: %[[WITHIN:.*]] = arith.andi %[[COLUMN]], %c15_i32{{.*}} : i32
// CHECK: %[[HIGH:.*]] = arith.shrui %[[OFFSET:.*]], %c7_i32{{.*}} : i32
// CHECK: %[[BITS:.*]] = arith.andi %[[HIGH]], %c1_i32{{.*}} : i32
// CHECK: %[[PATTERN:.*]] = arith.shli %[[BITS]], %c4_i32{{.*}} : i32
// CHECK: arith.xori %[[OFFSET]], %[[PATTERN]] : i32
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg
// CHECK: nvvm.ldmatrix
qimeng.kernel @narrow(%A: memref<64x256xf16>, %B: memref<256x32xf16>, %C: memref<64x32xf32>) grid(1) schedule<warps = 4> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %end = arith.constant 4 : index
  %z = arith.constant dense<0.0> : tensor<64x32xf32>
  %ch = qimeng.channel stages(1) layouts [#qimeng.layout<swizzle = 32>, #qimeng.layout<swizzle = 32>] : <tensor<64x64xf16>, tensor<64x32xf16>>
  %r = scf.for %i = %c0 to %end step %c1 iter_args(%acc = %z) -> tensor<64x32xf32> {
    %k = affine.apply affine_map<(d0) -> (d0 * 64)>(%i)
    %a = qimeng.load %A[%c0, %k] : memref<64x256xf16> -> tensor<64x64xf16>
    %b = qimeng.load %B[%k, %c0] : memref<256x32xf16> -> tensor<64x32xf16>
    qimeng.put %ch, %a, %b : <tensor<64x64xf16>, tensor<64x32xf16>>
    %t, %u = qimeng.take %ch : <tensor<64x64xf16>, tensor<64x32xf16>>
    %d = qimeng.dot %t, %u, %acc mma <mma_sync> : tensor<64x64xf16>, tensor<64x32xf16> -> tensor<64x32xf32>
    qimeng.release %ch : <tensor<64x64xf16>, tensor<64x32xf16>>
    scf.yield %d : tensor<64x32xf32>
  }
  qimeng.store %r, %C[%c0, %c0] : tensor<64x32xf32>, memref<64x32xf32>
}

// Rows of 128 + 16 and of 64 + 48 bytes; nothing is swizzled.
// CHECK-LABEL: llvm.func @padded(
// CHECK-SAME: dynamic_shared = 17408
// CHECK: arith.muli %{{.*}}, %c144_i32{{.*}} : i32
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg
// CHECK: arith.muli %{{.*}}, %c112_i32{{.*}} : i32
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg
// CHECK: arith.muli %{{.*}}, %c144_i32{{.*}} : i32
// CHECK: nvvm.ldmatrix %{{.*}}layout = #nvvm.mma_layout<row>
// CHECK: arith.muli %{{.*}}, %c112_i32{{.*}} : i32
// CHECK: nvvm.ldmatrix %{{.*}}layout = #nvvm.mma_layout<col>
qimeng.kernel @padded(%A: memref<64x256xf16>, %B: memref<256x32xf16>, %C: memref<64x32xf32>) grid(1) schedule<warps = 4> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %end = arith.constant 4 : index
  %z = arith.constant dense<0.0> : tensor<64x32xf32>
  %ch = qimeng.channel stages(1) layouts [#qimeng.layout<pad = 16>, #qimeng.layout<pad = 48>] : <tensor<64x64xf16>, tensor<64x32xf16>>
  %r = scf.for %i = %c0 to %end step %c1 iter_args(%acc = %z) -> tensor<64x32xf32> {
    %k = affine.apply affine_map<(d0) -> (d0 * 64)>(%i)
    %a = qimeng.load %A[%c0, %k] : memref<64x256xf16> -> tensor<64x64xf16>
    %b = qimeng.load %B[%k, %c0] : memref<256x32xf16> -> tensor<64x32xf16>
    qimeng.put %ch, %a, %b : <tensor<64x64xf16>, tensor<64x32xf16>>
    %t, %u = qimeng.take %ch : <tensor<64x64xf16>, tensor<64x32xf16>>
    %d = qimeng.dot %t, %u, %acc mma <mma_sync> : tensor<64x64xf16>, tensor<64x32xf16> -> tensor<64x32xf32>
    qimeng.release %ch : <tensor<64x64xf16>, tensor<64x32xf16>>
    scf.yield %d : tensor<64x32xf32>
  }
  qimeng.store %r, %C[%c0, %c0] : tensor<64x32xf32>, memref<64x32xf32>
}

// Neither: rows of 128 bytes as they are.
// CHECK-LABEL: llvm.func @plain(
// CHECK-SAME: dynamic_shared = 13312
// CHECK: arith.muli %{{.*}}, %c128_i32{{.*}} : i32
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg
// CHECK: nvvm.ldmatrix
qimeng.kernel @plain(%A: memref<64x256xf16>, %B: memref<256x32xf16>, %C: memref<64x32xf32>) grid(1) schedule<warps = 4> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %end = arith.constant 4 : index
  %z = arith.constant dense<0.0> : tensor<64x32xf32>
  %ch = qimeng.channel stages(1) layouts [#qimeng.layout<major = 1>, #qimeng.layout<major = 1>] : <tensor<64x64xf16>, tensor<64x32xf16>>
  %r = scf.for %i = %c0 to %end step %c1 iter_args(%acc = %z) -> tensor<64x32xf32> {
    %k = affine.apply affine_map<(d0) -> (d0 * 64)>(%i)
    %a = qimeng.load %A[%c0, %k] : memref<64x256xf16> -> tensor<64x64xf16>
    %b = qimeng.load %B[%k, %c0] : memref<256x32xf16> -> tensor<64x32xf16>
    qimeng.put %ch, %a, %b : <tensor<64x64xf16>, tensor<64x32xf16>>
    %t, %u = qimeng.take %ch : <tensor<64x64xf16>, tensor<64x32xf16>>
    %d = qimeng.dot %t, %u, %acc mma <mma_sync> : tensor<64x64xf16>, tensor<64x32xf16> -> tensor<64x32xf32>
    qimeng.release %ch : <tensor<64x64xf16>, tensor<64x32xf16>>
    scf.yield %d : tensor<64x32xf32>
  }
  qimeng.store %r, %C[%c0, %c0] : tensor<64x32xf32>, memref<64x32xf32>
}

// Contiguous along the other dimension than in memory: no cp.async does that,
// and ldmatrix transposes the other factor.
// CHECK-LABEL: llvm.func @turned(
// CHECK-NOT: nvvm.cp.async
// CHECK: arith.xori
// CHECK: llvm.store %{{.*}} {alignment = 16 : i64} : vector<8xf16>, !llvm.ptr<3>
// CHECK-NOT: nvvm.cp.async
// CHECK: nvvm.ldmatrix %{{.*}}layout = #nvvm.mma_layout<col>, num = 4
// CHECK: nvvm.ldmatrix %{{.*}}layout = #nvvm.mma_layout<row>, num = 4
// CHECK: llvm.return
qimeng.kernel @turned(%A: memref<64x256xf16>, %B: memref<256x32xf16>, %C: memref<64x32xf32>) grid(1) schedule<warps = 4> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %end = arith.constant 4 : index
  %z = arith.constant dense<0.0> : tensor<64x32xf32>
  %ch = qimeng.channel stages(1) layouts [#qimeng.layout<swizzle = 128, major = 0>, #qimeng.layout<pad = 16, major = 0>] : <tensor<64x64xf16>, tensor<64x32xf16>>
  %r = scf.for %i = %c0 to %end step %c1 iter_args(%acc = %z) -> tensor<64x32xf32> {
    %k = affine.apply affine_map<(d0) -> (d0 * 64)>(%i)
    %a = qimeng.load %A[%c0, %k] : memref<64x256xf16> -> tensor<64x64xf16>
    %b = qimeng.load %B[%k, %c0] : memref<256x32xf16> -> tensor<64x32xf16>
    qimeng.put %ch, %a, %b : <tensor<64x64xf16>, tensor<64x32xf16>>
    %t, %u = qimeng.take %ch : <tensor<64x64xf16>, tensor<64x32xf16>>
    %d = qimeng.dot %t, %u, %acc mma <mma_sync> : tensor<64x64xf16>, tensor<64x32xf16> -> tensor<64x32xf32>
    qimeng.release %ch : <tensor<64x64xf16>, tensor<64x32xf16>>
    scf.yield %d : tensor<64x32xf32>
  }
  qimeng.store %r, %C[%c0, %c0] : tensor<64x32xf32>, memref<64x32xf32>
}

// ldmatrix transposes 16-bit elements only: bytes come by it where K is
// contiguous, which the layout may say of a factor that memory has otherwise.
// CHECK-LABEL: llvm.func @bytes(
// CHECK: llvm.store %{{.*}} {alignment = 16 : i64} : vector<16xi8>, !llvm.ptr<3>
// CHECK-COUNT-6: nvvm.ldmatrix %{{.*}}layout = #nvvm.mma_layout<row>
// CHECK-NOT: !llvm.ptr<3> -> i8
// CHECK: llvm.return
qimeng.kernel @bytes(%A: memref<64x256xi8>, %B: memref<256x32xi8>, %C: memref<64x32xi32>) grid(1) schedule<warps = 4> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %end = arith.constant 4 : index
  %z = arith.constant dense<0> : tensor<64x32xi32>
  %ch = qimeng.channel stages(1) layouts [#qimeng.layout<pad = 16>, #qimeng.layout<pad = 16, major = 0>] : <tensor<64x64xi8>, tensor<64x32xi8>>
  %r = scf.for %i = %c0 to %end step %c1 iter_args(%acc = %z) -> tensor<64x32xi32> {
    %k = affine.apply affine_map<(d0) -> (d0 * 64)>(%i)
    %a = qimeng.load %A[%c0, %k] : memref<64x256xi8> -> tensor<64x64xi8>
    %b = qimeng.load %B[%k, %c0] : memref<256x32xi8> -> tensor<64x32xi8>
    qimeng.put %ch, %a, %b : <tensor<64x64xi8>, tensor<64x32xi8>>
    %t, %u = qimeng.take %ch : <tensor<64x64xi8>, tensor<64x32xi8>>
    %d = qimeng.dot %t, %u, %acc mma <mma_sync> : tensor<64x64xi8>, tensor<64x32xi8> -> tensor<64x32xi32>
    qimeng.release %ch : <tensor<64x64xi8>, tensor<64x32xi8>>
    scf.yield %d : tensor<64x32xi32>
  }
  qimeng.store %r, %C[%c0, %c0] : tensor<64x32xi32>, memref<64x32xi32>
}

// As memory has it, they come one by one.
// CHECK-LABEL: llvm.func @bytes_rows(
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg
// CHECK-COUNT-4: nvvm.ldmatrix %{{.*}}layout = #nvvm.mma_layout<row>
// CHECK-NOT: nvvm.ldmatrix
// CHECK: llvm.load %{{.*}} {alignment = 1 : i64} : !llvm.ptr<3> -> i8
// CHECK: llvm.return
qimeng.kernel @bytes_rows(%A: memref<64x256xi8>, %B: memref<256x32xi8>, %C: memref<64x32xi32>) grid(1) schedule<warps = 4> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %end = arith.constant 4 : index
  %z = arith.constant dense<0> : tensor<64x32xi32>
  %ch = qimeng.channel stages(1) layouts [#qimeng.layout<pad = 16>, #qimeng.layout<pad = 16>] : <tensor<64x64xi8>, tensor<64x32xi8>>
  %r = scf.for %i = %c0 to %end step %c1 iter_args(%acc = %z) -> tensor<64x32xi32> {
    %k = affine.apply affine_map<(d0) -> (d0 * 64)>(%i)
    %a = qimeng.load %A[%c0, %k] : memref<64x256xi8> -> tensor<64x64xi8>
    %b = qimeng.load %B[%k, %c0] : memref<256x32xi8> -> tensor<64x32xi8>
    qimeng.put %ch, %a, %b : <tensor<64x64xi8>, tensor<64x32xi8>>
    %t, %u = qimeng.take %ch : <tensor<64x64xi8>, tensor<64x32xi8>>
    %d = qimeng.dot %t, %u, %acc mma <mma_sync> : tensor<64x64xi8>, tensor<64x32xi8> -> tensor<64x32xi32>
    qimeng.release %ch : <tensor<64x64xi8>, tensor<64x32xi8>>
    scf.yield %d : tensor<64x32xi32>
  }
  qimeng.store %r, %C[%c0, %c0] : tensor<64x32xi32>, memref<64x32xi32>
}

// Multiply-adds read four neighbours at a time: of the left factor along K, of
// the right one along K too, since the layout has it so. Rows of both have 64
// bytes, with a swizzle and with a pad.
// CHECK-LABEL: llvm.func @fma(
// CHECK-NOT: nvvm.cp.async
// CHECK: llvm.store %{{.*}} {alignment = 16 : i64} : vector<4xf32>, !llvm.ptr<3>
// CHECK: arith.muli %{{.*}}, %c80_i32{{.*}} : i32
// CHECK: llvm.store %{{.*}} {alignment = 16 : i64} : vector<4xf32>, !llvm.ptr<3>
// CHECK: scf.for
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xf32>
// CHECK-NOT: !llvm.ptr<3> -> f32
// CHECK: llvm.return
qimeng.kernel @fma(%A: memref<32x256xf32>, %B: memref<256x32xf32>, %C: memref<32x32xf32>) grid(1) schedule<warps = 4> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %end = arith.constant 16 : index
  %z = arith.constant dense<0.0> : tensor<32x32xf32>
  %ch = qimeng.channel stages(1) layouts [#qimeng.layout<swizzle = 64>, #qimeng.layout<pad = 16, major = 0>] : <tensor<32x16xf32>, tensor<16x32xf32>>
  %r = scf.for %i = %c0 to %end step %c1 iter_args(%acc = %z) -> tensor<32x32xf32> {
    %k = affine.apply affine_map<(d0) -> (d0 * 16)>(%i)
    %a = qimeng.load %A[%c0, %k] : memref<32x256xf32> -> tensor<32x16xf32>
    %b = qimeng.load %B[%k, %c0] : memref<256x32xf32> -> tensor<16x32xf32>
    qimeng.put %ch, %a, %b : <tensor<32x16xf32>, tensor<16x32xf32>>
    %t, %u = qimeng.take %ch : <tensor<32x16xf32>, tensor<16x32xf32>>
    %d = qimeng.dot %t, %u, %acc : tensor<32x16xf32>, tensor<16x32xf32> -> tensor<32x32xf32>
    qimeng.release %ch : <tensor<32x16xf32>, tensor<16x32xf32>>
    scf.yield %d : tensor<32x32xf32>
  }
  qimeng.store %r, %C[%c0, %c0] : tensor<32x32xf32>, memref<32x32xf32>
}

//--- boxes.mlir
// Boxes of 64 bytes, two to a row of the left factor; of 128 bytes, two to a
// row of the right one.
// TMA-LABEL: llvm.func @boxes(
// TMA-SAME: tensor_map = {box = array<i32: 32, 64>, {{[^}]*}}swizzle = 64 : i64}
// TMA-SAME: tensor_map = {box = array<i32: 64, 64>, {{[^}]*}}swizzle = 128 : i64}
// TMA-COUNT-4: nvvm.cp.async.bulk.tensor.shared.cluster.global
// TMA-NOT: nvvm.cp.async.bulk.tensor
// TMA: nvvm.wgmma.mma_async {{.*}}A[<f16>, <one>, <row>], B[<f16>, <one>, <row>]
qimeng.kernel @boxes(%A: memref<64x256xf16>, %B: memref<256x128xf16>, %C: memref<64x128xf32>) grid(1) schedule<warps = 4> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %z = arith.constant dense<0.0> : tensor<64x128xf32>
  %ch = qimeng.channel stages(2) layouts [#qimeng.layout<swizzle = 64>, #qimeng.layout<swizzle = 128>] : <tensor<64x64xf16>, tensor<64x128xf16>>
  qimeng.role producer warps(4) {
    scf.for %i = %c0 to %c4 step %c1 {
      %k = affine.apply affine_map<(d0) -> (d0 * 64)>(%i)
      %a = qimeng.load %A[%c0, %k] : memref<64x256xf16> -> tensor<64x64xf16>
      %b = qimeng.load %B[%k, %c0] : memref<256x128xf16> -> tensor<64x128xf16>
      qimeng.put %ch, %a, %b : <tensor<64x64xf16>, tensor<64x128xf16>>
    }
  }
  qimeng.role consumer warps(4) {
    %d = scf.for %i = %c0 to %c4 step %c1 iter_args(%acc = %z) -> (tensor<64x128xf32>) {
      %t, %u = qimeng.take %ch : <tensor<64x64xf16>, tensor<64x128xf16>>
      %p = qimeng.dot %t, %u, %acc mma <wgmma> : tensor<64x64xf16>, tensor<64x128xf16> -> tensor<64x128xf32>
      qimeng.release %ch : <tensor<64x64xf16>, tensor<64x128xf16>>
      scf.yield %p : tensor<64x128xf32>
    }
    qimeng.store %d, %C[%c0, %c0] : tensor<64x128xf32>, memref<64x128xf32>
  }
}

// Boxes of 32 bytes: four and eight of them.
// TMA-LABEL: llvm.func @boxes32(
// TMA-SAME: tensor_map = {box = array<i32: 16, 64>, {{[^}]*}}swizzle = 32 : i64}
// TMA-SAME: tensor_map = {box = array<i32: 16, 64>, {{[^}]*}}swizzle = 32 : i64}
// TMA-COUNT-12: nvvm.cp.async.bulk.tensor.shared.cluster.global
// TMA-NOT: nvvm.cp.async.bulk.tensor
// TMA: nvvm.wgmma.mma_async {{.*}}A[<f16>, <one>, <row>], B[<f16>, <one>, <row>]
qimeng.kernel @boxes32(%A: memref<64x256xf16>, %B: memref<256x128xf16>, %C: memref<64x128xf32>) grid(1) schedule<warps = 4> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %z = arith.constant dense<0.0> : tensor<64x128xf32>
  %ch = qimeng.channel stages(2) layouts [#qimeng.layout<swizzle = 32>, #qimeng.layout<swizzle = 32>] : <tensor<64x64xf16>, tensor<64x128xf16>>
  qimeng.role producer warps(4) {
    scf.for %i = %c0 to %c4 step %c1 {
      %k = affine.apply affine_map<(d0) -> (d0 * 64)>(%i)
      %a = qimeng.load %A[%c0, %k] : memref<64x256xf16> -> tensor<64x64xf16>
      %b = qimeng.load %B[%k, %c0] : memref<256x128xf16> -> tensor<64x128xf16>
      qimeng.put %ch, %a, %b : <tensor<64x64xf16>, tensor<64x128xf16>>
    }
  }
  qimeng.role consumer warps(4) {
    %d = scf.for %i = %c0 to %c4 step %c1 iter_args(%acc = %z) -> (tensor<64x128xf32>) {
      %t, %u = qimeng.take %ch : <tensor<64x64xf16>, tensor<64x128xf16>>
      %p = qimeng.dot %t, %u, %acc mma <wgmma> : tensor<64x64xf16>, tensor<64x128xf16> -> tensor<64x128xf32>
      qimeng.release %ch : <tensor<64x64xf16>, tensor<64x128xf16>>
      scf.yield %p : tensor<64x128xf32>
    }
    qimeng.store %d, %C[%c0, %c0] : tensor<64x128xf32>, memref<64x128xf32>
  }
}

// ldmatrix finds what TMA swizzled: bits 7 on, three of them and two.
// TMA-LABEL: llvm.func @boxes_mma(
// TMA-SAME: tensor_map = {box = array<i32: 64, 64>, {{[^}]*}}swizzle = 128 : i64}
// TMA-SAME: tensor_map = {box = array<i32: 32, 64>, {{[^}]*}}swizzle = 64 : i64}
// TMA-COUNT-5: nvvm.cp.async.bulk.tensor.shared.cluster.global
// TMA: %[[BITS:.*]] = arith.andi %{{.*}}, %c7_i32{{.*}} : i32
// TMA: %[[PATTERN:.*]] = arith.shli %[[BITS]]
// TMA: arith.xori %{{.*}}, %[[PATTERN]] : i32
// TMA: nvvm.ldmatrix %{{.*}}layout = #nvvm.mma_layout<row>
// TMA: %[[BITS:.*]] = arith.andi %{{.*}}, %c3_i32{{.*}} : i32
// TMA: %[[PATTERN:.*]] = arith.shli %[[BITS]]
// TMA: arith.xori %{{.*}}, %[[PATTERN]] : i32
// TMA: nvvm.ldmatrix %{{.*}}layout = #nvvm.mma_layout<col>
qimeng.kernel @boxes_mma(%A: memref<64x256xf16>, %B: memref<256x128xf16>, %C: memref<64x128xf32>) grid(1) schedule<warps = 4> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %z = arith.constant dense<0.0> : tensor<64x128xf32>
  %ch = qimeng.channel stages(2) layouts [#qimeng.layout<swizzle = 128>, #qimeng.layout<swizzle = 64>] : <tensor<64x64xf16>, tensor<64x128xf16>>
  qimeng.role producer warps(4) {
    scf.for %i = %c0 to %c4 step %c1 {
      %k = affine.apply affine_map<(d0) -> (d0 * 64)>(%i)
      %a = qimeng.load %A[%c0, %k] : memref<64x256xf16> -> tensor<64x64xf16>
      %b = qimeng.load %B[%k, %c0] : memref<256x128xf16> -> tensor<64x128xf16>
      qimeng.put %ch, %a, %b : <tensor<64x64xf16>, tensor<64x128xf16>>
    }
  }
  qimeng.role consumer warps(4) {
    %d = scf.for %i = %c0 to %c4 step %c1 iter_args(%acc = %z) -> (tensor<64x128xf32>) {
      %t, %u = qimeng.take %ch : <tensor<64x64xf16>, tensor<64x128xf16>>
      %p = qimeng.dot %t, %u, %acc mma <mma_sync> : tensor<64x64xf16>, tensor<64x128xf16> -> tensor<64x128xf32>
      qimeng.release %ch : <tensor<64x64xf16>, tensor<64x128xf16>>
      scf.yield %p : tensor<64x128xf32>
    }
    qimeng.store %d, %C[%c0, %c0] : tensor<64x128xf32>, memref<64x128xf32>
  }
}

// Bulk copies transpose nothing: the producer's threads copy both tiles then,
// and wgmma reads the right one along K.
// TMA-LABEL: llvm.func @no_box(
// TMA-NOT: tensor_map
// TMA-NOT: nvvm.cp.async.bulk
// TMA: llvm.store %{{.*}} {alignment = 16 : i64} : vector<8xf16>, !llvm.ptr<3>
// TMA: nvvm.fence.proxy
// TMA: nvvm.wgmma.mma_async {{.*}}A[<f16>, <one>, <row>], B[<f16>, <one>, <col>]
// TMA: llvm.return
qimeng.kernel @no_box(%A: memref<64x256xf16>, %B: memref<256x128xf16>, %C: memref<64x128xf32>) grid(1) schedule<warps = 4> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %z = arith.constant dense<0.0> : tensor<64x128xf32>
  %ch = qimeng.channel stages(2) layouts [#qimeng.layout<swizzle = 64>, #qimeng.layout<swizzle = 128, major = 0>] : <tensor<64x64xf16>, tensor<64x128xf16>>
  qimeng.role producer warps(4) {
    scf.for %i = %c0 to %c4 step %c1 {
      %k = affine.apply affine_map<(d0) -> (d0 * 64)>(%i)
      %a = qimeng.load %A[%c0, %k] : memref<64x256xf16> -> tensor<64x64xf16>
      %b = qimeng.load %B[%k, %c0] : memref<256x128xf16> -> tensor<64x128xf16>
      qimeng.put %ch, %a, %b : <tensor<64x64xf16>, tensor<64x128xf16>>
    }
  }
  qimeng.role consumer warps(4) {
    %d = scf.for %i = %c0 to %c4 step %c1 iter_args(%acc = %z) -> (tensor<64x128xf32>) {
      %t, %u = qimeng.take %ch : <tensor<64x64xf16>, tensor<64x128xf16>>
      %p = qimeng.dot %t, %u, %acc mma <wgmma> : tensor<64x64xf16>, tensor<64x128xf16> -> tensor<64x128xf32>
      qimeng.release %ch : <tensor<64x64xf16>, tensor<64x128xf16>>
      scf.yield %p : tensor<64x128xf32>
    }
    qimeng.store %d, %C[%c0, %c0] : tensor<64x128xf32>, memref<64x128xf32>
  }
}
