// A chain of five element-wise operations on an 8192 x 8192 matrix, f32:
// y = max(tanh(2 x + 1) - x, 0).

func.func @elementwise5(%x: tensor<8192x8192xf32>) -> tensor<8192x8192xf32> {
  %two = arith.constant dense<2.0> : tensor<8192x8192xf32>
  %one = arith.constant dense<1.0> : tensor<8192x8192xf32>
  %zero = arith.constant dense<0.0> : tensor<8192x8192xf32>
  %0 = arith.mulf %x, %two : tensor<8192x8192xf32>
  %1 = arith.addf %0, %one : tensor<8192x8192xf32>
  %2 = math.tanh %1 : tensor<8192x8192xf32>
  %3 = arith.subf %2, %x : tensor<8192x8192xf32>
  %4 = arith.maximumf %3, %zero : tensor<8192x8192xf32>
  return %4 : tensor<8192x8192xf32>
}
