module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.tile @elementwise_mulf sizes = [1024] warps = 8 in %arg0 : !transform.any_op
    transform.yield 
  }
}

