//===- qimeng-verify.cpp - Check a rewrite of a kernel program ------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "qimeng/Pipelines/OpenProgram.h"
#include "qimeng/Pipelines/Registration.h"
#include "qimeng/Verify/Verify.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace qimeng;

static constexpr llvm::StringLiteral overview =
    R"(Check a rewrite of a kernel program.

  qimeng-verify before.mlir after.mlir    does `after` mean what `before` means,
                                          and is it safe?
  qimeng-verify kernels.mlir              are these kernels safe?

`before` is a kernel program or the tensor program it was partitioned from; "-"
reads standard input. The checks, in order; the first refusal ends them:

  1 ops        both files parse and every operation verifies
  2 structure  same signature and outputs, bounded loops, power-of-two tiles,
               shared memory and registers within the limits of --arch, and
               --property holds
  3 bounds     every load and store is inside its operand or masked
    writes     every element of every output is written exactly once
    channels   puts, takes and releases match; no wait without end, no use of a
               slot after its release
  4 numbers    both give the same numbers on the CPU, measured against float64,
               on random, constant, large, tiny, infinite and NaN inputs; left
               out (and said so) where one run is longer than --max-work

A refusal names the check, the operation and the reason.

Exit codes: 0 accepted; 1 refused; 2 bad usage, or a file that cannot be read or
parsed.

Examples:
  qimeng-verify matmul.mlir matmul-tiled.mlir --arch=sm_90a --property=tiled
  qimeng-opt matmul.mlir --qimeng-tile=... | qimeng-verify matmul.mlir -
)";

namespace {
enum ExitCode { Accepted = 0, Refused = 1, Unusable = 2 };
} // namespace

int qimengVerifyMain(int argc, char **argv) {
  llvm::cl::OptionCategory category("qimeng-verify options");
  llvm::cl::list<std::string> files(llvm::cl::Positional,
                                    llvm::cl::desc("<before> [<after>]"),
                                    llvm::cl::cat(category));
  llvm::cl::opt<std::string> arch(
      "arch", llvm::cl::desc("Keep the limits of this architecture"),
      llvm::cl::value_desc("sm_XX"), llvm::cl::cat(category));
  llvm::cl::opt<std::string> property(
      "property",
      llvm::cl::desc("What the rewritten kernel must be: tiled, staged, "
                     "pipelined, specialized, tensorized or persistent"),
      llvm::cl::value_desc("name"), llvm::cl::cat(category));
  llvm::cl::opt<std::string> kernel(
      "kernel",
      llvm::cl::desc("The kernel that --property is about (default: any)"),
      llvm::cl::value_desc("name"), llvm::cl::cat(category));
  llvm::cl::opt<bool> noNumbers("no-numbers",
                                llvm::cl::desc("Leave check 4 out"),
                                llvm::cl::cat(category));
  llvm::cl::opt<double> maxWork(
      "max-work",
      llvm::cl::desc("Scalar operations of one run up to which check 4 is done "
                     "(default: 1e9)"),
      llvm::cl::value_desc("n"), llvm::cl::init(1e9), llvm::cl::cat(category));
  llvm::cl::opt<uint64_t> seed("seed",
                               llvm::cl::desc("Seed of check 4's inputs"),
                               llvm::cl::init(1), llvm::cl::cat(category));
  llvm::cl::opt<bool> quiet(
      "quiet", llvm::cl::desc("Say nothing when the rewrite is accepted"),
      llvm::cl::cat(category));
  llvm::cl::HideUnrelatedOptions(category);
  if (!llvm::cl::ParseCommandLineOptions(argc, argv, overview, &llvm::errs()))
    return Unusable;
  if (files.empty() || files.size() > 2) {
    llvm::errs() << "qimeng-verify: expected one or two files, found "
                 << files.size() << "; see qimeng-verify --help\n";
    return Unusable;
  }

  VerifyOptions options;
  if (!arch.empty()) {
    Result<const Architecture *> found = findArchitecture(arch);
    if (!found) {
      llvm::errs() << "qimeng-verify: " << found.error() << "\n";
      return Unusable;
    }
    options.structure.architecture = *found;
  }
  if (!property.empty()) {
    Result<Property> found = parseProperty(property);
    if (!found) {
      llvm::errs() << "qimeng-verify: " << found.error() << "\n";
      return Unusable;
    }
    options.structure.property = *found;
  }
  options.structure.propertyKernel = kernel;
  options.maxWork = noNumbers ? 0 : maxWork;
  options.numbers.seed = seed;

  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry);
  // An error shows its line of the input, and need not repeat the operation.
  context.printOpOnDiagnostic(false);
  llvm::SourceMgr sourcesBefore, sourcesAfter;
  SourceMgrDiagnosticHandler handlerBefore(sourcesBefore, &context);
  OwningOpRef<ModuleOp> before =
      readProgram(files.front(), "qimeng-verify", sourcesBefore, &context);
  if (!before)
    return Unusable;
  SourceMgrDiagnosticHandler handlerAfter(sourcesAfter, &context);
  OwningOpRef<ModuleOp> after;
  // One file is its own rewrite: nothing to compare, everything to prove.
  if (files.size() == 2) {
    after = readProgram(files[1], "qimeng-verify", sourcesAfter, &context);
    if (!after)
      return Unusable;
  }
  ModuleOp rewritten = after ? *after : *before;
  if (rewritten.getOps<KernelOp>().empty()) {
    rewritten.emitError() << "holds no qimeng.kernel to check; make kernels of "
                             "a tensor program with qimeng-opt "
                             "--qimeng-partition";
    return Unusable;
  }
  bool ranNumbers = false;
  if (failed(verifyRewrite(*before, rewritten, options, &ranNumbers)))
    return Refused;
  if (quiet)
    return Accepted;
  ranNumbers &= files.size() == 2;
  llvm::outs() << "accepted: " << llvm::range_size(rewritten.getOps<KernelOp>())
               << " kernels, checks 1 to " << (ranNumbers ? 4 : 3) << "\n";
  if (!ranNumbers && !noNumbers && files.size() == 2)
    llvm::outs() << "check 4 (numbers) left out: one run takes about "
                 << llvm::format("%.1e", std::max(countWork(*before),
                                                  countWork(rewritten)))
                 << " operations; raise --max-work, or check a smaller size\n";
  return Accepted;
}
