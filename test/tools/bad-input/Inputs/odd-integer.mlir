func.func @f(%x: tensor<8x4xi7>) -> tensor<8x4xi7> {
  %r = arith.addi %x, %x : tensor<8x4xi7>
  return %r : tensor<8x4xi7>
}
