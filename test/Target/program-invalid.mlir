// RUN: split-file %s %t
// RUN: env QIMENG_PTXAS=none not qimeng-translate --to=program %t/none.mlir -o %t/out 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: env QIMENG_PTXAS=none not qimeng-translate --to=program %t/type.mlir -o %t/out 2>&1 | FileCheck %s --check-prefix=TYPE
// RUN: env QIMENG_PTXAS=none not qimeng-translate --to=program %t/other.mlir -o %t/out 2>&1 | FileCheck %s --check-prefix=OTHER
// RUN: not ls %t/out

//--- none.mlir
// NONE: error: expected a host program, a func.func @main that launches the kernels, but found no function
qimeng.kernel @copy(%x: memref<128xf32>, %y: memref<128xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %t = qimeng.load %x[%c0] : memref<128xf32> -> tensor<128xf32>
  qimeng.store %t, %y[%c0] : tensor<128xf32>, memref<128xf32>
}

//--- type.mlir
// TYPE: type.mlir:2:17: error: no buffer can have elements of type 'f80'
func.func @main(%x: memref<4xf80>) {
  return
}

//--- other.mlir
// OTHER: other.mlir:3:8: error: a host program holds memref.alloc, memref.get_global and qimeng.launch
func.func @main(%x: memref<4xf32>) {
  %c = arith.constant 0 : index
  return
}
