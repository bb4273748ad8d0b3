// RUN: qimeng-opt %s --qimeng-cpu-prepare-scalars | FileCheck %s

// x / 0 is 0, and the most negative integer over -1 wraps: its negation does.
// CHECK-LABEL: func.func @quotient(
// CHECK-SAME: %[[A:[a-z0-9]+]]: i32, %[[B:[a-z0-9]+]]: i32
// CHECK-DAG: %[[BY0:.*]] = arith.cmpi eq, %[[B]], %c0
// CHECK-DAG: %[[BYM1:.*]] = arith.cmpi eq, %[[B]], %c-1
// CHECK: %[[EITHER:.*]] = arith.ori %[[BY0]], %[[BYM1]]
// CHECK: %[[SAFE:.*]] = arith.select %[[EITHER]], %c1{{.*}}, %[[B]]
// CHECK: %[[Q:.*]] = arith.divsi %[[A]], %[[SAFE]]
// CHECK: %[[NEGATED:.*]] = arith.subi %c0{{.*}}, %[[A]]
// CHECK: %[[WRAPPED:.*]] = arith.select %[[BYM1]], %[[NEGATED]], %[[Q]]
// CHECK: %[[RESULT:.*]] = arith.select %[[BY0]], %c0{{.*}}, %[[WRAPPED]]
// CHECK: return %[[RESULT]]
func.func @quotient(%a: i32, %b: i32) -> i32 {
  %q = arith.divsi %a, %b : i32
  return %q : i32
}

// Without a sign only 0 is special.
// CHECK-LABEL: func.func @unsigned_quotient(
// CHECK-NOT: %c-1
// CHECK: %[[BY0:.*]] = arith.cmpi eq, %arg1, %c0
// CHECK: arith.divui
// CHECK: arith.select %[[BY0]], %c0
func.func @unsigned_quotient(%a: i32, %b: i32) -> i32 {
  %q = arith.divui %a, %b : i32
  return %q : i32
}

// The remainder by 1 is 0, and so are those by 0 and -1.
// CHECK-LABEL: func.func @remainder(
// CHECK: %[[SAFE:.*]] = arith.select %{{.*}}, %c1{{.*}}, %arg1
// CHECK-NEXT: %[[R:.*]] = arith.remsi %arg0, %[[SAFE]]
// CHECK-NEXT: return %[[R]]
func.func @remainder(%a: i64, %b: i64) -> i64 {
  %r = arith.remsi %a, %b : i64
  return %r : i64
}

// A shift by the width or more shifts everything out; the sign stays.
// CHECK-LABEL: func.func @shifts(
// CHECK: %[[FAR:.*]] = arith.cmpi ugt, %arg1, %c31
// CHECK: %[[BY:.*]] = arith.select %[[FAR]], %c31{{.*}}, %arg1
// CHECK: %[[L:.*]] = arith.shli %arg0, %[[BY]]
// CHECK: %[[LEFT:.*]] = arith.select %[[FAR]], %c0{{.*}}, %[[L]]
// CHECK: %[[BY2:.*]] = arith.select %{{.*}}, %c31{{.*}}, %arg1
// CHECK: %[[RIGHT:.*]] = arith.shrsi %arg0, %[[BY2]]
// CHECK-NEXT: return %[[LEFT]], %[[RIGHT]]
func.func @shifts(%a: i32, %b: i32) -> (i32, i32) {
  %l = arith.shli %a, %b : i32
  %r = arith.shrsi %a, %b : i32
  return %l, %r : i32, i32
}

// A float outside the range saturates, NaN becomes 0. The bounds are powers of two, exact in every type.
// CHECK-LABEL: func.func @integer(
// CHECK-DAG: %[[ABOVE:.*]] = arith.cmpf oge, %arg0, %cst
// CHECK-DAG: %[[BELOW:.*]] = arith.cmpf olt, %arg0, %cst
// CHECK-DAG: arith.constant 1.280000e+02 : f32
// CHECK-DAG: arith.constant -1.280000e+02 : f32
// CHECK-DAG: arith.cmpf uno, %arg0, %arg0
// CHECK: %[[INSIDE:.*]] = arith.select %{{.*}}, %{{.*}}, %arg0 : f32
// CHECK: %[[I:.*]] = arith.fptosi %[[INSIDE]]
// CHECK: %[[AT_LEAST:.*]] = arith.select %[[BELOW]], %c-128{{.*}}, %[[I]]
// CHECK: arith.select %[[ABOVE]], %c127{{.*}}, %[[AT_LEAST]]
func.func @integer(%x: f32) -> i8 {
  %i = arith.fptosi %x : f32 to i8
  return %i : i8
}

// Inside linalg operations as well; what cannot go wrong stays as it is.
// CHECK-LABEL: func.func @inside(
// CHECK: linalg.generic
// CHECK: arith.select
// CHECK-NEXT: arith.divui
// CHECK-LABEL: func.func @harmless(
// CHECK-NEXT: arith.addi
// CHECK-NEXT: arith.divf
// CHECK-NEXT: return
func.func @inside(%x: memref<4xi32>, %y: memref<4xi32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : memref<4xi32>) outs(%y : memref<4xi32>) {
  ^bb0(%e: i32, %o: i32):
    %q = arith.divui %e, %o : i32
    linalg.yield %q : i32
  }
  return
}
func.func @harmless(%a: i32, %x: f32) -> (i32, f32) {
  %s = arith.addi %a, %a : i32
  %q = arith.divf %x, %x : f32
  return %s, %q : i32, f32
}
