// RUN: qimeng-opt %s --qimeng-prove -split-input-file -verify-diagnostics -o /dev/null

// Every program and iteration inside; the last tile ends at the last element.
qimeng.kernel @inside(%x: memref<1024x64xf32>, %y: memref<1024x64xf32>) grid(8) {
  %p = qimeng.program_id 0
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  scf.for %i = %c0 to %c4 step %c1 {
    %m = affine.apply affine_map<(d0) -> (d0 * 128)>(%p)
    %k = affine.apply affine_map<(d0) -> (d0 * 16)>(%i)
    %t = qimeng.load %x[%m, %k] : memref<1024x64xf32> -> tensor<128x16xf32>
    qimeng.store %t, %y[%m, %k] : tensor<128x16xf32>, memref<1024x64xf32>
  }
}

// -----

qimeng.kernel @load_past_end(%x: memref<1000xf32>, %y: memref<1000xf32>) grid(8) {
  %p = qimeng.program_id 0
  %m = affine.apply affine_map<(d0) -> (d0 * 128)>(%p)
  // expected-error @below {{'qimeng.load' op check 3 (bounds): reads elements 896 to 1023 of dimension 0 (program (7)), but the operand has elements 0 to 999; mark the access 'masked' or correct its offset}}
  %t = qimeng.load %x[%m] : memref<1000xf32> -> tensor<128xf32>
  qimeng.store %t, %y[%m] masked : tensor<128xf32>, memref<1000xf32>
}

// -----

qimeng.kernel @store_past_end(%x: memref<1000xf32>, %y: memref<1000xf32>) grid(8) {
  %p = qimeng.program_id 0
  %m = affine.apply affine_map<(d0) -> (d0 * 128)>(%p)
  %t = qimeng.load %x[%m] masked : memref<1000xf32> -> tensor<128xf32>
  // expected-error @below {{check 3 (bounds): writes elements 896 to 1023 of dimension 0}}
  qimeng.store %t, %y[%m] : tensor<128xf32>, memref<1000xf32>
}

// -----

qimeng.kernel @before_start(%x: memref<128xf32>, %y: memref<128xf32>) grid(4) {
  %p = qimeng.program_id 0
  %m = affine.apply affine_map<(d0) -> (d0 * 32)>(%p)
  %l = affine.apply affine_map<(d0) -> (d0 * 32 - 1)>(%p)
  // expected-error @below {{reads elements -1 to 30 of dimension 0 (program (0))}}
  %t = qimeng.load %x[%l] : memref<128xf32> -> tensor<32xf32>
  qimeng.store %t, %y[%m] : tensor<32xf32>, memref<128xf32>
}

// -----

// The loop's last iteration is one too many.
qimeng.kernel @loop(%x: memref<4x64xf32>, %y: memref<4xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c5 = arith.constant 5 : index
  %z = arith.constant dense<0.0> : tensor<4xf32>
  %s = scf.for %i = %c0 to %c5 step %c1 iter_args(%a = %z) -> tensor<4xf32> {
    %k = affine.apply affine_map<(d0) -> (d0 * 16)>(%i)
    // expected-error @below {{reads elements 64 to 79 of dimension 1 (program (0), iteration of the loop at line 56 = 4), but the operand has elements 0 to 63}}
    %t = qimeng.load %x[%c0, %k] : memref<4x64xf32> -> tensor<4x16xf32>
    %r = qimeng.reduce add %t axes [1] : tensor<4x16xf32>
    %n = arith.addf %a, %r : tensor<4xf32>
    scf.yield %n : tensor<4xf32>
  }
  qimeng.store %s, %y[%c0] : tensor<4xf32>, memref<4xf32>
}

// -----

// A condition that keeps the access inside counts.
qimeng.kernel @guarded(%x: memref<64xf32>, %y: memref<64xf32>) grid(4) {
  %p = qimeng.program_id 0
  %c3 = arith.constant 3 : index
  %z = arith.constant dense<0.0> : tensor<16xf32>
  %m = affine.apply affine_map<(d0) -> (d0 * 16)>(%p)
  %n = affine.apply affine_map<(d0) -> (d0 * 16 + 16)>(%p)
  %in = arith.cmpi ult, %p, %c3 : index
  %t = scf.if %in -> tensor<16xf32> {
    %l = qimeng.load %x[%n] : memref<64xf32> -> tensor<16xf32>
    scf.yield %l : tensor<16xf32>
  } else {
    scf.yield %z : tensor<16xf32>
  }
  qimeng.store %t, %y[%m] : tensor<16xf32>, memref<64xf32>
}

// -----

// The same with a bound that is off by one.
qimeng.kernel @guarded_wrong(%x: memref<64xf32>, %y: memref<64xf32>) grid(4) {
  %p = qimeng.program_id 0
  %c3 = arith.constant 3 : index
  %z = arith.constant dense<0.0> : tensor<16xf32>
  %m = affine.apply affine_map<(d0) -> (d0 * 16)>(%p)
  %n = affine.apply affine_map<(d0) -> (d0 * 16 + 16)>(%p)
  %in = arith.cmpi ule, %p, %c3 : index
  %t = scf.if %in -> tensor<16xf32> {
    // expected-error @below {{reads elements 64 to 79 of dimension 0 (program (3))}}
    %l = qimeng.load %x[%n] : memref<64xf32> -> tensor<16xf32>
    scf.yield %l : tensor<16xf32>
  } else {
    scf.yield %z : tensor<16xf32>
  }
  qimeng.store %t, %y[%m] : tensor<16xf32>, memref<64xf32>
}

// -----

// Digits of a program number.
qimeng.kernel @digits(%x: memref<64x32xf32>, %y: memref<64x32xf32>) grid(8) {
  %p = qimeng.program_id 0
  %m = affine.apply affine_map<(d0) -> (d0 floordiv 2 * 16)>(%p)
  %n = affine.apply affine_map<(d0) -> (d0 mod 2 * 16)>(%p)
  %t = qimeng.load %x[%m, %n] : memref<64x32xf32> -> tensor<16x16xf32>
  qimeng.store %t, %y[%m, %n] : tensor<16x16xf32>, memref<64x32xf32>
}

// -----

// A minimum keeps the tile inside.
qimeng.kernel @minimum(%x: memref<100xf32>, %y: memref<128xf32>) grid(4) {
  %p = qimeng.program_id 0
  %m = affine.apply affine_map<(d0) -> (d0 * 32)>(%p)
  %l = affine.min affine_map<(d0) -> (d0 * 32, 68)>(%p)
  %t = qimeng.load %x[%l] : memref<100xf32> -> tensor<32xf32>
  qimeng.store %t, %y[%m] : tensor<32xf32>, memref<128xf32>
}

// -----

qimeng.kernel @not_affine(%x: memref<64xf32>, %y: memref<64xf32>) grid(4) {
  %p = qimeng.program_id 0
  %m = affine.apply affine_map<(d0) -> (d0 * 16)>(%p)
  %q = arith.muli %p, %p : index
  // expected-error @below {{check 3 (bounds): offset 0 is not an affine expression of program ids and loop counters}}
  %t = qimeng.load %x[%q] : memref<64xf32> -> tensor<16xf32>
  qimeng.store %t, %y[%m] : tensor<16xf32>, memref<64xf32>
}

// -----

qimeng.kernel @view(%x: memref<8x8xf32>, %y: memref<8x8xf32>) {
  // expected-error @below {{check 3 (bounds): element (7, 7) of the view is element 8 of dimension 1, but the operand has elements 0 to 7; mark the view 'padded' or correct its map}}
  %v = qimeng.view %x by affine_map<(d0, d1) -> (d0, d1 + 1)> : memref<8x8xf32> -> !qimeng.view<8x8xf32>
  %t = qimeng.load %v : !qimeng.view<8x8xf32> -> tensor<8x8xf32>
  qimeng.store %t, %y : tensor<8x8xf32>, memref<8x8xf32>
}

// -----

qimeng.kernel @padded_view(%x: memref<8x8xf32>, %y: memref<8x8xf32>) {
  %v = qimeng.view %x by affine_map<(d0, d1) -> (d0, d1 + 1)> padded : memref<8x8xf32> -> !qimeng.view<8x8xf32>
  %t = qimeng.load %v : !qimeng.view<8x8xf32> -> tensor<8x8xf32>
  qimeng.store %t, %y : tensor<8x8xf32>, memref<8x8xf32>
}
