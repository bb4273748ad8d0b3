// RUN: qimeng-opt %s --qimeng-partition -o %t
// RUN: qimeng-run %t --check --reference=%s

// No dimensions anywhere, and a fold of which one result is used.
#s = affine_map<() -> ()>
#x = affine_map<(i, j) -> (i, j)>
#r = affine_map<(i, j) -> (i)>
func.func @f(%a: tensor<f32>, %b: tensor<f32>, %x: tensor<3x9xi32>) -> (tensor<f32>, tensor<f32>, tensor<3xi32>) {
  %zero = arith.constant dense<0.0> : tensor<f32>
  %0 = linalg.generic {indexing_maps = [#s, #s, #s], iterator_types = []} ins(%a, %b : tensor<f32>, tensor<f32>) outs(%zero : tensor<f32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %m = arith.maximumf %p, %q : f32
    linalg.yield %m : f32
  } -> tensor<f32>
  %1 = arith.addf %0, %b : tensor<f32>
  %low = arith.constant dense<-1000> : tensor<3xi32>
  %first = arith.constant dense<0> : tensor<3xi32>
  %2:2 = linalg.generic {indexing_maps = [#x, #r, #r], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<3x9xi32>) outs(%low, %first : tensor<3xi32>, tensor<3xi32>) {
  ^bb0(%e: i32, %best: i32, %at: i32):
    %j = linalg.index 1 : index
    %here = arith.index_cast %j : index to i32
    %greater = arith.cmpi sgt, %e, %best : i32
    %next = arith.select %greater, %e, %best : i32
    %where = arith.select %greater, %here, %at : i32
    linalg.yield %next, %where : i32, i32
  } -> (tensor<3xi32>, tensor<3xi32>)
  return %0, %1, %2#1 : tensor<f32>, tensor<f32>, tensor<3xi32>
}
