module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.tile @elementwise_mulf sizes = [64] warps = 2 in %arg0 : !transform.any_op
    transform.yield 
  }
}

