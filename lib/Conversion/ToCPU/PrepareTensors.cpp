//===- PrepareTensors.cpp - Tensor programs to loops ----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/Passes.h"
#include "qimeng/Conversion/ToCPU/ToCPU.h"
#include "qimeng/Partition/Expand.h"

using namespace mlir;

namespace qimeng {
#define GEN_PASS_DEF_PREPARETENSORSPASS
#include "qimeng/Conversion/ToCPU/Passes.h.inc"
} // namespace qimeng

namespace {

/// Makes a read at computed indices read element 0, then gives zero, where an
/// index is outside: what `qimeng.gather` does.
void guardExtract(tensor::ExtractOp op) {
  auto type = cast<RankedTensorType>(op.getTensor().getType());
  OpBuilder builder(op);
  Location loc = op.getLoc();
  Value inside;
  SmallVector<Value> indices(op.getIndices());
  for (auto [dim, index] : llvm::enumerate(indices)) {
    APInt known;
    if (matchPattern(index, m_ConstantInt(&known)) &&
        known.ult(type.getDimSize(dim)))
      continue;
    Value size =
        arith::ConstantIndexOp::create(builder, loc, type.getDimSize(dim));
    Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
    Value in = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult,
                                     index, size);
    index = arith::SelectOp::create(builder, loc, in, index, zero);
    inside = inside ? arith::AndIOp::create(builder, loc, inside, in) : in;
  }
  if (!inside)
    return;
  op.getIndicesMutable().assign(indices);
  builder.setInsertionPointAfter(op);
  Value zero = arith::ConstantOp::create(
      builder, loc, builder.getZeroAttr(type.getElementType()));
  auto select =
      arith::SelectOp::create(builder, loc, inside, op.getResult(), zero);
  op.getResult().replaceAllUsesExcept(select, select);
}

/// Makes the loop innermost that walks through contiguous memory of the most
/// operands: B and C of a product, say. Each sum keeps its order.
LogicalResult chooseInnermostLoop(linalg::LinalgOp op, IRRewriter &rewriter) {
  unsigned loops = op.getNumLoops();
  if (loops < 2 || op.hasIndexSemantics())
    return success();
  SmallVector<unsigned> votes(loops);
  for (AffineMap map : op.getIndexingMapsArray())
    if (map.getNumResults() != 0)
      for (unsigned loop = 0; loop < loops; ++loop)
        votes[loop] +=
            map.getResult(map.getNumResults() - 1).isFunctionOfDim(loop);
  // The last one stays where it is no worse.
  unsigned best = loops - 1;
  for (unsigned loop = 0; loop < loops; ++loop)
    if (votes[loop] > votes[best])
      best = loop;
  if (best == loops - 1)
    return success();
  SmallVector<unsigned> order;
  for (unsigned loop = 0; loop < loops; ++loop)
    if (loop != best)
      order.push_back(loop);
  order.push_back(best);
  rewriter.setInsertionPoint(op);
  auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
  if (!generic) {
    auto generalized = linalg::generalizeNamedOp(rewriter, op);
    if (failed(generalized))
      return failure();
    generic = *generalized;
  }
  return linalg::interchangeGenericOp(rewriter, generic, order);
}

struct PrepareTensors
    : public qimeng::impl::PrepareTensorsPassBase<PrepareTensors> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    qimeng::expandOperations(module);
    Builder attributes(&getContext());
    for (auto function : module.getOps<func::FuncOp>()) {
      if (function.isExternal() || function.isPrivate())
        continue;
      for (unsigned i = 0; i < function.getNumArguments(); ++i)
        if (isa<TensorType>(function.getArgument(i).getType()))
          function.setArgAttr(
              i, bufferization::BufferizationDialect::kWritableAttrName,
              attributes.getBoolAttr(false));
    }

    SmallVector<Operation *> aggregates;
    module.walk([&](Operation *op) {
      if (auto extract = dyn_cast<tensor::ExtractOp>(op))
        guardExtract(extract);
      else if (isa<linalg::AggregatedOpInterface, linalg::PackOp,
                   linalg::UnPackOp, linalg::WinogradFilterTransformOp,
                   linalg::WinogradInputTransformOp,
                   linalg::WinogradOutputTransformOp>(op))
        aggregates.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (Operation *op : aggregates) {
      rewriter.setInsertionPoint(op);
      if (failed(decompose(op, rewriter))) {
        op->emitOpError() << "has no lowering to loops";
        return signalPassFailure();
      }
    }
    SmallVector<linalg::LinalgOp> structured;
    module.walk([&](linalg::LinalgOp op) { structured.push_back(op); });
    for (linalg::LinalgOp op : structured)
      if (failed(chooseInnermostLoop(op, rewriter)))
        return signalPassFailure();
    RewritePatternSet patterns(&getContext());
    tensor::populateDecomposeTensorConcatPatterns(patterns);
    if (failed(applyPatternsGreedily(module, std::move(patterns))))
      signalPassFailure();
  }

  static LogicalResult decompose(Operation *op, IRRewriter &rewriter) {
    if (auto pack = dyn_cast<linalg::PackOp>(op))
      return linalg::lowerPack(rewriter, pack);
    if (auto unpack = dyn_cast<linalg::UnPackOp>(op))
      return linalg::lowerUnPack(rewriter, unpack);
    if (auto filter = dyn_cast<linalg::WinogradFilterTransformOp>(op))
      return linalg::decomposeWinogradFilterTransformOp(rewriter, filter);
    if (auto input = dyn_cast<linalg::WinogradInputTransformOp>(op))
      return linalg::decomposeWinogradInputTransformOp(rewriter, input);
    if (auto output = dyn_cast<linalg::WinogradOutputTransformOp>(op))
      return linalg::decomposeWinogradOutputTransformOp(rewriter, output);
    auto parts =
        cast<linalg::AggregatedOpInterface>(op).decomposeOperation(rewriter);
    if (failed(parts))
      return failure();
    rewriter.replaceOp(op, *parts);
    return success();
  }
};

} // namespace

void qimeng::buildTensorsToLoops(OpPassManager &manager) {
  manager.addPass(createPrepareTensorsPass());
  manager.addPass(createConvertElementwiseToLinalgPass());
  bufferization::OneShotBufferizePassOptions bufferize;
  bufferize.bufferizeFunctionBoundaries = true;
  bufferize.functionBoundaryTypeConversion =
      bufferization::LayoutMapOption::IdentityLayoutMap;
  bufferize.allowReturnAllocsFromLoops = true;
  manager.addPass(bufferization::createOneShotBufferizePass(bufferize));
  bufferization::BufferResultsToOutParamsPassOptions results;
  results.hoistStaticAllocs = true;
  results.modifyPublicFunctions = true;
  manager.addPass(bufferization::createBufferResultsToOutParamsPass(results));
  manager.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
}
