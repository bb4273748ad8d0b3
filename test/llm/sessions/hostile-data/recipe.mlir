module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.tile @softmax_max sizes = [1] reduce = [512] in %arg0 : !transform.any_op
    transform.qimeng.fuse_consumer @softmax_sum consumer = @softmax_div in %arg0 : !transform.any_op
    transform.qimeng.fuse_consumer @softmax_exp consumer = @softmax_sum in %arg0 : !transform.any_op
    transform.qimeng.tile @softmax_exp sizes = [1, 0] warps = 1 in %arg0 : !transform.any_op
    transform.yield 
  }
}

