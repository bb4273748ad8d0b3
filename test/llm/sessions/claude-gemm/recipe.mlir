module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.fuse_consumer @matmul consumer = @elementwise in %arg0 : !transform.any_op
    transform.qimeng.tile @matmul sizes = [64, 32] reduce = [64] in %arg0 : !transform.any_op
    transform.qimeng.tensorize @matmul kind = wgmma in %arg0 : !transform.any_op
    transform.qimeng.specialize @matmul in %arg0 : !transform.any_op
    transform.yield 
  }
}

