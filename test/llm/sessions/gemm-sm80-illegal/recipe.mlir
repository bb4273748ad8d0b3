module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.tile @matmul sizes = [64, 64] reduce = [32] in %arg0 : !transform.any_op
    transform.qimeng.tensorize @matmul in %arg0 : !transform.any_op
    transform.qimeng.pipeline @matmul stages = 2 in %arg0 : !transform.any_op
    transform.qimeng.tile @elementwise sizes = [4, 128] warps = 2 in %arg0 : !transform.any_op
    transform.yield 
  }
}

