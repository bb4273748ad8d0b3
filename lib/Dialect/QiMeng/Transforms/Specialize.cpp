//===- Specialize.cpp - Macro action: specialize --------------------------===//
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
#include "qimeng/Dialect/QiMeng/IR/Resources.h"
#include "qimeng/Dialect/QiMeng/TransformOps/QiMengTransformOps.h"
#include "qimeng/Support/Architecture.h"

using namespace mlir;
using namespace qimeng;

static constexpr int64_t producerWarps = 4;

namespace {
struct RoleRegisters {
  int64_t producer, consumer;
};
} // namespace

/// What setmaxnreg gives: as many as the block has for the consumers, the
/// producer keeping enough for addresses and barriers.
static RoleRegisters getRegisters(int64_t consumerWarps,
                                  const Architecture *target) {
  if (target && !target->wgmma)
    return {0, 0}; // no setmaxnreg
  int64_t file = target ? target->registersPerMultiprocessor : 65536;
  int64_t pool = getRegisterPool((producerWarps + consumerWarps) * 32, file);
  int64_t producer = consumerWarps <= 8 ? 40 : 32;
  int64_t left = (pool - producerWarps * 32 * producer) / (consumerWarps * 32);
  return {producer, std::min<int64_t>(240, left / 8 * 8)};
}

/// Clones the operations of `needed` in `block`, with the loops around them but
/// nothing that loops carry.
static void cloneSkeleton(Block &block,
                          const llvm::SetVector<Operation *> &needed,
                          IRMapping &mapping, RewriterBase &rewriter) {
  for (Operation &op : block) {
    if (!needed.contains(&op))
      continue;
    OpBuilder::InsertionGuard guard(rewriter);
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      auto clone =
          scf::ForOp::create(rewriter, loop.getLoc(),
                             mapping.lookupOrDefault(loop.getLowerBound()),
                             mapping.lookupOrDefault(loop.getUpperBound()),
                             mapping.lookupOrDefault(loop.getStep()));
      mapping.map(loop.getInductionVar(), clone.getInductionVar());
      rewriter.setInsertionPointToStart(clone.getBody());
      cloneSkeleton(*loop.getBody(), needed, mapping, rewriter);
    } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
      bool hasElse = !branch.getElseRegion().empty();
      auto clone = scf::IfOp::create(
          rewriter, branch.getLoc(),
          mapping.lookupOrDefault(branch.getCondition()), hasElse);
      rewriter.setInsertionPointToStart(clone.thenBlock());
      cloneSkeleton(*branch.thenBlock(), needed, mapping, rewriter);
      if (hasElse) {
        rewriter.setInsertionPointToStart(clone.elseBlock());
        cloneSkeleton(*branch.elseBlock(), needed, mapping, rewriter);
      }
    } else {
      rewriter.clone(op, mapping);
    }
  }
}

/// What both roles may use: program ids, addresses, constants, views, channels.
static bool isShared(Operation &op) {
  if (isa<ProgramIdOp, ViewOp, ChannelOp, arith::ConstantOp,
          affine::AffineApplyOp, affine::AffineMinOp, affine::AffineMaxOp>(op))
    return true;
  auto isTile = [](Type type) { return isa<RankedTensorType>(type); };
  return isPure(&op) && op.getNumRegions() == 0 &&
         llvm::none_of(op.getOperandTypes(), isTile) &&
         llvm::none_of(op.getResultTypes(), isTile);
}

static LogicalResult specialize(SpecializeOp action, KernelOp kernel,
                                RewriterBase &rewriter,
                                const Architecture *target, std::string &why) {
  int64_t stages = action.getStages();
  for (ChannelOp channel : kernel.getBody().getOps<ChannelOp>()) {
    bool inLoop = llvm::any_of(channel->getUsers(), [](Operation *user) {
      auto put = dyn_cast<PutOp>(user);
      scf::ForOp loop = put ? getLoop(put->getBlock()) : nullptr;
      return loop && getIndependentSlice(put, loop);
    });
    if (channel.getStages() == 1 && inLoop)
      rewriter.modifyOpInPlace(channel, [&] { channel.setStages(stages); });
  }
  for (const StagedGroup &group :
       findGroups(kernel, action.getInputs(), /*perProduct=*/true)) {
    bool ahead = group.block && (getLoop(group.block) || group.besideProduct);
    stageGroup(kernel, group, ahead ? stages : 1, rewriter);
  }

  // What the producer runs: puts of loads, and the loops around them.
  SmallVector<PutOp> moved;
  llvm::SetVector<Operation *> needed;
  auto addWithParents = [&](Operation *op) {
    for (; op != kernel && needed.insert(op); op = op->getParentOp())
      ;
  };
  kernel.walk([&](PutOp put) {
    auto slice = getIndependentSlice(put, kernel);
    if (!slice)
      return;
    // Conditions around it must not depend on tiles either.
    for (Operation *parent = put->getParentOp(); parent != kernel;
         parent = parent->getParentOp())
      if (auto branch = dyn_cast<scf::IfOp>(parent)) {
        Operation *definer = branch.getCondition().getDefiningOp();
        auto condition =
            definer ? getIndependentSlice(definer, kernel) : std::nullopt;
        if (!condition)
          return;
        slice->insert_range(*condition);
      }
    moved.push_back(put);
    for (Operation *op : *slice)
      addWithParents(op);
  });
  if (moved.empty())
    return refuse(why, "there are no loads that a producer could put into a "
                       "channel: no product in a loop reads any; name "
                       "operands with 'inputs' for other loads");

  Block &body = kernel.getBody().front();
  SmallVector<Operation *> rest;
  for (Operation &op : body) {
    if (!isShared(op))
      rest.push_back(&op);
    else
      needed.remove(&op);
  }
  int64_t warps = kernel.getScheduleOrDefault().getWarps();
  RoleRegisters registers = getRegisters(warps, target);
  Location loc = kernel.getLoc();
  rewriter.setInsertionPointToEnd(&body);
  auto producer = RoleOp::create(rewriter, loc, RoleKind::Producer,
                                 producerWarps, registers.producer);
  auto consumer = RoleOp::create(rewriter, loc, RoleKind::Consumer, warps,
                                 registers.consumer);
  Block *inside = rewriter.createBlock(&producer.getBody());
  IRMapping mapping;
  rewriter.setInsertionPointToStart(inside);
  cloneSkeleton(body, needed, mapping, rewriter);
  inside = rewriter.createBlock(&consumer.getBody());
  for (Operation *op : rest)
    rewriter.moveOpBefore(op, inside, inside->end());
  for (PutOp put : moved)
    rewriter.eraseOp(put);
  return checkShared(kernel, target, why);
}

LogicalResult SpecializeOp::precondition(KernelOp kernel,
                                         const Architecture *target,
                                         std::string &why) {
  if (failed(checkTiled(kernel, why)))
    return failure();
  if (target && !target->tma)
    return refuse(why, Twine(target->name) +
                           " has no bulk copies that a producer could issue; "
                           "use pipeline");
  int64_t warps = kernel.getScheduleOrDefault().getWarps();
  if (warps % 4 != 0)
    return refuse(why, "roles are groups of four warps, but the schedule has " +
                           Twine(warps) + " warps; tile with 4, 8 or 16");
  if ((warps + producerWarps) * 32 > 1024)
    return refuse(why, "the schedule has " + Twine(warps) +
                           " warps, which leaves no room for a producer in a "
                           "block of 1024 threads");
  if (getStages() < 1 || getStages() > 16)
    return refuse(why,
                  "'stages' must be from 1 to 16, found " + Twine(getStages()));
  if (failed(checkInputs(kernel, getInputs(), why)))
    return failure();
  return tryOnCopy(kernel, [&](KernelOp copy, RewriterBase &rewriter) {
    return specialize(*this, copy, rewriter, target, why);
  });
}

LogicalResult SpecializeOp::rewrite(KernelOp kernel, RewriterBase &rewriter,
                                    const Architecture *target) {
  std::string why;
  if (failed(specialize(*this, kernel, rewriter, target, why)))
    return emitError() << why;
  return success();
}

void SpecializeOp::propose(KernelOp kernel, const Architecture &,
                           SmallVectorImpl<DictionaryAttr> &proposals) {
  Builder builder(kernel.getContext());
  for (int64_t stages : {4, 3, 5, 6, 2}) {
    NamedAttrList parameters;
    parameters.set("stages", builder.getI64IntegerAttr(stages));
    proposals.push_back(parameters.getDictionary(builder.getContext()));
  }
}

LogicalResult SpecializeOp::holds(KernelOp, KernelOp after, DictionaryAttr,
                                  std::string &why) {
  return checkProperty(after, Property::Specialized, why);
}
