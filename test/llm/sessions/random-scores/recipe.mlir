module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.tile @matmul sizes = [128, 256] reduce = [64] warps = 8 in %arg0 : !transform.any_op
    transform.qimeng.tensorize @matmul kind = wgmma in %arg0 : !transform.any_op
    transform.qimeng.specialize @matmul stages = 3 in %arg0 : !transform.any_op
    transform.qimeng.tile @elementwise sizes = [8, 512] warps = 16 in %arg0 : !transform.any_op
    transform.yield 
  }
}

