//===- EmptyTensors.cpp - Tensors without elements ------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A tensor with a dimension of size 0 holds nothing, so nothing must be
// computed for it, and nothing that is computed can depend on its elements.
// What reads one is rewritten to what it then means: a reduction over no
// elements is its initial value, a pad of nothing is the padding alone.
//
//===----------------------------------------------------------------------===//

#include "Partitioner.h"

using namespace mlir;
using namespace qimeng;

bool qimeng::isEmpty(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && llvm::is_contained(tensor.getShape(), 0);
}

static bool readsEmpty(Operation *op) {
  return llvm::any_of(op->getOperandTypes(), isEmpty);
}

/// Without iterations, what an operation is to write into stays as it is.
static void skipLoops(IRRewriter &rewriter, linalg::LinalgOp op) {
  if (op.hasPureTensorSemantics() &&
      llvm::is_contained(op.getStaticLoopRanges(), 0))
    rewriter.replaceOp(op, op.getDpsInits());
}

/// The padding is given by position, which is what tensor.generate does.
static void padNothing(IRRewriter &rewriter, tensor::PadOp op) {
  auto generate = tensor::GenerateOp::create(rewriter, op.getLoc(),
                                             op.getResultType(), ValueRange());
  rewriter.inlineRegionBefore(op.getRegion(), generate.getBody(),
                              generate.getBody().end());
  rewriter.replaceOp(op, generate);
}

static void concatRest(IRRewriter &rewriter, tensor::ConcatOp op) {
  SmallVector<Value> inputs(op.getInputs());
  llvm::erase_if(inputs, [](Value input) { return isEmpty(input.getType()); });
  rewriter.replaceOpWithNewOp<tensor::ConcatOp>(op, op.getResultType(),
                                                op.getDim(), inputs);
}

void qimeng::dropEmptyTensors(func::FuncOp function) {
  SmallVector<Operation *> ops;
  function.walk([&](Operation *op) {
    if (!isa<tensor::EmptyOp>(op) &&
        (readsEmpty(op) || llvm::any_of(op->getResultTypes(), isEmpty)))
      ops.push_back(op);
  });
  IRRewriter rewriter(function.getContext());
  for (Operation *op : ops) {
    rewriter.setInsertionPoint(op);
    for (OpResult result : op->getResults())
      if (isEmpty(result.getType()) && !result.use_empty())
        rewriter.replaceAllUsesWith(
            result, tensor::EmptyOp::create(
                        rewriter, op->getLoc(),
                        cast<RankedTensorType>(result.getType()).getShape(),
                        getElementTypeOrSelf(result.getType())));
    if (isOpTriviallyDead(op))
      rewriter.eraseOp(op);
    else if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
      skipLoops(rewriter, linalgOp);
    else if (auto pad = dyn_cast<tensor::PadOp>(op);
             pad && pad.getResultType().hasStaticShape())
      padNothing(rewriter, pad);
    else if (auto concat = dyn_cast<tensor::ConcatOp>(op))
      concatRest(rewriter, concat);
    else if (auto insert = dyn_cast<tensor::InsertSliceOp>(op))
      rewriter.replaceOp(op, insert.getDest());
  }
}
