// Sums of 8 long rows: too few programs unless the reduction is split.
func.func @reduce_rows(%x: tensor<8x8192xf32>) -> tensor<8xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<8xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
  %sum = linalg.reduce {arith.addf} ins(%x : tensor<8x8192xf32>) outs(%init : tensor<8xf32>) dimensions = [1]
  return %sum : tensor<8xf32>
}
