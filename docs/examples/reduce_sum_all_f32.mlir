// The sum of all elements of an 8192 x 4096 matrix, f32.

func.func @reduce_sum(%x: tensor<8192x4096xf32>) -> tensor<f32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<f32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<f32>) -> tensor<f32>
  %sum = linalg.reduce {arith.addf} ins(%x : tensor<8192x4096xf32>) outs(%init : tensor<f32>) dimensions = [0, 1]
  return %sum : tensor<f32>
}
