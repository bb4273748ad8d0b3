func.func @f(%x: tensor<0x4xf32>) -> tensor<0x4xf32> {
  %r = math.exp %x : tensor<0x4xf32>
  return %r : tensor<0x4xf32>
}
