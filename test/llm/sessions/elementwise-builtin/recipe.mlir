module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.fuse_consumer @elementwise_mulf consumer = @elementwise_addf in %arg0 : !transform.any_op
    transform.qimeng.fuse_consumer @elementwise_mulf consumer = @elementwise_tanh in %arg0 : !transform.any_op
    transform.qimeng.fuse_consumer @elementwise_mulf consumer = @elementwise_subf in %arg0 : !transform.any_op
    transform.qimeng.fuse_consumer @elementwise_mulf consumer = @elementwise_maximumf in %arg0 : !transform.any_op
    transform.qimeng.tile @elementwise_mulf sizes = [4, 512] warps = 8 in %arg0 : !transform.any_op
    transform.yield 
  }
}

