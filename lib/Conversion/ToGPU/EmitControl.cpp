//===- EmitControl.cpp - Loops and branches -------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a loop carries, or a branch gives, becomes one value for each register
// of a tile, and five for the state of each channel that is used inside.
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace qimeng;
using namespace qimeng::gpu;

/// Channels whose state changes inside `op`.
static SmallVector<Value> channelsIn(Operation *op) {
  llvm::SetVector<Value> found;
  op->walk([&](Operation *inner) {
    if (isa<PutOp, TakeOp, ReleaseOp>(inner))
      found.insert(inner->getOperand(0));
  });
  return found.takeVector();
}

LogicalResult KernelEmitter::emitFor(scf::ForOp loop) {
  SmallVector<Value> inits;
  for (auto [init, argument] :
       llvm::zip(loop.getInitArgs(), loop.getRegionIterArgs())) {
    if (!isa<RankedTensorType>(init.getType())) {
      inits.push_back(scalar(init));
      continue;
    }
    llvm::append_range(inits, get(init, plan.natural(argument)));
  }
  SmallVector<Value> changed = channelsIn(loop);
  for (Value channel : changed)
    for (Value *value : channelStates[channel].all())
      inits.push_back(*value);
  auto emitted = scf::ForOp::create(b, scalar(loop.getLowerBound()),
                                    scalar(loop.getUpperBound()),
                                    scalar(loop.getStep()), inits);
  auto adopt = [&](ValueRange from, ValueRange tileValues) {
    size_t next = 0;
    for (auto [value, argument] :
         llvm::zip(tileValues, loop.getRegionIterArgs())) {
      if (!isa<RankedTensorType>(value.getType())) {
        scalars[value] = from[next++];
        continue;
      }
      const Layout layout = plan.natural(argument);
      define(value, layout, Regs(from.slice(next, layout.numRegs())));
      next += layout.numRegs();
    }
    for (Value channel : changed)
      for (Value *value : channelStates[channel].all())
        *value = from[next++];
  };
  exchangeDirty = true;
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(emitted.getBody());
    scalars[loop.getInductionVar()] = emitted.getInductionVar();
    adopt(emitted.getRegionIterArgs(), loop.getRegionIterArgs());
    if (failed(emitBlock(*loop.getBody())))
      return failure();
    SmallVector<Value> yielded;
    for (auto [value, argument] :
         llvm::zip(loop.getYieldedValues(), loop.getRegionIterArgs())) {
      if (!isa<RankedTensorType>(value.getType()))
        yielded.push_back(scalar(value));
      else
        llvm::append_range(yielded, get(value, plan.natural(argument)));
    }
    for (Value channel : changed)
      for (Value *value : channelStates[channel].all())
        yielded.push_back(*value);
    if (emitted.getBody()->empty() ||
        !emitted.getBody()->back().hasTrait<OpTrait::IsTerminator>())
      scf::YieldOp::create(b, yielded);
  }
  adopt(emitted.getResults(), loop.getResults());
  exchangeDirty = true;
  return success();
}

LogicalResult KernelEmitter::emitIf(scf::IfOp branch) {
  SmallVector<Value> changed = channelsIn(branch);
  SmallVector<Type> types;
  for (Value result : branch.getResults()) {
    if (auto tile = dyn_cast<RankedTensorType>(result.getType()))
      types.append(plan.natural(result).numRegs(),
                   registerType(tile.getElementType()));
    else
      types.push_back(result.getType().isIndex() ? b.getI32Type()
                                                 : result.getType());
  }
  types.append(changed.size() * 5, b.getI32Type());
  auto before = channelStates;
  bool dirtyBefore = exchangeDirty;
  bool needsElse = !types.empty() || branch.elseBlock();
  auto emitted =
      scf::IfOp::create(b, types, scalar(branch.getCondition()), needsElse);
  auto emitRegion = [&](Block *from, Block *to) -> LogicalResult {
    OpBuilder::InsertionGuard guard(b);
    if (!to->empty() && to->back().hasTrait<OpTrait::IsTerminator>())
      to->back().erase();
    b.setInsertionPointToStart(to);
    SmallVector<Value> yielded;
    if (from) {
      if (failed(emitBlock(*from)))
        return failure();
      for (auto [value, result] : llvm::zip(
               from->getTerminator()->getOperands(), branch.getResults())) {
        if (isa<RankedTensorType>(value.getType()))
          llvm::append_range(yielded, get(value, plan.natural(result)));
        else
          yielded.push_back(scalar(value));
      }
    }
    for (Value channel : changed)
      for (Value *value : channelStates[channel].all())
        yielded.push_back(*value);
    scf::YieldOp::create(b, yielded);
    return success();
  };
  if (failed(emitRegion(branch.thenBlock(), &emitted.getThenRegion().front())))
    return failure();
  channelStates = before;
  exchangeDirty = dirtyBefore;
  if (needsElse &&
      failed(emitRegion(branch.elseBlock(), &emitted.getElseRegion().front())))
    return failure();
  size_t next = 0;
  for (Value result : branch.getResults()) {
    if (!isa<RankedTensorType>(result.getType())) {
      scalars[result] = emitted.getResult(next++);
      continue;
    }
    const Layout layout = plan.natural(result);
    define(result, layout,
           Regs(emitted.getResults().slice(next, layout.numRegs())));
    next += layout.numRegs();
  }
  for (Value channel : changed)
    for (Value *value : channelStates[channel].all())
      *value = emitted.getResult(next++);
  exchangeDirty = true;
  if (order.committingBranches.contains(branch))
    NVVM::CpAsyncCommitGroupOp::create(b);
  return success();
}
