// Kernel programs, by name, each with tiles of powers of two.

// Reductions of every kind of layout: along lanes, registers, warps; fewer
// elements than threads; all of a tile.
qimeng.kernel @reductions(%X: memref<40x100xf32>, %R: memref<64xf32>, %C: memref<128xf32>, %A: memref<f32>, %P: memref<64xf32>) grid(1) schedule<warps = 8> {
  %c0 = arith.constant 0 : index
  %x = qimeng.load %X[%c0, %c0] masked : memref<40x100xf32> -> tensor<64x128xf32>
  %r = qimeng.reduce add %x axes [1] : tensor<64x128xf32>
  qimeng.store %r, %R : tensor<64xf32>, memref<64xf32>
  %c = qimeng.reduce max %x axes [0] : tensor<64x128xf32>
  qimeng.store %c, %C : tensor<128xf32>, memref<128xf32>
  %a = qimeng.reduce min %x axes [0, 1] : tensor<64x128xf32>
  qimeng.store %a, %A : tensor<f32>, memref<f32>
  %t = qimeng.transpose %x [1, 0] : tensor<64x128xf32>
  %p = qimeng.reduce maxnum %t axes [0] : tensor<128x64xf32>
  qimeng.store %p, %P : tensor<64xf32>, memref<64xf32>
}

qimeng.kernel @reductions_few(%X: memref<2x4xf32>, %R: memref<2xf32>, %C: memref<4xf32>, %A: memref<f32>) grid(1) schedule<warps = 4> {
  %c0 = arith.constant 0 : index
  %x = qimeng.load %X[%c0, %c0] : memref<2x4xf32> -> tensor<2x4xf32>
  %r = qimeng.reduce add %x axes [1] : tensor<2x4xf32>
  qimeng.store %r, %R : tensor<2xf32>, memref<2xf32>
  %c = qimeng.reduce mul %x axes [0] : tensor<2x4xf32>
  qimeng.store %c, %C : tensor<4xf32>, memref<4xf32>
  %a = qimeng.reduce max %x axes [0, 1] : tensor<2x4xf32>
  qimeng.store %a, %A : tensor<f32>, memref<f32>
}

qimeng.kernel @reductions_types(%H: memref<32x64xf16>, %B: memref<32x64xi8>, %I: memref<32x64xi1>, %L: memref<32x64xi64>, %D: memref<32x64xf64>,
                                %h: memref<32xf16>, %b: memref<32xi8>, %i: memref<32xi1>, %l: memref<32xi64>, %d: memref<32xf64>, %hc: memref<64xf16>, %ic: memref<64xi1>, %lc: memref<64xi64>) grid(1) schedule<warps = 4> {
  %c0 = arith.constant 0 : index
  %0 = qimeng.load %H[%c0, %c0] : memref<32x64xf16> -> tensor<32x64xf16>
  %1 = qimeng.load %B[%c0, %c0] : memref<32x64xi8> -> tensor<32x64xi8>
  %2 = qimeng.load %I[%c0, %c0] : memref<32x64xi1> -> tensor<32x64xi1>
  %3 = qimeng.load %L[%c0, %c0] : memref<32x64xi64> -> tensor<32x64xi64>
  %4 = qimeng.load %D[%c0, %c0] : memref<32x64xf64> -> tensor<32x64xf64>
  %5 = qimeng.reduce max %0 axes [1] : tensor<32x64xf16>
  %6 = qimeng.reduce xor %1 axes [1] : tensor<32x64xi8>
  %7 = qimeng.reduce or %2 axes [1] : tensor<32x64xi1>
  %8 = qimeng.reduce add %3 axes [1] : tensor<32x64xi64>
  %9 = qimeng.reduce min %4 axes [1] : tensor<32x64xf64>
  qimeng.store %5, %h : tensor<32xf16>, memref<32xf16>
  qimeng.store %6, %b : tensor<32xi8>, memref<32xi8>
  qimeng.store %7, %i : tensor<32xi1>, memref<32xi1>
  qimeng.store %8, %l : tensor<32xi64>, memref<32xi64>
  qimeng.store %9, %d : tensor<32xf64>, memref<32xf64>
  %10 = qimeng.reduce maxnum %0 axes [0] : tensor<32x64xf16>
  %11 = qimeng.reduce and %2 axes [0] : tensor<32x64xi1>
  %12 = qimeng.reduce maxu %3 axes [0] : tensor<32x64xi64>
  qimeng.store %10, %hc : tensor<64xf16>, memref<64xf16>
  qimeng.store %11, %ic : tensor<64xi1>, memref<64xi1>
  qimeng.store %12, %lc : tensor<64xi64>, memref<64xi64>
}

// Scans along lanes, registers and warps, both ways, with and without the
// element itself; fewer elements than threads.
qimeng.kernel @scans(%X: memref<16x256xf32>, %I: memref<256x16xi32>, %a: memref<16x256xf32>, %b: memref<16x256xf32>, %c: memref<256x16xi32>, %d: memref<256x16xi32>, %e: memref<8xi32>, %S: memref<8xi32>) grid(1) schedule<warps = 8> {
  %c0 = arith.constant 0 : index
  %x = qimeng.load %X[%c0, %c0] : memref<16x256xf32> -> tensor<16x256xf32>
  %0 = qimeng.scan add %x axis 1 : tensor<16x256xf32>
  qimeng.store %0, %a : tensor<16x256xf32>, memref<16x256xf32>
  %1 = qimeng.scan max %x axis 1 exclusive reverse : tensor<16x256xf32>
  qimeng.store %1, %b : tensor<16x256xf32>, memref<16x256xf32>
  %i = qimeng.load %I[%c0, %c0] : memref<256x16xi32> -> tensor<256x16xi32>
  %2 = qimeng.scan add %i axis 0 exclusive : tensor<256x16xi32>
  qimeng.store %2, %c : tensor<256x16xi32>, memref<256x16xi32>
  %3 = qimeng.scan min %i axis 0 reverse : tensor<256x16xi32>
  qimeng.store %3, %d : tensor<256x16xi32>, memref<256x16xi32>
  %s = qimeng.load %S[%c0] : memref<8xi32> -> tensor<8xi32>
  %4 = qimeng.scan mul %s axis 0 : tensor<8xi32>
  qimeng.store %4, %e : tensor<8xi32>, memref<8xi32>
}

qimeng.kernel @scans_types(%H: memref<4x128xf16>, %L: memref<4x128xi64>, %B: memref<128x4xi1>, %h: memref<4x128xf16>, %l: memref<4x128xi64>, %b: memref<128x4xi1>) grid(1) schedule<warps = 4> {
  %c0 = arith.constant 0 : index
  %0 = qimeng.load %H[%c0, %c0] : memref<4x128xf16> -> tensor<4x128xf16>
  %1 = qimeng.load %L[%c0, %c0] : memref<4x128xi64> -> tensor<4x128xi64>
  %2 = qimeng.load %B[%c0, %c0] : memref<128x4xi1> -> tensor<128x4xi1>
  %3 = qimeng.scan max %0 axis 1 : tensor<4x128xf16>
  %4 = qimeng.scan xor %1 axis 1 reverse : tensor<4x128xi64>
  %5 = qimeng.scan or %2 axis 0 : tensor<128x4xi1>
  qimeng.store %3, %h : tensor<4x128xf16>, memref<4x128xf16>
  qimeng.store %4, %l : tensor<4x128xi64>, memref<4x128xi64>
  qimeng.store %5, %b : tensor<128x4xi1>, memref<128x4xi1>
}

// Folds: two results of unlike types; over a middle axis; down to one element.
qimeng.kernel @folds(%X: memref<8x64xf32>, %V: memref<8xf32>, %W: memref<8xi64>, %M: memref<4x16x8xi32>, %N: memref<4x8xi32>, %T: memref<f32>) grid(1) schedule<warps = 2> {
  %c0 = arith.constant 0 : index
  %x = qimeng.load %X[%c0, %c0] : memref<8x64xf32> -> tensor<8x64xf32>
  %j = qimeng.iota dim 1 : tensor<8x64xindex>
  %low = arith.constant dense<0xFF800000> : tensor<8xf32>
  %none = arith.constant dense<0> : tensor<8xi64>
  %best:2 = qimeng.fold axes [1] ins(%x, %j : tensor<8x64xf32>, tensor<8x64xindex>) inits(%low, %none : tensor<8xf32>, tensor<8xi64>) {
  ^bb0(%e: f32, %at: index, %b: f32, %a: i64):
    %i = arith.index_cast %at : index to i64
    %g = arith.cmpf ogt, %e, %b : f32
    %b2 = arith.select %g, %e, %b : f32
    %a2 = arith.select %g, %i, %a : i64
    qimeng.yield %b2, %a2 : f32, i64
  }
  qimeng.store %best#0, %V : tensor<8xf32>, memref<8xf32>
  qimeng.store %best#1, %W : tensor<8xi64>, memref<8xi64>
  %m = qimeng.load %M[%c0, %c0, %c0] : memref<4x16x8xi32> -> tensor<4x16x8xi32>
  %one = arith.constant dense<1> : tensor<4x8xi32>
  %n = qimeng.fold axes [1] ins(%m : tensor<4x16x8xi32>) inits(%one : tensor<4x8xi32>) {
  ^bb0(%e: i32, %acc: i32):
    %three = arith.constant 3 : i32
    %s = arith.muli %acc, %three : i32
    %t = arith.subi %s, %e : i32
    qimeng.yield %t : i32
  }
  qimeng.store %n, %N : tensor<4x8xi32>, memref<4x8xi32>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %t = qimeng.fold axes [0, 1] ins(%x : tensor<8x64xf32>) inits(%zero : tensor<f32>) {
  ^bb0(%e: f32, %acc: f32):
    %half = arith.constant 0.5 : f32
    %s = arith.mulf %acc, %half : f32
    %u = arith.addf %s, %e : f32
    qimeng.yield %u : f32
  }
  qimeng.store %t, %T : tensor<f32>, memref<f32>
}

// Elements at computed indices, some outside.
qimeng.kernel @gathers(%X: memref<20x30xf32>, %B: memref<20xi1>, %Y: memref<8x64xf32>, %Z: memref<64xi1>) grid(1) schedule<warps = 4> {
  %c3 = arith.constant 3 : index
  %i = qimeng.iota dim 0 : tensor<8x64xindex>
  %j = qimeng.iota dim 1 : tensor<8x64xindex>
  %five = arith.constant dense<5> : tensor<8x64xindex>
  %r = arith.muli %i, %five : tensor<8x64xindex>
  %c = arith.subi %j, %five : tensor<8x64xindex>
  %y = qimeng.gather %X[%r, %c] : memref<20x30xf32>, tensor<8x64xindex>, tensor<8x64xindex> -> tensor<8x64xf32>
  %c0 = arith.constant 0 : index
  qimeng.store %y, %Y[%c0, %c0] : tensor<8x64xf32>, memref<8x64xf32>
  %k = qimeng.iota %c3 dim 0 : tensor<64xindex>
  %z = qimeng.gather %B[%k] : memref<20xi1>, tensor<64xindex> -> tensor<64xi1>
  qimeng.store %z, %Z[%c0] : tensor<64xi1>, memref<64xi1>
}

// Views: windows that pass both ends, strides, reversed order, quotients and
// remainders; padded stores.
qimeng.kernel @views(%X: memref<50xf32>, %M: memref<12x10xf32>, %W: memref<64x4xf32>, %S: memref<16xf32>, %R: memref<32xf32>, %F: memref<128xf32>, %O: memref<29xf32>) grid(1) schedule<warps = 2> {
  %c0 = arith.constant 0 : index
  %w = qimeng.view %X by affine_map<(d0, d1) -> (d0 + d1 - 2)> padded : memref<50xf32> -> !qimeng.view<64x4xf32>
  %0 = qimeng.load %w[%c0, %c0] : !qimeng.view<64x4xf32> -> tensor<64x4xf32>
  qimeng.store %0, %W[%c0, %c0] : tensor<64x4xf32>, memref<64x4xf32>
  %s = qimeng.view %X by affine_map<(d0) -> (d0 * 3 + 1)> : memref<50xf32> -> !qimeng.view<16xf32>
  %1 = qimeng.load %s[%c0] : !qimeng.view<16xf32> -> tensor<16xf32>
  qimeng.store %1, %S[%c0] : tensor<16xf32>, memref<16xf32>
  %r = qimeng.view %X by affine_map<(d0) -> (-d0 + 40)> : memref<50xf32> -> !qimeng.view<32xf32>
  %2 = qimeng.load %r[%c0] : !qimeng.view<32xf32> -> tensor<32xf32>
  qimeng.store %2, %R[%c0] : tensor<32xf32>, memref<32xf32>
  %f = qimeng.view %M by affine_map<(d0) -> ((d0 - 7) floordiv 10, (d0 - 7) mod 10)> padded : memref<12x10xf32> -> !qimeng.view<128xf32>
  %3 = qimeng.load %f[%c0] : !qimeng.view<128xf32> -> tensor<128xf32>
  qimeng.store %3, %F[%c0] : tensor<128xf32>, memref<128xf32>
  %o = qimeng.view %O by affine_map<(d0) -> (d0 - 3)> padded : memref<29xf32> -> !qimeng.view<32xf32>
  qimeng.store %2, %o[%c0] : tensor<32xf32>, !qimeng.view<32xf32>
}

// Index tiles, rank-0 tiles, splats of scalars, masks, a loop that carries
// tiles made in one layout and wanted in another, a branch.
qimeng.kernel @mixed(%X: memref<100x60xf32>, %Y: memref<100x60xf32>, %T: memref<60x100xf32>, %I: memref<100x60xi64>, %K: memref<f32>) grid(4, 1) schedule<warps = 4> {
  %p = qimeng.program_id 0
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %m = affine.apply affine_map<(d0) -> (d0 * 32)>(%p)
  %k = qimeng.load %K : memref<f32> -> tensor<f32>
  %x = qimeng.load %X[%m, %c0] masked : memref<100x60xf32> -> tensor<32x64xf32>
  %kb = qimeng.broadcast %k axes [0, 1] : tensor<f32> -> tensor<32x64xf32>
  %r = scf.for %i = %c0 to %c3 step %c1 iter_args(%acc = %x) -> tensor<32x64xf32> {
    %ii = arith.index_cast %i : index to i32
    %f = arith.sitofp %ii : i32 to f32
    %s = tensor.splat %f : tensor<32x64xf32>
    %a = arith.addf %acc, %s : tensor<32x64xf32>
    %b = arith.mulf %a, %kb : tensor<32x64xf32>
    %rows = qimeng.reduce add %b axes [1] : tensor<32x64xf32>
    %rb = qimeng.broadcast %rows axes [1] : tensor<32xf32> -> tensor<32x64xf32>
    %d = arith.addf %b, %rb : tensor<32x64xf32>
    scf.yield %d : tensor<32x64xf32>
  }
  qimeng.store %r, %Y[%m, %c0] masked : tensor<32x64xf32>, memref<100x60xf32>
  %t = qimeng.transpose %x [1, 0] : tensor<32x64xf32>
  qimeng.store %t, %T[%c0, %m] masked : tensor<64x32xf32>, memref<60x100xf32>
  %i0 = qimeng.iota %m dim 0 : tensor<32x64xindex>
  %i1 = qimeng.iota dim 1 : tensor<32x64xindex>
  %seven = arith.constant dense<7> : tensor<32x64xindex>
  %i2 = arith.muli %i0, %seven : tensor<32x64xindex>
  %i3 = arith.addi %i2, %i1 : tensor<32x64xindex>
  %i4 = arith.index_cast %i3 : tensor<32x64xindex> to tensor<32x64xi64>
  qimeng.store %i4, %I[%m, %c0] masked : tensor<32x64xi64>, memref<100x60xi64>
}

// One store in one of two branches, with an exchange between threads in each.
qimeng.kernel @branches(%X: memref<64x64xf32>, %Y: memref<64x64xf32>) grid(2, 1) schedule<warps = 4> {
  %p = qimeng.program_id 0
  %c0 = arith.constant 0 : index
  %m = affine.apply affine_map<(d0) -> (d0 * 32)>(%p)
  %x = qimeng.load %X[%m, %c0] : memref<64x64xf32> -> tensor<32x64xf32>
  %first = arith.cmpi eq, %p, %c0 : index
  scf.if %first {
    %s = qimeng.scan add %x axis 0 : tensor<32x64xf32>
    qimeng.store %s, %Y[%m, %c0] : tensor<32x64xf32>, memref<64x64xf32>
  } else {
    %r = qimeng.reduce max %x axes [0] : tensor<32x64xf32>
    %b = qimeng.broadcast %r axes [0] : tensor<64xf32> -> tensor<32x64xf32>
    qimeng.store %b, %Y[%m, %c0] : tensor<32x64xf32>, memref<64x64xf32>
  }
}

// Every program of a grid of three dimensions, in groups, some of them short.
qimeng.kernel @raster(%X: memref<2x5x3x8xi32>, %Y: memref<2x5x3x8xi32>) grid(5, 2, 3) schedule<warps = 1, raster = 2> {
  %p = qimeng.program_id 0
  %b = qimeng.program_id 1
  %n = qimeng.program_id 2
  %c0 = arith.constant 0 : index
  %x = qimeng.load %X[%b, %p, %n, %c0] : memref<2x5x3x8xi32> -> tensor<1x1x1x8xi32>
  qimeng.store %x, %Y[%b, %p, %n, %c0] : tensor<1x1x1x8xi32>, memref<2x5x3x8xi32>
}

// The same by five blocks, four programs or fewer each.
qimeng.kernel @raster_persistent(%X: memref<7x6x32xf32>, %Y: memref<7x6x32xf32>) grid(7, 6) schedule<warps = 2, raster = 4, persistent = 5> {
  %p = qimeng.program_id 0
  %n = qimeng.program_id 1
  %c0 = arith.constant 0 : index
  %x = qimeng.load %X[%p, %n, %c0] : memref<7x6x32xf32> -> tensor<1x1x32xf32>
  %s = qimeng.scan add %x axis 2 reverse : tensor<1x1x32xf32>
  qimeng.store %s, %Y[%p, %n, %c0] : tensor<1x1x32xf32>, memref<7x6x32xf32>
}

// Two channels of unlike depth in one loop; a put before any loop; a put whose
// tile is computed; tiles that no product reads.
qimeng.kernel @channels(%X: memref<8x32x64xf32>, %H: memref<8x64xf16>, %Y: memref<8x32x64xf32>) grid(1) schedule<warps = 4> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c6 = arith.constant 6 : index
  %c8 = arith.constant 8 : index
  %a = qimeng.channel stages(3) : !qimeng.channel<tensor<1x32x64xf32>>
  %b = qimeng.channel stages(2) : !qimeng.channel<tensor<1x64xf16>>
  %c = qimeng.channel stages(1) : !qimeng.channel<tensor<1x32x64xf32>>
  %x0 = qimeng.load %X[%c0, %c0, %c0] : memref<8x32x64xf32> -> tensor<1x32x64xf32>
  qimeng.put %a, %x0 : !qimeng.channel<tensor<1x32x64xf32>>
  %x1 = qimeng.load %X[%c1, %c0, %c0] : memref<8x32x64xf32> -> tensor<1x32x64xf32>
  qimeng.put %a, %x1 : !qimeng.channel<tensor<1x32x64xf32>>
  scf.for %i = %c0 to %c8 step %c1 {
    %h = qimeng.load %H[%i, %c0] : memref<8x64xf16> -> tensor<1x64xf16>
    qimeng.put %b, %h : !qimeng.channel<tensor<1x64xf16>>
    %x = qimeng.take %a : !qimeng.channel<tensor<1x32x64xf32>>
    %more = arith.cmpi slt, %i, %c6 : index
    scf.if %more {
      %n = affine.apply affine_map<(d0) -> (d0 + 2)>(%i)
      %xn = qimeng.load %X[%n, %c0, %c0] : memref<8x32x64xf32> -> tensor<1x32x64xf32>
      qimeng.put %a, %xn : !qimeng.channel<tensor<1x32x64xf32>>
    }
    %g = qimeng.take %b : !qimeng.channel<tensor<1x64xf16>>
    %w = arith.extf %g : tensor<1x64xf16> to tensor<1x64xf32>
    %wb = qimeng.broadcast %w axes [1] : tensor<1x64xf32> -> tensor<1x32x64xf32>
    %s = arith.mulf %x, %wb : tensor<1x32x64xf32>
    qimeng.release %b : !qimeng.channel<tensor<1x64xf16>>
    qimeng.release %a : !qimeng.channel<tensor<1x32x64xf32>>
    qimeng.put %c, %s : !qimeng.channel<tensor<1x32x64xf32>>
    %y = qimeng.take %c : !qimeng.channel<tensor<1x32x64xf32>>
    %z = qimeng.scan add %y axis 1 : tensor<1x32x64xf32>
    qimeng.release %c : !qimeng.channel<tensor<1x32x64xf32>>
    qimeng.store %z, %Y[%i, %c0, %c0] : tensor<1x32x64xf32>, memref<8x32x64xf32>
  }
}

// Roles without products: the consumer's own exchanges, several puts a step.
qimeng.kernel @roles(%X: memref<16x64x32xf32>, %Y: memref<16x64x32xf32>) grid(4) schedule<warps = 4, persistent = 3> {
  %p = qimeng.program_id 0
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %a = qimeng.channel stages(2) : !qimeng.channel<tensor<1x64x32xf32>>
  qimeng.role producer warps(4) {
    scf.for %i = %c0 to %c4 step %c1 {
      %r = affine.apply affine_map<(d0, d1) -> (d0 * 4 + d1)>(%p, %i)
      %x = qimeng.load %X[%r, %c0, %c0] : memref<16x64x32xf32> -> tensor<1x64x32xf32>
      qimeng.put %a, %x : !qimeng.channel<tensor<1x64x32xf32>>
    }
  }
  qimeng.role consumer warps(4) {
    scf.for %i = %c0 to %c4 step %c1 {
      %r = affine.apply affine_map<(d0, d1) -> (d0 * 4 + d1)>(%p, %i)
      %x = qimeng.take %a : !qimeng.channel<tensor<1x64x32xf32>>
      %s = qimeng.scan add %x axis 1 : tensor<1x64x32xf32>
      qimeng.release %a : !qimeng.channel<tensor<1x64x32xf32>>
      %m = qimeng.reduce max %s axes [1] : tensor<1x64x32xf32>
      %b = qimeng.broadcast %m axes [1] : tensor<1x32xf32> -> tensor<1x64x32xf32>
      %d = arith.subf %s, %b : tensor<1x64x32xf32>
      qimeng.store %d, %Y[%r, %c0, %c0] : tensor<1x64x32xf32>, memref<16x64x32xf32>
    }
  }
}

// A producer whose rows are too odd for bulk copies.
qimeng.kernel @roles_odd(%X: memref<8x30x31xf16>, %Y: memref<8x30x31xf16>) grid(2) schedule<warps = 2> {
  %p = qimeng.program_id 0
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %a = qimeng.channel stages(3) : !qimeng.channel<tensor<1x32x32xf16>>
  qimeng.role producer warps(1) {
    scf.for %i = %c0 to %c4 step %c1 {
      %r = affine.apply affine_map<(d0, d1) -> (d0 * 4 + d1)>(%p, %i)
      %x = qimeng.load %X[%r, %c0, %c0] masked : memref<8x30x31xf16> -> tensor<1x32x32xf16>
      qimeng.put %a, %x : !qimeng.channel<tensor<1x32x32xf16>>
    }
  }
  qimeng.role consumer warps(2) {
    scf.for %i = %c0 to %c4 step %c1 {
      %r = affine.apply affine_map<(d0, d1) -> (d0 * 4 + d1)>(%p, %i)
      %x = qimeng.take %a : !qimeng.channel<tensor<1x32x32xf16>>
      %s = qimeng.scan max %x axis 1 exclusive : tensor<1x32x32xf16>
      qimeng.store %s, %Y[%r, %c0, %c0] masked : tensor<1x32x32xf16>, memref<8x30x31xf16>
      qimeng.release %a : !qimeng.channel<tensor<1x32x32xf16>>
    }
  }
}

// Masked tiles that begin before the start, and end after the end.
qimeng.kernel @offsets(%X: memref<40x24xf32>, %Y: memref<32x32xf32>, %Z: memref<24x40xf16>, %H: memref<40x24xf16>) grid(2, 2) schedule<warps = 2> {
  %p = qimeng.program_id 0
  %q = qimeng.program_id 1
  %m = affine.apply affine_map<(d0) -> (d0 * 32 - 9)>(%p)
  %n = affine.apply affine_map<(d0) -> (d0 * 16 - 8)>(%q)
  %x = qimeng.load %X[%m, %n] masked : memref<40x24xf32> -> tensor<16x16xf32>
  %i = affine.apply affine_map<(d0) -> (d0 * 16)>(%p)
  %j = affine.apply affine_map<(d0) -> (d0 * 16)>(%q)
  qimeng.store %x, %Y[%i, %j] masked : tensor<16x16xf32>, memref<32x32xf32>
  %v = qimeng.view %H by affine_map<(d0, d1) -> (d1, d0)> : memref<40x24xf16> -> !qimeng.view<24x40xf16>
  %k = affine.apply affine_map<(d0) -> (d0 * 16)>(%p)
  %l = affine.apply affine_map<(d0) -> (d0 * 32)>(%q)
  %h = qimeng.load %v[%k, %l] masked : !qimeng.view<24x40xf16> -> tensor<16x32xf16>
  qimeng.store %h, %Z[%k, %l] masked : tensor<16x32xf16>, memref<24x40xf16>
}

// A fold that moves nothing, with a branch, a loop and constants from outside.
qimeng.kernel @control(%X: memref<100xf32>, %I: memref<100xi32>, %Y: memref<100xf32>, %J: memref<100xi32>) grid(2) schedule<warps = 2> {
  %p = qimeng.program_id 0
  %m = affine.apply affine_map<(d0) -> (d0 * 64)>(%p)
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c5 = arith.constant 5 : index
  %half = arith.constant 0.5 : f32
  %zero = arith.constant 0 : i32
  %x = qimeng.load %X[%m] masked : memref<100xf32> -> tensor<64xf32>
  %i = qimeng.load %I[%m] masked : memref<100xi32> -> tensor<64xi32>
  %at = qimeng.iota %m dim 0 : tensor<64xindex>
  %start = arith.constant dense<1.0> : tensor<64xf32>
  %none = arith.constant dense<3> : tensor<64xi32>
  %r:2 = qimeng.fold axes [] ins(%x, %i, %at : tensor<64xf32>, tensor<64xi32>, tensor<64xindex>) inits(%start, %none : tensor<64xf32>, tensor<64xi32>) {
  ^bb0(%e: f32, %k: i32, %a: index, %b: f32, %c: i32):
    %n = arith.remui %a, %c5 : index
    %s = scf.for %t = %c0 to %n step %c1 iter_args(%acc = %b) -> (f32) {
      %w = arith.mulf %acc, %half : f32
      %u = arith.addf %w, %e : f32
      scf.yield %u : f32
    }
    %g = arith.cmpi sgt, %k, %zero : i32
    %o:2 = scf.if %g -> (f32, i32) {
      %d = arith.subi %k, %c : i32
      scf.yield %s, %d : f32, i32
    } else {
      %f = arith.negf %s : f32
      scf.yield %f, %zero : f32, i32
    }
    qimeng.yield %o#0, %o#1 : f32, i32
  }
  qimeng.store %r#0, %Y[%m] masked : tensor<64xf32>, memref<100xf32>
  qimeng.store %r#1, %J[%m] masked : tensor<64xi32>, memref<100xi32>
}

// Slots filled outside loops, again by the next program of the block; a scalar
// from a branch.
qimeng.kernel @put_once(%X: memref<12x64x16xf16>, %Y: memref<12x64x16xf32>) grid(12) schedule<warps = 4, persistent = 3> {
  %p = qimeng.program_id 0
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c6 = arith.constant 6 : index
  %a = qimeng.channel stages(1) : !qimeng.channel<tensor<1x64x16xf16>>
  %b = qimeng.channel stages(1) : !qimeng.channel<tensor<1x64x16xi64>>
  %x = qimeng.load %X[%p, %c0, %c0] : memref<12x64x16xf16> -> tensor<1x64x16xf16>
  qimeng.put %a, %x : !qimeng.channel<tensor<1x64x16xf16>>
  %i = qimeng.iota %p dim 1 : tensor<1x64x16xindex>
  %k = arith.index_cast %i : tensor<1x64x16xindex> to tensor<1x64x16xi64>
  qimeng.put %b, %k : !qimeng.channel<tensor<1x64x16xi64>>
  %y = qimeng.take %a : !qimeng.channel<tensor<1x64x16xf16>>
  %j = qimeng.take %b : !qimeng.channel<tensor<1x64x16xi64>>
  %w = arith.extf %y : tensor<1x64x16xf16> to tensor<1x64x16xf32>
  %f = arith.sitofp %j : tensor<1x64x16xi64> to tensor<1x64x16xf32>
  %s = arith.addf %w, %f : tensor<1x64x16xf32>
  %t = qimeng.scan add %s axis 1 exclusive : tensor<1x64x16xf32>
  qimeng.release %a : !qimeng.channel<tensor<1x64x16xf16>>
  qimeng.release %b : !qimeng.channel<tensor<1x64x16xi64>>
  %late = arith.cmpi sge, %p, %c6 : index
  %e = scf.if %late -> (index) {
    scf.yield %c0 : index
  } else {
    scf.yield %p : index
  }
  %base = arith.subi %p, %e : index
  %back = arith.addi %base, %e : index
  qimeng.store %t, %Y[%back, %c0, %c0] masked : tensor<1x64x16xf32>, memref<12x64x16xf32>
}

// The next two chunks of each row are in registers while one is added up; the
// last iterations put none.
qimeng.kernel @registers(%X: memref<64x1024xbf16>, %Y: memref<64xf32>) grid(8) schedule<persistent = 3> {
  %zero = arith.constant dense<0.0> : tensor<8x128xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c6 = arith.constant 6 : index
  %c8 = arith.constant 8 : index
  %c128 = arith.constant 128 : index
  %p = qimeng.program_id 0
  %r = affine.apply affine_map<(d0) -> (d0 * 8)>(%p)
  %ch = qimeng.channel stages(3) in <register> : <tensor<8x128xbf16>>
  %first = qimeng.load %X[%r, %c0] : memref<64x1024xbf16> -> tensor<8x128xbf16>
  qimeng.put %ch, %first : <tensor<8x128xbf16>>
  %second = qimeng.load %X[%r, %c128] : memref<64x1024xbf16> -> tensor<8x128xbf16>
  qimeng.put %ch, %second : <tensor<8x128xbf16>>
  %sum = scf.for %i = %c0 to %c8 step %c1 iter_args(%acc = %zero) -> (tensor<8x128xf32>) {
    %more = arith.cmpi slt, %i, %c6 : index
    scf.if %more {
      %n = affine.apply affine_map<(d0) -> (d0 * 128 + 256)>(%i)
      %next = qimeng.load %X[%r, %n] : memref<64x1024xbf16> -> tensor<8x128xbf16>
      qimeng.put %ch, %next : <tensor<8x128xbf16>>
    }
    %t = qimeng.take %ch : <tensor<8x128xbf16>>
    %wide = arith.extf %t : tensor<8x128xbf16> to tensor<8x128xf32>
    %s = arith.addf %acc, %wide : tensor<8x128xf32>
    qimeng.release %ch : <tensor<8x128xbf16>>
    scf.yield %s : tensor<8x128xf32>
  }
  %y = qimeng.reduce add %sum axes [1] : tensor<8x128xf32>
  qimeng.store %y, %Y[%r] : tensor<8xf32>, memref<64xf32>
}

// Tiles that one of two branches gives, in another layout than the one wanted.
qimeng.kernel @choices(%X: memref<4x64x64xf32>, %Y: memref<4x64x64xf32>) grid(4) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %p = qimeng.program_id 0
  %x = qimeng.load %X[%p, %c0, %c0] : memref<4x64x64xf32> -> tensor<1x64x64xf32>
  %low = arith.cmpi slt, %p, %c2 : index
  %r:2 = scf.if %low -> (tensor<1x64x64xf32>, index) {
    %t = qimeng.transpose %x [0, 2, 1] : tensor<1x64x64xf32>
    scf.yield %t, %c0 : tensor<1x64x64xf32>, index
  } else {
    %s = arith.mulf %x, %x : tensor<1x64x64xf32>
    scf.yield %s, %p : tensor<1x64x64xf32>, index
  }
  %i = arith.index_cast %r#1 : index to i32
  %f = arith.sitofp %i : i32 to f32
  %m = tensor.splat %f : tensor<1x64x64xf32>
  %y = arith.addf %r#0, %m : tensor<1x64x64xf32>
  qimeng.store %y, %Y[%p, %c0, %c0] : tensor<1x64x64xf32>, memref<4x64x64xf32>
}
