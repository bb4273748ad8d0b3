// The sum of all elements of a 512 x 1024 matrix.
func.func @reduce_sum(%x: tensor<512x1024xf32>) -> tensor<f32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<f32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<f32>) -> tensor<f32>
  %sum = linalg.reduce {arith.addf} ins(%x : tensor<512x1024xf32>) outs(%init : tensor<f32>) dimensions = [0, 1]
  return %sum : tensor<f32>
}
