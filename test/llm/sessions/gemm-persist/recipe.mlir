module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.fuse_producer @elementwise producer = @matmul in %arg0 : !transform.any_op
    transform.qimeng.tile @elementwise sizes = [64, 16] reduce = [64] in %arg0 : !transform.any_op
    transform.qimeng.tensorize @elementwise kind = wgmma in %arg0 : !transform.any_op
    transform.qimeng.specialize @elementwise stages = 3 in %arg0 : !transform.any_op
    transform.qimeng.persist @elementwise in %arg0 : !transform.any_op
    transform.yield 
  }
}

