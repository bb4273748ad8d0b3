// RUN: qimeng-opt %s --qimeng-prove -split-input-file -verify-diagnostics -o /dev/null

// A real size: decided in closed form.
qimeng.kernel @large(%y: memref<65536x16384xf32>) grid(512, 64) {
  %p = qimeng.program_id 0
  %q = qimeng.program_id 1
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %t = arith.constant dense<1.0> : tensor<128x128xf32>
  scf.for %i = %c0 to %c2 step %c1 {
    %m = affine.apply affine_map<(d0) -> (d0 * 128)>(%p)
    %n = affine.apply affine_map<(d0, d1) -> (d0 * 256 + d1 * 128)>(%q, %i)
    qimeng.store %t, %y[%m, %n] : tensor<128x128xf32>, memref<65536x16384xf32>
  }
}

// -----

// Tails of a size that is not a multiple of the tile, in both dimensions.
qimeng.kernel @tails(%y: memref<4099x1009xf32>) grid(65, 8) {
  %p = qimeng.program_id 0
  %q = qimeng.program_id 1
  %t = arith.constant dense<1.0> : tensor<64x128xf32>
  %m = affine.apply affine_map<(d0) -> (d0 * 64)>(%p)
  %n = affine.apply affine_map<(d0) -> (d0 * 128)>(%q)
  qimeng.store %t, %y[%m, %n] masked : tensor<64x128xf32>, memref<4099x1009xf32>
}

// -----

// One program number for both dimensions; dimensions exchanged by a view.
qimeng.kernel @digits(%y: memref<4096x8192xf32>) grid(8192) {
  %p = qimeng.program_id 0
  %t = arith.constant dense<1.0> : tensor<64x64xf32>
  %v = qimeng.view %y by affine_map<(d0, d1) -> (d1, d0)> : memref<4096x8192xf32> -> !qimeng.view<8192x4096xf32>
  %m = affine.apply affine_map<(d0) -> (d0 floordiv 64 * 64)>(%p)
  %n = affine.apply affine_map<(d0) -> (d0 mod 64 * 64)>(%p)
  qimeng.store %t, %v[%m, %n] : tensor<64x64xf32>, !qimeng.view<8192x4096xf32>
}

// -----

// A row-major collapse, and its reverse.
qimeng.kernel @collapse(%y: memref<4096x4096xf32>, %z: memref<16777216xf32>) grid(16384) {
  %p = qimeng.program_id 0
  %t = arith.constant dense<1.0> : tensor<1024xf32>
  %u = arith.constant dense<1.0> : tensor<1x1024xf32>
  %v = qimeng.view %y by affine_map<(d0) -> (d0 floordiv 4096, d0 mod 4096)> : memref<4096x4096xf32> -> !qimeng.view<16777216xf32>
  %w = qimeng.view %z by affine_map<(d0, d1) -> (d0 * 4096 + d1)> : memref<16777216xf32> -> !qimeng.view<4096x4096xf32>
  %m = affine.apply affine_map<(d0) -> (d0 * 1024)>(%p)
  %r = affine.apply affine_map<(d0) -> (d0 floordiv 4)>(%p)
  %c = affine.apply affine_map<(d0) -> (d0 mod 4 * 1024)>(%p)
  qimeng.store %t, %v[%m] : tensor<1024xf32>, !qimeng.view<16777216xf32>
  qimeng.store %u, %w[%r, %c] : tensor<1x1024xf32>, !qimeng.view<4096x4096xf32>
}

// -----

// Two slices make up the output, and so do two strides.
qimeng.kernel @parts(%y: memref<1000x8192xf32>, %z: memref<8192xf32>) grid(1000) {
  %p = qimeng.program_id 0
  %c0 = arith.constant 0 : index
  %t = arith.constant dense<1.0> : tensor<1x4096xf32>
  %a = qimeng.view %y by affine_map<(d0, d1) -> (d0, d1)> : memref<1000x8192xf32> -> !qimeng.view<1000x4096xf32>
  %b = qimeng.view %y by affine_map<(d0, d1) -> (d0, d1 + 4096)> : memref<1000x8192xf32> -> !qimeng.view<1000x4096xf32>
  qimeng.store %t, %a[%p, %c0] : tensor<1x4096xf32>, !qimeng.view<1000x4096xf32>
  qimeng.store %t, %b[%p, %c0] : tensor<1x4096xf32>, !qimeng.view<1000x4096xf32>
  %u = arith.constant dense<1.0> : tensor<4096xf32>
  %even = qimeng.view %z by affine_map<(d0) -> (d0 * 2)> : memref<8192xf32> -> !qimeng.view<4096xf32>
  %odd = qimeng.view %z by affine_map<(d0) -> (d0 * 2 + 1)> : memref<8192xf32> -> !qimeng.view<4096xf32>
  %is = arith.cmpi eq, %p, %c0 : index
  scf.if %is {
    qimeng.store %u, %even[%c0] : tensor<4096xf32>, !qimeng.view<4096xf32>
    qimeng.store %u, %odd[%c0] : tensor<4096xf32>, !qimeng.view<4096xf32>
  }
}

// -----

qimeng.kernel @overlap(%y: memref<1024xf32>) grid(16) {
  %p = qimeng.program_id 0
  %t = arith.constant dense<1.0> : tensor<128xf32>
  %m = affine.apply affine_map<(d0) -> (d0 * 64)>(%p)
  // expected-error @below {{check 3 (writes): element (64) of operand 0 is written twice, the second time by program (1), tile index 0 = 0}}
  qimeng.store %t, %y[%m] masked : tensor<128xf32>, memref<1024xf32>
}

// -----

qimeng.kernel @gap(%y: memref<1024xf32>) grid(8) {
  %p = qimeng.program_id 0
  %t = arith.constant dense<1.0> : tensor<64xf32>
  %m = affine.apply affine_map<(d0) -> (d0 * 128)>(%p)
  // expected-error @below {{check 3 (writes): 512 of 1024 elements of operand 0 are never written, the first is (64)}}
  qimeng.store %t, %y[%m] : tensor<64xf32>, memref<1024xf32>
}

// -----

// The tail has no program.
qimeng.kernel @missing_tail(%y: memref<1000x7xf32>) grid(7) {
  %p = qimeng.program_id 0
  %c0 = arith.constant 0 : index
  %t = arith.constant dense<1.0> : tensor<128x8xf32>
  %m = affine.apply affine_map<(d0) -> (d0 * 128)>(%p)
  // expected-error @below {{728 of 7000 elements of operand 0 are never written, the first is (896, 0)}}
  qimeng.store %t, %y[%m, %c0] masked : tensor<128x8xf32>, memref<1000x7xf32>
}

// -----

// Every program of the second dimension writes the same.
qimeng.kernel @repeated(%y: memref<64xf32>) grid(4, 2) {
  %p = qimeng.program_id 0
  %t = arith.constant dense<1.0> : tensor<16xf32>
  %m = affine.apply affine_map<(d0) -> (d0 * 16)>(%p)
  // expected-error @below {{element (0) of operand 0 is written twice, the second time by program (0, 1), tile index 0 = 0}}
  qimeng.store %t, %y[%m] : tensor<16xf32>, memref<64xf32>
}

// -----

// So does every iteration.
qimeng.kernel @repeated_loop(%y: memref<64xf32>) grid(4) {
  %p = qimeng.program_id 0
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %t = arith.constant dense<1.0> : tensor<16xf32>
  %m = affine.apply affine_map<(d0) -> (d0 * 16)>(%p)
  scf.for %i = %c0 to %c2 step %c1 {
    // expected-error @below {{is written twice, the second time by program (0), iteration of the loop at line 132 = 1, tile index 0 = 0}}
    qimeng.store %t, %y[%m] : tensor<16xf32>, memref<64xf32>
  }
}

// -----

// Too large to visit, but the closed form knows.
qimeng.kernel @large_gap(%y: memref<1048576x1024xf32>) grid(8191, 8) {
  %p = qimeng.program_id 0
  %q = qimeng.program_id 1
  %t = arith.constant dense<1.0> : tensor<128x128xf32>
  %m = affine.apply affine_map<(d0) -> (d0 * 128)>(%p)
  %n = affine.apply affine_map<(d0) -> (d0 * 128)>(%q)
  // expected-error @below {{check 3 (writes): not every element of operand 0 is written exactly once}}
  qimeng.store %t, %y[%m, %n] : tensor<128x128xf32>, memref<1048576x1024xf32>
}

// -----

// Swapped: found by visiting, as no closed form fits.
qimeng.kernel @swapped(%y: memref<64x64xf32>) grid(4, 2) {
  %p = qimeng.program_id 0
  %q = qimeng.program_id 1
  %t = arith.constant dense<1.0> : tensor<16x32xf32>
  %m = affine.apply affine_map<(d0) -> (d0 * 16)>(%q)
  %n = affine.apply affine_map<(d0) -> (d0 * 32)>(%p)
  // expected-error @below {{2048 of 4096 elements of operand 0 are never written, the first is (32, 0)}}
  qimeng.store %t, %y[%m, %n] masked : tensor<16x32xf32>, memref<64x64xf32>
}

// -----

qimeng.kernel @unknown_condition(%x: memref<64xf32>, %y: memref<64xf32>) grid(4) {
  %p = qimeng.program_id 0
  %t = arith.constant dense<1.0> : tensor<16xf32>
  %m = affine.apply affine_map<(d0) -> (d0 * 16)>(%p)
  %q = arith.muli %p, %p : index
  // expected-note @below {{because of this operation}}
  %is = arith.cmpi sge, %q, %p : index
  scf.if %is {
    // expected-error @below {{check 3 (writes): cannot tell when or where this store runs}}
    qimeng.store %t, %y[%m] : tensor<16xf32>, memref<64xf32>
  }
}

// -----

// expected-error @below {{check 3 (writes): stores nothing; a kernel must write an output}}
qimeng.kernel @nothing(%x: memref<64xf32>) {
}

// -----

// Both branches of a condition write, each its part.
qimeng.kernel @branches(%y: memref<64xf32>) grid(5) {
  %p = qimeng.program_id 0
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %t = arith.constant dense<1.0> : tensor<16xf32>
  %low = arith.cmpi slt, %p, %c2 : index
  scf.if %low {
    %m = affine.apply affine_map<(d0) -> (d0 * 16)>(%p)
    qimeng.store %t, %y[%m] : tensor<16xf32>, memref<64xf32>
  } else {
    %high = arith.cmpi sge, %p, %c3 : index
    scf.if %high {
      %m = affine.apply affine_map<(d0) -> (d0 * 16 - 16)>(%p)
      qimeng.store %t, %y[%m] : tensor<16xf32>, memref<64xf32>
    }
  }
}
