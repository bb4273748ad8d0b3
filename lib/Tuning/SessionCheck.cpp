//===- SessionCheck.cpp - Verify, once for each form ----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SessionCheck.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "qimeng/Partition/Partition.h"
#include "qimeng/Verify/Resize.h"
#include "qimeng/Verify/Verify.h"
#include "llvm/ADT/StringSet.h"
#include <set>

using namespace mlir;
using namespace qimeng;

/// Operations of one run on the CPU: some tens of milliseconds, and the most
/// that is borne where a recipe needs larger sizes.
static constexpr double wantedWork = 1.5e8, mostWork = 4e9;

/// Memory in bytes: of the sizes where most candidates are compared, of any
/// sizes, and of all that a session holds.
static constexpr double wantedBytes = 256e6, mostBytes = 1e9, allBytes = 2e9;

/// The memory that comparing numbers with `program` takes: what is held of each
/// trial, and twice what one run in float64 needs.
static double countBytes(ModuleOp program) {
  double held = 0, running = 0;
  auto elementsOf = [](Type type) {
    auto shaped = dyn_cast<ShapedType>(type);
    return shaped && shaped.hasStaticShape() ? double(shaped.getNumElements())
                                             : 0.0;
  };
  program.walk([&](FunctionOpInterface function) {
    // Inputs are drawn, widened; outputs are exact, as precise as the program,
    // and have a bound for each element. Memrefs may be either.
    for (Type type : function.getArgumentTypes())
      held += elementsOf(type) * (isa<MemRefType>(type) ? 24 : 8);
    for (Type type : function.getResultTypes())
      held += elementsOf(type) * 24;
  });
  program.walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      running += elementsOf(type) * 8;
  });
  return held * double(NumbersOptions().inputs.size()) + 2 * (held + running);
}

LogicalResult qimeng::toKernelProgram(ModuleOp program) {
  if (!program.getOps<KernelOp>().empty())
    return success();
  return partition(program);
}

std::unique_ptr<SessionCheck::Level> SessionCheck::makeLevel(ModuleOp program) {
  auto level = std::make_unique<Level>();
  level->bytes = countBytes(program);
  if (level->bytes > mostBytes)
    return nullptr;
  OwningOpRef<ModuleOp> payload = program.clone();
  if (failed(toKernelProgram(*payload)))
    return nullptr;
  level->work = countWork(*payload);
  if (level->work > mostWork)
    return nullptr;
  level->program = toText(program);
  level->payload = toText(*payload);
  return level;
}

/// `sizes` for the dimensions of `symbols`, none larger than the real one.
static SmallVector<int64_t> fit(ArrayRef<DimensionSymbol> symbols,
                                ArrayRef<int64_t> sizes) {
  SmallVector<int64_t> result;
  for (auto [index, symbol] : llvm::enumerate(symbols))
    result.push_back(std::min(symbol.size, sizes[index % sizes.size()]));
  return result;
}

void SessionCheck::addLevels(ModuleOp program,
                             ArrayRef<DimensionSymbol> symbols) {
  // No multiples of tiles. The first that is cheap is where candidates are
  // compared; those before it are for recipes that need more: many stages, or
  // long chunks.
  static const std::vector<std::vector<int64_t>> choices = {
      {1031, 1283, 1093, 1187, 1301}, {523, 587, 547, 571, 541},
      {259, 323, 291, 277, 307},      {131, 149, 67, 83, 101},
      {37, 67, 29, 41, 19},           {5, 11, 7, 3, 9}};
  constexpr size_t firstChoice = 2, smallChoice = 4;
  std::set<SmallVector<int64_t>> seen;
  auto make = [&](const SmallVector<int64_t> &sizes) {
    if (!seen.insert(sizes).second)
      return std::unique_ptr<Level>();
    FailureOr<OwningOpRef<ModuleOp>> small = resize(program, sizes);
    return succeeded(small) ? makeLevel(**small) : nullptr;
  };
  for (auto [number, choice] : llvm::enumerate(choices)) {
    std::unique_ptr<Level> level = make(fit(symbols, choice));
    if (!level)
      continue;
    levels.push_back(std::move(level));
    if (number >= firstChoice && levels.back()->work <= wantedWork &&
        levels.back()->bytes <= wantedBytes)
      break;
  }
  if (!levels.empty())
    std::swap(levels.front(), levels.back());
  // Some recipes need one dimension about as long as it is, or just that long.
  for (auto [index, symbol] : llvm::enumerate(symbols))
    for (int64_t less : {5, 0}) {
      SmallVector<int64_t> sizes = fit(symbols, choices[smallChoice]);
      sizes[index] = std::max<int64_t>(1, symbol.size - less);
      if (std::unique_ptr<Level> level = make(sizes))
        levels.push_back(std::move(level));
    }
}

SessionCheck::SessionCheck(ModuleOp program, ModuleOp payload,
                           const Architecture &architecture)
    : architecture(architecture) {
  DiagnosticText diagnostics(program.getContext());
  FailureOr<SmallVector<DimensionSymbol>> symbols = failure();
  if (program.getOps<KernelOp>().empty())
    symbols = getDimensionSymbols(program);
  if (succeeded(symbols) && !symbols->empty())
    addLevels(program, *symbols);
  // Some recipes apply to the real sizes alone.
  if (std::unique_ptr<Level> level = makeLevel(program))
    levels.push_back(std::move(level));
  if (levels.empty()) {
    numbersNote =
        "Numbers were not compared on the CPU: the program's sizes cannot be "
        "changed, and one run at the real ones takes about " +
        std::to_string(int64_t(countWork(payload) / 1e9)) +
        "e9 operations, and all runs " +
        std::to_string(int64_t(countBytes(program) / 1e9)) +
        " GB of memory. Everything else was proved.";
    return;
  }
  // The first is where candidates are compared; then from little to much.
  llvm::stable_sort(llvm::drop_begin(levels), [](const auto &a, const auto &b) {
    return a->work < b->work;
  });
  double bytes = 0;
  llvm::erase_if(levels, [&](const std::unique_ptr<Level> &level) {
    bool fits = bytes + level->bytes <= allBytes;
    bytes += fits ? level->bytes : 0;
    return !fits;
  });
}

std::optional<Verdict> SessionCheck::find(const std::string &key) {
  std::lock_guard<std::mutex> lock(mutex);
  auto at = known.find(key);
  return at == known.end() ? std::optional<Verdict>() : at->second;
}

Verdict SessionCheck::remember(const std::string &key, Verdict verdict) {
  std::lock_guard<std::mutex> lock(mutex);
  known[key] = verdict;
  return verdict;
}

Verdict SessionCheck::prove(ModuleOp payload, ModuleOp candidate) {
  DiagnosticText diagnostics(candidate.getContext());
  VerifyOptions options;
  options.structure.architecture = &architecture;
  if (failed(checkStructure(payload, candidate, options.structure)))
    return {false, diagnostics.str()};
  for (KernelOp kernel : candidate.getOps<KernelOp>()) {
    std::string text;
    llvm::raw_string_ostream(text) << kernel;
    std::string key = "kernel " + hashText(text);
    std::optional<Verdict> before = find(key);
    if (!before) {
      diagnostics.clear();
      bool passed = succeeded(proveKernel(kernel, options));
      before = remember(key, {passed, diagnostics.str()});
    }
    if (!before->passed)
      return *before;
  }
  return {};
}

/// The recipe without what only places programs: its preconditions count
/// programs, of which small sizes have few.
static FailureOr<Recipe> withoutPlacement(const Recipe &recipe) {
  Recipe rest(recipe.getContext());
  std::string why;
  for (const Step &step : recipe.getSteps())
    if (!findAction(step.action)->placesPrograms &&
        failed(rest.append(step, why)))
      return failure();
  return rest;
}

Verdict SessionCheck::compare(ThreadState &thread, const Recipe &recipe) {
  DiagnosticText diagnostics(&thread.getContext());
  FailureOr<Recipe> rest = withoutPlacement(recipe);
  if (failed(rest))
    return {
        false,
        "the recipe cannot be replayed without the steps that place programs"};
  std::string reasons;
  for (size_t index = 0; index < levels.size(); ++index) {
    Level &level = *levels[index];
    ModuleOp payload = thread.parse(level.payload);
    diagnostics.clear();
    FailureOr<OwningOpRef<ModuleOp>> small =
        rest->replay(payload, &architecture);
    if (failed(small)) {
      reasons += (reasons.empty() ? "" : "; ") + diagnostics.str();
      continue;
    }
    std::string key =
        "numbers " + std::to_string(index) + " " + hashText(toText(**small));
    if (std::optional<Verdict> before = find(key))
      return *before;
    std::call_once(level.once, [&] {
      FailureOr<std::unique_ptr<NumbersCheck>> numbers =
          NumbersCheck::create(thread.parse(level.program));
      if (succeeded(numbers))
        level.numbers = std::move(*numbers);
      else
        level.why = diagnostics.str();
    });
    if (!level.numbers)
      return {false, "the reference does not run on the CPU: " + level.why};
    diagnostics.clear();
    bool passed = succeeded(level.numbers->check(**small));
    return remember(key, {passed, diagnostics.str()});
  }
  // The actions are trusted to keep what was compared; a text is not.
  bool rewritten = llvm::any_of(recipe.getSteps(), [](const Step &step) {
    return step.action == "rewrite";
  });
  if (rewritten ? comparedOnDevice : levels.empty())
    return {};
  if (rewritten)
    return {false, "check 4 (numbers): a kernel with a new text runs at the "
                   "program's own sizes alone, which take too long or too "
                   "much memory on the CPU; tune with a GPU, or a smaller "
                   "program, or answer with actions"};
  return {false, "the recipe applies to no size at which numbers can be "
                 "compared: " +
                     reasons};
}

/// What was asked for and must still hold at the end: of steps that do the
/// same, the last; of those before a rewrite, which says by itself what the
/// kernel is, none.
static Verdict checkAskedFor(const Recipe &recipe, ModuleOp candidate) {
  llvm::StringSet<> done, rewritten;
  SmallVector<Step> steps = recipe.getSteps();
  for (const Step &step : llvm::reverse(steps)) {
    auto kernel = candidate.lookupSymbol<KernelOp>(step.getKernel());
    const ActionInfo *info = findAction(step.action);
    if (!kernel || !info || rewritten.contains(step.getKernel()) ||
        !done.insert(step.action + " " + step.getKernel().str()).second)
      continue;
    if (step.action == "rewrite") {
      rewritten.insert(step.getKernel());
      continue;
    }
    std::string why;
    if (failed(info->holds(KernelOp(), kernel, step.parameters, why)))
      return {false, "check 2 (structure): after " + step.str() + ": " + why};
  }
  return {};
}

Verdict SessionCheck::check(ThreadState &thread, const Recipe &recipe,
                            ModuleOp payload, ModuleOp candidate) {
  Verdict asked = checkAskedFor(recipe, candidate);
  if (!asked.passed)
    return asked;
  Verdict verdict = prove(payload, candidate);
  return verdict.passed ? compare(thread, recipe) : verdict;
}
