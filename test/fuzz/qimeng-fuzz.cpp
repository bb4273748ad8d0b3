//===- qimeng-fuzz.cpp - Random programs, random and wrong rewrites -------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Mutations.h"
#include "Rewrites.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "qimeng/Partition/Partition.h"
#include "qimeng/Pipelines/Registration.h"
#include "qimeng/Verify/Numbers.h"
#include "qimeng/Verify/Verify.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/PrettyStackTrace.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"
#include <map>

using namespace mlir;
using namespace qimeng;

static constexpr llvm::StringLiteral overview =
    R"(Random tests of partition, macro actions and verification.

  qimeng-fuzz programs --seed=1 --count=1000
      Each seed makes a tensor program, partitions it, applies a random legal
      sequence of actions, verifies the result, compares it with the tensor
      program against float64, and replays the recipe to the byte.

  qimeng-fuzz mistakes --seed=1 --count=300
      Makes such right rewrites, seeds a mistake in each, and expects verification
      to refuse it. The classes of mistakes take turns. Prints a table of refusals by class.

A failure prints its seed; `--seed=<it> --count=1 --print` shows everything.

Exit codes: 0 all passed; 1 a failure (mistakes: under 99 % refused); 2 bad usage.
)";

namespace {

struct Settings {
  bool print = false;
  bool onlyPartition = false;
  bool sensitive = false;
  std::string firstClass;
  std::string mistake;
  int64_t maxSteps = 6;
};

/// Everything that comes from one seed.
class Case {
public:
  Case(uint64_t seed, const Settings &settings, MLIRContext *context)
      : seed(seed), random(seed ^ 0x5eed), settings(settings), context(context),
        collector(context, [this](Diagnostic &diagnostic) {
          llvm::raw_string_ostream stream(diagnostics);
          stream << diagnostic << "\n";
          for (Diagnostic &note : diagnostic.getNotes())
            stream << "  note: " << note << "\n";
        }) {}

  /// Program, partition, actions; sets `failure` when a step fails.
  bool build(bool withChannels = false);
  /// All checks of the right rewrite.
  bool check();
  /// Whether a mistake of this class is refused; nothing where none fits.
  std::optional<bool> refuses(const std::string &mistake);

  std::string failure;     ///< which step failed
  std::string diagnostics; ///< and why
  TensorProgram program;
  std::vector<std::string> actions;
  bool tooLarge = false;

private:
  bool fail(const std::string &step) {
    failure = step;
    return false;
  }

  uint64_t seed;
  Random random;
  const Settings &settings;
  MLIRContext *context;
  ScopedDiagnosticHandler collector;
  const Architecture *architecture = nullptr;
  OwningOpRef<ModuleOp> tensors, kernels;
  std::optional<Rewrite> rewrite;
};

} // namespace

bool Case::build(bool withChannels) {
  program = makeTensorProgram(
      seed, withChannels ? "contraction" : settings.firstClass,
      settings.sensitive);
  if (settings.print)
    llvm::outs() << program.text << "\n";
  tensors = parseSourceString<ModuleOp>(program.text, context);
  if (!tensors)
    return fail("parse");
  kernels = cast<ModuleOp>((*tensors)->clone());
  if (failed(partition(*kernels)) || failed(verify(*kernels)))
    return fail("partition");
  const std::vector<Architecture> &all = getArchitectures();
  architecture = &all[random.below(all.size())];
  int64_t maxSteps =
      settings.onlyPartition ? 0 : random.below(settings.maxSteps + 1);
  FailureOr<Rewrite> result =
      withChannels
          ? applyChannelActions(*kernels, random, *architecture)
          : applyRandomActions(*kernels, random, *architecture, maxSteps);
  if (failed(result))
    return fail("actions");
  rewrite = std::move(*result);
  for (const Step &step : rewrite->recipe.getSteps())
    actions.push_back(step.action);
  if (settings.print)
    llvm::outs() << print(*kernels) << "// " << architecture->name << "\n"
                 << rewrite->recipe.str() << print(*rewrite->module);
  return true;
}

bool Case::check() {
  VerifyOptions options;
  options.numbers.seed = seed;
  if (failed(proveRewrite(*kernels, *rewrite->module, options)))
    return fail("proof");
  // Right, but too large for the device: random tiles know no limits.
  options.structure.architecture = architecture;
  tooLarge = failed(proveRewrite(*kernels, *rewrite->module, options));
  diagnostics.clear();
  auto numbers = NumbersCheck::create(*tensors, "", options.numbers);
  if (failed(numbers))
    return fail("reference");
  if (failed((*numbers)->check(*rewrite->module)))
    return fail("numbers");
  FailureOr<Recipe> recipe = Recipe::parse(rewrite->recipe.str(), context);
  if (failed(recipe))
    return fail("recipe");
  FailureOr<OwningOpRef<ModuleOp>> replayed =
      recipe->replay(*kernels, architecture);
  if (failed(replayed))
    return fail("replay");
  if (print(**replayed) != print(*rewrite->module)) {
    diagnostics += print(**replayed);
    return fail("replay differs");
  }
  return true;
}

std::optional<bool> Case::refuses(const std::string &mistake) {
  OwningOpRef<ModuleOp> wrong = cast<ModuleOp>((*rewrite->module)->clone());
  std::optional<std::string> what = makeMistake(*wrong, mistake, random);
  if (!what)
    return std::nullopt;
  if (settings.print)
    llvm::outs() << "// mistake: " << mistake << ": " << *what << "\n"
                 << print(*wrong);
  VerifyOptions options;
  options.numbers.seed = seed;
  // Where check 4 is left out, nothing is claimed.
  if (std::max(countWork(*kernels), countWork(*wrong)) > options.maxWork)
    return std::nullopt;
  bool refused = failed(verifyRewrite(*kernels, *wrong, options));
  if (settings.print)
    llvm::outs() << diagnostics;
  failure = *what;
  return refused;
}

//===----------------------------------------------------------------------===//
// Command line
//===----------------------------------------------------------------------===//

static int runPrograms(uint64_t seed, int64_t count, const Settings &settings,
                       DialectRegistry &registry) {
  std::map<std::string, int64_t> classes, actions;
  int64_t failures = 0, steps = 0, tooLarge = 0;
  for (int64_t i = 0; i < count; ++i) {
    llvm::PrettyStackTraceFormat trace(
        "qimeng-fuzz programs --seed=%llu",
        static_cast<unsigned long long>(seed + i));
    MLIRContext context(registry, MLIRContext::Threading::DISABLED);
    context.loadAllAvailableDialects();
    Case test(seed + i, settings, &context);
    // Channels need several actions in the right order; help one in five.
    bool passed = test.build(/*withChannels=*/(seed + i) % 5 == 0 &&
                             !settings.onlyPartition) &&
                  test.check();
    for (const std::string &name : test.program.classes)
      ++classes[name];
    for (const std::string &name : test.actions)
      ++actions[name], ++steps;
    tooLarge += test.tooLarge;
    if (passed)
      continue;
    ++failures;
    llvm::outs() << "seed " << seed + i << ": " << test.failure << ": "
                 << test.diagnostics << "\n";
    llvm::outs().flush();
  }
  llvm::outs() << count << " programs, " << steps << " actions, " << failures
               << " failures (" << tooLarge
               << " right but over the device's limits)\n";
  for (auto &[name, number] : classes)
    llvm::outs() << "  " << llvm::left_justify(name, 16) << number << "\n";
  for (auto &[name, number] : actions)
    llvm::outs() << "  action " << llvm::left_justify(name, 16) << number
                 << "\n";
  return failures == 0 ? 0 : 1;
}

static bool concernsChannels(const std::string &mistake) {
  return mistake == "missing wait" || mistake == "missing release" ||
         mistake == "early release" || mistake == "wrong stage count";
}

static int runMistakes(uint64_t seed, int64_t count, const Settings &settings,
                       DialectRegistry &registry) {
  std::map<std::string, std::pair<int64_t, int64_t>> table; // refused, all
  int64_t refused = 0, done = 0;
  std::vector<std::string> classes = getMistakes();
  if (!settings.mistake.empty())
    classes = {settings.mistake};
  // The classes take turns. Not every program has a place for every mistake:
  // then the next seed is tried.
  uint64_t next = seed;
  for (int64_t i = 0; i < count; ++i) {
    const std::string &mistake = classes[i % classes.size()];
    std::optional<bool> result;
    for (int64_t tries = 0; tries < 500 && !result; ++tries, ++next) {
      llvm::PrettyStackTraceFormat trace(
          "qimeng-fuzz mistakes --seed=%llu --mistake='%s'",
          static_cast<unsigned long long>(next), mistake.c_str());
      MLIRContext context(registry, MLIRContext::Threading::DISABLED);
      context.loadAllAvailableDialects();
      Case test(next, settings, &context);
      if (!test.build(/*withChannels=*/concernsChannels(mistake)))
        continue;
      result = test.refuses(mistake);
      if (result && !*result) {
        llvm::outs() << "seed " << next << ": not refused: " << mistake << ": "
                     << test.failure << "\n";
        llvm::outs().flush();
      }
    }
    if (!result) {
      llvm::outs() << "no place for: " << mistake << "\n";
      continue;
    }
    ++done;
    ++table[mistake].second;
    refused += *result;
    table[mistake].first += *result;
  }
  for (const std::string &name : getMistakes())
    llvm::outs() << llvm::left_justify(name, 28) << table[name].first << " of "
                 << table[name].second << " refused\n";
  llvm::outs() << llvm::left_justify("all", 28) << refused << " of " << done
               << " refused\n";
  return done == count && refused * 100 >= done * 99 ? 0 : 1;
}

int qimengFuzzMain(int argc, char **argv) {
  llvm::sys::PrintStackTraceOnErrorSignal(argv[0]);
  llvm::cl::OptionCategory category("qimeng-fuzz options");
  llvm::cl::opt<std::string> mode(llvm::cl::Positional,
                                  llvm::cl::desc("programs|mistakes"),
                                  llvm::cl::cat(category));
  llvm::cl::opt<uint64_t> seed("seed", llvm::cl::desc("The first seed"),
                               llvm::cl::init(1), llvm::cl::cat(category));
  llvm::cl::opt<int64_t> count("count", llvm::cl::desc("How many"),
                               llvm::cl::init(20), llvm::cl::cat(category));
  llvm::cl::opt<bool> print("print", llvm::cl::desc("Print all programs"),
                            llvm::cl::cat(category));
  llvm::cl::opt<bool> onlyPartition("only-partition",
                                    llvm::cl::desc("Apply no actions"),
                                    llvm::cl::cat(category));
  llvm::cl::opt<std::string> first(
      "class", llvm::cl::desc("Class of each program's first operation"),
      llvm::cl::cat(category));
  llvm::cl::opt<std::string> mistake(
      "mistake", llvm::cl::desc("Only this class"), llvm::cl::cat(category));
  llvm::cl::HideUnrelatedOptions(category);
  if (!llvm::cl::ParseCommandLineOptions(argc, argv, overview, &llvm::errs()))
    return 2;
  Settings settings;
  settings.print = print;
  settings.onlyPartition = onlyPartition;
  settings.firstClass = first;
  settings.mistake = mistake;
  settings.sensitive = mode == "mistakes";
  DialectRegistry registry;
  registerDialects(registry);
  registerExecutorDialects(registry);
  if (mode == "programs")
    return runPrograms(seed, count, settings, registry);
  if (mode == "mistakes")
    return runMistakes(seed, count, settings, registry);
  llvm::errs() << "qimeng-fuzz: expected 'programs' or 'mistakes', found '"
               << mode << "'; see qimeng-fuzz --help\n";
  return 2;
}
