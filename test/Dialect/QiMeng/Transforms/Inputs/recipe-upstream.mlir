module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op) {
    %fills = transform.structured.match ops{["linalg.fill"]} in %root : (!transform.any_op) -> !transform.any_op
    %generic = transform.structured.generalize %fills : (!transform.any_op) -> !transform.any_op
    transform.qimeng.tile @matmul sizes = [32, 16] reduce = [16] in %root : !transform.any_op
    transform.yield
  }
}
