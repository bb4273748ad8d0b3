//===- SessionCheck.cpp - Verify, once for each form ----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SessionCheck.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace qimeng;

/// Memory in bytes that all sizes of a session hold.
static constexpr double allBytes = 2e9;

SessionCheck::SessionCheck(ModuleOp program, ModuleOp payload,
                           const Architecture &architecture)
    : architecture(architecture) {
  double bytes = 0;
  for (const SmallProgram &small : makeSmallPrograms(program)) {
    if (bytes + small.bytes > allBytes)
      continue;
    bytes += small.bytes;
    auto level = std::make_unique<Level>();
    level->program = toText(*small.program);
    level->payload = toText(*small.payload);
    levels.push_back(std::move(level));
  }
  if (levels.empty())
    numbersNote =
        "Numbers were not compared on the CPU: the program's sizes cannot be "
        "changed, and one run at the real ones takes about " +
        std::to_string(int64_t(countWork(payload) / 1e9)) +
        "e9 operations, and all runs " +
        std::to_string(int64_t(countNumbersBytes(program) / 1e9)) +
        " GB of memory. Everything else was proved.";
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
