// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

#a = affine_map<(i,j)->(i,j)>
#r = affine_map<(i,j)->(i)>
func.func @f(%x: tensor<7x33xf32>) -> (tensor<7xf32>, tensor<7xi64>) {
  %low = arith.constant 0xFF800000 : f32
  %z = arith.constant 0 : i64
  %e = tensor.empty() : tensor<7xf32>
  %ei = tensor.empty() : tensor<7xi64>
  %f = linalg.fill ins(%low : f32) outs(%e : tensor<7xf32>) -> tensor<7xf32>
  %fi = linalg.fill ins(%z : i64) outs(%ei : tensor<7xi64>) -> tensor<7xi64>
  %r:2 = linalg.generic {indexing_maps=[#a,#r,#r], iterator_types=["parallel","reduction"]} ins(%x : tensor<7x33xf32>) outs(%f, %fi : tensor<7xf32>, tensor<7xi64>) {
  ^bb0(%e0: f32, %b: f32, %at: i64):
    %j = linalg.index 1 : index
    %ji = arith.index_cast %j : index to i64
    %g = arith.cmpf ogt, %e0, %b : f32
    %nb = arith.select %g, %e0, %b : f32
    %na = arith.select %g, %ji, %at : i64
    linalg.yield %nb, %na : f32, i64
  } -> (tensor<7xf32>, tensor<7xi64>)
  return %r#0, %r#1 : tensor<7xf32>, tensor<7xi64>
}
