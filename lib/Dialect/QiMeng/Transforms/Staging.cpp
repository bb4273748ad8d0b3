//===- Staging.cpp - Tiles through channels -------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Staging.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "qimeng/Support/Architecture.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace qimeng;

LogicalResult qimeng::refuse(std::string &why, const Twine &reason) {
  why = reason.str();
  return failure();
}

LogicalResult qimeng::checkTiled(KernelOp kernel, std::string &why) {
  if (!kernel.isTiled())
    return refuse(why, "the kernel is not tiled; tile it first");
  if (kernel.isSpecialized())
    return refuse(why, "the kernel has roles already; this comes before "
                       "specialize");
  return success();
}

LogicalResult qimeng::checkInputs(KernelOp kernel, ArrayRef<int64_t> inputs,
                                  std::string &why) {
  int64_t operands = kernel.getBody().getNumArguments();
  for (int64_t input : inputs)
    if (input < 0 || input >= operands)
      return refuse(why, "'inputs' must hold numbers of kernel operands from "
                         "0 to " +
                             Twine(operands - 1) + ", found " + Twine(input));
  return success();
}

LogicalResult qimeng::tryOnCopy(
    KernelOp kernel,
    llvm::function_ref<LogicalResult(KernelOp, RewriterBase &)> action) {
  OwningOpRef<KernelOp> copy = kernel.clone();
  IRRewriter rewriter(kernel.getContext());
  return action(*copy, rewriter);
}

int64_t qimeng::getWarps(Operation *op) {
  if (auto role = op->getParentOfType<RoleOp>())
    return role.getWarps();
  return op->getParentOfType<KernelOp>().getScheduleOrDefault().getWarps();
}

ScheduleEntries::ScheduleEntries(KernelOp kernel) {
  ScheduleAttr schedule = kernel.getScheduleOrDefault();
  warps = schedule.getWarps();
  raster = schedule.getRaster();
  persistent = schedule.getPersistent();
  vector = schedule.getVector();
  cluster = schedule.getCluster();
}

void ScheduleEntries::assignTo(KernelOp kernel) const {
  auto schedule = ScheduleAttr::get(kernel.getContext(), warps, raster,
                                    persistent, vector, cluster);
  kernel.removeScheduleAttr();
  if (schedule != kernel.getScheduleOrDefault())
    kernel.setScheduleAttr(schedule);
}

std::optional<int64_t> qimeng::getTripCount(scf::ForOp loop) {
  APInt lower, upper, step;
  if (!matchPattern(loop.getLowerBound(), m_ConstantInt(&lower)) ||
      !matchPattern(loop.getUpperBound(), m_ConstantInt(&upper)) ||
      !matchPattern(loop.getStep(), m_ConstantInt(&step)) || !lower.isZero() ||
      !step.isOne())
    return std::nullopt;
  return upper.getSExtValue();
}

scf::ForOp qimeng::getLoop(Block *block) {
  return dyn_cast<scf::ForOp>(block->getParentOp());
}

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

int64_t qimeng::getContiguousDim(Value source) {
  AffineMap map = getAccess(source).map;
  if (map.getNumResults() == 0)
    return -1;
  AffineExpr last = map.getResults().back();
  for (int64_t dim = map.getNumDims(); dim-- > 0;) {
    bool elsewhere =
        llvm::any_of(map.getResults().drop_back(), [&](AffineExpr expr) {
          return expr.isFunctionOfDim(dim);
        });
    AffineExpr rest = simplifyAffineExpr(
        last - getAffineDimExpr(dim, map.getContext()), map.getNumDims(), 0);
    if (!elsewhere && last.isFunctionOfDim(dim) && last.isPureAffine() &&
        !rest.isFunctionOfDim(dim))
      return dim;
  }
  return -1;
}

/// Whether the lowering swizzles the channel's tiles: for wgmma and for bulk
/// copies. It pads their rows otherwise.
static bool isSwizzled(ChannelOp channel, KernelOp kernel) {
  return kernel.isSpecialized() ||
         llvm::any_of(channel->getUsers(), [](Operation *user) {
           return isa<TakeOp>(user) &&
                  llvm::any_of(user->getUsers(), [](Operation *reader) {
                    auto dot = dyn_cast<DotOp>(reader);
                    return dot && dot.getMma() == Mma::Wgmma;
                  });
         });
}

/// Elements along the contiguous dimension of a channel's tile.
static int64_t getRowElements(ChannelOp channel, unsigned number) {
  auto tile = cast<RankedTensorType>(channel.getType().getTiles()[number]);
  int64_t dim = -1;
  for (Operation *user : channel->getUsers())
    if (auto put = dyn_cast<PutOp>(user))
      if (auto load = put.getTiles()[number].getDefiningOp<LoadOp>())
        dim = getContiguousDim(load.getSource());
  if (ArrayAttr layouts = channel.getLayoutsAttr())
    if (int64_t major = cast<LayoutAttr>(layouts[number]).getMajor();
        major >= 0)
      dim = major;
  if (tile.getRank() == 0)
    return 1;
  return tile.getDimSize(dim < 0 ? tile.getRank() - 1 : dim);
}

int64_t qimeng::getChannelBytes(KernelOp kernel) {
  constexpr int64_t slotAlignment = 1024, defaultPad = 16;
  int64_t bytes = 0;
  for (ChannelOp channel : kernel.getBody().getOps<ChannelOp>()) {
    if (channel.getSpace() != MemorySpace::Shared)
      continue;
    int64_t slot = 0;
    for (auto [number, type] : llvm::enumerate(channel.getType().getTiles())) {
      auto tile = cast<RankedTensorType>(type);
      int64_t bits =
          tile.getElementType().isIndex() ? 64 : tile.getElementTypeBitWidth();
      int64_t pad = isSwizzled(channel, kernel) ? 0 : defaultPad;
      if (ArrayAttr layouts = channel.getLayoutsAttr())
        pad = cast<LayoutAttr>(layouts[number]).getPad();
      slot += tile.getNumElements() * llvm::divideCeil(bits, 8) +
              pad * (tile.getNumElements() / getRowElements(channel, number));
    }
    bytes += channel.getStages() * llvm::alignTo(slot, slotAlignment);
  }
  return bytes;
}

int64_t qimeng::getSharedReserve(KernelOp kernel) {
  constexpr int64_t KiB = 1024;
  return kernel.isSpecialized() ? 33 * KiB : 1 * KiB;
}

LogicalResult qimeng::checkShared(KernelOp kernel, const Architecture *target,
                                  std::string &why) {
  if (!target)
    return success();
  int64_t bytes = getChannelBytes(kernel), reserve = getSharedReserve(kernel);
  if (bytes + reserve > target->sharedPerBlock)
    return refuse(why, "its channels would take " + Twine(bytes) +
                           " bytes of shared memory, and " + Twine(reserve) +
                           " more are needed beside them; a block of " +
                           target->name + " has " +
                           Twine(target->sharedPerBlock) +
                           "; use fewer stages or smaller tiles");
  return success();
}

//===----------------------------------------------------------------------===//
// What to stage
//===----------------------------------------------------------------------===//

void qimeng::collectLoads(Value tile, llvm::SetVector<Operation *> &loads) {
  Operation *op = tile.getDefiningOp();
  if (!op)
    return;
  if (isa<LoadOp>(op)) {
    loads.insert(op);
    return;
  }
  if (isElementwise(op) || isa<TransposeOp>(op))
    for (Value operand : op->getOperands())
      if (isa<RankedTensorType>(operand.getType()))
        collectLoads(operand, loads);
}

/// The number of the kernel operand that is loaded.
static int64_t getInput(LoadOp load) {
  return cast<BlockArgument>(getAccess(load.getSource()).operand)
      .getArgNumber();
}

SmallVector<StagedGroup>
qimeng::findGroups(KernelOp kernel, ArrayRef<int64_t> inputs, bool perProduct) {
  llvm::MapVector<std::pair<Block *, Operation *>, StagedGroup> groups;
  SmallVector<StagedGroup> computedGroups;
  auto add = [&](Operation *load, Operation *product, bool besideProduct) {
    StagedGroup &group = groups[{load->getBlock(), product}];
    group.block = load->getBlock();
    group.loads.insert(load);
    group.besideProduct |= besideProduct;
  };
  if (!inputs.empty()) {
    kernel.walk([&](LoadOp load) {
      if (getLoop(load->getBlock()) &&
          llvm::is_contained(inputs, getInput(load)) &&
          llvm::none_of(load->getUsers(),
                        [](Operation *user) { return isa<PutOp>(user); }))
        add(load, nullptr, false);
    });
  } else {
    llvm::SetVector<Operation *> seen;
    kernel.walk([&](DotOp dot) {
      bool needsShared = dot.getMma() == Mma::Wgmma;
      StagedGroup computed;
      for (Value factor : {dot.getLhs(), dot.getRhs()}) {
        llvm::SetVector<Operation *> loads;
        collectLoads(factor, loads);
        bool isLoad = factor.getDefiningOp<LoadOp>() != nullptr;
        for (Operation *load : loads)
          if ((getLoop(load->getBlock()) || (needsShared && isLoad)) &&
              seen.insert(load)) {
            add(load, perProduct ? dot : nullptr,
                load->getBlock() == dot->getBlock());
          }
        if (needsShared && !isLoad && !factor.getDefiningOp<TakeOp>())
          computed.dot = dot;
      }
      if (computed.dot)
        computedGroups.push_back(computed);
    });
  }
  SmallVector<StagedGroup> result;
  for (auto &pair : groups)
    result.push_back(pair.second);
  result.append(computedGroups);
  return result;
}

//===----------------------------------------------------------------------===//
// Put and take
//===----------------------------------------------------------------------===//

/// A new channel, before the operation of the kernel's body that `op` is in.
static ChannelOp createChannel(KernelOp kernel, Operation *op,
                               ArrayRef<Value> tiles, int64_t stages,
                               RewriterBase &rewriter) {
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(
      kernel.getBody().front().findAncestorOpInBlock(*op));
  SmallVector<Type> types;
  for (Value tile : tiles)
    types.push_back(tile.getType());
  return ChannelOp::create(rewriter, op->getLoc(),
                           ChannelType::get(kernel.getContext(), types), stages,
                           MemorySpace::Shared, /*layouts=*/ArrayAttr());
}

/// Moves `op`, and what it needs in its block, before `point` unless it is.
static void hoistBefore(Operation *op, Operation *point,
                        RewriterBase &rewriter) {
  if (op->getBlock() != point->getBlock() || op->isBeforeInBlock(point))
    return;
  for (Value operand : op->getOperands())
    if (Operation *definer = operand.getDefiningOp())
      hoistBefore(definer, point, rewriter);
  rewriter.moveOpBefore(op, point);
}

void qimeng::stageGroup(KernelOp kernel, const StagedGroup &group,
                        int64_t stages, RewriterBase &rewriter) {
  OpBuilder::InsertionGuard guard(rewriter);
  if (DotOp dot = group.dot) {
    llvm::SetVector<Value> tiles;
    for (Value factor : {dot.getLhs(), dot.getRhs()})
      if (!factor.getDefiningOp<TakeOp>())
        tiles.insert(factor);
    Location loc = dot.getLoc();
    ChannelOp channel =
        createChannel(kernel, dot, tiles.getArrayRef(), stages, rewriter);
    rewriter.setInsertionPoint(dot);
    PutOp::create(rewriter, loc, channel, tiles.getArrayRef());
    auto take = TakeOp::create(rewriter, loc, channel);
    rewriter.modifyOpInPlace(dot, [&] {
      for (auto [tile, taken] : llvm::zip(tiles, take.getTiles()))
        dot->replaceUsesOfWith(tile, taken);
    });
    rewriter.setInsertionPointAfter(dot);
    ReleaseOp::create(rewriter, loc, channel);
    return;
  }

  SmallVector<Value> tiles;
  Operation *first = nullptr, *last = nullptr;
  for (Operation *load : group.loads) {
    tiles.push_back(load->getResult(0));
    for (Operation *user : load->getUsers()) {
      Operation *inBlock = group.block->findAncestorOpInBlock(*user);
      if (!first || inBlock->isBeforeInBlock(first))
        first = inBlock;
      if (!last || last->isBeforeInBlock(inBlock))
        last = inBlock;
    }
  }
  for (Operation *load : group.loads)
    hoistBefore(load, first, rewriter);
  Location loc = tiles.front().getLoc();
  ChannelOp channel = createChannel(kernel, first, tiles, stages, rewriter);
  rewriter.setInsertionPoint(first);
  auto put = PutOp::create(rewriter, loc, channel, tiles);
  auto take = TakeOp::create(rewriter, loc, channel);
  for (auto [tile, taken] : llvm::zip(tiles, take.getTiles()))
    rewriter.replaceAllUsesExcept(tile, taken, put);
  rewriter.setInsertionPointAfter(last);
  ReleaseOp::create(rewriter, loc, channel);
}

std::optional<llvm::SetVector<Operation *>>
qimeng::getIndependentSlice(Operation *root, Operation *scope) {
  llvm::SetVector<Operation *> slice;
  SmallVector<Operation *> list = {root};
  while (!list.empty()) {
    Operation *op = list.pop_back_val();
    if (!slice.insert(op))
      continue;
    for (Value operand : op->getOperands()) {
      if (auto argument = dyn_cast<BlockArgument>(operand)) {
        scf::ForOp loop = getLoop(argument.getOwner());
        if (loop && scope->isAncestor(loop) &&
            argument != loop.getInductionVar())
          return std::nullopt;
        continue;
      }
      Operation *definer = operand.getDefiningOp();
      if (!scope->isProperAncestor(definer) || isa<ChannelOp>(definer))
        continue;
      // Only loads bring tiles: what is computed stays where it is computed.
      bool isTile = isa<RankedTensorType>(operand.getType());
      if (!isPure(definer) || definer->getNumRegions() != 0 ||
          (isTile && !isa<LoadOp>(definer)))
        return std::nullopt;
      list.push_back(definer);
    }
  }
  return slice;
}

TakeOp qimeng::findTake(PutOp put) {
  for (Operation *user : put.getChannel().getUsers())
    if (auto take = dyn_cast<TakeOp>(user))
      if (take->getBlock() == put->getBlock())
        return take;
  return nullptr;
}
