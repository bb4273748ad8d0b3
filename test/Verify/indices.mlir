// RUN: qimeng-opt %s --qimeng-prove -split-input-file -verify-diagnostics -o /dev/null

// A GPU holds indices in 32 bits. Offsets that are right with 64 are not enough.

// All of them fit: nothing is reported.
qimeng.kernel @fit(%x: memref<256x8xf32>, %y: memref<256x8xf32>) grid(4, 2) {
  %p = qimeng.program_id 0
  %q = qimeng.program_id 1
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %far = arith.constant 1000000 : index
  %a = arith.muli %p, %far : index
  %b = arith.divui %a, %far : index
  scf.for %i = %c0 to %c4 step %c1 {
    %m = affine.apply affine_map<(d0, d1) -> (d0 * 64 + d1 * 16)>(%b, %i)
    %n = affine.apply affine_map<(d0) -> (d0 * 4)>(%q)
    %t = qimeng.load %x[%m, %n] masked : memref<256x8xf32> -> tensor<16x4xf32>
    qimeng.store %t, %y[%m, %n] masked : tensor<16x4xf32>, memref<256x8xf32>
  }
}

// -----

// With 64 bits %b is %p. With 32 it divides by zero.
qimeng.kernel @constant(%x: memref<256xf32>, %y: memref<256xf32>) grid(4) {
  %p = qimeng.program_id 0
  // expected-error @below {{check 3 (bounds): computes an index that may need more than 32 bits, which a GPU's registers do not hold}}
  %c = arith.constant 4294967296 : index
  %c64 = arith.constant 64 : index
  %a = arith.muli %p, %c : index
  %b = arith.divui %a, %c : index
  %o = arith.muli %b, %c64 : index
  %t = qimeng.load %x[%o] : memref<256xf32> -> tensor<64xf32>
  qimeng.store %t, %y[%o] : tensor<64xf32>, memref<256xf32>
}

// -----

// Masked, so in bounds; with 32 bits it is negative in program 1, where masks
// need not look.
qimeng.kernel @masked(%x: memref<256xf32>, %y: memref<256xf32>) grid(4) {
  %p = qimeng.program_id 0
  %q = affine.apply affine_map<(d0) -> (d0 * 64)>(%p)
  // expected-error @below {{computes an index that may need more than 32 bits}}
  %o = affine.apply affine_map<(d0) -> (d0 * 2147483648)>(%p)
  %t = qimeng.load %x[%o] masked : memref<256xf32> -> tensor<64xf32>
  qimeng.store %t, %y[%q] : tensor<64xf32>, memref<256xf32>
}

// -----

// A term, not the sum.
qimeng.kernel @term(%x: memref<256xf32>, %y: memref<256xf32>) grid(4) {
  %p = qimeng.program_id 0
  %q = affine.apply affine_map<(d0) -> (d0 * 64)>(%p)
  // expected-error @below {{computes an index that may need more than 32 bits}}
  %o = affine.apply affine_map<(d0) -> ((d0 * 3000000001) mod 192)>(%p)
  %t = qimeng.load %x[%o] : memref<256xf32> -> tensor<64xf32>
  qimeng.store %t, %y[%q] : tensor<64xf32>, memref<256xf32>
}

// -----

qimeng.kernel @last(%x: memref<256xf32>, %y: memref<256xf32>) grid(4) {
  %p = qimeng.program_id 0
  %q = affine.apply affine_map<(d0) -> (d0 * 64)>(%p)
  %c = arith.constant 2147483600 : index
  // expected-error @below {{accesses elements up to 2147483663; indices have 32 bits}}
  %t = qimeng.load %x[%c] masked : memref<256xf32> -> tensor<64xf32>
  qimeng.store %t, %y[%q] : tensor<64xf32>, memref<256xf32>
}

// -----

qimeng.kernel @view(%x: memref<64xf32>, %y: memref<64x64xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{its map computes indices that need more than 32 bits}}
  %v = qimeng.view %x by affine_map<(d0, d1) -> ((d0 * 4294967297 + d1) mod 61)> : memref<64xf32> -> !qimeng.view<64x64xf32>
  %t = qimeng.load %v[%c0, %c0] : !qimeng.view<64x64xf32> -> tensor<64x64xf32>
  qimeng.store %t, %y[%c0, %c0] : tensor<64x64xf32>, memref<64x64xf32>
}

// -----

// The counter's last step leaves 32 bits, so it would never be past the end.
qimeng.kernel @loop(%x: memref<64xf32>, %y: memref<64xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %n = arith.constant 2147483640 : index
  %s = arith.constant 2147483632 : index
  %t = qimeng.load %x[%c0] : memref<64xf32> -> tensor<64xf32>
  // expected-error @below {{counts further than 32 bits, or as far as nobody knows}}
  %r = scf.for %i = %c0 to %n step %s iter_args(%a = %t) -> (tensor<64xf32>) {
    %m = arith.maximumf %a, %t : tensor<64xf32>
    scf.yield %m : tensor<64xf32>
  }
  qimeng.store %r, %y[%c0] : tensor<64xf32>, memref<64xf32>
}

// -----

// Nobody knows how far a carried index gets.
qimeng.kernel @carried(%x: memref<256xf32>, %y: memref<64xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = arith.constant 60 : index
  // expected-error @below {{computes an index that may need more than 32 bits}}
  %o = scf.for %i = %c0 to %n step %c1 iter_args(%a = %c1) -> (index) {
    %m = arith.addi %a, %a : index
    scf.yield %m : index
  }
  %t = qimeng.load %x[%o] masked : memref<256xf32> -> tensor<64xf32>
  qimeng.store %t, %y[%c0] : tensor<64xf32>, memref<64xf32>
}
