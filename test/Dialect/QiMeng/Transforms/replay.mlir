// A recipe gives what its steps give one by one, to the byte, and again.
// RUN: qimeng-opt %s --qimeng-replay="recipe=%S/Inputs/recipe.mlir arch=sm_90a" -o %t.1
// RUN: qimeng-opt %s --qimeng-fuse-consumer="kernel=matmul consumer=relu" --qimeng-tile="kernel=matmul sizes=32,16 reduce=16" -o %t.2
// RUN: cmp %t.1 %t.2
// RUN: qimeng-opt %s --qimeng-replay="recipe=%S/Inputs/recipe.mlir arch=sm_90a" | cmp - %t.1
// RUN: FileCheck %s < %t.1

// A retile step changes the step before it; as a pass it edits the recipe.
// RUN: qimeng-opt %s --qimeng-replay="recipe=%S/Inputs/recipe-retile.mlir" | cmp - %t.1
// RUN: qimeng-opt %s --qimeng-retile="recipe=%S/Inputs/recipe.mlir kernel=matmul sizes=16,32 warps=2" | FileCheck %s --check-prefix=RETILE
// RETILE: qimeng.kernel @matmul({{.*}}) grid(4, 2) schedule<warps = 2>
// RUN: not qimeng-opt %s --qimeng-retile="recipe=%S/Inputs/recipe.mlir kernel=relu sizes=16,32" 2>&1 | FileCheck %s --check-prefix=NOTILE
// NOTILE: qimeng-retile @relu: the recipe has no tile step for @relu that could be changed
// RUN: not qimeng-opt %s --qimeng-retile="recipe=%S/Inputs/recipe.mlir sizes=16,32" 2>&1 | FileCheck %s --check-prefix=NOKERNEL
// NOKERNEL: qimeng-retile: needs kernel=<name>
// RUN: not qimeng-opt %s --qimeng-retile="kernel=matmul sizes=16,32" 2>&1 | FileCheck %s --check-prefix=NORECIPE
// NORECIPE: qimeng-retile: needs recipe=<file>

// Recipes print as they were written.
// RUN: qimeng-opt %S/Inputs/recipe.mlir | qimeng-opt | FileCheck %s --check-prefix=TEXT
// TEXT: transform.qimeng.fuse_consumer @matmul consumer = @relu in %arg0 : !transform.any_op
// TEXT: transform.qimeng.tile @matmul sizes = [32, 16] reduce = [16] in %arg0 : !transform.any_op

// Upstream ops may stand between.
// RUN: qimeng-opt %s --qimeng-replay="recipe=%S/Inputs/recipe-upstream.mlir" | FileCheck %s --check-prefix=UPSTREAM
// UPSTREAM: func.func @other
// UPSTREAM: linalg.generic
// UPSTREAM: qimeng.kernel @matmul({{.*}}) grid(2, 4)

// RUN: not qimeng-opt %s --qimeng-replay="recipe=%S/Inputs/recipe-other.mlir" 2>&1 | FileCheck %s --check-prefix=OTHER
// OTHER: recipe-other.mlir:3:{{.*}}: error: tile @conv: the program has no kernel @conv; its kernels are @matmul, @relu
// RUN: not qimeng-opt %s --qimeng-replay="recipe=%S/Inputs/recipe-parameter.mlir" 2>&1 | FileCheck %s --check-prefix=PARAMETER
// PARAMETER: recipe-parameter.mlir:3:{{.*}}: error: {{.*}}tile has no parameter 'size'; its parameters are: sizes, reduce, loops, warps
// RUN: not qimeng-opt %s --qimeng-replay="recipe=%S/Inputs/none.mlir" 2>&1 | FileCheck %s --check-prefix=NOFILE
// NOFILE: none.mlir
// RUN: not qimeng-opt %s --qimeng-replay="recipe=%s" 2>&1 | FileCheck %s --check-prefix=NORECIPEFILE
// NORECIPEFILE: is no recipe: expected a transform.named_sequence @__transform_main
// RUN: not qimeng-opt %s --qimeng-replay 2>&1 | FileCheck %s --check-prefix=NOOPTION
// NOOPTION: qimeng-replay: needs recipe=<file>

// CHECK: func.func @main
// CHECK-NOT: memref.alloc
// CHECK: qimeng.launch @matmul(%arg0, %arg1, %arg2)
// CHECK: qimeng.kernel @matmul({{.*}}) grid(2, 4) {
func.func @main(%a: memref<64x32xf32>, %b: memref<32x64xf32>, %o: memref<64x64xf32>) {
  %t = memref.alloc() : memref<64x64xf32>
  qimeng.launch @matmul(%a, %b, %t) : memref<64x32xf32>, memref<32x64xf32>, memref<64x64xf32>
  qimeng.launch @relu(%t, %o) : memref<64x64xf32>, memref<64x64xf32>
  return
}
func.func @other(%x: tensor<4xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %f = linalg.fill ins(%zero : f32) outs(%x : tensor<4xf32>) -> tensor<4xf32>
  return %f : tensor<4xf32>
}
qimeng.kernel @matmul(%A: memref<64x32xf32>, %B: memref<32x64xf32>, %C: memref<64x64xf32>) {
  %a = qimeng.load %A : memref<64x32xf32> -> tensor<64x32xf32>
  %b = qimeng.load %B : memref<32x64xf32> -> tensor<32x64xf32>
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %d = qimeng.dot %a, %b, %zero : tensor<64x32xf32>, tensor<32x64xf32> -> tensor<64x64xf32>
  qimeng.store %d, %C : tensor<64x64xf32>, memref<64x64xf32>
}
qimeng.kernel @relu(%X: memref<64x64xf32>, %Y: memref<64x64xf32>) {
  %x = qimeng.load %X : memref<64x64xf32> -> tensor<64x64xf32>
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %r = arith.maximumf %x, %zero : tensor<64x64xf32>
  qimeng.store %r, %Y : tensor<64x64xf32>, memref<64x64xf32>
}
