module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.rewrite @elementwise_mulf text = [
      "qimeng.kernel @elementwise_mulf(%x: memref<1000xf32>, %y: memref<1000xf32>) grid(8) {",
      "  %p = qimeng.program_id 0",
      "  %i = affine.apply affine_map<(d0) -> (d0 * 128)>(%p)",
      "  %t = qimeng.load %x[%i] masked : memref<1000xf32> -> tensor<128xf32>",
      "  %r = arith.addf %t, %t : tensor<128xf32>",
      "  qimeng.store %r, %y[%i] masked : tensor<128xf32>, memref<1000xf32>",
      "}"
    ] in %arg0 : !transform.any_op
    transform.qimeng.reorder @elementwise_mulf warps = 8 in %arg0 : !transform.any_op
    transform.yield 
  }
}

