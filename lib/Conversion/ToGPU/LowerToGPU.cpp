//===- LowerToGPU.cpp - Kernel programs to GPU programs -------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"
#include "RegisterChannels.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "qimeng/Conversion/ToGPU/ToGPU.h"

namespace qimeng {
#define GEN_PASS_DEF_QIMENGLOWERTOGPU
#include "qimeng/Conversion/ToGPU/Passes.h.inc"
} // namespace qimeng

using namespace mlir;
using namespace qimeng;
using namespace qimeng::gpu;

FailureOr<OwningOpRef<ModuleOp>> qimeng::lowerToGpu(ModuleOp program,
                                                    const Architecture &arch) {
  program.getContext()
      ->loadDialect<LLVM::LLVMDialect, NVVM::NVVMDialect, arith::ArithDialect,
                    scf::SCFDialect>();
  OwningOpRef<ModuleOp> result = ModuleOp::create(program.getLoc());
  for (KernelOp kernel : program.getOps<KernelOp>()) {
    OwningOpRef<KernelOp> resolved;
    if (hasRegisterChannels(kernel)) {
      resolved = kernel.clone();
      if (failed(resolveRegisterChannels(*resolved)))
        return failure();
      kernel = *resolved;
    }
    if (failed(KernelEmitter(kernel, arch).emit(*result)))
      return failure();
  }
  return result;
}

namespace {
struct QiMengLowerToGPU : qimeng::impl::QiMengLowerToGPUBase<QiMengLowerToGPU> {
  using QiMengLowerToGPUBase::QiMengLowerToGPUBase;

  void runOnOperation() override {
    Result<const Architecture *> known = findArchitecture(arch);
    if (!known) {
      emitError(UnknownLoc::get(&getContext())) << known.error();
      return signalPassFailure();
    }
    ModuleOp module = getOperation();
    // What is left would be nothing.
    if (module.getOps<KernelOp>().empty()) {
      module.emitError() << "holds no kernel; make kernels of a tensor program "
                            "with --qimeng-partition first";
      return signalPassFailure();
    }
    FailureOr<OwningOpRef<ModuleOp>> lowered = lowerToGpu(module, **known);
    if (failed(lowered))
      return signalPassFailure();
    module.getBody()->clear();
    module.getBody()->getOperations().splice(
        module.getBody()->end(), (*lowered)->getBody()->getOperations());
  }
};
} // namespace
