// RUN: qimeng-opt %s -split-input-file -verify-diagnostics -allow-unregistered-dialect

// One for every rule of the verifiers, in the order of the dialect's files.

// expected-error @below {{schedule: warps must be a power of two from 1 to 32, found 3}}
qimeng.kernel @k(%x: memref<4xf32>) grid(1) schedule<warps = 3> {
}

// -----

// expected-error @below {{schedule: raster must be at least 1, found 0}}
qimeng.kernel @k(%x: memref<4xf32>) grid(1) schedule<raster = 0> {
}

// -----

// expected-error @below {{schedule: persistent must not be negative, found -1}}
qimeng.kernel @k(%x: memref<4xf32>) grid(1) schedule<persistent = -1> {
}

// -----

// expected-error @below {{schedule: vector must be 1, 2, 4, 8 or 16 bytes, found 32}}
qimeng.kernel @k(%x: memref<4xf32>) grid(1) schedule<vector = 32> {
}

// -----

// expected-error @below {{schedule: cluster must be 1, 2, 4 or 8, found 16}}
qimeng.kernel @k(%x: memref<4xf32>) grid(1) schedule<cluster = 16> {
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) grid(1) {
  // expected-error @below {{layout: swizzle must be 0, 32, 64 or 128 bytes, found 16}}
  %c = qimeng.channel stages(1) layouts [#qimeng.layout<swizzle = 16>] : !qimeng.channel<tensor<4xf32>>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) grid(1) {
  // expected-error @below {{layout: pad must be a multiple of 4 bytes, at most 4096, found 2}}
  %c = qimeng.channel stages(1) layouts [#qimeng.layout<pad = 2>] : !qimeng.channel<tensor<4xf32>>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) grid(1) {
  // expected-error @below {{layout: pad and swizzle exclude each other}}
  %c = qimeng.channel stages(1) layouts [#qimeng.layout<swizzle = 128, pad = 16>] : !qimeng.channel<tensor<4xf32>>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) grid(1) {
  // expected-error @below {{layout: major must be a dimension or -1, found -2}}
  %c = qimeng.channel stages(1) layouts [#qimeng.layout<major = -2>] : !qimeng.channel<tensor<4xf32>>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  // expected-error @below {{view: sizes must be positive, found 0}}
  %v = qimeng.view %x by affine_map<(d0) -> (d0, d0)> : memref<4x8xf32> -> !qimeng.view<0xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  // expected-error @below {{view: elements must be floats or integers, found}}
  %v = qimeng.view %x by affine_map<(d0) -> (d0, d0)> : memref<4x8xf32> -> !qimeng.view<4xindex>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) grid(1) {
  // expected-error @below {{channel: a slot holds tiles (tensors of static shape), found}}
  %c = qimeng.channel stages(1) : !qimeng.channel<tensor<?xf32>>
}

// -----

// expected-error @below {{grid sizes must be positive, found 0}}
qimeng.kernel @k(%x: memref<4xf32>) grid(2, 0) {
}

// -----

// expected-error @below {{a grid has at most 8 dimensions, found 9}}
qimeng.kernel @k(%x: memref<4xf32>) grid(1, 1, 1, 1, 1, 1, 1, 1, 1) {
}

// -----

// expected-error @below {{operand 0 must be a row-major memref of static shape with float or integer elements, found 'memref<?xf32>'}}
qimeng.kernel @k(%x: memref<?xf32>) {
}

// -----

// expected-error @below {{operand 0 must be a row-major memref of static shape with float or integer elements, found 'tensor<4xf32>'}}
qimeng.kernel @k(%x: tensor<4xf32>) {
}

// -----

// expected-error @below {{operand 0 must be a row-major memref of static shape with float or integer elements, found 'memref<4xf32, strided<[2]>>'}}
qimeng.kernel @k(%x: memref<4xf32, strided<[2]>>) {
}

// -----

// expected-error @below {{operand 0 must be a row-major memref of static shape with float or integer elements, found 'memref<4xindex>'}}
qimeng.kernel @k(%x: memref<4xindex>) {
}

// -----

// expected-error @below {{operand 0 must be a row-major memref of static shape with float or integer elements, found 'f32'}}
qimeng.kernel @k(%x: f32) {
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  // expected-error @below {{is not allowed in a kernel; expected qimeng, arith or math operations, scf.for, scf.if, affine.apply or tensor.splat}}
  %a = memref.alloc() : memref<4xf32>
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) {
}
qimeng.kernel @l(%x: memref<4xf32>) {
  // expected-error @below {{is not allowed in a kernel}}
  qimeng.launch @k(%x) : memref<4xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  // expected-error @below {{symbol's parent must have the SymbolTable trait}}
  qimeng.kernel @inner(%y: memref<4xf32>) {
  }
}

// -----

// expected-error @below {{operand 0 is both read and written; a kernel's operands are one or the other}}
qimeng.kernel @k(%x: memref<4xf32>) {
  %t = qimeng.load %x : memref<4xf32> -> tensor<4xf32>
  qimeng.store %t, %x : tensor<4xf32>, memref<4xf32>
}

// -----

// Through views, too.
// expected-error @below {{operand 0 is both read and written}}
qimeng.kernel @k(%x: memref<4xf32>) {
  %v = qimeng.view %x by affine_map<(d0) -> (d0)> : memref<4xf32> -> !qimeng.view<4xf32>
  %w = qimeng.view %x by affine_map<(d0) -> (3 - d0)> : memref<4xf32> -> !qimeng.view<4xf32>
  %t = qimeng.load %v : !qimeng.view<4xf32> -> tensor<4xf32>
  qimeng.store %t, %w : tensor<4xf32>, !qimeng.view<4xf32>
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) grid(1) {
  %t = arith.constant dense<0.0> : tensor<4xf32>
  qimeng.role producer warps(1) {
  }
  // expected-error @below {{must be inside a role, because the kernel has roles}}
  qimeng.store %t, %x : tensor<4xf32>, memref<4xf32>
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) grid(1) {
  %t = arith.constant dense<0.0> : tensor<4xf32>
  %true = arith.constant true
  %c0 = arith.constant 0 : index
  %c = qimeng.channel stages(1) : !qimeng.channel<tensor<4xf32>>
  qimeng.role producer warps(1) {
  }
  // expected-error @below {{must be inside a role, because the kernel has roles}}
  qimeng.put %c, %t : !qimeng.channel<tensor<4xf32>>
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) grid(1) {
  %t = arith.constant dense<0.0> : tensor<4xf32>
  %true = arith.constant true
  %c0 = arith.constant 0 : index
  %c = qimeng.channel stages(1) : !qimeng.channel<tensor<4xf32>>
  qimeng.role producer warps(1) {
  }
  // expected-error @below {{must be inside a role, because the kernel has roles}}
  %u = qimeng.take %c : !qimeng.channel<tensor<4xf32>>
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) grid(1) {
  %t = arith.constant dense<0.0> : tensor<4xf32>
  %true = arith.constant true
  %c0 = arith.constant 0 : index
  %c = qimeng.channel stages(1) : !qimeng.channel<tensor<4xf32>>
  qimeng.role producer warps(1) {
  }
  // expected-error @below {{must be inside a role, because the kernel has roles}}
  qimeng.release %c : !qimeng.channel<tensor<4xf32>>
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) grid(1) {
  %t = arith.constant dense<0.0> : tensor<4xf32>
  %true = arith.constant true
  %c0 = arith.constant 0 : index
  %c = qimeng.channel stages(1) : !qimeng.channel<tensor<4xf32>>
  qimeng.role producer warps(1) {
  }
  // expected-error @below {{must be inside a role, because the kernel has roles}}
  scf.if %true {
  }
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) grid(1) {
  %t = arith.constant dense<0.0> : tensor<4xf32>
  %true = arith.constant true
  %c0 = arith.constant 0 : index
  %c = qimeng.channel stages(1) : !qimeng.channel<tensor<4xf32>>
  qimeng.role producer warps(1) {
  }
  // expected-error @below {{must be inside a role, because the kernel has roles}}
  scf.for %i = %c0 to %c0 step %c0 {
  }
}

// -----

func.func @host(%a: memref<4xf32>, %b: memref<8xf32>) {
  // expected-error @below {{names no qimeng.kernel: @k}}
  qimeng.launch @k(%a) : memref<4xf32>
  return
}

// -----

func.func @host(%a: memref<4xf32>, %b: memref<8xf32>) {
  // expected-error @below {{names no qimeng.kernel: @host}}
  qimeng.launch @host(%a) : memref<4xf32>
  return
}

// -----

qimeng.kernel @k(%x: memref<4xf32>, %y: memref<4xf32>) {
  %t = qimeng.load %x : memref<4xf32> -> tensor<4xf32>
  qimeng.store %t, %y : tensor<4xf32>, memref<4xf32>
}
func.func @host(%a: memref<4xf32>, %b: memref<8xf32>) {
  // expected-error @below {{kernel @k takes 2 operands, found 1}}
  qimeng.launch @k(%a) : memref<4xf32>
  return
}

// -----

qimeng.kernel @k(%x: memref<4xf32>, %y: memref<4xf32>) {
  %t = qimeng.load %x : memref<4xf32> -> tensor<4xf32>
  qimeng.store %t, %y : tensor<4xf32>, memref<4xf32>
}
func.func @host(%a: memref<4xf32>, %b: memref<8xf32>) {
  // expected-error @below {{operand 1 must be of type 'memref<4xf32>', found 'memref<8xf32>'}}
  qimeng.launch @k(%a, %b) : memref<4xf32>, memref<8xf32>
  return
}

// -----

qimeng.kernel @k(%x: memref<4xf32>, %y: memref<4xf32>) {
  %t = qimeng.load %x : memref<4xf32> -> tensor<4xf32>
  qimeng.store %t, %y : tensor<4xf32>, memref<4xf32>
}
func.func @host(%a: memref<4xf32>, %b: memref<8xf32>) {
  // expected-error @below {{operand 1 is written and must not be given twice, found it as operand 0 too}}
  qimeng.launch @k(%a, %a) : memref<4xf32>, memref<4xf32>
  return
}

// -----

func.func @f() {
  // expected-error @below {{must be inside a qimeng.kernel}}
  %p = qimeng.program_id 0
  return
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  // expected-error @below {{asks for grid dimension 0, but the grid has 0}}
  %p = qimeng.program_id 0
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) grid(1, 2) {
  // expected-error @below {{asks for grid dimension 2, but the grid has 2}}
  %p = qimeng.program_id 2
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) grid(1) {
  // expected-error @below {{attribute 'dim' failed to satisfy constraint: 64-bit signless integer attribute whose value is non-negative}}
  %p = qimeng.program_id -1
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) grid(1) {
  // expected-error @below {{warps must be from 1 to 32, found 0}}
  qimeng.role producer warps(0) {
  }
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) grid(1) {
  // expected-error @below {{warps must be from 1 to 32, found 33}}
  qimeng.role producer warps(33) {
  }
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) grid(1) {
  // expected-error @below {{registers must be a multiple of 8 from 24 to 256 (or 0), found 16}}
  qimeng.role producer warps(4) registers(16) {
  }
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) grid(1) {
  // expected-error @below {{registers must be a multiple of 8 from 24 to 256 (or 0), found 25}}
  qimeng.role producer warps(4) registers(25) {
  }
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) grid(1) {
  // expected-error @below {{registers must be a multiple of 8 from 24 to 256 (or 0), found 264}}
  qimeng.role producer warps(4) registers(264) {
  }
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) grid(1) {
  qimeng.role producer warps(4) {
    // expected-error @below {{'qimeng.role' op expects parent op 'qimeng.kernel'}}
    qimeng.role producer warps(4) {
    }
  }
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  // expected-error @below {{the view's elements must be 'f32', found 'f16'}}
  %v = qimeng.view %x by affine_map<(d0) -> (d0, d0)> : memref<4x8xf32> -> !qimeng.view<4xf16>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  // expected-error @below {{the map must not have symbols}}
  %v = qimeng.view %x by affine_map<(d0)[s0] -> (d0, s0)> : memref<4x8xf32> -> !qimeng.view<4xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  // expected-error @below {{the map must take 2 indices, one per dimension of the view, found 1}}
  %v = qimeng.view %x by affine_map<(d0) -> (d0, d0)> : memref<4x8xf32> -> !qimeng.view<4x4xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  // expected-error @below {{the map must give 2 indices, one per dimension of the operand, found 1}}
  %v = qimeng.view %x by affine_map<(d0) -> (d0)> : memref<4x8xf32> -> !qimeng.view<4xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  // expected-error @below {{the tile must have rank 2 like the operand or view, found 1}}
  %t = qimeng.load %x : memref<4x8xf32> -> tensor<4xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{expected 2 offsets or none, found 1}}
  %t = qimeng.load %x[%c0] : memref<4x8xf32> -> tensor<4x8xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  // expected-error @below {{the tile's elements must be 'f32', found 'f16'}}
  %t = qimeng.load %x : memref<4x8xf32> -> tensor<4x8xf16>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  // expected-error @below {{result #0 must be statically shaped tensor of floating-point or signless integer or index values}}
  %t = qimeng.load %x : memref<4x8xf32> -> tensor<4x?xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0.0> : tensor<4xf32>
  // expected-error @below {{the tile must have rank 2 like the operand or view, found 1}}
  qimeng.store %t, %x : tensor<4xf32>, memref<4x8xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %c0 = arith.constant 0 : index
  %t = arith.constant dense<0.0> : tensor<4x8xf32>
  // expected-error @below {{expected 2 offsets or none, found 3}}
  qimeng.store %t, %x[%c0, %c0, %c0] : tensor<4x8xf32>, memref<4x8xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0> : tensor<4x8xi32>
  // expected-error @below {{the tile's elements must be 'f32', found 'i32'}}
  qimeng.store %t, %x : tensor<4x8xi32>, memref<4x8xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %i = qimeng.iota dim 0 : tensor<4xindex>
  // expected-error @below {{expected 2 index tiles, found 1}}
  %t = qimeng.gather %x[%i] : memref<4x8xf32>, tensor<4xindex> -> tensor<4xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %i = qimeng.iota dim 0 : tensor<4xindex>
  // expected-error @below {{index tiles must have the result's shape}}
  %t = qimeng.gather %x[%i, %i] : memref<4x8xf32>, tensor<4xindex>, tensor<4xindex> -> tensor<8xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %i = qimeng.iota dim 0 : tensor<4xindex>
  // expected-error @below {{the tile's elements must be 'f32', found 'i32'}}
  %t = qimeng.gather %x[%i, %i] : memref<4x8xf32>, tensor<4xindex>, tensor<4xindex> -> tensor<4xi32>
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) {
  %a = arith.constant dense<0.0> : tensor<4xf32>
  %b = arith.constant dense<0.0> : tensor<4x4xf32>
  %z = arith.constant dense<0.0> : tensor<4x4xf32>
  // expected-error @below {{operands must have one rank of at least 2, found 1, 2 and 2}}
  %d = qimeng.dot %a, %b, %z : tensor<4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) {
  %a = arith.constant dense<0.0> : tensor<4xf32>
  %b = arith.constant dense<0.0> : tensor<4xf32>
  %z = arith.constant dense<0.0> : tensor<4xf32>
  // expected-error @below {{operands must have one rank of at least 2, found 1, 1 and 1}}
  %d = qimeng.dot %a, %b, %z : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) {
  %a = arith.constant dense<0.0> : tensor<2x4x8xf32>
  %b = arith.constant dense<0.0> : tensor<3x8x4xf32>
  %z = arith.constant dense<0.0> : tensor<2x4x4xf32>
  // expected-error @below {{batch dimension 0 must agree, found 2, 3 and 2}}
  %d = qimeng.dot %a, %b, %z : tensor<2x4x8xf32>, tensor<3x8x4xf32> -> tensor<2x4x4xf32>
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) {
  %a = arith.constant dense<0.0> : tensor<4x8xf32>
  %b = arith.constant dense<0.0> : tensor<8x4xf32>
  %z = arith.constant dense<0.0> : tensor<2x4xf32>
  // expected-error @below {{M must agree, found 4 and 2}}
  %d = qimeng.dot %a, %b, %z : tensor<4x8xf32>, tensor<8x4xf32> -> tensor<2x4xf32>
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) {
  %a = arith.constant dense<0.0> : tensor<4x8xf32>
  %b = arith.constant dense<0.0> : tensor<8x4xf32>
  %z = arith.constant dense<0.0> : tensor<4x8xf32>
  // expected-error @below {{N must agree, found 4 and 8}}
  %d = qimeng.dot %a, %b, %z : tensor<4x8xf32>, tensor<8x4xf32> -> tensor<4x8xf32>
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) {
  %a = arith.constant dense<0.0> : tensor<4x8xf32>
  %b = arith.constant dense<0.0> : tensor<16x4xf32>
  %z = arith.constant dense<0.0> : tensor<4x4xf32>
  // expected-error @below {{K must agree, found 8 and 16}}
  %d = qimeng.dot %a, %b, %z : tensor<4x8xf32>, tensor<16x4xf32> -> tensor<4x4xf32>
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) {
  %a = arith.constant dense<0.0> : tensor<4x8xf16>
  %b = arith.constant dense<0.0> : tensor<8x4xbf16>
  %z = arith.constant dense<0.0> : tensor<4x4xf32>
  // expected-error @below {{both factors must have one element type, found 'f16' and 'bf16'}}
  %d = qimeng.dot %a, %b, %z : tensor<4x8xf16>, tensor<8x4xbf16> -> tensor<4x4xf32>
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) {
  %a = arith.constant dense<0> : tensor<4x8xi8>
  %b = arith.constant dense<0> : tensor<8x4xi8>
  %z = arith.constant dense<0.0> : tensor<4x4xf32>
  // expected-error @below {{factors and accumulator must both be floats or both be integers, found 'i8' and 'f32'}}
  %d = qimeng.dot %a, %b, %z : tensor<4x8xi8>, tensor<8x4xi8> -> tensor<4x4xf32>
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) {
  %a = arith.constant dense<0.0> : tensor<4x8xf32>
  %b = arith.constant dense<0.0> : tensor<8x4xf32>
  %z = arith.constant dense<0.0> : tensor<4x4xf16>
  // expected-error @below {{the accumulator must be at least as wide as the factors, found 'f32' and 'f16'}}
  %d = qimeng.dot %a, %b, %z : tensor<4x8xf32>, tensor<8x4xf32> -> tensor<4x4xf16>
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) {
  %a = arith.constant dense<0.0> : tensor<4x8xf16>
  %b = arith.constant dense<0.0> : tensor<8x4xf16>
  %z = arith.constant dense<0.0> : tensor<4x4xf32>
  // expected-error @below {{precision(tf32) needs f32 factors, found 'f16'}}
  %d = qimeng.dot %a, %b, %z precision <tf32> : tensor<4x8xf16>, tensor<8x4xf16> -> tensor<4x4xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  // expected-error @below {{invalid kind of type specified: expected builtin.tensor, but found 'memref<4x8xf32>'}}
  %r = qimeng.reduce add %x axes [1] : memref<4x8xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0.0> : tensor<4x8xf32>
  // expected-error @below {{axis 2 is outside 0..1}}
  %r = qimeng.reduce add %t axes [2] : tensor<4x8xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0.0> : tensor<4x8xf32>
  // expected-error @below {{axes must ascend, found 0 after 1}}
  %r = qimeng.reduce add %t axes [1, 0] : tensor<4x8xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0.0> : tensor<4x8xf32>
  // expected-error @below {{axes must ascend, found 1 after 1}}
  %r = qimeng.reduce add %t axes [1, 1] : tensor<4x8xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0.0> : tensor<4x8xf32>
  // expected-error @below {{'xor' does not combine elements of type 'f32'}}
  %r = qimeng.reduce xor %t axes [1] : tensor<4x8xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0> : tensor<4x8xi32>
  // expected-error @below {{'maxnum' does not combine elements of type 'i32'}}
  %r = qimeng.reduce maxnum %t axes [1] : tensor<4x8xi32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0.0> : tensor<4x8xf32>
  // expected-error @below {{axis 2 is outside 0..1}}
  %r = qimeng.scan add %t axis 2 : tensor<4x8xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0.0> : tensor<4x8xf32>
  // expected-error @below {{'and' does not combine elements of type 'f32'}}
  %r = qimeng.scan and %t axis 0 : tensor<4x8xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0.0> : tensor<4x8xf32>
  // expected-error @below {{axis 3 is outside 0..2}}
  %r = qimeng.broadcast %t axes [3] : tensor<4x8xf32> -> tensor<4x8x2xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0.0> : tensor<4x8xf32>
  // expected-error @below {{axes must ascend, found 0 after 1}}
  %r = qimeng.broadcast %t axes [1, 0] : tensor<4x8xf32> -> tensor<4x8x2x2xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0.0> : tensor<4x8xf32>
  // expected-error @below {{the input must have the result's shape without the axes}}
  %r = qimeng.broadcast %t axes [0] : tensor<4x8xf32> -> tensor<2x8x4xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0.0> : tensor<4x8xf32>
  // expected-error @below {{input and result must have one element type}}
  %r = qimeng.broadcast %t axes [0] : tensor<4x8xf32> -> tensor<2x4x8xf16>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0.0> : tensor<4x8xf32>
  // expected-error @below {{expected a permutation of 2 dimensions}}
  %r = qimeng.transpose %t [0, 0] : tensor<4x8xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0.0> : tensor<4x8xf32>
  // expected-error @below {{expected a permutation of 2 dimensions}}
  %r = qimeng.transpose %t [0] : tensor<4x8xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0.0> : tensor<4x8xf32>
  // expected-error @below {{expected a permutation of 2 dimensions}}
  %r = qimeng.transpose %t [0, 2] : tensor<4x8xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  // expected-error @below {{dimension 1 is outside 0..0}}
  %i = qimeng.iota dim 1 : tensor<4xindex>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  // expected-error @below {{result #0 must be statically shaped tensor of index values}}
  %i = qimeng.iota dim 0 : tensor<4xi32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %z = arith.constant dense<0.0> : tensor<f32>
  // expected-error @below {{needs at least one input}}
  %r = qimeng.fold axes [] ins() inits(%z : tensor<f32>) {
  ^bb0(%a: f32):
    qimeng.yield %a : f32
  }
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0.0> : tensor<4x8xf32>
  %z = arith.constant dense<0.0> : tensor<4xf32>
  %w = arith.constant dense<0.0> : tensor<8xf32>
  // expected-error @below {{axis 2 is outside 0..1}}
  %r = qimeng.fold axes [2] ins(%t : tensor<4x8xf32>) inits(%z : tensor<4xf32>) {
  ^bb0(%e: f32, %a: f32):
    qimeng.yield %e : f32
  }
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0.0> : tensor<4x8xf32>
  %z = arith.constant dense<0.0> : tensor<4xf32>
  %w = arith.constant dense<0.0> : tensor<8xf32>
  // expected-error @below {{inputs must have one shape}}
  %r = qimeng.fold axes [1] ins(%t, %z : tensor<4x8xf32>, tensor<4xf32>) inits(%z : tensor<4xf32>) {
  ^bb0(%e: f32, %f: f32, %a: f32):
    qimeng.yield %e : f32
  }
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0.0> : tensor<4x8xf32>
  %z = arith.constant dense<0.0> : tensor<4xf32>
  %w = arith.constant dense<0.0> : tensor<8xf32>
  // expected-error @below {{accumulators must have the inputs' shape without the axes}}
  %r = qimeng.fold axes [1] ins(%t : tensor<4x8xf32>) inits(%w : tensor<8xf32>) {
  ^bb0(%e: f32, %a: f32):
    qimeng.yield %e : f32
  }
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0.0> : tensor<4x8xf32>
  %z = arith.constant dense<0.0> : tensor<4xf32>
  %w = arith.constant dense<0.0> : tensor<8xf32>
  // expected-error @below {{the body must take one element of every input and every accumulator}}
  %r = qimeng.fold axes [1] ins(%t : tensor<4x8xf32>) inits(%z : tensor<4xf32>) {
  ^bb0(%e: f32):
    qimeng.yield %e : f32
  }
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0.0> : tensor<4x8xf32>
  %z = arith.constant dense<0.0> : tensor<4xf32>
  %w = arith.constant dense<0.0> : tensor<8xf32>
  // expected-error @below {{the body must take one element of every input and every accumulator}}
  %r = qimeng.fold axes [1] ins(%t : tensor<4x8xf32>) inits(%z : tensor<4xf32>) {
  ^bb0(%e: f32, %a: f16):
    qimeng.yield %e : f32
  }
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0.0> : tensor<4x8xf32>
  %z = arith.constant dense<0.0> : tensor<4xf32>
  %w = arith.constant dense<0.0> : tensor<8xf32>
  // expected-error @below {{the body must yield one element of every accumulator}}
  %r = qimeng.fold axes [1] ins(%t : tensor<4x8xf32>) inits(%z : tensor<4xf32>) {
  ^bb0(%e: f32, %a: f32):
    qimeng.yield
  }
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0.0> : tensor<4x8xf32>
  %z = arith.constant dense<0.0> : tensor<4xf32>
  // expected-error @below {{results must have the accumulators' types}}
  %r = "qimeng.fold"(%t, %z) <{axes = array<i64: 1>, operandSegmentSizes = array<i32: 1, 1>}> ({
  ^bb0(%e: f32, %a: f32):
    qimeng.yield %e : f32
  }) : (tensor<4x8xf32>, tensor<4xf32>) -> tensor<4xf16>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) {
  %t = arith.constant dense<0.0> : tensor<4x8xf32>
  // expected-error @below {{'qimeng.yield' op expects parent op 'qimeng.fold'}}
  qimeng.yield %t : tensor<4x8xf32>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) grid(1) {
  // expected-error @below {{attribute 'stages' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  %c = qimeng.channel stages(0) : !qimeng.channel<tensor<4xf32>>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) grid(1) {
  // expected-error @below {{expected one layout per tile (2), found 1}}
  %c = qimeng.channel stages(1) layouts [#qimeng.layout<>] : !qimeng.channel<tensor<4xf32>, tensor<4xf32>>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) grid(1) {
  // expected-error @below {{layout #qimeng.layout<major = 1> names no dimension of 'tensor<4xf32>'}}
  %c = qimeng.channel stages(1) layouts [#qimeng.layout<major = 1>] : !qimeng.channel<tensor<4xf32>>
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) grid(1) {
  // expected-error @below {{can only be used by put, take and release}}
  %c = qimeng.channel stages(1) : !qimeng.channel<tensor<4xf32>>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %d = scf.for %i = %c0 to %c1 step %c1 iter_args(%a = %c) -> !qimeng.channel<tensor<4xf32>> {
    scf.yield %a : !qimeng.channel<tensor<4xf32>>
  }
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %c1 step %c1 {
    // expected-error @below {{'qimeng.channel' op expects parent op 'qimeng.kernel'}}
    %c = qimeng.channel stages(1) : !qimeng.channel<tensor<4xf32>>
  }
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) grid(1) {
  %c = qimeng.channel stages(1) : !qimeng.channel<tensor<4xf32>>
  %t = arith.constant dense<0.0> : tensor<8xf32>
  // expected-error @below {{failed to verify that the tiles have the channel's types}}
  "qimeng.put"(%c, %t) : (!qimeng.channel<tensor<4xf32>>, tensor<8xf32>) -> ()
}

// -----

qimeng.kernel @k(%x: memref<4x8xf32>) grid(1) {
  %c = qimeng.channel stages(1) : !qimeng.channel<tensor<4xf32>>
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @below {{inferred type(s) 'tensor<4xf32>' are incompatible with return type(s) of operation 'tensor<8xf32>'}}
  %t = "qimeng.take"(%c) : (!qimeng.channel<tensor<4xf32>>) -> tensor<8xf32>
}

// -----

// expected-error @below {{a grid has at most 2^31 - 1 programs, found more}}
qimeng.kernel @k(%x: memref<4xf32>) grid(65536, 32768) {
}

// -----

// expected-error @below {{its raster of 2147483648 makes groups of more than 2^31 - 1 programs}}
qimeng.kernel @k(%x: memref<4xf32>) grid(4, 4) schedule<raster = 2147483648> {
}

// -----

// expected-error @below {{has too many persistent blocks (2147483646)}}
qimeng.kernel @k(%x: memref<4xf32>) grid(4) schedule<persistent = 2147483646> {
}

// -----

// expected-error @below {{grid dimension 0 must be a multiple of the cluster of 2 blocks, found 3}}
qimeng.kernel @k(%x: memref<4xf32>) grid(3, 4) schedule<cluster = 2> {
}

// -----

// expected-error @below {{grid dimension 0 must be a multiple of the cluster of 2 blocks, found 1}}
qimeng.kernel @k(%x: memref<4xf32>) grid() schedule<cluster = 2> {
}

// -----

// expected-error @below {{the number of persistent blocks must be a multiple of the cluster of 4 blocks, found 6}}
qimeng.kernel @k(%x: memref<4xf32>) grid(8) schedule<persistent = 6, cluster = 4> {
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) grid(4) {
  %p = qimeng.program_id 0
  // expected-error @below {{divides by what is no positive constant in affine_map<(d0) -> (d0 mod 0)>}}
  %i = affine.apply affine_map<(d0) -> (d0 mod 0)>(%p)
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) grid(4) {
  %p = qimeng.program_id 0
  // expected-error @below {{divides by what is no positive constant}}
  %i = affine.max affine_map<(d0)[s0] -> (d0 floordiv s0, 1)>(%p)[%p]
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) grid(4) {
  // expected-error @below {{divides by what is no positive constant}}
  %v = qimeng.view %x by affine_map<(d0) -> (d0 ceildiv -2)> padded : memref<4xf32> -> !qimeng.view<4xf32>
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @below {{compares its counter as unsigned; loops of kernels are signed}}
  scf.for unsigned %i = %c0 to %c1 step %c1 {
  }
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) {
  // expected-error @below {{has a tile of more than 2^48 elements}}
  %t = arith.constant dense<0.0> : tensor<4294967296x4294967296xf32>
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) grid(1) {
  // expected-error @below {{has at most 1024 stages, found 4611686018427387904}}
  %c = qimeng.channel stages(4611686018427387904) : !qimeng.channel<tensor<4xf32>>
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) grid(4) {
  // expected-error @below {{in registers has no layouts in shared memory}}
  %c = qimeng.channel stages(1) in <register> layouts [#qimeng.layout<pad = 16>] : <tensor<4xf32>>
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) grid(1) {
  // expected-error @below {{in registers must stay in one role: no thread sees another's registers}}
  %c = qimeng.channel stages(1) in <register> : <tensor<4xf32>>
  qimeng.role producer warps(4) {
    %c0 = arith.constant 0 : index
    %t = qimeng.load %x[%c0] : memref<4xf32> -> tensor<4xf32>
    qimeng.put %c, %t : <tensor<4xf32>>
  }
  qimeng.role consumer warps(4) {
    %t = qimeng.take %c : <tensor<4xf32>>
    qimeng.release %c : <tensor<4xf32>>
  }
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{operand #0 must be statically shaped tensor}}
  %r = "qimeng.transpose"(%c0) <{permutation = array<i64: 0>}> : (index) -> tensor<4xf32>
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{operand #0 must be a first-in first-out buffer of tiles}}
  %r = "qimeng.take"(%c0) : (index) -> tensor<4xf32>
}

// -----

qimeng.kernel @k(%x: memref<4xf32>) grid(1) {
  // expected-error @+2 {{expected non-function type}}
  // expected-error @below {{failed to parse QiMeng_ChannelType parameter 'tiles'}}
  %c = qimeng.channel stages(1) : <>
}
