//===- EmitPlace.h - Where the elements of a tile lie -----------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_CONVERSION_TOGPU_EMITPLACE_H
#define QIMENG_CONVERSION_TOGPU_EMITPLACE_H

#include "Emitter.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace qimeng::gpu {

/// Where each register of a tile lies in an operand.
struct KernelEmitter::Place {
  mlir::Value pointer; ///< the operand
  mlir::Value base;    ///< register 0 of this thread, when linear
  Layout layout;
  mlir::AffineMap map; ///< view index -> operand index
  llvm::SmallVector<int64_t> operandShape, strides, shape;
  llvm::SmallVector<int64_t>
      linear; ///< elements per step of each view dimension
  int64_t constant = 0;
  bool isLinear = false; ///< address = constant + sum of linear * index
  bool wide = false;     ///< more elements than an i32 counts
  bool padded = false;
  llvm::SmallVector<mlir::Value> coords; ///< view index of register 0 (i32)
  llvm::SmallVector<bool>
      checked; ///< dimensions along which the tile may pass the end
  llvm::SmallVector<bool> mayBeNegative; ///< ... or begin before the start
  mlir::Type element;
  int fastest = 0;    ///< view dimension contiguous in memory
  int64_t vector = 1; ///< registers moved by one access
};

} // namespace qimeng::gpu

#endif // QIMENG_CONVERSION_TOGPU_EMITPLACE_H
