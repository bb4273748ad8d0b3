// The sum of each row of an 8192 x 4096 matrix, f32.

func.func @reduce_sum(%x: tensor<8192x4096xf32>) -> tensor<8192xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<8192xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<8192xf32>) -> tensor<8192xf32>
  %sum = linalg.reduce {arith.addf} ins(%x : tensor<8192x4096xf32>) outs(%init : tensor<8192xf32>) dimensions = [1]
  return %sum : tensor<8192xf32>
}
