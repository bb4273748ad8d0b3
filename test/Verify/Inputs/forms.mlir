// A plain, a staged, a pipelined, and a specialized, tensorized and persistent kernel.
qimeng.kernel @plain(%a: memref<64x16xbf16>, %b: memref<16x64xbf16>, %c: memref<64x64xf32>) grid(1) {
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %x = qimeng.load %a : memref<64x16xbf16> -> tensor<64x16xbf16>
  %y = qimeng.load %b : memref<16x64xbf16> -> tensor<16x64xbf16>
  %d = qimeng.dot %x, %y, %z : tensor<64x16xbf16>, tensor<16x64xbf16> -> tensor<64x64xf32>
  qimeng.store %d, %c : tensor<64x64xf32>, memref<64x64xf32>
}

qimeng.kernel @staged(%a: memref<64xf32>, %b: memref<64xf32>) grid(1) {
  %ch = qimeng.channel stages(1) : !qimeng.channel<tensor<64xf32>>
  %x = qimeng.load %a : memref<64xf32> -> tensor<64xf32>
  qimeng.put %ch, %x : !qimeng.channel<tensor<64xf32>>
  %y = qimeng.take %ch : !qimeng.channel<tensor<64xf32>>
  qimeng.store %y, %b : tensor<64xf32>, memref<64xf32>
  qimeng.release %ch : !qimeng.channel<tensor<64xf32>>
}

qimeng.kernel @pipelined(%a: memref<64xf32>, %b: memref<64xf32>) grid(1) {
  %ch = qimeng.channel stages(2) : !qimeng.channel<tensor<64xf32>>
  %x = qimeng.load %a : memref<64xf32> -> tensor<64xf32>
  qimeng.put %ch, %x : !qimeng.channel<tensor<64xf32>>
  %y = qimeng.take %ch : !qimeng.channel<tensor<64xf32>>
  qimeng.store %y, %b : tensor<64xf32>, memref<64xf32>
  qimeng.release %ch : !qimeng.channel<tensor<64xf32>>
}

qimeng.kernel @specialized(%a: memref<64x16xbf16>, %b: memref<16x64xbf16>, %c: memref<64x64xf32>) grid(1) schedule<persistent = 1> {
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %ch = qimeng.channel stages(2) : !qimeng.channel<tensor<64x16xbf16>, tensor<16x64xbf16>>
  qimeng.role producer warps(4) {
    %x = qimeng.load %a : memref<64x16xbf16> -> tensor<64x16xbf16>
    %y = qimeng.load %b : memref<16x64xbf16> -> tensor<16x64xbf16>
    qimeng.put %ch, %x, %y : !qimeng.channel<tensor<64x16xbf16>, tensor<16x64xbf16>>
  }
  qimeng.role consumer warps(4) {
    %x, %y = qimeng.take %ch : !qimeng.channel<tensor<64x16xbf16>, tensor<16x64xbf16>>
    %d = qimeng.dot %x, %y, %z mma <mma_sync> : tensor<64x16xbf16>, tensor<16x64xbf16> -> tensor<64x64xf32>
    qimeng.release %ch : !qimeng.channel<tensor<64x16xbf16>, tensor<16x64xbf16>>
    qimeng.store %d, %c : tensor<64x64xf32>, memref<64x64xf32>
  }
}
