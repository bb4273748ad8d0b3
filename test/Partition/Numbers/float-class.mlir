// Questions about floats, and integer powers.
// RUN: split-file %s %t
// RUN: qimeng-opt %t/math2.mlir --qimeng-partition -o %t/math2.out
// RUN: qimeng-run %t/math2.out --check --reference=%t/math2.mlir
// RUN: qimeng-opt %t/math3.mlir --qimeng-partition -o %t/math3.out
// RUN: qimeng-run %t/math3.out --check --reference=%t/math3.mlir

//--- math2.mlir
func.func @f(%x: tensor<9xf32>, %y: tensor<9xf32>, %i: tensor<9xi32>) -> (tensor<9xf32>,tensor<9xf32>,tensor<9xf32>,tensor<9xf32>,tensor<9xf32>,tensor<9xf32>,tensor<9xf32>,tensor<9xf32>,tensor<9xi32>,tensor<9xi32>,tensor<9xi32>,tensor<9xi1>,tensor<9xi1>,tensor<9xf32>,tensor<9xi1>) {
  %t = math.tanh %x : tensor<9xf32>
  %0 = math.acos %t : tensor<9xf32>
  %1 = math.asin %t : tensor<9xf32>
  %2 = math.atanh %t : tensor<9xf32>
  %ab = math.absf %x : tensor<9xf32>
  %one = arith.constant dense<1.0> : tensor<9xf32>
  %ge1 = arith.addf %ab, %one : tensor<9xf32>
  %3 = math.acosh %ge1 : tensor<9xf32>
  %4 = math.round %x : tensor<9xf32>
  %5 = math.roundeven %x : tensor<9xf32>
  %6 = math.trunc %x : tensor<9xf32>
  %7 = math.log10 %ge1 : tensor<9xf32>
  %8 = math.ctpop %i : tensor<9xi32>
  %9 = math.ctlz %i : tensor<9xi32>
  %10 = math.absi %i : tensor<9xi32>
  %11 = math.isnan %x : tensor<9xf32>
  %12 = math.isinf %x : tensor<9xf32>
  %13 = arith.minimumf %t, %ge1 : tensor<9xf32>
  %14 = math.isfinite %x : tensor<9xf32>
  return %0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14 : tensor<9xf32>,tensor<9xf32>,tensor<9xf32>,tensor<9xf32>,tensor<9xf32>,tensor<9xf32>,tensor<9xf32>,tensor<9xf32>,tensor<9xi32>,tensor<9xi32>,tensor<9xi32>,tensor<9xi1>,tensor<9xi1>,tensor<9xf32>,tensor<9xi1>
}

//--- math3.mlir
func.func @f(%x: tensor<9xi64>, %y: tensor<9xi8>) -> (tensor<9xi64>,tensor<9xi8>,tensor<9xi64>,tensor<9xi8>, tensor<9xi1>) {
  %0 = math.cttz %x : tensor<9xi64>
  %1 = math.ctlz %y : tensor<9xi8>
  %2 = math.ipowi %x, %x : tensor<9xi64>
  %3 = math.ctpop %y : tensor<9xi8>
  %f = arith.sitofp %y : tensor<9xi8> to tensor<9xf32>
  %4 = math.isnormal %f : tensor<9xf32>
  return %0,%1,%2,%3,%4 : tensor<9xi64>,tensor<9xi8>,tensor<9xi64>,tensor<9xi8>, tensor<9xi1>
}
