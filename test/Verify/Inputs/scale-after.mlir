qimeng.kernel @scale(%x: memref<1000xf32>, %y: memref<1000xf32>) grid(8) {
  %p = qimeng.program_id 0
  %i = affine.apply affine_map<(d0) -> (d0 * 128)>(%p)
  %t = qimeng.load %x[%i] masked : memref<1000xf32> -> tensor<128xf32>
  %two = arith.constant dense<2.0> : tensor<128xf32>
  %r = arith.mulf %t, %two : tensor<128xf32>
  qimeng.store %r, %y[%i] masked : tensor<128xf32>, memref<1000xf32>
}
func.func @main(%x: memref<1000xf32>, %y: memref<1000xf32>) {
  qimeng.launch @scale(%x, %y) : memref<1000xf32>, memref<1000xf32>
  return
}
