// RUN: qimeng-opt %s | qimeng-opt | FileCheck %s

// The four forms of a product with bias: untiled, tiled, pipelined, specialized.

// CHECK-LABEL: qimeng.kernel @untiled(
// CHECK-NOT: grid
qimeng.kernel @untiled(%A: memref<512x256xbf16>, %B: memref<256x768xbf16>, %bias: memref<768xf32>, %C: memref<512x768xbf16>) {
  %a = qimeng.load %A : memref<512x256xbf16> -> tensor<512x256xbf16>
  %b = qimeng.load %B : memref<256x768xbf16> -> tensor<256x768xbf16>
  %zero = arith.constant dense<0.0> : tensor<512x768xf32>
  // CHECK: qimeng.dot %{{.*}}, %{{.*}}, %{{.*}} : tensor<512x256xbf16>, tensor<256x768xbf16> -> tensor<512x768xf32>
  %d = qimeng.dot %a, %b, %zero : tensor<512x256xbf16>, tensor<256x768xbf16> -> tensor<512x768xf32>
  %v = qimeng.load %bias : memref<768xf32> -> tensor<768xf32>
  %w = qimeng.broadcast %v axes [0] : tensor<768xf32> -> tensor<512x768xf32>
  %s = arith.addf %d, %w : tensor<512x768xf32>
  %c = arith.truncf %s : tensor<512x768xf32> to tensor<512x768xbf16>
  qimeng.store %c, %C : tensor<512x768xbf16>, memref<512x768xbf16>
}

// CHECK-LABEL: qimeng.kernel @tiled(
// CHECK-SAME: grid(4, 3) schedule<warps = 8, raster = 8>
qimeng.kernel @tiled(%A: memref<512x256xbf16>, %B: memref<256x768xbf16>, %bias: memref<768xf32>, %C: memref<512x768xbf16>)
    grid(4, 3) schedule<warps = 8, raster = 8> {
  %pm = qimeng.program_id 0
  %pn = qimeng.program_id 1
  %m = affine.apply affine_map<(d0) -> (d0 * 128)>(%pm)
  %n = affine.apply affine_map<(d0) -> (d0 * 256)>(%pn)
  %zero = arith.constant dense<0.0> : tensor<128x256xf32>
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 4 : index
  %ks = arith.constant 1 : index
  %d = scf.for %i = %k0 to %k1 step %ks iter_args(%acc = %zero) -> tensor<128x256xf32> {
    %k = affine.apply affine_map<(d0) -> (d0 * 64)>(%i)
    %a = qimeng.load %A[%m, %k] : memref<512x256xbf16> -> tensor<128x64xbf16>
    %b = qimeng.load %B[%k, %n] : memref<256x768xbf16> -> tensor<64x256xbf16>
    // CHECK: qimeng.dot {{.*}} mma <wgmma> :
    %p = qimeng.dot %a, %b, %acc mma <wgmma> : tensor<128x64xbf16>, tensor<64x256xbf16> -> tensor<128x256xf32>
    scf.yield %p : tensor<128x256xf32>
  }
  %v = qimeng.load %bias[%n] : memref<768xf32> -> tensor<256xf32>
  %w = qimeng.broadcast %v axes [0] : tensor<256xf32> -> tensor<128x256xf32>
  %s = arith.addf %d, %w : tensor<128x256xf32>
  %c = arith.truncf %s : tensor<128x256xf32> to tensor<128x256xbf16>
  qimeng.store %c, %C[%m, %n] : tensor<128x256xbf16>, memref<512x768xbf16>
}

// CHECK-LABEL: qimeng.kernel @specialized(
// CHECK-SAME: grid(4, 3) schedule<warps = 8, raster = 8, persistent = 132>
qimeng.kernel @specialized(%A: memref<512x256xbf16>, %B: memref<256x768xbf16>, %C: memref<512x768xf32>)
    grid(4, 3) schedule<warps = 8, raster = 8, persistent = 132> {
  %pm = qimeng.program_id 0
  %pn = qimeng.program_id 1
  %m = affine.apply affine_map<(d0) -> (d0 * 128)>(%pm)
  %n = affine.apply affine_map<(d0) -> (d0 * 256)>(%pn)
  %zero = arith.constant dense<0.0> : tensor<128x256xf32>
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 4 : index
  %ks = arith.constant 1 : index
  // CHECK: qimeng.channel stages(4) : <tensor<128x64xbf16>, tensor<64x256xbf16>>
  %ch = qimeng.channel stages(4) : !qimeng.channel<tensor<128x64xbf16>, tensor<64x256xbf16>>
  // CHECK: qimeng.role producer warps(4) registers(40) {
  qimeng.role producer warps(4) registers(40) {
    scf.for %i = %k0 to %k1 step %ks {
      %k = affine.apply affine_map<(d0) -> (d0 * 64)>(%i)
      %a = qimeng.load %A[%m, %k] : memref<512x256xbf16> -> tensor<128x64xbf16>
      %b = qimeng.load %B[%k, %n] : memref<256x768xbf16> -> tensor<64x256xbf16>
      // CHECK: qimeng.put %{{.*}}, %{{.*}}, %{{.*}} : <tensor<128x64xbf16>, tensor<64x256xbf16>>
      qimeng.put %ch, %a, %b : !qimeng.channel<tensor<128x64xbf16>, tensor<64x256xbf16>>
    }
  }
  // CHECK: qimeng.role consumer warps(8) registers(232) {
  qimeng.role consumer warps(8) registers(232) {
    %d = scf.for %i = %k0 to %k1 step %ks iter_args(%acc = %zero) -> tensor<128x256xf32> {
      // CHECK: %{{.*}}:2 = qimeng.take
      %a, %b = qimeng.take %ch : !qimeng.channel<tensor<128x64xbf16>, tensor<64x256xbf16>>
      %p = qimeng.dot %a, %b, %acc mma <wgmma> : tensor<128x64xbf16>, tensor<64x256xbf16> -> tensor<128x256xf32>
      // CHECK: qimeng.release
      qimeng.release %ch : !qimeng.channel<tensor<128x64xbf16>, tensor<64x256xbf16>>
      scf.yield %p : tensor<128x256xf32>
    }
    qimeng.store %d, %C[%m, %n] : tensor<128x256xf32>, memref<512x768xf32>
  }
}

// CHECK-LABEL: qimeng.kernel @others(
qimeng.kernel @others(%X: memref<7x100xf32>, %Y: memref<7xf32>, %Z: memref<7xi64>, %W: memref<100x7xf32>) grid(2) {
  %p = qimeng.program_id 0
  %r = affine.apply affine_map<(d0) -> (d0 * 4)>(%p)
  %c0 = arith.constant 0 : index
  // CHECK: qimeng.load %{{.*}}[%{{.*}}, %{{.*}}] masked :
  %x = qimeng.load %X[%r, %c0] masked : memref<7x100xf32> -> tensor<4x128xf32>
  // CHECK: qimeng.iota dim 1 : tensor<4x128xindex>
  %j = qimeng.iota dim 1 : tensor<4x128xindex>
  %n = arith.constant dense<100> : tensor<4x128xindex>
  %in = arith.cmpi ult, %j, %n : tensor<4x128xindex>
  %low = arith.constant dense<0xFF800000> : tensor<4x128xf32>
  %m = arith.select %in, %x, %low : tensor<4x128xi1>, tensor<4x128xf32>
  // CHECK: qimeng.reduce max %{{.*}} axes [1] : tensor<4x128xf32>
  %max = qimeng.reduce max %m axes [1] : tensor<4x128xf32>
  qimeng.store %max, %Y[%r] masked : tensor<4xf32>, memref<7xf32>
  %b0 = arith.constant dense<0xFF800000> : tensor<4xf32>
  %i0 = arith.constant dense<0> : tensor<4xi64>
  // CHECK: qimeng.fold axes [1] ins(%{{.*}}, %{{.*}} : tensor<4x128xf32>, tensor<4x128xindex>) inits(
  %best:2 = qimeng.fold axes [1] ins(%m, %j : tensor<4x128xf32>, tensor<4x128xindex>) inits(%b0, %i0 : tensor<4xf32>, tensor<4xi64>) {
  ^bb0(%e: f32, %at: index, %b: f32, %a: i64):
    %ai = arith.index_cast %at : index to i64
    %g = arith.cmpf ogt, %e, %b : f32
    %b2 = arith.select %g, %e, %b : f32
    %a2 = arith.select %g, %ai, %a : i64
    qimeng.yield %b2, %a2 : f32, i64
  }
  qimeng.store %best#1, %Z[%r] masked : tensor<4xi64>, memref<7xi64>
  // CHECK: qimeng.scan add %{{.*}} axis 1 reverse : tensor<4x128xf32>
  %sum = qimeng.scan add %x axis 1 reverse : tensor<4x128xf32>
  // CHECK: qimeng.transpose %{{.*}} [1, 0] : tensor<4x128xf32>
  %t = qimeng.transpose %sum [1, 0] : tensor<4x128xf32>
  // CHECK: qimeng.view %{{.*}} by #{{.*}} padded : memref<100x7xf32> -> <100x7xf32>
  %v = qimeng.view %W by affine_map<(d0, d1) -> (d0, d1)> padded : memref<100x7xf32> -> !qimeng.view<100x7xf32>
  qimeng.store %t, %v[%c0, %r] masked : tensor<128x4xf32>, !qimeng.view<100x7xf32>
}

// CHECK-LABEL: func.func @host(
func.func @host(%A: memref<512x256xbf16>, %B: memref<256x768xbf16>, %C: memref<512x768xf32>) {
  // CHECK: qimeng.launch @specialized(%{{.*}}, %{{.*}}, %{{.*}}) : memref<512x256xbf16>, memref<256x768xbf16>, memref<512x768xf32>
  qimeng.launch @specialized(%A, %B, %C) : memref<512x256xbf16>, memref<256x768xbf16>, memref<512x768xf32>
  return
}
