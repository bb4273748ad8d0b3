//===- Stage.cpp - Macro action: stage ------------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Staging.h"
#include "qimeng/Dialect/QiMeng/IR/Properties.h"
#include "qimeng/Dialect/QiMeng/TransformOps/QiMengTransformOps.h"

using namespace mlir;
using namespace qimeng;

static LogicalResult stage(StageOp op, KernelOp kernel, RewriterBase &rewriter,
                           const Architecture *target, std::string &why) {
  SmallVector<StagedGroup> groups =
      findGroups(kernel, op.getInputs(), /*perProduct=*/false);
  for (const StagedGroup &group : groups)
    stageGroup(kernel, group, /*stages=*/1, rewriter);
  return checkShared(kernel, target, why);
}

LogicalResult StageOp::precondition(KernelOp kernel, const Architecture *target,
                                    std::string &why) {
  if (failed(checkTiled(kernel, why)))
    return failure();
  if (failed(checkInputs(kernel, getInputs(), why)))
    return failure();
  if (findGroups(kernel, getInputs(), false).empty())
    return refuse(why, getInputs().empty()
                           ? "no product in a loop reads tiles that are not in "
                             "a channel yet; name operands with 'inputs' to "
                             "stage other loads"
                           : "no loop loads from the operands in 'inputs'");
  return tryOnCopy(kernel, [&](KernelOp copy, RewriterBase &rewriter) {
    return stage(*this, copy, rewriter, target, why);
  });
}

LogicalResult StageOp::rewrite(KernelOp kernel, RewriterBase &rewriter,
                               const Architecture *target) {
  std::string why;
  if (failed(stage(*this, kernel, rewriter, target, why)))
    return emitError() << why;
  return success();
}

void StageOp::propose(KernelOp kernel, const Architecture &,
                      SmallVectorImpl<DictionaryAttr> &proposals) {
  proposals.push_back(DictionaryAttr::get(kernel.getContext()));
}

LogicalResult StageOp::holds(KernelOp, KernelOp after, DictionaryAttr,
                             std::string &why) {
  return checkProperty(after, Property::Staged, why);
}
