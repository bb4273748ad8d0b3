qimeng.kernel @gemm(%A: memref<4096x4096xbf16>, %B: memref<4096x4096xbf16>, %bias: memref<4096xbf16>, %C: memref<4096x4096xbf16>)
    grid(32, 16) schedule<warps = 8, raster = 8, persistent = 132> {
  %pm = qimeng.program_id 0
  %pn = qimeng.program_id 1
  %m = affine.apply affine_map<(d0) -> (d0 * 128)>(%pm)
  %n = affine.apply affine_map<(d0) -> (d0 * 256)>(%pn)
  %zero = arith.constant dense<0.0> : tensor<128x256xf32>
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 64 : index
  %ks = arith.constant 1 : index
  %ch = qimeng.channel stages(4) : !qimeng.channel<tensor<128x64xbf16>, tensor<64x256xbf16>>
  qimeng.role producer warps(4) registers(40) {
    scf.for %i = %k0 to %k1 step %ks {
      %k = affine.apply affine_map<(d0) -> (d0 * 64)>(%i)
      %a = qimeng.load %A[%m, %k] : memref<4096x4096xbf16> -> tensor<128x64xbf16>
      %b = qimeng.load %B[%k, %n] : memref<4096x4096xbf16> -> tensor<64x256xbf16>
      qimeng.put %ch, %a, %b : !qimeng.channel<tensor<128x64xbf16>, tensor<64x256xbf16>>
    }
  }
  qimeng.role consumer warps(8) registers(232) {
    %d = scf.for %i = %k0 to %k1 step %ks iter_args(%acc = %zero) -> tensor<128x256xf32> {
      %a, %b = qimeng.take %ch : !qimeng.channel<tensor<128x64xbf16>, tensor<64x256xbf16>>
      %p = qimeng.dot %a, %b, %acc mma <wgmma> : tensor<128x64xbf16>, tensor<64x256xbf16> -> tensor<128x256xf32>
      qimeng.release %ch : !qimeng.channel<tensor<128x64xbf16>, tensor<64x256xbf16>>
      scf.yield %p : tensor<128x256xf32>
    }
    %bv = qimeng.load %bias[%n] : memref<4096xbf16> -> tensor<256xbf16>
    %bf = arith.extf %bv : tensor<256xbf16> to tensor<256xf32>
    %bb = qimeng.broadcast %bf axes [0] : tensor<256xf32> -> tensor<128x256xf32>
    %x = arith.addf %d, %bb : tensor<128x256xf32>
    %cc = arith.constant dense<0.707106769> : tensor<128x256xf32>
    %hh = arith.constant dense<0.5> : tensor<128x256xf32>
    %one = arith.constant dense<1.0> : tensor<128x256xf32>
    %x1 = arith.mulf %x, %hh : tensor<128x256xf32>
    %x2 = arith.mulf %x, %cc : tensor<128x256xf32>
    %x3 = math.erf %x2 : tensor<128x256xf32>
    %x4 = arith.addf %x3, %one : tensor<128x256xf32>
    %x5 = arith.mulf %x1, %x4 : tensor<128x256xf32>
    %c = arith.truncf %x5 : tensor<128x256xf32> to tensor<128x256xbf16>
    qimeng.store %c, %C[%m, %n] : tensor<128x256xbf16>, memref<4096x4096xbf16>
  }
}
func.func @main(%A: memref<4096x4096xbf16>, %B: memref<4096x4096xbf16>, %b: memref<4096xbf16>, %C: memref<4096x4096xbf16>) {
  qimeng.launch @gemm(%A, %B, %b, %C) : memref<4096x4096xbf16>, memref<4096x4096xbf16>, memref<4096xbf16>, memref<4096x4096xbf16>
  return
}
