//===- TileEmitter.h - Elements of tiles as scalar code ---------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A tile is either stored in a buffer or computed where it is used: an element
// of an element-wise operation is that operation on elements of its operands,
// down to loads, constants and buffers.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_CONVERSION_TOCPU_TILEEMITTER_H
#define QIMENG_LIB_CONVERSION_TOCPU_TILEEMITTER_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include <map>

namespace qimeng {

/// What a lowered program may report, in the order of its numbers.
class ViolationSites {
public:
  /// The number of what `op` does wrong in the way that `what` says.
  int64_t get(mlir::Operation *op, llvm::StringRef what);
  mlir::ArrayAttr getAttr(mlir::MLIRContext *context) const;

private:
  std::map<std::pair<mlir::Operation *, std::string>, int64_t> numbers;
  std::vector<std::pair<mlir::Location, std::string>> sites;
};

/// A buffer, or what remains of it behind leading indices (a channel's slot).
struct Storage {
  mlir::Value buffer;
  llvm::SmallVector<mlir::Value, 1> prefix;
};

class TileEmitter {
public:
  using Indices = llvm::ArrayRef<mlir::Value>;

  /// Emits into `function`, an empty one, whose terminator is created here.
  TileEmitter(mlir::func::FuncOp function, ViolationSites &sites);

  mlir::OpBuilder builder;
  /// Values of the kernel that are no tiles.
  mlir::IRMapping scalars;
  /// Tiles that have a buffer.
  llvm::DenseMap<mlir::Value, Storage> storage;

  mlir::Value index(int64_t value);
  /// A constant that every place of the function may use.
  mlir::Value constant(mlir::TypedAttr value);
  /// A buffer that lives as long as the function runs.
  mlir::Value allocate(llvm::ArrayRef<int64_t> shape, mlir::Type element);
  /// Frees the buffers, at the function's end.
  void finish();
  /// Nested loops, of `sizes`, with the loop-carried `inits`; `body` gives
  /// the new values. The first size is the outermost loop.
  using LoopBody = llvm::function_ref<llvm::SmallVector<mlir::Value>(
      Indices at, mlir::ValueRange carried)>;
  llvm::SmallVector<mlir::Value> loop(mlir::Location loc,
                                      llvm::ArrayRef<int64_t> sizes,
                                      mlir::ValueRange inits, LoopBody body);
  void loop(mlir::Location loc, llvm::ArrayRef<int64_t> sizes,
            llvm::function_ref<void(Indices)> body);

  /// Element `at` of `tile`.
  mlir::Value element(mlir::Value tile, Indices at);
  mlir::Value read(const Storage &from, Indices at, mlir::Location loc);
  void write(mlir::Value value, const Storage &to, Indices at,
             mlir::Location loc);
  /// Computes the whole `tile` into `to`; `convert` may change each element.
  void fill(mlir::Value tile, const Storage &to,
            llvm::function_ref<mlir::Value(mlir::Value)> convert = nullptr);
  /// Gives `tile` a buffer, unless it has one.
  void materialize(mlir::Value tile);
  /// Writes an element to where `store` says.
  void writeElement(StoreOp store, Indices at);
  /// Reports that `op` does `what`.
  void report(mlir::Operation *op, llvm::StringRef what);

private:
  struct Guard {
    mlir::Value inside;      ///< null: always
    llvm::StringRef outside; ///< what to report; empty: nothing
  };
  /// Runs `body` where all guards hold; elsewhere the result is zero.
  mlir::Value guarded(mlir::Operation *op, llvm::ArrayRef<Guard> guards,
                      mlir::Type result,
                      llvm::function_ref<mlir::Value()> body);
  /// Accesses element `at` (an index into `source`).
  mlir::Value
  access(mlir::Operation *op, mlir::Value source, Indices at, Guard guard,
         mlir::Type result,
         llvm::function_ref<mlir::Value(mlir::Value, Indices)> body);
  /// Index of element `at` of a tile of `shape` at `offsets` of `source`, and
  /// whether it lies in `source`.
  mlir::Value place(mlir::Location loc, mlir::Value source,
                    mlir::OperandRange offsets, llvm::ArrayRef<int64_t> shape,
                    Indices at, llvm::SmallVectorImpl<mlir::Value> &indices);
  mlir::Value allInside(mlir::Location loc, Indices indices,
                        llvm::ArrayRef<int64_t> shape,
                        llvm::function_ref<bool(unsigned)> isProved);
  mlir::Value compute(mlir::Value tile, Indices at);
  mlir::Value computeElementwise(mlir::Operation *op, Indices at);

  mlir::func::FuncOp function;
  ViolationSites &sites;
  mlir::Operation *anchor;
  llvm::SmallVector<mlir::Value> buffers;
  llvm::DenseMap<mlir::Attribute, mlir::Value> constants;
  /// Elements computed in the present innermost loop body.
  std::map<std::pair<void *, std::vector<void *>>, mlir::Value> known;
};

} // namespace qimeng

#endif // QIMENG_LIB_CONVERSION_TOCPU_TILEEMITTER_H
