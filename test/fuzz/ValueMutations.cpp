//===- ValueMutations.cpp - Wrong rewrites of what is computed ------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Finder.h"
#include "Proofs.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace qimeng;

static bool isFloatTile(Value value) {
  auto tile = dyn_cast<RankedTensorType>(value.getType());
  return tile && isa<FloatType>(tile.getElementType());
}

/// Whether a factor is loaded from a source of one element (the rest of the
/// tile is zero).
static bool isScalar(Value factor) {
  auto load = factor.getDefiningOp<LoadOp>();
  return load &&
         ShapedType::getNumElements(getSourceShape(load.getSource())) == 1;
}

/// Whether both are the same elements, loaded twice.
static bool haveSameSource(Value left, Value right) {
  auto first = left.getDefiningOp<LoadOp>(),
       second = right.getDefiningOp<LoadOp>();
  if (!first || !second)
    return false;
  Access one = getAccess(first.getSource()),
         two = getAccess(second.getSource());
  return one.operand == two.operand && one.map == two.map &&
         first.getOffsets() == second.getOffsets();
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
    // A vector's product is the same both ways, as is one of numbers.
    auto type = cast<RankedTensorType>(op.getType());
    if (op.getLhs().getType() == op.getRhs().getType() &&
        op.getLhs() != op.getRhs() && type.getNumElements() > 1 &&
        !isScalar(op.getLhs()) && !isScalar(op.getRhs()) &&
        !haveSameSource(op.getLhs(), op.getRhs()))
      add(op, "operands exchanged", [=]() mutable {
        op->setOperands({op.getRhs(), op.getLhs(), op.getAcc()});
      });
  });
}

/// How an operation combines two tiles, or all elements of one.
static std::optional<Combiner> getCombiner(Operation *op) {
  if (auto reduce = dyn_cast<ReduceOp>(op))
    return reduce.getKind();
  return llvm::TypeSwitch<Operation *, std::optional<Combiner>>(op)
      .Case([](arith::AddFOp) { return Combiner::Add; })
      .Case([](arith::MaximumFOp) { return Combiner::Max; })
      .Case([](arith::MinimumFOp) { return Combiner::Min; })
      .Case([](arith::MaxNumFOp) { return Combiner::MaxNum; })
      .Case([](arith::MinNumFOp) { return Combiner::MinNum; })
      .Default([](Operation *) { return std::nullopt; });
}

/// Values that are no identities of `combiner`. Zero is the usual mistake for
/// an extreme; it is none where a zero is among the elements, or where no
/// element is on its other side.
static SmallVector<double> getWrongIdentities(Combiner combiner, bool hasZero,
                                              bool isNonNegative) {
  bool isMax = combiner == Combiner::Max || combiner == Combiner::MaxNum;
  if (combiner == Combiner::Add)
    return {1.0};
  SmallVector<double> wrong = {isMax ? 1e4 : -1e4};
  if (!hasZero && !(isMax && isNonNegative))
    wrong.push_back(0);
  return wrong;
}

static Value createSplatBefore(Operation *op, Type type, double value) {
  OpBuilder at(op);
  auto tile = cast<RankedTensorType>(type);
  return createSplat(at, op->getLoc(), tile,
                     at.getFloatAttr(tile.getElementType(), value));
}

/// The operation that combines what the loop carries with more; null where that
/// is none of one kind.
static Operation *findCombination(scf::ForOp loop, unsigned number) {
  Value yielded = loop.getYieldedValues()[number];
  Operation *op = yielded.getDefiningOp();
  if (auto inner = dyn_cast_or_null<scf::ForOp>(op))
    return findCombination(inner, cast<OpResult>(yielded).getResultNumber());
  return op && getCombiner(op) ? op : nullptr;
}

/// Whether a kernel's only output is one number, combined of all that a padded
/// view shows: a zero, then, among the rest.
static bool combinesPadding(Operation *op) {
  auto kernel = op->getParentOfType<KernelOp>();
  bool all = true, pads = false;
  kernel.walk([&](Operation *inner) {
    if (auto store = dyn_cast<StoreOp>(inner))
      all &= ShapedType::getNumElements(getSourceShape(store.getTarget())) == 1;
    if (auto load = dyn_cast<LoadOp>(inner))
      pads |= getAccess(load.getSource()).padded;
  });
  return all && pads;
}

void Finder::findIdentity() {
  // What a loop starts from.
  forEach<scf::ForOp>([&](scf::ForOp loop) {
    for (OpOperand &init : loop.getInitArgsMutable()) {
      std::optional<APFloat> value = getFloatSplat(init.get());
      if (!value || loop.getTiedLoopResult(&init).use_empty())
        continue;
      unsigned number = loop.getTiedLoopResult(&init).getResultNumber();
      Operation *combination = findCombination(loop, number);
      if (!combination)
        continue;
      bool isPositive = llvm::any_of(combination->getOperands(),
                                     [](Value v) { return isNonNegative(v); });
      OpOperand *use = &init;
      for (double wrong : getWrongIdentities(*getCombiner(combination),
                                             combinesPadding(loop), isPositive))
        add(loop, "start from " + std::to_string(wrong), [=]() mutable {
          use->set(createSplatBefore(loop, use->get().getType(), wrong));
        });
    }
  });
  // What elements past the end are replaced by before they are reduced.
  forEach<arith::SelectOp>([&](arith::SelectOp select) {
    std::optional<APFloat> value = getFloatSplat(select.getFalseValue());
    auto compare = select.getCondition().getDefiningOp<arith::CmpIOp>();
    if (!value || !compare || select->use_empty() ||
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
    auto reduce = cast<ReduceOp>(*select->user_begin());
    bool isMax = reduce.getKind() == Combiner::Max ||
                 reduce.getKind() == Combiner::MaxNum;
    // A zero, or what takes its place, is among the elements.
    bool hasZero = combinesPadding(select) ||
                   llvm::any_of(reduce.getAxes(), [&](int64_t axis) {
                     return seesPaddingAlong(select.getTrueValue(), axis);
                   });
    if (llvm::is_contained(reduce.getAxes(),
                           static_cast<int64_t>(iota.getDim())))
      if (std::optional<APFloat> constant =
              getConstantAlong(select.getTrueValue(), iota.getDim(),
                               limit.getSplatValue<APInt>().getSExtValue()))
        hasZero |= constant->isZero() || constant->isNegative() != isMax;
    for (double wrong : getWrongIdentities(
             reduce.getKind(), hasZero, isNonNegative(select.getTrueValue())))
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
    for (bool half : {false, true}) {
      Builder types(op->getContext());
      if (isExactIn(op, half ? FloatType(types.getF16Type())
                             : FloatType(types.getBF16Type())))
        continue;
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
    }
  });
}

template <typename Wrong>
static Value createUnary(OpBuilder &at, Operation *op) {
  return Wrong::create(at, op->getLoc(), op->getOperand(0));
}

void Finder::findFunction() {
  using Create = Value (*)(OpBuilder &, Operation *);
  module.walk([&](Operation *op) {
    if (!op->getParentOfType<KernelOp>() || op->getNumResults() != 1 ||
        !isFloatTile(op->getResult(0)))
      return;
    SmallVector<std::pair<const char *, Create>> others;
    if (isa<math::ErfOp>(op))
      others = {{"tanh", createUnary<math::TanhOp>},
                {"atan", createUnary<math::AtanOp>}};
    else if (isa<math::TanhOp>(op))
      others = {{"erf", createUnary<math::ErfOp>},
                {"atan", createUnary<math::AtanOp>}};
    else if (isa<math::AtanOp>(op))
      others = {{"tanh", createUnary<math::TanhOp>}};
    else if (isa<math::ExpOp>(op))
      others = {{"exp2", createUnary<math::Exp2Op>}};
    else if (isa<math::Exp2Op>(op))
      others = {{"exp", createUnary<math::ExpOp>}};
    else if (isa<math::LogOp>(op))
      others = {{"log2", createUnary<math::Log2Op>}};
    else if (isa<math::Log1pOp>(op))
      others = {{"log", createUnary<math::LogOp>}};
    else if (isa<math::SqrtOp>(op))
      others = {{"rsqrt", createUnary<math::RsqrtOp>},
                {"cbrt", createUnary<math::CbrtOp>}};
    else if (isa<math::RsqrtOp>(op))
      others = {{"sqrt", createUnary<math::SqrtOp>}};
    for (auto &[name, create] : others)
      add(op, std::string(name) + " instead", [op, create = create]() {
        OpBuilder at(op);
        Value wrong = create(at, op);
        op->getResult(0).replaceAllUsesWith(wrong);
        op->erase();
      });
  });
}

/// The dimensions that may stand in for `axis` without a change of types.
static SmallVector<int64_t> getOtherAxes(RankedTensorType type, int64_t axis) {
  SmallVector<int64_t> others;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    if (dim == axis || type.getDimSize(dim) == 1)
      continue;
    SmallVector<int64_t> left(type.getShape()), leftThere(type.getShape());
    left.erase(left.begin() + axis);
    leftThere.erase(leftThere.begin() + dim);
    if (left == leftThere)
      others.push_back(dim);
  }
  return others;
}

void Finder::findAxis() {
  forEach<ReduceOp>([&](ReduceOp op) {
    auto type = cast<RankedTensorType>(op.getInput().getType());
    if (op.getAxes().size() != 1 || isSymmetric(op.getInput()))
      return;
    for (int64_t dim : getOtherAxes(type, op.getAxes()[0])) {
      if (areBothReduced(op, dim))
        continue;
      add(op, "axis " + std::to_string(dim),
          [=]() mutable { op.setAxes({dim}); });
    }
  });
  forEach<BroadcastOp>([&](BroadcastOp op) {
    auto type = cast<RankedTensorType>(op.getType());
    if (op.getAxes().size() != 1 || !isFloatTile(op.getResult()) ||
        isSymmetric(op.getInput()))
      return;
    for (int64_t dim : getOtherAxes(type, op.getAxes()[0]))
      if (!isUnitWhereStored(op.getResult(), {op.getAxes()[0], dim}))
        add(op, "axis " + std::to_string(dim),
            [=]() mutable { op.setAxes({dim}); });
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
        !isa<arith::AddFOp, arith::MulFOp, arith::SubFOp, arith::DivFOp>(op) ||
        !isFloatTile(op->getResult(0)))
      return;
    for (OpOperand &operand : op->getOpOperands()) {
      std::optional<APFloat> value = getFloatSplat(operand.get());
      if (!value || !value->isFinite() || value->isZero())
        continue;
      bool ignored;
      value->convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                     &ignored);
      double right = value->convertToDouble();
      OpOperand *use = &operand;
      for (double wrong : {right * 1.5 + 0.125, right * 1.125})
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
    std::optional<APFloat> splat = getFloatSplat(op.getRhs());
    if (isFloatTile(op.getResult()) && !(splat && splat->isZero()))
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
        !isa<arith::NegFOp, math::AbsFOp, math::ExpOp, math::Exp2Op,
             math::LogOp, math::Log1pOp, math::TanhOp, math::AtanOp,
             math::SqrtOp, math::RsqrtOp, math::ErfOp>(op) ||
        !isFloatTile(op->getResult(0)))
      return;
    if (isa<arith::NegFOp>(op) && isSignLost(op->getResult(0)))
      return;
    if (isa<math::AbsFOp>(op) &&
        (isNonNegative(op->getOperand(0)) || isSignLost(op->getResult(0))))
      return;
    add(op, "removal", [=]() mutable {
      op->getResult(0).replaceAllUsesWith(op->getOperand(0));
      op->erase();
    });
  });
}
