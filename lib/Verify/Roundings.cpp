//===- Roundings.cpp - What candidates may leave out ----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Verify/Roundings.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/SymbolTable.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "qimeng/Verify/Executor.h"
#include "qimeng/Verify/Oracle.h"
#include <cmath>

using namespace mlir;
using namespace qimeng;

//===----------------------------------------------------------------------===//
// Values between operations
//===----------------------------------------------------------------------===//

/// Whether the program computes `value` and then reads it again, so that it may
/// be rounded for some of its readers only.
static bool isInner(Value value) {
  Operation *op = value.getDefiningOp();
  if (isa_and_nonnull<memref::AllocOp>(op))
    return true;
  return isa_and_nonnull<linalg::LinalgOp, linalg::SoftmaxOp>(op) &&
         !isa<linalg::FillOp, linalg::TransposeOp, linalg::BroadcastOp,
              linalg::CopyOp>(op) &&
         !llvm::all_of(value.getUsers(), llvm::IsaPred<func::ReturnOp>);
}

static KernelOp getKernel(LaunchOp launch) {
  return SymbolTable::lookupNearestSymbolFrom<KernelOp>(launch,
                                                        launch.getKernelAttr());
}

bool qimeng::reachesInnerF16(BlockArgument argument) {
  DenseSet<Value> reached = {argument};
  bool found = false;
  auto reach = [&](Value value) {
    reached.insert(value);
    found |= getElementTypeOrSelf(value.getType()).isF16() && isInner(value);
  };
  for (Operation &op : *argument.getOwner()) {
    bool reads = false;
    op.walk([&](Operation *inner) {
      reads |= llvm::any_of(inner->getOperands(),
                            [&](Value v) { return reached.contains(v); });
    });
    if (!reads)
      continue;
    llvm::for_each(op.getResults(), reach);
    auto launch = dyn_cast<LaunchOp>(op);
    if (!launch)
      continue;
    KernelOp kernel = getKernel(launch);
    for (auto [operand, inside] :
         llvm::zip(launch.getOperands(), kernel.getOperandArguments()))
      if (kernel.isOutput(inside))
        reach(operand);
  }
  return found;
}

/// Where the entry reads floats of at most `bits` bits that it computed.
static SmallVector<OpOperand *> findInnerReads(Operation *entry,
                                               unsigned bits) {
  SmallVector<OpOperand *> reads;
  if (!isa<func::FuncOp>(entry))
    return reads;
  for (Operation &op : entry->getRegion(0).front()) {
    if (isa<func::ReturnOp>(op))
      continue;
    auto launch = dyn_cast<LaunchOp>(op);
    for (OpOperand &operand : op.getOpOperands()) {
      auto element =
          dyn_cast<FloatType>(getElementTypeOrSelf(operand.get().getType()));
      if (!element || element.getWidth() > bits || !isInner(operand.get()))
        continue;
      if (launch) {
        KernelOp kernel = getKernel(launch);
        if (kernel.isOutput(
                kernel.getBody().getArgument(operand.getOperandNumber())))
          continue;
      }
      reads.push_back(&operand);
    }
  }
  return reads;
}

using Scalar = llvm::function_ref<Value(OpBuilder &, Location, ValueRange)>;

/// compute(values...) of all elements of tensors, or of memrefs, of one type.
static Value createElementwise(OpBuilder &builder, Location loc,
                               ValueRange values, Scalar compute) {
  auto type = cast<ShapedType>(values.front().getType());
  Value out;
  SmallVector<Type> results;
  if (isa<MemRefType>(type)) {
    out = memref::AllocOp::create(builder, loc, cast<MemRefType>(type));
  } else {
    out = tensor::EmptyOp::create(builder, loc, type.getShape(),
                                  type.getElementType());
    results.push_back(type);
  }
  SmallVector<AffineMap> maps(values.size() + 1,
                              builder.getMultiDimIdentityMap(type.getRank()));
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      builder, loc, results, values, out, maps, iterators,
      [&](OpBuilder &inside, Location loc, ValueRange elements) {
        Value result = compute(inside, loc, elements.drop_back());
        linalg::YieldOp::create(inside, loc, result);
      });
  return results.empty() ? out : generic.getResult(0);
}

/// Takes soft maxima apart, so that their sums are values like others.
static void decomposeSoftmax(Operation *entry) {
  SmallVector<linalg::SoftmaxOp> ops;
  entry->walk([&](linalg::SoftmaxOp op) { ops.push_back(op); });
  IRRewriter rewriter(entry->getContext());
  for (linalg::SoftmaxOp op : ops) {
    rewriter.setInsertionPoint(op);
    FailureOr<SmallVector<Value>> parts = op.decomposeOperation(rewriter);
    if (succeeded(parts))
      rewriter.replaceOp(op, *parts);
  }
}

SmallVector<double> qimeng::addRoundingFactors(Operation *entry,
                                               double longestSum) {
  SmallVector<double> roundings;
  decomposeSoftmax(entry);
  for (OpOperand *read : findInnerReads(entry, 32)) {
    auto function = cast<func::FuncOp>(entry);
    Value value = read->get();
    unsigned number = function.getNumArguments();
    if (failed(function.insertArgument(number, value.getType(), {},
                                       read->getOwner()->getLoc())))
      continue;
    OpBuilder builder(read->getOwner());
    read->set(createElementwise(
        builder, read->getOwner()->getLoc(),
        {value, function.getArgument(number)},
        [](OpBuilder &inside, Location loc, ValueRange elements) -> Value {
          return arith::MulFOp::create(inside, loc, elements[0], elements[1]);
        }));
    Type element = getElementTypeOrSelf(value.getType());
    roundings.push_back(element.isBF16()  ? 0x1p-8
                        : element.isF16() ? 0x1p-11
                                          : 0x1p-24 * std::sqrt(longestSum));
  }
  return roundings;
}

//===----------------------------------------------------------------------===//
// Overflows
//===----------------------------------------------------------------------===//

/// A float, or a tensor of equal ones.
static Value createConstant(OpBuilder &builder, Location loc, Type type,
                            APFloat value) {
  auto element = cast<FloatType>(getElementTypeOrSelf(type));
  bool lost;
  value.convert(element.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                &lost);
  TypedAttr attribute = builder.getFloatAttr(element, value);
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    attribute = DenseElementsAttr::get(tensor, value);
  return arith::ConstantOp::create(builder, loc, attribute);
}

/// `value`, or `value` times `mark` where |magnitude| is above `limit`, give or
/// take the rounding errors of a sum.
static Value createMark(OpBuilder &builder, Location loc, Value value,
                        Value magnitude, APFloat limit, double mark) {
  bool lost;
  limit.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &lost);
  limit = limit * APFloat(1 - 0x1p-8);
  Type type = value.getType();
  Value size = math::AbsFOp::create(builder, loc, magnitude);
  Value over =
      arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OGT, size,
                            createConstant(builder, loc, type, limit));
  Value factor = arith::SelectOp::create(
      builder, loc, over, createConstant(builder, loc, type, APFloat(mark)),
      createConstant(builder, loc, type, APFloat(1.0)));
  return arith::MulFOp::create(builder, loc, value, factor);
}

/// Whether the numbers may decide how long a loop runs.
static bool hasOpenLoops(ModuleOp module) {
  WalkResult found = module.walk([](Operation *op) {
    auto loop = dyn_cast<scf::ForOp>(op);
    bool open = isa<scf::WhileOp>(op) || op->getNumSuccessors() != 0 ||
                (loop && !loop.getStaticTripCount());
    return open ? WalkResult::interrupt() : WalkResult::advance();
  });
  return found.wasInterrupted();
}

/// Whether an operation may read NaN and give something else.
static bool hidesNaN(ModuleOp module) {
  auto isFloat = [](Type type) {
    return isa<FloatType>(getElementTypeOrSelf(type));
  };
  auto isInteger = [](Type type) {
    return getElementTypeOrSelf(type).isIntOrIndex();
  };
  WalkResult found = module.walk([&](Operation *op) {
    auto reduce = dyn_cast<ReduceOp>(op);
    auto scan = dyn_cast<ScanOp>(op);
    Combiner kind = reduce ? reduce.getKind()
                    : scan ? scan.getKind()
                           : Combiner::Add;
    bool hides = isa<arith::MaxNumFOp, arith::MinNumFOp>(op) ||
                 kind == Combiner::MaxNum || kind == Combiner::MinNum ||
                 (llvm::any_of(op->getOperandTypes(), isFloat) &&
                  llvm::any_of(op->getResultTypes(), isInteger));
    return hides ? WalkResult::interrupt() : WalkResult::advance();
  });
  return found.wasInterrupted();
}

/// Marks the sum that a linalg operation takes. False where it takes none.
static bool markSum(linalg::LinalgOp op, APFloat limit, double mark) {
  if (op.getNumReductionLoops() == 0 || op->getNumResults() != 1)
    return false;
  auto yield = cast<linalg::YieldOp>(op.getBlock()->getTerminator());
  auto add = yield.getOperand(0).getDefiningOp<arith::AddFOp>();
  Value sum = op.getBlock()->getArguments().back();
  if (!add || (add.getLhs() != sum && add.getRhs() != sum))
    return false;
  IRRewriter rewriter(op->getContext());
  rewriter.setInsertionPoint(op);
  auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
  if (!generic) {
    FailureOr<linalg::GenericOp> general =
        linalg::generalizeNamedOp(rewriter, op);
    if (failed(general))
      return false;
    generic = *general;
  }
  Location loc = generic.getLoc();
  rewriter.setInsertionPointAfter(generic);
  Value start = createElementwise(
      rewriter, loc, generic.getOutputs().front(),
      [](OpBuilder &inside, Location loc, ValueRange elements) -> Value {
        return math::AbsFOp::create(inside, loc, elements[0]);
      });
  auto magnitudes = cast<linalg::GenericOp>(rewriter.clone(*generic));
  magnitudes.getOutputsMutable().assign(start);
  Block *body = magnitudes.getBlock();
  auto total =
      body->getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  unsigned term = total.getLhs() == body->getArguments().back() ? 1 : 0;
  rewriter.setInsertionPoint(total);
  total->setOperand(
      term, math::AbsFOp::create(rewriter, loc, total->getOperand(term)));
  rewriter.setInsertionPointAfter(magnitudes);
  Value result = generic.getResult(0);
  Value marked = createElementwise(
      rewriter, loc, {result, magnitudes.getResult(0)},
      [&](OpBuilder &inside, Location loc, ValueRange elements) {
        return createMark(inside, loc, elements[0], elements[1], limit, mark);
      });
  result.replaceAllUsesExcept(marked, marked.getDefiningOp());
  return true;
}

/// Marks the sums that a kernel's operation takes.
static void markSums(Operation *op, APFloat limit, double mark) {
  OpBuilder builder(op->getContext());
  builder.setInsertionPointAfter(op);
  Location loc = op->getLoc();
  Operation *magnitudes = builder.clone(*op);
  for (OpOperand &operand : magnitudes->getOpOperands()) {
    OpBuilder before(magnitudes);
    operand.set(math::AbsFOp::create(before, loc, operand.get()));
  }
  Value result = op->getResult(0);
  Value marked =
      createMark(builder, loc, result, magnitudes->getResult(0), limit, mark);
  result.replaceAllUsesExcept(marked, marked.getDefiningOp());
}

/// Makes `module` float64, and marks what may overflow. False where there is no
/// such value.
static FailureOr<bool> markAll(ModuleOp module, Operation *entry, double mark) {
  bool any = false;
  for (OpOperand *read : findInnerReads(entry, 16)) {
    any = true;
    OpBuilder builder(read->getOwner());
    Type element = getElementTypeOrSelf(read->get().getType());
    APFloat limit =
        APFloat::getLargest(cast<FloatType>(element).getFloatSemantics());
    read->set(createElementwise(
        builder, read->getOwner()->getLoc(), read->get(),
        [&](OpBuilder &inside, Location loc, ValueRange elements) {
          return createMark(inside, loc, elements[0], elements[0], limit, mark);
        }));
  }
  if (failed(widen(module)))
    return failure();
  // What all sums of narrower floats are taken in.
  APFloat limit = APFloat::getLargest(APFloat::IEEEsingle());
  SmallVector<Operation *> sums;
  module.walk([&](Operation *op) {
    if (isa<linalg::LinalgOp, DotOp, ReduceOp, ScanOp>(op))
      sums.push_back(op);
  });
  for (Operation *op : sums) {
    if (auto structured = dyn_cast<linalg::LinalgOp>(op)) {
      any |= markSum(structured, limit, mark);
      continue;
    }
    if (!isa<FloatType>(getElementTypeOrSelf(op->getResult(0).getType())))
      continue;
    auto reduce = dyn_cast<ReduceOp>(op);
    auto scan = dyn_cast<ScanOp>(op);
    if ((reduce && reduce.getKind() != Combiner::Add) ||
        (scan && scan.getKind() != Combiner::Add))
      continue;
    markSums(op, limit, mark);
    any = true;
  }
  return any;
}

FailureOr<SmallVector<OwningOpRef<ModuleOp>>>
qimeng::markOverflows(ModuleOp module, StringRef entry) {
  SmallVector<OwningOpRef<ModuleOp>> copies;
  bool hasF64 = false;
  module.walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      hasF64 |= getElementTypeOrSelf(type).isF64();
  });
  // Sums of f64 overflow in the reference just as well.
  if (hasF64 || hasOpenLoops(module))
    return copies;
  for (double mark : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    OwningOpRef<ModuleOp> copy = module.clone();
    FailureOr<bool> any = markAll(*copy, findEntry(*copy, entry), mark);
    if (failed(any))
      return failure();
    if (!*any)
      break;
    copies.push_back(std::move(copy));
    if (!hidesNaN(module))
      break;
  }
  return copies;
}

//===----------------------------------------------------------------------===//
// Subnormal numbers
//===----------------------------------------------------------------------===//

bool qimeng::flushExponentials(ModuleOp module) {
  auto isExponential = [](Operation *op) {
    return isa<math::ExpOp, math::Exp2Op>(op);
  };
  decomposeSoftmax(module);
  SmallVector<linalg::LinalgOp> named;
  module.walk([&](linalg::LinalgOp op) {
    if (!isa<linalg::GenericOp>(op) &&
        llvm::any_of(*op.getBlock(),
                     [&](Operation &each) { return isExponential(&each); }))
      named.push_back(op);
  });
  IRRewriter rewriter(module.getContext());
  for (linalg::LinalgOp op : named) {
    rewriter.setInsertionPoint(op);
    if (failed(linalg::generalizeNamedOp(rewriter, op)))
      return false;
  }
  SmallVector<Operation *> exponentials;
  module.walk([&](Operation *op) {
    if (isExponential(op))
      exponentials.push_back(op);
  });
  for (Operation *op : exponentials) {
    OpBuilder builder(module.getContext());
    builder.setInsertionPointAfter(op);
    Location loc = op->getLoc();
    Value result = op->getResult(0);
    Type type = result.getType();
    Value least = createConstant(builder, loc, type, APFloat(0x1p-126));
    Value zero = createConstant(builder, loc, type, APFloat(0.0));
    Value under = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT,
                                        result, least);
    Value flushed = arith::SelectOp::create(builder, loc, under, zero, result);
    result.replaceUsesWithIf(flushed, [&](OpOperand &use) {
      return use.getOwner() != under.getDefiningOp() &&
             use.getOwner() != flushed.getDefiningOp();
    });
  }
  return !exponentials.empty();
}
