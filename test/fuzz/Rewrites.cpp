//===- Rewrites.cpp - Random legal action sequences -----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Rewrites.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace qimeng;

std::string qimeng::print(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream);
  return text;
}

using Texts = std::vector<std::pair<std::string, std::string>>;

static std::string drawList(Random &random, int64_t length,
                            llvm::ArrayRef<int64_t> choices) {
  std::string text;
  for (int64_t i = 0; i < length; ++i)
    text +=
        (i ? "," : "") + std::to_string(choices[random.below(choices.size())]);
  return text;
}

/// Rank of the stored tiles and number of loops a tile step makes, at least.
static std::pair<int64_t, int64_t> getRanks(KernelOp kernel) {
  int64_t outputs = 0, reductions = 0;
  kernel.getBody().walk([&](Operation *op) {
    if (auto store = dyn_cast<StoreOp>(op))
      outputs = cast<RankedTensorType>(store.getValue().getType()).getRank();
    else if (auto reduce = dyn_cast<ReduceOp>(op))
      reductions += reduce.getAxes().size();
    else if (auto fold = dyn_cast<FoldOp>(op))
      reductions += fold.getAxes().size();
    else if (isa<DotOp>(op))
      ++reductions;
  });
  return {outputs, reductions};
}

/// Loops that stand in one another, at most: what `loops` may permute.
static int64_t getLoopDepth(KernelOp kernel) {
  int64_t deepest = 0;
  kernel.walk([&](scf::ForOp loop) {
    int64_t depth = 1;
    for (Operation *op = loop; (op = op->getParentOfType<scf::ForOp>());)
      ++depth;
    deepest = std::max(deepest, depth);
  });
  return deepest;
}

/// Tiles of the kernel's channels.
static int64_t countTiles(KernelOp kernel) {
  int64_t tiles = 0;
  kernel.walk(
      [&](ChannelOp channel) { tiles += channel.getType().getTiles().size(); });
  return tiles;
}

/// Layouts of the channels' tiles, for all or for each.
static void drawLayouts(KernelOp kernel, Random &random, Texts &texts) {
  int64_t tiles = countTiles(kernel);
  if (tiles == 0)
    return;
  auto draw = [&](const char *name, llvm::ArrayRef<int64_t> choices) {
    texts.push_back(
        {name, drawList(random, random.oneIn(2) ? 1 : tiles, choices)});
  };
  if (random.oneIn(2))
    draw("swizzle", {32, 64, 128, 0});
  else if (random.oneIn(2))
    draw("pad", {0, 16, 32, 48});
  if (random.oneIn(3))
    draw("major", {-1, 0, 1});
}

/// Parameters that no proposal has; their preconditions may refuse them.
static Texts drawParameters(const ActionInfo &action, KernelOp kernel,
                            Random &random) {
  static const int64_t sizes[] = {0, 1, 2, 4, 8, 16, 32, 64, 128};
  static const int64_t chunks[] = {0, 2, 4, 8, 16, 32, 64};
  auto [outputs, reductions] = getRanks(kernel);
  Texts texts;
  auto drawWarps = [&] { return std::to_string(1 << random.below(4)); };
  if (action.name == "tile" || action.name == "retile") {
    texts.push_back({"sizes", drawList(random, outputs, sizes)});
    if (reductions != 0 && !random.oneIn(4))
      texts.push_back({"reduce", drawList(random, reductions, chunks)});
    if (outputs > 1 && random.oneIn(4))
      texts.push_back({"loops", std::to_string(random.below(outputs))});
    texts.push_back({"warps", drawWarps()});
  } else if (action.name == "pipeline" || action.name == "specialize") {
    texts.push_back({"stages", std::to_string(2 + random.below(4))});
  } else if (action.name == "reorder") {
    if (random.oneIn(2))
      texts.push_back({"raster", std::to_string(1 << random.below(4))});
    if (random.oneIn(2))
      texts.push_back({"vector", std::to_string(1 << random.below(5))});
    if (random.oneIn(3))
      texts.push_back({"warps", drawWarps()});
    int64_t depth = getLoopDepth(kernel);
    if (depth > 1 && random.oneIn(2))
      texts.push_back({"loops", depth == 2        ? "1,0"
                                : random.oneIn(2) ? "0,2,1"
                                                  : "2,0,1"});
    drawLayouts(kernel, random, texts);
  } else if (action.name == "split_reduction") {
    texts.push_back({"parts", std::to_string(2 + random.below(7))});
    if (reductions > 1)
      texts.push_back({"reduction", std::to_string(random.below(reductions))});
  } else if (action.name == "persist") {
    texts.push_back({"blocks", std::to_string(1 + random.below(4))});
  } else if (action.name == "cluster") {
    texts.push_back({"size", std::to_string(2 << random.below(2))});
  }
  return texts;
}

/// `fuse`: only actions of that family, on any kernels.
static std::optional<Step> drawStep(ModuleOp module, Random &random,
                                    const Architecture &architecture,
                                    bool fuse) {
  SmallVector<KernelOp> kernels(module.getOps<KernelOp>());
  KernelOp kernel = kernels[random.below(kernels.size())];
  SmallVector<const ActionInfo *> actions(getActions());
  if (fuse)
    llvm::erase_if(actions, [](const ActionInfo *action) {
      return action->family != ActionFamily::Fusing;
    });
  const ActionInfo *action = actions[random.below(actions.size())];
  if (fuse) {
    SmallVector<Step> steps = proposeSteps(kernel, *action, architecture);
    if (steps.empty())
      return std::nullopt;
    return steps[random.below(steps.size())];
  }
  // Most actions need a tiled kernel.
  if (!kernel.isTiled() && random.oneIn(2))
    action = findAction(random.oneIn(6) ? "split_reduction" : "tile");
  // Few kernels get channels, whose layouts only reorder chooses.
  if (countTiles(kernel) > 0 && random.oneIn(2))
    action = findAction("reorder");
  if (random.oneIn(2)) {
    SmallVector<Step> steps = proposeSteps(kernel, *action, architecture);
    if (steps.empty())
      return std::nullopt;
    return steps[random.below(steps.size())];
  }
  Texts texts = drawParameters(*action, kernel, random);
  if (texts.empty())
    return std::nullopt;
  SmallVector<std::pair<StringRef, StringRef>> values(texts.begin(),
                                                      texts.end());
  std::string why;
  FailureOr<Step> step = makeStep(module.getContext(), action->name,
                                  kernel.getSymName(), values, why);
  if (failed(step))
    return std::nullopt;
  if (!action->edit && failed(checkStep(module, *step, &architecture, why)))
    return std::nullopt;
  return *step;
}

FailureOr<Rewrite> qimeng::applyRandomActions(ModuleOp program, Random &random,
                                              const Architecture &architecture,
                                              int64_t maxSteps) {
  MLIRContext *context = program.getContext();
  Rewrite rewrite{OwningOpRef<ModuleOp>(cast<ModuleOp>(program->clone())),
                  Recipe(context)};
  int64_t steps = 0;
  // Fusing comes first, where it comes at all.
  int64_t fusing = random.oneIn(2) ? 2 * maxSteps : 0;
  for (int64_t tries = 0; tries < 6 * maxSteps && steps < maxSteps; ++tries) {
    std::optional<Step> step = drawStep(*rewrite.module, random, architecture,
                                        /*fuse=*/tries < fusing);
    if (!step)
      continue;
    Recipe longer(rewrite.recipe);
    std::string why;
    if (failed(longer.append(*step, why)))
      continue;
    if (findAction(step->action)->edit) {
      // What the later steps needed may be gone.
      std::optional<OwningOpRef<ModuleOp>> replayed;
      {
        ScopedDiagnosticHandler quiet(context, [](Diagnostic &) {});
        if (FailureOr<OwningOpRef<ModuleOp>> result =
                longer.replay(program, &architecture);
            succeeded(result))
          replayed = std::move(*result);
      }
      if (!replayed)
        continue;
      rewrite.module = std::move(*replayed);
    } else if (failed(applyStep(*rewrite.module, *step, &architecture))) {
      program.emitError() << "the legal step '" << step->str() << "' failed";
      return failure();
    }
    rewrite.recipe = longer;
    ++steps;
  }
  return rewrite;
}

/// Tiles the product of `kernel` with a loop, then makes channels, as far as
/// preconditions allow. Nothing when an action fails that they allowed.
static std::optional<Rewrite> drawChannels(ModuleOp program,
                                           const std::string &kernel,
                                           Random &random,
                                           const Architecture &architecture) {
  MLIRContext *context = program.getContext();
  Rewrite rewrite{OwningOpRef<ModuleOp>(cast<ModuleOp>(program->clone())),
                  Recipe(context)};
  int64_t outputs =
      getRanks(rewrite.module->lookupSymbol<KernelOp>(kernel)).first;
  int64_t ways = random.below(4);
  bool tensors = random.oneIn(2);
  bool wgmma = tensors && architecture.wgmma && random.oneIn(2);
  // Instructions want whole blocks of M, N and K.
  static const int64_t anySize[] = {8, 16, 32, 64, 128},
                       anyChunk[] = {1, 2, 4, 8, 16, 32},
                       mmaSize[] = {16, 32, 64}, mmaChunk[] = {16, 32},
                       wgmmaSize[] = {64, 128}, wgmmaChunk[] = {64};
  ArrayRef<int64_t> sizes = wgmma     ? ArrayRef(wgmmaSize)
                            : tensors ? ArrayRef(mmaSize)
                                      : ArrayRef(anySize);
  ArrayRef<int64_t> chunks = wgmma     ? ArrayRef(wgmmaChunk)
                             : tensors ? ArrayRef(mmaChunk)
                                       : ArrayRef(anyChunk);
  std::string list = drawList(random, std::min<int64_t>(outputs, 2), sizes);
  for (int64_t dim = 2; dim < outputs; ++dim)
    list = (tensors ? "1," : drawList(random, 1, {1, 2, 4}) + ",") + list;
  std::vector<std::pair<std::string, Texts>> actions = {
      {"tile", {{"sizes", list}, {"reduce", drawList(random, 1, chunks)}}}};
  if (tensors)
    actions.push_back({"tensorize", {{"kind", wgmma ? "wgmma" : "mma_sync"}}});
  if (ways == 0)
    actions.push_back({"stage", {}});
  else
    actions.push_back({ways == 3 ? "specialize" : "pipeline",
                       {{"stages", std::to_string(2 + random.below(3))}}});
  actions.push_back({"reorder", {}});
  for (auto &[action, texts] : actions) {
    if (action == "reorder")
      drawLayouts(rewrite.module->lookupSymbol<KernelOp>(kernel), random,
                  texts);
    SmallVector<std::pair<StringRef, StringRef>> values(texts.begin(),
                                                        texts.end());
    std::string why;
    FailureOr<Step> step = makeStep(context, action, kernel, values, why);
    if (failed(step) ||
        failed(checkStep(*rewrite.module, *step, &architecture, why)))
      continue;
    if (failed(applyStep(*rewrite.module, *step, &architecture)) ||
        failed(rewrite.recipe.append(*step, why)))
      return std::nullopt;
  }
  return rewrite;
}

FailureOr<Rewrite>
qimeng::applyChannelActions(ModuleOp program, Random &random,
                            const Architecture &architecture) {
  std::string kernel;
  program.walk([&](DotOp dot) {
    if (kernel.empty())
      kernel = dot->getParentOfType<KernelOp>().getSymName().str();
  });
  std::optional<Rewrite> rewrite;
  for (int64_t tries = 0; tries < 6 && !kernel.empty(); ++tries) {
    rewrite = drawChannels(program, kernel, random, architecture);
    if (!rewrite)
      return failure();
    bool hasChannels = false;
    rewrite->module->walk([&](ChannelOp) { hasChannels = true; });
    if (hasChannels)
      break;
  }
  if (!rewrite)
    return Rewrite{OwningOpRef<ModuleOp>(cast<ModuleOp>(program->clone())),
                   Recipe(program.getContext())};
  return std::move(*rewrite);
}
