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

#endif // QIMENG_VERIFY_PASSES_TD
