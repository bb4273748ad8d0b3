// RUN: split-file %s %t
// RUN: qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/halves.mlir" | FileCheck %s
// RUN: qimeng-opt %t/program.mlir --qimeng-rewrite="file=%t/halves.mlir" 2>&1 | FileCheck %s --check-prefix=ALL
// RUN: qimeng-opt %t/program.mlir --pass-pipeline='builtin.module(qimeng-rewrite{kernel=scale file=%t/halves.mlir},qimeng-prove)' 2>&1 | FileCheck %s --check-prefix=PROVED

// A recipe holds the text a line to a line, and replays to the same bytes.
// RUN: qimeng-opt %t/recipe.mlir | diff %t/recipe.mlir -
// RUN: qimeng-opt %t/program.mlir --qimeng-replay="recipe=%t/recipe.mlir" >%t/replayed.mlir
// RUN: qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/halves.mlir" | diff %t/replayed.mlir -

// Tiles come before a text that has its own.
// RUN: not qimeng-opt %t/program.mlir --qimeng-retile="kernel=scale sizes=64 recipe=%t/tiled.mlir" 2>&1 | FileCheck %s --check-prefix=RETILE
// RUN: qimeng-opt %t/program.mlir --qimeng-retile="kernel=other sizes=64 recipe=%t/tiled.mlir" | FileCheck %s --check-prefix=OTHER

// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale" 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/absent" 2>&1 | FileCheck %s --check-prefix=ABSENT
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/syntax.mlir" 2>&1 | FileCheck %s --check-prefix=SYNTAX
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/verifier.mlir" 2>&1 | FileCheck %s --check-prefix=VERIFIER
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/two.mlir" 2>&1 | FileCheck %s --check-prefix=TWO
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/empty.mlir" 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/name.mlir" 2>&1 | FileCheck %s --check-prefix=NAME
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/attribute.mlir" 2>&1 | FileCheck %s --check-prefix=ATTRIBUTE
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/types.mlir" 2>&1 | FileCheck %s --check-prefix=TYPES
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/unwritten.mlir" 2>&1 | FileCheck %s --check-prefix=UNWRITTEN
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/input.mlir" 2>&1 | FileCheck %s --check-prefix=INPUT
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/dialect.mlir" 2>&1 | FileCheck %s --check-prefix=DIALECT
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/generic.mlir" 2>&1 | FileCheck %s --check-prefix=GENERIC
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/operation.mlir" 2>&1 | FileCheck %s --check-prefix=OPERATION
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/while.mlir" 2>&1 | FileCheck %s --check-prefix=WHILE
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/endless.mlir" 2>&1 | FileCheck %s --check-prefix=ENDLESS
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/long.mlir" 2>&1 | FileCheck %s --check-prefix=LONG
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/wide.mlir" 2>&1 | FileCheck %s --check-prefix=WIDE
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/many.mlir" 2>&1 | FileCheck %s --check-prefix=MANY
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/work.mlir" 2>&1 | FileCheck %s --check-prefix=WORK
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/cut.mlir" 2>&1 | FileCheck %s --check-prefix=CUT
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/alias.mlir" 2>&1 | FileCheck %s --check-prefix=ALIAS
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/bits.mlir" 2>&1 | FileCheck %s --check-prefix=BITS
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/result.mlir" 2>&1 | FileCheck %s --check-prefix=RESULT
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/data.mlir" 2>&1 | FileCheck %s --check-prefix=DATA

// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/fast.mlir" 2>&1 | FileCheck %s --check-prefix=FAST
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/fold.mlir" 2>&1 | FileCheck %s --check-prefix=FOLD
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/functions.mlir" 2>&1 | FileCheck %s --check-prefix=FUNCTIONS
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/scalars.mlir" 2>&1 | FileCheck %s --check-prefix=MANY

// What would take the parser's stack or minutes is refused before it is parsed.
// RUN: python3 -c "print('(' * 100000)" >%t/deep.mlir
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/deep.mlir" 2>&1 | FileCheck %s --check-prefix=DEEP
// RUN: python3 -c "print('#m = affine_map<(d0) -> (' + '-' * 60000 + 'd0)>')" >%t/signs.mlir
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/signs.mlir" 2>&1 | FileCheck %s --check-prefix=SIGNS
// RUN: python3 -c "print('#m = affine_map<(d0) -> (d0' + ' + d0' * 20000 + ')>')" >%t/signs.mlir
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/signs.mlir" 2>&1 | FileCheck %s --check-prefix=SIGNS
// RUN: python3 -c "print('// ' + 'x' * 200000)" >%t/bytes.mlir
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/bytes.mlir" 2>&1 | FileCheck %s --check-prefix=BYTES
// RUN: python3 -c "print('arith.x ' * 5000)" >%t/names.mlir
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/names.mlir" 2>&1 | FileCheck %s --check-prefix=NAMES
// RUN: python3 -c "print('9' * 100000)" >%t/word.mlir
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/word.mlir" 2>&1 | FileCheck %s --check-prefix=WORD

// RUN: python3 -c "import sys; head, line, tail = open(sys.argv[1]).read().split('COPIES'); print(head + ''.join(line.replace('NEXT', f'%%s{i}') for i in range(600)) + tail)" %t/code.mlir >%t/large.mlir
// RUN: not qimeng-opt %t/program.mlir --qimeng-rewrite="kernel=scale file=%t/large.mlir" 2>&1 | FileCheck %s --check-prefix=CODE

// CHECK-LABEL: qimeng.kernel @scale(%{{.*}}: memref<256xf32>, %{{.*}}: memref<256xf32>) grid(2)
// CHECK: %[[O:.*]] = affine.apply #{{.*}}(%{{.*}})
// CHECK: %[[T:.*]] = qimeng.load %{{.*}}[%[[O]]] : memref<256xf32> -> tensor<128xf32>
// CHECK: %[[R:.*]] = arith.addf %[[T]], %[[T]]
// CHECK: qimeng.store %[[R]]
// CHECK-LABEL: qimeng.kernel @other(

// ALL: remark: qimeng-rewrite skipped @other: the text must be of @other, found @scale
// ALL: qimeng.kernel @scale({{.*}} grid(2)

// PROVED-NOT: error

// RETILE: qimeng-retile @scale: the recipe rewrites @scale after its tile step, so other tiles would change nothing
// OTHER: qimeng.kernel @scale({{.*}} grid(2)
// OTHER: qimeng.kernel @other({{.*}} grid(4)

// NONE: qimeng-rewrite: needs file=<name>, a file with the kernel's new text
// ABSENT: qimeng-rewrite: {{.*}}absent
// SYNTAX: qimeng-rewrite @scale: line 2, column {{[0-9]+}}: use of undeclared SSA value name
// VERIFIER: line 2, column {{[0-9]+}}: 'qimeng.load' op
// TWO: the text must be one qimeng.kernel and nothing else, found 'qimeng.kernel' too
// EMPTY: the text holds no qimeng.kernel
// NAME: the text must be of @scale, found @scaled
// ATTRIBUTE: the kernel's attributes must stay as they were; only grid and schedule are free
// TYPES: the operands must stay (memref<256xf32>, memref<256xf32>), found (memref<256xf32>, memref<128xf32>)
// UNWRITTEN: operand 1 must be stored to, as before
// INPUT: operand 0 must not be stored to: it is an input
// DIALECT: line 3: 'memref.store' is not of affine, arith, builtin, math, qimeng, scf, tensor
// GENERIC: line 3: 'llvm.inline_asm' is not of
// OPERATION: line 3, column {{[0-9]+}}: 'tensor.empty' op is not allowed in a kernel
// WHILE: line 4, column {{[0-9]+}}: 'scf.condition' op is not allowed in a kernel
// ENDLESS: a loop must have constant bounds and a constant, positive step, so that it is known to end
// LONG: a loop runs more than 268435456 iterations in one program
// WIDE: 1.07e+09 elements are in one tile, more than 6.55e+04
// MANY: operations would be executed, more than 1.68e+07
// WORK: operations on elements would be executed, more than 1.68e+07
// CODE: operations on elements are in the code of one thread, more than 3.28e+04
// FAST: 'arith.addf' has #arith.fastmath<nnan>, which the kernel did not have; leave it out
// FOLD: 1.85e+08 operations on elements would be executed, more than 1.68e+07
// FUNCTIONS: operations on elements are in the code of one thread, more than 3.28e+04
// CUT: line 3: '{' is never closed; is the text complete?
// ALIAS: line 2: an alias is defined by another, '!a'; write it out
// BITS: line 2: 'i1000000' has too many bits
// RESULT: line 2: '#99999999' is no result of any operation
// DATA: line 1: '{-#' begins data that belong to no kernel
// DEEP: line 1: more than 32 brackets are open at the same time
// SIGNS: line 1: more than 64 operators stand in a row
// BYTES: the text has 200003 bytes, more than 131072
// NAMES: line 1: more than 4096 operations, attributes and types are named
// WORD: line 1: a word has more than 128 letters

//--- program.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) {
  %t = qimeng.load %x : memref<256xf32> -> tensor<256xf32>
  %two = arith.constant dense<2.0> : tensor<256xf32>
  %r = arith.mulf %t, %two : tensor<256xf32>
  qimeng.store %r, %y : tensor<256xf32>, memref<256xf32>
}
qimeng.kernel @other(%x: memref<256xf32>, %y: memref<256xf32>) {
  %t = qimeng.load %x : memref<256xf32> -> tensor<256xf32>
  qimeng.store %t, %y : tensor<256xf32>, memref<256xf32>
}
//--- halves.mlir
#half = affine_map<(d0) -> (d0 * 128)>
// Adding is as good.
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) grid(2) {
  %p = qimeng.program_id 0
  %o = affine.apply #half(%p)
  %t = qimeng.load %x[%o] : memref<256xf32> -> tensor<128xf32>
  %r = arith.addf %t, %t : tensor<128xf32>
  qimeng.store %r, %y[%o] : tensor<128xf32>, memref<256xf32>
}
//--- recipe.mlir
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%arg0: !transform.any_op {transform.readonly}) {
    transform.qimeng.rewrite @scale text = [
      "#half = affine_map<(d0) -> (d0 * 128)>",
      "// Adding is as good.",
      "qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) grid(2) {",
      "  %p = qimeng.program_id 0",
      "  %o = affine.apply #half(%p)",
      "  %t = qimeng.load %x[%o] : memref<256xf32> -> tensor<128xf32>",
      "  %r = arith.addf %t, %t : tensor<128xf32>",
      "  qimeng.store %r, %y[%o] : tensor<128xf32>, memref<256xf32>",
      "}"
    ] in %arg0 : !transform.any_op
    transform.yield 
  }
}

//--- tiled.mlir
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    transform.qimeng.tile @other sizes = [128] in %root : !transform.any_op
    transform.qimeng.tile @scale sizes = [128] in %root : !transform.any_op
    transform.qimeng.rewrite @scale text = [
      "qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) grid(2) {",
      "  %p = qimeng.program_id 0",
      "  %o = affine.apply affine_map<(d0) -> (d0 * 128)>(%p)",
      "  %t = qimeng.load %x[%o] : memref<256xf32> -> tensor<128xf32>",
      "  %r = arith.addf %t, %t : tensor<128xf32>",
      "  qimeng.store %r, %y[%o] : tensor<128xf32>, memref<256xf32>",
      "}"
    ] in %root : !transform.any_op
    transform.yield
  }
}
//--- syntax.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) {
  qimeng.store %r, %y : tensor<256xf32>, memref<256xf32>
}
//--- verifier.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) {
  %t = qimeng.load %x : memref<256xf32> -> tensor<256xf16>
}
//--- two.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) {}
qimeng.kernel @more(%x: memref<256xf32>, %y: memref<256xf32>) {}
//--- empty.mlir
// Nothing.
//--- name.mlir
qimeng.kernel @scaled(%x: memref<256xf32>, %y: memref<256xf32>) {}
//--- attribute.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) attributes {qimeng.extra} {}
//--- types.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<128xf32>) {}
//--- unwritten.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) {}
//--- input.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) {
  %t = arith.constant dense<0.0> : tensor<256xf32>
  qimeng.store %t, %x : tensor<256xf32>, memref<256xf32>
  qimeng.store %t, %y : tensor<256xf32>, memref<256xf32>
}
//--- dialect.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) {
  %i = arith.constant 4096 : index
  memref.store %f, %x[%i] : memref<256xf32>
}
//--- generic.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) {
  // A comment with "llvm.call"() is no operation.
  "llvm.inline_asm"() : () -> ()
}
//--- operation.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) {
  %x2 = qimeng.load %x : memref<256xf32> -> tensor<256xf32>
  %t = tensor.empty() : tensor<256xf32>
  qimeng.store %t, %y : tensor<256xf32>, memref<256xf32>
}
//--- while.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) {
  scf.while : () -> () {
    %true = arith.constant true
    scf.condition(%true)
  } do {
    scf.yield
  }
}
//--- endless.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) {
  %t = qimeng.load %x : memref<256xf32> -> tensor<256xf32>
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  scf.for %i = %c0 to %c8 step %c0 {
    qimeng.store %t, %y : tensor<256xf32>, memref<256xf32>
  }
}
//--- long.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) {
  %t = qimeng.load %x : memref<256xf32> -> tensor<256xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = arith.constant 9000000000000000000 : index
  scf.for %i = %c0 to %n step %c1 {
    qimeng.store %t, %y : tensor<256xf32>, memref<256xf32>
  }
}
//--- wide.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) {
  %t = qimeng.load %x masked : memref<256xf32> -> tensor<1073741824xf32>
  qimeng.store %t, %y masked : tensor<1073741824xf32>, memref<256xf32>
}
//--- many.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) grid(65536) {
  %t = qimeng.load %x : memref<256xf32> -> tensor<256xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = arith.constant 1000000 : index
  scf.for %i = %c0 to %n step %c1 {
    %j = arith.addi %i, %i : index
  }
  qimeng.store %t, %y : tensor<256xf32>, memref<256xf32>
}
//--- work.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) grid(1000000) {
  %t = qimeng.load %x : memref<256xf32> -> tensor<256xf32>
  qimeng.store %t, %y : tensor<256xf32>, memref<256xf32>
}
//--- code.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) grid(1) {
  %t = qimeng.load %x masked : memref<256xf32> -> tensor<8192xf32>COPIES
  NEXT = arith.addf %t, %t : tensor<8192xf32>COPIES
  qimeng.store %s599, %y masked : tensor<8192xf32>, memref<256xf32>
}
//--- fast.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) {
  %t = qimeng.load %x : memref<256xf32> -> tensor<256xf32>
  %r = arith.addf %t, %t fastmath<nnan> : tensor<256xf32>
  qimeng.store %r, %y : tensor<256xf32>, memref<256xf32>
}
//--- fold.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = arith.constant 65536 : index
  %t = qimeng.load %x[%c0] : memref<256xf32> -> tensor<256xf32>
  %z = arith.constant dense<0.0> : tensor<f32>
  %s = scf.for %i = %c0 to %n step %c1 iter_args(%a = %z) -> (tensor<f32>) {
    %f = qimeng.fold axes [0] ins(%t : tensor<256xf32>) inits(%a : tensor<f32>) {
    ^bb0(%e: f32, %b: f32):
      %1 = arith.addf %b, %e : f32
      %2 = arith.mulf %1, %e : f32
      %3 = arith.subf %2, %e : f32
      %4 = arith.mulf %3, %e : f32
      %5 = arith.subf %4, %e : f32
      %6 = arith.mulf %5, %e : f32
      %7 = arith.subf %6, %e : f32
      %8 = arith.mulf %7, %e : f32
      %9 = arith.subf %8, %e : f32
      qimeng.yield %9 : f32
    }
    scf.yield %f : tensor<f32>
  }
  %r = qimeng.broadcast %s axes [0] : tensor<f32> -> tensor<256xf32>
  qimeng.store %r, %y[%c0] : tensor<256xf32>, memref<256xf32>
}
//--- functions.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) grid(1) schedule<warps = 1> {
  %c0 = arith.constant 0 : index
  %t = qimeng.load %x[%c0] masked : memref<256xf32> -> tensor<8192xf32>
  %w = arith.extf %t : tensor<8192xf32> to tensor<8192xf64>
  %1 = math.tan %w : tensor<8192xf64>
  %2 = math.tan %1 : tensor<8192xf64>
  %3 = math.tan %2 : tensor<8192xf64>
  %r = arith.truncf %3 : tensor<8192xf64> to tensor<8192xf32>
  qimeng.store %r, %y[%c0] masked : tensor<8192xf32>, memref<256xf32>
}
//--- scalars.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = arith.constant 100000000 : index
  %h = arith.constant 7 : i64
  %s = scf.for %i = %c0 to %n step %c1 iter_args(%a = %h) -> (i64) {
    %1 = arith.xori %a, %h : i64
    scf.yield %1 : i64
  }
  %t = qimeng.load %x[%c0] : memref<256xf32> -> tensor<256xf32>
  qimeng.store %t, %y[%c0] : tensor<256xf32>, memref<256xf32>
}
//--- cut.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) {
  %t = qimeng.load %x : memref<256xf32> -> tensor<256xf32>
  qimeng.store %t, %y : tensor<256xf32>,
//--- alias.mlir
!a = tuple<i32, i32>
!b = tuple<!a, !a>
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) {}
//--- bits.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) {
  %c = arith.constant dense<1> : tensor<4xi1000000>
}
//--- result.mlir
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) {
  qimeng.store %a#99999999, %y : tensor<256xf32>, memref<256xf32>
}
//--- data.mlir
{-# dialect_resources: { builtin: { x: "0x00" } } #-}
qimeng.kernel @scale(%x: memref<256xf32>, %y: memref<256xf32>) {}
