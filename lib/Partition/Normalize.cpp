//===- Normalize.cpp - One linalg operation per loop nest -----------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Partitioner.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Utils/Utils.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;
using namespace qimeng;

void qimeng::canonicalize(func::FuncOp function) {
  MLIRContext *context = function.getContext();
  RewritePatternSet patterns(context);
  for (RegisteredOperationName name : context->getRegisteredOperations())
    if (isa<arith::ArithDialect, math::MathDialect, linalg::LinalgDialect,
            tensor::TensorDialect, scf::SCFDialect>(name.getDialect()))
      name.getCanonicalizationPatterns(patterns, context);
  for (StringRef dialect : {"linalg", "tensor", "arith"})
    if (Dialect *loaded = context->getLoadedDialect(dialect))
      loaded->getCanonicalizationPatterns(patterns);
  (void)applyPatternsGreedily(function, std::move(patterns));
}

/// Replaces a softmax by its four loop nests, and names them. Between them
/// f16 and bf16 values are f32: a sum rounded to 8 bits would spoil the result.
static void decomposeSoftmax(RewriterBase &rewriter, linalg::SoftmaxOp op) {
  Location loc = op.getLoc();
  auto type = cast<RankedTensorType>(op.getInput().getType());
  int64_t rank = type.getRank(), axis = op.getDimension();
  Type computeType = getComputeType(type.getElementType());
  auto wide = type.clone(computeType);
  auto narrow = RankedTensorType::Builder(wide).dropDim(axis);
  AffineMap all = rewriter.getMultiDimIdentityMap(rank);
  AffineMap row = all.dropResult(axis);
  SmallVector<utils::IteratorType> parallel(rank,
                                            utils::IteratorType::parallel);
  SmallVector<utils::IteratorType> reduction = parallel;
  reduction[axis] = utils::IteratorType::reduction;

  using Body = llvm::function_ref<Value(OpBuilder &, ValueRange)>;
  auto convert = [&](OpBuilder &builder, Value value, Type to) -> Value {
    unsigned from = value.getType().getIntOrFloatBitWidth();
    if (from < to.getIntOrFloatBitWidth())
      return arith::ExtFOp::create(builder, loc, to, value);
    if (from > to.getIntOrFloatBitWidth())
      return arith::TruncFOp::create(builder, loc, to, value);
    return value;
  };
  auto addStep = [&](StringRef name, ValueRange inputs, Value init,
                     ArrayRef<AffineMap> maps,
                     ArrayRef<utils::IteratorType> iterators, Body body) {
    auto step = linalg::GenericOp::create(
        rewriter, loc, init.getType(), inputs, init, maps, iterators,
        [&](OpBuilder &builder, Location, ValueRange arguments) {
          SmallVector<Value> values;
          for (Value argument : arguments)
            values.push_back(convert(builder, argument, computeType));
          Type to = arguments.back().getType();
          Value value = convert(builder, body(builder, values), to);
          linalg::YieldOp::create(builder, loc, value);
        });
    step->setAttr(kernelNameAttr, rewriter.getStringAttr(name));
    return step.getResult(0);
  };
  auto createInit = [&](const APFloat &value) -> Value {
    auto type = static_cast<RankedTensorType>(narrow);
    return arith::ConstantOp::create(
        rewriter, loc,
        DenseElementsAttr::get(type, FloatAttr::get(computeType, value)));
  };
  const llvm::fltSemantics &semantics =
      cast<FloatType>(computeType).getFloatSemantics();

  Value x = op.getInput();
  Value max = addStep("softmax_max", x,
                      createInit(APFloat::getInf(semantics, /*Negative=*/true)),
                      {all, row}, reduction, [&](OpBuilder &b, ValueRange v) {
                        return arith::MaximumFOp::create(b, loc, v[0], v[1]);
                      });
  Value exp = addStep(
      "softmax_exp", {x, max},
      tensor::EmptyOp::create(rewriter, loc, type.getShape(), computeType),
      {all, row, all}, parallel, [&](OpBuilder &b, ValueRange v) {
        Value difference = arith::SubFOp::create(b, loc, v[0], v[1]);
        return math::ExpOp::create(b, loc, difference);
      });
  Value sum =
      addStep("softmax_sum", exp, createInit(APFloat::getZero(semantics)),
              {all, row}, reduction, [&](OpBuilder &b, ValueRange v) {
                return arith::AddFOp::create(b, loc, v[0], v[1]);
              });
  Value result =
      addStep("softmax_div", {exp, sum}, op.getOutput(), {all, row, all},
              parallel, [&](OpBuilder &b, ValueRange v) {
                return arith::DivFOp::create(b, loc, v[0], v[1]);
              });
  rewriter.replaceOp(op, result);
}

static LogicalResult decompose(RewriterBase &rewriter, Operation *op) {
  rewriter.setInsertionPoint(op);
  auto check = [&](LogicalResult result) {
    return succeeded(result)
               ? success()
               : LogicalResult(
                     op->emitOpError()
                     << "cannot be decomposed into simple operations; "
                        "write it as linalg.generic and tensor "
                        "operations");
  };
  if (auto softmax = dyn_cast<linalg::SoftmaxOp>(op))
    return decomposeSoftmax(rewriter, softmax), success();
  if (auto pack = dyn_cast<linalg::PackOp>(op))
    return check(linalg::lowerPack(rewriter, pack,
                                   /*lowerPadLikeWithInsertSlice=*/false));
  if (auto unpack = dyn_cast<linalg::UnPackOp>(op))
    return check(linalg::lowerUnPack(rewriter, unpack,
                                     /*lowerUnpadLikeWithExtractSlice=*/false));
  if (auto filter = dyn_cast<linalg::WinogradFilterTransformOp>(op))
    return check(linalg::decomposeWinogradFilterTransformOp(rewriter, filter));
  if (auto input = dyn_cast<linalg::WinogradInputTransformOp>(op))
    return check(linalg::decomposeWinogradInputTransformOp(rewriter, input));
  if (auto output = dyn_cast<linalg::WinogradOutputTransformOp>(op))
    return check(linalg::decomposeWinogradOutputTransformOp(rewriter, output));
  return success();
}

/// The most iterations of a loop that is unrolled.
constexpr int64_t mostTrips = 1024;

static bool isInBody(Operation *op) {
  return op->getParentOfType<linalg::LinalgOp>() ||
         op->getParentOfType<tensor::GenerateOp>();
}

/// Unrolls loops that no kernel can hold: those that read tensors at positions
/// that depend on the loop, and those of tensor.generate, whose body works on
/// tiles. Those of other trip counts stay, and may be refused later.
static void unrollBodies(func::FuncOp function) {
  SmallVector<scf::ForOp> loops;
  function.walk([&](scf::ForOp loop) {
    bool reads =
        loop->walk([](tensor::ExtractOp) { return WalkResult::interrupt(); })
            .wasInterrupted();
    if (isInBody(loop) &&
        (reads || loop->getParentOfType<tensor::GenerateOp>()))
      loops.push_back(loop);
  });
  for (scf::ForOp loop : loops)
    if (std::optional<APInt> trips = loop.getStaticTripCount();
        trips && trips->sle(mostTrips))
      (void)loopUnrollFull(loop);
}

/// Replaces branches outside of linalg bodies by a selection between the
/// results of both sides. Nothing but the time tells that both are computed: no
/// operation of a kernel traps.
static void flattenBranches(func::FuncOp function) {
  SmallVector<scf::IfOp> branches;
  function.walk([&](scf::IfOp branch) {
    if (!isInBody(branch) && branch.getNumResults() > 0)
      branches.push_back(branch);
  });
  IRRewriter rewriter(function.getContext());
  for (scf::IfOp branch : branches) {
    Operation *yields[] = {branch.thenYield(), branch.elseYield()};
    rewriter.setInsertionPoint(branch);
    SmallVector<Value> results;
    for (auto [yes, no] :
         llvm::zip_equal(yields[0]->getOperands(), yields[1]->getOperands()))
      results.push_back(arith::SelectOp::create(
          rewriter, branch.getLoc(), branch.getCondition(), yes, no));
    for (Operation *yield : yields) {
      Block *block = yield->getBlock();
      rewriter.eraseOp(yield);
      rewriter.inlineBlockBefore(block, results.front().getDefiningOp());
    }
    rewriter.replaceOp(branch, results);
  }
}

/// Unrolls loops outside of linalg bodies, inner ones first.
static LogicalResult unrollLoops(func::FuncOp function) {
  SmallVector<scf::ForOp> loops;
  function.walk([&](scf::ForOp loop) {
    if (!isInBody(loop))
      loops.push_back(loop);
  });
  for (scf::ForOp loop : loops) {
    std::optional<APInt> trips = loop.getStaticTripCount();
    if (!trips || trips->sgt(mostTrips))
      return loop.emitOpError()
             << "cannot be unrolled: a loop of the tensor program must have "
                "constant bounds and at most "
             << mostTrips
             << " iterations. Write it as a linalg operation instead";
    if (failed(loopUnrollFull(loop)))
      return loop.emitOpError() << "cannot be unrolled; write it as a linalg "
                                   "operation instead";
  }
  return success();
}

/// Moves reshapes through element-wise operations, where they meet their
/// inverse or the function's border: what remains works on one shape from
/// producer to consumer, and can be fused.
static void moveReshapes(func::FuncOp function) {
  bool hasReshapes = false;
  function.walk([&](Operation *op) {
    hasReshapes |= isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op);
  });
  if (!hasReshapes)
    return;
  RewritePatternSet patterns(function.getContext());
  linalg::populateElementwiseToLinalgConversionPatterns(patterns);
  linalg::populateFoldReshapeOpsByCollapsingPatterns(
      patterns, [](OpOperand *reshaped) {
        auto isParallel = [](Operation *op) {
          auto generic = dyn_cast_or_null<linalg::GenericOp>(op);
          return generic && generic.getNumReductionLoops() == 0;
        };
        // Either end may be the reshape.
        return isParallel(reshaped->getOwner()) ||
               isParallel(reshaped->get().getDefiningOp());
      });
  tensor::populateReassociativeReshapeFoldingPatterns(patterns);
  tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns,
                                                     function.getContext());
  tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns,
                                                       function.getContext());
  (void)applyPatternsGreedily(function, std::move(patterns));
}

LogicalResult qimeng::normalize(func::FuncOp function) {
  SmallVector<Operation *> ops;
  function.walk([&](Operation *op) {
    if (isa<linalg::LinalgDialect>(op->getDialect()))
      ops.push_back(op);
  });
  IRRewriter rewriter(function.getContext());
  for (Operation *op : ops)
    if (failed(decompose(rewriter, op)))
      return failure();
  if (failed(unrollLoops(function)))
    return failure();
  flattenBranches(function);
  unrollBodies(function);
  dropEmptyTensors(function);
  canonicalize(function);
  moveReshapes(function);
  return success();
}
