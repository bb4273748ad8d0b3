//===- Verify.cpp - The checks of a rewrite, in order ---------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Verify/Verify.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Verifier.h"
#include "qimeng/Verify/Bounds.h"
#include "qimeng/Verify/Channels.h"
#include "qimeng/Verify/IndexSpace.h"

using namespace mlir;
using namespace qimeng;

static LogicalResult proveBody(KernelOp kernel, const VerifyOptions &options) {
  if (failed(checkBounds(kernel)) ||
      failed(checkWrites(kernel, options.maxVisits)) ||
      failed(checkChannels(kernel)))
    return failure();
  return success();
}

LogicalResult qimeng::proveKernel(KernelOp kernel,
                                  const VerifyOptions &options) {
  if (failed(verify(kernel)) || failed(checkKernel(kernel, options.structure)))
    return failure();
  return proveBody(kernel, options);
}

LogicalResult qimeng::proveRewrite(ModuleOp before, ModuleOp after,
                                   const VerifyOptions &options) {
  if (failed(verify(after)) ||
      failed(checkStructure(before, after, options.structure)))
    return failure();
  for (KernelOp kernel : after.getOps<KernelOp>()) {
    auto old = before.lookupSymbol<KernelOp>(kernel.getSymName());
    if (options.skipUnchanged && old &&
        OperationEquivalence::isEquivalentTo(
            old, kernel, OperationEquivalence::IgnoreLocations))
      continue;
    if (failed(proveBody(kernel, options)))
      return failure();
  }
  return success();
}

double qimeng::countWork(ModuleOp module) {
  double work = 0;
  for (KernelOp kernel : module.getOps<KernelOp>())
    kernel.getBody().walk([&](Operation *op) {
      double elements = 0;
      for (Type type : op->getResultTypes())
        if (auto tile = dyn_cast<RankedTensorType>(type))
          elements += tile.getNumElements();
      if (auto dot = dyn_cast<DotOp>(op))
        elements *=
            2 *
            cast<RankedTensorType>(dot.getLhs().getType()).getShape().back();
      else if (isa<ReduceOp, FoldOp>(op))
        elements = cast<RankedTensorType>(op->getOperand(0).getType())
                       .getNumElements();
      if (elements == 0)
        return;
      elements *= kernel.getNumPrograms();
      for (auto loop = op->getParentOfType<scf::ForOp>(); loop;
           loop = loop->getParentOfType<scf::ForOp>())
        if (auto lower = getConstantIndex(loop.getLowerBound()),
            upper = getConstantIndex(loop.getUpperBound()),
            step = getConstantIndex(loop.getStep());
            lower && upper && step && *step > 0 && *upper > *lower)
          elements *= llvm::divideCeil(*upper - *lower, *step);
      work += elements;
    });
  return work;
}

LogicalResult qimeng::verifyRewrite(ModuleOp before, ModuleOp after,
                                    const VerifyOptions &options,
                                    bool *ranNumbers) {
  if (failed(proveRewrite(before, after, options)))
    return failure();
  bool run = countWork(after) <= options.maxWork &&
             countWork(before) <= options.maxWork;
  if (ranNumbers)
    *ranNumbers = run;
  if (!run || before == after)
    return success();
  // A mistake that few elements show needs many inputs; small programs can
  // have them.
  NumbersOptions numbers = options.numbers;
  double work = std::max({countWork(before), countWork(after), 1.0});
  int64_t more = std::clamp<int64_t>(options.repeatWork / work, 0, 56);
  for (int64_t i = 0; i < more; ++i)
    numbers.modes.push_back(i % 2 ? Draw::Mode::Large : Draw::Mode::Normal);
  return checkNumbers(before, after, numbers);
}
