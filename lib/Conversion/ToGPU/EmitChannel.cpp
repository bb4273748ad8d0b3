//===- EmitChannel.cpp - Channels: slots, barriers, copies ----------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Between roles, a slot has two mbarriers. The full one completes when its
// copies have arrived, the empty one when all readers have let go. A role knows
// the phase it waits for: it flips each time the slot number wraps. Within one
// role, the block's barrier in `take` orders everything.
//
//===----------------------------------------------------------------------===//

#include "EmitPlace.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace qimeng;
using namespace qimeng::gpu;

static RankedTensorType tileType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// The load whose tile operand `index` of `put` is and that nothing else uses.
static LoadOp putLoad(PutOp put, unsigned index) {
  auto load = put.getTiles()[index].getDefiningOp<LoadOp>();
  return load && Plan::feedsPut(load) ? load : LoadOp();
}

/// The dimension along which a product sums factor `index` of `take`; the last
/// one when no product takes it.
static int summedDim(TakeOp take, unsigned index) {
  Value tile = take.getTiles()[index];
  int last = static_cast<int>(tileType(tile).getRank()) - 1;
  for (OpOperand &use : tile.getUses())
    if (isa<DotOp>(use.getOwner()) && use.getOperandNumber() == 1)
      return last - 1;
  return last;
}

static bool isByProducer(PutOp put) {
  auto role = put->getParentOfType<RoleOp>();
  return role && role.getKind() == RoleKind::Producer;
}

/// The tile dimension longer than one that `expr` moves with, step by step: -1
/// when there is none, nothing when it does otherwise.
static std::optional<int> movingDim(AffineExpr expr, ArrayRef<int64_t> tile) {
  int moving = -1;
  for (int dim = 0, rank = tile.size(); dim < rank; ++dim) {
    if (tile[dim] == 1 || !expr.isFunctionOfDim(dim))
      continue;
    AffineExpr rest = simplifyAffineExpr(
        expr - getAffineDimExpr(dim, expr.getContext()), rank, 0);
    if (moving >= 0 || !expr.isPureAffine() || rest.isFunctionOfDim(dim))
      return std::nullopt;
    moving = dim;
  }
  return moving;
}

/// Describes tiles laid out as `layout` and read from (written to) `source` as
/// tensor map boxes; nothing when the strides or the order of the dimensions
/// do not allow it.
static std::optional<TensorMapInfo>
describeBoxes(Value source, const SharedLayout &layout, bool masked) {
  Access access = getAccess(source);
  auto memref = cast<MemRefType>(access.operand.getType());
  int64_t rank = memref.getRank();
  auto dtype = toDataType(memref.getElementType());
  if (!dtype || memref.getElementType().isInteger(1) || rank < 1 || rank > 5 ||
      access.padded || layout.pad != 0)
    return std::nullopt;
  TensorMapInfo info;
  info.dtype = *dtype;
  info.swizzle = layout.swizzle;
  info.l2Promotion = 256;
  // The tile's dimension that each memref dimension moves with.
  SmallVector<int> tileDims, order;
  for (AffineExpr expr : access.map.getResults()) {
    auto dim = movingDim(expr, layout.shape);
    if (!dim || (*dim >= 0 && llvm::is_contained(tileDims, *dim)))
      return std::nullopt;
    tileDims.push_back(*dim);
    // A view must show whole dimensions: the map's bounds stand for the mask.
    bool isWhole =
        isa<AffineDimExpr>(expr) && *dim >= 0 &&
        getSourceShape(source)[*dim] == memref.getDimSize(tileDims.size() - 1);
    if (masked && *dim >= 0 && !isWhole)
      return std::nullopt;
  }
  if (tileDims.back() != layout.major)
    return std::nullopt;
  // Boxes hold rows in memory order; slots hold them in the tile's order.
  for (int dim : ArrayRef<int>(tileDims).drop_back())
    if (dim >= 0)
      order.push_back(dim);
  if (!llvm::is_sorted(order))
    return std::nullopt;
  for (int dim = 0, tileRank = layout.shape.size(); dim < tileRank; ++dim)
    if (layout.shape[dim] != 1 && !llvm::is_contained(tileDims, dim))
      return std::nullopt;
  int64_t stride = layout.elementBytes;
  for (int64_t dim = rank - 1; dim >= 0; --dim) {
    info.dims.push_back(memref.getDimSize(dim));
    int64_t box = tileDims[dim] < 0 ? 1 : layout.shape[tileDims[dim]];
    if (dim == rank - 1 && layout.swizzle)
      box = std::min(box, layout.boxElements());
    if (box > 256)
      return std::nullopt;
    info.box.push_back(box);
    stride *= memref.getDimSize(dim);
    if (dim > 0) {
      if (stride % 16 != 0)
        return std::nullopt;
      info.strideBytes.push_back(stride);
    }
  }
  if (info.box.front() * layout.elementBytes % 16 != 0)
    return std::nullopt;
  return info;
}

/// cp.async moves 4, 8 or 16 bytes; what a thread copies at once, or 0.
int64_t KernelEmitter::asyncChunk(LoadOp load, const SharedLayout &shared) {
  Place where = describePlace(load, load.getSource(), load.getOffsets(),
                              load.getMasked(), copyLayout(load, shared));
  int64_t bytes =
      std::min(where.vector * shared.elementBytes, shared.alignment());
  return bytes >= 4 && shared.major == Plan::contiguousDim(load.getSource())
             ? bytes
             : 0;
}

/// Threads along the contiguous dimension, 16 bytes each.
Layout KernelEmitter::copyLayout(LoadOp load, const SharedLayout &shared) {
  ArrayRef<int64_t> shape = load.getType().getShape();
  SmallVector<int> order = {shared.major};
  for (int dim = static_cast<int>(shape.size()) - 1; dim >= 0; --dim)
    if (dim != shared.major)
      order.push_back(dim);
  int64_t vector = std::max<int64_t>(1, 16 / shared.elementBytes);
  return Layout::blocked(shape, order, vector, plan.threadBits(load));
}

LogicalResult KernelEmitter::prepareChannels() {
  int64_t nextBarrier = 0;
  Value zero = i32(0);
  for (ChannelOp op : kernel.getBody().getOps<ChannelOp>()) {
    Channel channel;
    channel.op = op;
    channel.stages = op.getStages();
    channel.barriers = kernel.isSpecialized();
    SmallVector<PutOp> puts;
    SmallVector<TakeOp> takes;
    for (Operation *user : op->getUsers()) {
      if (auto put = dyn_cast<PutOp>(user))
        puts.push_back(put);
      if (auto take = dyn_cast<TakeOp>(user))
        takes.push_back(take);
    }
    if (puts.empty() || takes.empty())
      return op.emitOpError() << "needs a put and a take to be lowered";
    int64_t consumers = 0;
    bool readByThreads = false;
    for (TakeOp take : takes) {
      consumers = int64_t(1) << plan.threadBits(take);
      for (Value tile : take.getTiles())
        for (OpOperand &use : tile.getUses()) {
          auto dot = dyn_cast<DotOp>(use.getOwner());
          bool isFactor =
              dot && dot.getMma() == Mma::Wgmma && use.getOperandNumber() < 2;
          channel.feedsWgmma |= isFactor;
          readByThreads |= !isFactor;
        }
    }
    // A warpgroup ends its wgmma together; loads by its threads end warp by
    // warp.
    channel.releaseThreads = channel.feedsWgmma && !readByThreads ? 128 : 32;
    channel.consumerArrivals = consumers / channel.releaseThreads;
    for (auto [index, type] : llvm::enumerate(op.getType().getTiles())) {
      auto tile = cast<RankedTensorType>(type);
      SharedLayout shared;
      shared.shape.assign(tile.getShape().begin(), tile.getShape().end());
      if (tile.getRank() == 0)
        return op.emitOpError()
               << "holds tiles of rank 0, which have no place in a slot";
      shared.elementBytes = std::max(
          1u, registerType(tile.getElementType()).getIntOrFloatBitWidth() / 8);
      LoadOp load = putLoad(puts.front(), index);
      shared.major = load ? Plan::contiguousDim(load.getSource())
                          : static_cast<int>(tile.getRank()) - 1;
      // Memory that is contiguous along a batch dimension, of size 1 here, is
      // no order for rows that wgmma reads.
      if (channel.feedsWgmma && shared.shape[shared.major] == 1)
        shared.major = summedDim(takes.front(), index);
      if (op.getLayoutsAttr()) {
        auto given = cast<LayoutAttr>(op.getLayoutsAttr()[index]);
        shared.swizzle = given.getSwizzle();
        shared.pad = given.getPad();
        if (given.getMajor() >= 0)
          shared.major = given.getMajor();
      } else if (channel.feedsWgmma || (channel.barriers && arch.tma)) {
        int64_t row = shared.shape[shared.major] * shared.elementBytes;
        for (int64_t span : {128, 64, 32})
          if (shared.swizzle == 0 && row % span == 0)
            shared.swizzle = span;
      } else {
        shared.pad = 16;
      }
      if (shared.swizzle &&
          shared.shape[shared.major] * shared.elementBytes % shared.swizzle !=
              0)
        return op.emitOpError()
               << "tile " << index << " has rows of "
               << shared.shape[shared.major] * shared.elementBytes
               << " bytes, not a multiple of the swizzle of " << shared.swizzle;
      channel.layouts.push_back(shared);
      // A swizzle xors bits of the address itself, so it has to start anew with
      // the tile: it repeats every eight rows.
      channel.slotBytes = llvm::alignTo(
          channel.slotBytes, std::max<int64_t>(128, 8 * shared.swizzle));
      channel.tileOffsets.push_back(channel.slotBytes);
      channel.slotBytes += shared.bytes();
    }
    channel.slotBytes = llvm::alignTo(channel.slotBytes, 1024);
    staticShared = llvm::alignTo(staticShared, 1024);
    channel.base = staticShared;
    staticShared += channel.slotBytes * channel.stages;
    if (channel.barriers) {
      channel.fullBarriers = nextBarrier;
      channel.emptyBarriers = nextBarrier + 8 * channel.stages;
      nextBarrier += 16 * channel.stages;
      if (nextBarrier > 1024)
        return op.emitOpError()
               << "needs more than 64 stages in all the kernel's channels";
    }
    channels[op] = channel;
    channelStates[op] = {zero, zero, zero, zero, zero};
  }
  // A role issues all its copies by TMA or none: then one thread does it all.
  if (kernel.isSpecialized() && arch.tma) {
    bool all = true;
    llvm::MapVector<Operation *, SmallVector<TensorMapUse>> maps;
    kernel.walk([&](PutOp put) {
      // What a consumer computes and puts itself comes from registers.
      if (!isByProducer(put))
        return;
      Channel &channel = channels[put.getChannel()];
      for (unsigned index = 0; index < put.getTiles().size(); ++index) {
        LoadOp load = putLoad(put, index);
        auto info =
            load ? describeBoxes(load.getSource(), channel.layouts[index],
                                 load.getMasked())
                 : std::nullopt;
        if (!info) {
          all = false;
          return;
        }
        unsigned operand =
            cast<BlockArgument>(getAccess(load.getSource()).operand)
                .getArgNumber();
        maps[put].push_back({Value(), operand, *info});
        shareInCluster(load, channel.layouts[index], maps[put].back());
      }
    });
    kernel.walk([&](RoleOp role) {
      if (role.getKind() == RoleKind::Producer)
        role.walk([&](StoreOp) { all = false; });
    });
    if (all) {
      tensorMaps = maps;
      for (auto &[put, uses] : maps) {
        Channel &channel = channels[cast<PutOp>(put).getChannel()];
        channel.copy = CopyKind::Tma;
        for (const TensorMapUse &use : uses)
          channel.multicast |= use.multicast;
      }
    }
  }
  if (!kernel.isSpecialized() && arch.cpAsync)
    for (auto &entry : channels) {
      bool all = true;
      for (Operation *user : entry.second.op->getUsers())
        if (auto put = dyn_cast<PutOp>(user))
          for (unsigned index = 0; index < put.getTiles().size(); ++index) {
            LoadOp load = putLoad(put, index);
            all = all && load &&
                  asyncChunk(load, entry.second.layouts[index]) > 0;
          }
      if (all)
        entry.second.copy = CopyKind::CpAsync;
    }
  // Where threads store into a slot that threads have read, each reader arrives
  // for itself: each store is then ordered after each read by a barrier that
  // both took part in.
  for (auto &entry : channels) {
    Channel &channel = entry.second;
    if (channel.barriers && channel.copy == CopyKind::Registers &&
        channel.releaseThreads == 32) {
      channel.releaseThreads = 1;
      channel.consumerArrivals *= 32;
    }
  }
  if (!kernel.isSpecialized())
    order = ChannelOrder::find(kernel, [&](Value channel) {
      return channels[channel].copy == CopyKind::CpAsync;
    });
  // Staging for results that leave by TMA: what shared memory is left, at most
  // half a tile, so that one half is written while the other is copied.
  kernel.walk([&](StoreOp store) {
    if (!canStoreByTma(store))
      return;
    RankedTensorType type = tileType(store.getValue());
    int64_t warpgroups = (int64_t(1) << plan.threadBits(store)) / 128;
    int64_t rank = type.getRank();
    int64_t boxes = type.getDimSize(rank - 2) / 64 / warpgroups *
                    (type.getDimSize(rank - 1) / 64);
    staticShared = llvm::alignTo(staticShared, 1024);
    int64_t room =
        (arch.sharedPerBlock - staticShared - 2048) / warpgroups / 8192;
    if (storeStagingBytes == 0) {
      int64_t count = std::min(room, std::max<int64_t>(1, boxes / 2));
      if (count < 1)
        return;
      storeStaging = staticShared;
      storeStagingBytes = count * 8192;
      staticShared += storeStagingBytes * warpgroups;
    }
    SharedLayout box;
    box.shape.assign(rank, 1);
    box.shape[rank - 2] = box.shape[rank - 1] = 64;
    box.elementBytes = 2;
    box.major = rank - 1;
    box.swizzle = 128;
    if (auto info = describeBoxes(store.getTarget(), box, store.getMasked())) {
      unsigned operand =
          cast<BlockArgument>(getAccess(store.getTarget()).operand)
              .getArgNumber();
      tensorMaps[store].push_back({Value(), operand, *info});
    }
  });
  return success();
}

void KernelEmitter::initializeBarriers() {
  if (!kernel.isSpecialized())
    return;
  auto branch =
      scf::IfOp::create(b, TypeRange(), eq(threadId, 0), /*withElse=*/false);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    for (ChannelOp op : kernel.getBody().getOps<ChannelOp>()) {
      Channel &channel = channels[op];
      int64_t producers = 0; // threads that fill slots
      for (Operation *user : op->getUsers())
        if (isa<PutOp>(user))
          producers = int64_t(1) << plan.threadBits(user);
      for (int64_t stage = 0; stage < channel.stages; ++stage) {
        NVVM::MBarrierInitOp::create(
            b, sharedPointer(channel.fullBarriers + 8 * stage),
            i32(channel.copy == CopyKind::Tma ? 1 : producers), Value());
        NVVM::MBarrierInitOp::create(
            b, sharedPointer(channel.emptyBarriers + 8 * stage),
            i32(channel.consumerArrivals * (channel.multicast ? cluster : 1)),
            Value());
      }
    }
    NVVM::FenceMbarrierInitOp::create(b);
    for (auto &entry : tensorMaps)
      for (TensorMapUse &use : entry.second)
        NVVM::PrefetchOp::create(b, NVVM::PrefetchCacheLevelAttr(),
                                 NVVM::CacheEvictionPriorityAttr(), use.map,
                                 Value(), b.getUnitAttr());
  }
  if (multicasts())
    clusterBarrier();
  else
    NVVM::BarrierOp::create(b);
}

//===----------------------------------------------------------------------===//
// Slots
//===----------------------------------------------------------------------===//

Value KernelEmitter::slotOffset(const Channel &channel, Value slot, int tile) {
  return add(mul(slot, channel.slotBytes),
             channel.base + channel.tileOffsets[tile]);
}

void KernelEmitter::advance(const Channel &channel, Value &slot, Value &phase) {
  if (channel.stages == 1) {
    if (phase)
      phase = bitXor(phase, i32(1));
    return;
  }
  Value next = add(slot, 1);
  Value wraps = eq(next, channel.stages);
  slot = arith::SelectOp::create(b, wraps, i32(0), next);
  if (phase)
    phase = bitXor(phase, arith::ExtUIOp::create(b, b.getI32Type(), wraps));
}

void KernelEmitter::waitBarrier(Value pointer, Value phase) {
  auto loop = scf::WhileOp::create(b, TypeRange(), ValueRange());
  OpBuilder::InsertionGuard guard(b);
  Block *before = b.createBlock(&loop.getBefore());
  b.setInsertionPointToStart(before);
  Value done = NVVM::MBarrierTryWaitOp::create(b, b.getI1Type(), pointer, phase,
                                               Value());
  Value again = arith::XOrIOp::create(
      b, done, arith::ConstantOp::create(b, b.getBoolAttr(true)));
  scf::ConditionOp::create(b, again, ValueRange());
  b.createBlock(&loop.getAfter());
  scf::YieldOp::create(b);
}

static void fenceForAsyncProxy(ImplicitLocOpBuilder &b) {
  NVVM::FenceProxyOp::create(
      b, NVVM::ProxyKind::async_shared,
      NVVM::SharedSpaceAttr::get(b.getContext(),
                                 NVVM::SharedSpace::shared_cta));
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

void KernelEmitter::copyTma(LoadOp load, const SharedTile &to, Value barrier,
                            const TensorMapUse &use) {
  Access access = getAccess(load.getSource());
  auto inCluster = LLVM::LLVMPointerType::get(b.getContext(), 7);
  SmallVector<Value> offsets(access.map.getNumDims(), i32(0));
  for (auto [dim, offset] : llvm::enumerate(load.getOffsets()))
    offsets[dim] = scalar(offset);
  Value start = to.offset, mask = use.multicast ? clusterMask() : Value();
  if (use.slicedDim >= 0) {
    int64_t part = to.layout.shape[use.slicedDim] / cluster;
    int64_t whole =
        to.layout.swizzle ? to.layout.boxBytes() : to.layout.bytes();
    offsets[use.slicedDim] =
        add(offsets[use.slicedDim], mul(clusterRank, part));
    start = add(start, mul(clusterRank, whole / cluster));
  }
  int64_t boxes = 1, boxElements = 0;
  if (to.layout.swizzle) {
    boxElements = to.layout.boxElements();
    boxes =
        std::max<int64_t>(1, to.layout.shape[to.layout.major] / boxElements);
  }
  for (int64_t box = 0; box < boxes; ++box) {
    SmallVector<Value> coords; // innermost first
    for (AffineExpr expr : llvm::reverse(access.map.getResults()))
      coords.push_back(affine(expr, offsets, offsets.size()));
    coords.front() = add(coords.front(), box * boxElements);
    Value target = sharedPointer(add(start, box * to.layout.boxBytes()));
    target = LLVM::AddrSpaceCastOp::create(b, inCluster, target);
    NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp::create(
        b, target, use.map, coords, barrier, ValueRange(), mask, Value(),
        NVVM::TMALoadMode::TILE,
        /*isCTAOnly=*/false, NVVM::CTAGroupKindAttr(), Value());
  }
}

void KernelEmitter::copyAsync(LoadOp load, const SharedTile &to) {
  Layout layout = copyLayout(load, to.layout);
  Place where = place(load, load.getSource(), load.getOffsets(),
                      load.getMasked(), layout);
  int64_t bytes = asyncChunk(load, to.layout);
  where.vector = bytes / to.layout.elementBytes;
  auto copy = [&] {
    SharedCursor cursor = sharedCursor(to, layout);
    for (int64_t r = 0; r < layout.numRegs(); r += where.vector) {
      Value target = sharedAt(cursor, stepsOf(layout, r));
      Value inside = predicate(where, r);
      Value count =
          inside ? Value(arith::SelectOp::create(b, inside, i32(bytes), i32(0)))
                 : Value();
      NVVM::CpAsyncOp::create(b, target, address(where, r), bytes,
                              bytes == 16 ? NVVM::LoadCacheModifierKind::CG
                                          : NVVM::LoadCacheModifierKind::CA,
                              count);
    }
  };
  // Of several threads that would copy the same element, one does.
  if (Value writer = isFirstHolder(layout)) {
    auto branch = scf::IfOp::create(b, TypeRange(), writer, /*withElse=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    copy();
    return;
  }
  copy();
}

LogicalResult KernelEmitter::emitPut(PutOp op) {
  Channel &channel = channels[op.getChannel()];
  ChannelState &state = channelStates[op.getChannel()];
  auto slotTile = [&](unsigned index) {
    return SharedTile{
        slotOffset(channel, state.putSlot, index), channel.layouts[index],
        registerType(tileType(op.getTiles()[index]).getElementType())};
  };
  Value full;
  if (channel.barriers) {
    waitBarrier(
        sharedPointer(add(shl(state.putSlot, 3), channel.emptyBarriers)),
        bitXor(state.putPhase, i32(1)));
    full = sharedPointer(add(shl(state.putSlot, 3), channel.fullBarriers));
  }
  if (channel.copy == CopyKind::Tma) {
    int64_t bytes = 0;
    for (const SharedLayout &layout : channel.layouts)
      bytes += layout.bytes();
    NVVM::MBarrierArriveExpectTxOp::create(
        b, Type(), full, i32(bytes), NVVM::MemScopeKind::CTA, false, Value());
    for (unsigned index = 0; index < op.getTiles().size(); ++index) {
      const TensorMapUse &use = tensorMaps[op][index];
      OpBuilder::InsertionGuard guard(b);
      if (use.multicast && use.slicedDim < 0) {
        auto mine =
            scf::IfOp::create(b, TypeRange(), eq(clusterRank, index % cluster),
                              /*withElse=*/false);
        b.setInsertionPointToStart(mine.thenBlock());
      }
      copyTma(putLoad(op, index), slotTile(index), full, use);
    }
  } else if (channel.copy == CopyKind::CpAsync) {
    for (unsigned index = 0; index < op.getTiles().size(); ++index)
      copyAsync(putLoad(op, index), slotTile(index));
    if (!order.committingBranches.contains(op->getParentOp()))
      NVVM::CpAsyncCommitGroupOp::create(b);
  } else {
    for (unsigned index = 0; index < op.getTiles().size(); ++index) {
      SharedTile tile = slotTile(index);
      if (LoadOp load = putLoad(op, index)) {
        Layout layout = copyLayout(load, tile.layout);
        storeShared(tile, layout, emitLoad(load, layout));
      } else {
        const Layout layout = plan.natural(op.getTiles()[index]);
        storeShared(tile, layout, get(op.getTiles()[index], layout));
      }
    }
    if (channel.feedsWgmma)
      fenceForAsyncProxy(b);
    if (channel.barriers)
      NVVM::MBarrierArriveOp::create(b, b.getI64Type(), full, Value());
  }
  advance(channel, state.putSlot, state.putPhase);
  return success();
}

LogicalResult KernelEmitter::emitTake(TakeOp op) {
  Channel &channel = channels[op.getChannel()];
  ChannelState &state = channelStates[op.getChannel()];
  if (channel.barriers) {
    waitBarrier(
        sharedPointer(add(shl(state.takeSlot, 3), channel.fullBarriers)),
        state.takePhase);
  } else {
    if (channel.copy == CopyKind::CpAsync)
      NVVM::CpAsyncWaitGroupOp::create(b, order.pending.lookup(op));
    if (channel.copy == CopyKind::CpAsync && channel.feedsWgmma)
      fenceForAsyncProxy(b);
    barrier();
    exchangeDirty = false;
  }
  for (auto [index, tile] : llvm::enumerate(op.getTiles()))
    sharedTiles[tile] = {slotOffset(channel, state.takeSlot, index),
                         channel.layouts[index],
                         registerType(tileType(tile).getElementType())};
  advance(channel, state.takeSlot, state.takePhase);
  return success();
}

LogicalResult KernelEmitter::emitRelease(ReleaseOp op) {
  Channel &channel = channels[op.getChannel()];
  ChannelState &state = channelStates[op.getChannel()];
  if (channel.barriers) {
    release(channel, state.releaseSlot);
  } else if (order.synchronizedReleases.contains(op.getChannel())) {
    barrier();
    exchangeDirty = false;
  }
  Value none;
  advance(channel, state.releaseSlot, none);
  return success();
}

void KernelEmitter::release(Channel &channel, Value slot) {
  Value empty = sharedPointer(add(shl(slot, 3), channel.emptyBarriers));
  int64_t group = channel.releaseThreads;
  if (group == 1) {
    NVVM::MBarrierArriveOp::create(b, b.getI64Type(), empty, Value());
    return;
  }
  if (group == 32) {
    // The next copy writes through the async proxy. An arrival does not order
    // these threads' reads before that: ptxas issues it with loads in flight.
    if (channel.copy == CopyKind::Tma)
      fenceForAsyncProxy(b);
    NVVM::SyncWarpOp::create(b, i32(-1));
  }
  Value thread = bitAnd(threadId, group - 1);
  if (channel.multicast) {
    arriveInCluster(empty, thread);
    return;
  }
  auto branch =
      scf::IfOp::create(b, TypeRange(), eq(thread, 0), /*withElse=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  NVVM::MBarrierArriveOp::create(b, b.getI64Type(), empty, Value());
}
