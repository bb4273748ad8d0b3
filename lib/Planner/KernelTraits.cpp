//===- KernelTraits.cpp - What the rules look at --------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelTraits.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace qimeng;

static double elementsOf(Value value) {
  auto tile = dyn_cast<RankedTensorType>(value.getType());
  return tile ? double(tile.getNumElements()) : 1;
}

static double extentOf(Value input, ArrayRef<int64_t> axes) {
  double extent = 1;
  if (auto tile = dyn_cast<RankedTensorType>(input.getType()))
    for (int64_t axis : axes)
      extent *= double(tile.getDimSize(axis));
  return extent;
}

KernelTraits::KernelTraits(KernelOp kernel) {
  tiled = kernel.isTiled();
  specialized = kernel.isSpecialized();
  ScheduleAttr schedule = kernel.getScheduleOrDefault();
  persistent = schedule.getPersistent() != 0;
  raster = schedule.getRaster();
  warps = schedule.getWarps();
  programs = kernel.getNumPrograms();
  if (DenseI64ArrayAttr attribute = kernel.getGridAttr())
    grid.assign(attribute.asArrayRef().begin(), attribute.asArrayRef().end());
  kernel.walk([&](Operation *op) {
    if (auto dot = dyn_cast<DotOp>(op)) {
      ++dots;
      tensorDots += dot.getMma() != Mma::Fma;
      wgmmaDots += dot.getMma() == Mma::Wgmma;
      return;
    }
    auto reduced = [&](Value input, ArrayRef<int64_t> axes) {
      ++reductions;
      if (auto tile = dyn_cast<RankedTensorType>(input.getType()))
        reducesRows |= llvm::is_contained(axes, tile.getRank() - 1);
      reducedElements = std::max(reducedElements, elementsOf(input));
      reducedExtent = std::max(reducedExtent, extentOf(input, axes));
    };
    if (auto reduce = dyn_cast<ReduceOp>(op))
      return reduced(reduce.getInput(), reduce.getAxes());
    if (auto fold = dyn_cast<FoldOp>(op)) {
      if (!fold.getInputs().empty())
        reduced(fold.getInputs().front(), fold.getAxes());
      return;
    }
    if (auto scan = dyn_cast<ScanOp>(op))
      return reduced(scan.getInput(), {int64_t(scan.getAxis())});
    if (isa<ChannelOp>(op)) {
      ++channels;
      return;
    }
    if (auto store = dyn_cast<StoreOp>(op)) {
      if (outputElements == 0)
        if (auto tile = dyn_cast<RankedTensorType>(store.getValue().getType()))
          columns = tile.getRank() ? tile.getShape().back() : 1;
      outputElements = std::max(outputElements, elementsOf(store.getValue()));
      return;
    }
    if (op->getParentOfType<FoldOp>() || !qimeng::isElementwise(op) ||
        op->hasTrait<OpTrait::ConstantLike>() ||
        isa<arith::ExtFOp, arith::TruncFOp>(op))
      return;
    work += op->getName().getDialectNamespace() == "math" ? 8 : 1;
  });
}
