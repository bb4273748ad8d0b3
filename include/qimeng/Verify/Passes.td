//===- Passes.td - The passes of Verify --------------------*- tablegen -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_VERIFY_PASSES_TD
#define QIMENG_VERIFY_PASSES_TD

include "mlir/Pass/PassBase.td"

def QiMengProve : Pass<"qimeng-prove", "::mlir::ModuleOp"> {
  let summary = "Prove the kernels of a module safe";
  let description = [{
    Checks 1 to 3 of every kernel, without a program to compare with: the form is
    right (constant loop bounds, power-of-two tiles, resources within the
    limits), every access lies inside its operand or is masked, every element of
    every output is written exactly once, and channels neither race nor wait
    forever. Changes nothing; fails with a diagnostic for every kernel that is
    refused.
  }];
  let options = [
    Option<"arch", "arch", "std::string", "",
           "The architecture whose limits to keep (sm_80, sm_90a, ...); default: none">,
    Option<"property", "property", "std::string", "",
           "What must hold of every kernel: tiled, staged, pipelined, specialized, tensorized or persistent">
  ];
}

def QiMengWiden : Pass<"qimeng-widen", "::mlir::ModuleOp"> {
  let summary = "Make every float f64";
  let description = [{
    Gives the float64 reference of a tensor or kernel program: float types and
    constants become f64, conversions between floats vanish.

    ```mlir
    %a = arith.extf %x : bf16 to f32
    %b = arith.addf %a, %one : f32
    %c = arith.truncf %b : f32 to bf16
    ```
    becomes
    ```mlir
    %c = arith.addf %x, %one : f64
    ```
  }];
}

def QiMengResize : Pass<"qimeng-resize", "::mlir::ModuleOp"> {
  let summary = "Give a tensor program other sizes";
  let description = [{
    Dimensions that must be equal form a symbol; `sizes` gives one size per symbol,
    in the order of first appearance in the function's arguments, then elsewhere.
    Dimensions that a constant, a reshape, a slice or a window ties are no symbols.
    Without `sizes`, the symbols are listed as remarks and nothing changes.
  }];
  let options = [ListOption<"sizes", "sizes", "int64_t", "The new sizes">];
}

#endif // QIMENG_VERIFY_PASSES_TD
