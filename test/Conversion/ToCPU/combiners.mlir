// The combiners that ignore NaN and that take integers as unsigned, in reductions
// and scans, run on known numbers.
// RUN: qimeng-run %s --entry=reductions --print | FileCheck %s --check-prefix=REDUCE
// RUN: qimeng-run %s --entry=scans --print | FileCheck %s --check-prefix=SCAN
// RUN: qimeng-run %s --entry=identities --print | FileCheck %s --check-prefix=IDENTITY

// REDUCE: output 0 : tensor<2xf32>
// REDUCE-NEXT: -2 nan
// REDUCE-NEXT: output 1 : tensor<3xf32>
// REDUCE-NEXT: 3 nan -2
// REDUCE-NEXT: output 2 : tensor<2xi8>
// REDUCE-NEXT: 3 -4
// REDUCE-NEXT: output 3 : tensor<2xi8>
// REDUCE-NEXT: -1 -2
// REDUCE-NEXT: output 4 : tensor<i64>
// REDUCE-NEXT: 1
qimeng.kernel @reductions(%a: memref<2xf32>, %b: memref<3xf32>, %c: memref<2xi8>, %d: memref<2xi8>, %e: memref<i64>) {
  %x = arith.constant dense<[[3.0, 0x7FC00000, -2.0], [0x7FC00000, 0x7FC00000, 0x7FC00000]]> : tensor<2x3xf32>
  %u = arith.constant dense<[[-1, 3, 100], [-4, -3, -2]]> : tensor<2x3xi8>
  %l = arith.constant dense<[[-1, 1, 100], [-4, -3, -2]]> : tensor<2x3xi64>
  %0 = qimeng.reduce minnum %x axes [1] : tensor<2x3xf32>
  qimeng.store %0, %a : tensor<2xf32>, memref<2xf32>
  %1 = qimeng.reduce minnum %x axes [0] : tensor<2x3xf32>
  qimeng.store %1, %b : tensor<3xf32>, memref<3xf32>
  %2 = qimeng.reduce minu %u axes [1] : tensor<2x3xi8>
  qimeng.store %2, %c : tensor<2xi8>, memref<2xi8>
  %3 = qimeng.reduce maxu %u axes [1] : tensor<2x3xi8>
  qimeng.store %3, %d : tensor<2xi8>, memref<2xi8>
  %4 = qimeng.reduce minu %l axes [0, 1] : tensor<2x3xi64>
  qimeng.store %4, %e : tensor<i64>, memref<i64>
}

// SCAN: output 0 : tensor<4xf32>
// SCAN-NEXT: 3 3 -2 -2
// SCAN-NEXT: output 1 : tensor<4xf32>
// SCAN-NEXT: -2 -2 -2 7
// SCAN-NEXT: output 2 : tensor<4xf32>
// SCAN-NEXT: 3 3 3 7
// SCAN-NEXT: output 3 : tensor<4xi32>
// SCAN-NEXT: -1 5 5 2
// SCAN-NEXT: output 4 : tensor<4xi32>
// SCAN-NEXT: -1 -1 -1 -1
qimeng.kernel @scans(%a: memref<4xf32>, %b: memref<4xf32>, %c: memref<4xf32>, %d: memref<4xi32>, %e: memref<4xi32>) {
  %x = arith.constant dense<[3.0, 0x7FC00000, -2.0, 7.0]> : tensor<4xf32>
  %u = arith.constant dense<[-1, 5, -7, 2]> : tensor<4xi32>
  %0 = qimeng.scan minnum %x axis 0 : tensor<4xf32>
  qimeng.store %0, %a : tensor<4xf32>, memref<4xf32>
  %1 = qimeng.scan minnum %x axis 0 reverse : tensor<4xf32>
  qimeng.store %1, %b : tensor<4xf32>, memref<4xf32>
  %2 = qimeng.scan maxnum %x axis 0 : tensor<4xf32>
  qimeng.store %2, %c : tensor<4xf32>, memref<4xf32>
  %3 = qimeng.scan minu %u axis 0 : tensor<4xi32>
  qimeng.store %3, %d : tensor<4xi32>, memref<4xi32>
  %4 = qimeng.scan maxu %u axis 0 : tensor<4xi32>
  qimeng.store %4, %e : tensor<4xi32>, memref<4xi32>
}

// An exclusive scan begins with the identity.
// IDENTITY: output 0 : tensor<3xi16>
// IDENTITY-NEXT: -1 -3 2
// IDENTITY-NEXT: output 1 : tensor<3xi16>
// IDENTITY-NEXT: 9 9 0
qimeng.kernel @identities(%a: memref<3xi16>, %b: memref<3xi16>) {
  %u = arith.constant dense<[-3, 2, 9]> : tensor<3xi16>
  %0 = qimeng.scan minu %u axis 0 exclusive : tensor<3xi16>
  qimeng.store %0, %a : tensor<3xi16>, memref<3xi16>
  %1 = qimeng.scan maxu %u axis 0 exclusive reverse : tensor<3xi16>
  qimeng.store %1, %b : tensor<3xi16>, memref<3xi16>
}
