module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.fuse_consumer @softmax_max consumer = @softmax_exp in %arg0 : !transform.any_op
    transform.qimeng.fuse_consumer @softmax_sum consumer = @softmax_div in %arg0 : !transform.any_op
    transform.qimeng.fuse_consumer @softmax_max consumer = @softmax_sum in %arg0 : !transform.any_op
    transform.qimeng.tile @softmax_max sizes = [2, 0] in %arg0 : !transform.any_op
    transform.yield 
  }
}

