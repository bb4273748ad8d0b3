//===- QiMengDialect.td - The qimeng dialect ---------------*- tablegen -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_DIALECT_TD
#define QIMENG_DIALECT_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

def QiMeng_Dialect : Dialect {
  let name = "qimeng";
  let cppNamespace = "::qimeng";
  let summary = "GPU kernels as programs on tiles";
  let description = [{
    A kernel is what one thread block runs, written on *tiles*: values of static
    `tensor` type. `arith` and `math` ops act on tiles element by element; this
    dialect adds what tiles need beyond that: views of operands, masked loads and
    stores, products, reductions, scans, broadcasts, transpositions, channels
    (multi-stage buffers) and roles (warp specialization).

    A kernel without a grid is *untiled*: one program over whole operands, which
    states what is computed. The `tile` action gives it a grid; the other actions
    refine the result. Every form runs on the CPU executor with the same meaning.

    Kernel operands are either read or written, never both, and do not overlap.
    So loads are pure.
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"
  ];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let hasConstantMaterializer = 1;
}

//===----------------------------------------------------------------------===//
// Enumerations
//===----------------------------------------------------------------------===//

class QiMeng_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::qimeng";
  let genSpecializedAttr = 0;
}

def QiMeng_Combiner : QiMeng_Enum<"Combiner", "an associative, commutative operation", [
  I32EnumAttrCase<"Add", 0, "add">, I32EnumAttrCase<"Mul", 1, "mul">,
  I32EnumAttrCase<"Min", 2, "min">, I32EnumAttrCase<"Max", 3, "max">,
  I32EnumAttrCase<"MinNum", 4, "minnum">, I32EnumAttrCase<"MaxNum", 5, "maxnum">,
  I32EnumAttrCase<"MinU", 6, "minu">, I32EnumAttrCase<"MaxU", 7, "maxu">,
  I32EnumAttrCase<"And", 8, "and">, I32EnumAttrCase<"Or", 9, "or">,
  I32EnumAttrCase<"Xor", 10, "xor">]>;
def QiMeng_CombinerAttr : EnumAttr<QiMeng_Dialect, QiMeng_Combiner, "combiner">;

def QiMeng_Mma : QiMeng_Enum<"Mma", "the instruction that computes a product", [
  I32EnumAttrCase<"Fma", 0, "fma">, I32EnumAttrCase<"MmaSync", 1, "mma_sync">,
  I32EnumAttrCase<"Wgmma", 2, "wgmma">]>;
def QiMeng_MmaAttr : EnumAttr<QiMeng_Dialect, QiMeng_Mma, "mma"> {
  let assemblyFormat = "`<` $value `>`";
}

def QiMeng_Precision : QiMeng_Enum<"Precision", "how exactly f32 operands are multiplied", [
  I32EnumAttrCase<"Ieee", 0, "ieee">, I32EnumAttrCase<"Tf32", 1, "tf32">]>;
def QiMeng_PrecisionAttr : EnumAttr<QiMeng_Dialect, QiMeng_Precision, "precision"> {
  let assemblyFormat = "`<` $value `>`";
}

def QiMeng_RoleKind : QiMeng_Enum<"RoleKind", "what a group of warps does", [
  I32EnumAttrCase<"Producer", 0, "producer">, I32EnumAttrCase<"Consumer", 1, "consumer">]>;
def QiMeng_RoleKindAttr : EnumAttr<QiMeng_Dialect, QiMeng_RoleKind, "role_kind">;

def QiMeng_MemorySpace : QiMeng_Enum<"MemorySpace", "where the slots of a channel live", [
  I32EnumAttrCase<"Shared", 0, "shared">, I32EnumAttrCase<"Register", 1, "register">]>;
def QiMeng_MemorySpaceAttr : EnumAttr<QiMeng_Dialect, QiMeng_MemorySpace, "space"> {
  let assemblyFormat = "`<` $value `>`";
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

class QiMeng_Attr<string name, string attrMnemonic> : AttrDef<QiMeng_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def QiMeng_ScheduleAttr : QiMeng_Attr<"Schedule", "schedule"> {
  let summary = "how the programs of a kernel are laid over the device";
  let description = [{
    - `warps`: warps that compute a program (the consumers, where roles are used);
    - `raster`: programs are numbered in groups of that many along grid dimension 0,
      so that neighbours in time share operands in L2 (1: row-major);
    - `persistent`: number of thread blocks, each of which runs programs one after
      another (0: one block a program);
    - `vector`: bytes that a thread moves at once, at most;
    - `cluster`: thread blocks in a cluster; their programs are neighbours along grid
      dimension 0, whose size must be a multiple, as `persistent` must be.
  }];
  let parameters = (ins
    DefaultValuedParameter<"int64_t", "4">:$warps,
    DefaultValuedParameter<"int64_t", "1">:$raster,
    DefaultValuedParameter<"int64_t", "0">:$persistent,
    DefaultValuedParameter<"int64_t", "16">:$vector,
    DefaultValuedParameter<"int64_t", "1">:$cluster);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def QiMeng_LayoutAttr : QiMeng_Attr<"Layout", "layout"> {
  let summary = "how a tile lies in shared memory";
  let description = [{
    `swizzle`: bytes of the swizzle pattern (0, 32, 64, 128), as tensor maps and
    wgmma descriptors define it; the contiguous dimension is then cut into boxes of
    that many bytes. `pad`: bytes added to every row (only without swizzle).
    `major`: the tile dimension that is contiguous (-1: the last).
  }];
  let parameters = (ins
    DefaultValuedParameter<"int64_t", "0">:$swizzle,
    DefaultValuedParameter<"int64_t", "0">:$pad,
    DefaultValuedParameter<"int64_t", "-1">:$major);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

class QiMeng_Type<string name, string typeMnemonic> : TypeDef<QiMeng_Dialect, name> {
  let mnemonic = typeMnemonic;
}

def QiMeng_ViewType : QiMeng_Type<"View", "view"> {
  let summary = "an operand seen through an affine map";
  let description = "`!qimeng.view<64x128xf32>`: what can be loaded or stored as if it were an operand of this shape.";
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape, "::mlir::Type":$elementType);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def QiMeng_ChannelType : QiMeng_Type<"Channel", "channel"> {
  let summary = "a first-in first-out buffer of tiles";
  let description = "`!qimeng.channel<tensor<128x64xbf16>, tensor<64x256xbf16>>`: a slot holds one tile of each type.";
  let parameters = (ins ArrayRefParameter<"::mlir::Type">:$tiles);
  let assemblyFormat = "`<` $tiles `>`";
  let genVerifyDecl = 1;
}

#endif // QIMENG_DIALECT_TD
