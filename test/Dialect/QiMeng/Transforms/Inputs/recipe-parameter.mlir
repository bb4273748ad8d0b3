module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    transform.qimeng.tile @matmul size = [32, 16] in %root : !transform.any_op
    transform.yield
  }
}
