module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.fuse_consumer @elementwise_negf consumer = @concat in %arg0 : !transform.any_op
    transform.qimeng.fuse_consumer @elementwise_negf consumer = @elementwise in %arg0 : !transform.any_op
    transform.qimeng.tile @elementwise_negf sizes = [1, 16, 32] warps = 2 in %arg0 : !transform.any_op
    transform.yield 
  }
}

