//===- QiMengTransformOps.cpp - The macro actions as operations -----------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// The transform dialect's debug checks are not in a release build of MLIR,
// which this project also develops against.
#ifndef NDEBUG
#define NDEBUG
#endif
#include "qimeng/Dialect/QiMeng/TransformOps/QiMengTransformOps.h"
#include "mlir/IR/OpImplementation.h"

using namespace mlir;
using namespace qimeng;

#define GET_OP_CLASSES
#include "qimeng/Dialect/QiMeng/TransformOps/QiMengTransformOps.cpp.inc"

template <typename... Ops>
static SmallVector<const ActionInfo *> collectActions() {
  return {&Ops::info()...};
}

ArrayRef<const ActionInfo *> qimeng::getActions() {
  static const SmallVector<const ActionInfo *> actions = collectActions<
#define GET_OP_LIST
#include "qimeng/Dialect/QiMeng/TransformOps/QiMengTransformOps.cpp.inc"
      >();
  return actions;
}

namespace {
class QiMengTransformExtension
    : public transform::TransformDialectExtension<QiMengTransformExtension> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(QiMengTransformExtension)
  void init() {
    declareGeneratedDialect<QiMengDialect>();
    registerTransformOps<
#define GET_OP_LIST
#include "qimeng/Dialect/QiMeng/TransformOps/QiMengTransformOps.cpp.inc"
        >();
  }
};
} // namespace

void qimeng::registerTransformExtension(DialectRegistry &registry) {
  registry.insert<transform::TransformDialect>();
  registry.addExtensions<QiMengTransformExtension>();
}
