//===- Oracle.cpp - The float64 meaning of a program ----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Verify/Oracle.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Verifier.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "qimeng/Partition/Expand.h"
#include "qimeng/Verify/Passes.h"

using namespace mlir;
using namespace qimeng;

namespace qimeng {
#define GEN_PASS_DEF_QIMENGWIDEN
#include "qimeng/Verify/Passes.h.inc"
} // namespace qimeng

/// Replaces float types for which `isNarrow` holds, and constants of them.
static AttrTypeReplacer makeReplacer(FloatType wide,
                                     function_ref<bool(FloatType)> isNarrow) {
  auto convert = [wide](APFloat value) {
    bool lost;
    value.convert(wide.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                  &lost);
    return value;
  };
  auto convertAll = [=](DenseElementsAttr attr) -> DenseElementsAttr {
    return cast<DenseFPElementsAttr>(attr).mapValues(
        wide,
        [=](const APFloat &value) { return convert(value).bitcastToAPInt(); });
  };
  AttrTypeReplacer replacer;
  replacer.addReplacement([=](FloatType type) -> std::optional<Type> {
    return isNarrow(type) ? Type(wide) : Type(type);
  });
  using Replaced = std::optional<std::pair<Attribute, WalkResult>>;
  replacer.addReplacement([=](FloatAttr attr) -> Replaced {
    if (!isNarrow(cast<FloatType>(attr.getType())))
      return std::nullopt;
    return {
        {FloatAttr::get(wide, convert(attr.getValue())), WalkResult::skip()}};
  });
  replacer.addReplacement([=](DenseElementsAttr attr) -> Replaced {
    auto type = dyn_cast<FloatType>(attr.getElementType());
    if (!type || !isNarrow(type))
      return {{attr, WalkResult::skip()}};
    return {{convertAll(attr), WalkResult::skip()}};
  });
  replacer.addReplacement([=](DenseResourceElementsAttr attr) -> Replaced {
    auto type = dyn_cast<FloatType>(attr.getElementType());
    AsmResourceBlob *blob = attr.getRawHandle().getBlob();
    if (!type || !isNarrow(type) || !blob)
      return {{attr, WalkResult::skip()}};
    return {{convertAll(DenseElementsAttr::getFromRawBuffer(attr.getType(),
                                                            blob->getData())),
             WalkResult::skip()}};
  });
  return replacer;
}

/// Erases conversions between equal types below `root`.
static void dropCasts(Operation *root) {
  SmallVector<Operation *> casts;
  root->walk([&](Operation *op) {
    if (isa<arith::ExtFOp, arith::TruncFOp>(op) &&
        op->getOperand(0).getType() == op->getResult(0).getType())
      casts.push_back(op);
  });
  for (Operation *op : casts) {
    op->getResult(0).replaceAllUsesWith(op->getOperand(0));
    op->erase();
  }
}

LogicalResult qimeng::widen(ModuleOp module) {
  // Before types change: whether a value is subnormal, say, is asked of the
  // type in which the program was written.
  expandOperations(module);
  WalkResult bits = module.walk([](arith::BitcastOp op) {
    Type from = getElementTypeOrSelf(op.getIn().getType());
    Type to = getElementTypeOrSelf(op.getOut().getType());
    if (!isa<FloatType>(from) && !isa<FloatType>(to))
      return WalkResult::advance();
    op.emitOpError() << "looks at the bits of a float, so the program has no "
                        "float64 reference";
    return WalkResult::interrupt();
  });
  if (bits.wasInterrupted())
    return failure();
  auto isNarrow = [](FloatType type) { return !type.isF64(); };
  AttrTypeReplacer replacer =
      makeReplacer(Float64Type::get(module.getContext()), isNarrow);
  replacer.recursivelyReplaceElementsIn(module, /*replaceAttrs=*/true,
                                        /*replaceLocs=*/false,
                                        /*replaceTypes=*/true);
  dropCasts(module);
  module.walk([](DotOp dot) { dot.setPrecision(Precision::Ieee); });
  return verify(module);
}

/// Which conversions below `op`, in order, round a value to a type for which
/// `isNarrow` holds before something else is computed from it. What they round
/// for the result alone is rounded when it is written.
static SmallVector<Type> findRoundings(Operation *op,
                                       function_ref<bool(Type)> isNarrow) {
  SmallVector<Type> roundings;
  op->walk([&](arith::TruncFOp cast) {
    bool isRead = llvm::any_of(cast->getUsers(), [](Operation *user) {
      return !isa<linalg::YieldOp>(user);
    });
    roundings.push_back(isRead && isNarrow(cast.getType()) ? cast.getType()
                                                           : Type());
  });
  return roundings;
}

/// Rounds what the conversions below `op`, in order, rounded.
static void restoreRoundings(Operation *op, ArrayRef<Type> roundings) {
  SmallVector<arith::TruncFOp> casts;
  op->walk([&](arith::TruncFOp cast) { casts.push_back(cast); });
  for (auto [cast, narrow] : llvm::zip_equal(casts, roundings)) {
    if (!narrow)
      continue;
    OpBuilder builder(cast);
    Value rounded =
        arith::TruncFOp::create(builder, cast.getLoc(), narrow, cast.getIn());
    cast.replaceAllUsesWith(
        arith::ExtFOp::create(builder, cast.getLoc(), cast.getType(), rounded)
            .getResult());
    cast.erase();
  }
}

void qimeng::computeInF32(ModuleOp module) {
  expandOperations(module);
  auto wide = Float32Type::get(module.getContext());
  auto isNarrow = [](FloatType type) { return type.getWidth() == 16; };
  auto isNarrowType = [&](Type type) {
    auto element = dyn_cast<FloatType>(getElementTypeOrSelf(type));
    return element && isNarrow(element);
  };
  SmallVector<Operation *> ops;
  module.walk([&](Operation *op) {
    if (!isa<linalg::LinalgOp, linalg::SoftmaxOp>(op) ||
        llvm::none_of(op->getOperandTypes(), isNarrowType))
      return;
    // What only moves elements rounds nothing.
    if (op->getNumRegions() != 0 &&
        llvm::hasSingleElement(op->getRegion(0).front()))
      return;
    ops.push_back(op);
  });
  AttrTypeReplacer replacer = makeReplacer(wide, isNarrow);
  for (Operation *op : ops) {
    OpBuilder builder(op);
    Location loc = op->getLoc();
    auto extend = [&](Value value) -> Value {
      return arith::ExtFOp::create(builder, loc,
                                   replacer.replace(value.getType()), value);
    };
    SmallVector<Type> roundings = findRoundings(op, isNarrowType);
    Operation *copy = builder.clone(*op);
    replacer.recursivelyReplaceElementsIn(copy, true, false, true);
    builder.setInsertionPoint(copy);
    DenseMap<Value, Value> extended;
    copy->walk([&](Operation *inner) {
      for (OpOperand &operand : inner->getOpOperands()) {
        if (!isNarrowType(operand.get().getType()))
          continue;
        Value &value = extended[operand.get()];
        if (!value)
          value = extend(operand.get());
        operand.set(value);
      }
    });
    restoreRoundings(copy, roundings);
    dropCasts(copy);
    builder.setInsertionPointAfter(copy);
    for (auto [from, to] : llvm::zip(op->getResults(), copy->getResults())) {
      Value value = to;
      if (from.getType() != to.getType())
        value = arith::TruncFOp::create(builder, loc, from.getType(), to);
      from.replaceAllUsesWith(value);
    }
    op->erase();
  }
}

namespace {
struct Widen : public qimeng::impl::QiMengWidenBase<Widen> {
  void runOnOperation() override {
    if (failed(widen(getOperation())))
      signalPassFailure();
  }
};
} // namespace
