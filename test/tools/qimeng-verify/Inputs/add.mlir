// x + y, as a program of tensors.
func.func @f(%x: tensor<128xf32>, %y: tensor<128xf32>) -> tensor<128xf32> {
  %s = arith.addf %x, %y : tensor<128xf32>
  return %s : tensor<128xf32>
}
