//===- Prove.cpp - The pass qimeng-prove ----------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Verify/Passes.h"
#include "qimeng/Verify/Verify.h"

namespace qimeng {
#define GEN_PASS_DEF_QIMENGPROVE
#include "qimeng/Verify/Passes.h.inc"
} // namespace qimeng

using namespace mlir;
using namespace qimeng;

namespace {
struct Prove : public qimeng::impl::QiMengProveBase<Prove> {
  using QiMengProveBase::QiMengProveBase;

  void runOnOperation() override {
    markAllAnalysesPreserved();
    VerifyOptions options;
    if (!arch.empty()) {
      Result<const Architecture *> found = findArchitecture(arch);
      if (!found) {
        getOperation().emitError() << "qimeng-prove: " << found.error();
        return signalPassFailure();
      }
      options.structure.architecture = *found;
    }
    std::optional<Property> wanted;
    if (!property.empty()) {
      Result<Property> found = parseProperty(property);
      if (!found) {
        getOperation().emitError() << "qimeng-prove: " << found.error();
        return signalPassFailure();
      }
      wanted = *found;
    }
    for (KernelOp kernel : getOperation().getOps<KernelOp>()) {
      if (failed(proveKernel(kernel, options)))
        signalPassFailure();
      if (wanted && !hasProperty(kernel, *wanted)) {
        kernel.emitOpError()
            << "check 2 (structure): must be " << qimeng::getName(*wanted);
        signalPassFailure();
      }
    }
  }
};
} // namespace
