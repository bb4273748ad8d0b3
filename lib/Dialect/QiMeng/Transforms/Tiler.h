//===- Tiler.h - Cut an untiled kernel into programs ------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_DIALECT_QIMENG_TRANSFORMS_TILER_H
#define QIMENG_DIALECT_QIMENG_TRANSFORMS_TILER_H

#include "mlir/IR/PatternMatch.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include <map>
#include <string>

namespace qimeng {

/// An axis that disappears: of a reduce or fold, or a product's K.
struct ReductionAxis {
  mlir::Operation *op;
  int64_t axis;   ///< of the first operand
  int64_t extent; ///< elements along it
};

/// The reduction axes of an untiled kernel, in program order.
llvm::SmallVector<ReductionAxis> getReductionAxes(KernelOp kernel);

/// What `tile` is asked for.
struct Tiling {
  llvm::SmallVector<int64_t> sizes;  ///< per output dimension; 0: all of it
  llvm::SmallVector<int64_t> reduce; ///< per reduction axis; 0: all of it
  llvm::SmallVector<int64_t> loops;  ///< output dimensions to walk in a loop
};

/// More elements than any thread block can hold; a tile has fewer.
constexpr int64_t maxTileElements = int64_t(1) << 20;

/// Slices backward from the stores: every operation knows which slice of its
/// operands a slice of its result needs. A slice is computed once in the
/// outermost loop that knows its offsets.
///
/// Invariant: elements of a slice past the end of the value's extent may have
/// any value. Who combines them with others masks them.
class Tiler {
public:
  Tiler(KernelOp kernel, const Tiling &tiling, mlir::RewriterBase &builder)
      : kernel(kernel), tiling(tiling), builder(builder) {}

  /// Rewrites the kernel's body and sets its grid. On failure the body is
  /// unusable and `why` tells the reason.
  llvm::LogicalResult run(std::string &why);

private:
  /// Where a slice lies along a dimension.
  struct Range {
    mlir::Value offset; ///< null: zero
    int64_t size = 0;
    bool tail = false; ///< may pass the end of the extent
    int depth = 0;     ///< loops around the offset
  };
  using Ranges = llvm::SmallVector<Range>;
  using Key = std::pair<void *, llvm::SmallVector<std::pair<void *, int64_t>>>;

  /// The body of a loop that is being built, or of the kernel (the first).
  struct Scope {
    mlir::Block *block = nullptr;
    mlir::Operation *before = nullptr; ///< where to insert; null: at the end
    std::map<Key, mlir::Value> slices;
  };
  using Body =
      llvm::function_ref<llvm::FailureOr<llvm::SmallVector<mlir::Value>>(
          Range, mlir::ValueRange)>;

  llvm::FailureOr<mlir::Value> slice(mlir::Value value,
                                     llvm::ArrayRef<Range> ranges);
  llvm::FailureOr<mlir::Value> compute(mlir::Value value,
                                       llvm::ArrayRef<Range> ranges);
  llvm::FailureOr<mlir::Value> computeElementwise(mlir::Operation *op,
                                                  llvm::ArrayRef<Range> ranges);
  llvm::FailureOr<mlir::Value> computeDot(DotOp op,
                                          llvm::ArrayRef<Range> ranges);
  llvm::FailureOr<mlir::Value> computeReduce(ReduceOp op,
                                             llvm::ArrayRef<Range> ranges);
  llvm::FailureOr<llvm::SmallVector<mlir::Value>>
  computeFold(FoldOp op, llvm::ArrayRef<Range> ranges);
  llvm::FailureOr<llvm::SmallVector<mlir::Value>>
  foldAxis(FoldOp op, unsigned index, Ranges ranges, mlir::ValueRange inits);
  llvm::FailureOr<mlir::Value> computeScan(ScanOp op,
                                           llvm::ArrayRef<Range> ranges);

  llvm::FailureOr<mlir::Value> sliceMaskedAxis(mlir::Value value,
                                               llvm::ArrayRef<Range> ranges,
                                               int64_t axis,
                                               mlir::TypedAttr fill);
  mlir::Value maskTail(mlir::Value tile, llvm::ArrayRef<Range> ranges,
                       llvm::ArrayRef<int64_t> extents,
                       llvm::ArrayRef<int64_t> dims, mlir::TypedAttr fill);
  llvm::FailureOr<llvm::SmallVector<mlir::Value>>
  createLoop(int64_t trips, int64_t size, int64_t base, bool tail,
             mlir::ValueRange inits, Body body);
  llvm::FailureOr<llvm::SmallVector<mlir::Value>> walkAxes(
      llvm::ArrayRef<int64_t> axes, llvm::ArrayRef<int64_t> extents,
      llvm::ArrayRef<int64_t> chunks, Ranges &ranges, mlir::ValueRange inits,
      llvm::function_ref<
          llvm::FailureOr<llvm::SmallVector<mlir::Value>>(mlir::ValueRange)>
          body);
  llvm::LogicalResult storeTiles(llvm::ArrayRef<Range> ranges);
  llvm::LogicalResult walkOutputs(unsigned index, Ranges &ranges);

  llvm::SmallVector<mlir::Value> getOffsets(llvm::ArrayRef<Range> ranges);
  llvm::ArrayRef<int64_t> getChunks(mlir::Operation *op);
  int getDepth(llvm::ArrayRef<Range> ranges);
  void setInsertionPoint();
  llvm::LogicalResult fail(const llvm::Twine &reason);

  KernelOp kernel;
  const Tiling &tiling;
  mlir::RewriterBase &builder;
  std::string reason;
  llvm::SmallVector<Scope> scopes;
  llvm::SmallVector<StoreOp> stores;
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<int64_t>> chunks;
};

} // namespace qimeng

#endif // QIMENG_DIALECT_QIMENG_TRANSFORMS_TILER_H
