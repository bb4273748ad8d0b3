module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.fuse_consumer @softmax_max consumer = @softmax_exp in %arg0 : !transform.any_op
    transform.qimeng.fuse_consumer @softmax_sum consumer = @softmax_div in %arg0 : !transform.any_op
    transform.qimeng.fuse_consumer @softmax_max consumer = @softmax_sum in %arg0 : !transform.any_op
    transform.qimeng.tile @softmax_max sizes = [2, 0] in %arg0 : !transform.any_op
    transform.qimeng.rewrite @softmax_max text = [
      "qimeng.kernel @softmax_max(%arg0: memref<256x512xf32>, %arg1: memref<256x512xf32>) grid(128, 1) {",
      "  %c0 = arith.constant 0 : index",
      "  %one = arith.constant dense<1.0> : tensor<2xf32>",
      "  %p = qimeng.program_id 0",
      "  %row = affine.apply affine_map<(d0) -> (d0 * 2)>(%p)",
      "  %x = qimeng.load %arg0[%row, %c0] : memref<256x512xf32> -> tensor<2x512xf32>",
      "  %m = qimeng.reduce max %x axes [1] : tensor<2x512xf32>",
      "  %mb = qimeng.broadcast %m axes [1] : tensor<2xf32> -> tensor<2x512xf32>",
      "  %d = arith.subf %x, %mb : tensor<2x512xf32>",
      "  %e = math.exp %d : tensor<2x512xf32>",
      "  %s = qimeng.reduce add %e axes [1] : tensor<2x512xf32>",
      "  %r = arith.divf %one, %s : tensor<2xf32>",
      "  %rb = qimeng.broadcast %r axes [1] : tensor<2xf32> -> tensor<2x512xf32>",
      "  %y = arith.mulf %e, %rb : tensor<2x512xf32>",
      "  qimeng.store %y, %arg1[%row, %c0] : tensor<2x512xf32>, memref<256x512xf32>",
      "}"
    ] in %arg0 : !transform.any_op
    transform.yield 
  }
}

