//===- Mutations.cpp - Wrong rewrites -------------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Mutations.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace qimeng;

/// Something wrong that can be done.
using Change = std::function<void()>;

namespace {
class Finder {
public:
  explicit Finder(ModuleOp module) : module(module), builder(module) {}

  void findOffByOne();
  void findMissingTail();
  void findDroppedMask();
  void findSwappedOperand();
  void findMissingWait();
  void findMissingRelease();
  void findEarlyRelease();
  void findStageCount();
  void findIdentity();
  void findOverlap();
  void findNarrowed();
  void findGrid();
  void findAxis();
  void findPredicate();
  void findConstant();
  void findOffset();
  void findCombiner();
  void findDroppedOperation();
  void findMissingStore();

  std::vector<std::pair<std::string, Change>> changes;

private:
  template <typename OpType>
  void forEach(llvm::function_ref<void(OpType)> visit) {
    module.walk([&](OpType op) {
      if (op->template getParentOfType<KernelOp>())
        visit(op);
    });
  }
  void add(Operation *op, const std::string &what, Change change) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    op->print(stream, OpPrintingFlags().skipRegions().useLocalScope());
    changes.push_back({what + " of " + text, std::move(change)});
  }
  Value createIndex(Operation *before, int64_t value) {
    OpBuilder at(before);
    return arith::ConstantIndexOp::create(at, before->getLoc(), value);
  }

  ModuleOp module;
  OpBuilder builder;
};
} // namespace

//===----------------------------------------------------------------------===//
// Loops and programs
//===----------------------------------------------------------------------===//

static std::optional<int64_t> getTrips(scf::ForOp loop) {
  auto lower = getConstantIntValue(loop.getLowerBound());
  auto upper = getConstantIntValue(loop.getUpperBound());
  auto step = getConstantIntValue(loop.getStep());
  if (!lower || !upper || !step || *step != 1 || *upper <= *lower)
    return std::nullopt;
  return *upper - *lower;
}

/// Whether a value is computed from the loop's counter.
static bool dependsOn(Value value, Value counter, unsigned depth = 0) {
  if (value == counter)
    return true;
  Operation *op = value.getDefiningOp();
  return op && depth < 8 &&
         llvm::any_of(
             op->getOperands(),
             [&](Value operand) {
               return dependsOn(operand, counter, depth + 1);
             });
}

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
    add(loop, "first iteration left out", [=]() mutable {
      loop.getLowerBoundMutable().assign(
          createIndex(loop, *getConstantIntValue(loop.getLowerBound()) + 1));
    });
  });
}

void Finder::findMissingTail() {
  forEach<scf::ForOp>([&](scf::ForOp loop) {
    if (getTrips(loop))
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

/// Whether a tile passes the end: it is larger than the dimension, or it is the
/// last of those that programs or loops cut. (A tiling covers each dimension
/// from 0 in steps of the tile.)
static bool passesEnd(Value source, OperandRange offsets, Value tile) {
  ArrayRef<int64_t> shape = getSourceShape(source);
  ArrayRef<int64_t> sizes = cast<RankedTensorType>(tile.getType()).getShape();
  for (size_t dim = 0; dim < shape.size(); ++dim) {
    bool moves = !offsets.empty() && !getConstantIntValue(offsets[dim]);
    if (sizes[dim] > shape[dim] || (moves && shape[dim] % sizes[dim] != 0))
      return true;
  }
  return false;
}

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
    // What a padded view shows of its operand may all lie in the first tile.
    if (getAccess(load.getSource()).padded)
      return;
    for (OpOperand &offset : load.getOffsetsMutable()) {
      OpOperand *use = &offset;
      int64_t step = 0;
      if (affine::AffineApplyOp apply = getScaled(offset.get(), step))
        if (step > 1 && runsOften(apply.getMapOperands()[0]))
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
// Values
//===----------------------------------------------------------------------===//

static bool isFloatTile(Value value) {
  auto tile = dyn_cast<RankedTensorType>(value.getType());
  return tile && isa<FloatType>(tile.getElementType());
}

/// Whether only the value's magnitude is used.
static bool isSignLost(Value value) {
  return llvm::all_of(value.getUsers(), [](Operation *user) {
    return isa<math::AbsFOp>(user) ||
           (isa<arith::MulFOp>(user) &&
            user->getOperand(0) == user->getOperand(1));
  });
}

void Finder::findSwappedOperand() {
  forEach<arith::SubFOp>([&](arith::SubFOp op) {
    if (op.getLhs() != op.getRhs() && isFloatTile(op.getResult()) &&
        !isSignLost(op.getResult()))
      add(op, "operands exchanged",
          [=]() mutable { op->setOperands({op.getRhs(), op.getLhs()}); });
  });
  forEach<arith::DivFOp>([&](arith::DivFOp op) {
    if (op.getLhs() != op.getRhs() && isFloatTile(op.getResult()))
      add(op, "operands exchanged",
          [=]() mutable { op->setOperands({op.getRhs(), op.getLhs()}); });
  });
  forEach<arith::SelectOp>([&](arith::SelectOp op) {
    if (op.getTrueValue() != op.getFalseValue() && isFloatTile(op.getResult()))
      add(op, "operands exchanged", [=]() mutable {
        op->setOperands(
            {op.getCondition(), op.getFalseValue(), op.getTrueValue()});
      });
  });
  forEach<DotOp>([&](DotOp op) {
    // A vector's product is the same both ways.
    auto type = cast<RankedTensorType>(op.getType());
    if (op.getLhs().getType() == op.getRhs().getType() &&
        op.getLhs() != op.getRhs() && type.getNumElements() > 1)
      add(op, "operands exchanged", [=]() mutable {
        op->setOperands({op.getRhs(), op.getLhs(), op.getAcc()});
      });
  });
}

static std::optional<APFloat> getFloatSplat(Value value) {
  DenseElementsAttr attribute;
  if (!matchPattern(value, m_Constant(&attribute)) || !attribute.isSplat() ||
      !isa<FloatType>(attribute.getElementType()))
    return std::nullopt;
  return attribute.getSplatValue<APFloat>();
}

/// What is no identity where `value` is one: an extreme's opposite.
static double getWrongIdentity(APFloat value) {
  bool ignored;
  value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &ignored);
  double number = value.convertToDouble();
  if (value.isInfinity() || std::abs(number) >= 1000)
    return value.isNegative() ? 1e4 : -1e4;
  return value.isZero() ? 1.0 : 3.0;
}

static Value createSplatBefore(Operation *op, Type type, double value) {
  OpBuilder at(op);
  auto tile = cast<RankedTensorType>(type);
  return createSplat(at, op->getLoc(), tile,
                     at.getFloatAttr(tile.getElementType(), value));
}

void Finder::findIdentity() {
  // What a loop starts from.
  forEach<scf::ForOp>([&](scf::ForOp loop) {
    for (OpOperand &init : loop.getInitArgsMutable()) {
      std::optional<APFloat> value = getFloatSplat(init.get());
      if (!value || loop.getTiedLoopResult(&init).use_empty())
        continue;
      double wrong = getWrongIdentity(*value);
      OpOperand *use = &init;
      add(loop, "start from " + std::to_string(wrong), [=]() mutable {
        use->set(createSplatBefore(loop, use->get().getType(), wrong));
      });
    }
  });
  // What elements past the end are replaced by before they are reduced.
  forEach<arith::SelectOp>([&](arith::SelectOp select) {
    std::optional<APFloat> value = getFloatSplat(select.getFalseValue());
    auto compare = select.getCondition().getDefiningOp<arith::CmpIOp>();
    if (!value || !compare ||
        !llvm::all_of(select->getUsers(),
                      [](Operation *user) { return isa<ReduceOp>(user); }))
      return;
    auto iota = compare.getLhs().getDefiningOp<IotaOp>();
    DenseElementsAttr limit;
    if (!iota || !matchPattern(compare.getRhs(), m_Constant(&limit)) ||
        !limit.isSplat())
      return;
    int64_t tile =
        cast<RankedTensorType>(iota.getType()).getDimSize(iota.getDim());
    if (limit.getSplatValue<APInt>().getSExtValue() % tile == 0)
      return;
    double wrong = getWrongIdentity(*value);
    add(select, "elements past the end become " + std::to_string(wrong),
        [=]() mutable {
          select->setOperand(
              2, createSplatBefore(select, select.getType(), wrong));
        });
  });
}

/// Whether the kernel's operand is given an output of the host program.
static bool isProgramOutput(Value operand) {
  auto argument = cast<BlockArgument>(operand);
  auto kernel = cast<KernelOp>(argument.getOwner()->getParentOp());
  bool isOutput = false;
  kernel->getParentOfType<ModuleOp>().walk([&](LaunchOp launch) {
    if (launch.getKernel() == kernel.getSymName())
      isOutput |=
          isa<BlockArgument>(launch.getOperands()[argument.getArgNumber()]);
  });
  return isOutput;
}

/// Whether the value reaches an output of f32 by operations that pass every bit
/// on.
static bool reachesF32Output(Value value, unsigned depth = 0) {
  auto tile = dyn_cast<RankedTensorType>(value.getType());
  if (!tile || !tile.getElementType().isF32() || depth > 12)
    return false;
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    if (auto store = dyn_cast<StoreOp>(user)) {
      if (isProgramOutput(getAccess(store.getTarget()).operand))
        return true;
      continue;
    }
    if (auto yield = dyn_cast<scf::YieldOp>(user)) {
      if (isa<scf::ForOp>(yield->getParentOp()) &&
          reachesF32Output(
              yield->getParentOp()->getResult(use.getOperandNumber()),
              depth + 1))
        return true;
      continue;
    }
    bool passes = isa<arith::AddFOp, arith::SubFOp, arith::NegFOp, TransposeOp,
                      BroadcastOp>(user) ||
                  (isa<ReduceOp>(user) &&
                   cast<ReduceOp>(user).getKind() == Combiner::Add) ||
                  (isa<DotOp>(user) && use.getOperandNumber() == 2);
    if (passes && reachesF32Output(user->getResult(0), depth + 1))
      return true;
  }
  return false;
}

void Finder::findNarrowed() {
  // A program that rounds to f16 or bf16 on its way allows for as much.
  bool rounds = false;
  module.walk([&](memref::AllocOp alloc) {
    Type element = alloc.getType().getElementType();
    rounds |= isa<FloatType>(element) && element.getIntOrFloatBitWidth() == 16;
  });
  if (rounds)
    return;
  module.walk([&](Operation *op) {
    if (!op->getParentOfType<KernelOp>() ||
        !isa<DotOp, arith::MulFOp, arith::DivFOp, math::TanhOp, math::ExpOp,
             math::ErfOp, math::RsqrtOp, math::SqrtOp>(op))
      return;
    if (!reachesF32Output(op->getResult(0)))
      return;
    for (bool half : {false, true})
      add(op, half ? "rounded to f16" : "rounded to bf16", [=]() mutable {
        OpBuilder at(op->getContext());
        at.setInsertionPointAfter(op);
        auto wide = cast<RankedTensorType>(op->getResult(0).getType());
        auto narrow = RankedTensorType::get(
            wide.getShape(), half ? Type(at.getF16Type()) : at.getBF16Type());
        Value cut =
            arith::TruncFOp::create(at, op->getLoc(), narrow, op->getResult(0));
        Value back = arith::ExtFOp::create(at, op->getLoc(), wide, cut);
        op->getResult(0).replaceAllUsesExcept(back, cut.getDefiningOp());
      });
  });
}

void Finder::findAxis() {
  forEach<ReduceOp>([&](ReduceOp op) {
    auto type = cast<RankedTensorType>(op.getInput().getType());
    if (type.getRank() != 2 || op.getAxes().size() != 1 ||
        type.getDimSize(0) != type.getDimSize(1) || type.getDimSize(0) == 1)
      return;
    add(op, "the other axis",
        [=]() mutable { op.setAxes({1 - op.getAxes()[0]}); });
  });
  forEach<BroadcastOp>([&](BroadcastOp op) {
    auto type = cast<RankedTensorType>(op.getType());
    if (type.getRank() != 2 || op.getAxes().size() != 1 ||
        type.getDimSize(0) != type.getDimSize(1) || type.getDimSize(0) == 1 ||
        matchPattern(op.getInput(), m_Constant()) ||
        !isFloatTile(op.getResult()) ||
        llvm::any_of(
            op->getParentOfType<KernelOp>().getBody().getOps<StoreOp>(),
            [](StoreOp store) { return store.getMasked(); }))
      return;
    add(op, "the other axis",
        [=]() mutable { op.setAxes({1 - op.getAxes()[0]}); });
  });
  forEach<TransposeOp>([&](TransposeOp op) {
    auto type = cast<RankedTensorType>(op.getType());
    if (type.getRank() == 2 && type.getDimSize(0) == type.getDimSize(1) &&
        type.getDimSize(0) > 1)
      add(op, "no transposition", [=]() mutable {
        op.replaceAllUsesWith(op.getInput());
        op.erase();
      });
  });
}

void Finder::findPredicate() {
  // Whether there is one more iteration to load for.
  forEach<scf::IfOp>([&](scf::IfOp branch) {
    auto compare = branch.getCondition().getDefiningOp<arith::CmpIOp>();
    bool hasPut = false;
    branch.walk([&](PutOp) { hasPut = true; });
    if (!compare || !hasPut)
      return;
    auto change = [&](const char *what, arith::CmpIPredicate to) {
      add(branch, what, [=]() mutable { compare.setPredicate(to); });
    };
    if (compare.getPredicate() == arith::CmpIPredicate::slt ||
        compare.getPredicate() == arith::CmpIPredicate::ult)
      change("one put more", arith::CmpIPredicate::sle);
    change("the opposite condition",
           arith::invertPredicate(compare.getPredicate()));
  });
  forEach<arith::CmpFOp>([&](arith::CmpFOp op) {
    if (op.getLhs() == op.getRhs())
      return;
    if (op.getPredicate() == arith::CmpFPredicate::OGT)
      add(op, "the opposite order",
          [=]() mutable { op.setPredicate(arith::CmpFPredicate::OLT); });
    if (op.getPredicate() == arith::CmpFPredicate::OLT)
      add(op, "the opposite order",
          [=]() mutable { op.setPredicate(arith::CmpFPredicate::OGT); });
  });
  // A tile's mask, where some element is outside and zero would not do.
  forEach<arith::CmpIOp>([&](arith::CmpIOp op) {
    auto iota = op.getLhs().getDefiningOp<IotaOp>();
    DenseElementsAttr limit;
    if (!iota || !matchPattern(op.getRhs(), m_Constant(&limit)) ||
        !limit.isSplat())
      return;
    add(op, "the opposite mask", [=]() mutable {
      op.setPredicate(arith::invertPredicate(op.getPredicate()));
    });
  });
}

void Finder::findConstant() {
  module.walk([&](Operation *op) {
    if (!op->getParentOfType<KernelOp>() ||
        !isa<arith::AddFOp, arith::MulFOp, arith::SubFOp>(op) ||
        !isFloatTile(op->getResult(0)))
      return;
    for (OpOperand &operand : op->getOpOperands()) {
      std::optional<APFloat> value = getFloatSplat(operand.get());
      if (!value || !value->isFinite())
        continue;
      bool ignored;
      value->convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                     &ignored);
      double wrong = value->convertToDouble() * 1.5 + 0.125;
      OpOperand *use = &operand;
      add(op, "constant " + std::to_string(wrong), [=]() mutable {
        use->set(createSplatBefore(op, use->get().getType(), wrong));
      });
    }
  });
}

void Finder::findCombiner() {
  forEach<ReduceOp>([&](ReduceOp op) {
    auto type = cast<RankedTensorType>(op.getInput().getType());
    if (!isa<FloatType>(type.getElementType()) ||
        op.getInput().getDefiningOp<BroadcastOp>() ||
        type.getNumElements() ==
            cast<RankedTensorType>(op.getType()).getNumElements())
      return;
    Combiner kind = op.getKind();
    Combiner other = kind == Combiner::Add      ? Combiner::Max
                     : kind == Combiner::Max    ? Combiner::Min
                     : kind == Combiner::Min    ? Combiner::Max
                     : kind == Combiner::MaxNum ? Combiner::MinNum
                                                : Combiner::MaxNum;
    add(op, "combined by " + stringifyCombiner(other).str(),
        [=]() mutable { op.setKind(other); });
  });
  forEach<arith::AddFOp>([&](arith::AddFOp op) {
    if (isFloatTile(op.getResult()))
      add(op, "subtracted", [=]() mutable {
        OpBuilder at(op);
        Value difference =
            arith::SubFOp::create(at, op->getLoc(), op.getLhs(), op.getRhs());
        op->getResult(0).replaceAllUsesWith(difference);
        op->erase();
      });
  });
}

void Finder::findDroppedOperation() {
  module.walk([&](Operation *op) {
    if (!op->getParentOfType<KernelOp>() ||
        !isa<arith::NegFOp, math::ExpOp, math::TanhOp, math::SqrtOp,
             math::RsqrtOp, math::ErfOp>(op) ||
        !isFloatTile(op->getResult(0)) ||
        (isa<arith::NegFOp>(op) && isSignLost(op->getResult(0))))
      return;
    add(op, "removal", [=]() mutable {
      op->getResult(0).replaceAllUsesWith(op->getOperand(0));
      op->erase();
    });
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
