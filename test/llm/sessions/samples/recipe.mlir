module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.fuse_consumer @batch_matmul consumer = @elementwise_truncf in %arg0 : !transform.any_op
    transform.qimeng.tile @batch_matmul sizes = [1, 32, 32] reduce = [32] in %arg0 : !transform.any_op
    transform.qimeng.tensorize @batch_matmul in %arg0 : !transform.any_op
    transform.qimeng.pipeline @batch_matmul stages = 2 in %arg0 : !transform.any_op
    transform.yield 
  }
}

