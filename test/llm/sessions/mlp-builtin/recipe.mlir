module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.fuse_consumer @matmul consumer = @elementwise in %arg0 : !transform.any_op
    transform.qimeng.fuse_consumer @matmul_1 consumer = @elementwise_1 in %arg0 : !transform.any_op
    transform.qimeng.tile @matmul sizes = [16, 16] reduce = [16] warps = 1 in %arg0 : !transform.any_op
    transform.qimeng.tensorize @matmul in %arg0 : !transform.any_op
    transform.qimeng.pipeline @matmul in %arg0 : !transform.any_op
    transform.qimeng.tile @matmul_1 sizes = [16, 16] reduce = [16] warps = 1 in %arg0 : !transform.any_op
    transform.qimeng.tensorize @matmul_1 in %arg0 : !transform.any_op
    transform.qimeng.pipeline @matmul_1 in %arg0 : !transform.any_op
    transform.yield 
  }
}

