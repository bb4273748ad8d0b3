//===- EmitWgmma.cpp - Products by wgmma, results by TMA ------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
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

//===----------------------------------------------------------------------===//
// wgmma
//===----------------------------------------------------------------------===//

namespace {
struct ProductSizes {
  int64_t m, n, k;
};
} // namespace

/// M, N and K of a product whose batch dimensions have size 1.
static ProductSizes productSizes(DotOp op) {
  ArrayRef<int64_t> result = tileType(op).getShape();
  return {result[result.size() - 2], result.back(),
          tileType(op.getLhs()).getShape().back()};
}

namespace {
/// The instruction for an element type: PTX ISA 9.0, "wgmma.mma_async".
struct WgmmaKind {
  NVVM::WGMMATypes operand, sum;
  int64_t k; ///< per instruction: 32 bytes
};
} // namespace

static std::optional<WgmmaKind> wgmmaKind(Type operand, Type sum) {
  if (operand.isBF16() && sum.isF32())
    return WgmmaKind{NVVM::WGMMATypes::bf16, NVVM::WGMMATypes::f32, 16};
  if (operand.isF16() && sum.isF32())
    return WgmmaKind{NVVM::WGMMATypes::f16, NVVM::WGMMATypes::f32, 16};
  if (operand.isF32() && sum.isF32())
    return WgmmaKind{NVVM::WGMMATypes::tf32, NVVM::WGMMATypes::f32, 8};
  if (operand.isInteger(8) && sum.isInteger(32))
    return WgmmaKind{NVVM::WGMMATypes::s8, NVVM::WGMMATypes::s32, 32};
  return std::nullopt;
}

/// Matrix descriptor fields but the address (PTX ISA 9.0, "Matrix descriptor
/// format"). Rows of `swizzle` bytes repeat every eight rows (stride offset).
/// With M or N contiguous, the leading offset goes from one box to the next.
static int64_t descriptorFields(const SharedLayout &shared, bool isKMajor) {
  int64_t mode = shared.swizzle == 128 ? 1 : shared.swizzle == 64 ? 2 : 3;
  int64_t stride = 8 * shared.swizzle;
  int64_t leading = isKMajor ? 16 : shared.boxBytes();
  return (mode << 62) | ((stride >> 4) << 32) | ((leading >> 4) << 16);
}

Regs KernelEmitter::wgmma(DotOp op, const SharedTile &lhs,
                          const SharedTile &rhs, Regs acc, bool fresh) {
  Type sumType = tileType(op).getElementType();
  WgmmaKind kind = *wgmmaKind(tileType(op.getLhs()).getElementType(), sumType);
  auto [m, n, k] = productSizes(op);
  int64_t warpgroups = numThreads / 128, rowsPerWarpgroup = m / warpgroups;
  int64_t perInstruction = n / 2; // accumulators a thread
  auto structType = LLVM::LLVMStructType::getLiteral(
      b.getContext(), SmallVector<Type>(perInstruction, sumType));
  // acc holds structs already when it comes from a product in flight.
  SmallVector<Value> sums;
  if (!acc.empty() && isa<LLVM::LLVMStructType>(acc.front().getType())) {
    sums = acc;
  } else {
    for (int64_t start = 0; start < static_cast<int64_t>(acc.size());
         start += perInstruction) {
      Value sum = LLVM::UndefOp::create(b, structType);
      for (int64_t i = 0; i < perInstruction && !fresh; ++i)
        sum = LLVM::InsertValueOp::create(b, sum, acc[start + i], i);
      sums.push_back(sum);
    }
  }
  // First address of each operand for this warpgroup, in descriptor units.
  const SharedTile *tiles2[2] = {&lhs, &rhs};
  Value base[2];
  bool isKMajor[2];
  for (int side = 0; side < 2; ++side) {
    const SharedLayout &shared = tiles2[side]->layout;
    int rank = shared.shape.size();
    isKMajor[side] = shared.major == (side == 0 ? rank - 1 : rank - 2);
    Value start = add(LLVM::PtrToIntOp::create(b, b.getI32Type(), sharedBase),
                      tiles2[side]->offset);
    if (side == 0 && warpgroups > 1) {
      int64_t bytes = isKMajor[0] ? rowsPerWarpgroup * shared.swizzle
                                  : rowsPerWarpgroup / shared.boxElements() *
                                        shared.boxBytes();
      start = add(start, mul(shr(warpId, 2), bytes));
    }
    // Addresses in a cluster say which block's memory they are in, in bits that
    // belong to the next field here.
    Value address = shr(start, 4);
    if (cluster > 1)
      address = bitAnd(address, 0x3fff);
    base[side] = bitOr(arith::ExtUIOp::create(b, b.getI64Type(), address),
                       i64(descriptorFields(shared, isKMajor[side])));
  }
  NVVM::WgmmaFenceAlignedOp::create(b);
  for (int64_t step = 0; step < k; step += kind.k) {
    Value operands[2];
    int64_t stepBytes[2];
    for (int side = 0; side < 2; ++side) {
      const SharedLayout &shared = tiles2[side]->layout;
      stepBytes[side] =
          isKMajor[side] ? step / shared.boxElements() * shared.boxBytes() +
                               step % shared.boxElements() * shared.elementBytes
                         : step * shared.swizzle;
    }
    for (auto [block, sum] : llvm::enumerate(sums)) {
      const SharedLayout &left = lhs.layout;
      int64_t blockBytes =
          isKMajor[0] ? block * 64 * left.swizzle
                      : block * 64 / left.boxElements() * left.boxBytes();
      operands[0] = add(base[0], (stepBytes[0] + blockBytes) >> 4);
      operands[1] = add(base[1], stepBytes[1] >> 4);
      auto scaleD = fresh && step == 0 ? NVVM::WGMMAScaleOut::zero
                                       : NVVM::WGMMAScaleOut::one;
      sum = NVVM::WgmmaMmaAsyncOp::create(
          b, structType, sum, operands[0], operands[1],
          NVVM::MMAShapeAttr::get(b.getContext(), 64, n, kind.k), kind.operand,
          kind.operand, kind.sum, scaleD, NVVM::WGMMAScaleIn::one,
          NVVM::WGMMAScaleIn::one,
          isKMajor[0] ? NVVM::MMALayout::row : NVVM::MMALayout::col,
          isKMajor[1] ? NVVM::MMALayout::col : NVVM::MMALayout::row,
          NVVM::MMAIntOverflowAttr());
    }
  }
  NVVM::WgmmaGroupSyncAlignedOp::create(b);
  return sums;
}

/// Structs of accumulators -> registers in the accumulator layout.
static Regs unpack(ImplicitLocOpBuilder &b, ArrayRef<Value> sums) {
  Regs regs;
  for (Value sum : sums) {
    int64_t count = cast<LLVM::LLVMStructType>(sum.getType()).getBody().size();
    for (int64_t i = 0; i < count; ++i)
      regs.push_back(LLVM::ExtractValueOp::create(b, sum, i));
  }
  return regs;
}

static bool isZero(Value tile) {
  DenseElementsAttr value;
  if (!matchPattern(tile, m_Constant(&value)) || !value.isSplat())
    return false;
  if (isa<FloatType>(value.getElementType()))
    return value.getSplatValue<APFloat>().isZero();
  return value.getSplatValue<APInt>().isZero();
}

LogicalResult KernelEmitter::checkWgmma(DotOp op) {
  auto lhs = sharedTiles.find(op.getLhs()), rhs = sharedTiles.find(op.getRhs());
  if (!arch.wgmma)
    return op.emitOpError() << "asks for wgmma, which " << arch.name
                            << " does not have; use mma <mma_sync>";
  if (llvm::any_of(tileType(op).getShape().drop_back(2),
                   [](int64_t size) { return size != 1; }))
    return op.emitOpError() << "asks for wgmma with batch dimensions; tile "
                               "them away to size 1";
  Type operandType = tileType(op.getLhs()).getElementType(),
       sumType = tileType(op).getElementType();
  auto kind = wgmmaKind(operandType, sumType);
  if (!kind)
    return op.emitOpError()
           << "with factors of type " << operandType << " and sums of type "
           << sumType << " has no wgmma instruction";
  if (operandType.isF32() && op.getPrecision() != Precision::Tf32)
    return op.emitOpError()
           << "asks for exact f32 products, which wgmma does not form; "
              "use precision <tf32> or mma <fma>";
  if (lhs == sharedTiles.end() || rhs == sharedTiles.end())
    return op.emitOpError()
           << "asks for wgmma, which reads both factors from shared memory; "
              "take them from a channel (the stage or pipeline action)";
  if (numThreads % 128 != 0)
    return op.emitOpError()
           << "asks for wgmma, which needs a multiple of 4 warps, found "
           << numThreads / 32;
  if (firstThread % 128 != 0)
    return op.emitOpError()
           << "asks for wgmma in a role that begins at warp "
           << firstThread / 32 << "; it must begin at a multiple of 4";
  auto [m, n, k] = productSizes(op);
  if (m % (64 * (numThreads / 128)) != 0 || n < 8 || n > 256 ||
      k % kind->k != 0)
    return op.emitOpError()
           << "needs M a multiple of " << 64 * (numThreads / 128)
           << " (64 a warpgroup), N from 8 to 256 and K a multiple of "
           << kind->k << " for wgmma, found " << m << " x " << n << " x " << k;
  for (int side = 0; side < 2; ++side) {
    const SharedTile &tile = side == 0 ? lhs->second : rhs->second;
    if (tile.layout.swizzle == 0)
      return op.emitOpError()
             << "needs factors with a swizzled layout for wgmma";
    int rank = tile.layout.shape.size();
    bool isKMajor = tile.layout.major == (side == 0 ? rank - 1 : rank - 2);
    if (!isKMajor && tile.layout.elementBytes != 2)
      return op.emitOpError() << "has a factor of " << operandType
                              << " that is contiguous along M or N; wgmma "
                                 "takes that for 16-bit types only";
  }
  return success();
}

LogicalResult KernelEmitter::emitWgmma(DotOp op) {
  if (failed(checkWgmma(op)))
    return failure();
  bool fresh = isZero(op.getAcc());
  Layout layout = plan.natural(op);
  Regs acc = get(op.getAcc(), layout);
  Regs sums =
      wgmma(op, sharedTiles[op.getLhs()], sharedTiles[op.getRhs()], acc, fresh);
  NVVM::WgmmaWaitGroupSyncOp::create(b, 0);
  define(op, layout, unpack(b, sums));
  return success();
}

//===----------------------------------------------------------------------===//
// Loops of products
//===----------------------------------------------------------------------===//

namespace {
struct ProductLoop {
  TakeOp take;
  DotOp dot;
  ReleaseOp release;
};
} // namespace

/// take, dot on what was taken, release, yield - and nothing else that matters.
static std::optional<ProductLoop> matchProductLoop(scf::ForOp loop) {
  ProductLoop match;
  if (loop.getNumRegionIterArgs() != 1)
    return std::nullopt;
  for (Operation &op : loop.getBody()->without_terminator()) {
    if (auto take = dyn_cast<TakeOp>(op); take && !match.take)
      match.take = take;
    else if (auto dot = dyn_cast<DotOp>(op); dot && !match.dot)
      match.dot = dot;
    else if (auto release = dyn_cast<ReleaseOp>(op); release && !match.release)
      match.release = release;
    else if (!isPure(&op) || !op.use_empty())
      return std::nullopt;
  }
  if (!match.take || !match.dot || !match.release ||
      match.dot.getMma() != Mma::Wgmma ||
      match.take.getChannel() != match.release.getChannel() ||
      match.dot.getLhs().getDefiningOp() != match.take.getOperation() ||
      match.dot.getRhs().getDefiningOp() != match.take.getOperation() ||
      match.dot.getAcc() != loop.getRegionIterArg(0) ||
      loop.getYieldedValues()[0] != match.dot.getResult() ||
      !match.take->isBeforeInBlock(match.dot) ||
      !match.dot->isBeforeInBlock(match.release))
    return std::nullopt;
  return match;
}

bool KernelEmitter::isProductLoop(scf::ForOp loop) {
  auto match = matchProductLoop(loop);
  APInt lower, upper;
  // With a single slot, the next product cannot arrive before this one's slot
  // is given back.
  return match && channels[match->take.getChannel()].barriers &&
         channels[match->take.getChannel()].stages > 1 &&
         matchPattern(loop.getLowerBound(), m_ConstantInt(&lower)) &&
         matchPattern(loop.getUpperBound(), m_ConstantInt(&upper)) &&
         lower.slt(upper);
}

/// One product stays in flight while the next slot is awaited; a slot is given
/// back when the product after its own has been issued. The first step is
/// peeled: it overwrites the accumulators, so that they are never set to zero.
LogicalResult KernelEmitter::emitProductLoop(scf::ForOp loop) {
  ProductLoop match = *matchProductLoop(loop);
  Channel &channel = channels[match.take.getChannel()];
  ChannelState &state = channelStates[match.take.getChannel()];
  Layout layout = plan.natural(match.dot);
  auto takeTiles = [&](Value slot) {
    for (auto [index, tile] : llvm::enumerate(match.take.getTiles()))
      sharedTiles[tile] = {slotOffset(channel, slot, index),
                           channel.layouts[index],
                           tileType(tile).getElementType()};
  };
  takeTiles(state.takeSlot);
  if (failed(checkWgmma(match.dot)))
    return failure();
  auto step = [&](Regs acc, bool fresh) {
    waitBarrier(
        sharedPointer(add(shl(state.takeSlot, 3), channel.fullBarriers)),
        state.takePhase);
    takeTiles(state.takeSlot);
    Regs sums = wgmma(match.dot, sharedTiles[match.dot.getLhs()],
                      sharedTiles[match.dot.getRhs()], acc, fresh);
    advance(channel, state.takeSlot, state.takePhase);
    return sums;
  };
  Value init = loop.getInitArgs()[0];
  Regs sums = step(get(init, layout), isZero(init));
  Value lower = add(scalar(loop.getLowerBound()), scalar(loop.getStep()));
  SmallVector<Value> inits = {state.takeSlot, state.takePhase,
                              state.releaseSlot};
  llvm::append_range(inits, sums);
  auto emitted = scf::ForOp::create(b, lower, scalar(loop.getUpperBound()),
                                    scalar(loop.getStep()), inits);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(emitted.getBody());
    state.takeSlot = emitted.getRegionIterArg(0);
    state.takePhase = emitted.getRegionIterArg(1);
    Value previous = emitted.getRegionIterArg(2);
    Regs inFlight(emitted.getRegionIterArgs().drop_front(3));
    Value current = state.takeSlot;
    Regs next = step(inFlight, false);
    NVVM::WgmmaWaitGroupSyncOp::create(b, 1);
    release(channel, previous);
    SmallVector<Value> yielded = {state.takeSlot, state.takePhase, current};
    llvm::append_range(yielded, next);
    scf::YieldOp::create(b, yielded);
  }
  state.takeSlot = emitted.getResult(0);
  state.takePhase = emitted.getResult(1);
  Value last = emitted.getResult(2);
  NVVM::WgmmaWaitGroupSyncOp::create(b, 0);
  release(channel, last);
  state.releaseSlot = state.takeSlot;
  define(loop.getResult(0), layout,
         unpack(b, SmallVector<Value>(emitted.getResults().drop_front(3))));
  return success();
}

//===----------------------------------------------------------------------===//
// Results by TMA
//===----------------------------------------------------------------------===//

bool KernelEmitter::storeByTma(StoreOp op) { return tensorMaps.count(op) != 0; }

/// Whether `op` stores 16-bit accumulator fragments, which stmatrix can bring
/// into the form of boxes (batch dimensions having size 1).
bool KernelEmitter::canStoreByTma(StoreOp op) {
  RankedTensorType type = tileType(op.getValue());
  Access access = getAccess(op.getTarget());
  auto role = op->getParentOfType<RoleOp>();
  ArrayRef<int64_t> shape = type.getShape();
  if (!arch.tma || !arch.wgmma || !role || shape.size() < 2 ||
      llvm::any_of(shape.drop_back(2),
                   [](int64_t size) { return size != 1; }) ||
      access.padded || type.getElementTypeBitWidth() != 16)
    return false;
  int bits = plan.threadBits(op);
  return bits >= 7 && shape[shape.size() - 2] >= (64 << (bits - 7)) &&
         shape.back() >= 64 && shape.back() <= 256 &&
         plan.natural(op.getValue()) == Layout::wgmmaAccumulator(shape, bits);
}

LogicalResult KernelEmitter::emitTmaStore(StoreOp op) {
  RankedTensorType type = tileType(op.getValue());
  Layout layout = plan.natural(op.getValue());
  Regs regs = get(op.getValue(), layout);
  int64_t rank = type.getRank(), warpgroups = numThreads / 128,
          rows = type.getDimSize(rank - 2) / warpgroups,
          columns = type.getDimSize(rank - 1);
  Value map = tensorMaps[op].front().map;
  Value warpgroup = shr(warpId, 2);
  Value thread = bitAnd(threadId, 127), lane = bitAnd(threadId, 31),
        warp = bitAnd(warpId, 3);
  Value isIssuer = eq(thread, 0);
  AffineMap access = getAccess(op.getTarget()).map;
  SmallVector<Value> offsets(rank, i32(0));
  for (auto [dim, offset] : llvm::enumerate(op.getOffsets()))
    offsets[dim] = scalar(offset);
  offsets[rank - 2] = add(offsets[rank - 2], mul(warpgroup, rows));
  constexpr int64_t boxBytes = 64 * 128; // 64 rows of 64 16-bit elements
  Value staging = add(i32(storeStaging), mul(warpgroup, storeStagingBytes));
  // Lane l gives stmatrix the address of row l % 16 and column half l / 16.
  Value row = add(shl(warp, 4), bitAnd(lane, 15));
  Value rowOffset = add(staging, shl(row, 7)), swizzle = bitAnd(lane, 7),
        half = shr(lane, 4);
  SmallVector<Value> chunks;
  for (int j = 0; j < 4; ++j)
    chunks.push_back(sharedPointer(
        add(rowOffset, shl(bitXor(add(half, 2 * j), swizzle), 4))));
  // The upper half of the 16 named barriers is the warpgroups'.
  Value barrierNumber = add(warpgroup, 8 + firstThread / 128);
  auto groupBarrier = [&] {
    NVVM::BarrierOp::create(b, Type(), barrierNumber, i32(128), nullptr,
                            Value());
  };
  auto pack = [&](int64_t r) -> Value {
    Value pair =
        LLVM::PoisonOp::create(b, VectorType::get(2, type.getElementType()));
    for (int i = 0; i < 2; ++i)
      pair = LLVM::InsertElementOp::create(b, pair, regs[r + i], i32(i));
    return LLVM::BitcastOp::create(b, b.getI32Type(), pair);
  };
  int64_t perRound = storeStagingBytes / boxBytes, boxColumns = columns / 64,
          boxes = rows / 64 * boxColumns;
  for (int64_t start = 0; start < boxes; start += perRound) {
    int64_t count = std::min(perRound, boxes - start);
    // The staging area is free once the copies of the last round have read it.
    NVVM::CpAsyncBulkWaitGroupOp::create(b, 0, b.getUnitAttr());
    groupBarrier();
    for (int64_t q = 0; q < count; ++q) {
      int64_t block = (start + q) / boxColumns,
              boxColumn = (start + q) % boxColumns;
      int64_t first = block * (columns / 2) + boxColumn * 32;
      for (int j = 0; j < 4; ++j) {
        SmallVector<Value> words;
        for (int p = 0; p < 4; ++p)
          words.push_back(pack(first + j * 8 + 2 * p));
        Value pointer = LLVM::GEPOp::create(
            b, sharedBase.getType(), b.getI8Type(), chunks[j],
            ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(q * boxBytes)});
        NVVM::StMatrixOp::create(
            b, pointer, words, NVVM::MMALayout::row,
            NVVM::LdStMatrixShapeAttr::get(b.getContext(), 8, 8),
            NVVM::LdStMatrixEltType::B16);
      }
    }
    NVVM::FenceProxyOp::create(
        b, NVVM::ProxyKind::async_shared,
        NVVM::SharedSpaceAttr::get(b.getContext(),
                                   NVVM::SharedSpace::shared_cta));
    groupBarrier();
    auto branch =
        scf::IfOp::create(b, TypeRange(), isIssuer, /*withElse=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    for (int64_t q = 0; q < count; ++q) {
      int64_t block = (start + q) / boxColumns,
              boxColumn = (start + q) % boxColumns;
      SmallVector<Value> at(offsets), coords; // innermost coordinate first
      at[rank - 1] = add(at[rank - 1], boxColumn * 64);
      at[rank - 2] = add(at[rank - 2], block * 64);
      for (AffineExpr expr : llvm::reverse(access.getResults()))
        coords.push_back(affine(expr, at, rank));
      NVVM::CpAsyncBulkTensorSharedCTAToGlobalOp::create(
          b, map, sharedPointer(add(staging, q * boxBytes)), coords, Value(),
          NVVM::TMAStoreMode::TILE, Value());
    }
    NVVM::CpAsyncBulkCommitGroupOp::create(b);
  }
  return success();
}
