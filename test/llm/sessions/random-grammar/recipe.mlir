module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.split_reduction @reduce parts = 4 in %arg0 : !transform.any_op
    transform.qimeng.tile @reduce_partial sizes = [1, 1] in %arg0 : !transform.any_op
    transform.qimeng.tile @reduce sizes = [8] warps = 1 in %arg0 : !transform.any_op
    transform.yield 
  }
}

