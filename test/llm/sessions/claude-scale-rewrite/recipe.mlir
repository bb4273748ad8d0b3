module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.rewrite @elementwise_mulf text = [
      "qimeng.kernel @elementwise_mulf(%x: memref<1000xf32>, %y: memref<1000xf32>) grid(16) schedule<warps = 2> {",
      "  %two = arith.constant dense<2.0> : tensor<64xf32>",
      "  %p = qimeng.program_id 0",
      "  %i = affine.apply affine_map<(d0) -> (d0 * 64)>(%p)",
      "  %t = qimeng.load %x[%i] masked : memref<1000xf32> -> tensor<64xf32>",
      "  %r = arith.mulf %t, %two : tensor<64xf32>",
      "  qimeng.store %r, %y[%i] masked : tensor<64xf32>, memref<1000xf32>",
      "}"
    ] in %arg0 : !transform.any_op
    transform.qimeng.reorder @elementwise_mulf warps = 4 in %arg0 : !transform.any_op
    transform.yield 
  }
}

