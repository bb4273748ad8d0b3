//===- Plan.cpp - In which layouts tiles are wanted -----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Plan.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace qimeng;
using namespace qimeng::gpu;

/// How firmly a layout is given: when operands of an element-wise op differ,
/// the firmest wins and the others follow.
/// Tiles of at most this many elements are loaded again rather than exchanged.
static constexpr int64_t smallTile = 4096;

enum Strength { Flexible = 0, Loaded = 1, Computed = 2, Product = 3 };

static RankedTensorType tileType(Value value) {
  return dyn_cast<RankedTensorType>(value.getType());
}

static int64_t elementBytes(Type element) {
  return element.isIndex() ? 8
                           : std::max(1u, element.getIntOrFloatBitWidth() / 8);
}

bool Plan::feedsPut(LoadOp load) {
  return load->hasOneUse() && isa<PutOp>(*load->user_begin());
}

int Plan::contiguousDim(Value source) {
  Access access = getAccess(source);
  int rank = access.map.getNumDims();
  if (access.map.getNumResults() == 0)
    return rank - 1;
  AffineExpr last = access.map.getResult(access.map.getNumResults() - 1);
  // The dimension that moves the last index by one, and no other index.
  for (int dim = rank - 1; dim >= 0; --dim) {
    bool elsewhere = false;
    for (AffineExpr expr : access.map.getResults().drop_back())
      elsewhere |= expr.isFunctionOfDim(dim);
    if (elsewhere || !last.isFunctionOfDim(dim))
      continue;
    AffineExpr rest = last - getAffineDimExpr(dim, source.getContext());
    if (!simplifyAffineExpr(rest, rank, 0).isFunctionOfDim(dim) &&
        last.isPureAffine())
      return dim;
  }
  return rank - 1;
}

/// Whether the second factor of a product comes through a channel in which
/// elements along K are neighbours. Lanes then read neighbouring columns, as
/// columns four apart meet in the same banks.
static bool isContiguousAlongK(Value rhs) {
  auto take = rhs.getDefiningOp<TakeOp>();
  if (!take)
    return false;
  unsigned index = cast<OpResult>(rhs).getResultNumber();
  for (Operation *user : take.getChannel().getUsers())
    if (auto put = dyn_cast<PutOp>(user))
      if (auto load = put.getTiles()[index].getDefiningOp<LoadOp>())
        return Plan::contiguousDim(load.getSource()) ==
               tileType(rhs).getRank() - 2;
  return false;
}

Plan::Plan(KernelOp kernel) : kernel(kernel) {
  // One vector length per tile size, from its widest access, so that tiles of
  // one size meet in one layout whatever their element types.
  int64_t bytes = kernel.getScheduleOrDefault().getVector();
  kernel.walk([&](Operation *op) {
    Value tile;
    if (auto load = dyn_cast<LoadOp>(op); load && !feedsPut(load))
      tile = load.getResult();
    else if (auto store = dyn_cast<StoreOp>(op))
      tile = store.getValue();
    else
      return;
    RankedTensorType type = tileType(tile);
    int64_t vector =
        std::max<int64_t>(1, bytes / elementBytes(type.getElementType()));
    int64_t perThread =
        std::max<int64_t>(1, type.getNumElements() >> threadBits(op));
    int64_t &length =
        vectors.try_emplace(type.getNumElements(), 1).first->second;
    length = std::max(length, std::min({vector, perThread, int64_t(8)}));
  });
  // Loop-carried tiles take the layout of what the body yields, which is known
  // only after a first pass over it.
  for (int round = 0; round < 2; ++round)
    forward(kernel.getBody().front());
  // Likewise a loop's first pass does not know yet what its body wants of tiles
  // that are carried around.
  backward(kernel.getBody().front());
}

int Plan::threadBits(Operation *op) {
  if (auto role = op->getParentOfType<RoleOp>())
    return 5 + log2Of(role.getWarps());
  // What stands before the roles runs in those that use it.
  for (Operation *user : op->getUsers())
    if (auto role = user->getParentOfType<RoleOp>())
      return 5 + log2Of(role.getWarps());
    else if (kernel.isSpecialized() && user != op && !isa<ChannelOp>(op))
      return threadBits(user);
  return 5 + log2Of(kernel.getScheduleOrDefault().getWarps());
}

Layout Plan::blocked(ArrayRef<int64_t> shape, int fastest, int threadBits) {
  SmallVector<int> order;
  int rank = shape.size();
  if (rank > 0)
    order.push_back(fastest);
  for (int dim = rank - 1; dim >= 0; --dim)
    if (dim != fastest)
      order.push_back(dim);
  int64_t elements = 1;
  for (int64_t size : shape)
    elements *= size;
  auto known = vectors.find(elements);
  int64_t vector = known != vectors.end() ? known->second : 1;
  vector = std::min(vector, std::max<int64_t>(1, elements >> threadBits));
  return Layout::blocked(shape, order, vector, threadBits);
}

void Plan::setNatural(Value tile, const Layout &layout, int strength) {
  naturals[tile] = layout;
  strengths[tile] = strength;
}

bool Plan::isFlexible(Value tile) {
  auto found = strengths.find(tile);
  return found == strengths.end() || found->second == Flexible;
}

Layout Plan::natural(Value tile) {
  Layout &layout = naturals[tile];
  if (layout.empty()) {
    Operation *op = tile.getDefiningOp();
    if (!op)
      op = cast<BlockArgument>(tile).getOwner()->getParentOp();
    ArrayRef<int64_t> shape = tileType(tile).getShape();
    layout = blocked(shape, shape.size() - 1, threadBits(op));
  }
  return layout;
}

Layout Plan::storeLayout(StoreOp op) {
  ArrayRef<int64_t> shape = tileType(op.getValue()).getShape();
  int fastest = contiguousDim(op.getTarget());
  int bits = threadBits(op);
  Layout wide = blocked(shape, fastest, bits);
  if (isFlexible(op.getValue()))
    return wide;
  Layout own = natural(op.getValue());
  // Write from where the elements are when neighbouring lanes write
  // neighbouring elements; else a pass through shared memory pays.
  if (shape.empty() || strengths[op.getValue()] == Product)
    return own;
  int reach = own.contiguousRegBits(fastest);
  bool lanesFollow = own.thread[0].dim == fastest || own.thread[0].dim < 0 ||
                     shape[fastest] == (int64_t(1) << reach);
  return lanesFollow ? own : wide;
}

void Plan::forward(Block &block) {
  for (Operation &op : block) {
    int bits = threadBits(&op);
    if (auto load = dyn_cast<LoadOp>(op)) {
      setNatural(load,
                 blocked(load.getType().getShape(),
                         contiguousDim(load.getSource()), bits),
                 Loaded);
      continue;
    }
    if (auto take = dyn_cast<TakeOp>(op)) {
      for (Value tile : take.getTiles())
        setNatural(tile,
                   blocked(tileType(tile).getShape(),
                           tileType(tile).getRank() - 1, bits),
                   Loaded);
      continue;
    }
    if (auto dot = dyn_cast<DotOp>(op)) {
      ArrayRef<int64_t> shape = dot.getType().getShape();
      Layout layout =
          dot.getMma() == Mma::MmaSync ? Layout::mmaAccumulator(shape, bits)
          : dot.getMma() == Mma::Wgmma
              ? Layout::wgmmaAccumulator(shape, bits)
              : Layout::patches(shape, bits, isContiguousAlongK(dot.getRhs()));
      setNatural(dot, layout, Product);
      continue;
    }
    if (auto reduce = dyn_cast<ReduceOp>(op)) {
      setNatural(reduce,
                 natural(reduce.getInput()).withoutAxes(reduce.getAxes()),
                 Computed);
      continue;
    }
    if (auto scan = dyn_cast<ScanOp>(op)) {
      setNatural(scan, natural(scan.getInput()), Computed);
      continue;
    }
    if (auto fold = dyn_cast<FoldOp>(op)) {
      for (Value result : fold.getResults()) {
        ArrayRef<int64_t> shape = tileType(result).getShape();
        Value input = fold.getInputs().front();
        setNatural(result,
                   fold.getAxes().empty()
                       ? natural(input)
                       : blocked(shape, int(shape.size()) - 1, bits),
                   Computed);
      }
      continue;
    }
    if (auto transpose = dyn_cast<TransposeOp>(op)) {
      if (!isFlexible(transpose.getInput()))
        setNatural(
            transpose,
            natural(transpose.getInput()).permuted(transpose.getPermutation()),
            strengths[transpose.getInput()]);
      continue;
    }
    if (auto gather = dyn_cast<GatherOp>(op)) {
      ArrayRef<int64_t> shape = gather.getType().getShape();
      setNatural(gather, blocked(shape, int(shape.size()) - 1, bits), Loaded);
      continue;
    }
    if (isElementwise(&op)) {
      Value firmest;
      for (Value operand : op.getOperands())
        if (tileType(operand) && !isFlexible(operand) &&
            (!firmest || strengths[operand] > strengths[firmest]))
          firmest = operand;
      if (firmest)
        setNatural(op.getResult(0), natural(firmest), strengths[firmest]);
      continue;
    }
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      for (auto [init, argument] :
           llvm::zip(loop.getInitArgs(), loop.getRegionIterArgs()))
        if (tileType(init) && isFlexible(argument) && !isFlexible(init))
          setNatural(argument, natural(init), strengths[init]);
      forward(*loop.getBody());
      for (auto [argument, yielded, result] :
           llvm::zip(loop.getRegionIterArgs(), loop.getYieldedValues(),
                     loop.getResults())) {
        if (!tileType(result))
          continue;
        Value source =
            !isFlexible(yielded) && (isFlexible(argument) ||
                                     strengths[yielded] >= strengths[argument])
                ? yielded
                : Value(argument);
        Layout layout = natural(source);
        int strength = std::max<int>(strengths[source], Computed);
        setNatural(argument, layout, strength);
        setNatural(result, layout, strength);
      }
      continue;
    }
    for (Region &region : op.getRegions())
      if (!isa<FoldOp>(op))
        for (Block &inner : region)
          forward(inner);
    if (auto branch = dyn_cast<scf::IfOp>(op))
      for (auto [index, result] : llvm::enumerate(branch.getResults()))
        if (tileType(result))
          setNatural(result, natural(branch.thenYield()->getOperand(index)),
                     Computed);
  }
}

Layout Plan::operandLayout(Operation *op, unsigned index,
                           const Layout &result) {
  Value operand = op->getOperand(index);
  if (isElementwise(op))
    return result;
  if (isa<ReduceOp, ScanOp>(op))
    return natural(operand);
  if (isa<FoldOp>(op)) {
    auto fold = cast<FoldOp>(op);
    if (fold.getAxes().empty())
      return natural(fold.getResult(0));
    return index < fold.getInputs().size()
               ? natural(operand)
               : natural(fold.getResult(index - fold.getInputs().size()));
  }
  if (auto broadcast = dyn_cast<BroadcastOp>(op))
    return result.withoutAxes(broadcast.getAxes());
  if (auto transpose = dyn_cast<TransposeOp>(op)) {
    SmallVector<int64_t> inverse(transpose.getPermutation().size());
    for (auto [i, dim] : llvm::enumerate(transpose.getPermutation()))
      inverse[dim] = i;
    return result.permuted(inverse);
  }
  if (isa<GatherOp>(op))
    return result;
  if (auto dot = dyn_cast<DotOp>(op)) {
    if (index == 2)
      return natural(dot);
    if (dot.getMma() == Mma::Wgmma)
      return {};
    if (dot.getMma() == Mma::Fma)
      return operand.getDefiningOp<TakeOp>() ? Layout() : natural(operand);
    ArrayRef<int64_t> lhs = tileType(dot.getLhs()).getShape();
    Type element = tileType(operand).getElementType();
    int packed = element.isF32() ? 0 : element.isInteger(8) ? 2 : 1;
    return index == 0 ? Layout::mmaLhs(natural(dot), lhs.back(), packed)
                      : Layout::mmaRhs(natural(dot), lhs.back(), packed);
  }
  if (auto store = dyn_cast<StoreOp>(op))
    return index == 0 ? storeLayout(store) : Layout();
  return natural(operand);
}

void Plan::want(Value tile, const Layout &layout) {
  if (layout.empty())
    return;
  auto &list = wants[tile];
  if (!llvm::is_contained(list, layout))
    list.push_back(layout);
}

SmallVector<Layout> Plan::made(Value tile) {
  ArrayRef<Layout> list = wanted(tile);
  Operation *op = tile.getDefiningOp();
  bool direct = false;
  if (op) {
    if (isFlexible(tile) || isa<TakeOp>(op))
      direct = true;
    else if (isElementwise(op))
      // A few loaded elements are cheaper computed again than exchanged.
      direct = strengths[tile] == Loaded &&
               tileType(tile).getNumElements() <= smallTile;
    else if (auto load = dyn_cast<LoadOp>(op)) {
      // Loading again in another layout beats a conversion unless neighbouring
      // lanes would no longer touch neighbouring elements.
      direct = true;
      int fastest = contiguousDim(load.getSource());
      if (load.getType().getNumElements() > smallTile)
        for (const Layout &layout : list)
          direct &= layout.thread[0].dim == fastest || layout.thread[0].dim < 0;
    }
  }
  if (direct && !list.empty())
    return SmallVector<Layout>(list);
  return {natural(tile)};
}

ArrayRef<Layout> Plan::wanted(Value tile) { return wants[tile]; }

void Plan::backward(Block &block) {
  for (Operation &op : llvm::reverse(block)) {
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      for (auto [init, argument, yielded] :
           llvm::zip(loop.getInitArgs(), loop.getRegionIterArgs(),
                     loop.getYieldedValues()))
        if (tileType(init)) {
          want(init, natural(argument));
          want(yielded, natural(argument));
        }
      backward(*loop.getBody());
      continue;
    }
    if (auto branch = dyn_cast<scf::IfOp>(op)) {
      for (Region &region : branch->getRegions())
        for (Block &inner : region) {
          for (auto [index, result] : llvm::enumerate(branch.getResults()))
            if (tileType(result))
              want(inner.getTerminator()->getOperand(index), natural(result));
          backward(inner);
        }
      continue;
    }
    if (isa<RoleOp>(op)) {
      for (Block &inner : op.getRegion(0))
        backward(inner);
      continue;
    }
    SmallVector<Layout> results;
    if (op.getNumResults() && tileType(op.getResult(0))) {
      if (isa<TakeOp>(op))
        continue;
      bool used = !op.use_empty();
      for (Value result : op.getResults())
        if (wanted(result).empty() && used && !isFlexible(result))
          want(result, natural(result));
      results = made(op.getResult(0));
    } else {
      results.push_back({});
    }
    for (const Layout &result : results)
      for (auto [index, operand] : llvm::enumerate(op.getOperands()))
        if (tileType(operand))
          want(operand, operandLayout(&op, index, result));
  }
}
