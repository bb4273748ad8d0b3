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

/// Replaces a softmax by its four loop nests, and names them.
static LogicalResult decomposeSoftmax(RewriterBase &rewriter,
                                      linalg::SoftmaxOp op) {
  rewriter.setInsertionPoint(op);
  Operation *before = op->getPrevNode();
  FailureOr<SmallVector<Value>> results = op.decomposeOperation(rewriter);
  if (failed(results))
    return op.emitOpError() << "cannot be decomposed; write it as "
                               "linalg.generic operations";
  StringRef steps[] = {"softmax_max", "softmax_exp", "softmax_sum",
                       "softmax_div"};
  unsigned step = 0;
  Operation *first =
      before ? before->getNextNode() : &op->getBlock()->front();
  for (Operation *created = first; created != op;
       created = created->getNextNode())
    if (isa<linalg::LinalgOp>(created) && !isa<linalg::FillOp>(created) &&
        step < std::size(steps))
      created->setAttr(kernelNameAttr, rewriter.getStringAttr(steps[step++]));
  rewriter.replaceOp(op, *results);
  return success();
}

static LogicalResult decompose(RewriterBase &rewriter, Operation *op) {
  rewriter.setInsertionPoint(op);
  auto check = [&](LogicalResult result) {
    return succeeded(result)
               ? success()
               : LogicalResult(op->emitOpError()
                               << "cannot be decomposed into simple operations; "
                                  "write it as linalg.generic and tensor "
                                  "operations");
  };
  if (auto softmax = dyn_cast<linalg::SoftmaxOp>(op))
    return decomposeSoftmax(rewriter, softmax);
  if (auto pack = dyn_cast<linalg::PackOp>(op))
    return check(linalg::lowerPack(rewriter, pack,
                                   /*lowerPadLikeWithInsertSlice=*/false));
  if (auto unpack = dyn_cast<linalg::UnPackOp>(op))
    return check(linalg::lowerUnPack(
        rewriter, unpack, /*lowerUnpadLikeWithExtractSlice=*/false));
  if (auto filter = dyn_cast<linalg::WinogradFilterTransformOp>(op))
    return check(linalg::decomposeWinogradFilterTransformOp(rewriter, filter));
  if (auto input = dyn_cast<linalg::WinogradInputTransformOp>(op))
    return check(linalg::decomposeWinogradInputTransformOp(rewriter, input));
  if (auto output = dyn_cast<linalg::WinogradOutputTransformOp>(op))
    return check(linalg::decomposeWinogradOutputTransformOp(rewriter, output));
  return success();
}

/// Unrolls loops outside of linalg bodies, inner ones first.
static LogicalResult unrollLoops(func::FuncOp function) {
  SmallVector<scf::ForOp> loops;
  function.walk([&](scf::ForOp loop) {
    if (!loop->getParentOfType<linalg::LinalgOp>() &&
        !loop->getParentOfType<tensor::GenerateOp>())
      loops.push_back(loop);
  });
  constexpr int64_t mostTrips = 1024;
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
  canonicalize(function);
  return success();
}
