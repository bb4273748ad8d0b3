//===- Plan.h - In which layouts tiles are wanted ---------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// First forward: every tile gets the layout its op makes it in (products
// dictate theirs, element-wise ops follow their operands); constants, iotas and
// broadcasts of such have none of their own. Then backward: every use says in
// which layout it wants its operands. Tiles without a layout of their own, and
// loads, are made directly in each layout wanted; the others are converted.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_CONVERSION_TOGPU_PLAN_H
#define QIMENG_CONVERSION_TOGPU_PLAN_H

#include "Layout.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"

namespace qimeng::gpu {

struct Plan {
  /// Layouts for the tiles of `kernel`, computed by 2^threadBits(op) threads.
  explicit Plan(KernelOp kernel);

  /// The layout `tile` is made in.
  Layout natural(mlir::Value tile);
  /// All layouts `tile` is wanted in, without repetition.
  llvm::ArrayRef<Layout> wanted(mlir::Value tile);
  /// The layouts in which `op` itself makes its result; the other wanted ones
  /// are conversions from the first.
  llvm::SmallVector<Layout> made(mlir::Value tile);
  /// In which layout `op` reads tile operand `index` when it makes its result
  /// in `result`. Empty: it needs none (operand in shared memory, or copied
  /// there).
  Layout operandLayout(mlir::Operation *op, unsigned index,
                       const Layout &result);
  /// log2 of the threads that run `op`.
  int threadBits(mlir::Operation *op);
  /// The blocked layout of tiles of `shape`, contiguous along `fastest`.
  Layout blocked(llvm::ArrayRef<int64_t> shape, int fastest, int threadBits);
  /// The layout in which a store writes.
  Layout storeLayout(StoreOp op);
  /// The dimension of `source` along which memory is contiguous (the last one
  /// when there is none).
  static int contiguousDim(mlir::Value source);
  /// Whether `load` feeds only a put (its elements need not pass registers).
  static bool feedsPut(LoadOp load);

private:
  void forward(mlir::Block &block);
  void backward(mlir::Block &block);
  void want(mlir::Value tile, const Layout &layout);
  bool isFlexible(mlir::Value tile);
  void setNatural(mlir::Value tile, const Layout &layout, int strength);

  KernelOp kernel;
  llvm::DenseMap<mlir::Value, Layout> naturals;
  llvm::DenseMap<mlir::Value, int> strengths;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<Layout>> wants;
  llvm::DenseMap<int64_t, int64_t>
      vectors; ///< elements of a tile -> vector length
};

} // namespace qimeng::gpu

#endif // QIMENG_CONVERSION_TOGPU_PLAN_H
