//===- Registration.cpp - Dialects and passes of the project --------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Pipelines/Registration.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/Extensions/InlinerExtension.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/TransformOps/DialectExtension.h"
#include "mlir/Dialect/Transform/IR/TransformDialect.h"
#include "mlir/Transforms/Passes.h"
#include "qimeng/Conversion/ToCPU/ToCPU.h"
#include "qimeng/Conversion/ToGPU/ToGPU.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "qimeng/Dialect/QiMeng/TransformOps/MacroAction.h"
#include "qimeng/Dialect/QiMeng/Transforms/Passes.h"
#include "qimeng/Partition/Partition.h"
#include "qimeng/Target/Ptx.h"
#include "qimeng/Verify/Passes.h"
#include "llvm/Support/CommandLine.h"

using namespace mlir;

void qimeng::registerDialects(DialectRegistry &registry) {
  registry.insert<QiMengDialect, affine::AffineDialect, arith::ArithDialect,
                  bufferization::BufferizationDialect, cf::ControlFlowDialect,
                  func::FuncDialect, linalg::LinalgDialect, LLVM::LLVMDialect,
                  math::MathDialect, memref::MemRefDialect, NVVM::NVVMDialect,
                  scf::SCFDialect, tensor::TensorDialect,
                  transform::TransformDialect>();
  func::registerInlinerExtension(registry);
  registerTransformExtension(registry);
  linalg::registerTransformDialectExtension(registry);
  registerCPUDialects(registry);
  registerGpuTargetInterfaces(registry);
}

void qimeng::registerPasses() {
  mlir::registerCanonicalizerPass();
  mlir::registerCSEPass();
  mlir::registerInlinerPass();
  mlir::registerLoopInvariantCodeMotionPass();
  mlir::registerSymbolDCEPass();
  registerActionPasses();
  registerQiMengPartitionPasses();
  registerQiMengVerifyPasses();
  registerQiMengToCPUPasses();
  registerQiMengToGPUPasses();
  registerCPUPipelines();
}

void qimeng::hideOptionsOfLibraries() {
  for (auto &entry : llvm::cl::getRegisteredOptions()) {
    llvm::cl::Option *option = entry.second;
    if (option->getOptionHiddenFlag() == llvm::cl::NotHidden &&
        !entry.first.starts_with("help") && entry.first != "version")
      option->setHiddenFlag(llvm::cl::Hidden);
  }
}
