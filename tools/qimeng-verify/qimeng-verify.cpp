//===- qimeng-verify.cpp - Check a rewrite of a kernel program ------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CheckOnDevice.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "qimeng/Pipelines/OpenProgram.h"
#include "qimeng/Pipelines/Registration.h"
#include "qimeng/Verify/SmallSizes.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"
#include <unistd.h>

using namespace mlir;
using namespace qimeng;

namespace cl = llvm::cl;

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
               on random, constant, large, tiny, infinite and NaN inputs. Where
               one run is longer than --max-work, --recipe has the same done at
               small sizes: `before` is resized and the recipe replayed on it
  5 device     with --device: both give the same numbers on the GPU at the sizes
               that they have; nothing is written outside the outputs, no element
               is left out, and further runs give the same bits

A refusal names the check, the operation and the reason. Numbers that could not be
compared are no acceptance; --no-numbers asks for the proofs alone.

Exit codes: 0 accepted; 1 refused; 2 bad usage, or a file that cannot be read,
parsed or compiled; 3 the machine is at fault: no driver, no device; 4 not decided:
nothing is wrong so far, but numbers were not compared.

Examples:
  qimeng-verify matmul.mlir matmul-tiled.mlir --arch=sm_90a --property=tiled
  qimeng-verify matmul.mlir out/kernels.mlir --recipe=out/recipe.mlir --arch=sm_90a
  qimeng-verify matmul.mlir out/kernels.mlir --device=gpu
  qimeng-opt matmul.mlir --qimeng-tile=... | qimeng-verify matmul.mlir -
)";

namespace {

struct Settings {
  std::vector<std::string> files;
  VerifyOptions options;
  std::string recipe;
  /// Of the GPU for check 5.
  std::optional<int> device;
  bool noNumbers = false, quiet = false;

  bool isRewrite() const { return files.size() == 2; }
};

/// What the checks found so far.
struct Findings {
  /// Whether check 4 was done, and where, if not at the programs' own sizes.
  bool numbers = false;
  std::string where;
  /// Why the recipe did not help.
  std::string whyNot;
  /// The device of check 5.
  std::string device;
};

} // namespace

static ExitCode fail(ExitCode code, const llvm::Twine &message) {
  llvm::errs() << "qimeng-verify: " << message << "\n";
  return code;
}

/// Options that do not go together, or have no effect; empty where all is well.
static std::string findMisuse(const Settings &settings, bool hasKernel,
                              bool hasProperty, bool hasMaxWork) {
  if (settings.files.empty() || settings.files.size() > 2)
    return "expected one or two files, found " +
           std::to_string(settings.files.size()) + "; see qimeng-verify --help";
  if (hasKernel && !hasProperty)
    return "--kernel names the kernel that --property is about; add --property";
  std::string numbers = !settings.recipe.empty() ? "--recipe"
                        : hasMaxWork             ? "--max-work"
                                                 : "";
  if (settings.noNumbers && !numbers.empty())
    return numbers + " is about check 4, which --no-numbers leaves out; remove "
                     "one of them";
  if (settings.device)
    numbers = "--device";
  if (!settings.isRewrite() && !numbers.empty())
    return numbers + " compares two programs; name <before> and <after>";
  return "";
}

/// Fills `settings`, or gives an exit code. The options live no longer than
/// this: other tools of the same program have their own.
static std::optional<ExitCode> parseCommandLine(int argc, char **argv,
                                                Settings &settings) {
  cl::OptionCategory category("qimeng-verify options");
  cl::list<std::string> files(cl::Positional, cl::desc("<before> [<after>]"),
                              cl::cat(category));
  cl::opt<std::string> arch("arch",
                            cl::desc("Keep the limits of this architecture"),
                            cl::value_desc("sm_XX"), cl::cat(category));
  cl::opt<std::string> property(
      "property",
      cl::desc("What the rewritten kernel must be: tiled, staged, pipelined, "
               "specialized, tensorized or persistent"),
      cl::value_desc("name"), cl::cat(category));
  cl::opt<std::string> kernel(
      "kernel", cl::desc("The kernel that --property is about (default: any)"),
      cl::value_desc("name"), cl::cat(category));
  cl::opt<std::string> recipe(
      "recipe",
      cl::desc("The recipe that makes <after> of <before> (a tensor program, "
               "or untiled kernels): checked, and check 4 is done at small "
               "sizes where the programs' own are too large"),
      cl::value_desc("file"), cl::cat(category));
  cl::opt<std::string> device(
      "device",
      cl::desc("Do check 5, too: on gpu (the first), or on the GPU "
               "of a number"),
      cl::value_desc("gpu|N"), cl::cat(category));
  cl::opt<bool> noNumbers("no-numbers", cl::desc("Leave check 4 out"),
                          cl::cat(category));
  cl::opt<double> maxWork(
      "max-work",
      cl::desc("Scalar operations of one run up to which check 4 is done at "
               "the programs' own sizes (default: 1e9)"),
      cl::value_desc("n"), cl::init(1e9), cl::cat(category));
  cl::opt<uint64_t> seed("seed", cl::desc("Seed of the inputs of checks 4, 5"),
                         cl::init(1), cl::cat(category));
  cl::opt<bool> quiet("quiet",
                      cl::desc("Say nothing when the rewrite is accepted"),
                      cl::cat(category));
  cl::HideUnrelatedOptions(category);
  if (!cl::ParseCommandLineOptions(argc, argv, overview, &llvm::errs()))
    return Unusable;

  settings.files.assign(files.begin(), files.end());
  settings.recipe = recipe;
  settings.noNumbers = noNumbers;
  settings.quiet = quiet;
  VerifyOptions &options = settings.options;
  if (!device.empty()) {
    unsigned ordinal = 0;
    if (device != "gpu" && StringRef(device).getAsInteger(10, ordinal))
      return fail(Unusable, "unknown device '" + device +
                                "'; expected gpu or a GPU's number");
    settings.device = int(ordinal);
  }
  if (std::string misuse =
          findMisuse(settings, !kernel.empty(), !property.empty(),
                     maxWork.getNumOccurrences() > 0);
      !misuse.empty())
    return fail(Unusable, misuse);
  if (!arch.empty()) {
    Result<const Architecture *> found = findArchitecture(arch);
    if (!found)
      return fail(Unusable, found.error());
    options.structure.architecture = *found;
  }
  if (!property.empty()) {
    Result<Property> found = parseProperty(property);
    if (!found)
      return fail(Unusable, found.error());
    options.structure.property = *found;
  }
  options.structure.propertyKernel = kernel;
  options.maxWork = maxWork;
  options.maxBytes =
      double(::sysconf(_SC_PHYS_PAGES)) * double(::sysconf(_SC_PAGESIZE));
  options.numbers.seed = seed;
  return std::nullopt;
}

/// Says what is proved and what is not, and what would decide.
static ExitCode reportUndecided(ModuleOp before, ModuleOp after,
                                const Settings &settings,
                                const Findings &findings) {
  const VerifyOptions &options = settings.options;
  double work = std::max(countWork(before), countWork(after));
  double bytes = countNumbersBytes(before);
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << "not decided: checks 1 to 3 found nothing wrong, but check 4 "
            "(numbers) was not done, so that the rewrite may compute something "
            "else. ";
  if (work > options.maxWork)
    stream << "One run takes about " << llvm::format("%.1e", work)
           << " operations, more than --max-work="
           << llvm::format("%.1e", options.maxWork);
  else
    stream << "All runs take about " << llvm::format("%.1f", bytes / 1e9)
           << " GB of memory, and this machine has "
           << llvm::format("%.1f", options.maxBytes / 1e9);
  if (!findings.whyNot.empty())
    stream << "; by --recipe numbers cannot be compared either: "
           << findings.whyNot;
  stream << ". ";
  if (bytes > options.maxBytes)
    stream << "Check a smaller size";
  else
    stream << "Raise --max-work, or check a smaller size";
  if (settings.recipe.empty())
    stream << "; or name the recipe that made <after> with --recipe=<file>, to "
              "compare at small sizes";
  stream << "; or compare on a GPU with --device=gpu; or ask for the proofs "
            "alone with --no-numbers";
  return fail(Undecided, text);
}

/// Check 4, at the programs' own sizes or by the recipe.
static ExitCode checkNumbersOf(ModuleOp before, ModuleOp after,
                               const Settings &settings, const Recipe *recipe,
                               Findings &findings) {
  const VerifyOptions &options = settings.options;
  const Architecture *target = options.structure.architecture;
  if (recipe && failed(checkRecipe(before, after, *recipe, target)))
    return Refused;
  if (mayCompareNumbers(before, after, options)) {
    findings.numbers = true;
    return failed(compareNumbers(before, after, options)) ? Refused : Accepted;
  }
  if (!recipe)
    return Accepted;
  FailureOr<SmallSizesResult> small =
      compareAtSmallSizes(before, *recipe, target, options.numbers);
  if (failed(small))
    return Refused;
  findings.numbers = small->compared;
  findings.where = small->where;
  findings.whyNot = small->whyNot;
  return Accepted;
}

static void reportAccepted(ModuleOp after, const Findings &findings) {
  llvm::outs() << "accepted: " << llvm::range_size(after.getOps<KernelOp>())
               << " kernels, checks 1 to "
               << (!findings.numbers         ? "3"
                   : findings.device.empty() ? "4"
                                             : "5");
  if (!findings.numbers && !findings.device.empty())
    llvm::outs() << " and 5";
  llvm::outs() << "\n";
  if (!findings.where.empty())
    llvm::outs() << "check 4 (numbers) by replaying the recipe at "
                 << findings.where << "\n";
  if (!findings.device.empty())
    llvm::outs() << "check 5 (device) on " << findings.device << "\n";
}

/// Check 1 was made by reading the files.
static ExitCode runChecks(ModuleOp before, ModuleOp after, Settings &settings,
                          const Recipe *recipe) {
  VerifyOptions &options = settings.options;
  std::unique_ptr<DeviceCheck> device;
  if (settings.device) {
    // Found out now, not after the other checks.
    auto opened = DeviceCheck::open(*settings.device);
    if (!opened)
      return fail(BadMachine, "--device: " + opened.error());
    device = std::move(*opened);
    if (!options.structure.architecture)
      options.structure.architecture = &device->getArchitecture();
  }
  if (failed(proveRewrite(before, after, options)))
    return Refused;
  Findings findings;
  if (settings.isRewrite() && !settings.noNumbers)
    if (ExitCode code =
            checkNumbersOf(before, after, settings, recipe, findings);
        code != Accepted)
      return code;
  if (device) {
    if (ExitCode code = device->check(before, after, options.numbers.seed);
        code != Accepted)
      return code;
    findings.device = device->getInfo().name;
  }
  bool wanted = settings.isRewrite() && !settings.noNumbers;
  if (wanted && !findings.numbers && findings.device.empty())
    return reportUndecided(before, after, settings, findings);
  if (!settings.quiet)
    reportAccepted(after, findings);
  return Accepted;
}

int qimengVerifyMain(int argc, char **argv) {
  if (isWorkerInvocation(argc, argv))
    return workerMain(0, 1);
  Settings settings;
  if (std::optional<ExitCode> code = parseCommandLine(argc, argv, settings))
    return *code;

  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry);
  // An error shows its line of the input, and need not repeat the operation.
  context.printOpOnDiagnostic(false);
  llvm::SourceMgr sourcesBefore, sourcesAfter;
  SourceMgrDiagnosticHandler handlerBefore(sourcesBefore, &context);
  OwningOpRef<ModuleOp> before = readProgram(
      settings.files.front(), "qimeng-verify", sourcesBefore, &context);
  if (!before)
    return Unusable;
  SourceMgrDiagnosticHandler handlerAfter(sourcesAfter, &context);
  OwningOpRef<ModuleOp> after;
  // One file is its own rewrite: nothing to compare, everything to prove.
  if (settings.isRewrite()) {
    after =
        readProgram(settings.files[1], "qimeng-verify", sourcesAfter, &context);
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
  // Partitioning and compiling make operations that the input need not hold.
  if (!settings.recipe.empty() || settings.device)
    context.loadAllAvailableDialects();
  std::optional<Recipe> recipe;
  if (!settings.recipe.empty()) {
    FailureOr<Recipe> read = Recipe::read(settings.recipe, &context);
    if (failed(read))
      return Unusable;
    recipe = std::move(*read);
  }
  return runChecks(*before, rewritten, settings, recipe ? &*recipe : nullptr);
}
