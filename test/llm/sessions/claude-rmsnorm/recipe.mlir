module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.fuse_consumer @reduce_add consumer = @elementwise in %arg0 : !transform.any_op
    transform.qimeng.tile @reduce_add sizes = [2, 0] warps = 2 in %arg0 : !transform.any_op
    transform.qimeng.reorder @reduce_add warps = 4 in %arg0 : !transform.any_op
    transform.yield 
  }
}

