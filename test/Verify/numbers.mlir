// Check 4 on pairs of kernels: what a right rewrite changes is accepted, what a
// wrong one changes is refused. Sizes are no multiples of tiles.

// DEFINE: %{with} = qimeng-run %s --check --reference=%s
// RUN: %{with} --reference-entry=matmul --entry=chunks | FileCheck %s
// RUN: %{with} --reference-entry=matmul --entry=backward | FileCheck %s
// RUN: not %{with} --reference-entry=matmul --entry=narrow 2>&1 | FileCheck %s --check-prefix=WRONG
// RUN: not %{with} --reference-entry=matmul --entry=swapped 2>&1 | FileCheck %s --check-prefix=WRONG
// RUN: not %{with} --reference-entry=matmul --entry=short 2>&1 | FileCheck %s --check-prefix=WRONG
// RUN: not %{with} --reference-entry=matmul --entry=restarted 2>&1 | FileCheck %s --check-prefix=WRONG
// RUN: %{with} --reference-entry=softmax --entry=softmax_tiled | FileCheck %s
// RUN: not %{with} --reference-entry=softmax --entry=softmax_unmasked 2>&1 | FileCheck %s --check-prefix=WRONG
// RUN: not %{with} --reference-entry=softmax --entry=softmax_no_max 2>&1 | FileCheck %s --check-prefix=WRONG
// RUN: not %{with} --reference-entry=rowmax --entry=rowmax_zero 2>&1 | FileCheck %s --check-prefix=WRONG
// RUN: %{with} --reference-entry=rowmax --entry=rowmax_halves | FileCheck %s
// RUN: not %{with} --reference-entry=rowmax --entry=rowmax_nan 2>&1 | FileCheck %s --check-prefix=NAN
// RUN: %{with} --reference-entry=chain --entry=chain | FileCheck %s
// RUN: not %{with} --reference-entry=chain --entry=chain_narrow 2>&1 | FileCheck %s --check-prefix=WRONG
// RUN: not %{with} --reference-entry=chain --entry=rowmax 2>&1 | FileCheck %s --check-prefix=SIGNATURE

// CHECK: agrees on {{[0-9]+}} draws of inputs
// WRONG: numbers.mlir:{{.*}}: error: output 0 differs at ({{.*}}): expected {{.*}}, found {{.*}} elements are wrong ({{.*}} inputs, seed {{.*}})
// NAN: error: output 0 differs at ({{.*}}): expected nan, found {{.*}} (nan inputs, seed 8)
// SIGNATURE: error: input 0 must be tensor<1009xbf16> like the reference's, found tensor<64x7xf32>
// SIGNATURE-NOT: agrees

qimeng.kernel @matmul(%A: memref<37x61xbf16>, %B: memref<61x37xbf16>, %C: memref<37x37xbf16>) {
  %a = qimeng.load %A : memref<37x61xbf16> -> tensor<37x61xbf16>
  %b = qimeng.load %B : memref<61x37xbf16> -> tensor<61x37xbf16>
  %zero = arith.constant dense<0.0> : tensor<37x37xf32>
  %d = qimeng.dot %a, %b, %zero : tensor<37x61xbf16>, tensor<61x37xbf16> -> tensor<37x37xf32>
  %c = arith.truncf %d : tensor<37x37xf32> to tensor<37x37xbf16>
  qimeng.store %c, %C : tensor<37x37xbf16>, memref<37x37xbf16>
}

qimeng.kernel @chunks(%A: memref<37x61xbf16>, %B: memref<61x37xbf16>, %C: memref<37x37xbf16>) grid(2, 2) {
  %pm = qimeng.program_id 0
  %pn = qimeng.program_id 1
  %m = affine.apply affine_map<(d0) -> (d0 * 32)>(%pm)
  %n = affine.apply affine_map<(d0) -> (d0 * 32)>(%pn)
  %zero = arith.constant dense<0.0> : tensor<32x32xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %d = scf.for %i = %c0 to %c4 step %c1 iter_args(%acc = %zero) -> tensor<32x32xf32> {
    %k = affine.apply affine_map<(d0) -> (d0 * 16)>(%i)
    %a = qimeng.load %A[%m, %k] masked : memref<37x61xbf16> -> tensor<32x16xbf16>
    %b = qimeng.load %B[%k, %n] masked : memref<61x37xbf16> -> tensor<16x32xbf16>
    %p = qimeng.dot %a, %b, %acc : tensor<32x16xbf16>, tensor<16x32xbf16> -> tensor<32x32xf32>
    scf.yield %p : tensor<32x32xf32>
  }
  %c = arith.truncf %d : tensor<32x32xf32> to tensor<32x32xbf16>
  qimeng.store %c, %C[%m, %n] masked : tensor<32x32xbf16>, memref<37x37xbf16>
}

// The same sums from the other end, in two accumulators.
qimeng.kernel @backward(%A: memref<37x61xbf16>, %B: memref<61x37xbf16>, %C: memref<37x37xbf16>) {
  %zero = arith.constant dense<0.0> : tensor<37x37xf32>
  %k0 = arith.constant 0 : index
  %k32 = arith.constant 32 : index
  %a1 = qimeng.load %A[%k0, %k32] masked : memref<37x61xbf16> -> tensor<37x32xbf16>
  %b1 = qimeng.load %B[%k32, %k0] masked : memref<61x37xbf16> -> tensor<32x37xbf16>
  %d1 = qimeng.dot %a1, %b1, %zero : tensor<37x32xbf16>, tensor<32x37xbf16> -> tensor<37x37xf32>
  %a0 = qimeng.load %A[%k0, %k0] masked : memref<37x61xbf16> -> tensor<37x32xbf16>
  %b0 = qimeng.load %B[%k0, %k0] masked : memref<61x37xbf16> -> tensor<32x37xbf16>
  %d0 = qimeng.dot %a0, %b0, %zero : tensor<37x32xbf16>, tensor<32x37xbf16> -> tensor<37x37xf32>
  %d = arith.addf %d1, %d0 : tensor<37x37xf32>
  %c = arith.truncf %d : tensor<37x37xf32> to tensor<37x37xbf16>
  qimeng.store %c, %C : tensor<37x37xbf16>, memref<37x37xbf16>
}

// Sums in bf16.
qimeng.kernel @narrow(%A: memref<37x61xbf16>, %B: memref<61x37xbf16>, %C: memref<37x37xbf16>) {
  %a = qimeng.load %A : memref<37x61xbf16> -> tensor<37x61xbf16>
  %b = qimeng.load %B : memref<61x37xbf16> -> tensor<61x37xbf16>
  %zero = arith.constant dense<0.0> : tensor<37x37xbf16>
  %d = qimeng.dot %a, %b, %zero : tensor<37x61xbf16>, tensor<61x37xbf16> -> tensor<37x37xbf16>
  qimeng.store %d, %C : tensor<37x37xbf16>, memref<37x37xbf16>
}

qimeng.kernel @swapped(%A: memref<37x61xbf16>, %B: memref<61x37xbf16>, %C: memref<37x37xbf16>) {
  %u = qimeng.view %B by affine_map<(d0, d1) -> (d1, d0)> : memref<61x37xbf16> -> !qimeng.view<37x61xbf16>
  %v = qimeng.view %A by affine_map<(d0, d1) -> (d1, d0)> : memref<37x61xbf16> -> !qimeng.view<61x37xbf16>
  %a = qimeng.load %u : !qimeng.view<37x61xbf16> -> tensor<37x61xbf16>
  %b = qimeng.load %v : !qimeng.view<61x37xbf16> -> tensor<61x37xbf16>
  %zero = arith.constant dense<0.0> : tensor<37x37xf32>
  %d = qimeng.dot %a, %b, %zero : tensor<37x61xbf16>, tensor<61x37xbf16> -> tensor<37x37xf32>
  %c = arith.truncf %d : tensor<37x37xf32> to tensor<37x37xbf16>
  qimeng.store %c, %C : tensor<37x37xbf16>, memref<37x37xbf16>
}

// One term is missing.
qimeng.kernel @short(%A: memref<37x61xbf16>, %B: memref<61x37xbf16>, %C: memref<37x37xbf16>) {
  %a = qimeng.load %A : memref<37x61xbf16> -> tensor<37x60xbf16>
  %b = qimeng.load %B : memref<61x37xbf16> -> tensor<60x37xbf16>
  %zero = arith.constant dense<0.0> : tensor<37x37xf32>
  %d = qimeng.dot %a, %b, %zero : tensor<37x60xbf16>, tensor<60x37xbf16> -> tensor<37x37xf32>
  %c = arith.truncf %d : tensor<37x37xf32> to tensor<37x37xbf16>
  qimeng.store %c, %C : tensor<37x37xbf16>, memref<37x37xbf16>
}

// Starts from one instead of zero.
qimeng.kernel @restarted(%A: memref<37x61xbf16>, %B: memref<61x37xbf16>, %C: memref<37x37xbf16>) {
  %a = qimeng.load %A : memref<37x61xbf16> -> tensor<37x61xbf16>
  %b = qimeng.load %B : memref<61x37xbf16> -> tensor<61x37xbf16>
  %one = arith.constant dense<1.0> : tensor<37x37xf32>
  %d = qimeng.dot %a, %b, %one : tensor<37x61xbf16>, tensor<61x37xbf16> -> tensor<37x37xf32>
  %c = arith.truncf %d : tensor<37x37xf32> to tensor<37x37xbf16>
  qimeng.store %c, %C : tensor<37x37xbf16>, memref<37x37xbf16>
}

qimeng.kernel @softmax(%X: memref<5x100xf32>, %Y: memref<5x100xf32>) {
  %x = qimeng.load %X : memref<5x100xf32> -> tensor<5x100xf32>
  %m = qimeng.reduce max %x axes [1] : tensor<5x100xf32>
  %mb = qimeng.broadcast %m axes [1] : tensor<5xf32> -> tensor<5x100xf32>
  %s = arith.subf %x, %mb : tensor<5x100xf32>
  %e = math.exp %s : tensor<5x100xf32>
  %t = qimeng.reduce add %e axes [1] : tensor<5x100xf32>
  %tb = qimeng.broadcast %t axes [1] : tensor<5xf32> -> tensor<5x100xf32>
  %y = arith.divf %e, %tb : tensor<5x100xf32>
  qimeng.store %y, %Y : tensor<5x100xf32>, memref<5x100xf32>
}

qimeng.kernel @softmax_tiled(%X: memref<5x100xf32>, %Y: memref<5x100xf32>) grid(5) {
  %r = qimeng.program_id 0
  %c0 = arith.constant 0 : index
  %x = qimeng.load %X[%r, %c0] masked : memref<5x100xf32> -> tensor<1x128xf32>
  %j = qimeng.iota dim 1 : tensor<1x128xindex>
  %n = arith.constant dense<100> : tensor<1x128xindex>
  %in = arith.cmpi ult, %j, %n : tensor<1x128xindex>
  %low = arith.constant dense<0xFF800000> : tensor<1x128xf32>
  %xm = arith.select %in, %x, %low : tensor<1x128xi1>, tensor<1x128xf32>
  %m = qimeng.reduce max %xm axes [1] : tensor<1x128xf32>
  %mb = qimeng.broadcast %m axes [1] : tensor<1xf32> -> tensor<1x128xf32>
  %s = arith.subf %xm, %mb : tensor<1x128xf32>
  %e = math.exp %s : tensor<1x128xf32>
  %zero = arith.constant dense<0.0> : tensor<1x128xf32>
  %em = arith.select %in, %e, %zero : tensor<1x128xi1>, tensor<1x128xf32>
  %t = qimeng.reduce add %em axes [1] : tensor<1x128xf32>
  %one = arith.constant dense<1.0> : tensor<1xf32>
  %inv = arith.divf %one, %t : tensor<1xf32>
  %tb = qimeng.broadcast %inv axes [1] : tensor<1xf32> -> tensor<1x128xf32>
  %y = arith.mulf %em, %tb : tensor<1x128xf32>
  qimeng.store %y, %Y[%r, %c0] masked : tensor<1x128xf32>, memref<5x100xf32>
}

// What is past the end counts as zero, in the maximum and in the sum.
qimeng.kernel @softmax_unmasked(%X: memref<5x100xf32>, %Y: memref<5x100xf32>) grid(5) {
  %r = qimeng.program_id 0
  %c0 = arith.constant 0 : index
  %x = qimeng.load %X[%r, %c0] masked : memref<5x100xf32> -> tensor<1x128xf32>
  %m = qimeng.reduce max %x axes [1] : tensor<1x128xf32>
  %mb = qimeng.broadcast %m axes [1] : tensor<1xf32> -> tensor<1x128xf32>
  %s = arith.subf %x, %mb : tensor<1x128xf32>
  %e = math.exp %s : tensor<1x128xf32>
  %t = qimeng.reduce add %e axes [1] : tensor<1x128xf32>
  %tb = qimeng.broadcast %t axes [1] : tensor<1xf32> -> tensor<1x128xf32>
  %y = arith.divf %e, %tb : tensor<1x128xf32>
  qimeng.store %y, %Y[%r, %c0] masked : tensor<1x128xf32>, memref<5x100xf32>
}

// Overflows on large inputs.
qimeng.kernel @softmax_no_max(%X: memref<5x100xf32>, %Y: memref<5x100xf32>) {
  %x = qimeng.load %X : memref<5x100xf32> -> tensor<5x100xf32>
  %e = math.exp %x : tensor<5x100xf32>
  %t = qimeng.reduce add %e axes [1] : tensor<5x100xf32>
  %tb = qimeng.broadcast %t axes [1] : tensor<5xf32> -> tensor<5x100xf32>
  %y = arith.divf %e, %tb : tensor<5x100xf32>
  qimeng.store %y, %Y : tensor<5x100xf32>, memref<5x100xf32>
}

qimeng.kernel @rowmax(%X: memref<64x7xf32>, %Y: memref<64xf32>) {
  %x = qimeng.load %X : memref<64x7xf32> -> tensor<64x7xf32>
  %m = qimeng.reduce max %x axes [1] : tensor<64x7xf32>
  qimeng.store %m, %Y : tensor<64xf32>, memref<64xf32>
}

qimeng.kernel @rowmax_halves(%X: memref<64x7xf32>, %Y: memref<64xf32>) {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %a = qimeng.load %X : memref<64x7xf32> -> tensor<64x4xf32>
  %b = qimeng.load %X[%c0, %c3] : memref<64x7xf32> -> tensor<64x4xf32>
  %ma = qimeng.reduce max %a axes [1] : tensor<64x4xf32>
  %mb = qimeng.reduce max %b axes [1] : tensor<64x4xf32>
  %m = arith.maximumf %ma, %mb : tensor<64xf32>
  qimeng.store %m, %Y : tensor<64xf32>, memref<64xf32>
}

// Zero is not the identity of max.
qimeng.kernel @rowmax_zero(%X: memref<64x7xf32>, %Y: memref<64xf32>) {
  %x = qimeng.load %X masked : memref<64x7xf32> -> tensor<64x8xf32>
  %m = qimeng.reduce max %x axes [1] : tensor<64x8xf32>
  qimeng.store %m, %Y : tensor<64xf32>, memref<64xf32>
}

// Only NaN tells max from maxnum.
qimeng.kernel @rowmax_nan(%X: memref<64x7xf32>, %Y: memref<64xf32>) {
  %x = qimeng.load %X : memref<64x7xf32> -> tensor<64x7xf32>
  %m = qimeng.reduce maxnum %x axes [1] : tensor<64x7xf32>
  qimeng.store %m, %Y : tensor<64xf32>, memref<64xf32>
}

qimeng.kernel @chain(%X: memref<1009xbf16>, %Y: memref<1009xbf16>) {
  %n = qimeng.load %X : memref<1009xbf16> -> tensor<1009xbf16>
  %x = arith.extf %n : tensor<1009xbf16> to tensor<1009xf32>
  %e = math.exp %x : tensor<1009xf32>
  %s = arith.addf %e, %x : tensor<1009xf32>
  %y = arith.truncf %s : tensor<1009xf32> to tensor<1009xbf16>
  qimeng.store %y, %Y : tensor<1009xbf16>, memref<1009xbf16>
}

// Rounds twice.
qimeng.kernel @chain_narrow(%X: memref<1009xbf16>, %Y: memref<1009xbf16>) {
  %n = qimeng.load %X : memref<1009xbf16> -> tensor<1009xbf16>
  %x = arith.extf %n : tensor<1009xbf16> to tensor<1009xf32>
  %e = math.exp %x : tensor<1009xf32>
  %en = arith.truncf %e : tensor<1009xf32> to tensor<1009xbf16>
  %ew = arith.extf %en : tensor<1009xbf16> to tensor<1009xf32>
  %s = arith.addf %ew, %x : tensor<1009xf32>
  %y = arith.truncf %s : tensor<1009xf32> to tensor<1009xbf16>
  qimeng.store %y, %Y : tensor<1009xbf16>, memref<1009xbf16>
}
