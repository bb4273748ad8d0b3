// A tensor program against its float64 meaning, and against another program.
// RUN: qimeng-run %s --check | FileCheck %s
// RUN: qimeng-run %s --entry=kernel --check --reference=%s | FileCheck %s
// RUN: not qimeng-run %s --entry=other --check --reference=%s 2>&1 | FileCheck %s --check-prefix=OTHER
// RUN: qimeng-run %s --entry=program --inputs=constant --print --repeat=3 | FileCheck %s --check-prefix=PRINT

// CHECK: ran in {{.*}} ms
// CHECK: output 0 : tensor<3x5xbf16>: largest error {{.*}}, relative {{.*}} % of what is allowed
// CHECK: agrees on {{[0-9]+}} draws of inputs
// OTHER: check.mlir:[[@LINE+21]]:1: error: output 0 differs at (
// PRINT: output 0 : tensor<3x5xbf16>
// PRINT-COUNT-3: 7 7 7 7 7
// PRINT-NEXT: ran in

func.func @program(%a: tensor<3x7xbf16>, %b: tensor<7x5xbf16>) -> tensor<3x5xbf16> {
  %zero = arith.constant dense<0.0> : tensor<3x5xbf16>
  %c = linalg.matmul ins(%a, %b : tensor<3x7xbf16>, tensor<7x5xbf16>) outs(%zero : tensor<3x5xbf16>) -> tensor<3x5xbf16>
  return %c : tensor<3x5xbf16>
}

qimeng.kernel @kernel(%A: memref<3x7xbf16>, %B: memref<7x5xbf16>, %C: memref<3x5xbf16>) {
  %a = qimeng.load %A : memref<3x7xbf16> -> tensor<3x7xbf16>
  %b = qimeng.load %B : memref<7x5xbf16> -> tensor<7x5xbf16>
  %zero = arith.constant dense<0.0> : tensor<3x5xf32>
  %d = qimeng.dot %a, %b, %zero : tensor<3x7xbf16>, tensor<7x5xbf16> -> tensor<3x5xf32>
  %c = arith.truncf %d : tensor<3x5xf32> to tensor<3x5xbf16>
  qimeng.store %c, %C : tensor<3x5xbf16>, memref<3x5xbf16>
}

// Loads one row too far down.
qimeng.kernel @other(%A: memref<3x7xbf16>, %B: memref<7x5xbf16>, %C: memref<3x5xbf16>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = qimeng.load %A : memref<3x7xbf16> -> tensor<3x7xbf16>
  %b = qimeng.load %B[%c1, %c0] masked : memref<7x5xbf16> -> tensor<7x5xbf16>
  %zero = arith.constant dense<0.0> : tensor<3x5xf32>
  %d = qimeng.dot %a, %b, %zero : tensor<3x7xbf16>, tensor<7x5xbf16> -> tensor<3x5xf32>
  %c = arith.truncf %d : tensor<3x5xf32> to tensor<3x5xbf16>
  qimeng.store %c, %C : tensor<3x5xbf16>, memref<3x5xbf16>
}
