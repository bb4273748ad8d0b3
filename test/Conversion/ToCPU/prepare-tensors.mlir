// RUN: qimeng-opt %s --qimeng-cpu-prepare-tensors | FileCheck %s

// CHECK-DAG: #[[SUM:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-DAG: #[[OUT:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>

// A read outside the tensor reads element 0 instead, and gives zero. Inputs are not to be written.
// CHECK-LABEL: func.func @gather(
// CHECK-SAME: %[[X:.*]]: tensor<8xf32> {bufferization.writable = false}
// CHECK: ^bb0(%[[AT:.*]]: index,
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult, %[[AT]], %c8
// CHECK: %[[SAFE:.*]] = arith.select %[[INSIDE]], %[[AT]], %c0
// CHECK: %[[READ:.*]] = tensor.extract %[[X]][%[[SAFE]]]
// CHECK: %[[RESULT:.*]] = arith.select %[[INSIDE]], %[[READ]], %cst
// CHECK: linalg.yield %[[RESULT]]
func.func @gather(%x: tensor<8xf32>, %i: tensor<4xindex>) -> tensor<4xf32> {
  %empty = tensor.empty() : tensor<4xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%i : tensor<4xindex>) outs(%empty : tensor<4xf32>) {
  ^bb0(%at: index, %o: f32):
    %e = tensor.extract %x[%at] : tensor<8xf32>
    linalg.yield %e : f32
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// Constant indices inside need no guard.
// CHECK-LABEL: func.func @first(
// CHECK-NOT: arith.select
// CHECK: return
func.func @first(%x: tensor<8xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %e = tensor.extract %x[%c0] : tensor<8xf32>
  return %e : f32
}

// The innermost loop of a product runs through rows of B and of the result; each sum keeps its order.
// CHECK-LABEL: func.func @matmul(
// CHECK-NOT: linalg.matmul
// CHECK: linalg.generic {indexing_maps = [#[[SUM]], #[[ROW]], #[[OUT]]], iterator_types = ["parallel", "reduction", "parallel"]}
func.func @matmul(%a: tensor<4x6xf32>, %b: tensor<6x8xf32>, %c: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %d = linalg.matmul ins(%a, %b : tensor<4x6xf32>, tensor<6x8xf32>) outs(%c : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %d : tensor<4x8xf32>
}

// Sums over rows are in the best order already.
// CHECK-LABEL: func.func @columns(
// CHECK: linalg.reduce
func.func @columns(%x: tensor<16x8xf32>, %c: tensor<8xf32>) -> tensor<8xf32> {
  %d = linalg.reduce {arith.addf} ins(%x : tensor<16x8xf32>) outs(%c : tensor<8xf32>) dimensions = [0]
  return %d : tensor<8xf32>
}

// Aggregates become operations that have loops.
// CHECK-LABEL: func.func @aggregates(
// CHECK-NOT: linalg.softmax
// CHECK-NOT: tensor.concat
// CHECK: arith.maxnumf
// CHECK: math.exp
// CHECK: arith.addf
// CHECK: arith.divf
// CHECK: tensor.insert_slice %{{.*}}[0, 0] [4, 8] [1, 1]
// CHECK: tensor.insert_slice %{{.*}}[0, 8] [4, 3] [1, 1]
func.func @aggregates(%x: tensor<4x8xf32>, %z: tensor<4x3xf32>) -> tensor<4x11xf32> {
  %e = tensor.empty() : tensor<4x8xf32>
  %s = linalg.softmax dimension(1) ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %c = tensor.concat dim(1) %s, %z : (tensor<4x8xf32>, tensor<4x3xf32>) -> tensor<4x11xf32>
  return %c : tensor<4x11xf32>
}

// CHECK-LABEL: func.func @packed(
// CHECK-NOT: linalg.pack
// CHECK: linalg.transpose
func.func @packed(%x: tensor<8x8xf32>) -> tensor<2x2x4x4xf32> {
  %e = tensor.empty() : tensor<2x2x4x4xf32>
  %p = linalg.pack %x inner_dims_pos = [0, 1] inner_tiles = [4, 4] into %e : tensor<8x8xf32> -> tensor<2x2x4x4xf32>
  return %p : tensor<2x2x4x4xf32>
}

// CHECK-LABEL: func.func private @helper(
// CHECK-SAME: %{{.*}}: tensor<4xf32>) ->
func.func private @helper(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
