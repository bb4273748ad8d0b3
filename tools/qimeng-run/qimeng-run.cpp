//===- qimeng-run.cpp - Execute a program and check its numbers -----------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PrintTensor.h"
#include "RunOnDevice.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "qimeng/Pipelines/OpenProgram.h"
#include "qimeng/Pipelines/Registration.h"
#include "qimeng/Verify/Numbers.h"
#include "qimeng/Verify/Oracle.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace qimeng;

static constexpr llvm::StringLiteral overview =
    R"(Execute a tensor program, a host program with its kernels, or one kernel.

  qimeng-run program.mlir                    run on random inputs, print the time
  qimeng-run program.mlir --check            and compare with its float64 meaning
  qimeng-run kernels.mlir --check --reference=program.mlir
                                             compare with another program's
  qimeng-run kernels.mlir --entry=softmax --inputs=constant --print

The function to run is --entry, or else the first public function, or the only
kernel. A function on tensors takes its arguments and gives its results; of a
function on memrefs, or a kernel, the memrefs that are written are the outputs.
Operations on f16 and bf16 tensors compute in f32 and round when they write.

--check runs on normal, uniform, constant, large, tiny, infinite and NaN inputs.
What an element may be off by follows from the program: from its condition, the
length of its sums, and the error of the reference in its own precision.

Exit codes: 0 ran (and agrees); 1 wrong numbers, an access out of bounds, or a
wait without end; 2 bad usage, or a file that cannot be read, parsed or run.
)";

namespace {
enum ExitCode { Right = 0, Wrong = 1, Unusable = 2 };
} // namespace

/// The largest errors of the trial on plain inputs, for a person.
static void printErrors(const NumbersCheck &check,
                        const NumbersCheck::Trial &trial,
                        ArrayRef<HostTensor> found) {
  for (auto [number, output] : llvm::enumerate(found)) {
    double absolute = 0, relative = 0, share = 0;
    bool floats = isFloat(output.getSpec().type);
    for (int64_t i = 0, end = output.getNumElements(); i < end; ++i) {
      double r = trial.exact[number].get(i);
      double error = std::abs(output.get(i) - r);
      if (!std::isfinite(error))
        continue;
      absolute = std::max(absolute, error);
      if (r != 0)
        relative = std::max(relative, error / std::abs(r));
      if (floats)
        share = std::max(share, error / trial.allowed[number][i]);
    }
    llvm::outs() << "output " << number << " : " << output.getSpec().str()
                 << llvm::format(": largest error %.3g, relative %.3g",
                                 absolute, relative);
    if (floats)
      llvm::outs() << llvm::format(", %.0f %% of what is allowed", share * 100);
    llvm::outs() << "\n";
  }
}

/// Whether `module` holds the function or kernel `name`; empty names are for
/// others to judge. An error lists those that it holds.
static bool hasEntry(ModuleOp module, StringRef name) {
  std::string known;
  for (Operation &op : *module.getBody()) {
    if (!isa<func::FuncOp, KernelOp>(op))
      continue;
    StringRef symbol = SymbolTable::getSymbolName(&op).getValue();
    if (symbol == name)
      return true;
    known += (known.empty() ? "" : ", ") + symbol.str();
  }
  if (name.empty())
    return true;
  module.emitError() << "holds no function or kernel named '" << name << "'; "
                     << (known.empty() ? "it holds none" : "it holds " + known);
  return false;
}

int qimengRunMain(int argc, char **argv) {
  llvm::cl::OptionCategory category("qimeng-run options");
  llvm::cl::opt<std::string> file(llvm::cl::Positional, llvm::cl::init("-"),
                                  llvm::cl::desc("<file.mlir>"),
                                  llvm::cl::cat(category));
  llvm::cl::opt<std::string> device(
      "device", llvm::cl::init("cpu"),
      llvm::cl::desc("Where to run: cpu (default), or gpu, or a GPU's number; "
                     "on a GPU kernels that are not tiled get plain small "
                     "tiles"),
      llvm::cl::value_desc("name"), llvm::cl::cat(category));
  llvm::cl::opt<std::string> entry(
      "entry", llvm::cl::desc("The function or kernel to run"),
      llvm::cl::value_desc("name"), llvm::cl::cat(category));
  llvm::cl::opt<bool> doCheck(
      "check", llvm::cl::desc("Compare with the float64 meaning"),
      llvm::cl::cat(category));
  llvm::cl::opt<std::string> referencePath(
      "reference",
      llvm::cl::desc("The program whose meaning counts (default: the one run)"),
      llvm::cl::value_desc("file"), llvm::cl::cat(category));
  llvm::cl::opt<std::string> referenceEntry(
      "reference-entry",
      llvm::cl::desc("The function or kernel of --reference"),
      llvm::cl::value_desc("name"), llvm::cl::cat(category));
  llvm::cl::opt<uint64_t> seed("seed", llvm::cl::init(1),
                               llvm::cl::desc("Of the inputs (default: 1)"),
                               llvm::cl::cat(category));
  llvm::cl::opt<std::string> inputs(
      "inputs", llvm::cl::init("normal"),
      llvm::cl::desc("How inputs are drawn without --check: normal (default), "
                     "uniform, constant, large, tiny, infinite or nan"),
      llvm::cl::value_desc("mode"), llvm::cl::cat(category));
  llvm::cl::opt<bool> doPrint("print", llvm::cl::desc("Print the outputs"),
                              llvm::cl::cat(category));
  llvm::cl::opt<unsigned> repeat(
      "repeat", llvm::cl::init(1),
      llvm::cl::desc("Run that many times; the median time is printed"),
      llvm::cl::cat(category));
  llvm::cl::HideUnrelatedOptions(category);
  if (!llvm::cl::ParseCommandLineOptions(argc, argv, overview, &llvm::errs()))
    return Unusable;
  if (!doCheck && (!referencePath.empty() || !referenceEntry.empty())) {
    llvm::errs() << "qimeng-run: "
                 << (referencePath.empty() ? "--reference-entry"
                                           : "--reference")
                 << " says what to compare with; add --check to compare\n";
    return Unusable;
  }
  if (referencePath.empty() && !referenceEntry.empty()) {
    llvm::errs() << "qimeng-run: --reference-entry names a function or kernel "
                    "of --reference; name that file, too\n";
    return Unusable;
  }
  unsigned ordinal = 0;
  if (device != "cpu" && device != "gpu" &&
      StringRef(device).getAsInteger(10, ordinal)) {
    llvm::errs() << "qimeng-run: unknown device '" << device
                 << "'; expected cpu, gpu or a GPU's number\n";
    return Unusable;
  }
  Draw draw;
  if (!parseDrawMode(inputs, draw.mode)) {
    llvm::errs() << "qimeng-run: unknown inputs '" << inputs
                 << "'; expected normal, uniform, constant, large, tiny, "
                    "infinite or nan\n";
    return Unusable;
  }

  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry);
  // An error shows its line of the input, and need not repeat the operation.
  context.printOpOnDiagnostic(false);
  llvm::SourceMgr sources, referenceSources;
  SourceMgrDiagnosticHandler handler(sources, &context);
  OwningOpRef<ModuleOp> module =
      readProgram(file, "qimeng-run", sources, &context);
  if (!module)
    return Unusable;
  if (!hasEntry(*module, entry))
    return Unusable;
  computeInF32(*module);
  OwningOpRef<ModuleOp> referenceModule;
  SourceMgrDiagnosticHandler referenceHandler(referenceSources, &context);
  if (!referencePath.empty()) {
    referenceModule =
        readProgram(referencePath, "qimeng-run", referenceSources, &context);
    if (!referenceModule || !hasEntry(*referenceModule, referenceEntry))
      return Unusable;
  }
  NumbersOptions options;
  options.seed = seed;
  if (device != "cpu") {
    std::unique_ptr<NumbersCheck> check;
    if (doCheck) {
      auto made =
          referenceModule
              ? NumbersCheck::create(*referenceModule, referenceEntry, options)
              : NumbersCheck::create(*module, entry, options);
      if (failed(made))
        return Unusable;
      check = std::move(*made);
    }
    return runOnDevice(*module, entry, ordinal, draw, seed,
                       std::max(1u, repeat.getValue()), doPrint, check.get());
  }
  auto executor = CPUExecutor::create(*module, entry);
  if (failed(executor))
    return Unusable;

  std::vector<HostTensor> given, found = (*executor)->allocateOutputs();
  for (auto [number, spec] : llvm::enumerate((*executor)->getInputs())) {
    given.emplace_back(spec);
    given.back().draw(seed, number, draw);
  }
  CPUExecutor::Report report;
  report.countUntouched = true;
  std::vector<double> times;
  for (unsigned i = 0; i < std::max(1u, repeat.getValue()); ++i) {
    if (failed((*executor)->run(given, found, &report)))
      return Wrong;
    times.push_back(report.seconds);
    if (i == 0)
      for (auto [number, count] : llvm::enumerate(report.untouched))
        if (count != 0) {
          llvm::errs() << "qimeng-run: output " << number << " has " << count
                       << " elements that are never written\n";
          return Wrong;
        }
    report.countUntouched = false;
  }
  if (doPrint)
    for (auto [number, output] : llvm::enumerate(found))
      printTensor(output, number);
  std::sort(times.begin(), times.end());
  llvm::outs() << llvm::format("ran in %.3f ms\n",
                               times[times.size() / 2] * 1e3);
  if (!doCheck)
    return Right;

  auto check = referenceModule ? NumbersCheck::create(*referenceModule,
                                                      referenceEntry, options)
                               : NumbersCheck::create(*module, entry, options);
  if (failed(check))
    return Unusable;
  if (failed((*check)->check(**executor)))
    return Wrong;
  const NumbersCheck::Trial &plain = (*check)->getTrials().front();
  if (failed((*executor)->run(plain.inputs, found)))
    return Wrong;
  printErrors(**check, plain, found);
  llvm::outs() << "agrees on " << (*check)->getTrials().size()
               << " draws of inputs\n";
  return Right;
}
