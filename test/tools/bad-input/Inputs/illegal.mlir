func.func @f(%x: tensor<8xf32>, %y: tensor<9xf32>) -> tensor<8xf32> {
  %r = linalg.add ins(%x, %y : tensor<8xf32>, tensor<9xf32>) outs(%x : tensor<8xf32>) -> tensor<8xf32>
  return %r : tensor<8xf32>
}
