//===- qimeng-translate.cpp - Programs to LLVM IR, PTX and cubin ----------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "qimeng/Conversion/ToGPU/ToGPU.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "qimeng/Pipelines/OpenProgram.h"
#include "qimeng/Pipelines/Registration.h"
#include "qimeng/Support/File.h"
#include "qimeng/Target/Assembler.h"
#include "qimeng/Target/ProgramBuilder.h"
#include "qimeng/Target/Ptx.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
namespace cl = llvm::cl;

namespace {

enum class Form { Llvm, Ptx, Cubin, Program };

// Also in the help text and docs.
enum ExitCode { Done = 0, BadInput = 1, BadUsage = 2, BadMachine = 3 };

constexpr const char *overview =
    R"(QiMeng translator: kernels to LLVM IR, PTX and cubin

Reads tiled kernels (qimeng.kernel, with a func.func @main that launches them
for --to=program), or a module of llvm.func kernels in the dialects llvm, nvvm,
arith, scf, cf and index, as qimeng-opt --qimeng-lower-to-gpu prints it.

Examples:
  qimeng-translate --to=ptx --arch=sm_90a gemm.mlir               PTX on stdout
  qimeng-translate --to=cubin --arch=sm_80 gemm.mlir -o g.cubin   machine code
  qimeng-translate --to=cubin --report gemm.mlir -o g.cubin       registers, spills
  qimeng-translate --to=program --arch=sm_90a mlp.mlir -o out     a folder that the
                                       runtime runs: program.json, kernels.cubin

Exit codes:
  0  done
  1  the program is at fault, or what was generated from it; stderr says where
  2  wrong command line
  3  the machine is at fault: no assembler, an old one, an output that cannot be written

Cubins are made by NVIDIA's PTX compiler library where it was built in, else by
ptxas. QIMENG_PTXAS names another ptxas; QIMENG_PTXAS=none does without: then,
and where there is none, the folder of --to=program holds PTX, which the driver
assembles when the program is loaded.

An output file is complete or untouched.
)";

ExitCode fail(ExitCode code, const std::string &message) {
  llvm::errs() << "qimeng-translate: " << message << "\n";
  return code;
}

/// Whether there is something to translate.
LogicalResult checkKernels(ModuleOp module) {
  if (!module.getOps<qimeng::KernelOp>().empty() ||
      !module.getOps<LLVM::LLVMFuncOp>().empty())
    return success();
  for (Operation &op : *module.getBody())
    if (isa<func::FuncOp>(op))
      return emitError(op.getLoc())
             << "is a function and not a kernel; make kernels of a tensor "
                "program with qimeng-opt --qimeng-partition, and tile them "
                "with "
                "--qimeng-tile or a recipe";
  return module.emitError()
         << "holds no kernel; expected tiled qimeng.kernel operations, or "
            "llvm.func kernels";
}

void printReport(llvm::ArrayRef<qimeng::KernelResources> kernels,
                 llvm::ArrayRef<std::string> warnings) {
  for (const qimeng::KernelResources &kernel : kernels)
    llvm::errs() << kernel.name << ": " << kernel.registers << " registers, "
                 << kernel.sharedBytes << " bytes static shared, "
                 << kernel.stackBytes << " bytes stack, "
                 << kernel.spillStoreBytes << " + " << kernel.spillLoadBytes
                 << " bytes spill stores + loads\n";
  for (const std::string &warning : warnings)
    llvm::errs() << warning << "\n";
}

ExitCode makeProgram(ModuleOp module, const qimeng::Architecture &architecture,
                     const qimeng::PtxOptions &ptx, bool report,
                     const std::string &folder) {
  qimeng::CompileOptions options;
  options.ptx = ptx;
  options.allowPtx = true;
  if (qimeng::isAssemblerNamed())
    if (auto assembler = qimeng::findAssembler(); !assembler)
      return fail(BadMachine, assembler.error());
  FailureOr<qimeng::CompiledProgram> compiled =
      qimeng::compileProgram(module, architecture, options);
  if (failed(compiled))
    return BadInput;
  if (report)
    printReport(compiled->kernels, compiled->warnings);
  if (qimeng::Status saved = compiled->program.save(folder); !saved)
    return fail(BadMachine, saved.error());
  return Done;
}

} // namespace

int qimengTranslateMain(int argc, char **argv) {
  cl::OptionCategory category("Options");
  cl::opt<std::string> input(cl::Positional,
                             cl::desc("<input .mlir, - for stdin>"),
                             cl::init("-"), cl::cat(category));
  cl::opt<std::string> output("o", cl::desc("Output file (default: -, stdout)"),
                              cl::value_desc("file"), cl::init("-"),
                              cl::cat(category));
  cl::opt<Form> form(
      "to", cl::desc("What to make (default: ptx)"), cl::init(Form::Ptx),
      cl::values(clEnumValN(Form::Llvm, "llvm", "LLVM IR text"),
                 clEnumValN(Form::Ptx, "ptx", "PTX text"),
                 clEnumValN(Form::Cubin, "cubin", "machine code"),
                 clEnumValN(Form::Program, "program",
                            "a folder with program.json and the machine code "
                            "(needs -o)")),
      cl::cat(category));
  cl::opt<std::string> archName(
      "arch", cl::desc("Architecture, such as sm_80 or sm_90a (the default)"),
      cl::value_desc("sm_XX"), cl::init("sm_90a"), cl::cat(category));
  cl::opt<bool> noOptimize("no-ir-passes",
                           cl::desc("Generate code from LLVM IR as lowered"),
                           cl::cat(category));
  cl::opt<bool> report("report",
                       cl::desc("Print each kernel's registers, shared memory "
                                "and spills to stderr (with --to=cubin)"),
                       cl::cat(category));
  cl::HideUnrelatedOptions(category);
  if (!cl::ParseCommandLineOptions(argc, argv, overview, &llvm::errs()))
    return BadUsage;

  qimeng::Result<const qimeng::Architecture *> architecture =
      qimeng::findArchitecture(archName);
  if (!architecture)
    return fail(BadUsage, "--arch: " + architecture.error());

  if (form == Form::Program && output == "-")
    return fail(BadUsage, "--to=program writes a folder: name it with -o");

  DialectRegistry registry;
  qimeng::registerDialects(registry);
  MLIRContext context(registry);
  // An error shows its line of the input, and need not repeat the operation.
  context.printOpOnDiagnostic(false);
  qimeng::loadGpuDialects(context);
  std::string error;
  std::unique_ptr<llvm::MemoryBuffer> buffer =
      qimeng::openProgram(input, error);
  if (!buffer)
    return fail(BadInput, error);
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(buffer), llvm::SMLoc());
  SourceMgrDiagnosticHandler diagnostics(sources, &context);
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(sources, &context);
  if (!module)
    return BadInput;

  qimeng::PtxOptions options;
  if (noOptimize)
    options.optimize = qimeng::PtxOptions::Optimize::None;
  // Of a host function, making the program says more.
  bool isHost = llvm::any_of(module->getOps<func::FuncOp>(), [](auto function) {
    return llvm::all_of(function.getArgumentTypes(), llvm::IsaPred<MemRefType>);
  });
  if (!(form == Form::Program && isHost) && failed(checkKernels(*module)))
    return BadInput;
  if (form == Form::Program)
    return makeProgram(*module, **architecture, options, report, output);
  if (!module->getOps<qimeng::KernelOp>().empty()) {
    FailureOr<OwningOpRef<ModuleOp>> lowered =
        qimeng::lowerToGpu(*module, **architecture);
    if (failed(lowered))
      return BadInput;
    module = std::move(*lowered);
  }
  FailureOr<std::string> text =
      form == Form::Llvm
          ? qimeng::translateToLlvmIr(*module, **architecture, options)
          : qimeng::translateToPtx(*module, **architecture, options);
  if (failed(text))
    return BadInput;

  if (form == Form::Cubin) {
    qimeng::Result<qimeng::Assembler> assembler = qimeng::findAssembler();
    if (!assembler)
      return fail(BadMachine, assembler.error());
    qimeng::Result<qimeng::Cubin> cubin =
        qimeng::assemble(*text, **architecture);
    if (!cubin)
      return fail(BadInput, cubin.error());
    if (report)
      printReport(cubin->kernels, cubin->warnings);
    text = std::move(cubin->bytes);
  }

  if (output == "-") {
    llvm::outs() << *text;
    llvm::outs().flush();
    if (!llvm::outs().has_error())
      return Done;
    llvm::outs().clear_error();
    return fail(BadMachine, "cannot write to stdout");
  }
  if (qimeng::Status written = qimeng::writeFile(output, *text); !written)
    return fail(BadMachine, written.error());
  return Done;
}
