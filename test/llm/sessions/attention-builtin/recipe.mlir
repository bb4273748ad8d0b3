module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.fuse_consumer @batch_matmul consumer = @elementwise_mulf in %arg0 : !transform.any_op
    transform.qimeng.fuse_consumer @softmax_max consumer = @softmax_exp in %arg0 : !transform.any_op
    transform.qimeng.fuse_consumer @batch_matmul consumer = @softmax_max in %arg0 : !transform.any_op
    transform.qimeng.fuse_consumer @softmax_sum consumer = @softmax_div in %arg0 : !transform.any_op
    transform.qimeng.fuse_consumer @batch_matmul consumer = @softmax_sum in %arg0 : !transform.any_op
    transform.qimeng.fuse_consumer @batch_matmul consumer = @elementwise_truncf in %arg0 : !transform.any_op
    transform.qimeng.fuse_consumer @batch_matmul_1 consumer = @elementwise_truncf_1 in %arg0 : !transform.any_op
    transform.qimeng.tile @batch_matmul sizes = [1, 16, 16] reduce = [16, 0, 0] warps = 1 in %arg0 : !transform.any_op
    transform.qimeng.tensorize @batch_matmul in %arg0 : !transform.any_op
    transform.qimeng.pipeline @batch_matmul stages = 2 in %arg0 : !transform.any_op
    transform.qimeng.tile @batch_matmul_1 sizes = [1, 32, 32] reduce = [64] warps = 2 in %arg0 : !transform.any_op
    transform.yield 
  }
}

