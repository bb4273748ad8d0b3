//===- SessionCompile.cpp - Kernels to machine code, once each ------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SessionCompile.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Parser/Parser.h"
#include "qimeng/Conversion/ToGPU/ToGPU.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "qimeng/Target/GpuKernel.h"
#include "qimeng/Target/ProgramBuilder.h"

using namespace mlir;
using namespace qimeng;

std::shared_ptr<const CompiledKernel>
KernelCompiler::compileKernel(Operation *op) {
  auto compiled = std::make_shared<CompiledKernel>();
  auto kernel = cast<KernelOp>(op);
  compiled->name = kernel.getSymName().str();
  DiagnosticText diagnostics(op->getContext());
  auto fail = [&](TrialPhase phase, std::string why) {
    compiled->phase = phase;
    compiled->diagnostics = std::move(why);
    return compiled;
  };

  OwningOpRef<ModuleOp> module = ModuleOp::create(kernel.getLoc());
  module->push_back(kernel->clone());
  FailureOr<OwningOpRef<ModuleOp>> gpu = lowerToGpu(*module, architecture);
  if (failed(gpu))
    return fail(TrialPhase::lower, diagnostics.str());
  auto function = (**gpu).lookupSymbol<LLVM::LLVMFuncOp>(compiled->name);
  if (!function)
    return fail(TrialPhase::lower, "the lowering made no @" + compiled->name);
  {
    OpBuilder builder(op->getContext());
    OwningOpRef<ModuleOp> only = ModuleOp::create(kernel.getLoc());
    builder.setInsertionPointToStart(only->getBody());
    auto declared = LLVM::LLVMFuncOp::create(
        builder, kernel.getLoc(), compiled->name, function.getFunctionType());
    declared->setAttr(getLaunchInfoAttrName(),
                      function->getAttr(getLaunchInfoAttrName()));
    compiled->declaration = toText(*only);
  }
  FailureOr<GpuKernel> info =
      fromAttr(function->getAttr(getLaunchInfoAttrName()),
               [&] { return function.emitError(); });
  if (failed(info))
    return fail(TrialPhase::lower, diagnostics.str());
  compiled->threads = int64_t(info->block[0]) * info->block[1] * info->block[2];
  compiled->dynamicSharedBytes = info->dynamicSharedBytes;
  compiled->grid = std::to_string(info->grid[0]) + " x " +
                   std::to_string(info->grid[1]) + " x " +
                   std::to_string(info->grid[2]);
  FailureOr<std::string> ptx = translateToPtx(**gpu, architecture);
  if (failed(ptx))
    return fail(TrialPhase::lower, diagnostics.str());
  compiled->ptx = std::move(*ptx);
  if (!haveAssembler)
    return compiled;
  // A search outlives a crash of the assembler.
  AssembleOptions isolated;
  isolated.isolated = true;
  Result<Cubin> cubin = assemble(compiled->ptx, architecture, isolated);
  if (!cubin)
    return fail(TrialPhase::assemble, cubin.error());
  if (const KernelResources *resources = cubin->find(compiled->name))
    compiled->resources = *resources;
  compiled->warnings = cubin->warnings;
  compiled->cubin = std::move(cubin->bytes);
  return compiled;
}

std::vector<std::shared_ptr<const CompiledKernel>>
KernelCompiler::compile(ModuleOp program) {
  std::vector<std::shared_ptr<const CompiledKernel>> all;
  for (KernelOp kernel : program.getOps<KernelOp>()) {
    std::string text;
    llvm::raw_string_ostream(text) << kernel;
    std::promise<std::shared_ptr<const CompiledKernel>> promise;
    std::shared_future<std::shared_ptr<const CompiledKernel>> future;
    bool ours = false;
    {
      std::lock_guard<std::mutex> lock(mutex);
      auto [at, isNew] = known.try_emplace(hashText(text));
      if (isNew)
        at->second = promise.get_future().share();
      future = at->second;
      ours = isNew;
    }
    if (ours)
      promise.set_value(compileKernel(kernel));
    all.push_back(future.get());
    if (!all.back()->succeeded())
      break;
  }
  return all;
}

FailureOr<Program>
KernelCompiler::link(ModuleOp program,
                     ArrayRef<std::shared_ptr<const CompiledKernel>> kernels,
                     StringRef name) const {
  OwningOpRef<ModuleOp> declarations = ModuleOp::create(program.getLoc());
  std::vector<Program::Module> modules;
  for (const auto &kernel : kernels) {
    OwningOpRef<ModuleOp> parsed =
        parseSourceString<ModuleOp>(kernel->declaration, program.getContext());
    if (!parsed)
      return failure();
    for (auto function :
         llvm::make_early_inc_range(parsed->getOps<LLVM::LLVMFuncOp>())) {
      function->remove();
      declarations->push_back(function);
    }
    Program::Module module;
    module.name = kernel->name;
    module.isPtx = kernel->cubin.empty();
    module.bytes = module.isPtx ? kernel->ptx : kernel->cubin;
    modules.push_back(std::move(module));
  }
  if (modules.empty())
    return program.emitError("there is no kernel to run");
  FailureOr<Program> linked =
      buildProgram(program, *declarations, architecture, modules.front());
  if (failed(linked))
    return failure();
  linked->name = name.str();
  linked->modules = std::move(modules);
  for (Program::Launch &launch : linked->launches)
    launch.module = launch.kernel;
  if (Status valid = linked->validate(); !valid)
    return program.emitError(valid.error());
  return linked;
}
