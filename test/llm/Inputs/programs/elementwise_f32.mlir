// Five element-wise operations: y = max(tanh(2 x + 1) - x, 0).
func.func @elementwise5(%x: tensor<256x512xf32>) -> tensor<256x512xf32> {
  %two = arith.constant dense<2.0> : tensor<256x512xf32>
  %one = arith.constant dense<1.0> : tensor<256x512xf32>
  %zero = arith.constant dense<0.0> : tensor<256x512xf32>
  %0 = arith.mulf %x, %two : tensor<256x512xf32>
  %1 = arith.addf %0, %one : tensor<256x512xf32>
  %2 = math.tanh %1 : tensor<256x512xf32>
  %3 = arith.subf %2, %x : tensor<256x512xf32>
  %4 = arith.maximumf %3, %zero : tensor<256x512xf32>
  return %4 : tensor<256x512xf32>
}
