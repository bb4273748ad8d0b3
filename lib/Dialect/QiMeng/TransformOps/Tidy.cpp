//===- Tidy.cpp - Clean kernels after an action ---------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Dominance.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/LoopInvariantCodeMotionUtils.h"
#include "qimeng/Dialect/QiMeng/TransformOps/MacroAction.h"

using namespace mlir;
using namespace qimeng;

/// Canonicalization patterns of the operations that kernels consist of. Not
/// those of affine.apply: they turn program ids into symbols, which reads
/// worse.
static FrozenRewritePatternSet collectPatterns(MLIRContext *context) {
  RewritePatternSet patterns(context);
  for (StringRef name : {"arith", "math", "qimeng"})
    if (Dialect *dialect = context->getLoadedDialect(name))
      dialect->getCanonicalizationPatterns(patterns);
  for (RegisteredOperationName op : context->getRegisteredOperations()) {
    StringRef dialect = op.getDialectNamespace();
    if (dialect == "arith" || dialect == "math" || dialect == "qimeng" ||
        op.getStringRef() == "scf.for" || op.getStringRef() == "scf.if")
      op.getCanonicalizationPatterns(patterns, context);
  }
  return FrozenRewritePatternSet(std::move(patterns));
}

void qimeng::tidyKernel(KernelOp kernel, RewriterBase &rewriter) {
  FrozenRewritePatternSet patterns = collectPatterns(kernel.getContext());
  GreedyRewriteConfig config;
  config.setUseTopDownTraversal(true);
  if (auto *listener =
          dyn_cast_if_present<RewriterBase::Listener>(rewriter.getListener()))
    config.setListener(listener);
  auto canonicalize = [&] {
    // Not to converge is no error: the kernel is right in every state.
    (void)applyPatternsGreedily(kernel.getBody(), patterns, config);
  };
  canonicalize();
  kernel.walk([](LoopLikeOpInterface loop) { moveLoopInvariantCode(loop); });
  DominanceInfo dominance(kernel);
  eliminateCommonSubExpressions(rewriter, dominance, kernel);
  canonicalize();
}
