// exp(Q K^T / 8) V, the second product on what the first gives.

#to_bhsd = affine_map<(b, h, s, d) -> (b, s, h, d)>
#to_bhds = affine_map<(b, h, d, s) -> (b, s, h, d)>

// Tiles [1, 1, 64, ..] of views with the heads between rows and columns.
qimeng.kernel @heads(%Q: memref<2x128x2x64xf16>, %K: memref<2x256x2x64xf16>, %V: memref<2x256x2x64xf16>, %O: memref<2x128x2x64xf16>)
    grid(2, 2, 2) schedule<warps = 4> {
  %vq = qimeng.view %Q by #to_bhsd : memref<2x128x2x64xf16> -> !qimeng.view<2x2x128x64xf16>
  %vk = qimeng.view %K by #to_bhds : memref<2x256x2x64xf16> -> !qimeng.view<2x2x64x256xf16>
  %vv = qimeng.view %V by #to_bhsd : memref<2x256x2x64xf16> -> !qimeng.view<2x2x256x64xf16>
  %vo = qimeng.view %O by #to_bhsd : memref<2x128x2x64xf16> -> !qimeng.view<2x2x128x64xf16>
  %b = qimeng.program_id 0
  %h = qimeng.program_id 1
  %p = qimeng.program_id 2
  %m = affine.apply affine_map<(d0) -> (d0 * 64)>(%p)
  %z = arith.constant dense<0.0> : tensor<1x1x64x64xf32>
  %zs = arith.constant dense<0.0> : tensor<1x1x64x64xf32>
  %zl = arith.constant dense<0.0> : tensor<1x1x64xf32>
  %scale = arith.constant dense<0.125> : tensor<1x1x64x64xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %q = qimeng.load %vq[%b, %h, %m, %c0] : !qimeng.view<2x2x128x64xf16> -> tensor<1x1x64x64xf16>
  %d:2 = scf.for %i = %c0 to %c4 step %c1 iter_args(%acc = %z, %sum = %zl) -> (tensor<1x1x64x64xf32>, tensor<1x1x64xf32>) {
    %n = affine.apply affine_map<(d0) -> (d0 * 64)>(%i)
    %k = qimeng.load %vk[%b, %h, %c0, %n] : !qimeng.view<2x2x64x256xf16> -> tensor<1x1x64x64xf16>
    %s = qimeng.dot %q, %k, %zs mma <wgmma> : tensor<1x1x64x64xf16>, tensor<1x1x64x64xf16> -> tensor<1x1x64x64xf32>
    %scaled = arith.mulf %s, %scale : tensor<1x1x64x64xf32>
    %e = math.exp %scaled : tensor<1x1x64x64xf32>
    %r = qimeng.reduce add %e axes [3] : tensor<1x1x64x64xf32>
    %l = arith.addf %sum, %r : tensor<1x1x64xf32>
    %w = arith.truncf %e : tensor<1x1x64x64xf32> to tensor<1x1x64x64xf16>
    %v = qimeng.load %vv[%b, %h, %n, %c0] : !qimeng.view<2x2x256x64xf16> -> tensor<1x1x64x64xf16>
    %o = qimeng.dot %w, %v, %acc mma <wgmma> : tensor<1x1x64x64xf16>, tensor<1x1x64x64xf16> -> tensor<1x1x64x64xf32>
    scf.yield %o, %l : tensor<1x1x64x64xf32>, tensor<1x1x64xf32>
  }
  %wide = qimeng.broadcast %d#1 axes [3] : tensor<1x1x64xf32> -> tensor<1x1x64x64xf32>
  %out = arith.divf %d#0, %wide : tensor<1x1x64x64xf32>
  %half = arith.truncf %out : tensor<1x1x64x64xf32> to tensor<1x1x64x64xf16>
  qimeng.store %half, %vo[%b, %h, %m, %c0] : tensor<1x1x64x64xf16>, !qimeng.view<2x2x128x64xf16>
}

// Two dimensions; the sums stay f32. By mma.sync the first product's result
// changes its layout to become a factor.
qimeng.kernel @plain(%Q: memref<128x64xf16>, %K: memref<64x256xf16>, %V: memref<256x64xf16>, %O: memref<128x64xf32>)
    grid(2) schedule<warps = 4> {
  %p = qimeng.program_id 0
  %m = affine.apply affine_map<(d0) -> (d0 * 64)>(%p)
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %zs = arith.constant dense<0.0> : tensor<64x64xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %q = qimeng.load %Q[%m, %c0] : memref<128x64xf16> -> tensor<64x64xf16>
  %d = scf.for %i = %c0 to %c4 step %c1 iter_args(%acc = %z) -> tensor<64x64xf32> {
    %n = affine.apply affine_map<(d0) -> (d0 * 64)>(%i)
    %k = qimeng.load %K[%c0, %n] : memref<64x256xf16> -> tensor<64x64xf16>
    %s = qimeng.dot %q, %k, %zs : tensor<64x64xf16>, tensor<64x64xf16> -> tensor<64x64xf32>
    %t = math.tanh %s : tensor<64x64xf32>
    %w = arith.truncf %t : tensor<64x64xf32> to tensor<64x64xf16>
    %v = qimeng.load %V[%n, %c0] : memref<256x64xf16> -> tensor<64x64xf16>
    %o = qimeng.dot %w, %v, %acc : tensor<64x64xf16>, tensor<64x64xf16> -> tensor<64x64xf32>
    scf.yield %o : tensor<64x64xf32>
  }
  qimeng.store %d, %O[%m, %c0] : tensor<64x64xf32>, memref<128x64xf32>
}
