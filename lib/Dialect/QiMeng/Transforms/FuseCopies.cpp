//===- FuseCopies.cpp - Sums that are computed twice ----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FuseCopies.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace qimeng;

namespace {
/// Which copy of the producer's values a value depends on, as bits.
enum Copy : unsigned { Stored = 1, Recomputed = 2, Both = 3 };
using Copies = llvm::DenseMap<Value, unsigned>;
} // namespace

static KernelOp getKernel(LaunchOp launch) {
  return launch->getParentOfType<ModuleOp>().lookupSymbol<KernelOp>(
      launch.getKernel());
}

/// Whether later actions may choose the order in which `op` adds or multiplies
/// floats, and with it the last bits of its results.
static bool isSum(Operation *op) {
  if (op->getNumResults() == 0 ||
      !isa<FloatType>(getElementTypeOrSelf(op->getResult(0).getType())))
    return false;
  auto rounds = [](Combiner kind) {
    return kind == Combiner::Add || kind == Combiner::Mul;
  };
  if (auto reduce = dyn_cast<ReduceOp>(op))
    return rounds(reduce.getKind());
  if (auto scan = dyn_cast<ScanOp>(op))
    return rounds(scan.getKind());
  return isa<DotOp>(op);
}

/// Whether `value`, in an untiled kernel, depends on a sum.
static bool dependsOnSum(Value value) {
  SmallVector<Value> pending = {value};
  llvm::DenseSet<Operation *> seen;
  while (!pending.empty()) {
    Operation *op = pending.pop_back_val().getDefiningOp();
    if (!op || !seen.insert(op).second)
      continue;
    if (isSum(op))
      return true;
    op->walk([&](Operation *inner) {
      llvm::append_range(pending, inner->getOperands());
    });
  }
  return false;
}

/// Which copies `op` takes, what its regions take included.
static unsigned getTaken(Operation *op, const Copies &copies) {
  unsigned taken = 0;
  op->walk([&](Operation *inner) {
    for (Value operand : inner->getOperands())
      taken |= copies.lookup(operand);
  });
  return taken;
}

/// Follows the copies from the arguments of `kernel`, as far as they are known,
/// to what it computes and stores. Whether an exponential takes both.
static bool followCopies(KernelOp kernel, Copies &copies) {
  bool exponential = false, changed = true;
  auto add = [&](Value value, unsigned taken) {
    unsigned &known = copies[value];
    changed |= (known | taken) != known;
    known |= taken;
  };
  // Loops and channels lead back to values that come before.
  while (changed) {
    changed = false;
    kernel.getBody().walk<WalkOrder::PreOrder>([&](Operation *op) {
      unsigned taken = getTaken(op, copies);
      for (Value result : op->getResults())
        add(result, taken);
      for (Region &region : op->getRegions())
        for (Value argument : region.getArguments())
          add(argument, taken);
      if (auto store = dyn_cast<StoreOp>(op))
        add(getAccess(store.getTarget()).operand, taken);
      if (auto put = dyn_cast<PutOp>(op))
        add(put.getChannel(), taken);
      exponential |=
          isa<math::ExpOp, math::Exp2Op, math::ExpM1Op>(op) && taken == Both;
    });
  }
  return exponential;
}

LogicalResult qimeng::checkCopiesOfSums(LaunchOp producer, LaunchOp consumer,
                                        std::string &why) {
  Copies buffers;
  KernelOp kernel = getKernel(producer);
  kernel.walk([&](StoreOp store) {
    auto argument = cast<BlockArgument>(getAccess(store.getTarget()).operand);
    if (dependsOnSum(store.getValue()))
      buffers[producer.getOperands()[argument.getArgNumber()]] = Stored;
  });
  if (buffers.empty())
    return success();
  for (auto launch : producer->getBlock()->getOps<LaunchOp>()) {
    KernelOp reader = getKernel(launch);
    if (!reader || !producer->isBeforeInBlock(launch))
      continue;
    Copies copies;
    for (auto [argument, operand] :
         llvm::zip(reader.getOperandArguments(), launch.getOperands())) {
      unsigned copy = buffers.lookup(operand);
      bool replaced = launch == consumer && copy == Stored &&
                      llvm::is_contained(producer.getOperands(), operand);
      copies[argument] = replaced ? unsigned(Recomputed) : copy;
    }
    if (followCopies(reader, copies)) {
      why = ("@" + kernel.getSymName() +
             " holds a sum, and an exponential in @" + reader.getSymName() +
             " would take both copies of it, whose last bits may differ by as "
             "much as overflows it; fuse @" +
             consumer.getKernel() + " and @" + reader.getSymName() +
             " first, or leave @" + kernel.getSymName() + " as it is")
                .str();
      return failure();
    }
    for (auto [argument, operand] :
         llvm::zip(reader.getOperandArguments(), launch.getOperands()))
      if (reader.isOutput(argument))
        buffers[operand] |= copies.lookup(argument);
  }
  return success();
}
