// A host program with two launches, a temporary and a constant.

// RUN: qimeng-translate --to=ptx --arch=sm_80 %s | FileCheck %s --check-prefix=PTX
// RUN: env QIMENG_PTXAS=/nonexistent not qimeng-translate --to=cubin --arch=sm_80 %s -o %t.cubin
// RUN: bash -c 'qimeng-translate --to=program %s 2>&1; test $? = 2' | FileCheck %s --check-prefix=FOLDER

// A ptxas that is asked for must be there; without any the folder holds PTX.
// RUN: env QIMENG_PTXAS=/nonexistent not qimeng-translate --to=program --arch=sm_80 %s -o %t 2>&1 | FileCheck %s --check-prefix=ABSENT
// ABSENT: QIMENG_PTXAS is '/nonexistent', which is not a ptxas that runs here
// RUN: rm -rf %t
// RUN: env QIMENG_PTXAS=none qimeng-translate --to=program --arch=sm_80 %s -o %t
// RUN: FileCheck %s --input-file=%t/program.json
// RUN: FileCheck %s --check-prefix=PTX --input-file=%t/kernels.ptx
// RUN: od -An -tf4 %t/constant-3.bin | FileCheck %s --check-prefix=CONSTANT

// FOLDER: --to=program writes a folder: name it with -o

// PTX-DAG: .visible .entry scale(
// PTX-DAG: .visible .entry add(

// CONSTANT: 1{{ +}}2{{ +}}3{{ +}}4

// CHECK: "arch": "sm_80"
// CHECK: "name": "x"
// CHECK: "kind": "input"
// CHECK: "dtype": "f32"
// CHECK-NEXT: "shape": [
// CHECK-NEXT: 512
// CHECK-NEXT: 4
// CHECK: "name": "out0"
// CHECK-NEXT: "kind": "output"
// CHECK: "name": "tmp0"
// CHECK-NEXT: "kind": "temporary"
// CHECK: "name": "const0"
// CHECK-NEXT: "kind": "constant"
// CHECK: "file": "constant-3.bin"
// CHECK: "file": "kernels.ptx"
// CHECK: "kernel": "scale"
// CHECK-NEXT: "module": "kernels"
// CHECK-NEXT: "grid": [
// CHECK-NEXT: 4,
// CHECK: "args": [
// CHECK: "buffer": 0
// CHECK: "buffer": 2
// CHECK: "kernel": "add"
// CHECK: "buffer": 2
// CHECK: "buffer": 3
// CHECK: "buffer": 1

qimeng.kernel @scale(%x: memref<512x4xf32>, %y: memref<512x4xf32>) grid(4) {
  %p = qimeng.program_id 0
  %i = affine.apply affine_map<(d0) -> (d0 * 128)>(%p)
  %c0 = arith.constant 0 : index
  %t = qimeng.load %x[%i, %c0] : memref<512x4xf32> -> tensor<128x4xf32>
  %r = arith.mulf %t, %t : tensor<128x4xf32>
  qimeng.store %r, %y[%i, %c0] : tensor<128x4xf32>, memref<512x4xf32>
}

qimeng.kernel @add(%x: memref<512x4xf32>, %b: memref<4xf32>, %y: memref<512x4xf32>) grid(4) {
  %p = qimeng.program_id 0
  %i = affine.apply affine_map<(d0) -> (d0 * 128)>(%p)
  %c0 = arith.constant 0 : index
  %t = qimeng.load %x[%i, %c0] : memref<512x4xf32> -> tensor<128x4xf32>
  %v = qimeng.load %b[%c0] : memref<4xf32> -> tensor<4xf32>
  %w = qimeng.broadcast %v axes [0] : tensor<4xf32> -> tensor<128x4xf32>
  %r = arith.addf %t, %w : tensor<128x4xf32>
  qimeng.store %r, %y[%i, %c0] : tensor<128x4xf32>, memref<512x4xf32>
}

memref.global "private" constant @bias : memref<4xf32> = dense<[1.0, 2.0, 3.0, 4.0]>

func.func @main(%x: memref<512x4xf32> {qimeng.name = "x"}, %y: memref<512x4xf32>) {
  %t = memref.alloc() : memref<512x4xf32>
  qimeng.launch @scale(%x, %t) : memref<512x4xf32>, memref<512x4xf32>
  %b = memref.get_global @bias : memref<4xf32>
  qimeng.launch @add(%t, %b, %y) : memref<512x4xf32>, memref<4xf32>, memref<512x4xf32>
  return
}
