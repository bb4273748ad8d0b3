func.func @f(%x: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %r = math.exp %x : tensor<8x4xf32>
  return %r : tensor<8x4xf32>
}
