// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

func.func @f(%a: tensor<6x10xi8>, %b: tensor<10x4xi8>, %i: tensor<6x4xi32>, %za: i32) -> tensor<6x4xi32> {
  %zb = arith.constant 3 : i32
  %c = linalg.quantized_matmul ins(%a, %b, %za, %zb : tensor<6x10xi8>, tensor<10x4xi8>, i32, i32) outs(%i : tensor<6x4xi32>) -> tensor<6x4xi32>
  return %c : tensor<6x4xi32>
}
