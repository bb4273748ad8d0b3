// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

func.func @f(%a: tensor<6x7xi16>, %b: tensor<7x5xi16>, %c: tensor<6x5xi16>) -> tensor<6x5xi16> {
  %r = linalg.matmul ins(%a, %b : tensor<6x7xi16>, tensor<7x5xi16>) outs(%c : tensor<6x5xi16>) -> tensor<6x5xi16>
  return %r : tensor<6x5xi16>
}
