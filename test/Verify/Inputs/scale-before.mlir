qimeng.kernel @scale(%x: memref<1000xf32>, %y: memref<1000xf32>) {
  %t = qimeng.load %x : memref<1000xf32> -> tensor<1000xf32>
  %two = arith.constant dense<2.0> : tensor<1000xf32>
  %r = arith.mulf %t, %two : tensor<1000xf32>
  qimeng.store %r, %y : tensor<1000xf32>, memref<1000xf32>
}
func.func @main(%x: memref<1000xf32>, %y: memref<1000xf32>) {
  qimeng.launch @scale(%x, %y) : memref<1000xf32>, memref<1000xf32>
  return
}
