// A branch between tensors selects between both.
// RUN: split-file %s %t
// RUN: qimeng-opt %t/scf-if-top.mlir --qimeng-partition -o %t/scf-if-top.out
// RUN: qimeng-run %t/scf-if-top.out --check --reference=%t/scf-if-top.mlir
// RUN: qimeng-opt %t/if-scalar.mlir --qimeng-partition -o %t/if-scalar.out
// RUN: qimeng-run %t/if-scalar.out --check --reference=%t/if-scalar.mlir
// RUN: qimeng-opt %t/if-div.mlir --qimeng-partition -o %t/if-div.out
// RUN: qimeng-run %t/if-div.out --check --reference=%t/if-div.mlir

//--- scf-if-top.mlir
func.func @f(%a: tensor<4x4xf32>, %c: i1) -> tensor<4x4xf32> {
  %r = scf.if %c -> tensor<4x4xf32> {
    %e = math.exp %a : tensor<4x4xf32>
    scf.yield %e : tensor<4x4xf32>
  } else {
    scf.yield %a : tensor<4x4xf32>
  }
  return %r : tensor<4x4xf32>
}

//--- if-scalar.mlir
func.func @f(%x: tensor<4xf32>, %s: i32) -> tensor<4xf32> {
  %c0 = arith.constant 0 : i32
  %d = arith.constant 2.0 : f32
  %p = arith.cmpi sgt, %s, %c0 : i32
  %v, %w = scf.if %p -> (f32, tensor<4xf32>) {
    %k = arith.sitofp %s : i32 to f32
    %q = arith.divf %k, %d : f32
    %n = arith.negf %x : tensor<4xf32>
    scf.yield %q, %n : f32, tensor<4xf32>
  } else {
    %z = arith.cmpi eq, %s, %c0 : i32
    %y = scf.if %z -> tensor<4xf32> {
      %ex = math.exp2 %x : tensor<4xf32>
      scf.yield %ex : tensor<4xf32>
    } else {
      scf.yield %x : tensor<4xf32>
    }
    scf.yield %d, %y : f32, tensor<4xf32>
  }
  %t = tensor.splat %v : tensor<4xf32>
  %r = arith.mulf %w, %t : tensor<4xf32>
  return %r : tensor<4xf32>
}

//--- if-div.mlir
func.func @f(%x: tensor<4xi32>, %y: tensor<4xi32>, %p: i1) -> tensor<4xi32> {
  %r = scf.if %p -> tensor<4xi32> {
    %q = arith.divsi %x, %y : tensor<4xi32>
    scf.yield %q : tensor<4xi32>
  } else {
    scf.yield %x : tensor<4xi32>
  }
  return %r : tensor<4xi32>
}
