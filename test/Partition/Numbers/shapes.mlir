// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

func.func @f(%a: tensor<6x4x10xf32>, %s: tensor<3x2x5xf32>, %sc: f32, %b: tensor<4x12xf32>) -> (tensor<24x10xf32>, tensor<4x5xf32>, tensor<6x4x10xf32>, tensor<10x6x4xf32>, tensor<8x13xf32>, tensor<4x3x4xf32>, tensor<6x4x10xf32>, tensor<2x240xf32>) {
  %0 = tensor.collapse_shape %a [[0,1],[2]] : tensor<6x4x10xf32> into tensor<24x10xf32>
  %1 = tensor.extract_slice %a[2, 0, 1] [1, 4, 5] [1, 1, 2] : tensor<6x4x10xf32> to tensor<4x5xf32>
  %2 = tensor.insert_slice %s into %a[1, 0, 3] [3, 2, 5] [2, 3, 1] : tensor<3x2x5xf32> into tensor<6x4x10xf32>
  %e = tensor.empty() : tensor<10x6x4xf32>
  %3 = linalg.transpose ins(%a : tensor<6x4x10xf32>) outs(%e : tensor<10x6x4xf32>) permutation = [2, 0, 1]
  %4 = tensor.pad %b low[3, 0] high[1, 1] { ^bb0(%i: index, %j: index): tensor.yield %sc : f32 } : tensor<4x12xf32> to tensor<8x13xf32>
  %5 = tensor.expand_shape %b [[0],[1,2]] output_shape [4,3,4] : tensor<4x12xf32> into tensor<4x3x4xf32>
  %eb = tensor.empty() : tensor<6x4x10xf32>
  %row = tensor.extract_slice %a[0, 0, 0] [6, 1, 10] [1, 1, 1] : tensor<6x4x10xf32> to tensor<6x10xf32>
  %6 = linalg.broadcast ins(%row : tensor<6x10xf32>) outs(%eb : tensor<6x4x10xf32>) dimensions = [1]
  %c0 = tensor.collapse_shape %a [[0,1,2]] : tensor<6x4x10xf32> into tensor<240xf32>
  %c1 = tensor.expand_shape %c0 [[0,1]] output_shape [1, 240] : tensor<240xf32> into tensor<1x240xf32>
  %7 = tensor.concat dim(0) %c1, %c1 : (tensor<1x240xf32>, tensor<1x240xf32>) -> tensor<2x240xf32>
  return %0, %1, %2, %3, %4, %5, %6, %7 : tensor<24x10xf32>, tensor<4x5xf32>, tensor<6x4x10xf32>, tensor<10x6x4xf32>, tensor<8x13xf32>, tensor<4x3x4xf32>, tensor<6x4x10xf32>, tensor<2x240xf32>
}
