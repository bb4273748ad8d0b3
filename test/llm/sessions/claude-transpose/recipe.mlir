module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.tile @transpose sizes = [16, 32] in %arg0 : !transform.any_op
    transform.yield 
  }
}

