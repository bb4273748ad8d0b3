module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.tile @matmul sizes = [64, 64] reduce = [64] in %arg0 : !transform.any_op
    transform.qimeng.tensorize @matmul kind = wgmma in %arg0 : !transform.any_op
    transform.qimeng.specialize @matmul in %arg0 : !transform.any_op
    transform.qimeng.tile @matmul_1 sizes = [32, 32] reduce = [32] warps = 2 in %arg0 : !transform.any_op
    transform.yield 
  }
}

