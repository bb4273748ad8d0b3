//===- QiMengOps.td - Operations of the qimeng dialect -----*- tablegen -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_OPS_TD
#define QIMENG_OPS_TD

include "qimeng/Dialect/QiMeng/IR/QiMengDialect.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class QiMeng_Op<string mnemonic, list<Trait> traits = []> : Op<QiMeng_Dialect, mnemonic, traits>;

def QiMeng_Tile : StaticShapeTensorOf<[AnyFloat, AnySignlessInteger, Index]>;
def QiMeng_IndexTile : StaticShapeTensorOf<[Index]>;
def QiMeng_Source : AnyTypeOf<[StaticShapeMemRefOf<[AnyFloat, AnySignlessInteger]>, QiMeng_ViewType],
                              "an operand or a view of one">;

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

def QiMeng_KernelOp : QiMeng_Op<"kernel", [IsolatedFromAbove, Symbol, SingleBlock, NoTerminator,
                                          DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmBlockArgumentNames"]>]> {
  let summary = "what one thread block runs";
  let description = [{
    Without `grid` the kernel is untiled: one program, tiles as large as the
    operands. With it, `grid(a, b)` programs run, told apart by `program_id`.
    The operands are row-major buffers of static shape; the ones that are stored to
    are the outputs.

    ```mlir
    qimeng.kernel @scale(%x: memref<1000xf32>, %y: memref<1000xf32>) grid(8) {
      %p = qimeng.program_id 0
      %i = affine.apply affine_map<(d0) -> (d0 * 128)>(%p)
      %t = qimeng.load %x[%i] masked : memref<1000xf32> -> tensor<128xf32>
      %two = arith.constant dense<2.0> : tensor<128xf32>
      %r = arith.mulf %t, %two : tensor<128xf32>
      qimeng.store %r, %y[%i] masked : tensor<128xf32>, memref<1000xf32>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
                       OptionalAttr<DenseI64ArrayAttr>:$grid,
                       OptionalAttr<QiMeng_ScheduleAttr>:$schedule);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let skipDefaultBuilders = 1;
  let builders = [OpBuilder<(ins "::llvm::StringRef":$name, "::mlir::TypeRange":$operands)>];
  let extraClassDeclaration = [{
    /// Whether the kernel has a grid.
    bool isTiled() { return getGridAttr() != nullptr; }
    /// Number of programs (1 when untiled).
    int64_t getNumPrograms();
    /// The schedule, or the default one.
    ::qimeng::ScheduleAttr getScheduleOrDefault();
    ::mlir::Block::BlockArgListType getOperandArguments() { return getBody().getArguments(); }
    /// Whether `argument` is stored to (directly or through a view).
    bool isOutput(::mlir::BlockArgument argument);
    /// Whether some warps do other work than others (there are roles).
    bool isSpecialized();
  }];
}

def QiMeng_LaunchOp : QiMeng_Op<"launch", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "run a kernel on buffers";
  let description = [{
    Host side: `qimeng.launch @scale(%x, %y) : memref<1000xf32>, memref<1000xf32>`.
    Launches of a host function run in order.
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<AnyStaticShapeMemRef>:$operands);
  let assemblyFormat = "$kernel `(` $operands `)` attr-dict `:` type($operands)";
}

def QiMeng_ProgramIdOp : QiMeng_Op<"program_id", [Pure]> {
  let summary = "the number of this program along a grid dimension";
  let arguments = (ins ConfinedAttr<I64Attr, [IntNonNegative]>:$dim);
  let results = (outs Index:$result);
  let assemblyFormat = "$dim attr-dict";
  let hasVerifier = 1;
  let hasFolder = 1;
  let builders = [OpBuilder<(ins "int64_t":$dim), [{ build($_builder, $_state, $_builder.getIndexType(), dim); }]>];
}

def QiMeng_RoleOp : QiMeng_Op<"role", [SingleBlock, NoTerminator, NoRegionArguments, RecursiveMemoryEffects, HasParent<"KernelOp">]> {
  let summary = "what some of the warps run";
  let description = [{
    Warp specialization: every role of a kernel runs at the same time on its own
    `warps`; they meet only in channels. `registers` is the number of registers a
    thread asks for at entry (0: what the launch gives), where a target has that, warps
    come in fours, and all copies are made by one thread (TMA); a producer that loads
    tiles itself keeps what the launch gives.
  }];
  let arguments = (ins QiMeng_RoleKindAttr:$kind, I64Attr:$warps, DefaultValuedAttr<I64Attr, "0">:$registers);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "`` $kind `warps` `(` $warps `)` (`registers` `(` $registers^ `)`)? $body attr-dict";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

def QiMeng_ViewOp : QiMeng_Op<"view", [Pure]> {
  let summary = "see an operand through an affine map";
  let description = [{
    Element `i` of the view is element `map(i)` of the operand. Any affine map will
    do: a permutation, a slice, a stride, a collapsed dimension, an implicit im2col.
    With `padded`, indices that fall outside the operand read as zero and are not
    written; without it the map must stay inside.

    ```mlir
    %t = qimeng.view %A by affine_map<(d0, d1) -> (d1, d0)> : memref<64x32xf32> -> !qimeng.view<32x64xf32>
    ```
  }];
  let arguments = (ins StaticShapeMemRefOf<[AnyFloat, AnySignlessInteger]>:$source, AffineMapAttr:$map, UnitAttr:$padded);
  let results = (outs QiMeng_ViewType:$result);
  let assemblyFormat = "$source `by` $map (`padded` $padded^)? attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

def QiMeng_LoadOp : QiMeng_Op<"load", [Pure]> {
  let summary = "read a tile";
  let description = [{
    Reads the tile whose first element is at `offsets` (all zero when left out).
    With `masked`, elements outside the operand or view read as zero; without it the
    tile must lie inside.
  }];
  let arguments = (ins QiMeng_Source:$source, Variadic<Index>:$offsets, UnitAttr:$masked);
  let results = (outs QiMeng_Tile:$result);
  let assemblyFormat = "$source (`[` $offsets^ `]`)? (`masked` $masked^)? attr-dict `:` type($source) `->` type($result)";
  let hasCanonicalizeMethod = 1;
  let hasVerifier = 1;
}

def QiMeng_StoreOp : QiMeng_Op<"store", [DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "write a tile";
  let description = [{
    Writes the tile to where `load` would read it. With `masked`, elements outside
    the operand or view are not written; without it the tile must lie inside.
  }];
  let arguments = (ins QiMeng_Tile:$value, QiMeng_Source:$target, Variadic<Index>:$offsets, UnitAttr:$masked);
  let assemblyFormat = "$value `,` $target (`[` $offsets^ `]`)? (`masked` $masked^)? attr-dict `:` type($value) `,` type($target)";
  let hasCanonicalizeMethod = 1;
  let hasVerifier = 1;
}

def QiMeng_GatherOp : QiMeng_Op<"gather", [Pure]> {
  let summary = "read elements at computed indices";
  let description = [{
    One index tile per dimension of the operand, all of the result's shape. An
    element with an index outside the operand reads as zero.
  }];
  let arguments = (ins QiMeng_Source:$source, Variadic<QiMeng_IndexTile>:$indices);
  let results = (outs QiMeng_Tile:$result);
  let assemblyFormat = "$source `[` $indices `]` attr-dict `:` type($source) `,` type($indices) `->` type($result)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

def QiMeng_DotOp : QiMeng_Op<"dot", [Pure, AllTypesMatch<["acc", "result"]>]> {
  let summary = "matrix product, added to an accumulator";
  let description = [{
    `[B.., M, K] x [B.., K, N] + [B.., M, N]`. Products and sums are formed in the
    accumulator's element type (integers sign-extend). f32 operands are multiplied
    exactly (`ieee`) unless `precision(tf32)` allows ten bits of mantissa. `mma`
    names the instruction: `fma` when left out.
  }];
  let arguments = (ins QiMeng_Tile:$lhs, QiMeng_Tile:$rhs, QiMeng_Tile:$acc,
                       DefaultValuedAttr<QiMeng_MmaAttr, "::qimeng::Mma::Fma">:$mma,
                       DefaultValuedAttr<QiMeng_PrecisionAttr, "::qimeng::Precision::Ieee">:$precision);
  let results = (outs QiMeng_Tile:$result);
  let assemblyFormat = [{$lhs `,` $rhs `,` $acc (`mma` $mma^)? (`precision` $precision^)? attr-dict
                         `:` type($lhs) `,` type($rhs) `->` type($result)}];
  let hasVerifier = 1;
}

def QiMeng_ReduceOp : QiMeng_Op<"reduce", [Pure, DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "combine all elements along some axes";
  let description = [{
    The axes disappear. `min` and `max` are signed for integers and return NaN when
    an operand is NaN; `minnum` and `maxnum` return the other operand then.
    ```mlir
    %m = qimeng.reduce max %x axes [1] : tensor<4x1024xf32>
    ```
  }];
  let arguments = (ins QiMeng_CombinerAttr:$kind, QiMeng_Tile:$input, DenseI64ArrayAttr:$axes);
  let results = (outs QiMeng_Tile:$result);
  let assemblyFormat = "`` $kind $input `axes` $axes attr-dict `:` type($input)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def QiMeng_FoldOp : QiMeng_Op<"fold", [SingleBlockImplicitTerminator<"YieldOp">, AttrSizedOperandSegments,
                                      RecursiveMemoryEffects, RecursivelySpeculatable]> {
  let summary = "combine elements along some axes in order, with any function";
  let description = [{
    What no combiner expresses (several results, unlike types, an order that matters):
    for each position outside `axes`, the region runs over the positions along `axes`
    in row-major order, on one element of every input and the accumulators, and yields
    the new accumulators.

    ```mlir
    %best, %at = qimeng.fold axes [1] ins(%x, %i : tensor<8x64xf32>, tensor<8x64xindex>)
        inits(%low, %zero : tensor<8xf32>, tensor<8xindex>) {
    ^bb0(%e: f32, %j: index, %b: f32, %a: index):
      ...
      qimeng.yield %b2, %a2 : f32, index
    }
    ```
  }];
  let arguments = (ins DenseI64ArrayAttr:$axes, Variadic<QiMeng_Tile>:$inputs, Variadic<QiMeng_Tile>:$inits);
  let results = (outs Variadic<QiMeng_Tile>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def QiMeng_YieldOp : QiMeng_Op<"yield", [Pure, Terminator, ReturnLike, HasParent<"FoldOp">]> {
  let summary = "end of a fold's body";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, ::mlir::ValueRange()); }]>];
}

def QiMeng_ScanOp : QiMeng_Op<"scan", [Pure, AllTypesMatch<["input", "result"]>]> {
  let summary = "running combination along an axis";
  let description = [{
    Element `i` of the result combines the input's elements `0..i` along `axis`;
    without element `i` when `exclusive` (the first is then the identity), from the
    end when `reverse`.
  }];
  let arguments = (ins QiMeng_CombinerAttr:$kind, QiMeng_Tile:$input, I64Attr:$axis, UnitAttr:$exclusive, UnitAttr:$reverse);
  let results = (outs QiMeng_Tile:$result);
  let assemblyFormat = "`` $kind $input `axis` $axis (`exclusive` $exclusive^)? (`reverse` $reverse^)? attr-dict `:` type($input)";
  let hasVerifier = 1;
}

def QiMeng_BroadcastOp : QiMeng_Op<"broadcast", [Pure]> {
  let summary = "repeat a tile along new axes";
  let description = [{
    `axes` are positions in the result; the others are the input's dimensions in order.
    ```mlir
    %b = qimeng.broadcast %bias axes [0] : tensor<256xf32> -> tensor<128x256xf32>
    ```
  }];
  let arguments = (ins QiMeng_Tile:$input, DenseI64ArrayAttr:$axes);
  let results = (outs QiMeng_Tile:$result);
  let assemblyFormat = "$input `axes` $axes attr-dict `:` type($input) `->` type($result)";
  let hasCanonicalizeMethod = 1;
  let hasVerifier = 1;
  let hasFolder = 1;
}

def QiMeng_TransposeOp : QiMeng_Op<"transpose", [Pure, DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "permute the dimensions of a tile";
  let description = "Dimension `i` of the result is dimension `permutation[i]` of the input.";
  let arguments = (ins QiMeng_Tile:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs QiMeng_Tile:$result);
  let assemblyFormat = "$input $permutation attr-dict `:` type($input)";
  let hasCanonicalizeMethod = 1;
  let hasVerifier = 1;
  let hasFolder = 1;
}

def QiMeng_IotaOp : QiMeng_Op<"iota", [Pure]> {
  let summary = "the position along a dimension, plus an offset";
  let arguments = (ins Optional<Index>:$offset, I64Attr:$dim);
  let results = (outs QiMeng_IndexTile:$result);
  let assemblyFormat = "($offset^)? `dim` $dim attr-dict `:` type($result)";
  let hasCanonicalizeMethod = 1;
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Channels
//===----------------------------------------------------------------------===//

def QiMeng_ChannelOp : QiMeng_Op<"channel", [HasParent<"KernelOp">, MemoryEffects<[MemAlloc]>]> {
  let summary = "a multi-stage buffer of tiles";
  let description = [{
    A first-in first-out queue with `stages` slots, each with a full and an empty
    barrier. `put` waits for an empty slot and fills it; `take` waits for the oldest
    full slot not taken yet and gives its tiles; `release` gives the oldest taken slot
    back. A taken tile must not be used after its release. Slots live in `space`:
    `shared` memory, where `layouts` says how (one per tile; chosen by the lowering
    when left out), or `register`s, within one role: loops then carry the tiles that
    are in the channel, loaded ahead of their use.
  }];
  let arguments = (ins ConfinedAttr<I64Attr, [IntPositive]>:$stages,
                       DefaultValuedAttr<QiMeng_MemorySpaceAttr, "::qimeng::MemorySpace::Shared">:$space,
                       OptionalAttr<TypedArrayAttrBase<QiMeng_LayoutAttr, "layouts">>:$layouts);
  let results = (outs QiMeng_ChannelType:$result);
  let assemblyFormat = "`stages` `(` $stages `)` (`in` $space^)? (`layouts` $layouts^)? attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def QiMeng_PutOp : QiMeng_Op<"put", [DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
                                    TypesMatchWith<"the tiles have the channel's types", "channel", "tiles",
                                                   "::llvm::cast<::qimeng::ChannelType>($_self).getTiles()">]> {
  let summary = "fill the next slot of a channel";
  let arguments = (ins QiMeng_ChannelType:$channel, Variadic<QiMeng_Tile>:$tiles);
  let assemblyFormat = "$channel `,` $tiles attr-dict `:` type($channel)";
}

def QiMeng_TakeOp : QiMeng_Op<"take", [DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
                                      DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "wait for the oldest full slot of a channel";
  let arguments = (ins QiMeng_ChannelType:$channel);
  let results = (outs Variadic<QiMeng_Tile>:$tiles);
  let assemblyFormat = "$channel attr-dict `:` type($channel)";
}

def QiMeng_ReleaseOp : QiMeng_Op<"release", [DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "give the oldest taken slot of a channel back";
  let arguments = (ins QiMeng_ChannelType:$channel);
  let assemblyFormat = "$channel attr-dict `:` type($channel)";
}

#endif // QIMENG_OPS_TD
