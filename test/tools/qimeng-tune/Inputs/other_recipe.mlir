module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    transform.qimeng.tile @softmax_max sizes = [1] in %root : !transform.any_op
    transform.yield
  }
}
