module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    transform.qimeng.tile @matmul sizes = [64, 64] reduce = [32] in %root : !transform.any_op
    transform.yield
  }
}
