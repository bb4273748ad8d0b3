//===- Pipeline.cpp - Macro action: pipeline ------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Staging.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "qimeng/Dialect/QiMeng/IR/Properties.h"
#include "qimeng/Dialect/QiMeng/TransformOps/QiMengTransformOps.h"

using namespace mlir;
using namespace qimeng;

/// Lets the put run `stages` - 1 iterations ahead of its take.
static void pipelineLoop(PutOp put, const llvm::SetVector<Operation *> &slice,
                         int64_t stages, RewriterBase &rewriter) {
  OpBuilder::InsertionGuard guard(rewriter);
  scf::ForOp loop = getLoop(put->getBlock());
  auto channel = put.getChannel().getDefiningOp<ChannelOp>();
  Location loc = put.getLoc();
  rewriter.modifyOpInPlace(channel, [&] { channel.setStages(stages); });
  auto clonePut = [&](Value iteration) {
    IRMapping mapping;
    mapping.map(loop.getInductionVar(), iteration);
    for (Operation &op : *loop.getBody())
      if (slice.contains(&op))
        rewriter.clone(op, mapping);
  };

  rewriter.setInsertionPoint(loop);
  for (int64_t iteration = 0; iteration < stages - 1; ++iteration)
    clonePut(arith::ConstantIndexOp::create(rewriter, loc, iteration));

  // After the take: all warps have then left the slot that is filled.
  rewriter.setInsertionPointAfter(findTake(put));
  AffineExpr dim = rewriter.getAffineDimExpr(0);
  Value ahead = affine::AffineApplyOp::create(
      rewriter, loc, AffineMap::get(1, 0, dim + (stages - 1)),
      ValueRange{loop.getInductionVar()});
  Value inside = arith::CmpIOp::create(rewriter, loc, arith::CmpIPredicate::slt,
                                       ahead, loop.getUpperBound());
  auto branch = scf::IfOp::create(rewriter, loc, inside);
  rewriter.setInsertionPointToStart(branch.thenBlock());
  clonePut(ahead);
  rewriter.eraseOp(put);
}

static LogicalResult pipeline(PipelineOp op, KernelOp kernel,
                              RewriterBase &rewriter,
                              const Architecture *target, std::string &why) {
  int64_t stages = op.getStages();
  for (const StagedGroup &group :
       findGroups(kernel, op.getInputs(), /*perProduct=*/false))
    stageGroup(kernel, group, /*stages=*/1, rewriter);
  SmallVector<PutOp> puts;
  kernel.walk([&](PutOp put) { puts.push_back(put); });
  int64_t pipelined = 0;
  for (PutOp put : puts) {
    auto channel = put.getChannel().getDefiningOp<ChannelOp>();
    scf::ForOp loop = getLoop(put->getBlock());
    if (channel.getStages() != 1 || !loop || !findTake(put))
      continue;
    auto slice = getIndependentSlice(put, loop);
    if (!slice)
      continue;
    std::optional<int64_t> trips = getTripCount(loop);
    if (!trips)
      return refuse(why, "a loop does not count from 0 by 1 to a constant");
    if (*trips < stages)
      return refuse(why, "a loop has " + Twine(*trips) + " iterations, which " +
                             Twine(stages) +
                             " stages cannot overlap; use fewer stages, or "
                             "smaller chunks");
    pipelineLoop(put, *slice, stages, rewriter);
    ++pipelined;
  }
  if (pipelined == 0)
    return refuse(why, op.getInputs().empty()
                           ? "no loop loads tiles for a product that is not "
                             "pipelined yet; name operands with 'inputs' to "
                             "pipeline other loads"
                           : "no loop loads from the operands in 'inputs'");
  return checkShared(kernel, target, why);
}

LogicalResult PipelineOp::precondition(KernelOp kernel,
                                       const Architecture *target,
                                       std::string &why) {
  if (failed(checkTiled(kernel, why)))
    return failure();
  int64_t stages = getStages();
  if (stages < 2 || stages > 16)
    return refuse(why, "'stages' must be from 2 to 16, found " + Twine(stages));
  if (failed(checkInputs(kernel, getInputs(), why)))
    return failure();
  return tryOnCopy(kernel, [&](KernelOp copy, RewriterBase &rewriter) {
    return pipeline(*this, copy, rewriter, target, why);
  });
}

LogicalResult PipelineOp::rewrite(KernelOp kernel, RewriterBase &rewriter,
                                  const Architecture *target) {
  std::string why;
  if (failed(pipeline(*this, kernel, rewriter, target, why)))
    return emitError() << why;
  return success();
}

void PipelineOp::propose(KernelOp kernel, const Architecture &,
                         SmallVectorImpl<DictionaryAttr> &proposals) {
  Builder builder(kernel.getContext());
  auto add = [&](int64_t stages, ArrayRef<int64_t> inputs) {
    NamedAttrList parameters;
    parameters.set("stages", builder.getI64IntegerAttr(stages));
    parameters.set("inputs", builder.getDenseI64ArrayAttr(inputs));
    proposals.push_back(parameters.getDictionary(builder.getContext()));
  };
  bool products = false;
  kernel.walk([&](DotOp) { products = true; });
  if (products) {
    for (int64_t stages : {3, 4, 2, 5})
      add(stages, {});
    return;
  }
  // Without products: what loops read, tile by tile.
  llvm::SetVector<int64_t> inputs;
  kernel.walk([&](LoadOp load) {
    if (getLoop(load->getBlock()) && load.getType().getNumElements() >= 1024)
      inputs.insert(cast<BlockArgument>(getAccess(load.getSource()).operand)
                        .getArgNumber());
  });
  if (!inputs.empty())
    for (int64_t stages : {3, 2})
      add(stages, inputs.getArrayRef());
}

LogicalResult PipelineOp::holds(KernelOp, KernelOp after, DictionaryAttr,
                                std::string &why) {
  return checkProperty(after, Property::Pipelined, why);
}
