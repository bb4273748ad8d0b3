//===- NaiveTile.cpp - The first correct kernel ---------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelTraits.h"
#include "qimeng/Planner/Planner.h"
#include <cmath>

using namespace mlir;
using namespace qimeng;

/// Elements of a program's tile; a dimension that is not cut counts as `whole`.
static double tileElements(ArrayRef<int64_t> sizes, double whole) {
  double elements = 1;
  for (int64_t size : sizes)
    elements *= size ? double(size) : whole;
  return elements;
}

FailureOr<Step> qimeng::chooseNaiveTile(KernelOp kernel,
                                        const Architecture &architecture) {
  KernelTraits traits(kernel);
  const ActionInfo *tile = findAction("tile");
  SmallVector<Step> steps = proposeSteps(kernel, *tile, architecture);
  if (steps.empty())
    return kernel.emitError("no tile step is legal for @")
           << kernel.getSymName() << "; write one into a recipe";
  // What a first CUDA kernel would be: 32 x 32 for products, else about one
  // element a thread.
  double wanted = traits.dots ? 32 * 32 : 256;
  // Where whole rows come out of reductions along them, cutting rows would do
  // the reductions again for every piece.
  bool wholeRows = !traits.dots && traits.reducesRows &&
                   traits.outputElements >= 0.5 * traits.reducedElements;
  const Step *best = nullptr;
  double bestDistance = 0;
  for (const Step &step : steps) {
    auto sizes = step.parameters.getAs<DenseI64ArrayAttr>("sizes");
    double elements =
        tileElements(sizes ? sizes.asArrayRef() : ArrayRef<int64_t>(),
                     double(traits.columns));
    double distance =
        std::abs(std::log2(std::max(1.0, elements)) - std::log2(wanted));
    if (wholeRows && sizes && !sizes.empty() &&
        (sizes.asArrayRef().back() != 0 &&
         sizes.asArrayRef().back() < traits.columns) &&
        !step.parameters.contains("loops"))
      distance += 100;
    if (!best || distance < bestDistance) {
      best = &step;
      bestDistance = distance;
    }
  }
  return *best;
}

FailureOr<Recipe> qimeng::completeRecipe(const Recipe &recipe, ModuleOp program,
                                         const Architecture &architecture) {
  Recipe complete(recipe);
  SmallVector<std::string> untiled;
  for (KernelOp kernel : program.getOps<KernelOp>())
    if (!kernel.isTiled())
      untiled.push_back(kernel.getSymName().str());
  for (const std::string &name : untiled) {
    auto kernel = program.lookupSymbol<KernelOp>(name);
    FailureOr<Step> step = chooseNaiveTile(kernel, architecture);
    if (failed(step))
      return failure();
    std::string why;
    if (failed(complete.append(*step, why)))
      return kernel.emitError(step->str()) << ": " << why;
    if (failed(applyStep(program, *step, &architecture)))
      return failure();
  }
  return complete;
}
