// Every operation on tiles, run on known numbers.
// RUN: qimeng-run %s --entry=reductions --print | FileCheck %s --check-prefix=REDUCE
// RUN: qimeng-run %s --entry=scans --print | FileCheck %s --check-prefix=SCAN
// RUN: qimeng-run %s --entry=argmax --print | FileCheck %s --check-prefix=ARGMAX
// RUN: qimeng-run %s --entry=shapes --print | FileCheck %s --check-prefix=SHAPES
// RUN: qimeng-run %s --entry=windows --print | FileCheck %s --check-prefix=WINDOWS
// RUN: qimeng-run %s --entry=gather --print | FileCheck %s --check-prefix=GATHER
// RUN: qimeng-run %s --entry=dots --print | FileCheck %s --check-prefix=DOT
// RUN: qimeng-run %s --entry=loops --print | FileCheck %s --check-prefix=LOOP
// RUN: qimeng-run %s --entry=scalars --print | FileCheck %s --check-prefix=SCALARS
// RUN: qimeng-run %s --entry=halves --print | FileCheck %s --check-prefix=HALVES

// REDUCE: output 0 : tensor<2xi32>
// REDUCE-NEXT: 6 22
// REDUCE-NEXT: output 1 : tensor<4xi32>
// REDUCE-NEXT: 0 5 12 21
// REDUCE-NEXT: output 2 : tensor<i32>
// REDUCE-NEXT: 7
qimeng.kernel @reductions(%rows: memref<2xi32>, %columns: memref<4xi32>, %all: memref<i32>) {
  %x = arith.constant dense<[[0, 1, 2, 3], [4, 5, 6, 7]]> : tensor<2x4xi32>
  %r = qimeng.reduce add %x axes [1] : tensor<2x4xi32>
  qimeng.store %r, %rows : tensor<2xi32>, memref<2xi32>
  %c = qimeng.reduce mul %x axes [0] : tensor<2x4xi32>
  qimeng.store %c, %columns : tensor<4xi32>, memref<4xi32>
  %a = qimeng.reduce max %x axes [0, 1] : tensor<2x4xi32>
  qimeng.store %a, %all : tensor<i32>, memref<i32>
}

// SCAN: output 0 : tensor<2x4xf32>
// SCAN-NEXT: 1 3 6 10
// SCAN-NEXT: 5 11 18 26
// SCAN-NEXT: output 1 : tensor<2x4xf32>
// SCAN-NEXT: 9 7 4 {{-?}}0
// SCAN-NEXT: 21 15 8 {{-?}}0
// SCAN-NEXT: output 2 : tensor<2x4xf32>
// SCAN-NEXT: 5 6 7 8
// SCAN-NEXT: 5 6 7 8
qimeng.kernel @scans(%a: memref<2x4xf32>, %b: memref<2x4xf32>, %c: memref<2x4xf32>) {
  %x = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]> : tensor<2x4xf32>
  %s = qimeng.scan add %x axis 1 : tensor<2x4xf32>
  qimeng.store %s, %a : tensor<2x4xf32>, memref<2x4xf32>
  %t = qimeng.scan add %x axis 1 exclusive reverse : tensor<2x4xf32>
  qimeng.store %t, %b : tensor<2x4xf32>, memref<2x4xf32>
  %u = qimeng.scan max %x axis 0 reverse : tensor<2x4xf32>
  qimeng.store %u, %c : tensor<2x4xf32>, memref<2x4xf32>
}

// ARGMAX: output 0 : tensor<2xf32>
// ARGMAX-NEXT: 9 6
// ARGMAX: output 1 : tensor<2xi64>
// ARGMAX-NEXT: 1 3
qimeng.kernel @argmax(%value: memref<2xf32>, %place: memref<2xi64>) {
  %x = arith.constant dense<[[3.0, 9.0, 9.0, 4.0], [5.0, -6.0, 2.0, 6.0]]> : tensor<2x4xf32>
  %j = qimeng.iota dim 1 : tensor<2x4xindex>
  %low = arith.constant dense<0xFF800000> : tensor<2xf32>
  %none = arith.constant dense<0> : tensor<2xi64>
  %best:2 = qimeng.fold axes [1] ins(%x, %j : tensor<2x4xf32>, tensor<2x4xindex>)
      inits(%low, %none : tensor<2xf32>, tensor<2xi64>) {
  ^bb0(%e: f32, %at: index, %b: f32, %a: i64):
    %i = arith.index_cast %at : index to i64
    %g = arith.cmpf ogt, %e, %b : f32
    %b2 = arith.select %g, %e, %b : f32
    %a2 = arith.select %g, %i, %a : i64
    qimeng.yield %b2, %a2 : f32, i64
  }
  qimeng.store %best#0, %value : tensor<2xf32>, memref<2xf32>
  qimeng.store %best#1, %place : tensor<2xi64>, memref<2xi64>
}

// SHAPES: output 0 : tensor<3x2xi32>
// SHAPES-NEXT: 1 4
// SHAPES-NEXT: 2 5
// SHAPES-NEXT: 3 6
// SHAPES-NEXT: output 1 : tensor<2x3xi32>
// SHAPES-NEXT: 10 10 10
// SHAPES-NEXT: 20 20 20
// SHAPES-NEXT: output 2 : tensor<2x3xi64>
// SHAPES-NEXT: 7 8 9
// SHAPES-NEXT: 7 8 9
qimeng.kernel @shapes(%a: memref<3x2xi32>, %b: memref<2x3xi32>, %c: memref<2x3xi64>) {
  %x = arith.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32>
  %t = qimeng.transpose %x [1, 0] : tensor<2x3xi32>
  qimeng.store %t, %a : tensor<3x2xi32>, memref<3x2xi32>
  %v = arith.constant dense<[10, 20]> : tensor<2xi32>
  %w = qimeng.broadcast %v axes [1] : tensor<2xi32> -> tensor<2x3xi32>
  qimeng.store %w, %b : tensor<2x3xi32>, memref<2x3xi32>
  %seven = arith.constant 7 : index
  %i = qimeng.iota %seven dim 1 : tensor<2x3xindex>
  %j = arith.index_cast %i : tensor<2x3xindex> to tensor<2x3xi64>
  qimeng.store %j, %c : tensor<2x3xi64>, memref<2x3xi64>
}

// A padded window (as of a convolution), a strided slice, and a padded store.
// WINDOWS: output 0 : tensor<4xf32>
// WINDOWS-NEXT: 2 3 3 2
// WINDOWS: output 1 : tensor<2xf32>
// WINDOWS-NEXT: 1 1
// WINDOWS: output 2 : tensor<3xf32>
// WINDOWS-NEXT: 1 1 1
func.func @windows(%y: memref<4xf32>, %z: memref<2xf32>, %w: memref<3xf32>) {
  %x = memref.alloc() : memref<4xf32>
  qimeng.launch @ones(%x) : memref<4xf32>
  qimeng.launch @window(%x, %y, %z, %w) : memref<4xf32>, memref<4xf32>, memref<2xf32>, memref<3xf32>
  memref.dealloc %x : memref<4xf32>
  return
}
qimeng.kernel @ones(%x: memref<4xf32>) {
  %one = arith.constant dense<1.0> : tensor<4xf32>
  qimeng.store %one, %x : tensor<4xf32>, memref<4xf32>
}
qimeng.kernel @window(%x: memref<4xf32>, %y: memref<4xf32>, %z: memref<2xf32>, %w: memref<3xf32>) {
  %v = qimeng.view %x by affine_map<(d0, d1) -> (d0 + d1 - 1)> padded : memref<4xf32> -> !qimeng.view<4x3xf32>
  %t = qimeng.load %v : !qimeng.view<4x3xf32> -> tensor<4x3xf32>
  %s = qimeng.reduce add %t axes [1] : tensor<4x3xf32>
  qimeng.store %s, %y : tensor<4xf32>, memref<4xf32>
  %e = qimeng.view %x by affine_map<(d0) -> (d0 * 2 + 1)> : memref<4xf32> -> !qimeng.view<2xf32>
  %u = qimeng.load %e : !qimeng.view<2xf32> -> tensor<2xf32>
  qimeng.store %u, %z : tensor<2xf32>, memref<2xf32>
  %o = qimeng.view %w by affine_map<(d0) -> (d0 - 1)> padded : memref<3xf32> -> !qimeng.view<4xf32>
  %all = qimeng.load %x : memref<4xf32> -> tensor<4xf32>
  qimeng.store %all, %o : tensor<4xf32>, !qimeng.view<4xf32>
}

// GATHER: output 0 : tensor<4xf32>
// GATHER-NEXT: 1 0 1 0
qimeng.kernel @gathered(%x: memref<4xf32>, %y: memref<4xf32>) {
  %i = arith.constant dense<[3, 4, 0, -1]> : tensor<4xindex>
  %g = qimeng.gather %x[%i] : memref<4xf32>, tensor<4xindex> -> tensor<4xf32>
  qimeng.store %g, %y : tensor<4xf32>, memref<4xf32>
}
func.func @gather(%y: memref<4xf32>) {
  %x = memref.alloc() : memref<4xf32>
  qimeng.launch @ones(%x) : memref<4xf32>
  qimeng.launch @gathered(%x, %y) : memref<4xf32>, memref<4xf32>
  memref.dealloc %x : memref<4xf32>
  return
}

// i8 factors sign-extend; batches; an accumulator that is not zero.
// DOT: output 0 : tensor<2x2x2xi32>
// DOT-NEXT: -100 -99
// DOT-NEXT: -200 -199
// DOT-NEXT: 1 2
// DOT-NEXT: 1 2
qimeng.kernel @dots(%c: memref<2x2x2xi32>) {
  %a = arith.constant dense<[[[-100, -1], [-100, -101]], [[0, 0], [0, 0]]]> : tensor<2x2x2xi8>
  %b = arith.constant dense<[[[1, 1], [1, 1]], [[5, 5], [5, 5]]]> : tensor<2x2x2xi8>
  %start = arith.constant dense<[[[1, 2], [1, 2]], [[1, 2], [1, 2]]]> : tensor<2x2x2xi32>
  %d = qimeng.dot %a, %b, %start : tensor<2x2x2xi8>, tensor<2x2x2xi8> -> tensor<2x2x2xi32>
  qimeng.store %d, %c : tensor<2x2x2xi32>, memref<2x2x2xi32>
}

// Loop-carried tiles that change places, carried scalars, and branches.
// LOOP: output 0 : tensor<2xi32>
// LOOP-NEXT: 2 20
// LOOP: output 1 : tensor<2xi32>
// LOOP-NEXT: 1 10
// LOOP: output 2 : tensor<2xi32>
// LOOP-NEXT: 31 4477
// LOOP: output 3 : tensor<i32>
// LOOP-NEXT: 34
qimeng.kernel @loops(%x: memref<2xi32>, %y: memref<2xi32>, %z: memref<2xi32>, %s: memref<i32>) {
  %a = arith.constant dense<[1, 10]> : tensor<2xi32>
  %b = arith.constant dense<[2, 20]> : tensor<2xi32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %n = arith.constant 3 : i32
  %eleven = arith.constant 11 : i32
  %r:4 = scf.for %i = %c0 to %c3 step %c1 iter_args(%p = %a, %q = %b, %t = %a, %u = %n) -> (tensor<2xi32>, tensor<2xi32>, tensor<2xi32>, i32) {
    %even = arith.cmpi eq, %i, %c1 : index
    %v, %more = scf.if %even -> (tensor<2xi32>, i32) {
      %d = arith.addi %t, %p : tensor<2xi32>
      scf.yield %d, %eleven : tensor<2xi32>, i32
    } else {
      %d = arith.muli %t, %q : tensor<2xi32>
      %e = tensor.splat %u : tensor<2xi32>
      %f = arith.addi %d, %e : tensor<2xi32>
      scf.yield %f, %u : tensor<2xi32>, i32
    }
    %w = arith.addi %u, %more : i32
    scf.yield %q, %p, %v, %w : tensor<2xi32>, tensor<2xi32>, tensor<2xi32>, i32
  }
  qimeng.store %r#0, %x : tensor<2xi32>, memref<2xi32>
  qimeng.store %r#1, %y : tensor<2xi32>, memref<2xi32>
  qimeng.store %r#2, %z : tensor<2xi32>, memref<2xi32>
  %end = tensor.splat %r#3 : tensor<i32>
  qimeng.store %end, %s : tensor<i32>, memref<i32>
}

// Where LLVM leaves a result undefined, or the host would trap.
// SCALARS: output 0 : tensor<4xi32>
// SCALARS-NEXT: 0 -2147483648 -3 2
// SCALARS-NEXT: output 1 : tensor<4xi32>
// SCALARS-NEXT: 0 0 -1 1
// SCALARS-NEXT: output 2 : tensor<4xi8>
// SCALARS-NEXT: 127 -128 0 -7
// SCALARS-NEXT: output 3 : tensor<4xi32>
// SCALARS-NEXT: 0 0 -28 10
qimeng.kernel @scalars(%q: memref<4xi32>, %r: memref<4xi32>, %f: memref<4xi8>, %h: memref<4xi32>) {
  %a = arith.constant dense<[7, -2147483648, -7, 5]> : tensor<4xi32>
  %b = arith.constant dense<[0, -1, 2, 2]> : tensor<4xi32>
  %d = arith.divsi %a, %b : tensor<4xi32>
  qimeng.store %d, %q : tensor<4xi32>, memref<4xi32>
  %m = arith.remsi %a, %b : tensor<4xi32>
  qimeng.store %m, %r : tensor<4xi32>, memref<4xi32>
  %x = arith.constant dense<[1.0e9, -1.0e9, 0x7FC00000, -7.9]> : tensor<4xf32>
  %i = arith.fptosi %x : tensor<4xf32> to tensor<4xi8>
  qimeng.store %i, %f : tensor<4xi8>, memref<4xi8>
  %by = arith.constant dense<[32, -1, 2, 1]> : tensor<4xi32>
  %s = arith.shli %a, %by : tensor<4xi32>
  qimeng.store %s, %h : tensor<4xi32>, memref<4xi32>
}

// 1 + 2^-9 is no bf16 and rounds to even; 65520 is no f16.
// HALVES: output 0 : tensor<3xbf16>
// HALVES-NEXT: 1 1.01562 -3.01562
// HALVES: output 1 : tensor<3xf16>
// HALVES-NEXT: inf 0.333252 5.96046e-08
qimeng.kernel @halves(%b: memref<3xbf16>, %h: memref<3xf16>) {
  %x = arith.constant dense<[1.00390625, 1.01171875, -3.01]> : tensor<3xf32>
  %y = arith.truncf %x : tensor<3xf32> to tensor<3xbf16>
  qimeng.store %y, %b : tensor<3xbf16>, memref<3xbf16>
  %u = arith.constant dense<[65520.0, 0.33333333, 5.0e-8]> : tensor<3xf32>
  %v = arith.truncf %u : tensor<3xf32> to tensor<3xf16>
  qimeng.store %v, %h : tensor<3xf16>, memref<3xf16>
}
