// RUN: qimeng-opt %s --qimeng-prove=arch=sm_90a -split-input-file -verify-diagnostics -o /dev/null

qimeng.kernel @right(%y: memref<64xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %t = arith.constant dense<1.0> : tensor<64xf32>
  qimeng.store %t, %y[%c0] : tensor<64xf32>, memref<64xf32>
}

// -----

// Untiled kernels have tiles of any size.
qimeng.kernel @untiled(%y: memref<100xf32>) {
  %t = arith.constant dense<1.0> : tensor<100xf32>
  qimeng.store %t, %y : tensor<100xf32>, memref<100xf32>
}

// -----

qimeng.kernel @not_a_power_of_two(%y: memref<100xf32>) grid(1) {
  // expected-error @below {{check 2 (structure): has a tile of type 'tensor<100xf32>', but the sizes of tiles in a tiled kernel are powers of two; pad the tile and mask its loads and stores}}
  %t = arith.constant dense<1.0> : tensor<100xf32>
  qimeng.store %t, %y : tensor<100xf32>, memref<100xf32>
}

// -----

qimeng.kernel @channel_of_odd_tiles(%y: memref<64xf32>) grid(1) {
  // expected-error @below {{has a tile of type 'tensor<3xf32>'}}
  %ch = qimeng.channel stages(1) : !qimeng.channel<tensor<3xf32>>
  %t = arith.constant dense<1.0> : tensor<64xf32>
  qimeng.store %t, %y : tensor<64xf32>, memref<64xf32>
}

// -----

qimeng.kernel @unbounded_loop(%y: memref<4xf32>) grid(4) {
  %p = qimeng.program_id 0
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %z = arith.constant dense<1.0> : tensor<1xf32>
  // expected-error @below {{check 2 (structure): must have constant bounds and a constant, positive step, so that it is known to end}}
  %t = scf.for %i = %c0 to %p step %c1 iter_args(%a = %z) -> tensor<1xf32> {
    %b = arith.addf %a, %a : tensor<1xf32>
    scf.yield %b : tensor<1xf32>
  }
  qimeng.store %t, %y[%p] : tensor<1xf32>, memref<4xf32>
}

// -----

qimeng.kernel @zero_step(%y: memref<4xf32>) grid(4) {
  %p = qimeng.program_id 0
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %z = arith.constant dense<1.0> : tensor<1xf32>
  // expected-error @below {{must have constant bounds and a constant, positive step}}
  %t = scf.for %i = %c0 to %c1 step %c0 iter_args(%a = %z) -> tensor<1xf32> {
    scf.yield %a : tensor<1xf32>
  }
  qimeng.store %t, %y[%p] : tensor<1xf32>, memref<4xf32>
}

// -----

qimeng.kernel @endless(%y: memref<4xf32>) grid(4) {
  %p = qimeng.program_id 0
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = arith.constant 1000000 : index
  %z = arith.constant dense<1.0> : tensor<1xf32>
  %t = scf.for %i = %c0 to %n step %c1 iter_args(%a = %z) -> tensor<1xf32> {
    // expected-error @below {{check 2 (structure): runs more than 268435456 iterations in one program}}
    %u = scf.for %j = %c0 to %n step %c1 iter_args(%b = %a) -> tensor<1xf32> {
      %c = arith.addf %b, %b : tensor<1xf32>
      scf.yield %c : tensor<1xf32>
    }
    scf.yield %u : tensor<1xf32>
  }
  qimeng.store %t, %y[%p] : tensor<1xf32>, memref<4xf32>
}

// -----

// expected-error @below {{check 2 (structure): needs 262208 bytes of shared memory for its channels; a block on sm_90a has 232448; use fewer stages or smaller tiles}}
qimeng.kernel @shared(%y: memref<64xf32>) grid(1) {
  %ch = qimeng.channel stages(4) : !qimeng.channel<tensor<128x256xbf16>>
  %t = arith.constant dense<1.0> : tensor<64xf32>
  qimeng.store %t, %y : tensor<64xf32>, memref<64xf32>
}

// -----

// Padding counts: 4 x (128 rows x (256 + 16) x 2 ... ) bytes.
// expected-error @below {{needs 264208 bytes of shared memory}}
qimeng.kernel @padding(%y: memref<64xf32>) grid(1) {
  %ch = qimeng.channel stages(1) layouts [#qimeng.layout<pad = 4>] : !qimeng.channel<tensor<512x128xf32>>
  %t = arith.constant dense<1.0> : tensor<64xf32>
  qimeng.store %t, %y : tensor<64xf32>, memref<64xf32>
}

// -----

qimeng.kernel @registers(%a: memref<256x16xbf16>, %b: memref<16x256xbf16>, %c: memref<256x256xf32>) grid(1) {
  %z = arith.constant dense<0.0> : tensor<256x256xf32>
  %x = qimeng.load %a : memref<256x16xbf16> -> tensor<256x16xbf16>
  %y = qimeng.load %b : memref<16x256xbf16> -> tensor<16x256xbf16>
  // expected-error @below {{check 2 (structure): needs 512 registers a thread for its tiles; sm_90a has 255; use smaller tiles or more warps}}
  %d = qimeng.dot %x, %y, %z mma <mma_sync> : tensor<256x16xbf16>, tensor<16x256xbf16> -> tensor<256x256xf32>
  qimeng.store %d, %c : tensor<256x256xf32>, memref<256x256xf32>
}

// -----

// expected-error @below {{has channels or roles but no grid; tile it first}}
qimeng.kernel @untiled_channel(%y: memref<64xf32>) {
  %ch = qimeng.channel stages(1) : !qimeng.channel<tensor<64xf32>>
  %t = arith.constant dense<1.0> : tensor<64xf32>
  qimeng.store %t, %y : tensor<64xf32>, memref<64xf32>
}

// -----

// expected-error @below {{has 0 producer and 1 consumer roles; a specialized kernel needs one of each at least}}
qimeng.kernel @one_role(%y: memref<64xf32>) grid(1) {
  %t = arith.constant dense<1.0> : tensor<64xf32>
  qimeng.role consumer warps(4) {
    qimeng.store %t, %y : tensor<64xf32>, memref<64xf32>
  }
}

// -----

// expected-error @below {{has consumer roles of 4 warps together, but its schedule says 8}}
qimeng.kernel @warps(%y: memref<64xf32>) grid(1) schedule<warps = 8> {
  %t = arith.constant dense<1.0> : tensor<64xf32>
  qimeng.role producer warps(4) {
  }
  qimeng.role consumer warps(4) {
    qimeng.store %t, %y : tensor<64xf32>, memref<64xf32>
  }
}

// -----

// expected-error @below {{has roles of 36 warps together; a thread block has at most 32}}
qimeng.kernel @too_many_warps(%y: memref<64xf32>) grid(1) schedule<warps = 32> {
  %t = arith.constant dense<1.0> : tensor<64xf32>
  qimeng.role producer warps(4) {
  }
  qimeng.role consumer warps(32) {
    qimeng.store %t, %y : tensor<64xf32>, memref<64xf32>
  }
}

// -----

qimeng.kernel @register_groups(%y: memref<64xf32>) grid(1) {
  %t = arith.constant dense<1.0> : tensor<64xf32>
  // expected-error @below {{asks for registers with 1 warps; registers are given to groups of four warps}}
  qimeng.role producer warps(1) registers(24) {
  }
  qimeng.role consumer warps(4) {
    qimeng.store %t, %y : tensor<64xf32>, memref<64xf32>
  }
}

// -----

// expected-error @below {{has roles that ask for 73728 registers together; a block of 384 threads on sm_90a starts with 64512, so that a role would wait for ever; ask for fewer}}
qimeng.kernel @too_many_registers(%y: memref<64xf32>) grid(1) schedule<warps = 8> {
  %t = arith.constant dense<1.0> : tensor<64xf32>
  qimeng.role producer warps(4) registers(96) {
  }
  qimeng.role consumer warps(8) registers(240) {
    qimeng.store %t, %y : tensor<64xf32>, memref<64xf32>
  }
}

// -----

qimeng.kernel @wgmma_group(%a: memref<64x16xbf16>, %b: memref<16x64xbf16>, %c: memref<64x64xf32>) grid(1) schedule<warps = 2> {
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %x = qimeng.load %a : memref<64x16xbf16> -> tensor<64x16xbf16>
  %y = qimeng.load %b : memref<16x64xbf16> -> tensor<16x64xbf16>
  // expected-error @below {{check 2 (structure): uses wgmma with 2 warps; it takes groups of four warps}}
  %d = qimeng.dot %x, %y, %z mma <wgmma> : tensor<64x16xbf16>, tensor<16x64xbf16> -> tensor<64x64xf32>
  qimeng.store %d, %c : tensor<64x64xf32>, memref<64x64xf32>
}
