//===- ChannelOrder.cpp - What order the channels of a block need ---------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelOrder.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace qimeng;
using namespace qimeng::gpu;

static bool touchesChannels(Operation *op) {
  return op
      ->walk([](Operation *inner) {
        return isa<PutOp, TakeOp, ReleaseOp>(inner) ? WalkResult::interrupt()
                                                    : WalkResult::advance();
      })
      .wasInterrupted();
}

static std::optional<int64_t> constantOf(Value value) {
  APInt number;
  if (matchPattern(value, m_ConstantInt(&number)))
    return number.getSExtValue();
  return std::nullopt;
}

/// Iterations of a loop that counts from 0 by 1.
static std::optional<int64_t> tripsOf(scf::ForOp loop) {
  auto lower = constantOf(loop.getLowerBound()),
       upper = constantOf(loop.getUpperBound()),
       step = constantOf(loop.getStep());
  if (!lower || !upper || !step || *lower != 0 || *step != 1)
    return std::nullopt;
  return std::max<int64_t>(0, *upper);
}

/// `branch` holds puts and asks whether iteration `i + c` of `loop` exists: c.
static std::optional<int64_t> leadOf(scf::IfOp branch, scf::ForOp loop) {
  auto compare = branch.getCondition().getDefiningOp<arith::CmpIOp>();
  if (!loop || !compare || branch.elseBlock() ||
      compare.getPredicate() != arith::CmpIPredicate::slt ||
      constantOf(compare.getRhs()) != constantOf(loop.getUpperBound()))
    return std::nullopt;
  for (Operation &inner : *branch.thenBlock())
    if (inner.getNumRegions() != 0 || isa<TakeOp, ReleaseOp>(inner))
      return std::nullopt;
  Value ahead = compare.getLhs();
  if (ahead == loop.getInductionVar())
    return 0;
  auto apply = ahead.getDefiningOp<affine::AffineApplyOp>();
  if (!apply || apply.getOperands().size() != 1 ||
      apply.getOperands()[0] != loop.getInductionVar())
    return std::nullopt;
  MLIRContext *context = branch.getContext();
  AffineMap map = apply.getAffineMap();
  AffineExpr input = map.getNumDims() == 1 ? getAffineDimExpr(0, context)
                                           : getAffineSymbolExpr(0, context);
  auto lead = dyn_cast<AffineConstantExpr>(simplifyAffineExpr(
      map.getResult(0) - input, map.getNumDims(), map.getNumSymbols()));
  if (!lead || lead.getValue() < 0)
    return std::nullopt;
  return lead.getValue();
}

namespace {
/// Where a channel stands, in events since the start.
struct Queue {
  int64_t stages = 0;
  bool isAsync = false;
  SmallVector<int64_t> groups;   ///< of each put: number of its copy group
  SmallVector<int64_t> releases; ///< of each release: barriers before it
  int64_t takes = 0;
};

class Walk {
public:
  Walk(KernelOp kernel, llvm::function_ref<bool(Value)> isAsync)
      : kernel(kernel) {
    for (ChannelOp op : kernel.getBody().getOps<ChannelOp>()) {
      Queue &queue = queues[op];
      queue.stages = op.getStages();
      queue.isAsync = isAsync(op);
      longest = std::max(longest, queue.stages);
    }
  }

  /// False when the program is not of a form that can be walked through.
  bool run() {
    int programs = kernel.getScheduleOrDefault().getPersistent() ? 2 : 1;
    for (int i = 0; i < programs; ++i)
      if (!walk(kernel.getBody().front()))
        return false;
    return true;
  }

  ChannelOrder order;

private:
  bool walk(Block &block) {
    for (Operation &op : block) {
      if (auto put = dyn_cast<PutOp>(op)) {
        if (!enter(put))
          return false;
        groups += queues[put.getChannel()].isAsync;
      } else if (auto take = dyn_cast<TakeOp>(op)) {
        if (!enter(take))
          return false;
      } else if (auto given = dyn_cast<ReleaseOp>(op)) {
        Queue &queue = queues[given.getChannel()];
        queue.releases.push_back(barriers);
        if (order.synchronizedReleases.contains(given.getChannel()))
          ++barriers;
      } else if (touchesChannels(&op) && !enterRegions(op)) {
        return false;
      }
    }
    return true;
  }

  bool enterRegions(Operation &op) {
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      auto trips = tripsOf(loop);
      if (!trips)
        return false;
      // Long enough for every slot to be used twice.
      int64_t count = std::min(*trips, 2 * longest + 2);
      auto outer = std::tie(current, iteration, iterations);
      auto saved = std::make_tuple(current, iteration, iterations);
      bool walked = true;
      for (int64_t i = 0; i < count && walked; ++i) {
        outer = std::make_tuple(loop, i, count);
        walked = walk(*loop.getBody());
      }
      outer = saved;
      return walked;
    }
    auto branch = dyn_cast<scf::IfOp>(op);
    if (!branch || !current || branch->getParentOp() != current)
      return false;
    auto lead = leadOf(branch, current);
    if (!lead)
      return false;
    bool commits = false;
    for (PutOp put : branch.thenBlock()->getOps<PutOp>()) {
      commits |= queues[put.getChannel()].isAsync;
      if (iteration + *lead < iterations && !enter(put))
        return false;
    }
    groups += commits;
    if (commits)
      order.committingBranches.insert(branch);
    return true;
  }

  bool enter(PutOp put) {
    Queue &queue = queues[put.getChannel()];
    int64_t before = int64_t(queue.groups.size()) - queue.stages;
    if (before >= 0) {
      // The slot's earlier tile must have been released, and a barrier passed.
      if (before >= int64_t(queue.releases.size()))
        return false;
      if (queue.releases[before] == barriers)
        order.synchronizedReleases.insert(put.getChannel());
    }
    queue.groups.push_back(groups);
    return true;
  }

  bool enter(TakeOp take) {
    Queue &queue = queues[take.getChannel()];
    if (queue.takes == int64_t(queue.groups.size()))
      return false;
    int64_t later = groups - 1 - queue.groups[queue.takes++];
    if (queue.isAsync) {
      int64_t &pending = order.pending.try_emplace(take, later).first->second;
      pending = std::min(pending, later);
    }
    ++barriers;
    return true;
  }

  KernelOp kernel;
  llvm::DenseMap<Value, Queue> queues;
  int64_t longest = 1;
  int64_t groups = 0, barriers = 0;
  scf::ForOp current;
  int64_t iteration = 0, iterations = 0;
};
} // namespace

ChannelOrder ChannelOrder::find(KernelOp kernel,
                                llvm::function_ref<bool(Value)> isAsync) {
  Walk walk(kernel, isAsync);
  if (walk.run())
    return std::move(walk.order);
  // Nothing is known: every take waits for all copies, every release for all
  // threads.
  ChannelOrder order;
  for (ChannelOp op : kernel.getBody().getOps<ChannelOp>())
    order.synchronizedReleases.insert(op);
  return order;
}
