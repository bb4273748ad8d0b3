module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    transform.qimeng.rewrite @elementwise text = [
      "qimeng.kernel @elementwise(%x: memref<64x100xf32>, %y: memref<64x100xf32>) {",
      "  %t = qimeng.load %x : memref<64x100xf32> -> tensor<64x100xf32>",
      "  %r = arith.addf %t, %t : tensor<64x100xf32>",
      "  qimeng.store %r, %y : tensor<64x100xf32>, memref<64x100xf32>",
      "}"
    ] in %root : !transform.any_op
    transform.yield
  }
}
