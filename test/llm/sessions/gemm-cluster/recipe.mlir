module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.fuse_producer @elementwise producer = @matmul in %arg0 : !transform.any_op
    transform.qimeng.tile @elementwise sizes = [32, 16] reduce = [64] in %arg0 : !transform.any_op
    transform.qimeng.tensorize @elementwise in %arg0 : !transform.any_op
    transform.qimeng.specialize @elementwise stages = 3 in %arg0 : !transform.any_op
    transform.yield 
  }
}

