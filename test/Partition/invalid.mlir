// RUN: qimeng-opt %s --qimeng-partition --split-input-file --verify-diagnostics

// Every refusal names the operation, its place and what to do.

// expected-error @+1 {{holds no tensor program: expected a public func.func with a body}}
module {
  func.func private @f(%x: tensor<4xf32>) -> tensor<4xf32> {
    return %x : tensor<4xf32>
  }
}

// -----

// expected-error @+1 {{argument 0 has a dynamic shape: 'tensor<?xf32>'. Kernels are made for static shapes; export the program with fixed sizes}}
func.func @f(%x: tensor<?xf32>) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}

// -----

func.func @f(%x: tensor<4xf32>, %n: index) -> tensor<4xf32> {
  // expected-error @+1 {{result 0 has a dynamic shape: 'tensor<?xf32>'}}
  %0 = tensor.extract_slice %x[0] [%n] [1] : tensor<4xf32> to tensor<?xf32>
  %1 = math.exp %0 : tensor<?xf32>
  %2 = tensor.insert_slice %1 into %x[0] [%n] [1] : tensor<?xf32> into tensor<4xf32>
  return %2 : tensor<4xf32>
}

// -----

// expected-error @+1 {{argument 0 has no rank: 'tensor<*xf32>'}}
func.func @f(%x: tensor<*xf32>) -> tensor<*xf32> {
  return %x : tensor<*xf32>
}

// -----

// expected-error @+1 {{argument 0 is of unsupported type 'tensor<4xcomplex<f32>>'; expected f32, f16, bf16, f64, i1, i8, i16, i32, i64 or index, or tensors of them. Split complex numbers into real and imaginary tensors}}
func.func @f(%x: tensor<4xcomplex<f32>>) -> tensor<4xcomplex<f32>> {
  return %x : tensor<4xcomplex<f32>>
}

// -----

// expected-error @+1 {{Use signless integers: the operations say which sign is meant}}
func.func @f(%x: tensor<4xui8>) -> tensor<4xui8> {
  return %x : tensor<4xui8>
}

// -----

// expected-error @+1 {{unsupported type 'tensor<4xf8E4M3FN>'}}
func.func @f(%x: tensor<4xf8E4M3FN>) -> tensor<4xf8E4M3FN> {
  return %x : tensor<4xf8E4M3FN>
}

// -----

// expected-error @+1 {{unsupported type 'tensor<4xi4>'}}
func.func @f(%x: tensor<4xi4>) -> tensor<4xi4> {
  return %x : tensor<4xi4>
}

// -----

func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{unsupported type 'tensor<4xi7>'}}
  %0 = arith.fptosi %x : tensor<4xf32> to tensor<4xi7>
  %1 = arith.sitofp %0 : tensor<4xi7> to tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// Arguments may have no elements, results may not.
// expected-error @+1 {{has result 0 of type 'tensor<0x4xf32>', which has no elements, so no kernel writes it; expected results with elements. Do not return it}}
func.func @f(%x: tensor<0x4xf32>) -> tensor<0x4xf32> {
  return %x : tensor<0x4xf32>
}

// -----

#map = affine_map<(i) -> (i)>
func.func @f(%x: tensor<0xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %0 = linalg.generic {indexing_maps = [#map], iterator_types = ["parallel"]} outs(%y : tensor<4xf32>) {
  ^bb0(%o: f32):
    // expected-error @+1 {{'tensor.extract' op reads a tensor without elements, of type 'tensor<0xf32>'; there is nothing to read. Remove it}}
    %e = tensor.extract %x[%c0] : tensor<0xf32>
    linalg.yield %e : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{is described in MLIR as maxf(minf(value, min), max)}}
  %0 = math.clampf %x to [%x, %x] : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// What a complex operation has no expansion for is named.
#map = affine_map<(i) -> (i)>
func.func @f(%x: tensor<4xf32>) -> tensor<4xi64> {
  %e = tensor.empty() : tensor<4xi64>
  %0 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e : tensor<4xi64>) {
  ^bb0(%a: f32, %o: i64):
    // expected-error @+1 {{'complex.create' op is not supported in a tensor program}}
    %c = complex.create %a, %a : complex<f32>
    %b = complex.bitcast %c : complex<f32> to i64
    linalg.yield %b : i64
  } -> tensor<4xi64>
  return %0 : tensor<4xi64>
}

// -----

// The iterations of a reduction that reads where its accumulator says are
// written out, and there may be too many.
#map = affine_map<(i) -> (i)>
#none = affine_map<(i) -> ()>
func.func @f(%x: tensor<300xi32>, %t: tensor<8xi32>, %o: tensor<i32>) -> tensor<i32> {
  // expected-error @+1 {{reads a tensor at a position that depends on an accumulator, over 300 iterations; expected outputs indexed by distinct loops, and at most 256 iterations, which are written out. Split the reduction, or read before it}}
  %0 = linalg.generic {indexing_maps = [#map, #none], iterator_types = ["reduction"]} ins(%x : tensor<300xi32>) outs(%o : tensor<i32>) {
  ^bb0(%a: i32, %b: i32):
    %s = arith.addi %a, %b : i32
    %i = arith.index_cast %s : i32 to index
    %v = tensor.extract %t[%i] : tensor<8xi32>
    linalg.yield %v : i32
  } -> tensor<i32>
  return %0 : tensor<i32>
}

// -----

// expected-error @+1 {{argument 0 is a buffer: 'memref<4xf32>'}}
func.func @f(%x: memref<4xf32>) -> tensor<4xf32> {
  %0 = arith.constant dense<0.0> : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func private @g(tensor<4xf32>) -> tensor<4xf32>
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{is a call, and a tensor program is one function. Inline it first (--inline)}}
  %0 = func.call @g(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// expected-error @+1 {{returns nothing}}
func.func @f(%x: tensor<4xf32>) {
  return
}

// -----

// expected-error @+1 {{has 2 blocks; a tensor program is straight-line code}}
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  cf.br ^next
^next:
  return %x : tensor<4xf32>
}

// -----

func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'bufferization.alloc_tensor' op is not supported in a tensor program}}
  %0 = bufferization.alloc_tensor() copy(%x) : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @f(%x: tensor<4x4xf32>, %n: index) -> tensor<4x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @+1 {{cannot be unrolled: a loop of the tensor program must have constant bounds and at most 1024 iterations}}
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> tensor<4x4xf32> {
    %m = arith.addf %a, %x : tensor<4x4xf32>
    scf.yield %m : tensor<4x4xf32>
  }
  return %r : tensor<4x4xf32>
}

// -----

// A loop that gathers has no form on tiles, and none in a fold.
#map = affine_map<(i) -> (i)>
func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<8xf32>
  // expected-error @+1 {{cannot become a kernel: its body holds an operation that has no form in a kernel}}
  %0 = linalg.generic {indexing_maps = [#map], iterator_types = ["parallel"]} outs(%empty : tensor<8xf32>) {
  ^bb0(%o: f32):
    %n = linalg.index 0 : index
    // expected-note @+1 {{the operation is 'scf.for'}}
    %sum = scf.for %i = %c0 to %n step %c1 iter_args(%acc = %zero) -> f32 {
      %e = tensor.extract %x[%i] : tensor<8xf32>
      %next = arith.addf %acc, %e : f32
      scf.yield %next : f32
    }
    linalg.yield %sum : f32
  } -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

// One result reads the running value of another.
#all = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
func.func @f(%x: tensor<4x8xf32>, %s: tensor<4xf32>, %y: tensor<4x8xf32>) -> (tensor<4xf32>, tensor<4x8xf32>) {
  // expected-error @+1 {{result 1 depends on the accumulator of result 0, whose order of evaluation linalg does not define. Split the operation in two}}
  %0:2 = linalg.generic {indexing_maps = [#all, #row, #all], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x8xf32>) outs(%s, %y : tensor<4xf32>, tensor<4x8xf32>) {
  ^bb0(%e: f32, %acc: f32, %o: f32):
    %next = arith.addf %acc, %e : f32
    linalg.yield %next, %next : f32, f32
  } -> (tensor<4xf32>, tensor<4x8xf32>)
  return %0#0, %0#1 : tensor<4xf32>, tensor<4x8xf32>
}
