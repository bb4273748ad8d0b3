//===- Case.cpp - Everything that comes from one seed ---------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Case.h"
#include "Features.h"
#include "Mutations.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "qimeng/Partition/Partition.h"
#include "qimeng/Target/ProgramBuilder.h"
#include "qimeng/Verify/Verify.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace qimeng;

Case::Case(uint64_t seed, const Settings &settings, MLIRContext *context)
    : seed(seed), random(seed ^ 0x5eed), settings(settings), context(context),
      collector(context, [this](Diagnostic &diagnostic) {
        llvm::raw_string_ostream stream(diagnostics);
        stream << diagnostic << "\n";
        for (Diagnostic &note : diagnostic.getNotes())
          stream << "  note: " << note << "\n";
      }) {}

bool Case::fail(const std::string &step) {
  failure = step + ": " + diagnostics;
  return false;
}

bool Case::build(bool sensitive, bool withChannels) {
  program = makeTensorProgram(seed,
                              !withChannels     ? settings.firstClass
                              : random.oneIn(2) ? "matrix product"
                                                : "contraction",
                              sensitive);
  if (settings.print)
    llvm::outs() << program.text << "\n";
  tensors = parseSourceString<ModuleOp>(program.text, context);
  if (!tensors)
    return fail("parse");
  counts = findFeatures(*tensors);
  for (const std::string &name : program.classes)
    counts["class " + name] = 1;
  kernels = cast<ModuleOp>((*tensors)->clone());
  if (failed(partition(*kernels)) || failed(verify(*kernels)))
    return fail("partition");
  const std::vector<Architecture> &all = getArchitectures();
  architecture = &all[random.below(all.size())];
  if (settings.architecture)
    architecture = settings.architecture;
  int64_t maxSteps =
      settings.onlyPartition ? 0 : random.below(settings.maxSteps + 1);
  FailureOr<Rewrite> result =
      withChannels
          ? applyChannelActions(*kernels, random, *architecture)
          : applyRandomActions(*kernels, random, *architecture, maxSteps);
  if (failed(result))
    return fail("actions");
  rewrite = std::move(*result);
  for (const Step &step : rewrite->recipe.getSteps()) {
    ++counts["action " + step.action];
    ++counts["actions"];
    if (step.action == "reorder")
      for (NamedAttribute parameter : step.parameters)
        if (parameter.getName() != "kernel")
          ++counts["reorder " + parameter.getName().str()];
    ++steps;
  }
  if (settings.print)
    llvm::outs() << print(*kernels) << "// " << architecture->name << "\n"
                 << rewrite->recipe.str() << print(*rewrite->module);
  return true;
}

/// The kind of limit that check 2 speaks of.
static std::string findLimit(StringRef text) {
  for (StringRef kind :
       {"shared memory", "registers a thread", "registers together", "wgmma"})
    if (text.contains(kind))
      return kind.str();
  return "another limit";
}

/// A rewrite that no device limit forbids may still be too large for this one:
/// the parameters are random.
bool Case::checkLimits() {
  VerifyOptions options;
  options.structure.architecture = architecture;
  bool fits = succeeded(proveRewrite(*kernels, *rewrite->module, options));
  if (!fits) {
    ++counts["over a limit: " + findLimit(diagnostics)];
    ++counts["over limits"];
    if (settings.print)
      llvm::outs() << diagnostics;
  }
  diagnostics.clear();
  return fits;
}

bool Case::checkReplay() {
  FailureOr<Recipe> recipe = Recipe::parse(rewrite->recipe.str(), context);
  if (failed(recipe))
    return fail("recipe");
  FailureOr<OwningOpRef<ModuleOp>> replayed =
      recipe->replay(*kernels, architecture);
  if (failed(replayed))
    return fail("replay");
  if (print(**replayed) == print(*rewrite->module))
    return true;
  diagnostics += print(**replayed);
  return fail("replay differs");
}

/// Gives kernels that no action tiled the plainest tiles that fit. The name of
/// one for which there are none, or nothing.
static std::string tileTheRest(ModuleOp program, const Architecture &target) {
  std::vector<std::string> names;
  for (KernelOp kernel : program.getOps<KernelOp>())
    if (!kernel.isTiled())
      names.push_back(kernel.getSymName().str());
  for (const std::string &name : names) {
    SmallVector<Step> steps = proposeSteps(program.lookupSymbol<KernelOp>(name),
                                           *findAction("tile"), target);
    bool tiled = false;
    ScopedDiagnosticHandler quiet(program.getContext(), [](Diagnostic &) {});
    for (const Step &step : llvm::reverse(steps)) {
      OwningOpRef<ModuleOp> trial = cast<ModuleOp>(program->clone());
      StructureOptions options;
      options.architecture = &target;
      if (failed(applyStep(*trial, step, &target)) ||
          failed(checkKernel(trial->lookupSymbol<KernelOp>(name), options)))
        continue;
      tiled = succeeded(applyStep(program, step, &target));
      break;
    }
    if (!tiled)
      return name;
  }
  return "";
}

bool Case::checkCompiled(const NumbersCheck &numbers) {
  OwningOpRef<ModuleOp> program = cast<ModuleOp>((*rewrite->module)->clone());
  std::string untiled = tileTheRest(*program, *architecture);
  if (!untiled.empty()) {
    diagnostics += "no tiling of @" + untiled + " fits " + architecture->name;
    return fail("tiling");
  }
  if (settings.print)
    llvm::outs() << "// tiled as a whole\n" << print(*program);
  // What areas for exchange between layouts take is known to the lowering only.
  auto failToCompile = [&] {
    // A step that others have to follow: what was drawn ends too early.
    if (StringRef(diagnostics).contains("take them from a channel")) {
      ++counts["incomplete: wgmma without a channel"];
      return true;
    }
    if (!StringRef(diagnostics).contains("bytes of shared memory"))
      return fail("compile");
    ++counts["over a limit: shared memory, in the lowering"];
    ++counts["over limits"];
    return true;
  };
  if (!settings.device) {
    if (failed(compileProgram(*program, *architecture)))
      return failToCompile();
    ++counts["compiled"];
    return true;
  }
  auto executor =
      DeviceExecutor::create(*program, settings.device, *architecture);
  if (failed(executor))
    return failToCompile();
  ++counts["compiled"];
  if (failed((*executor)->check(numbers, program->getLoc()))) {
    poisoned = true;
    return fail("device");
  }
  ++counts["right on the device"];
  return true;
}

bool Case::check() {
  VerifyOptions options;
  options.numbers.seed = seed;
  if (failed(proveRewrite(*kernels, *rewrite->module, options)))
    return fail("proof");
  bool fits = checkLimits();
  auto numbers = NumbersCheck::create(*tensors, "", options.numbers);
  if (failed(numbers))
    return fail("reference");
  if (failed((*numbers)->check(*rewrite->module)))
    return fail("numbers");
  if (!checkReplay())
    return false;
  if (fits && (settings.assemble || settings.device))
    return checkCompiled(**numbers);
  return true;
}

bool Case::accepts() {
  VerifyOptions options;
  options.numbers.seed = seed;
  if (failed(verifyRewrite(*kernels, *rewrite->module, options)))
    return fail("right rewrite refused");
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
  diagnostics.clear();
  failure = *what;
  return refused;
}
