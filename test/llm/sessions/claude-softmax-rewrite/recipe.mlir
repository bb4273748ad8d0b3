module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.fuse_consumer @softmax_max consumer = @softmax_exp in %arg0 : !transform.any_op
    transform.qimeng.fuse_consumer @softmax_sum consumer = @softmax_div in %arg0 : !transform.any_op
    transform.qimeng.fuse_consumer @softmax_max consumer = @softmax_sum in %arg0 : !transform.any_op
    transform.qimeng.rewrite @softmax_max text = [
      "qimeng.kernel @softmax_max(%arg0: memref<256x512xf32>, %arg1: memref<256x512xf32>) grid(256) schedule<warps = 2> {",
      "  %c0 = arith.constant 0 : index",
      "  %one = arith.constant dense<1.0> : tensor<1xf32>",
      "  %row = qimeng.program_id 0",
      "  %x = qimeng.load %arg0[%row, %c0] : memref<256x512xf32> -> tensor<1x512xf32>",
      "  %max = qimeng.reduce max %x axes [1] : tensor<1x512xf32>",
      "  %maxes = qimeng.broadcast %max axes [1] : tensor<1xf32> -> tensor<1x512xf32>",
      "  %shifted = arith.subf %x, %maxes : tensor<1x512xf32>",
      "  %e = math.exp %shifted : tensor<1x512xf32>",
      "  %sum = qimeng.reduce add %e axes [1] : tensor<1x512xf32>",
      "  %inverse = arith.divf %one, %sum : tensor<1xf32>",
      "  %inverses = qimeng.broadcast %inverse axes [1] : tensor<1xf32> -> tensor<1x512xf32>",
      "  %y = arith.mulf %e, %inverses : tensor<1x512xf32>",
      "  qimeng.store %y, %arg1[%row, %c0] : tensor<1x512xf32>, memref<256x512xf32>",
      "}"
    ] in %arg0 : !transform.any_op
    transform.qimeng.reorder @softmax_max warps = 4 in %arg0 : !transform.any_op
    transform.yield 
  }
}

