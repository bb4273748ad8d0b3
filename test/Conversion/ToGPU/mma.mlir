// RUN: qimeng-opt %s --qimeng-lower-to-gpu=arch=sm_80 | FileCheck %s

// One instruction. Lane l holds, as the PTX tables have it for m16n8k16, A's rows l / 4 and l / 4 + 8 in columns 2 (l % 4) on and
// 8 further (register 1 is row + 8, register 2 column + 8), B's rows 2 (l % 4) on and 8 further in column l / 4, and the rows of the
// result as A's, in columns 2 (l % 4) on. A has 16 columns, B 8.
// CHECK-LABEL: llvm.func @f16(
// CHECK-DAG: %[[LANE:.*]] = nvvm.read.ptx.sreg.tid.x
// CHECK: %[[ROW:.*]] = arith.shrui %[[LANE]], %c2_i32
// CHECK: %[[QUARTER:.*]] = arith.andi %[[LANE]], %c3_i32
// CHECK: %[[COLUMN:.*]] = arith.shli %[[QUARTER]], %c1_i32
// CHECK: %[[START:.*]] = arith.muli %[[ROW]], %c16_i32
// CHECK: %[[AT:.*]] = arith.addi %[[START]], %[[COLUMN]]
// CHECK: %[[A:.*]] = llvm.getelementptr %arg0[%[[AT]]]
// CHECK: llvm.load %[[A]] {{.*}} -> vector<2xf16>
// CHECK: llvm.getelementptr %[[A]][128]
// CHECK: llvm.getelementptr %[[A]][8]
// CHECK: llvm.getelementptr %[[A]][136]
// CHECK: %[[B:.*]] = llvm.getelementptr %arg1
// CHECK: llvm.load %[[B]] {{.*}} -> f16
// CHECK: llvm.getelementptr %[[B]][8]
// CHECK: llvm.getelementptr %[[B]][64]
// CHECK: llvm.getelementptr %[[B]][72]
// CHECK: %[[D:.*]] = nvvm.mma.sync A[%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}] B[%{{.*}}, %{{.*}}] C[%cst, %cst, %cst, %cst]
// CHECK-SAME: {layoutA = #nvvm.mma_layout<row>, layoutB = #nvvm.mma_layout<col>, shape = #nvvm.shape<m = 16, n = 8, k = 16>} : (vector<2xf16>, vector<2xf16>, f32)
// CHECK-NOT: nvvm.mma.sync
// CHECK: llvm.extractvalue %[[D]][0]
// CHECK: llvm.extractvalue %[[D]][3]
// CHECK: %[[C:.*]] = llvm.getelementptr %arg2
// CHECK: llvm.store %{{.*}}, %[[C]] {alignment = 8 : i64} : vector<2xf32>
// CHECK: %[[C8:.*]] = llvm.getelementptr %[[C]][64]
// CHECK: llvm.store %{{.*}}, %[[C8]] {alignment = 8 : i64} : vector<2xf32>
qimeng.kernel @f16(%A: memref<16x16xf16>, %B: memref<16x8xf16>, %C: memref<16x8xf32>) grid() schedule<warps = 1> {
  %c0 = arith.constant 0 : index
  %a = qimeng.load %A[%c0, %c0] : memref<16x16xf16> -> tensor<16x16xf16>
  %b = qimeng.load %B[%c0, %c0] : memref<16x8xf16> -> tensor<16x8xf16>
  %z = arith.constant dense<0.0> : tensor<16x8xf32>
  %d = qimeng.dot %a, %b, %z mma <mma_sync> : tensor<16x16xf16>, tensor<16x8xf16> -> tensor<16x8xf32>
  qimeng.store %d, %C[%c0, %c0] : tensor<16x8xf32>, memref<16x8xf32>
}

// bf16 travels as 32-bit words.
// CHECK-LABEL: llvm.func @bf16(
// CHECK-COUNT-2: nvvm.mma.sync {{.*}}multiplicandAPtxType = #nvvm.mma_type<bf16>, multiplicandBPtxType = #nvvm.mma_type<bf16>, shape = #nvvm.shape<m = 16, n = 8, k = 16>} : (i32, i32, f32)
// CHECK-NOT: nvvm.mma.sync
// CHECK: llvm.return
qimeng.kernel @bf16(%A: memref<16x32xbf16>, %B: memref<32x8xbf16>, %C: memref<16x8xf32>) grid() schedule<warps = 1> {
  %c0 = arith.constant 0 : index
  %a = qimeng.load %A[%c0, %c0] : memref<16x32xbf16> -> tensor<16x32xbf16>
  %b = qimeng.load %B[%c0, %c0] : memref<32x8xbf16> -> tensor<32x8xbf16>
  %z = arith.constant dense<0.0> : tensor<16x8xf32>
  %d = qimeng.dot %a, %b, %z mma <mma_sync> : tensor<16x32xbf16>, tensor<32x8xbf16> -> tensor<16x8xf32>
  qimeng.store %d, %C[%c0, %c0] : tensor<16x8xf32>, memref<16x8xf32>
}

// tf32: each of the six operand registers is rounded, to nearest.
// CHECK-LABEL: llvm.func @tf32(
// CHECK-COUNT-6: nvvm.convert.float.to.tf32 {{.*}}rna
// CHECK-NOT: nvvm.convert.float.to.tf32
// CHECK: nvvm.mma.sync {{.*}}<tf32>{{.*}}shape = #nvvm.shape<m = 16, n = 8, k = 8>} : (i32, i32, f32)
// CHECK-NOT: nvvm.mma.sync
// CHECK: llvm.return
qimeng.kernel @tf32(%A: memref<16x8xf32>, %B: memref<8x8xf32>, %C: memref<16x8xf32>) grid() schedule<warps = 1> {
  %c0 = arith.constant 0 : index
  %a = qimeng.load %A[%c0, %c0] : memref<16x8xf32> -> tensor<16x8xf32>
  %b = qimeng.load %B[%c0, %c0] : memref<8x8xf32> -> tensor<8x8xf32>
  %z = arith.constant dense<0.0> : tensor<16x8xf32>
  %d = qimeng.dot %a, %b, %z mma <mma_sync> precision <tf32> : tensor<16x8xf32>, tensor<8x8xf32> -> tensor<16x8xf32>
  qimeng.store %d, %C[%c0, %c0] : tensor<16x8xf32>, memref<16x8xf32>
}

// Integers wrap, as everywhere else in the dialect.
// CHECK-LABEL: llvm.func @s8(
// CHECK: nvvm.mma.sync {{.*}}intOverflowBehavior = #nvvm.mma_int_overflow<wrapped>{{.*}}<s8>{{.*}}shape = #nvvm.shape<m = 16, n = 8, k = 32>} : (i32, i32, i32)
// CHECK-NOT: nvvm.mma.sync
// CHECK: llvm.return
qimeng.kernel @s8(%A: memref<16x32xi8>, %B: memref<32x8xi8>, %C: memref<16x8xi32>) grid() schedule<warps = 1> {
  %c0 = arith.constant 0 : index
  %a = qimeng.load %A[%c0, %c0] : memref<16x32xi8> -> tensor<16x32xi8>
  %b = qimeng.load %B[%c0, %c0] : memref<32x8xi8> -> tensor<32x8xi8>
  %z = arith.constant dense<0> : tensor<16x8xi32>
  %d = qimeng.dot %a, %b, %z mma <mma_sync> : tensor<16x32xi8>, tensor<32x8xi8> -> tensor<16x8xi32>
  qimeng.store %d, %C[%c0, %c0] : tensor<16x8xi32>, memref<16x8xi32>
}

// 64 x 64 x 32 by four warps: a quarter of the 64 instructions each. Operands in shared memory come by ldmatrix, four matrices at
// a time; B, whose rows are those of K, is transposed on the way.
// CHECK-LABEL: llvm.func @staged(
// CHECK: nvvm.ldmatrix %{{.*}}layout = #nvvm.mma_layout<row>, num = 4
// CHECK: nvvm.ldmatrix %{{.*}}layout = #nvvm.mma_layout<col>, num = 4
// CHECK-COUNT-16: nvvm.mma.sync
// CHECK-NOT: nvvm.mma.sync
// CHECK: llvm.return
qimeng.kernel @staged(%A: memref<64x256xf16>, %B: memref<256x64xf16>, %C: memref<64x64xf32>) grid() schedule<warps = 4> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %ch = qimeng.channel stages(1) : !qimeng.channel<tensor<64x32xf16>, tensor<32x64xf16>>
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %r = scf.for %i = %c0 to %c8 step %c1 iter_args(%acc = %z) -> (tensor<64x64xf32>) {
    %k = affine.apply affine_map<(d0) -> (d0 * 32)>(%i)
    %a = qimeng.load %A[%c0, %k] : memref<64x256xf16> -> tensor<64x32xf16>
    %b = qimeng.load %B[%k, %c0] : memref<256x64xf16> -> tensor<32x64xf16>
    qimeng.put %ch, %a, %b : !qimeng.channel<tensor<64x32xf16>, tensor<32x64xf16>>
    %x, %y = qimeng.take %ch : !qimeng.channel<tensor<64x32xf16>, tensor<32x64xf16>>
    %d = qimeng.dot %x, %y, %acc mma <mma_sync> : tensor<64x32xf16>, tensor<32x64xf16> -> tensor<64x64xf32>
    scf.yield %d : tensor<64x64xf32>
  }
  qimeng.store %r, %C[%c0, %c0] : tensor<64x64xf32>, memref<64x64xf32>
}
