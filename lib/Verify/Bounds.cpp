//===- Bounds.cpp - Check 3: every access inside its operand --------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Verify/Bounds.h"
#include "qimeng/Verify/IndexSpace.h"

using namespace mlir;
using namespace qimeng;

static constexpr llvm::StringLiteral prefix = "check 3 (bounds): ";

/// A point of `space` at which `expr` leaves [low, high], or nothing.
static std::optional<SmallVector<int64_t>> findOutside(const IndexSpace &space,
                                                       AffineExpr expr,
                                                       int64_t low,
                                                       int64_t high) {
  IndexRange range = space.getRange(expr);
  if (range.low >= low && range.high <= high)
    return std::nullopt;
  if (range.low < low)
    if (auto point = space.findPoint(IndexConstraint{low - 1 - expr}))
      return point;
  if (range.high > high)
    return space.findPoint(IndexConstraint{expr - (high + 1)});
  return std::nullopt;
}

static int64_t evaluate(AffineExpr expr, ArrayRef<int64_t> point) {
  SmallVector<AffineExpr> values;
  for (int64_t value : point)
    values.push_back(getAffineConstantExpr(value, expr.getContext()));
  return cast<AffineConstantExpr>(
             simplifyAffineExpr(expr.replaceDims(values), 0, 0))
      .getValue();
}

static LogicalResult checkTransfer(Operation *op, Value source,
                                   ValueRange offsets, Value tile) {
  ArrayRef<int64_t> shape = getSourceShape(source);
  ArrayRef<int64_t> tileShape =
      cast<RankedTensorType>(tile.getType()).getShape();
  StringRef kind = isa<ViewType>(source.getType()) ? "view" : "operand";
  StringRef verb = isa<LoadOp>(op) ? "reads" : "writes";
  IndexSpace space(op);
  for (size_t dim = 0; dim < shape.size(); ++dim) {
    AffineExpr offset = offsets.empty()
                            ? getAffineConstantExpr(0, op->getContext())
                            : space.express(offsets[dim]);
    if (!offset)
      return op->emitOpError()
             << prefix << "offset " << dim
             << " is not an affine expression of program ids and loop "
                "counters, so the access cannot be proved to lie inside the "
             << kind << "; mark it 'masked' or compute the offset with "
             << "affine.apply";
    int64_t tileSize = tileShape[dim], high = shape[dim] - tileSize;
    auto point = findOutside(space, offset, 0, high);
    if (!point)
      continue;
    int64_t at = evaluate(offset, *point);
    return op->emitOpError()
           << prefix << verb << " elements " << at << " to "
           << at + tileSize - 1 << " of dimension " << dim << " ("
           << space.describe(*point) << "), but the " << kind
           << " has elements 0 to " << shape[dim] - 1
           << "; mark the access 'masked' or correct its offset";
  }
  return success();
}

static LogicalResult checkView(ViewOp view) {
  ArrayRef<int64_t> shape = getSourceShape(view.getSource());
  IndexSpace space(view.getContext(), view.getType().getShape());
  for (auto [dim, expr] : llvm::enumerate(view.getMap().getResults())) {
    auto point = findOutside(space, expr, 0, shape[dim] - 1);
    if (!point)
      continue;
    InFlightDiagnostic diagnostic = view.emitOpError();
    diagnostic << prefix << "element (";
    llvm::interleaveComma(*point, diagnostic);
    return diagnostic << ") of the view is element " << evaluate(expr, *point)
                      << " of dimension " << dim
                      << ", but the operand has elements 0 to "
                      << shape[dim] - 1
                      << "; mark the view 'padded' or correct its map";
  }
  return success();
}

LogicalResult qimeng::checkBounds(KernelOp kernel) {
  WalkResult walk = kernel.getBody().walk([](Operation *op) -> WalkResult {
    if (auto view = dyn_cast<ViewOp>(op)) {
      if (!view.getPadded())
        return checkView(view);
    } else if (auto load = dyn_cast<LoadOp>(op)) {
      if (!load.getMasked())
        return checkTransfer(load, load.getSource(), load.getOffsets(),
                             load.getResult());
    } else if (auto store = dyn_cast<StoreOp>(op)) {
      if (!store.getMasked())
        return checkTransfer(store, store.getTarget(), store.getOffsets(),
                             store.getValue());
    }
    return WalkResult::advance();
  });
  return failure(walk.wasInterrupted());
}
