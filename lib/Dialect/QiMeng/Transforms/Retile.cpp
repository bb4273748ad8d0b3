//===- Retile.cpp - Macro action: retile ----------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Dialect/QiMeng/IR/Properties.h"
#include "qimeng/Dialect/QiMeng/TransformOps/QiMengTransformOps.h"
#include "qimeng/Dialect/QiMeng/TransformOps/Recipe.h"

using namespace mlir;
using namespace qimeng;

LogicalResult RetileOp::precondition(KernelOp kernel, const Architecture *,
                                     std::string &why) {
  if (kernel.isTiled())
    return success();
  why = "the kernel is not tiled yet; use tile";
  return failure();
}

LogicalResult RetileOp::rewrite(KernelOp kernel, RewriterBase &,
                                const Architecture *) {
  return emitError()
         << "retile changes the recipe's tile step, and so has to be "
            "replayed from the untiled kernel; use qimeng-replay, or "
            "qimeng-retile with the recipe";
}

LogicalResult RetileOp::edit(Recipe &recipe, DictionaryAttr parameters,
                             std::string &why) {
  StringRef kernel = parameters.getAs<FlatSymbolRefAttr>("kernel").getValue();
  SmallVector<Step> steps = recipe.getSteps();
  for (size_t index = steps.size(); index-- > 0;) {
    Step &step = steps[index];
    if (step.action == RewriteOp::info().name && step.getKernel() == kernel) {
      why = "the recipe rewrites @" + kernel.str() +
            " after its tile step, so other tiles would change nothing; change "
            "the rewrite's text, or remove that step";
      return failure();
    }
    if (step.action != TileOp::info().name || step.getKernel() != kernel)
      continue;
    NamedAttrList changed(step.parameters);
    for (NamedAttribute parameter : parameters)
      changed.set(parameter.getName(), parameter.getValue());
    // An empty list means "as it was", so "none" is written as -1.
    if (auto loops = parameters.getAs<DenseI64ArrayAttr>("loops"))
      if (loops.asArrayRef() == ArrayRef<int64_t>(-1))
        changed.erase("loops");
    recipe.replace(index,
                   normalizeStep({step.action,
                                  changed.getDictionary(recipe.getContext())}));
    return success();
  }
  why = "the recipe has no tile step for @" + kernel.str() +
        " that could be changed";
  return failure();
}

/// Half and double of what the kernel has now, one parameter at a time.
void RetileOp::propose(KernelOp kernel, const Architecture &,
                       SmallVectorImpl<DictionaryAttr> &proposals) {
  if (!kernel.isTiled())
    return;
  Builder builder(kernel.getContext());
  auto add = [&](StringRef name, Attribute value) {
    proposals.push_back(
        builder.getDictionaryAttr(builder.getNamedAttr(name, value)));
  };
  std::optional<SmallVector<int64_t>> tile;
  SmallVector<DotOp> dots;
  bool others = false;
  kernel.walk([&](Operation *op) {
    if (auto store = dyn_cast<StoreOp>(op))
      tile = llvm::to_vector(
          cast<RankedTensorType>(store.getValue().getType()).getShape());
    if (auto dot = dyn_cast<DotOp>(op))
      dots.push_back(dot);
    others |= isa<ReduceOp, FoldOp>(op);
  });
  if (!tile)
    return;
  size_t rank = tile->size();
  for (size_t dim = rank - std::min<size_t>(rank, 2); dim < rank; ++dim)
    for (bool larger : {true, false}) {
      SmallVector<int64_t> sizes(*tile);
      sizes[dim] = larger ? sizes[dim] * 2 : sizes[dim] / 2;
      if (sizes[dim] >= 1 && sizes[dim] <= 8192)
        add("sizes", builder.getDenseI64ArrayAttr(sizes));
    }
  if (dots.size() == 1 && !others) {
    int64_t depth = dots.front().getLhs().getType().getShape().back();
    add("reduce", builder.getDenseI64ArrayAttr(depth * 2));
    if (depth > 16)
      add("reduce", builder.getDenseI64ArrayAttr(depth / 2));
  }
  int64_t warps = kernel.getScheduleOrDefault().getWarps();
  if (warps < 16)
    add("warps", builder.getI64IntegerAttr(warps * 2));
  if (warps > 1)
    add("warps", builder.getI64IntegerAttr(warps / 2));
}

LogicalResult RetileOp::holds(KernelOp, KernelOp after, DictionaryAttr,
                              std::string &why) {
  return checkProperty(after, Property::Tiled, why);
}
