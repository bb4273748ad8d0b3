// Affine operations in bodies, and loops, become arith in the kernels and in the
// reference alike.
// RUN: split-file %s %t
// RUN: qimeng-opt %t/affine-apply.mlir --qimeng-partition -o %t/affine-apply.out
// RUN: qimeng-run %t/affine-apply.out --check --reference=%t/affine-apply.mlir
// RUN: qimeng-opt %t/affine-apply.out --qimeng-tile="kernel=elementwise sizes=4,8" | qimeng-translate - --arch=sm_90a --to=ptx -o %t/affine-apply.ptx
// RUN: qimeng-opt %t/affine-fold.mlir --qimeng-partition -o %t/affine-fold.out
// RUN: qimeng-run %t/affine-fold.out --check --reference=%t/affine-fold.mlir
// RUN: qimeng-opt %t/affine-fold.out --qimeng-tile="kernel=fold sizes=4" | qimeng-translate - --arch=sm_90a --to=ptx -o %t/affine-fold.ptx
// RUN: qimeng-opt %t/affine-extract.mlir --qimeng-partition -o %t/affine-extract.out
// RUN: qimeng-run %t/affine-extract.out --check --reference=%t/affine-extract.mlir
// RUN: qimeng-opt %t/affine-if-for.mlir --qimeng-partition -o %t/affine-if-for.out
// RUN: qimeng-run %t/affine-if-for.out --check --reference=%t/affine-if-for.mlir
// RUN: qimeng-opt %t/delinearize.mlir --qimeng-partition -o %t/delinearize.out
// RUN: qimeng-run %t/delinearize.out --check --reference=%t/delinearize.mlir
// RUN: qimeng-opt %t/loop-top.mlir --qimeng-partition -o %t/loop-top.out
// RUN: qimeng-run %t/loop-top.out --check --reference=%t/loop-top.mlir

//--- affine-apply.mlir
#m = affine_map<(i,j)->(i,j)>
func.func @f(%x: tensor<4x6xf32>) -> tensor<4x6xi64> {
  %e = tensor.empty() : tensor<4x6xi64>
  %r = linalg.generic {indexing_maps=[#m,#m], iterator_types=["parallel","parallel"]} ins(%x : tensor<4x6xf32>) outs(%e : tensor<4x6xi64>) {
  ^bb0(%a: f32, %o: i64):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %k = affine.apply affine_map<(d0,d1)->(d0 * 3 + d1 floordiv 2 + d1 mod 4 - 5)>(%i,%j)
    %l = affine.min affine_map<(d0)[s0]->(d0, s0 + 2, 7)>(%k)[%j]
    %m = affine.max affine_map<(d0)->(d0 ceildiv 2, 1)>(%l)
    %v = arith.index_cast %m : index to i64
    linalg.yield %v : i64
  } -> tensor<4x6xi64>
  return %r : tensor<4x6xi64>
}

//--- affine-fold.mlir
#m = affine_map<(i,j)->(i,j)>
#r = affine_map<(i,j)->(i)>
func.func @f(%x: tensor<4x6xi32>, %o: tensor<4xi32>) -> tensor<4xi32> {
  %r = linalg.generic {indexing_maps=[#m,#r], iterator_types=["parallel","reduction"]} ins(%x : tensor<4x6xi32>) outs(%o : tensor<4xi32>) {
  ^bb0(%a: i32, %b: i32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %k = affine.apply affine_map<(d0,d1)->(d0 * 3 + d1 mod 4)>(%i,%j)
    %v = arith.index_cast %k : index to i32
    %s = arith.muli %b, %v : i32
    %t = arith.addi %s, %a : i32
    linalg.yield %t : i32
  } -> tensor<4xi32>
  return %r : tensor<4xi32>
}

//--- affine-extract.mlir
#m = affine_map<(i)->(i)>
func.func @f(%x: tensor<8xf32>) -> (tensor<4xf32>, tensor<3xf32>) {
  %e = tensor.empty() : tensor<4xf32>
  %r = linalg.generic {indexing_maps=[#m], iterator_types=["parallel"]} outs(%e : tensor<4xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %k = affine.apply affine_map<(d0)->(d0 * 2 + 1)>(%i)
    %v = tensor.extract %x[%k] : tensor<8xf32>
    linalg.yield %v : f32
  } -> tensor<4xf32>
  %c = arith.constant 2 : index
  %k = affine.apply affine_map<(d0)->(d0 * 2 + 1)>(%c)
  %s = tensor.extract_slice %x[%k] [3] [1] : tensor<8xf32> to tensor<3xf32>
  return %r, %s : tensor<4xf32>, tensor<3xf32>
}

//--- affine-if-for.mlir
func.func @f(%x: tensor<4x6xf32>) -> tensor<4x6xf32> {
  %r = affine.for %i = 0 to 3 iter_args(%a = %x) -> tensor<4x6xf32> {
    %e = math.tanh %a : tensor<4x6xf32>
    affine.yield %e : tensor<4x6xf32>
  }
  return %r : tensor<4x6xf32>
}

//--- delinearize.mlir
#m = affine_map<(i)->(i)>
func.func @f(%x: tensor<24xf32>) -> tensor<24xi64> {
  %e = tensor.empty() : tensor<24xi64>
  %r = linalg.generic {indexing_maps=[#m], iterator_types=["parallel"]} outs(%e : tensor<24xi64>) {
  ^bb0(%o: i64):
    %i = linalg.index 0 : index
    %d:3 = affine.delinearize_index %i into (2,3,4) : index, index, index
    %l = affine.linearize_index [%d#2, %d#0, %d#1] by (4,2,3) : index
    %v = arith.index_cast %l : index to i64
    linalg.yield %v : i64
  } -> tensor<24xi64>
  return %r : tensor<24xi64>
}

//--- loop-top.mlir
func.func @f(%a: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %r = scf.for %i = %c0 to %c3 step %c1 iter_args(%x = %a) -> tensor<4x4xf32> {
    %s = tensor.extract_slice %x[%i,0][1,4][1,1] : tensor<4x4xf32> to tensor<1x4xf32>
    %e = math.exp %s : tensor<1x4xf32>
    %k = affine.apply affine_map<(d0)->(d0+1)>(%i)
    %n = tensor.insert_slice %e into %x[%k,0][1,4][1,1] : tensor<1x4xf32> into tensor<4x4xf32>
    scf.yield %n : tensor<4x4xf32>
  }
  return %r : tensor<4x4xf32>
}
