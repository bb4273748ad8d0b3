//===- Ptx.cpp - GPU programs to LLVM IR and PTX --------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Target/Ptx.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Analysis/CGSCCPassManager.h"
#include "llvm/Analysis/LoopAnalysisManager.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/InstCombine/InstCombine.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/SimplifyCFG.h"
#include <algorithm>
#include <mutex>

using namespace mlir;

void qimeng::registerGpuTargetInterfaces(DialectRegistry &registry) {
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  registerNVVMDialectTranslation(registry);
}

void qimeng::loadGpuDialects(MLIRContext &context) {
  context.loadDialect<arith::ArithDialect, cf::ControlFlowDialect,
                      LLVM::LLVMDialect, NVVM::NVVMDialect, scf::SCFDialect>();
}

int qimeng::getPtxVersion(const Architecture &architecture) {
  // 8.6 has everything that the lowering emits, and every ptxas since CUDA 12.7
  // and driver since 565 takes it.
  return std::max(86, architecture.ptxVersion);
}

//===----------------------------------------------------------------------===//
// LLVM's failures
//===----------------------------------------------------------------------===//

namespace {

/// What LLVM's code generator said before it gave up, in this thread.
thread_local std::string *fatalMessage = nullptr;

void keepFatalMessage(void *, const char *reason, bool) {
  if (fatalMessage)
    *fatalMessage = reason;
  else
    llvm::errs() << "LLVM ERROR: " << reason << "\n";
}

/// LLVM IR passes and the code generator report through this.
struct DiagnosticsToMlir : llvm::DiagnosticHandler {
  explicit DiagnosticsToMlir(Location location) : location(location) {}

  bool handleDiagnostics(const llvm::DiagnosticInfo &info) override {
    if (info.getSeverity() != llvm::DS_Error)
      return true;
    std::string text;
    llvm::raw_string_ostream stream(text);
    llvm::DiagnosticPrinterRawOStream printer(stream);
    info.print(printer);
    emitError(location) << "LLVM cannot generate code: " << text;
    failed = true;
    return true;
  }

  Location location;
  bool failed = false;
};

} // namespace

/// Runs `generate`, in which LLVM may end the process where an instruction
/// cannot be selected; that becomes a diagnostic.
static LogicalResult guarded(Location location,
                             llvm::function_ref<void()> generate) {
  std::string message;
  fatalMessage = &message;
  llvm::CrashRecoveryContext recovery;
  bool finished = recovery.RunSafely(generate);
  fatalMessage = nullptr;
  if (finished)
    return success();
  return emitError(location) << "LLVM's code generator failed: "
                             << (message.empty() ? "no reason given" : message);
}

//===----------------------------------------------------------------------===//
// Code generation
//===----------------------------------------------------------------------===//

static const llvm::Target *getNvptxTarget() {
  static const llvm::Target *target = [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
    llvm::CrashRecoveryContext::Enable();
    llvm::install_fatal_error_handler(keepFatalMessage);
    std::string error;
    return llvm::TargetRegistry::lookupTarget(
        llvm::Triple("nvptx64-nvidia-cuda"), error);
  }();
  return target;
}

static std::unique_ptr<llvm::TargetMachine>
createTargetMachine(const qimeng::Architecture &architecture) {
  std::string features =
      "+ptx" + std::to_string(qimeng::getPtxVersion(architecture));
  return std::unique_ptr<llvm::TargetMachine>(
      getNvptxTarget()->createTargetMachine(
          llvm::Triple("nvptx64-nvidia-cuda"), architecture.name, features,
          llvm::TargetOptions(), std::nullopt, std::nullopt,
          llvm::CodeGenOptLevel::Aggressive));
}

/// Light passes: they simplify what a block says, and never rotate, unroll or
/// sink: ptxas serializes wgmma when accumulators are moved.
static void optimizeLightly(llvm::Module &module,
                            llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager sccs;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(sccs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, sccs, modules);

  llvm::FunctionPassManager passes;
  passes.addPass(llvm::EarlyCSEPass(/*UseMemorySSA=*/true));
  passes.addPass(llvm::InstCombinePass());
  for (llvm::Function &function : module)
    if (!function.isDeclaration())
      passes.run(function, functions);
}

/// Lowers a copy of `gpuModule` to LLVM IR; null after a diagnostic.
static std::unique_ptr<llvm::Module> toLlvmIr(ModuleOp gpuModule,
                                              const qimeng::PtxOptions &options,
                                              llvm::TargetMachine &machine,
                                              llvm::LLVMContext &context) {
  OwningOpRef<ModuleOp> lowered = gpuModule.clone();
  if (failed(qimeng::lowerGpuModuleToLlvm(*lowered)))
    return nullptr;
  std::unique_ptr<llvm::Module> module = translateModuleToLLVMIR(
      *lowered, context, gpuModule.getName().value_or("gpu_program"));
  if (!module)
    return nullptr;
  module->setTargetTriple(machine.getTargetTriple());
  module->setDataLayout(machine.createDataLayout());
  if (options.optimize == qimeng::PtxOptions::Optimize::Light)
    optimizeLightly(*module, machine);
  return module;
}

FailureOr<std::string>
qimeng::translateToLlvmIr(ModuleOp gpuModule, const Architecture &architecture,
                          const PtxOptions &options) {
  std::unique_ptr<llvm::TargetMachine> machine =
      createTargetMachine(architecture);
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module =
      toLlvmIr(gpuModule, options, *machine, context);
  if (!module)
    return failure();
  std::string text;
  llvm::raw_string_ostream stream(text);
  module->print(stream, nullptr);
  return text;
}

FailureOr<std::string> qimeng::translateToPtx(ModuleOp gpuModule,
                                              const Architecture &architecture,
                                              const PtxOptions &options) {
  std::unique_ptr<llvm::TargetMachine> machine =
      createTargetMachine(architecture);
  llvm::LLVMContext context;
  auto handler = std::make_unique<DiagnosticsToMlir>(gpuModule.getLoc());
  DiagnosticsToMlir *diagnostics = handler.get();
  context.setDiagnosticHandler(std::move(handler));
  std::unique_ptr<llvm::Module> module =
      toLlvmIr(gpuModule, options, *machine, context);
  if (!module)
    return failure();

  llvm::SmallString<0> text;
  LogicalResult generated = guarded(gpuModule.getLoc(), [&] {
    llvm::raw_svector_ostream stream(text);
    llvm::legacy::PassManager passes;
    machine->addPassesToEmitFile(passes, stream, nullptr,
                                 llvm::CodeGenFileType::AssemblyFile,
                                 /*DisableVerify=*/true);
    passes.run(*module);
  });
  if (failed(generated) || diagnostics->failed)
    return failure();
  return std::string(text);
}
