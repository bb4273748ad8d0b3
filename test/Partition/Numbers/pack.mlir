// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

func.func @f(%x: tensor<10x16xf32>) -> (tensor<2x4x8x4xf32>, tensor<10x16xf32>) {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x4x8x4xf32>
  %p = linalg.pack %x padding_value(%z : f32) inner_dims_pos = [0, 1] inner_tiles = [8, 4] into %e : tensor<10x16xf32> -> tensor<2x4x8x4xf32>
  %eu = tensor.empty() : tensor<10x16xf32>
  %n = arith.negf %p : tensor<2x4x8x4xf32>
  %u = linalg.unpack %n inner_dims_pos = [0, 1] inner_tiles = [8, 4] into %eu : tensor<2x4x8x4xf32> -> tensor<10x16xf32>
  return %p, %u : tensor<2x4x8x4xf32>, tensor<10x16xf32>
}
