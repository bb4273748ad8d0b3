func.func private @g(tensor<8xf32>) -> tensor<8xf32>
