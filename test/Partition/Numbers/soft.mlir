// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

func.func @f(%x: tensor<8x64x4xbf16>, %y: tensor<8x64xf64>) -> (tensor<8x64x4xbf16>, tensor<8x64xf64>) {
  %e = tensor.empty() : tensor<8x64x4xbf16>
  %0 = linalg.softmax dimension(1) ins(%x : tensor<8x64x4xbf16>) outs(%e : tensor<8x64x4xbf16>) -> tensor<8x64x4xbf16>
  %e1 = tensor.empty() : tensor<8x64xf64>
  %1 = linalg.softmax dimension(1) ins(%y : tensor<8x64xf64>) outs(%e1 : tensor<8x64xf64>) -> tensor<8x64xf64>
  return %0, %1 : tensor<8x64x4xbf16>, tensor<8x64xf64>
}
