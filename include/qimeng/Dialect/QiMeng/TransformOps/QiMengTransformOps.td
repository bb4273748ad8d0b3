//===- QiMengTransformOps.td - The macro actions -----------*- tablegen -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every op here is a macro action: pass `qimeng-<name>`, transform op
// `transform.qimeng.<name>`, recipe step and registry entry. Order: as a recipe
// usually has them.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TRANSFORMOPS_TD
#define QIMENG_TRANSFORMOPS_TD

include "qimeng/Dialect/QiMeng/TransformOps/MacroAction.td"

def QiMeng_TileOp : QiMeng_Action<"tile", "Tiling", [
    QiMeng_Ints<"sizes", "elements of the outputs that a program computes, per dimension: a power of two, or 0 for all of it">,
    QiMeng_Ints<"reduce", "elements that one step of a loop takes along each reduction axis or product's K, in program order: a power of two, or 0 for all of it (the default)">,
    QiMeng_Ints<"loops", "output dimensions that a program walks in a loop instead of leaving them to the grid">,
    QiMeng_Int<"warps", "4", "warps that compute a program">]> {
  let summary = "cut a kernel into programs that each compute a tile of the outputs";
  let description = [{
    Gives an untiled kernel its grid: program (i, j, ..) computes the tile at
    (i * sizes[0], j * sizes[1], ..) of every output. Reductions and products run in
    loops of `reduce` elements. Sizes that do not divide the extent give masked tiles.

    ```mlir
    transform.qimeng.tile @matmul sizes = [128, 256] reduce = [64] warps = 8 in %root : !transform.any_op
    ```
  }];
}

#endif // QIMENG_TRANSFORMOPS_TD
