//===- LowerGpuModule.cpp - GPU programs to the llvm dialect --------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/NVVMToLLVM/NVVMToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/LLVMIR/BasicPtxBuilderInterface.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/DialectConversion.h"
#include "mlir/Transforms/Passes.h"
#include "qimeng/Target/Ptx.h"

using namespace mlir;

namespace {

/// arith, cf, index, ub and nvvm in one conversion: upstream's passes for each
/// walk and check the whole module once more.
struct ConvertToLlvm : PassWrapper<ConvertToLlvm, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ConvertToLlvm)

  StringRef getName() const override { return "qimeng-gpu-module-to-llvm"; }

  LogicalResult initialize(MLIRContext *context) override {
    LowerToLLVMOptions options(context);
    options.overrideIndexBitwidth(64);
    converter = std::make_shared<LLVMTypeConverter>(context, options);
    RewritePatternSet rewrites(context);
    arith::populateCeilFloorDivExpandOpsPatterns(rewrites);
    arith::populateArithToLLVMConversionPatterns(*converter, rewrites);
    cf::populateControlFlowToLLVMConversionPatterns(*converter, rewrites);
    index::populateIndexToLLVMConversionPatterns(*converter, rewrites);
    ub::populateUBToLLVMConversionPatterns(*converter, rewrites);
    populateNVVMToLLVMConversionPatterns(rewrites);
    patterns = std::move(rewrites);
    return success();
  }

  void runOnOperation() override {
    LLVMConversionTarget target(getContext());
    target.addLegalOp<ModuleOp, UnrealizedConversionCastOp>();
    // An operation that knows its PTX but no LLVM intrinsic becomes inline
    // assembly; the others translate as they are.
    target.addDynamicallyLegalDialect<NVVM::NVVMDialect>([](Operation *op) {
      auto ptx = dyn_cast<NVVM::BasicPtxBuilderInterface>(op);
      return !ptx || ptx.hasIntrinsic();
    });
    if (failed(applyFullConversion(getOperation(), target, patterns)))
      signalPassFailure();
  }

  std::shared_ptr<LLVMTypeConverter> converter;
  FrozenRewritePatternSet patterns;
};

} // namespace

LogicalResult qimeng::lowerGpuModuleToLlvm(ModuleOp gpuModule) {
  PassManager pipeline(gpuModule.getContext(), ModuleOp::getOperationName());
  pipeline.addPass(createSCFToControlFlowPass());
  pipeline.addPass(std::make_unique<ConvertToLlvm>());
  pipeline.addPass(createReconcileUnrealizedCastsPass());
  pipeline.addPass(createCanonicalizerPass());
  pipeline.addPass(createCSEPass());
  // Once at the end, not after every pass.
  pipeline.enableVerifier(false);
  if (failed(pipeline.run(gpuModule)))
    return failure();
  return verify(gpuModule);
}
