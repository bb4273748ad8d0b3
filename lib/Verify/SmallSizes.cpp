//===- SmallSizes.cpp - Numbers of programs too large to run --------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Verify/SmallSizes.h"
#include "mlir/IR/SymbolTable.h"
#include "qimeng/Partition/Partition.h"
#include "qimeng/Verify/Resize.h"
#include "llvm/Support/InterleavedRange.h"
#include <set>

using namespace mlir;
using namespace qimeng;

/// Operations of one run on the CPU: some tens of milliseconds, and the most
/// that is borne where a recipe needs larger sizes.
static constexpr double wantedWork = 1.5e8, mostWork = 4e9;

/// Memory in bytes: of the sizes where most candidates are compared, and of any
/// sizes.
static constexpr double wantedBytes = 256e6, mostBytes = 1e9;

LogicalResult qimeng::toKernelProgram(ModuleOp program) {
  if (!program.getOps<KernelOp>().empty())
    return success();
  return partition(program);
}

/// None where a run would take too much memory or too long.
static std::optional<SmallProgram> makeSmallProgram(ModuleOp program) {
  SmallProgram small;
  small.bytes = countNumbersBytes(program);
  if (small.bytes > mostBytes)
    return std::nullopt;
  small.program = program.clone();
  small.payload = program.clone();
  if (failed(toKernelProgram(*small.payload)))
    return std::nullopt;
  small.work = countWork(*small.payload);
  if (small.work > mostWork)
    return std::nullopt;
  return small;
}

/// `sizes` for the dimensions of `symbols`, none larger than the real one.
static SmallVector<int64_t> fit(ArrayRef<DimensionSymbol> symbols,
                                ArrayRef<int64_t> sizes) {
  SmallVector<int64_t> result;
  for (auto [index, symbol] : llvm::enumerate(symbols))
    result.push_back(std::min(symbol.size, sizes[index % sizes.size()]));
  return result;
}

/// Appends `program` at other sizes to `all`.
static void addResized(ModuleOp program, ArrayRef<DimensionSymbol> symbols,
                       std::vector<SmallProgram> &all) {
  // No multiples of tiles. The first that is cheap is where candidates are
  // compared; those before it are for recipes that need more: many stages, or
  // long chunks.
  static const std::vector<std::vector<int64_t>> choices = {
      {1031, 1283, 1093, 1187, 1301}, {523, 587, 547, 571, 541},
      {259, 323, 291, 277, 307},      {131, 149, 67, 83, 101},
      {37, 67, 29, 41, 19},           {5, 11, 7, 3, 9}};
  constexpr size_t firstChoice = 2, smallChoice = 4;
  std::set<SmallVector<int64_t>> seen;
  auto make =
      [&](const SmallVector<int64_t> &sizes) -> std::optional<SmallProgram> {
    if (!seen.insert(sizes).second)
      return std::nullopt;
    FailureOr<OwningOpRef<ModuleOp>> resized = resize(program, sizes);
    if (failed(resized))
      return std::nullopt;
    std::optional<SmallProgram> small = makeSmallProgram(**resized);
    if (small)
      llvm::raw_string_ostream(small->sizes) << llvm::interleaved(sizes, ", ");
    return small;
  };
  for (auto [number, choice] : llvm::enumerate(choices)) {
    std::optional<SmallProgram> small = make(fit(symbols, choice));
    if (!small)
      continue;
    all.push_back(std::move(*small));
    if (number >= firstChoice && all.back().work <= wantedWork &&
        all.back().bytes <= wantedBytes)
      break;
  }
  if (!all.empty())
    std::swap(all.front(), all.back());
  // Some recipes need one dimension about as long as it is, or just that long.
  for (auto [index, symbol] : llvm::enumerate(symbols))
    for (int64_t less : {5, 0}) {
      SmallVector<int64_t> sizes = fit(symbols, choices[smallChoice]);
      sizes[index] = std::max<int64_t>(1, symbol.size - less);
      if (std::optional<SmallProgram> small = make(sizes))
        all.push_back(std::move(*small));
    }
}

std::vector<SmallProgram> qimeng::makeSmallPrograms(ModuleOp program) {
  // What cannot be had at some sizes is no error.
  ScopedDiagnosticHandler quiet(program.getContext(),
                                [](Diagnostic &) { return success(); });
  std::vector<SmallProgram> all;
  FailureOr<SmallVector<DimensionSymbol>> symbols = failure();
  if (program.getOps<KernelOp>().empty())
    symbols = getDimensionSymbols(program);
  if (succeeded(symbols) && !symbols->empty())
    addResized(program, *symbols, all);
  // Some recipes apply to the real sizes alone.
  if (std::optional<SmallProgram> real = makeSmallProgram(program))
    all.push_back(std::move(*real));
  // The first is where candidates are compared; then from little to much.
  if (!all.empty())
    llvm::stable_sort(llvm::drop_begin(all), [](const auto &a, const auto &b) {
      return a.work < b.work;
    });
  return all;
}

FailureOr<Recipe> qimeng::withoutPlacement(const Recipe &recipe) {
  Recipe rest(recipe.getContext());
  std::string why;
  for (const Step &step : recipe.getSteps())
    if (!findAction(step.action)->placesPrograms &&
        failed(rest.append(step, why)))
      return failure();
  return rest;
}

/// Replays `recipe` on `payload`; why it does not apply is in `why`.
static FailureOr<OwningOpRef<ModuleOp>>
replayQuietly(const Recipe &recipe, ModuleOp payload,
              const Architecture *target, std::string &why) {
  ScopedDiagnosticHandler handler(
      payload.getContext(), [&](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() == DiagnosticSeverity::Error &&
            why.empty())
          why = diagnostic.str();
        return success();
      });
  return recipe.replay(payload, target);
}

FailureOr<SmallSizesResult>
qimeng::compareAtSmallSizes(ModuleOp program, const Recipe &recipe,
                            const Architecture *target,
                            const NumbersOptions &options) {
  SmallSizesResult result;
  FailureOr<Recipe> rest = withoutPlacement(recipe);
  if (failed(rest)) {
    result.whyNot =
        "the recipe cannot be replayed without the steps that place programs";
    return result;
  }
  std::vector<SmallProgram> all = makeSmallPrograms(program);
  if (all.empty())
    result.whyNot =
        program.getOps<KernelOp>().empty()
            ? "the sizes of this program cannot be changed to smaller ones"
            : "the sizes of kernels cannot be changed; name the tensor program "
              "that they were partitioned from as <before>";
  for (const SmallProgram &small : all) {
    std::string why;
    FailureOr<OwningOpRef<ModuleOp>> candidate =
        replayQuietly(*rest, *small.payload, target, why);
    std::string where = small.sizes.empty() ? "the program's own sizes"
                                            : "sizes " + small.sizes;
    if (failed(candidate)) {
      result.whyNot += (result.whyNot.empty() ? "the recipe does not apply at "
                                              : "; nor at ") +
                       where + " (" + why + ")";
      continue;
    }
    ScopedDiagnosticHandler handler(
        program.getContext(), [&](Diagnostic &diagnostic) {
          if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
            diagnostic.attachNote()
                << "check 4 (numbers), by replaying the recipe at " << where;
          return failure();
        });
    if (failed(checkNumbers(*small.program, **candidate, options)))
      return failure();
    return SmallSizesResult{true, where, ""};
  }
  return result;
}

LogicalResult qimeng::checkRecipe(ModuleOp program, ModuleOp after,
                                  const Recipe &recipe,
                                  const Architecture *target) {
  OwningOpRef<ModuleOp> payload = program.clone();
  if (failed(toKernelProgram(*payload)))
    return failure();
  std::string why;
  FailureOr<OwningOpRef<ModuleOp>> replayed =
      replayQuietly(recipe, *payload, target, why);
  if (failed(replayed))
    return program.emitError()
           << "the recipe does not apply to this program: " << why;
  auto describe = [](Operation &op) {
    auto symbol = dyn_cast<SymbolOpInterface>(op);
    return symbol ? ("@" + symbol.getName()).str()
                  : op.getName().getStringRef().str();
  };
  Block &made = *(**replayed).getBody(), &given = *after.getBody();
  for (Operation &op : given) {
    auto symbol = dyn_cast<SymbolOpInterface>(op);
    Operation *other =
        symbol ? (**replayed).lookupSymbol(symbol.getNameAttr()) : nullptr;
    if (!other || !OperationEquivalence::isEquivalentTo(
                      other, &op, OperationEquivalence::IgnoreLocations))
      return op.emitError()
             << "the recipe, replayed on the program before, makes "
             << (other ? "another " : "no ") << describe(op)
             << "; expected the recipe that made this file";
  }
  for (Operation &op : made) {
    auto symbol = dyn_cast<SymbolOpInterface>(op);
    if (symbol && !after.lookupSymbol(symbol.getNameAttr()))
      return after.emitError()
             << "lacks " << describe(op)
             << ", which the recipe, replayed on the program before, makes; "
                "expected the recipe that made this file";
  }
  return success();
}
