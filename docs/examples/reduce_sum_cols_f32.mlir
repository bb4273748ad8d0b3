// The sum of each column of an 8192 x 4096 matrix, f32.

func.func @reduce_sum(%x: tensor<8192x4096xf32>) -> tensor<4096xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4096xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4096xf32>) -> tensor<4096xf32>
  %sum = linalg.reduce {arith.addf} ins(%x : tensor<8192x4096xf32>) outs(%init : tensor<4096xf32>) dimensions = [0]
  return %sum : tensor<4096xf32>
}
