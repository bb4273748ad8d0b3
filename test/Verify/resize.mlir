// RUN: qimeng-opt %s --qimeng-resize -o /dev/null 2>&1 | FileCheck %s --check-prefix=LIST
// RUN: qimeng-opt %s --qimeng-resize=sizes=5,7,1,3 | FileCheck %s
// RUN: not qimeng-opt %s --qimeng-resize=sizes=5,7 2>&1 | FileCheck %s --check-prefix=COUNT
// RUN: not qimeng-opt %s --qimeng-resize=sizes=5,0,1,2 2>&1 | FileCheck %s --check-prefix=SIGN

// COUNT: error: has 4 free dimensions, found 2 sizes
// SIGN: error: sizes must be positive, found 0

// The batch is tied through a slice of the whole, K by the product; the sliced,
// concatenated and reshaped dimensions and the window's are no symbols.
// LIST: symbol 0: size 64, argument 0, dimension 0
// LIST: symbol 1: size 32, argument 0, dimension 1
// LIST: symbol 2: size 48, argument 1, dimension 1
// LIST: symbol 3: size 6, argument 3, dimension 0
// LIST-NOT: symbol 4

// CHECK-LABEL: func.func @program(
// CHECK-SAME: tensor<5x7xf32>, %{{.*}}: tensor<7x1xf32>, %{{.*}}: tensor<1xf32>, %{{.*}}: tensor<3x20xf32>)
// CHECK-SAME: -> (tensor<5x1xf32>, tensor<3x12xf32>, tensor<3x4x5xf32>, tensor<3x18xf32>)
func.func @program(%x: tensor<64x32xf32>, %w: tensor<32x48xf32>, %b: tensor<48xf32>, %p: tensor<6x20xf32>)
    -> (tensor<64x48xf32>, tensor<6x12xf32>, tensor<6x4x5xf32>, tensor<6x18xf32>) {
  // CHECK: arith.constant dense<2.000000e+00> : tensor<5x1xf32>
  %two = arith.constant dense<2.0> : tensor<64x48xf32>
  %zero = arith.constant 0.0 : f32
  // CHECK: tensor.empty() : tensor<5x1xf32>
  %empty = tensor.empty() : tensor<64x48xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<64x48xf32>) -> tensor<64x48xf32>
  %d = linalg.matmul ins(%x, %w : tensor<64x32xf32>, tensor<32x48xf32>) outs(%init : tensor<64x48xf32>) -> tensor<64x48xf32>
  %wide = linalg.broadcast ins(%b : tensor<48xf32>) outs(%empty : tensor<64x48xf32>) dimensions = [0]
  %s = arith.addf %d, %wide : tensor<64x48xf32>
  %t = arith.mulf %s, %two : tensor<64x48xf32>
  // CHECK: tensor.extract_slice %{{.*}}[0, 4] [3, 6] [1, 1] : tensor<3x20xf32> to tensor<3x6xf32>
  %slice = tensor.extract_slice %p[0, 4] [6, 6] [1, 1] : tensor<6x20xf32> to tensor<6x6xf32>
  // CHECK: tensor.concat dim(1) %{{.*}}, %{{.*}} : (tensor<3x6xf32>, tensor<3x6xf32>) -> tensor<3x12xf32>
  %both = tensor.concat dim(1) %slice, %slice : (tensor<6x6xf32>, tensor<6x6xf32>) -> tensor<6x12xf32>
  // CHECK: tensor.expand_shape %{{.*}} {{\[}}[0], [1, 2]] output_shape [3, 4, 5] : tensor<3x20xf32> into tensor<3x4x5xf32>
  %split = tensor.expand_shape %p [[0], [1, 2]] output_shape [6, 4, 5] : tensor<6x20xf32> into tensor<6x4x5xf32>
  %filter = arith.constant dense<[1.0, 2.0, 1.0]> : tensor<3xf32>
  %e = tensor.empty() : tensor<6x18xf32>
  // CHECK: linalg.generic
  // CHECK-SAME: outs(%{{.*}} : tensor<3x18xf32>)
  %window = linalg.generic {indexing_maps = [affine_map<(n, i, k) -> (n, i + k)>, affine_map<(n, i, k) -> (k)>, affine_map<(n, i, k) -> (n, i)>],
                            iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%p, %filter : tensor<6x20xf32>, tensor<3xf32>) outs(%e : tensor<6x18xf32>) {
  ^bb0(%a: f32, %f: f32, %o: f32):
    %m = arith.mulf %a, %f : f32
    %r = arith.addf %o, %m : f32
    linalg.yield %r : f32
  } -> tensor<6x18xf32>
  return %t, %both, %split, %window : tensor<64x48xf32>, tensor<6x12xf32>, tensor<6x4x5xf32>, tensor<6x18xf32>
}
