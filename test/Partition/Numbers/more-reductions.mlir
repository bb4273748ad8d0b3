// Every combiner, several results, none, constants.
// RUN: split-file %s %t
// RUN: qimeng-opt %t/reduce-multi.mlir --qimeng-partition -o %t/reduce-multi.out
// RUN: qimeng-run %t/reduce-multi.out --check --reference=%t/reduce-multi.mlir
// RUN: qimeng-opt %t/reduce-unused.mlir --qimeng-partition -o %t/reduce-unused.out
// RUN: qimeng-run %t/reduce-unused.out --check --reference=%t/reduce-unused.mlir
// RUN: qimeng-opt %t/reduce-allkinds.mlir --qimeng-partition -o %t/reduce-allkinds.out
// RUN: qimeng-run %t/reduce-allkinds.out --check --reference=%t/reduce-allkinds.mlir
// RUN: qimeng-opt %t/reduce-sub.mlir --qimeng-partition -o %t/reduce-sub.out
// RUN: qimeng-run %t/reduce-sub.out --check --reference=%t/reduce-sub.mlir
// RUN: qimeng-opt %t/reduce-noacc.mlir --qimeng-partition -o %t/reduce-noacc.out
// RUN: qimeng-run %t/reduce-noacc.out --check --reference=%t/reduce-noacc.mlir
// RUN: qimeng-opt %t/reduce-const.mlir --qimeng-partition -o %t/reduce-const.out
// RUN: qimeng-run %t/reduce-const.out --check --reference=%t/reduce-const.mlir
// RUN: qimeng-opt %t/i1-sum.mlir --qimeng-partition -o %t/i1-sum.out
// RUN: qimeng-run %t/i1-sum.out --check --reference=%t/i1-sum.mlir
// RUN: qimeng-opt %t/logsumexp-fold.mlir --qimeng-partition -o %t/logsumexp-fold.out
// RUN: qimeng-run %t/logsumexp-fold.out --check --reference=%t/logsumexp-fold.mlir
// RUN: qimeng-opt %t/scan-like.mlir --qimeng-partition -o %t/scan-like.out
// RUN: qimeng-run %t/scan-like.out --check --reference=%t/scan-like.mlir
// RUN: qimeng-opt %t/rank8.mlir --qimeng-partition -o %t/rank8.out
// RUN: qimeng-run %t/rank8.out --check --reference=%t/rank8.mlir

//--- reduce-multi.mlir
func.func @f(%x: tensor<3x5xf32>, %y: tensor<3x5xi32>, %a: tensor<3xf32>, %b: tensor<3xi32>) -> (tensor<3xf32>, tensor<3xi32>) {
  %r:2 = linalg.reduce ins(%x, %y : tensor<3x5xf32>, tensor<3x5xi32>) outs(%a, %b : tensor<3xf32>, tensor<3xi32>) dimensions = [1]
    (%p: f32, %q: i32, %s: f32, %t: i32) {
      %c = arith.cmpf olt, %p, %s : f32
      %u = arith.select %c, %p, %s : f32
      %v = arith.select %c, %q, %t : i32
      linalg.yield %u, %v : f32, i32
    }
  return %r#0, %r#1 : tensor<3xf32>, tensor<3xi32>
}

//--- reduce-unused.mlir
#m = affine_map<(i,j)->(i,j)>
#r = affine_map<(i,j)->(i)>
#c = affine_map<(i,j)->(j)>
func.func @f(%x: tensor<4x6xf32>, %o: tensor<4xf32>, %p: tensor<6xf32>) -> tensor<6xf32> {
  %r:2 = linalg.generic {indexing_maps=[#m,#r,#c], iterator_types=["reduction","reduction"]} ins(%x : tensor<4x6xf32>) outs(%o, %p : tensor<4xf32>, tensor<6xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %t = arith.addf %a, %b : f32
    %u = arith.addf %a, %c : f32
    linalg.yield %t, %u : f32, f32
  } -> (tensor<4xf32>, tensor<6xf32>)
  return %r#1 : tensor<6xf32>
}

//--- reduce-allkinds.mlir
#m = affine_map<(i,j)->(i,j)>
#r = affine_map<(i,j)->(i)>
func.func @f(%x: tensor<4x6xf32>, %i: tensor<4x6xi8>, %o: tensor<4xf32>, %p: tensor<4xi8>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xi8>, tensor<4xi8>, tensor<4xi8>) {
  %r:2 = linalg.generic {indexing_maps=[#m,#r,#r], iterator_types=["parallel","reduction"]} ins(%x : tensor<4x6xf32>) outs(%o, %o : tensor<4xf32>, tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %t = arith.minnumf %a, %b : f32
    %u = arith.maxnumf %a, %c : f32
    linalg.yield %t, %u : f32, f32
  } -> (tensor<4xf32>, tensor<4xf32>)
  %s:3 = linalg.generic {indexing_maps=[#m,#r,#r,#r], iterator_types=["parallel","reduction"]} ins(%i : tensor<4x6xi8>) outs(%p, %p, %p : tensor<4xi8>, tensor<4xi8>, tensor<4xi8>) {
  ^bb0(%a: i8, %b: i8, %c: i8, %d: i8):
    %t = arith.minui %a, %b : i8
    %u = arith.xori %a, %c : i8
    %v = arith.muli %d, %a : i8
    linalg.yield %t, %u, %v : i8, i8, i8
  } -> (tensor<4xi8>, tensor<4xi8>, tensor<4xi8>)
  return %r#0, %r#1, %s#0, %s#1, %s#2 : tensor<4xf32>, tensor<4xf32>, tensor<4xi8>, tensor<4xi8>, tensor<4xi8>
}

//--- reduce-sub.mlir
#m = affine_map<(i,j)->(i,j)>
#r = affine_map<(i,j)->(i)>
func.func @f(%x: tensor<4x6xf32>, %o: tensor<4xf32>) -> tensor<4xf32> {
  %r = linalg.generic {indexing_maps=[#m,#r], iterator_types=["parallel","reduction"]} ins(%x : tensor<4x6xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %t = arith.subf %b, %a : f32
    linalg.yield %t : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}

//--- reduce-noacc.mlir
#m = affine_map<(i,j)->(i,j)>
#r = affine_map<(i,j)->(i)>
func.func @f(%x: tensor<4x6xf32>, %o: tensor<4xf32>) -> tensor<4xf32> {
  %r = linalg.generic {indexing_maps=[#m,#r], iterator_types=["parallel","reduction"]} ins(%x : tensor<4x6xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}

//--- reduce-const.mlir
#m = affine_map<(i,j)->(i,j)>
#r = affine_map<(i,j)->(i)>
func.func @f(%x: tensor<4x6xf32>, %o: tensor<4xi32>, %k: i32) -> (tensor<4xi32>, tensor<4xi32>, tensor<4xi32>) {
  %c = arith.constant 1 : i32
  %r:3 = linalg.generic {indexing_maps=[#m,#r,#r,#r], iterator_types=["parallel","reduction"]} ins(%x : tensor<4x6xf32>) outs(%o,%o,%o : tensor<4xi32>, tensor<4xi32>, tensor<4xi32>) {
  ^bb0(%a: f32, %b: i32, %d: i32, %e: i32):
    %t = arith.addi %b, %c : i32
    %u = arith.addi %d, %k : i32
    linalg.yield %t, %u, %k : i32, i32, i32
  } -> (tensor<4xi32>, tensor<4xi32>, tensor<4xi32>)
  return %r#0, %r#1, %r#2 : tensor<4xi32>, tensor<4xi32>, tensor<4xi32>
}

//--- i1-sum.mlir
func.func @f(%x: tensor<3x5xi1>, %o: tensor<3xi1>, %p: tensor<3xi64>) -> (tensor<3xi1>, tensor<3xi1>, tensor<3xi64>) {
  %r = linalg.reduce {arith.addi} ins(%x : tensor<3x5xi1>) outs(%o : tensor<3xi1>) dimensions=[1]
  %s = linalg.reduce {arith.maxsi} ins(%x : tensor<3x5xi1>) outs(%o : tensor<3xi1>) dimensions=[1]
  %e = arith.extui %x : tensor<3x5xi1> to tensor<3x5xi64>
  %t = linalg.reduce {arith.addi} ins(%e : tensor<3x5xi64>) outs(%p : tensor<3xi64>) dimensions=[1]
  return %r, %s, %t : tensor<3xi1>, tensor<3xi1>, tensor<3xi64>
}

//--- logsumexp-fold.mlir
#a = affine_map<(i,k)->(i,k)>
#o = affine_map<(i,k)->(i)>
func.func @f(%x: tensor<4x5xf16>, %m: tensor<4xf16>, %s: tensor<4xf32>) -> (tensor<4xf16>, tensor<4xf32>) {
  %r:2 = linalg.generic {indexing_maps=[#a,#o,#o], iterator_types=["parallel","reduction"]} ins(%x : tensor<4x5xf16>) outs(%m, %s : tensor<4xf16>, tensor<4xf32>) {
  ^bb0(%a: f16, %b: f16, %c: f32):
    %p = arith.maximumf %a, %b : f16
    %q = arith.subf %b, %p : f16
    %e = arith.extf %q : f16 to f32
    %f = math.exp %e : f32
    %g = arith.mulf %f, %c : f32
    %h = arith.subf %a, %p : f16
    %i = arith.extf %h : f16 to f32
    %j = math.exp %i : f32
    %k = arith.addf %g, %j : f32
    linalg.yield %p, %k : f16, f32
  } -> (tensor<4xf16>, tensor<4xf32>)
  return %r#0, %r#1 : tensor<4xf16>, tensor<4xf32>
}

//--- scan-like.mlir
#m = affine_map<(i,j)->(j)>
#o = affine_map<(i,j)->(i)>
func.func @f(%x: tensor<6xf32>, %o: tensor<6xf32>) -> tensor<6xf32> {
  %r = linalg.generic {indexing_maps=[#m,#o], iterator_types=["parallel","reduction"]} ins(%x : tensor<6xf32>) outs(%o : tensor<6xf32>) {
  ^bb0(%a: f32, %b: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %c = arith.cmpi sle, %j, %i : index
    %z = arith.constant 0.0 : f32
    %v = arith.select %c, %a, %z : f32
    %s = arith.addf %b, %v : f32
    linalg.yield %s : f32
  } -> tensor<6xf32>
  return %r : tensor<6xf32>
}

//--- rank8.mlir
#m = affine_map<(a,b,c,d,e,f,g,h)->(a,b,c,d,e,f,g,h)>
#r = affine_map<(a,b,c,d,e,f,g,h)->(a,c,e,g)>
func.func @f(%x: tensor<2x3x2x1x2x3x1x2xf32>, %o: tensor<2x2x2x1xf32>) -> tensor<2x2x2x1xf32> {
  %r = linalg.generic {indexing_maps=[#m,#r], iterator_types=["parallel","reduction","parallel","reduction","parallel","reduction","parallel","reduction"]} ins(%x : tensor<2x3x2x1x2x3x1x2xf32>) outs(%o : tensor<2x2x2x1xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<2x2x2x1xf32>
  return %r : tensor<2x2x2x1xf32>
}
