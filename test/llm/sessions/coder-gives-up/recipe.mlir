module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.tile @reduce reduce = [32, 64] warps = 2 in %arg0 : !transform.any_op
    transform.qimeng.pipeline @reduce inputs = [0] in %arg0 : !transform.any_op
    transform.yield 
  }
}

