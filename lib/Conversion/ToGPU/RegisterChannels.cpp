//===- RegisterChannels.cpp - Channels whose slots are registers ----------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The operations are followed in program order, with the tiles in each channel
// at hand. A put under a condition leaves a slot of zeros where it does not
// run: verification has shown that nobody takes that one. Real tiles must not
// come after it, or they would be taken too late.
//
//===----------------------------------------------------------------------===//

#include "RegisterChannels.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace qimeng;
using namespace qimeng::gpu;

namespace {
/// What is in a channel, the oldest slot first.
struct Queue {
  SmallVector<SmallVector<Value>> slots;
  /// A slot may hold zeros that stand for a put that did not run.
  bool ended = false;
  /// The loop whose counter decides that, if one does.
  Operation *endedIn = nullptr;
};
using Queues = llvm::MapVector<Value, Queue>;

class Resolver {
public:
  explicit Resolver(KernelOp kernel) : rewriter(kernel.getContext()) {
    for (ChannelOp channel : kernel.getBody().getOps<ChannelOp>())
      if (channel.getSpace() == MemorySpace::Register)
        channels.insert(channel);
  }
  LogicalResult run(Block &block, Queues &queues);
  void eraseChannels() {
    for (Value channel : channels)
      rewriter.eraseOp(channel.getDefiningOp());
  }
  Queues emptyQueues() const {
    Queues queues;
    for (Value channel : channels)
      queues[channel];
    return queues;
  }

private:
  LogicalResult runFor(scf::ForOp loop, Queues &queues);
  LogicalResult runIf(scf::IfOp branch, Queues &queues);
  bool concerns(Operation *op) const {
    WalkResult walk = op->walk([&](Operation *inner) {
      return llvm::any_of(inner->getOperands(),
                          [&](Value value) { return channels.contains(value); })
                 ? WalkResult::interrupt()
                 : WalkResult::advance();
    });
    return walk.wasInterrupted();
  }

  IRRewriter rewriter;
  llvm::SetVector<Value> channels;
};
} // namespace

/// Whether the branch's condition, directly in a loop, is true up to some
/// iteration and false from there on: counter + constant < constant.
static bool endsOnce(scf::IfOp branch) {
  auto loop = dyn_cast<scf::ForOp>(branch->getParentOp());
  auto compare = branch.getCondition().getDefiningOp<arith::CmpIOp>();
  if (!loop || !compare ||
      !llvm::is_contained({arith::CmpIPredicate::slt, arith::CmpIPredicate::ult,
                           arith::CmpIPredicate::sle,
                           arith::CmpIPredicate::ule},
                          compare.getPredicate()) ||
      !matchPattern(compare.getRhs(), m_Constant()))
    return false;
  Value counter = compare.getLhs();
  if (auto apply = counter.getDefiningOp<affine::AffineApplyOp>()) {
    AffineMap map = apply.getAffineMap();
    if (map.getNumInputs() != 1 || map.getNumDims() != 1 ||
        !isa<AffineConstantExpr>(simplifyAffineExpr(
            map.getResult(0) - getAffineDimExpr(0, map.getContext()), 1, 0)))
      return false;
    counter = apply.getOperand(0);
  }
  return counter == loop.getInductionVar();
}

static SmallVector<Value> getTiles(const Queues &queues) {
  SmallVector<Value> tiles;
  for (const auto &[channel, queue] : queues)
    for (const SmallVector<Value> &slot : queue.slots)
      llvm::append_range(tiles, slot);
  return tiles;
}

/// The same slots, of other values.
static void setTiles(Queues &queues, ValueRange tiles) {
  for (auto &[channel, queue] : queues)
    for (SmallVector<Value> &slot : queue.slots) {
      slot.assign(tiles.begin(), tiles.begin() + slot.size());
      tiles = tiles.drop_front(slot.size());
    }
}

LogicalResult Resolver::run(Block &block, Queues &queues) {
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (!concerns(&op))
      continue;
    if (auto put = dyn_cast<PutOp>(op)) {
      Queue &queue = queues[put.getChannel()];
      if (queue.ended)
        return put.emitOpError()
               << "follows a put under a condition; a channel "
                  "in registers keeps no count of its tiles";
      queue.slots.emplace_back(put.getTiles());
      rewriter.eraseOp(put);
    } else if (auto take = dyn_cast<TakeOp>(op)) {
      Queue &queue = queues[take.getChannel()];
      if (queue.slots.empty())
        return take.emitOpError() << "finds the channel in registers empty";
      rewriter.replaceOp(take, queue.slots.front());
      queue.slots.erase(queue.slots.begin());
    } else if (isa<ReleaseOp>(op)) {
      rewriter.eraseOp(&op);
    } else if (auto loop = dyn_cast<scf::ForOp>(op)) {
      if (failed(runFor(loop, queues)))
        return failure();
    } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
      if (failed(runIf(branch, queues)))
        return failure();
    } else if (auto role = dyn_cast<RoleOp>(op)) {
      Queues inside = emptyQueues();
      if (failed(run(role.getBody().front(), inside)))
        return failure();
    } else {
      return op.emitOpError() << "holds operations on channels in registers, "
                                 "which cannot be followed there";
    }
  }
  return success();
}

LogicalResult Resolver::runFor(scf::ForOp loop, Queues &queues) {
  rewriter.setInsertionPoint(loop);
  SmallVector<Value> inits(loop.getInitArgs());
  llvm::append_range(inits, getTiles(queues));
  auto wide = scf::ForOp::create(rewriter, loop.getLoc(), loop.getLowerBound(),
                                 loop.getUpperBound(), loop.getStep(), inits);
  Block *body = wide.getBody();
  if (!body->empty())
    rewriter.eraseOp(&body->back());
  rewriter.mergeBlocks(
      loop.getBody(), body,
      body->getArguments().take_front(loop.getBody()->getNumArguments()));
  size_t carried = loop.getNumResults();
  Queues inside = queues;
  setTiles(inside, wide.getRegionIterArgs().drop_front(carried));
  if (failed(run(*body, inside)))
    return failure();
  for (auto &[channel, queue] : queues)
    if (inside[channel].slots.size() != queue.slots.size())
      return wide.emitOpError()
             << "begins an iteration with " << queue.slots.size()
             << " tiles in a channel in registers and ends it with "
             << inside[channel].slots.size();
  auto yield = cast<scf::YieldOp>(body->getTerminator());
  SmallVector<Value> yielded(yield.getOperands());
  llvm::append_range(yielded, getTiles(inside));
  rewriter.modifyOpInPlace(yield, [&] { yield->setOperands(yielded); });
  rewriter.replaceOp(loop, wide.getResults().take_front(carried));
  setTiles(queues, wide.getResults().drop_front(carried));
  for (auto &[channel, queue] : queues) {
    const Queue &end = inside[channel];
    queue.ended = end.ended && !queue.slots.empty();
    queue.endedIn = nullptr;
    if (queue.ended && end.endedIn != wide)
      return wide.emitOpError()
             << "repeats a put into a channel in registers under a condition "
                "that is not 'counter + constant < constant' of this loop; "
                "what comes after a put that did not run would be taken too "
                "late";
  }
  return success();
}

/// Slots of zeros like those of `other`, where it has more.
static void fillUp(SmallVector<SmallVector<Value>> &slots,
                   ArrayRef<SmallVector<Value>> other, RewriterBase &rewriter) {
  for (const SmallVector<Value> &like :
       other.drop_front(std::min(slots.size(), other.size()))) {
    SmallVector<Value> slot;
    for (Value tile : like)
      slot.push_back(arith::ConstantOp::create(
          rewriter, tile.getLoc(),
          cast<TypedAttr>(rewriter.getZeroAttr(tile.getType()))));
    slots.push_back(slot);
  }
}

LogicalResult Resolver::runIf(scf::IfOp branch, Queues &queues) {
  Queues paths[2] = {queues, queues};
  Block *blocks[2] = {branch.thenBlock(), branch.elseBlock()};
  for (int path = 0; path < 2; ++path)
    if (blocks[path] && failed(run(*blocks[path], paths[path])))
      return failure();
  rewriter.setInsertionPoint(branch);
  // What differs from path to path becomes a result.
  SmallVector<Value> yielded[2];
  for (int path = 0; path < 2; ++path)
    if (blocks[path])
      llvm::append_range(yielded[path],
                         blocks[path]->getTerminator()->getOperands());
  SmallVector<Value *> places;
  for (auto &[channel, queue] : queues) {
    Queue &one = paths[0][channel], &other = paths[1][channel];
    bool differ = one.slots.size() != other.slots.size();
    if (one.slots.size() > other.slots.size() && endsOnce(branch))
      queue.endedIn = branch->getParentOp();
    queue.ended = one.ended || other.ended || differ;
    fillUp(one.slots, other.slots, rewriter);
    fillUp(other.slots, one.slots, rewriter);
    queue.slots = one.slots;
    for (auto [slot, otherSlot] : llvm::zip(queue.slots, other.slots))
      for (auto [tile, otherTile] : llvm::zip(slot, otherSlot))
        if (tile != otherTile) {
          yielded[0].push_back(tile);
          yielded[1].push_back(otherTile);
          places.push_back(&tile);
        }
  }
  auto wide = scf::IfOp::create(rewriter, branch.getLoc(),
                                ValueRange(yielded[0]).getTypes(),
                                branch.getCondition(), /*withElse=*/true);
  Block *targets[2] = {wide.thenBlock(), wide.elseBlock()};
  for (int path = 0; path < 2; ++path) {
    if (blocks[path]) {
      rewriter.eraseOp(blocks[path]->getTerminator());
      rewriter.mergeBlocks(blocks[path], targets[path]);
    }
    rewriter.setInsertionPointToEnd(targets[path]);
    scf::YieldOp::create(rewriter, branch.getLoc(), yielded[path]);
  }
  size_t own = branch.getNumResults();
  rewriter.replaceOp(branch, wide.getResults().take_front(own));
  for (auto [place, result] :
       llvm::zip_equal(places, wide.getResults().drop_front(own)))
    *place = result;
  return success();
}

bool gpu::hasRegisterChannels(KernelOp kernel) {
  return llvm::any_of(kernel.getBody().getOps<ChannelOp>(),
                      [](ChannelOp channel) {
                        return channel.getSpace() == MemorySpace::Register;
                      });
}

LogicalResult gpu::resolveRegisterChannels(KernelOp kernel) {
  Resolver resolver(kernel);
  Queues queues = resolver.emptyQueues();
  if (failed(resolver.run(kernel.getBody().front(), queues)))
    return failure();
  resolver.eraseChannels();
  return success();
}
