module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    transform.qimeng.fuse_consumer @matmul consumer = @relu in %root : !transform.any_op
    transform.qimeng.tile @matmul sizes = [32, 16] reduce = [16] in %root : !transform.any_op
    transform.yield
  }
}
