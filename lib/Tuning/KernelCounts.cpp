//===- KernelCounts.cpp - What a kernel moves and computes ----------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "qimeng/Tuning/CostModel.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/TypeSwitch.h"
#include <algorithm>
#include <cmath>

using namespace mlir;

namespace qimeng {
namespace {

double elementBytes(Type type) {
  if (type.isIndex())
    return 4; // positions fit 32 bits; the lowering narrows them
  return std::max(1.0, type.getIntOrFloatBitWidth() / 8.0);
}

double elementsOf(Type type) {
  auto tile = dyn_cast<RankedTensorType>(type);
  return tile ? double(tile.getNumElements()) : 1.0;
}

double bytesOf(Type type) {
  return elementsOf(type) * elementBytes(getElementTypeOrSelf(type));
}

/// Trips of a loop with constant bounds; 1 where they are not.
double tripsOf(scf::ForOp loop) {
  APInt low, high, step;
  if (!matchPattern(loop.getLowerBound(), m_ConstantInt(&low)) ||
      !matchPattern(loop.getUpperBound(), m_ConstantInt(&high)) ||
      !matchPattern(loop.getStep(), m_ConstantInt(&step)) ||
      step.getSExtValue() <= 0)
    return 1;
  double span = double(high.getSExtValue() - low.getSExtValue());
  return std::max(0.0, std::ceil(span / step.getSExtValue()));
}

/// What a place in an operand depends on.
struct Dependences {
  llvm::SmallDenseSet<int64_t, 4> grid;
  llvm::SmallDenseSet<Operation *, 4> loops;
};

void collect(Value value, Dependences &found) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp()))
      found.loops.insert(loop);
    return;
  }
  Operation *op = value.getDefiningOp();
  if (auto id = dyn_cast<ProgramIdOp>(op)) {
    found.grid.insert(id.getDim());
    return;
  }
  for (Value operand : op->getOperands())
    collect(operand, found);
}

/// Instructions of one thread for one element, on the plain and on the special
/// pipe: what the NVPTX back end and libdevice emit for the op, roughly.
struct OpCost {
  double lane = 1, special = 0, flops = 1;
};

OpCost costOf(Operation *op) {
  Type type = op->getNumResults()
                  ? getElementTypeOrSelf(op->getResult(0).getType())
                  : Type();
  return llvm::TypeSwitch<Operation *, OpCost>(op)
      .Case<math::ExpOp>([](auto) { return OpCost{3, 1, 1}; })
      .Case<math::Exp2Op>([](auto) { return OpCost{2, 1, 1}; })
      .Case<math::LogOp, math::Log2Op, math::Log10Op, math::Log1pOp>(
          [](auto) { return OpCost{10, 1, 1}; })
      .Case<math::ExpM1Op>([](auto) { return OpCost{14, 1, 1}; })
      .Case<math::TanhOp>([](auto) { return OpCost{9, 2, 1}; })
      .Case<math::ErfOp>([](auto) { return OpCost{20, 1, 1}; })
      .Case<math::ErfcOp>([](auto) { return OpCost{28, 2, 1}; })
      .Case<math::SinOp, math::CosOp, math::TanOp>(
          [](auto) { return OpCost{22, 0, 1}; })
      .Case<math::PowFOp>([](auto) { return OpCost{45, 3, 1}; })
      .Case<math::SqrtOp>([](auto) { return OpCost{6, 1, 1}; })
      .Case<math::RsqrtOp>([](auto) { return OpCost{2, 1, 1}; })
      .Case<math::AbsFOp, math::CopySignOp, math::FmaOp>(
          [](auto) { return OpCost{1, 0, 1}; })
      .Case<arith::DivFOp>([](auto) { return OpCost{8, 1, 1}; })
      .Case<arith::RemFOp>([](auto) { return OpCost{30, 1, 1}; })
      .Case<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp>(
          [](auto) { return OpCost{24, 1, 0}; })
      .Case<arith::ExtFOp>([](auto) { return OpCost{0.5, 0, 0}; })
      .Case<arith::TruncFOp>([](auto) { return OpCost{0.5, 0, 0}; })
      .Case<arith::CmpFOp, arith::SelectOp, arith::CmpIOp>(
          [](auto) { return OpCost{1, 0, 0}; })
      .Case<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::NegFOp,
            arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp,
            arith::MinNumFOp>([](auto) { return OpCost{1, 0, 1}; })
      .Default([&](Operation *) {
        if (op->getName().getDialectNamespace() == "math")
          return OpCost{25, 1, type && isa<FloatType>(type) ? 1.0 : 0.0};
        return OpCost{type && type.isInteger(64) ? 4.0 : 1.0, 0, 0};
      });
}

class Counter {
public:
  explicit Counter(KernelOp kernel) : kernel(kernel) {}
  KernelCounts run();

private:
  void walk(Block &block, double trips, double threads);
  void visit(Operation *op, double trips, double threads);
  void memory(Value source, ValueRange offsets, Type tile, bool write,
              bool viaChannel, double trips, Operation *op);
  void dot(DotOp op, double trips, double threads);
  void combine(Type input, double perElement, Type result, double trips,
               double threads);
  void countOperands();
  double liveRegisters(Block &block);
  double registersOf(Value value) const;
  bool isSharedOnly(Value value) const;

  KernelOp kernel;
  KernelCounts counts;
  /// Shared memory that lives only during one op (operands of products and
  /// reductions that no channel holds).
  double scratch = 0;
};

/// Whether the value never passes registers: it goes from memory to a channel,
/// or from a channel to products.
bool Counter::isSharedOnly(Value value) const {
  Operation *op = value.getDefiningOp();
  if (isa_and_nonnull<LoadOp>(op))
    return llvm::all_of(value.getUsers(),
                        [](Operation *user) { return isa<PutOp>(user); });
  if (isa_and_nonnull<TakeOp>(op))
    return llvm::all_of(value.getUsers(), [](Operation *user) {
      return isa<DotOp>(user) || isa<ReleaseOp>(user);
    });
  return false;
}

double Counter::registersOf(Value value) const {
  auto tile = dyn_cast<RankedTensorType>(value.getType());
  if (!tile)
    return isa<IndexType>(value.getType()) ? 1 : 0;
  Operation *op = value.getDefiningOp();
  if (op && (op->hasTrait<OpTrait::ConstantLike>() || isa<IotaOp>(op) ||
             isa<BroadcastOp>(op) || isSharedOnly(value)))
    return 0;
  if (tile.getElementType().isInteger(1))
    return 1;
  double words = std::max(0.5, elementBytes(tile.getElementType()) / 4);
  return std::ceil(std::max(1.0, tile.getNumElements() * words /
                                     double(counts.computeThreads)));
}

/// The most registers that tiles defined in `block` (and below) hold at once.
double Counter::liveRegisters(Block &block) {
  llvm::DenseMap<Value, Operation *> lastUse;
  auto note = [&](Value value, Operation *user) {
    if (value.getParentBlock() == &block)
      if (Operation *at = block.findAncestorOpInBlock(*user))
        lastUse[value] = at;
  };
  for (Operation &op : block)
    op.walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        note(operand, inner);
    });
  double live = 0, most = 0;
  llvm::DenseMap<Operation *, double> freed;
  for (auto &[value, op] : lastUse)
    freed[op] += registersOf(value);
  for (BlockArgument argument : block.getArguments())
    if (lastUse.count(argument))
      live += registersOf(argument);
  for (Operation &op : block) {
    double inner = 0;
    for (Region &region : op.getRegions())
      for (Block &nested : region)
        inner = std::max(inner, liveRegisters(nested));
    if (isa<scf::ForOp>(op))
      // The initial values become the loop's own.
      most = std::max(most, live - freed.lookup(&op) + inner);
    else
      most = std::max(most, live + inner);
    // Results take the place of operands that die here.
    live -= freed.lookup(&op);
    for (Value result : op.getResults())
      if (lastUse.count(result))
        live += registersOf(result);
    most = std::max(most, live);
  }
  return most;
}

void Counter::memory(Value source, ValueRange offsets, Type tile, bool write,
                     bool viaChannel, double trips, Operation *op) {
  Access access = getAccess(source);
  auto type = cast<RankedTensorType>(tile);
  ArrayRef<int64_t> shape = type.getShape();
  ArrayRef<int64_t> extents = getSourceShape(source);
  double size = elementBytes(type.getElementType());

  MemoryTraffic traffic;
  traffic.operand = cast<BlockArgument>(access.operand).getArgNumber();
  traffic.write = write;
  traffic.viaChannel = viaChannel;
  traffic.executions = trips;
  double inside = size;
  for (auto [t, n] : llvm::zip_equal(shape, extents)) {
    // Over all tiles of the dimension; a tile of at least the extent is one.
    double tiles = std::ceil(double(n) / t);
    inside *= double(n) / tiles;
  }
  traffic.bytes = inside;

  Dependences found;
  for (Value offset : offsets)
    collect(offset, found);
  traffic.gridDims.assign(counts.grid.size(), false);
  for (int64_t dim : found.grid)
    if (size_t(dim) < counts.grid.size())
      traffic.gridDims[dim] = true;
  double distinct = 1;
  for (Operation *loop : found.loops)
    distinct *= tripsOf(cast<scf::ForOp>(loop));
  traffic.distinct = std::min(trips, distinct);

  // How far neighbours run on in memory.
  auto memref = cast<MemRefType>(access.operand.getType());
  double run = 1;
  bool strided = false;
  if (memref.getRank() && access.map.getNumResults()) {
    AffineExpr last = access.map.getResult(memref.getRank() - 1);
    strided = true;
    for (unsigned dim = 0; dim < shape.size(); ++dim) {
      AffineExpr at = getAffineDimExpr(dim, type.getContext());
      if (last == at || (last.isFunctionOfDim(dim) &&
                         !isa<AffineDimExpr>(last) && last.isPureAffine())) {
        // A collapsed index runs on only as far as its coefficient is one; the
        // bare dimension is by far the commonest.
        strided = false;
        run = std::max(run, double(std::min(shape[dim], extents[dim])));
        if (last == at && shape[dim] >= memref.getShape().back())
          for (int64_t outer = memref.getRank() - 2; outer >= 0; --outer) {
            auto dimension =
                dyn_cast<AffineDimExpr>(access.map.getResult(outer));
            if (!dimension)
              break;
            int64_t rows = shape[dimension.getPosition()];
            run *= std::min(rows, memref.getShape()[outer]);
            if (rows < memref.getShape()[outer])
              break;
          }
      }
    }
  }
  double runBytes = run * size;
  traffic.sectorEfficiency =
      strided ? size / 32.0 : runBytes / (std::ceil(runBytes / 32.0) * 32.0);
  // A row that is no multiple of a vector breaks alignment.
  double vector = std::min(16.0, double(counts.schedule.getVector()));
  double rowBytes = memref.getRank() ? memref.getShape().back() * size : size;
  while (vector > size && (runBytes < vector || std::fmod(rowBytes, vector)))
    vector /= 2;
  traffic.vectorBytes = strided ? size : vector;
  counts.traffic.push_back(traffic);

  if (!viaChannel) {
    double accesses = elementsOf(tile) * size / traffic.vectorBytes;
    counts.laneOps += trips * accesses * 2;
    // Masks are computed for every vector.
    bool masked = isa<LoadOp>(op) ? cast<LoadOp>(op).getMasked()
                                  : cast<StoreOp>(op).getMasked();
    if (masked)
      counts.laneOps += trips * accesses * 2;
  }
  if (write)
    counts.coverage =
        std::min(counts.coverage, inside / std::max(1.0, bytesOf(tile)));
}

void Counter::dot(DotOp op, double trips, double threads) {
  auto lhs = cast<RankedTensorType>(op.getLhs().getType());
  auto result = cast<RankedTensorType>(op.getType());
  double m = result.getDimSize(result.getRank() - 2);
  double n = result.getDimSize(result.getRank() - 1);
  double k = lhs.getShape().back();
  double batch = result.getNumElements() / (m * n);
  Type type = lhs.getElementType();
  double size = elementBytes(type);
  double flops = 2 * batch * m * n * k * trips;
  counts.dotFlops += flops;
  bool tf32 = op.getPrecision() == Precision::Tf32 && type.isF32();
  std::string precision = tf32                     ? "tf32"
                          : type.isBF16()          ? "bf16"
                          : type.isF16()           ? "f16"
                          : type.isF64()           ? "f64"
                          : type.isInteger(8)      ? "i8"
                          : isa<IntegerType>(type) ? "i32"
                                                   : "f32";
  if (counts.precision.empty())
    counts.precision = precision;
  double warps = std::max(1.0, threads / 32);
  auto operandBytes = [&](Value value) {
    return isa_and_nonnull<TakeOp>(value.getDefiningOp())
               ? 0
               : bytesOf(value.getType());
  };
  double unstaged = operandBytes(op.getLhs()) + operandBytes(op.getRhs());
  switch (op.getMma()) {
  case Mma::Wgmma: {
    (size == 2 ? counts.wgmma16
     : tf32    ? counts.wgmmaTf32
               : counts.wgmma8) += flops;
    // Every warpgroup's m64nN instruction reads its rows and all columns.
    counts.sharedTraffic += trips * batch * (m / 64) * (64 + n) * k * size;
    scratch = std::max(scratch, unstaged);
    break;
  }
  case Mma::MmaSync: {
    (size == 2 ? counts.mma16 : tf32 ? counts.mmaTf32 : counts.mma8) += flops;
    // Warps in a grid of about the tile's proportions; each reads its rows and
    // its columns.
    double rowWarps =
        std::clamp(std::round(std::sqrt(warps * m / n)), 1.0, warps);
    double columnWarps = std::max(1.0, warps / rowWarps);
    counts.sharedTraffic +=
        trips * batch * k * size * (m * columnWarps + n * rowWarps);
    counts.laneOps += flops / (2 * 16 * 8 * 16) * 32 * 1.5; // ldmatrix and mma
    scratch = std::max(scratch, unstaged);
    break;
  }
  case Mma::Fma: {
    double patch = std::clamp(m * n * batch / threads, 1.0, 64.0);
    double side = std::sqrt(patch);
    if (type.isF64() || result.getElementType().isF64())
      counts.fp64Ops += flops / 2;
    else
      counts.laneOps += flops / 2;
    // Operands of a patch, widened; half of the words are broadcast in a warp.
    double words = flops / 2 / patch * 2 * side;
    counts.laneOps += words * (size < 4 ? 1.5 : 1.0);
    counts.sharedTraffic += words * size / 2;
    scratch = std::max(scratch, unstaged);
    break;
  }
  }
  if (unstaged > 0) {
    counts.sharedTraffic += trips * unstaged;
    counts.barriers += 2 * trips;
  }
}

/// Combining along axes: elements within a thread, lanes by shuffles, and warps
/// through shared memory.
void Counter::combine(Type input, double perElement, Type result, double trips,
                      double threads) {
  double elements = elementsOf(input), results = elementsOf(result);
  (getElementTypeOrSelf(input).isF64() ? counts.fp64Ops : counts.laneOps) +=
      trips * elements * perElement;
  if (isa<FloatType>(getElementTypeOrSelf(input)))
    counts.elementwiseFlops += trips * elements;
  double lanes = std::min(32.0, std::max(1.0, elements / results));
  double perThread = std::max(1.0, results * lanes / threads);
  double rounds = std::log2(lanes);
  counts.shuffles += trips * rounds * perThread;
  counts.laneOps += trips * rounds * perThread * threads * 2;
  if (elements / results > 32 && threads > 32) {
    counts.barriers += 2 * trips;
    counts.sharedTraffic += trips * threads / 32 * results * 8;
    scratch = std::max(scratch, threads / 32 * results * 4);
  }
}

void Counter::visit(Operation *op, double trips, double threads) {
  if (auto load = dyn_cast<LoadOp>(op)) {
    if (auto type = dyn_cast<RankedTensorType>(load.getType()))
      memory(load.getSource(), load.getOffsets(), type, false,
             isSharedOnly(load.getResult()), trips, op);
    return;
  }
  if (auto store = dyn_cast<StoreOp>(op)) {
    if (auto type = dyn_cast<RankedTensorType>(store.getValue().getType()))
      memory(store.getTarget(), store.getOffsets(), type, true, false, trips,
             op);
    return;
  }
  if (auto gather = dyn_cast<GatherOp>(op)) {
    MemoryTraffic traffic;
    traffic.operand = cast<BlockArgument>(getAccess(gather.getSource()).operand)
                          .getArgNumber();
    traffic.bytes = bytesOf(gather.getType());
    traffic.executions = traffic.distinct = trips;
    traffic.gridDims.assign(counts.grid.size(), true);
    // Neighbouring elements often are neighbours in memory, but none is known
    // to.
    traffic.sectorEfficiency = 0.5;
    traffic.vectorBytes = elementBytes(getElementTypeOrSelf(gather.getType()));
    counts.traffic.push_back(traffic);
    counts.laneOps += trips * elementsOf(gather.getType()) * 8;
    return;
  }
  if (auto product = dyn_cast<DotOp>(op))
    return dot(product, trips, threads);
  if (auto reduce = dyn_cast<ReduceOp>(op))
    return combine(reduce.getInput().getType(), 1, reduce.getType(), trips,
                   threads);
  if (auto fold = dyn_cast<FoldOp>(op)) {
    double lane = 0;
    for (Operation &inner : fold.getBody().front()) {
      OpCost cost = costOf(&inner);
      lane += cost.lane + 8 * cost.special;
    }
    if (!fold.getInputs().empty())
      combine(fold.getInputs().front().getType(), lane,
              fold.getInits().front().getType(), trips, threads);
    return;
  }
  if (auto scan = dyn_cast<ScanOp>(op)) {
    auto type = cast<RankedTensorType>(scan.getType());
    double length = type.getDimSize(scan.getAxis());
    counts.laneOps += trips * elementsOf(type) *
                      (2 + std::log2(std::max(2.0, std::min(32.0, length))));
    counts.sharedTraffic += trips * 2 * bytesOf(type);
    counts.barriers += 3 * trips;
    scratch = std::max(scratch, bytesOf(type));
    return;
  }
  if (auto transpose = dyn_cast<TransposeOp>(op)) {
    counts.sharedTraffic += trips * 2 * bytesOf(transpose.getType());
    counts.barriers += 2 * trips;
    scratch = std::max(scratch, bytesOf(transpose.getType()));
    return;
  }
  if (auto put = dyn_cast<PutOp>(op)) {
    for (Value tile : put.getTiles()) {
      bool copied = isSharedOnly(tile);
      counts.sharedTraffic += trips * bytesOf(tile.getType());
      if (copied) // 16-byte copies, or one thread's bulk copy
        counts.laneOps += trips * bytesOf(tile.getType()) / 16;
      else
        counts.laneOps += trips * bytesOf(tile.getType()) / 8;
    }
    counts.barriers += trips;
    return;
  }
  if (auto take = dyn_cast<TakeOp>(op)) {
    for (Value tile : take.getTiles())
      if (!isSharedOnly(tile)) {
        counts.sharedTraffic += trips * bytesOf(tile.getType());
        counts.laneOps += trips * bytesOf(tile.getType()) / 8;
      }
    counts.barriers += trips;
    return;
  }
  if (auto channel = dyn_cast<ChannelOp>(op)) {
    if (channel.getSpace() == MemorySpace::Shared)
      for (Type tile : cast<ChannelType>(channel.getType()).getTiles())
        counts.sharedBytes += int64_t(bytesOf(tile)) * channel.getStages();
    int64_t stages = channel.getStages();
    counts.stages = counts.stages ? std::min(counts.stages, stages) : stages;
    return;
  }
  if (!isElementwise(op) || !op->getNumResults() ||
      op->hasTrait<OpTrait::ConstantLike>())
    return;
  auto tile = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  if (!tile)
    return;
  OpCost cost = costOf(op);
  // The same value in every row is computed once a row.
  double elements = double(tile.getNumElements());
  bool wide = tile.getElementType().isF64() ||
              (op->getNumOperands() &&
               getElementTypeOrSelf(op->getOperand(0).getType()).isF64());
  if (wide)
    counts.fp64Ops += trips * elements * (cost.lane + 4 * cost.special);
  else
    counts.laneOps += trips * elements * cost.lane;
  counts.specialOps += trips * elements * cost.special;
  counts.elementwiseFlops += trips * elements * cost.flops;
}

void Counter::walk(Block &block, double trips, double threads) {
  double requested = 0;
  for (Operation &op : block) {
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      walk(*loop.getBody(), trips * tripsOf(loop), threads);
      continue;
    }
    if (auto branch = dyn_cast<scf::IfOp>(op)) {
      // The guards of pipelines hold but for the last iterations.
      for (Region *region : {&branch.getThenRegion(), &branch.getElseRegion()})
        for (Block &nested : *region)
          walk(nested, trips, threads);
      continue;
    }
    if (auto role = dyn_cast<RoleOp>(op)) {
      walk(role.getBody().front(), trips, double(role.getWarps()) * 32);
      continue;
    }
    visit(&op, trips, threads);
    if (auto load = dyn_cast<LoadOp>(op))
      if (!isSharedOnly(load.getResult()) && trips > 0)
        requested += counts.traffic.empty() ? 0 : counts.traffic.back().bytes;
  }
  counts.bytesInFlight = std::max(counts.bytesInFlight, requested);
}

void Counter::countOperands() {
  for (BlockArgument argument : kernel.getOperandArguments()) {
    auto type = cast<MemRefType>(argument.getType());
    double whole =
        double(type.getNumElements()) * elementBytes(type.getElementType());
    // An operand of which only a slice is read or written counts that slice.
    double touched = 0;
    for (const MemoryTraffic &traffic : counts.traffic) {
      if (traffic.operand != argument.getArgNumber())
        continue;
      double places = traffic.distinct;
      for (auto [dim, size] : llvm::enumerate(counts.grid))
        if (traffic.gridDims[dim])
          places *= double(size);
      touched += places * traffic.bytes;
    }
    counts.compulsoryBytes += std::min(whole, touched);
  }
}

KernelCounts Counter::run() {
  counts.tiled = kernel.isTiled();
  if (DenseI64ArrayAttr grid = kernel.getGridAttr())
    counts.grid.assign(grid.asArrayRef().begin(), grid.asArrayRef().end());
  if (counts.grid.empty())
    counts.grid = {1};
  counts.programs = kernel.getNumPrograms();
  counts.schedule = kernel.getScheduleOrDefault();
  counts.specialized = kernel.isSpecialized();
  counts.threads = counts.computeThreads = counts.schedule.getWarps() * 32;
  if (counts.specialized) {
    counts.threads = counts.computeThreads = 0;
    for (RoleOp role : kernel.getBody().front().getOps<RoleOp>()) {
      counts.threads += role.getWarps() * 32;
      if (role.getKind() == RoleKind::Consumer)
        counts.computeThreads += role.getWarps() * 32;
    }
    counts.computeThreads = std::max<int64_t>(32, counts.computeThreads);
  }

  walk(kernel.getBody().front(), 1, double(counts.computeThreads));
  countOperands();
  // Slots on their way, in a channel that is kept full.
  if (counts.stages) {
    double slots =
        counts.specialized ? double(counts.stages) : double(counts.stages - 1);
    counts.bytesInFlight =
        std::max(counts.bytesInFlight,
                 double(counts.sharedBytes) * slots / double(counts.stages));
  }
  counts.sharedBytes += int64_t(scratch);

  int64_t asked = 0;
  for (RoleOp role : kernel.getBody().front().getOps<RoleOp>())
    if (role.getKind() == RoleKind::Consumer)
      asked = std::max<int64_t>(asked, role.getRegisters());
  // Addresses, loop counters and masks.
  int64_t estimated = int64_t(liveRegisters(kernel.getBody().front())) + 28;
  counts.registers = asked ? std::max(asked, estimated) : estimated;
  if (counts.precision.empty()) {
    counts.precision = "f32";
    if (counts.fp64Ops > 0)
      counts.precision = "f64";
    else if (counts.elementwiseFlops == 0)
      for (BlockArgument argument : kernel.getOperandArguments())
        if (kernel.isOutput(argument)) {
          llvm::raw_string_ostream(counts.precision = "")
              << cast<MemRefType>(argument.getType()).getElementType();
          break;
        }
  }
  return counts;
}

} // namespace

KernelCounts countKernel(KernelOp kernel) { return Counter(kernel).run(); }

} // namespace qimeng
