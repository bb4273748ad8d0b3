//===- Verify.cpp - The checks of a rewrite, in order ---------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Verify/Verify.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "qimeng/Dialect/QiMeng/IR/Limits.h"
#include "qimeng/Verify/Bounds.h"
#include "qimeng/Verify/Channels.h"

using namespace mlir;
using namespace qimeng;

static LogicalResult proveBody(KernelOp kernel, const VerifyOptions &options) {
  if (failed(checkIndices(kernel)) || failed(checkBounds(kernel)) ||
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
  for (KernelOp kernel : module.getOps<KernelOp>()) {
    KernelWork one = countWork(kernel);
    // Operations without tiles take their time, too.
    work += std::max(one.scalars, one.executions);
  }
  return work;
}

double qimeng::countNumbersBytes(ModuleOp program) {
  double held = 0, running = 0;
  auto elementsOf = [](Type type) {
    auto shaped = dyn_cast<ShapedType>(type);
    return shaped && shaped.hasStaticShape() ? double(shaped.getNumElements())
                                             : 0.0;
  };
  program.walk([&](FunctionOpInterface function) {
    // Inputs are drawn, widened; outputs are exact, as precise as the program,
    // and have a bound for each element. Memrefs may be either.
    for (Type type : function.getArgumentTypes())
      held += elementsOf(type) * (isa<MemRefType>(type) ? 24 : 8);
    for (Type type : function.getResultTypes())
      held += elementsOf(type) * 24;
  });
  program.walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      running += elementsOf(type) * 8;
  });
  return held * double(NumbersOptions().inputs.size()) + 2 * (held + running);
}

bool qimeng::mayCompareNumbers(ModuleOp before, ModuleOp after,
                               const VerifyOptions &options) {
  return countWork(after) <= options.maxWork &&
         countWork(before) <= options.maxWork &&
         countNumbersBytes(before) <= options.maxBytes;
}

LogicalResult qimeng::compareNumbers(ModuleOp before, ModuleOp after,
                                     const VerifyOptions &options) {
  // A mistake that few elements show needs many inputs; small programs can
  // have them.
  NumbersOptions numbers = options.numbers;
  double work = std::max({countWork(before), countWork(after), 1.0});
  int64_t more = std::clamp<int64_t>(options.repeatWork / work, 0, 56);
  static constexpr InputKind kinds[] = {
      InputKind::Normal,     InputKind::Large,  InputKind::Peaks,
      InputKind::LargePeaks, InputKind::Scaled, InputKind::Ties,
      InputKind::Small,      InputKind::Mixed,  InputKind::Mixed};
  for (int64_t i = 0; i < more; ++i)
    numbers.inputs.push_back(kinds[i % std::size(kinds)]);
  return checkNumbers(before, after, numbers);
}

LogicalResult qimeng::verifyRewrite(ModuleOp before, ModuleOp after,
                                    const VerifyOptions &options,
                                    bool *ranNumbers) {
  if (failed(proveRewrite(before, after, options)))
    return failure();
  bool run = mayCompareNumbers(before, after, options);
  if (ranNumbers)
    *ranNumbers = run;
  if (!run || before == after)
    return success();
  return compareNumbers(before, after, options);
}
