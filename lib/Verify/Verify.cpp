//===- Verify.cpp - The checks of a rewrite, in order ---------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Verify/Verify.h"
#include "mlir/IR/Verifier.h"
#include "qimeng/Verify/Bounds.h"
#include "qimeng/Verify/Channels.h"

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
