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

def QiMeng_FuseProducerOp : QiMeng_Action<"fuse_producer", "Fusing", [
    QiMeng_Symbol<"producer", "the kernel that writes what this one reads">,
    QiMeng_Flag<"recompute", "keep the producer for its other readers, and compute its values here once more">]> {
  let summary = "compute a producer's values where they are read";
  let description = [{
    Puts the graph of `producer` into this kernel, in the place of the loads of what it
    wrote, and drops its launch. Where others read the producer's output too, the fused
    kernel stores it, or, with `recompute`, the producer stays. Views become
    transpositions and broadcasts, or are pushed into the producer's loads. A value that
    was narrowed only to lie in memory keeps its precision, unless other kernels read it:
    all readers see one value.

    ```mlir
    transform.qimeng.fuse_producer @softmax producer = @scale in %root : !transform.any_op
    ```
  }];
}

def QiMeng_FuseConsumerOp : QiMeng_Action<"fuse_consumer", "Fusing", [
    QiMeng_Symbol<"consumer", "the kernel that reads what this one writes">]> {
  let summary = "go on with a consumer's work before anything is stored";
  let description = [{
    As `fuse_producer`, named from the other side: the fused kernel keeps this kernel's
    name.

    ```mlir
    transform.qimeng.fuse_consumer @matmul consumer = @relu in %root : !transform.any_op
    ```
  }];
}

def QiMeng_SplitReductionOp : QiMeng_Action<"split_reduction", "Tiling", [
    QiMeng_Int<"parts", "2", "parts that the reduction's axis is cut into">,
    QiMeng_Int<"reduction", "0", "number of the product or reduction that is meant, in program order">]> {
  let summary = "reduce parts of a long axis side by side, then combine them";
  let description = [{
    Makes two kernels of an untiled one. The first, `<name>_partial`, computes a
    partial result for each of `parts` pieces of a product's K or of a reduction's
    longest axis, in the accumulator's type, into a new temporary; its outputs have one
    more dimension, so it fills the device where the result is small. The second keeps
    the kernel's name, combines the partial results and goes on with the rest of the
    graph. Pieces need not divide the axis.

    ```mlir
    transform.qimeng.split_reduction @matmul parts = 8 in %root : !transform.any_op
    ```

    Before and after:

    ```mlir
    %d = qimeng.dot %a, %b, %zero : tensor<16x8192xf16>, tensor<8192x256xf16> -> tensor<16x256xf32>

    %d = qimeng.dot %a, %b, %zero : tensor<8x16x1024xf16>, tensor<8x1024x256xf16> -> tensor<8x16x256xf32>
    qimeng.store %d, %partials : tensor<8x16x256xf32>, memref<8x16x256xf32>

    %p = qimeng.load %partials : memref<8x16x256xf32> -> tensor<8x16x256xf32>
    %d = qimeng.reduce add %p axes [0] : tensor<8x16x256xf32>
    ```
  }];
}

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

def QiMeng_RetileOp : QiMeng_Action<"retile", "Tiling", [
    QiMeng_Ints<"sizes", "the new sizes; as they were when left out">,
    QiMeng_Ints<"reduce", "the new chunks of the reduction axes; as they were when left out">,
    QiMeng_Ints<"loops", "the new output dimensions to walk in a loop (-1: none); as they were when left out">,
    QiMeng_Int<"warps", "0", "the new number of warps; as it was when 0">], /*editsRecipe=*/1> {
  let summary = "change the parameters of a kernel's tile step";
  let description = [{
    Acts on the recipe, not on the kernel: the last `tile` step of the kernel gets the
    parameters that are given here, and the recipe is replayed from the untiled kernel, the
    steps after it included. In a recipe's text a retile step changes the steps before it.
  }];
}

def QiMeng_TensorizeOp : QiMeng_Action<"tensorize", "TensorCores", [
    QiMeng_Word<"kind", "mma_sync", "the instruction: mma_sync (a warp, factors in registers) or wgmma (four warps, factors in shared memory; sm_90a)">,
    QiMeng_Flag<"tf32", "multiply f32 with ten bits of mantissa; without it products of f32 are refused">,
    QiMeng_Ints<"dots", "numbers of the products that are meant, in program order; all when left out">]> {
  let summary = "compute products on tensor cores";
  let description = [{
    Names the instruction of a tiled kernel's products. mma_sync takes tiles of 16x8xK
    or more, wgmma needs M to be a multiple of 64 for every four warps and N of 256 at
    most; K of one instruction is 16 for f16 and bf16, 8 for f32 (as tf32), 32 for i8.
    wgmma reads both factors from shared memory, so stage, pipeline or specialize must
    follow.

    ```mlir
    transform.qimeng.tensorize @matmul kind = wgmma in %root : !transform.any_op
    ```

    Before and after:

    ```mlir
    %p = qimeng.dot %a, %b, %acc : tensor<128x64xbf16>, tensor<64x256xbf16> -> tensor<128x256xf32>
    %p = qimeng.dot %a, %b, %acc mma <wgmma> : tensor<128x64xbf16>, tensor<64x256xbf16> -> tensor<128x256xf32>
    ```
  }];
}

def QiMeng_StageOp : QiMeng_Action<"stage", "Pipelining", [
    QiMeng_Ints<"inputs", "numbers of the kernel operands whose loads in loops are staged; what products read when left out">]> {
  let summary = "bring tiles through shared memory";
  let description = [{
    Loads that products in a loop read go through a channel of one slot: put, taken in
    the same iteration, released after the last use. All warps then share one copy.
    Element-wise work between load and product is done on the taken tile. For wgmma
    factors that are computed or loaded outside loops go through channels too.

    ```mlir
    transform.qimeng.stage @matmul in %root : !transform.any_op
    ```

    Before and after:

    ```mlir
    %a = qimeng.load %A[%m, %k] : memref<512x256xbf16> -> tensor<128x64xbf16>
    %b = qimeng.load %B[%k, %n] : memref<256x768xbf16> -> tensor<64x256xbf16>
    %p = qimeng.dot %a, %b, %acc : tensor<128x64xbf16>, tensor<64x256xbf16> -> tensor<128x256xf32>

    qimeng.put %ch, %a, %b : <tensor<128x64xbf16>, tensor<64x256xbf16>>
    %t:2 = qimeng.take %ch : <tensor<128x64xbf16>, tensor<64x256xbf16>>
    %p = qimeng.dot %t#0, %t#1, %acc : tensor<128x64xbf16>, tensor<64x256xbf16> -> tensor<128x256xf32>
    qimeng.release %ch : <tensor<128x64xbf16>, tensor<64x256xbf16>>
    ```
  }];
}

def QiMeng_PipelineOp : QiMeng_Action<"pipeline", "Pipelining", [
    QiMeng_Int<"stages", "3", "slots of a channel; loads run stages - 1 iterations ahead">,
    QiMeng_Ints<"inputs", "numbers of the kernel operands whose loads in loops are meant; what products read when left out">]> {
  let summary = "load tiles some iterations before they are used";
  let description = [{
    As stage, and the puts run ahead: stages - 1 of them come before the loop; in
    iteration i, after the take, the tiles of iteration i + stages - 1 are put if
    there is such an iteration. Copies overlap with products. Applies to staged and
    unstaged loops of at least `stages` iterations.

    ```mlir
    transform.qimeng.pipeline @matmul stages = 3 in %root : !transform.any_op
    ```

    After:

    ```mlir
    qimeng.put %ch, ..  // iteration 0
    qimeng.put %ch, ..  // iteration 1
    scf.for %i = %zero to %n step %one iter_args(%acc = %init) {
      %t:2 = qimeng.take %ch
      %ahead = affine.apply affine_map<(d0) -> (d0 + 2)>(%i)
      %inside = arith.cmpi slt, %ahead, %n
      scf.if %inside { qimeng.put %ch, .. }
      %p = qimeng.dot %t#0, %t#1, %acc
      qimeng.release %ch
      scf.yield %p
    }
    ```
  }];
}

def QiMeng_SpecializeOp : QiMeng_Action<"specialize", "Pipelining", [
    QiMeng_Int<"stages", "4", "slots of the channels that loads in loops go through">,
    QiMeng_Ints<"inputs", "numbers of the kernel operands whose loads in loops are meant; what products read when left out">]> {
  let summary = "let some warps load and the others compute";
  let description = [{
    Splits the kernel into roles that run at the same time: a producer of four warps
    puts tiles into channels, the consumer (the schedule's warps) takes them, computes
    and stores. Loads that are not in a channel yet are staged first. The consumer gets
    the registers that the producer gives up. Needs bulk copies (sm_90a and later) and a
    multiple of four warps.

    ```mlir
    transform.qimeng.specialize @matmul stages = 4 in %root : !transform.any_op
    ```

    After:

    ```mlir
    qimeng.role producer warps(4) registers(40) {
      scf.for %i = %zero to %n step %one { qimeng.put %ch, .. }
    }
    qimeng.role consumer warps(8) registers(232) {
      %d = scf.for %i = %zero to %n step %one iter_args(%acc = %init) {
        %t:2 = qimeng.take %ch
        %p = qimeng.dot %t#0, %t#1, %acc
        qimeng.release %ch
        scf.yield %p
      }
      qimeng.store %d, %C[%m, %n]
    }
    ```
  }];
}

def QiMeng_ReorderOp : QiMeng_Action<"reorder", "Reordering", [
    QiMeng_Int<"raster", "0", "number programs in groups of that many along grid dimension 0, so that neighbours in time share operands in L2 (1: row by row, 0: as it is)">,
    QiMeng_Int<"vector", "0", "bytes that a thread moves at once, at most (0: as it is)">,
    QiMeng_Int<"warps", "0", "warps that compute a program (0: as it is)">,
    QiMeng_Ints<"loops", "new order of the loops that hold nothing but each other: a permutation, outermost first">,
    QiMeng_Ints<"swizzle", "bytes of the swizzle pattern in shared memory: one entry for all tiles of the channels, or one for each">,
    QiMeng_Ints<"pad", "bytes added to every row in shared memory, likewise">,
    QiMeng_Ints<"major", "the dimension that is contiguous in shared memory, likewise">]> {
  let summary = "change the order of programs, loops and elements";
  let description = [{
    Changes in which order things happen and lie, not what is computed: the order of
    programs and the width of accesses (in the schedule), nested loops, and layouts of
    tiles in shared memory. Loops may carry sums, products, extrema and matrix products.

    ```mlir
    transform.qimeng.reorder @matmul raster = 8 in %root : !transform.any_op
    transform.qimeng.reorder @matmul swizzle = [128] in %root : !transform.any_op
    ```
  }];
}

def QiMeng_PersistOp : QiMeng_Action<"persist", "Reordering", [
    QiMeng_Int<"blocks", "0", "thread blocks to launch (0: as many as the architecture runs at the same time)">],
    /*editsRecipe=*/0, /*placesPrograms=*/1> {
  let summary = "launch as many blocks as fit, each running many programs";
  let description = [{
    Each block runs programs number b, b + blocks, b + 2 * blocks, ..: blocks start once,
    and a specialized kernel's producer loads the next program's tiles while the consumer
    still stores this one's. Applies when there are more programs than blocks.

    ```mlir
    transform.qimeng.persist @matmul in %root : !transform.any_op
    ```
  }];
}

def QiMeng_ClusterOp : QiMeng_Action<"cluster", "Reordering", [
    QiMeng_Int<"size", "2", "thread blocks in a cluster: 2, 4 or 8">], /*editsRecipe=*/0, /*placesPrograms=*/1> {
  let summary = "let neighbouring blocks load the tiles they share once";
  let description = [{
    Blocks whose programs are neighbours along grid dimension 0 run as a cluster. Where a
    producer loads a tile that is the same for all of them, as the second factor is for
    products one below the other, each block loads a part of it and sends that to all: a
    cluster of 2 reads what products share from L2 once instead of twice. Grid dimension 0
    and the number of persistent blocks must be multiples of the size.

    ```mlir
    transform.qimeng.cluster @matmul in %root : !transform.any_op
    ```
  }];
}

def QiMeng_RewriteOp : QiMeng_Action<"rewrite", "Rewriting", [
    QiMeng_Text<"text", "the kernel's new text: one qimeng.kernel of the same name and operands">]> {
  let summary = "give a kernel a new text";
  let description = [{
    What no other action expresses: the kernel becomes what the text says. The text
    is one `qimeng.kernel` that keeps name, operands and outputs; grid, schedule and body
    are free. It holds only what may stand in a kernel, its loops have constant bounds,
    and it does not take many times the work of the kernel that it replaces. Whether it
    computes the same is not known here: that is for Verify to find out.

    On a command line the text is in a file: `--qimeng-rewrite="kernel=scale file=new.mlir"`.

    ```mlir
    transform.qimeng.rewrite @scale text = [
      "qimeng.kernel @scale(%x: memref<128xf32>, %y: memref<128xf32>) grid(1) {",
      "  %t = qimeng.load %x : memref<128xf32> -> tensor<128xf32>",
      "  %r = arith.addf %t, %t : tensor<128xf32>",
      "  qimeng.store %r, %y : tensor<128xf32>, memref<128xf32>",
      "}"
    ] in %root : !transform.any_op
    ```
  }];
}

#endif // QIMENG_TRANSFORMOPS_TD
