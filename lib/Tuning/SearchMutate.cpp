//===- SearchMutate.cpp - Recipes changed at random -----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Builders.h"
#include "mlir/IR/Diagnostics.h"
#include "qimeng/Tuning/CostModel.h"
#include "qimeng/Tuning/Search.h"
#include "qimeng/Verify/Structure.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>

using namespace mlir;
using namespace qimeng;

TrialRunner::~TrialRunner() = default;

namespace {
/// Candidates that fail are no errors of the user.
struct Quiet : ScopedDiagnosticHandler {
  explicit Quiet(MLIRContext *context)
      : ScopedDiagnosticHandler(context,
                                [](Diagnostic &) { return success(); }) {}
};

bool isFusion(const Step &step) {
  return step.action == "fuse_producer" || step.action == "fuse_consumer" ||
         step.action == "split_reduction";
}

bool hasStages(const Step &step) {
  return step.action == "pipeline" || step.action == "specialize";
}

Step withInt(const Step &step, StringRef name, int64_t value) {
  NamedAttrList attributes(step.parameters);
  attributes.set(
      name, IntegerAttr::get(IntegerType::get(step.parameters.getContext(), 64),
                             value));
  return normalizeStep(
      {step.action, attributes.getDictionary(step.parameters.getContext())});
}

int64_t intOf(const Step &step, StringRef name, int64_t otherwise) {
  auto value = step.parameters.getAs<IntegerAttr>(name);
  return value ? value.getInt() : otherwise;
}

int64_t stagesOf(const Step &step) {
  return intOf(step, "stages", step.action == "specialize" ? 4 : 3);
}

/// Whether the action is one more step for a tiled kernel: what cuts kernels
/// into tiles, fuses them, writes them anew or changes earlier steps is not.
bool goesOnFromTiles(const ActionInfo &action) {
  return !action.edit && action.family != ActionFamily::Tiling &&
         action.family != ActionFamily::Fusing &&
         action.family != ActionFamily::Rewriting;
}

/// The action's proposals; its defaults, where they are legal, for one that
/// makes none because it seldom pays.
SmallVector<Step> proposeOrDefault(KernelOp kernel, const ActionInfo &action,
                                   const Architecture &architecture) {
  SmallVector<Step> steps = proposeSteps(kernel, action, architecture);
  bool hasDefaults =
      llvm::none_of(action.parameters, [](const ActionParameter &parameter) {
        return parameter.kind == ParameterKind::Symbol ||
               parameter.kind == ParameterKind::Text;
      });
  if (!steps.empty() || !hasDefaults)
    return steps;
  std::string why;
  FailureOr<Step> step =
      makeStep(kernel.getContext(), action.name, kernel.getSymName(), {}, why);
  auto program = kernel->getParentOfType<ModuleOp>();
  if (succeeded(step) &&
      succeeded(checkStep(program, *step, &architecture, why)))
    steps.push_back(*step);
  return steps;
}

/// Another value for one of the parameters of a reorder step.
Step varyOrder(const Step &step, Mutator &mutator) {
  SmallVector<NamedAttribute> given;
  for (NamedAttribute parameter : step.parameters)
    if (parameter.getName() != "kernel")
      given.push_back(parameter);
  if (given.empty())
    return step;
  NamedAttribute chosen = given[mutator.draw(given.size())];
  StringRef name = chosen.getName();
  auto drawOf = [&](std::initializer_list<int64_t> values) {
    return values.begin()[mutator.draw(values.size())];
  };
  if (name == "raster")
    return withInt(step, name, drawOf({1, 2, 4, 8, 16, 32}));
  if (name == "vector")
    return withInt(step, name, drawOf({4, 8, 16}));
  if (name == "warps") {
    int64_t warps = intOf(step, name, 4);
    return withInt(
        step, name,
        std::clamp<int64_t>(mutator.draw(2) ? warps * 2 : warps / 2, 1, 16));
  }
  auto list = dyn_cast<DenseI64ArrayAttr>(chosen.getValue());
  if (!list || list.empty())
    return step;
  SmallVector<int64_t> values(list.asArrayRef());
  size_t at = mutator.draw(values.size());
  if (name == "loops")
    std::swap(values[at], values[(at + 1) % values.size()]);
  else if (name == "swizzle")
    values[at] = drawOf({32, 64, 128});
  else if (name == "pad")
    values[at] = drawOf({0, 16, 32, 64});
  else if (name == "major")
    values[at] = drawOf({-1, 0, 1});
  MLIRContext *context = step.parameters.getContext();
  NamedAttrList attributes(step.parameters);
  attributes.set(name, DenseI64ArrayAttr::get(context, values));
  return normalizeStep({step.action, attributes.getDictionary(context)});
}

/// A wgmma product whose factors no channel holds cannot run.
bool isRunnable(ModuleOp program) {
  bool good = true;
  program.walk([&](DotOp dot) {
    if (dot.getMma() != Mma::Wgmma)
      return;
    KernelOp kernel = dot->getParentOfType<KernelOp>();
    bool channels = false;
    kernel.walk([&](ChannelOp) { channels = true; });
    good &= channels;
  });
  return good;
}

std::optional<Recipe> makeRecipe(MLIRContext *context, ArrayRef<Step> steps) {
  Recipe recipe(context);
  std::string why;
  for (const Step &step : steps)
    if (failed(recipe.append(step, why)))
      return std::nullopt;
  return recipe;
}
} // namespace

OwningOpRef<ModuleOp> qimeng::materialize(ModuleOp payload,
                                          const Recipe &recipe,
                                          const Architecture &architecture) {
  Quiet quiet(payload.getContext());
  FailureOr<OwningOpRef<ModuleOp>> program =
      recipe.replay(payload, &architecture);
  return succeeded(program) ? std::move(*program) : OwningOpRef<ModuleOp>();
}

size_t Mutator::draw(size_t bound) {
  // Not std::uniform_int_distribution, whose numbers differ between libraries.
  return bound ? random() % bound : 0;
}

std::optional<Recipe> Mutator::repair(ArrayRef<Step> steps) {
  MLIRContext *context = payload.getContext();
  Quiet quiet(context);
  SmallVector<Step> wanted(steps.begin(), steps.end());
  for (int attempt = 0; attempt < 6; ++attempt) {
    OwningOpRef<ModuleOp> program = payload.clone();
    SmallVector<Step> legal;
    std::string why;
    for (Step step : wanted) {
      // Loops too short for that many stages take fewer.
      while (hasStages(step) && stagesOf(step) > 2 &&
             failed(checkStep(*program, step, &architecture, why)))
        step = withInt(step, "stages", stagesOf(step) - 1);
      if (failed(checkStep(*program, step, &architecture, why)))
        continue;
      if (failed(applyStep(*program, step, &architecture)))
        return std::nullopt;
      legal.push_back(step);
    }
    std::optional<Recipe> recipe = makeRecipe(context, legal);
    if (!recipe)
      return std::nullopt;
    FailureOr<Recipe> complete =
        completeRecipe(*recipe, *program, architecture);
    if (failed(complete) || !isRunnable(*program))
      return std::nullopt;
    ProgramCost cost = estimateProgram(*program, architecture);
    if (cost.misfit.empty()) {
      // What Verify would refuse for its resources is no trial worth.
      StructureOptions limits;
      limits.architecture = &architecture;
      for (KernelOp kernel : program->getOps<KernelOp>())
        if (failed(checkKernel(kernel, limits)))
          return std::nullopt;
      return *complete;
    }
    // Too much shared memory, mostly: fewer stages.
    bool lowered = false;
    for (const KernelCost &launch : cost.launches)
      if (!launch.misfit.empty())
        for (Step &step : legal)
          if (step.getKernel() == launch.name && hasStages(step) &&
              stagesOf(step) > 2) {
            step = withInt(step, "stages", stagesOf(step) - 1);
            lowered = true;
          }
    if (!lowered)
      return std::nullopt;
    wanted = std::move(legal);
  }
  return std::nullopt;
}

/// Another value for one of the step's parameters.
Step Mutator::vary(const Step &step) {
  if (hasStages(step)) {
    if (draw(4) == 0) {
      // The same copies, by a producer or by all warps.
      NamedAttrList attributes(step.parameters);
      return normalizeStep(
          {step.action == "pipeline" ? "specialize" : "pipeline",
           attributes.getDictionary(step.parameters.getContext())});
    }
    int64_t stages = stagesOf(step) + (draw(2) ? 1 : -1);
    return withInt(step, "stages", std::clamp<int64_t>(stages, 2, 8));
  }
  if (step.action == "reorder")
    return varyOrder(step, *this);
  if (step.action == "tensorize") {
    auto kind = step.parameters.getAs<StringAttr>("kind");
    NamedAttrList attributes(step.parameters);
    bool wgmma = kind && kind.getValue() == "wgmma";
    attributes.set("kind", StringAttr::get(step.parameters.getContext(),
                                           wgmma ? "mma_sync" : "wgmma"));
    return normalizeStep(
        {step.action, attributes.getDictionary(step.parameters.getContext())});
  }
  if (step.action != "tile")
    return step;
  // Twice or half of one size, chunk, or number of warps.
  NamedAttrList attributes(step.parameters);
  auto sizes = step.parameters.getAs<DenseI64ArrayAttr>("sizes");
  auto reduce = step.parameters.getAs<DenseI64ArrayAttr>("reduce");
  size_t numSizes = sizes ? sizes.size() : 0,
         numReduce = reduce ? reduce.size() : 0;
  size_t which = draw(numSizes + numReduce + 1);
  bool twice = draw(2);
  auto scaled = [&](ArrayRef<int64_t> values, size_t index) {
    SmallVector<int64_t> result(values);
    result[index] =
        twice ? result[index] * 2 : std::max<int64_t>(1, result[index] / 2);
    if (values[index] == 0)
      result[index] = 0;
    return DenseI64ArrayAttr::get(step.parameters.getContext(), result);
  };
  if (which < numSizes)
    attributes.set("sizes", scaled(sizes.asArrayRef(), which));
  else if (which < numSizes + numReduce)
    attributes.set("reduce", scaled(reduce.asArrayRef(), which - numSizes));
  else
    return withInt(step, "warps",
                   std::clamp<int64_t>(twice ? intOf(step, "warps", 4) * 2
                                             : intOf(step, "warps", 4) / 2,
                                       1, 16));
  return normalizeStep(
      {step.action, attributes.getDictionary(step.parameters.getContext())});
}

std::optional<Step> Mutator::propose(ModuleOp program, StringRef name,
                                     ArrayRef<StringRef> actions) {
  auto kernel = program.lookupSymbol<KernelOp>(name);
  if (!kernel)
    return std::nullopt;
  // Every action alike, however many proposals it makes.
  SmallVector<SmallVector<Step>> all;
  for (StringRef action : actions)
    if (const ActionInfo *info = findAction(action))
      if (auto steps = proposeOrDefault(kernel, *info, architecture);
          !steps.empty())
        all.push_back(std::move(steps));
  if (all.empty())
    return std::nullopt;
  const SmallVector<Step> &steps = all[draw(all.size())];
  return steps[draw(steps.size())];
}

std::optional<Recipe> Mutator::mutate(const Recipe &recipe,
                                      std::string &change) {
  std::string before = recipe.str();
  for (int attempt = 0; attempt < 12; ++attempt) {
    SmallVector<Step> steps = recipe.getSteps();
    change.clear();
    int changes = draw(3) == 0 ? 2 : 1;
    for (int i = 0; i < changes; ++i) {
      if (steps.empty())
        return std::nullopt;
      size_t at = draw(steps.size());
      std::string what;
      size_t kind = draw(10);
      if (isFusion(steps[at])) {
        // Fusions are left alone mostly: the rules know them well.
        if (kind != 0)
          continue;
        what = "without " + steps[at].str();
        steps.erase(steps.begin() + at);
      } else if (kind == 0 && steps[at].action != "tile") {
        what = "without " + steps[at].str();
        steps.erase(steps.begin() + at);
      } else if (kind <= 2) {
        // One more step, legal after all others.
        std::optional<Recipe> soFar = makeRecipe(payload.getContext(), steps);
        OwningOpRef<ModuleOp> program =
            soFar ? materialize(payload, *soFar, architecture)
                  : OwningOpRef<ModuleOp>();
        if (!program)
          continue;
        SmallVector<StringRef> actions;
        for (const ActionInfo *action : getActions())
          if (goesOnFromTiles(*action))
            actions.push_back(action->name);
        std::optional<Step> step =
            propose(*program, steps[at].getKernel(), actions);
        if (!step)
          continue;
        what = step->str();
        steps.push_back(*step);
      } else if (kind <= 5 && steps[at].action == "tile") {
        // Another of the action's own proposals.
        SmallVector<Step> prefix(steps.begin(), steps.begin() + at);
        std::optional<Recipe> soFar = makeRecipe(payload.getContext(), prefix);
        OwningOpRef<ModuleOp> program =
            soFar ? materialize(payload, *soFar, architecture)
                  : OwningOpRef<ModuleOp>();
        if (!program)
          continue;
        std::optional<Step> step =
            propose(*program, steps[at].getKernel(), {StringRef("tile")});
        if (!step)
          continue;
        what = "re" + step->str();
        steps[at] = *step;
      } else {
        Step varied = vary(steps[at]);
        if (varied.str() == steps[at].str())
          continue;
        what = varied.action == "tile" ? "re" + varied.str() : varied.str();
        steps[at] = varied;
      }
      change += (change.empty() ? "" : "; ") + what;
    }
    if (change.empty())
      continue;
    std::optional<Recipe> mutant = repair(steps);
    if (mutant && mutant->str() != before)
      return mutant;
  }
  return std::nullopt;
}

std::optional<Recipe> Mutator::cross(const Recipe &one, const Recipe &other,
                                     std::string &change) {
  auto fusionsOf = [](const Recipe &recipe) {
    std::string text;
    for (const Step &step : recipe.getSteps())
      if (isFusion(step))
        text += step.str() + "\n";
    return text;
  };
  // Kernels are comparable only after the same fusions.
  if (fusionsOf(one) != fusionsOf(other))
    return std::nullopt;
  SmallVector<Step> ours = one.getSteps(), theirs = other.getSteps();
  llvm::SmallVector<StringRef> kernels;
  for (const Step &step : ours)
    if (!isFusion(step) && !llvm::is_contained(kernels, step.getKernel()))
      kernels.push_back(step.getKernel());
  if (kernels.size() < 2)
    return std::nullopt;
  StringRef taken = kernels[draw(kernels.size())];
  SmallVector<Step> steps;
  for (const Step &step : ours)
    if (isFusion(step) || step.getKernel() != taken)
      steps.push_back(step);
  for (const Step &step : theirs)
    if (!isFusion(step) && step.getKernel() == taken)
      steps.push_back(step);
  change = "@" + taken.str() + " as in another candidate";
  std::optional<Recipe> child = repair(steps);
  if (!child || child->str() == one.str() || child->str() == other.str())
    return std::nullopt;
  return child;
}
