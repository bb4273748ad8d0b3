func.func @f(%x: tensor<8xf8E4M3FN>) -> tensor<8xf8E4M3FN> {
  return %x : tensor<8xf8E4M3FN>
}
