// RUN: qimeng-opt %s --qimeng-widen | FileCheck %s
// RUN: not qimeng-opt %S/Inputs/bits.mlir --qimeng-widen 2>&1 | FileCheck %s --check-prefix=BITS

// BITS: bits.mlir:2:8: error: 'arith.bitcast' op looks at the bits of a float, so the program has no float64 reference

// CHECK-LABEL: func.func @program(
// CHECK-SAME: %[[X:.*]]: tensor<4x8xf64>, %[[W:.*]]: tensor<8xf64>, %{{.*}}: tensor<4xi32>) -> tensor<4x8xf64>
// 0.1 in bf16 keeps its value.
// CHECK-DAG: arith.constant 0.10009765625 : f64
// CHECK-DAG: arith.constant dense<[1.000000e+00, 0.333251953125]> : tensor<2xf64>
// CHECK-DAG: arith.constant 0xFFF0000000000000 : f64
// CHECK: linalg.generic
// CHECK-SAME: ins(%[[X]], %[[W]] : tensor<4x8xf64>, tensor<8xf64>)
// CHECK: ^bb0(%[[A:.*]]: f64, %[[B:.*]]: f64, %{{.*}}: f64):
// CHECK-NEXT: %[[P:.*]] = arith.mulf %[[A]], %[[B]] : f64
// CHECK-NEXT: %[[S:.*]] = arith.addf %[[P]], %{{.*}} : f64
// CHECK-NEXT: linalg.yield %[[S]] : f64
#all = affine_map<(d0, d1) -> (d0, d1)>
#column = affine_map<(d0, d1) -> (d1)>
func.func @program(%x: tensor<4x8xbf16>, %w: tensor<8xf32>, %i: tensor<4xi32>) -> tensor<4x8xbf16> {
  %tenth = arith.constant 0.1 : bf16
  %table = arith.constant dense<[1.0, 0.33333]> : tensor<2xf16>
  %low = arith.constant 0xFF800000 : f32
  %empty = tensor.empty() : tensor<4x8xbf16>
  %y = linalg.generic {indexing_maps = [#all, #column, #all], iterator_types = ["parallel", "parallel"]}
      ins(%x, %w : tensor<4x8xbf16>, tensor<8xf32>) outs(%empty : tensor<4x8xbf16>) {
  ^bb0(%a: bf16, %b: f32, %o: bf16):
    %c = arith.extf %a : bf16 to f32
    %p = arith.mulf %c, %b : f32
    %t = arith.extf %tenth : bf16 to f32
    %s = arith.addf %p, %t : f32
    %n = arith.truncf %s : f32 to bf16
    linalg.yield %n : bf16
  } -> tensor<4x8xbf16>
  return %y : tensor<4x8xbf16>
}

// CHECK-LABEL: qimeng.kernel @kernel(
// CHECK-SAME: memref<8x8xf64>, %{{.*}}: memref<8x8xf64>)
// CHECK: qimeng.view %{{.*}} -> <8x8xf64>
// CHECK: qimeng.channel stages(2) : <tensor<8x8xf64>>
// CHECK: qimeng.dot %{{.*}}, %{{.*}}, %{{.*}} : tensor<8x8xf64>, tensor<8x8xf64> -> tensor<8x8xf64>
qimeng.kernel @kernel(%x: memref<8x8xf32>, %y: memref<8x8xf32>) {
  %v = qimeng.view %x by affine_map<(d0, d1) -> (d1, d0)> : memref<8x8xf32> -> !qimeng.view<8x8xf32>
  %ch = qimeng.channel stages(2) : !qimeng.channel<tensor<8x8xf32>>
  %a = qimeng.load %v : !qimeng.view<8x8xf32> -> tensor<8x8xf32>
  qimeng.put %ch, %a : !qimeng.channel<tensor<8x8xf32>>
  %b = qimeng.take %ch : !qimeng.channel<tensor<8x8xf32>>
  %zero = arith.constant dense<0.0> : tensor<8x8xf32>
  %c = qimeng.dot %b, %b, %zero precision <tf32> : tensor<8x8xf32>, tensor<8x8xf32> -> tensor<8x8xf32>
  qimeng.release %ch : !qimeng.channel<tensor<8x8xf32>>
  qimeng.store %c, %y : tensor<8x8xf32>, memref<8x8xf32>
}
