//===- Mutations.cpp - Wrong rewrites -------------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Mutations.h"
#include "Finder.h"
#include "Proofs.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace qimeng;

void Finder::add(Operation *op, const std::string &what, Change change) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  op->print(stream, OpPrintingFlags().skipRegions().useLocalScope());
  changes.push_back({what + " of " + text, std::move(change)});
}

static Value createIndex(Operation *before, int64_t value) {
  OpBuilder at(before);
  return arith::ConstantIndexOp::create(at, before->getLoc(), value);
}

//===----------------------------------------------------------------------===//
// Loops and programs
//===----------------------------------------------------------------------===//

void Finder::findOffByOne() {
  // One iteration more leaves the operand, or takes a slot that is not there.
  forEach<scf::ForOp>([&](scf::ForOp loop) {
    std::optional<int64_t> trips = getTrips(loop);
    if (!trips)
      return;
    bool matters = false;
    loop.walk([&](Operation *op) {
      if (auto load = dyn_cast<LoadOp>(op))
        matters |= !load.getMasked() &&
                   llvm::any_of(load.getOffsets(), [&](Value offset) {
                     return dependsOn(offset, loop.getInductionVar());
                   });
      if (auto store = dyn_cast<StoreOp>(op))
        matters |= !store.getMasked();
      // A slot that was put in the same iteration is there once more.
      if (auto take = dyn_cast<TakeOp>(op))
        matters |=
            op->getParentOfType<scf::ForOp>() == loop &&
            llvm::none_of(take.getChannel().getUsers(), [&](Operation *user) {
              return isa<PutOp>(user) && user->getBlock() == op->getBlock();
            });
    });
    if (matters)
      add(loop, "one iteration more", [=]() mutable {
        loop.getUpperBoundMutable().assign(
            createIndex(loop, *getConstantIntValue(loop.getUpperBound()) + 1));
      });
    if (!seesOnlyPadding(loop, *getConstantIntValue(loop.getLowerBound())))
      add(loop, "first iteration left out", [=]() mutable {
        loop.getLowerBoundMutable().assign(
            createIndex(loop, *getConstantIntValue(loop.getLowerBound()) + 1));
      });
  });
}

void Finder::findMissingTail() {
  forEach<scf::ForOp>([&](scf::ForOp loop) {
    if (getTrips(loop) &&
        !seesOnlyPadding(loop, *getConstantIntValue(loop.getUpperBound()) - 1))
      add(loop, "last iteration left out", [=]() mutable {
        loop.getUpperBoundMutable().assign(
            createIndex(loop, *getConstantIntValue(loop.getUpperBound()) - 1));
      });
  });
  for (KernelOp kernel : module.getOps<KernelOp>())
    if (kernel.isTiled())
      for (size_t dim = 0; dim < kernel.getGrid()->size(); ++dim)
        if ((*kernel.getGrid())[dim] > 1)
          add(kernel, "last program along " + std::to_string(dim),
              [=]() mutable {
                SmallVector<int64_t> grid(*kernel.getGrid());
                --grid[dim];
                kernel.setGrid(grid);
              });
}

void Finder::findGrid() {
  for (KernelOp kernel : module.getOps<KernelOp>()) {
    if (!kernel.isTiled())
      continue;
    ArrayRef<int64_t> grid = *kernel.getGrid();
    for (size_t i = 0; i + 1 < grid.size(); ++i)
      if (grid[i] != grid[i + 1])
        add(kernel, "grid dimensions exchanged", [=]() mutable {
          SmallVector<int64_t> swapped(*kernel.getGrid());
          std::swap(swapped[i], swapped[i + 1]);
          kernel.setGrid(swapped);
        });
  }
  // Two program numbers of different ranges exchanged.
  forEach<ProgramIdOp>([&](ProgramIdOp id) {
    auto kernel = id->getParentOfType<KernelOp>();
    ArrayRef<int64_t> grid = *kernel.getGrid();
    for (size_t other = 0; other < grid.size(); ++other)
      if (grid[other] != grid[id.getDim()])
        add(id, "another program number", [=]() mutable { id.setDim(other); });
  });
}

//===----------------------------------------------------------------------===//
// Accesses
//===----------------------------------------------------------------------===//

void Finder::findDroppedMask() {
  forEach<LoadOp>([&](LoadOp load) {
    if (load.getMasked() &&
        passesEnd(load.getSource(), load.getOffsets(), load.getResult()))
      add(load, "no mask", [=]() mutable { load.setMasked(false); });
  });
  forEach<StoreOp>([&](StoreOp store) {
    if (store.getMasked() &&
        passesEnd(store.getTarget(), store.getOffsets(), store.getValue()))
      add(store, "no mask", [=]() mutable { store.setMasked(false); });
  });
}

/// An offset of the form program * step or counter * step.
static affine::AffineApplyOp getScaled(Value offset, int64_t &step) {
  auto apply = offset.getDefiningOp<affine::AffineApplyOp>();
  if (!apply || apply.getAffineMap().getNumInputs() != 1)
    return {};
  auto product =
      dyn_cast<AffineBinaryOpExpr>(apply.getAffineMap().getResult(0));
  if (!product || product.getKind() != AffineExprKind::Mul)
    return {};
  auto constant = dyn_cast<AffineConstantExpr>(product.getRHS());
  if (!constant || !isa<AffineDimExpr, AffineSymbolExpr>(product.getLHS()))
    return {};
  step = constant.getValue();
  return apply;
}

static bool runsOften(Value index) {
  if (auto id = index.getDefiningOp<ProgramIdOp>())
    return (*id->getParentOfType<KernelOp>().getGrid())[id.getDim()] > 1;
  if (auto argument = dyn_cast<BlockArgument>(index))
    if (auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp()))
      return getTrips(loop).value_or(0) > 1;
  return false;
}

void Finder::findOverlap() {
  // Half the distance: neighbours overlap.
  forEach<StoreOp>([&](StoreOp store) {
    for (OpOperand &offset : store.getOffsetsMutable()) {
      int64_t step = 0;
      affine::AffineApplyOp apply = getScaled(offset.get(), step);
      if (!apply || step < 2 || !runsOften(apply.getMapOperands()[0]))
        continue;
      OpOperand *use = &offset;
      add(store, "half the distance of programs", [=]() mutable {
        OpBuilder at(store);
        AffineExpr dim = at.getAffineDimExpr(0);
        use->set(affine::AffineApplyOp::create(
            at, store->getLoc(), AffineMap::get(1, 0, dim * (step / 2)),
            ValueRange(apply.getMapOperands()[0])));
      });
    }
  });
}

void Finder::findOffset() {
  // Shifted by one element, or by the wrong distance.
  forEach<LoadOp>([&](LoadOp load) {
    for (auto [dim, offset] : llvm::enumerate(load.getOffsetsMutable())) {
      if (isConstantAlong(load.getSource(), dim))
        continue;
      // What a padded view shows of its operand may all lie in the first tile.
      bool padded = getAccess(load.getSource()).padded;
      OpOperand *use = &offset;
      int64_t step = 0;
      if (affine::AffineApplyOp apply = getScaled(offset.get(), step))
        if (!padded && step > 1 && runsOften(apply.getMapOperands()[0]))
          add(load, "half the distance of tiles", [=]() mutable {
            OpBuilder at(load);
            AffineExpr dim = at.getAffineDimExpr(0);
            use->set(affine::AffineApplyOp::create(
                at, load->getLoc(), AffineMap::get(1, 0, dim * (step / 2)),
                ValueRange(apply.getMapOperands()[0])));
          });
      add(load, "shift by one", [=]() mutable {
        OpBuilder at(load);
        AffineExpr dim = at.getAffineDimExpr(0);
        use->set(affine::AffineApplyOp::create(at, load->getLoc(),
                                               AffineMap::get(1, 0, dim + 1),
                                               ValueRange(use->get())));
      });
    }
  });
}

void Finder::findMissingStore() {
  forEach<StoreOp>([&](StoreOp store) {
    add(store, "removal", [=]() mutable { store.erase(); });
  });
}

//===----------------------------------------------------------------------===//
// Channels
//===----------------------------------------------------------------------===//

void Finder::findMissingWait() {
  // The tile is read where it was loaded, or from the slot before.
  forEach<TakeOp>([&](TakeOp take) {
    for (Operation *user : take.getChannel().getUsers()) {
      auto put = dyn_cast<PutOp>(user);
      if (put && put->getBlock() == take->getBlock() &&
          put->isBeforeInBlock(take))
        add(take, "no wait", [=]() mutable {
          take->replaceAllUsesWith(put.getTiles());
          take.erase();
        });
    }
    add(take, "one slot taken unread", [=]() mutable {
      OpBuilder at(take);
      at.clone(*take);
    });
  });
  forEach<PutOp>(
      [&](PutOp put) { add(put, "removal", [=]() mutable { put.erase(); }); });
}

void Finder::findMissingRelease() {
  forEach<ReleaseOp>([&](ReleaseOp release) {
    add(release, "removal", [=]() mutable { release.erase(); });
    add(release, "repetition", [=]() mutable {
      OpBuilder at(release);
      at.clone(*release);
    });
  });
}

void Finder::findEarlyRelease() {
  forEach<ReleaseOp>([&](ReleaseOp release) {
    for (Operation &op : *release->getBlock())
      if (auto take = dyn_cast<TakeOp>(op);
          take && take.getChannel() == release.getChannel() &&
          !take->use_empty())
        add(release, "release before the use",
            [=]() mutable { release->moveAfter(take); });
  });
}

void Finder::findStageCount() {
  // A role that puts ahead into its own channel needs all slots.
  forEach<ChannelOp>([&](ChannelOp channel) {
    if (channel.getStages() < 2)
      return;
    auto kernel = channel->getParentOfType<KernelOp>();
    int64_t prologue = 0;
    for (Operation *user : channel.getResult().getUsers())
      prologue += isa<PutOp>(user) && user->getBlock() == channel->getBlock();
    if (!kernel.isSpecialized() &&
        prologue + 1 == static_cast<int64_t>(channel.getStages()))
      add(channel, "one stage less",
          [=]() mutable { channel.setStages(channel.getStages() - 1); });
  });
}

//===----------------------------------------------------------------------===//
// Classes
//===----------------------------------------------------------------------===//

static const std::vector<std::pair<std::string, void (Finder::*)()>> &
getClasses() {
  static const std::vector<std::pair<std::string, void (Finder::*)()>> classes =
      {{"off-by-one bound", &Finder::findOffByOne},
       {"dropped mask", &Finder::findDroppedMask},
       {"swapped operand", &Finder::findSwappedOperand},
       {"missing wait", &Finder::findMissingWait},
       {"missing release", &Finder::findMissingRelease},
       {"early release", &Finder::findEarlyRelease},
       {"wrong stage count", &Finder::findStageCount},
       {"wrong reduction identity", &Finder::findIdentity},
       {"missing tail", &Finder::findMissingTail},
       {"overlapping stores", &Finder::findOverlap},
       {"narrowed type", &Finder::findNarrowed},
       {"wrong function", &Finder::findFunction},
       {"wrong grid", &Finder::findGrid},
       {"wrong axis", &Finder::findAxis},
       {"wrong predicate", &Finder::findPredicate},
       {"wrong constant", &Finder::findConstant},
       {"wrong offset", &Finder::findOffset},
       {"wrong combiner", &Finder::findCombiner},
       {"dropped operation", &Finder::findDroppedOperation},
       {"missing store", &Finder::findMissingStore}};
  return classes;
}

std::vector<std::string> qimeng::getMistakes() {
  std::vector<std::string> names;
  for (auto &[name, function] : getClasses())
    names.push_back(name);
  return names;
}

std::optional<std::string> qimeng::makeMistake(ModuleOp module,
                                               const std::string &mistake,
                                               Random &random) {
  Finder finder(module);
  for (auto &[name, function] : getClasses())
    if (name == mistake)
      (finder.*function)();
  if (finder.changes.empty())
    return std::nullopt;
  auto &[what, change] = random.pick(finder.changes);
  change();
  return what;
}
