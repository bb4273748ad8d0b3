//===- QiMeng.h - The qimeng dialect ----------------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_DIALECT_QIMENG_IR_QIMENG_H
#define QIMENG_DIALECT_QIMENG_IR_QIMENG_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "qimeng/Dialect/QiMeng/IR/QiMengDialect.h.inc"
#include "qimeng/Dialect/QiMeng/IR/QiMengEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "qimeng/Dialect/QiMeng/IR/QiMengAttributes.h.inc"
#define GET_TYPEDEF_CLASSES
#include "qimeng/Dialect/QiMeng/IR/QiMengTypes.h.inc"

#define GET_OP_CLASSES
#include "qimeng/Dialect/QiMeng/IR/QiMengOps.h.inc"

namespace qimeng {

/// The effects of channel operations act on this resource.
struct ChannelResource
    : public mlir::SideEffects::Resource::Base<ChannelResource> {
  llvm::StringRef getName() final { return "qimeng.channel"; }
};

/// The value x with combine(x, y) == y for every y of `type`, or null when the
/// combiner does not apply to the type.
mlir::TypedAttr getIdentity(Combiner kind, mlir::Type type);

/// `a kind b`, on scalars or element-wise on tiles, as an arith operation.
mlir::Value createCombine(mlir::OpBuilder &builder, mlir::Location loc,
                          Combiner kind, mlir::Value a, mlir::Value b);

/// A tile of `type` whose elements all are `value`.
mlir::Value createSplat(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::RankedTensorType type, mlir::TypedAttr value);

/// Shape and element type of what can be loaded from or stored to: a memref or
/// a view.
llvm::ArrayRef<int64_t> getSourceShape(mlir::Value source);
mlir::Type getSourceElementType(mlir::Value source);

/// The operand behind `source`, and where element i of `source` lies in it.
struct Access {
  mlir::Value operand; ///< a memref
  mlir::AffineMap map; ///< source index -> operand index
  bool padded = false; ///< indices outside the operand read as zero
};
Access getAccess(mlir::Value source);

/// Whether `op` computes its results element by element from tiles of one
/// shape (arith and math operations, constants and splats included).
bool isElementwise(mlir::Operation *op);

/// Whether what `op`, in a tiled kernel, does on scalars, or how often it runs,
/// may depend on the program's number along grid dimension `dim`.
bool dependsOnProgram(mlir::Operation *op, int64_t dim);

} // namespace qimeng

#endif // QIMENG_DIALECT_QIMENG_IR_QIMENG_H
