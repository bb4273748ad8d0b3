// What a kernel's new text may look like: it reads its operand as it needs it,
// instead of turning what it has read. Nothing but the text says so.
// RUN: split-file %s %t
// RUN: qimeng-opt %t/before.mlir --qimeng-rewrite="kernel=turned file=%t/after.mlir" | FileCheck %s
// RUN: qimeng-verify %t/before.mlir %t/after.mlir | FileCheck %s --check-prefix=SAME
// CHECK: qimeng.view
// CHECK-NOT: qimeng.transpose
// SAME: accepted: {{.*}} checks 1 to 4
//--- before.mlir
// EXAMPLE: rewrite @turned
qimeng.kernel @turned(%x: memref<512x256xf32>, %y: memref<256x512xf32>) {
  %t = qimeng.load %x : memref<512x256xf32> -> tensor<512x256xf32>
  %e = math.exp %t : tensor<512x256xf32>
  %r = qimeng.transpose %e [1, 0] : tensor<512x256xf32>
  qimeng.store %r, %y : tensor<256x512xf32>, memref<256x512xf32>
}
//--- after.mlir
// ANSWER
qimeng.kernel @turned(%x: memref<512x256xf32>, %y: memref<256x512xf32>) {
  %v = qimeng.view %x by affine_map<(d0, d1) -> (d1, d0)> : memref<512x256xf32> -> !qimeng.view<256x512xf32>
  %t = qimeng.load %v : !qimeng.view<256x512xf32> -> tensor<256x512xf32>
  %e = math.exp %t : tensor<256x512xf32>
  qimeng.store %e, %y : tensor<256x512xf32>, memref<256x512xf32>
}
// END EXAMPLE
