qimeng.kernel @twice(%x: memref<64xf32>, %y: memref<64xf32>) grid(1) schedule <warps = 1> {
  %t = qimeng.load %x : memref<64xf32> -> tensor<64xf32>
  %r = arith.addf %t, %t : tensor<64xf32>
  qimeng.store %r, %y : tensor<64xf32>, memref<64xf32>
}
