// RUN: qimeng-opt %s --qimeng-lower-to-gpu=arch=sm_80 | FileCheck %s

// A tile that passes the end: 16 bytes a thread, predicated and not branched
// around; a row is inside or outside as a whole.
// CHECK-LABEL: llvm.func @masked(
// CHECK-NOT: scf.if
// CHECK: %[[IN:.*]] = arith.cmpi ult, %{{.*}}, %c1000_i32
// CHECK: llvm.inline_asm {{.*}}"mov.b32 $0, 0; {{.*}}; @$5 ld.global.nc.v4.b32 {$0, $1, $2, $3}, [$4];"{{.*}} %{{.*}}, %[[IN]] :
// CHECK-NOT: ld.global
// CHECK: llvm.inline_asm has_side_effects {{.*}}"@$1 st.global.v4.b32 [$0], {$2, $3, $4, $5};"
// CHECK-NOT: st.global
// CHECK: llvm.return
qimeng.kernel @masked(%X: memref<1000xf32>, %Y: memref<1000xf32>) grid(8) schedule<warps = 1> {
  %p = qimeng.program_id 0
  %m = affine.apply affine_map<(d0) -> (d0 * 128)>(%p)
  %x = qimeng.load %X[%m] masked : memref<1000xf32> -> tensor<128xf32>
  qimeng.store %x, %Y[%m] masked : tensor<128xf32>, memref<1000xf32>
}

// The mask is dropped where the grid shows that the tile stays inside.
// CHECK-LABEL: llvm.func @inside(
// CHECK-NOT: inline_asm
// CHECK: llvm.load %{{.*}} invariant {alignment = 16 : i64} : !llvm.ptr<1> -> vector<8xf16>
// CHECK: llvm.store %{{.*}} {alignment = 16 : i64} : vector<8xf16>, !llvm.ptr<1>
// CHECK-NOT: inline_asm
// CHECK: llvm.return
qimeng.kernel @inside(%X: memref<1000xf16>, %Y: memref<1000xf16>) grid(3) schedule<warps = 1> {
  %p = qimeng.program_id 0
  %m = affine.apply affine_map<(d0) -> (d0 * 256 + 128)>(%p)
  %x = qimeng.load %X[%m] masked : memref<1000xf16> -> tensor<256xf16>
  qimeng.store %x, %Y[%m] masked : tensor<256xf16>, memref<1000xf16>
}

// Rows of an odd length: single elements, each with its own comparison.
// CHECK-LABEL: llvm.func @odd(
// CHECK-COUNT-4: ld.global.nc.b32
// CHECK-NOT: ld.global
// CHECK: llvm.return
qimeng.kernel @odd(%X: memref<16x33xf32>, %Y: memref<16x33xf32>) grid(4, 2) schedule<warps = 1> {
  %p = qimeng.program_id 0
  %q = qimeng.program_id 1
  %m = affine.apply affine_map<(d0) -> (d0 * 4)>(%p)
  %n = affine.apply affine_map<(d0) -> (d0 * 32)>(%q)
  %x = qimeng.load %X[%m, %n] masked : memref<16x33xf32> -> tensor<4x32xf32>
  qimeng.store %x, %Y[%m, %n] masked : tensor<4x32xf32>, memref<16x33xf32>
}

// A tile may begin before the start: the comparison is on every element's index.
// CHECK-LABEL: llvm.func @before(
// CHECK: %[[AT:.*]] = arith.addi %{{.*}}, %c1_i32
// CHECK: arith.cmpi ult, %[[AT]], %c100_i32
// CHECK: ld.global.nc.b32
qimeng.kernel @before(%X: memref<100xf32>, %Y: memref<128xf32>) grid(2) schedule<warps = 1> {
  %p = qimeng.program_id 0
  %m = affine.apply affine_map<(d0) -> (d0 * 64 - 7)>(%p)
  %n = affine.apply affine_map<(d0) -> (d0 * 64)>(%p)
  %x = qimeng.load %X[%m] masked : memref<100xf32> -> tensor<64xf32>
  qimeng.store %x, %Y[%n] : tensor<64xf32>, memref<128xf32>
}

// Fewer elements than threads: all hold one, the first holder writes.
// CHECK-LABEL: llvm.func @few(
// CHECK: %[[MASK:.*]] = arith.andi %{{.*}}, %c56_i32
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[MASK]],
// CHECK: "@$1 st.global.b8 [$0], $2;"{{.*}} %{{.*}}, %[[FIRST]],
qimeng.kernel @few(%X: memref<8xi1>, %Y: memref<8xi1>) grid(1) schedule<warps = 2> {
  %x = qimeng.load %X : memref<8xi1> -> tensor<8xi1>
  %y = arith.xori %x, %x : tensor<8xi1>
  qimeng.store %y, %Y : tensor<8xi1>, memref<8xi1>
}

// A padded view: the operand's indices decide; a remainder below zero counts up.
// CHECK-LABEL: llvm.func @padded(
// CHECK: arith.floordivsi
// CHECK: arith.remsi
// CHECK: arith.cmpi slt
// CHECK: arith.cmpi ult, %{{.*}}, %c12_i32
// CHECK: arith.cmpi ult, %{{.*}}, %c10_i32
// CHECK: ld.global.nc.b32
qimeng.kernel @padded(%X: memref<12x10xf32>, %Y: memref<128xf32>) grid(1) schedule<warps = 4> {
  %v = qimeng.view %X by affine_map<(d0) -> ((d0 - 7) floordiv 10, (d0 - 7) mod 10)> padded : memref<12x10xf32> -> !qimeng.view<128xf32>
  %x = qimeng.load %v : !qimeng.view<128xf32> -> tensor<128xf32>
  qimeng.store %x, %Y : tensor<128xf32>, memref<128xf32>
}

// Elements at computed indices: outside reads zero.
// CHECK-LABEL: llvm.func @gather(
// CHECK: arith.cmpi ult, %{{.*}}, %c20_i64
// CHECK: arith.cmpi ult, %{{.*}}, %c30_i64
// CHECK: "mov.b16 $0, 0; @$2 ld.global.nc.b16 $0, [$1];"
qimeng.kernel @gather(%X: memref<20x30xf16>, %Y: memref<32xf16>) grid(1) schedule<warps = 1> {
  %i = qimeng.iota dim 0 : tensor<32xindex>
  %three = arith.constant dense<3> : tensor<32xindex>
  %j = arith.muli %i, %three : tensor<32xindex>
  %x = qimeng.gather %X[%i, %j] : memref<20x30xf16>, tensor<32xindex>, tensor<32xindex> -> tensor<32xf16>
  qimeng.store %x, %Y : tensor<32xf16>, memref<32xf16>
}

// Operands of 2^31 elements and more are addressed in 64 bits.
// CHECK-LABEL: llvm.func @large(
// CHECK: arith.extsi %{{.*}} : i32 to i64
// CHECK: arith.muli %{{.*}}, %c65536_i64
// CHECK: llvm.getelementptr %arg0[%{{.*}}] : (!llvm.ptr<1>, i64) -> !llvm.ptr<1>, i8
qimeng.kernel @large(%X: memref<65536x65536xi8>, %Y: memref<65536xi8>) grid(65536) schedule<warps = 1> {
  %p = qimeng.program_id 0
  %c0 = arith.constant 0 : index
  %x = qimeng.load %X[%p, %c0] : memref<65536x65536xi8> -> tensor<1x32xi8>
  %s = qimeng.reduce xor %x axes [1] : tensor<1x32xi8>
  qimeng.store %s, %Y[%p] : tensor<1xi8>, memref<65536xi8>
}
