module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.fuse_consumer @reduce_add consumer = @reduce_add_1 in %arg0 : !transform.any_op
    transform.qimeng.fuse_consumer @reduce_add consumer = @elementwise in %arg0 : !transform.any_op
    transform.qimeng.tile @reduce_add sizes = [1, 0] warps = 1 in %arg0 : !transform.any_op
    transform.yield 
  }
}

