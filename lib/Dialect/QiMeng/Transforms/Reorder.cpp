//===- Reorder.cpp - Macro action: reorder --------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Products.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "qimeng/Dialect/QiMeng/IR/Resources.h"
#include "qimeng/Dialect/QiMeng/TransformOps/QiMengTransformOps.h"
#include "qimeng/Support/Architecture.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace qimeng;

/// Rows of programs in a group, and bytes of padding in a row; more is of no
/// use. What the lowering adds to rows by itself.
static constexpr int64_t mostRaster = 1024, mostPad = 4096, usualPad = 16;

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// Loops that hold nothing but each other and addresses, outermost first.
using Nest = SmallVector<scf::ForOp>;

/// The loop that is all of `loop`'s body but operations on scalars, or null.
/// What `loop` carries is what the inner loop carries.
static scf::ForOp getOnlyInner(scf::ForOp loop) {
  scf::ForOp inner;
  for (Operation &op : loop.getBody()->without_terminator()) {
    if (auto found = dyn_cast<scf::ForOp>(op)) {
      if (inner)
        return nullptr;
      inner = found;
    } else if (!isPure(&op) || op.getNumRegions() != 0 ||
               llvm::any_of(op.getResultTypes(), [](Type type) {
                 return isa<RankedTensorType>(type);
               })) {
      return nullptr;
    }
  }
  if (!inner || !llvm::equal(inner.getInitArgs(), loop.getRegionIterArgs()) ||
      !llvm::equal(inner.getResults(), loop.getYieldedValues()))
    return nullptr;
  return inner;
}

/// The deepest nest of the kernel; the first of equally deep ones.
static Nest findNest(KernelOp kernel) {
  Nest best;
  kernel.walk<WalkOrder::PreOrder>([&](scf::ForOp loop) {
    Nest nest = {loop};
    while (scf::ForOp inner = getOnlyInner(nest.back()))
      nest.push_back(inner);
    if (nest.size() > best.size())
      best = nest;
  });
  return best;
}

/// Whether `yielded` adds to `carried` in a way that does not depend on order.
static bool accumulates(Value carried, Value yielded) {
  Operation *op = yielded.getDefiningOp();
  if (!op || !carried.hasOneUse() || *carried.user_begin() != op)
    return false;
  if (auto dot = dyn_cast<DotOp>(op))
    return dot.getAcc() == carried;
  return isa<arith::AddFOp, arith::MulFOp, arith::MaximumFOp, arith::MinimumFOp,
             arith::MaxNumFOp, arith::MinNumFOp, arith::AddIOp, arith::MulIOp,
             arith::MaxSIOp, arith::MaxUIOp, arith::MinSIOp, arith::MinUIOp,
             arith::AndIOp, arith::OrIOp, arith::XOrIOp>(op);
}

static LogicalResult checkLoops(ArrayRef<int64_t> order, KernelOp kernel,
                                std::string &why) {
  Nest nest = findNest(kernel);
  if (nest.size() < 2)
    return refuse(why, "the kernel has no loops that hold nothing but each "
                       "other");
  SmallVector<int64_t> sorted(order);
  llvm::sort(sorted);
  bool isPermutation = sorted.size() == nest.size();
  for (auto [expected, found] : llvm::enumerate(sorted))
    isPermutation &= static_cast<int64_t>(expected) == found;
  if (!isPermutation)
    return refuse(why, "'loops' must be a permutation of 0 to " +
                           Twine(nest.size() - 1) +
                           ", the loops that hold nothing but each other");
  for (scf::ForOp loop : nest)
    if (!getTripCount(loop))
      return refuse(why, "a loop does not count from 0 by 1 to a constant");
  scf::ForOp innermost = nest.back();
  for (auto [carried, yielded] :
       llvm::zip(innermost.getRegionIterArgs(), innermost.getYieldedValues()))
    if (!accumulates(carried, yielded))
      return refuse(why, "the loops carry a value that depends on their order");
  bool channels = false;
  innermost.getBody()->walk(
      [&](Operation *op) { channels |= isa<PutOp, TakeOp>(op); });
  if (channels)
    return refuse(why, "the loops put or take tiles; reorder them before stage "
                       "and pipeline");
  return success();
}

/// Loop i of the result is loop order[i] of the nest.
static void permuteLoops(ArrayRef<int64_t> order, KernelOp kernel,
                         RewriterBase &rewriter) {
  Nest nest = findNest(kernel);
  // What depends on a counter that moves inward moves with it.
  Operation *first = &nest.back().getBody()->front();
  for (scf::ForOp loop : ArrayRef(nest).drop_back())
    for (Operation &op :
         llvm::make_early_inc_range(loop.getBody()->without_terminator()))
      if (!isa<scf::ForOp>(op))
        rewriter.moveOpBefore(&op, first);
  SmallVector<Value> bounds;
  SmallVector<SmallVector<OpOperand *>> uses;
  for (scf::ForOp loop : nest) {
    bounds.push_back(loop.getUpperBound());
    uses.push_back(llvm::map_to_vector(loop.getInductionVar().getUses(),
                                       [](OpOperand &use) { return &use; }));
  }
  for (size_t place = 0; place < order.size(); ++place) {
    scf::ForOp loop = nest[place];
    int64_t number = order[place];
    rewriter.modifyOpInPlace(loop, [&] { loop.setUpperBound(bounds[number]); });
    for (OpOperand *use : uses[number])
      rewriter.modifyOpInPlace(use->getOwner(),
                               [&] { use->set(loop.getInductionVar()); });
  }
}

//===----------------------------------------------------------------------===//
// Layouts
//===----------------------------------------------------------------------===//

/// The tiles of the channels in shared memory, in program order.
static SmallVector<std::pair<ChannelOp, unsigned>> getTiles(KernelOp kernel) {
  SmallVector<std::pair<ChannelOp, unsigned>> tiles;
  for (ChannelOp channel : kernel.getBody().getOps<ChannelOp>())
    if (channel.getSpace() == MemorySpace::Shared)
      for (unsigned i = 0; i < channel.getType().getTiles().size(); ++i)
        tiles.push_back({channel, i});
  return tiles;
}

/// Where products read tile `number` of the channel as a factor.
static SmallVector<OpOperand *> getFactors(ChannelOp channel, unsigned number) {
  SmallVector<OpOperand *> factors;
  for (Operation *user : channel->getUsers())
    if (auto take = dyn_cast<TakeOp>(user))
      for (OpOperand &use : take.getTiles()[number].getUses())
        if (isa<DotOp>(use.getOwner()) && use.getOperandNumber() < 2)
          factors.push_back(&use);
  return factors;
}

static Mma getMma(OpOperand *factor) {
  return cast<DotOp>(factor->getOwner()).getMma();
}

/// The dimension of a factor that its product sums.
static int64_t getSummedDim(OpOperand *factor) {
  int64_t rank = cast<RankedTensorType>(factor->get().getType()).getRank();
  return factor->getOperandNumber() == 0 ? rank - 1 : rank - 2;
}

static bool feedsWgmma(ChannelOp channel) {
  for (unsigned i = 0; i < channel.getType().getTiles().size(); ++i)
    for (OpOperand *factor : getFactors(channel, i))
      if (getMma(factor) == Mma::Wgmma)
        return true;
  return false;
}

/// The dimension along which the tile is contiguous in shared memory where its
/// layout says `given`: that along which memory is, where it says none.
static int64_t resolveMajor(ChannelOp channel, unsigned number, int64_t given) {
  auto tile = cast<RankedTensorType>(channel.getType().getTiles()[number]);
  if (given >= 0)
    return given;
  int64_t major = -1;
  for (Operation *user : channel->getUsers())
    if (auto put = dyn_cast<PutOp>(user))
      if (auto load = put.getTiles()[number].getDefiningOp<LoadOp>())
        major = getContiguousDim(load.getSource());
  if (major < 0)
    major = tile.getRank() - 1;
  // A batch dimension of size 1 is no order for rows that wgmma reads.
  if (tile.getDimSize(major) == 1)
    for (OpOperand *factor : getFactors(channel, number))
      if (getMma(factor) == Mma::Wgmma)
        return getSummedDim(factor);
  return major;
}

static bool changesLayouts(ReorderOp op) {
  return !op.getSwizzle().empty() || !op.getPad().empty() ||
         !op.getMajor().empty();
}

/// Entry `index` of a list that has one entry for each tile or one for all.
static int64_t getEntry(ArrayRef<int64_t> list, unsigned index,
                        int64_t otherwise) {
  if (list.empty())
    return otherwise;
  return list.size() == 1 ? list.front() : list[index];
}

static LayoutAttr getOldLayout(ChannelOp channel, unsigned tile) {
  if (ArrayAttr layouts = channel.getLayoutsAttr())
    return cast<LayoutAttr>(layouts[tile]);
  return LayoutAttr::get(channel.getContext(), 0, 0, -1);
}

/// The entries that tile `index` of the kernel's channels gets.
static std::array<int64_t, 3> getEntries(ReorderOp op, LayoutAttr old,
                                         unsigned index) {
  return {
      getEntry(op.getSwizzle(), index,
               op.getPad().empty() ? old.getSwizzle() : 0),
      getEntry(op.getPad(), index, op.getSwizzle().empty() ? old.getPad() : 0),
      getEntry(op.getMajor(), index, old.getMajor())};
}

static void setLayouts(ReorderOp op, KernelOp kernel, RewriterBase &rewriter) {
  llvm::MapVector<Operation *, SmallVector<Attribute>> layouts;
  for (auto [index, pair] : llvm::enumerate(getTiles(kernel))) {
    auto [channel, number] = pair;
    auto [swizzle, pad, major] =
        getEntries(op, getOldLayout(channel, number), index);
    layouts[channel].push_back(
        LayoutAttr::get(kernel.getContext(), swizzle, pad, major));
  }
  for (auto &[channel, list] : layouts)
    rewriter.modifyOpInPlace(channel, [&, op = channel, &list = list] {
      cast<ChannelOp>(op).setLayoutsAttr(rewriter.getArrayAttr(list));
    });
}

static LogicalResult checkLayouts(ReorderOp op, KernelOp kernel,
                                  const Architecture *target,
                                  std::string &why) {
  auto tiles = getTiles(kernel);
  if (tiles.empty())
    return refuse(why, "the kernel has no channels whose layouts could be "
                       "chosen; stage, pipeline or specialize it first");
  for (auto [name, list] : {std::pair("swizzle", op.getSwizzle()),
                            {"pad", op.getPad()},
                            {"major", op.getMajor()}})
    if (list.size() > 1 && list.size() != tiles.size())
      return refuse(why, Twine("'") + name + "' must have one entry, or " +
                             Twine(tiles.size()) +
                             ", one for each tile of the channels; found " +
                             Twine(list.size()));
  for (auto [index, pair] : llvm::enumerate(tiles)) {
    auto [channel, number] = pair;
    auto tile = cast<RankedTensorType>(channel.getType().getTiles()[number]);
    auto [swizzle, pad, major] =
        getEntries(op, getOldLayout(channel, number), index);
    auto where = [&, i = index] { return " of tile " + std::to_string(i); };
    if (!llvm::is_contained({0, 32, 64, 128}, swizzle))
      return refuse(why, "the swizzle" + where() +
                             " must be 0, 32, 64 or 128 bytes, found " +
                             Twine(swizzle));
    if (pad < 0 || pad > mostPad || pad % 16 != 0)
      return refuse(why, "the pad" + where() +
                             " must be a multiple of 16 bytes, found " +
                             Twine(pad));
    if (pad != 0 && swizzle != 0)
      return refuse(why, "tile " + Twine(index) +
                             " cannot have both a swizzle and a pad");
    if (major < -1 || major >= tile.getRank())
      return refuse(why, "the major dimension" + where() +
                             " must be from 0 to " + Twine(tile.getRank() - 1) +
                             ", or -1 for the last; found " + Twine(major));
    if (tile.getRank() == 0)
      continue;
    int64_t dim = resolveMajor(channel, number, major);
    int64_t row = tile.getDimSize(dim) * tile.getElementTypeBitWidth() / 8;
    if (swizzle > row)
      return refuse(why, "the swizzle" + where() +
                             " is longer than its rows, " + "which have " +
                             Twine(row) + " bytes");
    if (feedsWgmma(channel) && swizzle == 0)
      return refuse(why, "wgmma reads tile " + Twine(index) +
                             ", which must have a swizzle then");
    for (OpOperand *factor : getFactors(channel, number))
      if (getMma(factor) == Mma::Wgmma && tile.getElementTypeBitWidth() != 16 &&
          dim != getSummedDim(factor))
        return refuse(why, "wgmma reads tile " + Twine(index) +
                               ", which must be contiguous along dimension " +
                               Twine(getSummedDim(factor)) +
                               " (K) then: only tiles of 16-bit types need "
                               "not be");
  }
  OwningOpRef<KernelOp> copy = kernel.clone();
  IRRewriter rewriter(kernel.getContext());
  setLayouts(op, *copy, rewriter);
  return checkShared(*copy, target, why);
}

//===----------------------------------------------------------------------===//
// The action
//===----------------------------------------------------------------------===//

static LogicalResult checkSchedule(ReorderOp op, KernelOp kernel,
                                   const Architecture *target,
                                   std::string &why) {
  if (int64_t raster = op.getRaster()) {
    if (raster < 0)
      return refuse(why,
                    "'raster' must not be negative, found " + Twine(raster));
    if (raster > 1 && kernel.getGrid()->size() < 2)
      return refuse(why, "'raster' groups programs along two grid dimensions, "
                         "and the grid has fewer");
    if (raster > 1 && raster > kernel.getGrid()->front() && raster > mostRaster)
      return refuse(why, "'raster' is at most " + Twine(mostRaster) +
                             ", found " + Twine(raster));
  }
  if (int64_t vector = op.getVector())
    if (vector < 0 || vector > 16 || !llvm::isPowerOf2_64(vector))
      return refuse(why, "'vector' must be 1, 2, 4, 8 or 16 bytes, found " +
                             Twine(vector));
  if (int64_t warps = op.getWarps()) {
    if (warps < 1 || warps > 32 || !llvm::isPowerOf2_64(warps))
      return refuse(why, "'warps' must be a power of two from 1 to 32, found " +
                             Twine(warps));
    if (kernel.isSpecialized())
      return refuse(why, "the kernel has roles, which have their warps; choose "
                         "'warps' before specialize");
    WalkResult walk = kernel.walk([&](DotOp dot) -> WalkResult {
      return checkInstruction(dot, dot.getMma(), dot.getPrecision(), warps,
                              target, why);
    });
    if (walk.wasInterrupted())
      return failure();
    OwningOpRef<KernelOp> copy = kernel.clone();
    ScheduleEntries schedule(*copy);
    schedule.warps = warps;
    schedule.assignTo(*copy);
    if (failed(checkRegisters(*copy, target, why)))
      return failure();
  }
  return success();
}

static ScheduleEntries getNewSchedule(ReorderOp op, KernelOp kernel) {
  ScheduleEntries schedule(kernel);
  for (auto [entry, value] : {std::pair(&schedule.raster, op.getRaster()),
                              {&schedule.vector, op.getVector()},
                              {&schedule.warps, op.getWarps()}})
    if (value != 0)
      *entry = value;
  return schedule;
}

LogicalResult ReorderOp::precondition(KernelOp kernel,
                                      const Architecture *target,
                                      std::string &why) {
  if (!kernel.isTiled())
    return refuse(why, "the kernel is not tiled; tile it first");
  if (failed(checkSchedule(*this, kernel, target, why)))
    return failure();
  if (!getLoops().empty() && failed(checkLoops(getLoops(), kernel, why)))
    return failure();
  if (changesLayouts(*this) && failed(checkLayouts(*this, kernel, target, why)))
    return failure();
  ScheduleEntries old(kernel), schedule = getNewSchedule(*this, kernel);
  bool changes = schedule.warps != old.warps || schedule.raster != old.raster ||
                 schedule.vector != old.vector || changesLayouts(*this) ||
                 !llvm::is_sorted(getLoops());
  if (!changes)
    return refuse(why, "it would change nothing; give 'raster', 'vector', "
                       "'warps', 'loops', 'swizzle', 'pad' or 'major'");
  return success();
}

LogicalResult ReorderOp::rewrite(KernelOp kernel, RewriterBase &rewriter,
                                 const Architecture *) {
  getNewSchedule(*this, kernel).assignTo(kernel);
  if (!getLoops().empty())
    permuteLoops(getLoops(), kernel, rewriter);
  if (changesLayouts(*this))
    setLayouts(*this, kernel, rewriter);
  return success();
}

//===----------------------------------------------------------------------===//
// Proposals
//===----------------------------------------------------------------------===//

static DictionaryAttr makeLists(
    Builder &builder,
    std::initializer_list<std::pair<StringRef, ArrayRef<int64_t>>> lists) {
  NamedAttrList parameters;
  for (auto [name, list] : lists)
    parameters.set(name, builder.getDenseI64ArrayAttr(list));
  return parameters.getDictionary(builder.getContext());
}

/// Neighbouring loops of the nest exchanged.
static void proposeLoops(KernelOp kernel, Builder &builder,
                         SmallVectorImpl<DictionaryAttr> &proposals) {
  int64_t depth = findNest(kernel).size();
  for (int64_t at = depth - 2; at >= 0; --at) {
    auto order = llvm::to_vector(llvm::seq<int64_t>(0, depth));
    std::swap(order[at], order[at + 1]);
    proposals.push_back(makeLists(builder, {{"loops", order}}));
  }
}

/// The longest swizzle that the rows of all tiles have room for, or 0.
static int64_t getLongestSwizzle(KernelOp kernel) {
  int64_t longest = 128;
  for (auto [channel, number] : getTiles(kernel)) {
    auto tile = cast<RankedTensorType>(channel.getType().getTiles()[number]);
    if (tile.getRank() == 0)
      return 0;
    int64_t major =
        resolveMajor(channel, number, getOldLayout(channel, number).getMajor());
    longest = std::min(longest, tile.getDimSize(major) *
                                    tile.getElementTypeBitWidth() / 8);
  }
  return longest < 32 ? 0 : longest;
}

/// The list `major` that has K contiguous where mma.sync reads tiles: its
/// fragments come by ldmatrix then. Tiles of 16 bits have that either way.
/// Nothing where no tile would change.
static std::optional<SmallVector<int64_t>> findMajors(KernelOp kernel) {
  SmallVector<int64_t> majors;
  bool changes = false;
  for (auto [channel, number] : getTiles(kernel)) {
    auto tile = cast<RankedTensorType>(channel.getType().getTiles()[number]);
    int64_t old = getOldLayout(channel, number).getMajor();
    majors.push_back(old);
    for (OpOperand *factor : getFactors(channel, number))
      if (getMma(factor) == Mma::MmaSync &&
          tile.getElementTypeBitWidth() != 16 &&
          resolveMajor(channel, number, old) != getSummedDim(factor)) {
        majors.back() = getSummedDim(factor);
        changes = true;
      }
  }
  if (!changes)
    return std::nullopt;
  return majors;
}

/// Other layouts for tiles that products read by shared loads. wgmma and bulk
/// copies want the longest swizzle, which the lowering gives them; all others
/// get a pad from it.
static void proposeLayouts(KernelOp kernel, Builder &builder,
                           SmallVectorImpl<DictionaryAttr> &proposals) {
  bool factors = false, given = false;
  int64_t now = 0;
  for (auto [channel, number] : getTiles(kernel)) {
    if (feedsWgmma(channel))
      return;
    factors |= !getFactors(channel, number).empty();
    given |= channel.getLayoutsAttr() != nullptr;
    now = std::max(now, getOldLayout(channel, number).getSwizzle());
  }
  if (!factors)
    return;
  int64_t longest = getLongestSwizzle(kernel);
  if (kernel.isSpecialized() && !given)
    now = longest;
  for (int64_t swizzle : {128, 64, 32})
    if (swizzle <= longest && 4 * swizzle > longest && swizzle != now)
      proposals.push_back(makeLists(builder, {{"swizzle", swizzle}}));
  // Bulk copies know neither pads nor transpositions.
  if (kernel.isSpecialized())
    return;
  if (given && now != 0)
    proposals.push_back(makeLists(builder, {{"pad", usualPad}}));
  if (auto majors = findMajors(kernel))
    proposals.push_back(
        makeLists(builder, {{"pad", usualPad}, {"major", *majors}}));
}

void ReorderOp::propose(KernelOp kernel, const Architecture &,
                        SmallVectorImpl<DictionaryAttr> &proposals) {
  if (!kernel.isTiled())
    return;
  Builder builder(kernel.getContext());
  auto add = [&](StringRef name, int64_t value) {
    NamedAttribute parameter(builder.getStringAttr(name),
                             builder.getI64IntegerAttr(value));
    proposals.push_back(builder.getDictionaryAttr(parameter));
  };
  ScheduleAttr schedule = kernel.getScheduleOrDefault();
  bool products = false;
  kernel.walk([&](DotOp) { products = true; });
  if (products && !kernel.getGrid()->empty())
    for (int64_t raster : {8, 4, 16, 2})
      // A group larger than the grid is legal, since recipes are checked at
      // small sizes, too; it only changes nothing.
      if (raster <= kernel.getGrid()->front())
        add("raster", raster);
  if (!products)
    for (int64_t vector : {8, 4, 16})
      if (vector != schedule.getVector())
        add("vector", vector);
  if (!kernel.isSpecialized())
    for (int64_t warps : {schedule.getWarps() * 2, schedule.getWarps() / 2})
      if (warps >= 1)
        add("warps", warps);
  proposeLoops(kernel, builder, proposals);
  proposeLayouts(kernel, builder, proposals);
}

LogicalResult ReorderOp::holds(KernelOp before, KernelOp after,
                               DictionaryAttr parameters, std::string &why) {
  ScheduleAttr schedule = after.getScheduleOrDefault();
  for (auto [name, found] : {std::pair("raster", schedule.getRaster()),
                             std::pair("vector", schedule.getVector()),
                             std::pair("warps", schedule.getWarps())})
    if (auto wanted = parameters.getAs<IntegerAttr>(name);
        wanted && wanted.getInt() != found)
      return refuse(why, "the schedule must have " + Twine(name) + " = " +
                             Twine(wanted.getInt()) + ", found " +
                             Twine(found));
  if (before && OperationEquivalence::isEquivalentTo(
                    before, after, OperationEquivalence::IgnoreLocations))
    return refuse(why, "@" + after.getSymName() + " is as it was");
  return success();
}
