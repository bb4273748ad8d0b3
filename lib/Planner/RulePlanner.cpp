//===- RulePlanner.cpp - The order in which an expert decides -------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelTraits.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Diagnostics.h"
#include "qimeng/Planner/Planner.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace qimeng;

namespace {

/// More values of a row than a thread block holds in registers (32 per thread).
constexpr double longestRow = 32768;

class Rules {
public:
  explicit Rules(const PlanState &state)
      : state(state), program(state.program), target(state.architecture) {}
  std::vector<Move> run();

private:
  bool fuse();
  std::optional<Step> findFusion(ModuleOp module, std::string &reason);
  bool split(KernelOp kernel);
  bool tile(KernelOp kernel);
  bool tensorize(KernelOp kernel);
  bool stage(KernelOp kernel);
  bool order(KernelOp kernel);
  bool persist(KernelOp kernel);
  bool widths(KernelOp kernel);
  bool others(KernelOp kernel);
  bool othersBeforeTiles(KernelOp kernel);

  SmallVector<Step> proposals(KernelOp kernel, StringRef action);
  bool isLegal(ArrayRef<Step> steps);
  /// Adds the move where it is legal and new; whether there are moves now.
  bool add(std::vector<Step> steps, std::string reason, bool enabling);
  bool wasDecided(StringRef kernel, StringRef action) const;

  const PlanState &state;
  ModuleOp program;
  const Architecture &target;
  std::vector<Move> moves;
};

SmallVector<Step> Rules::proposals(KernelOp kernel, StringRef action) {
  const ActionInfo *info = findAction(action);
  return info && info->propose ? proposeSteps(kernel, *info, target)
                               : SmallVector<Step>();
}

bool Rules::isLegal(ArrayRef<Step> steps) {
  std::string why;
  if (steps.size() == 1)
    return succeeded(checkStep(program, steps[0], &target, why));
  OwningOpRef<ModuleOp> copy = program.clone();
  ScopedDiagnosticHandler quiet(copy->getContext(),
                                [](Diagnostic &) { return success(); });
  for (const Step &step : steps)
    if (failed(checkStep(*copy, step, &target, why)) ||
        failed(applyStep(*copy, step, &target)))
      return false;
  return true;
}

bool Rules::add(std::vector<Step> steps, std::string reason, bool enabling) {
  Move move{std::move(steps), std::move(reason), enabling};
  if (!state.wasTried(move) && isLegal(move.steps))
    moves.push_back(std::move(move));
  return !moves.empty();
}

/// Whether the recipe, or a move that was tried on it, has such a step.
bool Rules::wasDecided(StringRef kernel, StringRef action) const {
  for (const Step &step : state.recipe.getSteps())
    if (step.action == action && step.getKernel() == kernel)
      return true;
  return false;
}

//===----------------------------------------------------------------------===//
// Fusing
//===----------------------------------------------------------------------===//

/// Whether computing `producer` inside `consumer` saves more than it costs;
/// `reason` says why.
bool worthFusing(const KernelTraits &producer, const KernelTraits &consumer,
                 bool recompute, const Architecture &target,
                 std::string &reason) {
  double blowUp =
      consumer.outputElements / std::max(1.0, producer.outputElements);
  if (recompute) {
    reason = "computing it again is cheaper than reading it";
    return producer.isElementwise() && producer.work <= 2 &&
           consumer.isElementwise() && blowUp <= 1.5;
  }
  if (producer.dots) {
    reason = "an epilogue: the product is still in registers";
    if (consumer.isElementwise())
      return blowUp <= 2;
    reason = "rows of the product fit one tile";
    return !consumer.dots && producer.columns <= 256 && blowUp <= 2;
  }
  if (consumer.dots) {
    // Element-wise work on factors keeps bulk copies from feeding the product,
    // and is done again for every tile that reads them.
    reason = "it only moves data";
    return producer.isElementwise() && producer.work == 0;
  }
  if (producer.isElementwise()) {
    reason = "element-wise work is done where its values are read";
    return blowUp <= 4 || producer.work <= 2 || consumer.reductions;
  }
  reason = "the whole row stays in registers";
  double rows =
      producer.reducedElements / std::max(1.0, producer.reducedExtent);
  double passes =
      consumer.outputElements / std::max(1.0, producer.reducedElements);
  bool enoughRows = rows >= 0.5 * double(target.multiprocessors) ||
                    producer.reducedElements <= 16384;
  if (consumer.reductions &&
      consumer.reducedElements < producer.reducedElements)
    // A reduction of results: only where all is one small row.
    return producer.reducedElements <= longestRow;
  if (consumer.outputElements <= 2 * producer.outputElements)
    return true; // an epilogue of the reduction
  return enoughRows && producer.reducedExtent <= longestRow && passes <= 2;
}

/// The first fusion in `module` that is worth it.
std::optional<Step> Rules::findFusion(ModuleOp module, std::string &reason) {
  for (KernelOp kernel : module.getOps<KernelOp>()) {
    KernelTraits own(kernel);
    if (own.tiled)
      continue;
    for (StringRef action : {"fuse_consumer", "fuse_producer"})
      for (const Step &step : proposals(kernel, action)) {
        bool forward = action == "fuse_consumer";
        auto other = step.parameters.getAs<FlatSymbolRefAttr>(
            forward ? "consumer" : "producer");
        auto neighbour = other ? module.lookupSymbol<KernelOp>(other.getValue())
                               : KernelOp();
        if (!neighbour || neighbour.isTiled())
          continue;
        KernelTraits others(neighbour);
        if (worthFusing(forward ? own : others, forward ? others : own,
                        step.parameters.contains("recompute"), target, reason))
          return step;
      }
  }
  return std::nullopt;
}

/// All fusions are one move, since no order of them is better than another; one
/// by one where all together were refused.
bool Rules::fuse() {
  OwningOpRef<ModuleOp> copy = program.clone();
  ScopedDiagnosticHandler quiet(copy->getContext(),
                                [](Diagnostic &) { return success(); });
  std::vector<Step> steps;
  std::string reason, reasons;
  while (std::optional<Step> step = findFusion(*copy, reason)) {
    if (failed(applyStep(*copy, *step, &target)))
      break;
    steps.push_back(*step);
    if (reasons.find(reason) == std::string::npos)
      reasons += (reasons.empty() ? "" : "; ") + reason;
  }
  if (steps.empty())
    return false;
  add(steps, "fuse: " + reasons, true);
  if (steps.size() > 1)
    for (const Step &step : steps)
      add({step}, "fuse: " + reasons, true);
  return !moves.empty();
}

//===----------------------------------------------------------------------===//
// Tiling
//===----------------------------------------------------------------------===//

/// Sums over long axes with few outputs leave most multiprocessors idle.
bool Rules::split(KernelOp kernel) {
  KernelTraits traits(kernel);
  if (traits.tiled || traits.isElementwise())
    return false;
  double programs = traits.outputElements;
  if (traits.dots)
    programs /= 128 * 128;
  else if (!traits.reducesRows)
    programs /= 32; // contiguous columns
  if (programs > (traits.dots ? 0.4 : 1.0) * double(target.multiprocessors))
    return false;
  for (const Step &step : proposals(kernel, "split_reduction"))
    add({step}, "split the reduction: too few programs otherwise", false);
  return !moves.empty();
}

/// How well tiles of a product use the device: multiprocessors that work, times
/// operand reuse (products per element read).
double scoreDotTile(const KernelTraits &traits, ArrayRef<int64_t> sizes,
                    const Architecture &target) {
  if (sizes.size() < 2)
    return 0;
  double m = double(sizes[sizes.size() - 2]), n = double(sizes.back());
  if (n == 0)
    n = double(traits.columns);
  double rest = 1;
  for (int64_t size : sizes.drop_back(2))
    rest *= size ? double(size) : 1;
  double programs = std::ceil(traits.outputElements / (m * n * rest));
  double processors = double(target.multiprocessors);
  double used = programs / (std::ceil(programs / processors) * processors);
  double reuse = m * n / (m + n);
  // 128 x 256 tiles are where shared memory no longer limits tensor cores.
  double feeding = std::min(1.0, reuse / (target.wgmma ? 85.0 : 64.0));
  return used * std::sqrt(feeding);
}

/// How well tiles of a reduction use the device: enough programs, contiguous
/// rows, and a few thousand elements for each.
double scoreReductionTile(const KernelTraits &traits, const Step &step,
                          const Architecture &target) {
  auto sizes = step.parameters.getAs<DenseI64ArrayAttr>("sizes");
  double outputs = 1, last = 1;
  if (sizes)
    for (int64_t size : sizes.asArrayRef()) {
      last = size ? double(size) : double(traits.columns);
      outputs *= last;
    }
  // Whole rows come out (softmax), or one value for each.
  bool rowsOut = traits.outputElements >= 0.5 * traits.reducedElements;
  // Held at once: one step of the loop over the reduction, where there is one.
  double chunk = 1;
  auto chunks = step.parameters.getAs<DenseI64ArrayAttr>("reduce");
  if (chunks)
    for (int64_t size : chunks.asArrayRef())
      chunk *= size ? double(size) : traits.reducedExtent;
  else
    chunk = traits.reducedExtent;
  double elements = rowsOut ? outputs : outputs * chunk;
  double programs = std::ceil(traits.outputElements / outputs);
  double score = 1;
  score *= std::min(1.0, programs / (2.0 * double(target.multiprocessors)));
  // Too few elements do not cover the latency; too many do not fit registers.
  score *= std::min(1.0, elements / 2048);
  if (elements > 16384)
    score *= 16384 / elements;
  if (chunks)
    score *= 0.9;
  if (!traits.reducesRows && !rowsOut)
    score *= std::sqrt(std::min(1.0, last / 32));
  auto warps = step.parameters.getAs<IntegerAttr>("warps");
  double perThread = elements / (32.0 * double(warps ? warps.getInt() : 4));
  score *= perThread < 8 ? perThread / 8 : perThread > 32 ? 32 / perThread : 1;
  return score;
}

bool Rules::tile(KernelOp kernel) {
  KernelTraits traits(kernel);
  if (traits.tiled)
    return false;
  SmallVector<Step> steps = proposals(kernel, "tile");
  if (!traits.isElementwise()) {
    SmallVector<std::pair<double, size_t>> order;
    for (auto [index, step] : llvm::enumerate(steps)) {
      auto sizes = step.parameters.getAs<DenseI64ArrayAttr>("sizes");
      double score = 0;
      if (!traits.dots)
        score = scoreReductionTile(traits, step, target);
      else if (sizes)
        score = scoreDotTile(traits, sizes.asArrayRef(), target);
      order.push_back({score, index});
    }
    llvm::sort(order, [](const auto &a, const auto &b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    SmallVector<Step> sorted;
    for (auto &[score, index] : order)
      sorted.push_back(steps[index]);
    steps = std::move(sorted);
  }
  for (const Step &step : steps)
    add({step},
        traits.dots         ? "tile: operand reuse and full waves"
        : traits.reductions ? "tile: rows that fit a block"
                            : "tile: contiguous rows",
        true);
  return !moves.empty();
}

//===----------------------------------------------------------------------===//
// Tensor cores and the copies that feed them
//===----------------------------------------------------------------------===//

/// `action` on `kernel` with one integer parameter.
Step makeIntStep(KernelOp kernel, StringRef action, StringRef name,
                 int64_t value) {
  Builder builder(kernel.getContext());
  NamedAttrList attributes;
  attributes.set("kernel", FlatSymbolRefAttr::get(kernel.getSymNameAttr()));
  if (!name.empty())
    attributes.set(name, builder.getI64IntegerAttr(value));
  return normalizeStep(
      {action.str(), attributes.getDictionary(kernel.getContext())});
}

/// Stages that fit into shared memory, most wanted first. Slots hold the tiles
/// that products read in one step of their loop.
SmallVector<int64_t> fittingStages(KernelOp kernel, ArrayRef<int64_t> wanted,
                                   const Architecture &target) {
  int64_t slot = 0;
  kernel.walk([&](DotOp dot) {
    for (Value factor : {dot.getLhs(), dot.getRhs()}) {
      auto type = cast<RankedTensorType>(factor.getType());
      slot += type.getNumElements() *
              std::max<int64_t>(1, type.getElementTypeBitWidth() / 8);
    }
  });
  SmallVector<int64_t> stages;
  for (int64_t count : wanted)
    if (slot * count + 4096 <= target.sharedPerBlock)
      stages.push_back(count);
  return stages;
}

bool Rules::tensorize(KernelOp kernel) {
  KernelTraits traits(kernel);
  if (!traits.tiled || !traits.dots || traits.tensorDots || traits.channels)
    return false;
  for (const Step &step : proposals(kernel, "tensorize")) {
    auto kind = step.parameters.getAs<StringAttr>("kind");
    bool wgmma = kind && kind.getValue() == "wgmma";
    if (wgmma) {
      for (int64_t stages : fittingStages(kernel, {4, 3, 5, 2}, target))
        if (add({step, makeIntStep(kernel, "specialize", "stages", stages)},
                "warpgroup products, fed by a producer's bulk copies", true) &&
            stages < 4)
          break;
      for (int64_t stages : fittingStages(kernel, {4, 3}, target))
        add({step, makeIntStep(kernel, "pipeline", "stages", stages)},
            "warpgroup products, with copies some iterations ahead", true);
      add({step, makeIntStep(kernel, "stage", "", 0)},
          "warpgroup products on staged tiles", true);
    } else {
      for (int64_t stages : fittingStages(kernel, {3, 4, 2}, target))
        add({step, makeIntStep(kernel, "pipeline", "stages", stages)},
            "tensor cores, with copies some iterations ahead", true);
      add({step}, "tensor cores", true);
    }
  }
  return !moves.empty();
}

/// Products that stay on plain multiply-adds, and loops that read.
bool Rules::stage(KernelOp kernel) {
  KernelTraits traits(kernel);
  if (!traits.tiled || traits.channels || traits.specialized)
    return false;
  if (traits.dots)
    for (const Step &step : proposals(kernel, "stage"))
      add({step}, "stage: one copy for all warps", false);
  for (const Step &step : proposals(kernel, "pipeline"))
    if (moves.size() < 4)
      add({step}, "pipeline: loads ahead of their use", false);
  return !moves.empty();
}

//===----------------------------------------------------------------------===//
// The order of programs, and what is left
//===----------------------------------------------------------------------===//

bool Rules::order(KernelOp kernel) {
  KernelTraits traits(kernel);
  if (!traits.tiled || !traits.dots || traits.raster != 1 ||
      traits.persistent || traits.grid.size() < 2 ||
      wasDecided(kernel.getSymName(), "reorder"))
    return false;
  for (int64_t raster : {8, 4, 16}) {
    if (raster > traits.grid[0] || traits.programs <= target.multiprocessors)
      continue;
    add({makeIntStep(kernel, "reorder", "raster", raster)},
        "raster: neighbours in time share operands in L2", false);
    if (moves.size() == 2)
      break;
  }
  return !moves.empty();
}

bool Rules::persist(KernelOp kernel) {
  KernelTraits traits(kernel);
  if (!traits.tiled || traits.persistent || !traits.specialized)
    return false;
  for (const Step &step : proposals(kernel, "persist"))
    add({step}, "persist: loads of the next program run during stores", false);
  return !moves.empty();
}

bool Rules::widths(KernelOp kernel) {
  KernelTraits traits(kernel);
  if (!traits.tiled || traits.dots ||
      wasDecided(kernel.getSymName(), "reorder"))
    return false;
  for (const Step &step : proposals(kernel, "reorder"))
    if (step.parameters.contains("warps"))
      add({step}, "warps: more or fewer values a thread", false);
  return !moves.empty();
}

/// What actions without a rule propose.
bool Rules::others(KernelOp kernel) {
  static const StringRef known[] = {
      "fuse_producer", "fuse_consumer",   "tile",     "retile",
      "tensorize",     "stage",           "pipeline", "specialize",
      "reorder",       "split_reduction", "persist"};
  for (const ActionInfo *action : getActions()) {
    if (llvm::is_contained(known, action->name) || !action->propose ||
        wasDecided(kernel.getSymName(), action->name))
      continue;
    for (const Step &step : proposeSteps(kernel, *action, target))
      add({step}, action->name.str() + ": as the action proposes", false);
  }
  return !moves.empty();
}

/// What they propose for untiled kernels, which there are none of later.
bool Rules::othersBeforeTiles(KernelOp kernel) {
  return !kernel.isTiled() && others(kernel);
}

std::vector<Move> Rules::run() {
  using Rule = bool (Rules::*)(KernelOp);
  // All kernels go through a phase before any enters the next: fusing needs
  // untiled kernels on both sides.
  if (fuse())
    return std::move(moves);
  const Rule phases[][6] = {{&Rules::split, &Rules::othersBeforeTiles},
                            {&Rules::tile, &Rules::tensorize, &Rules::stage,
                             &Rules::order, &Rules::persist, &Rules::widths},
                            {&Rules::others}};
  for (const auto &phase : phases)
    for (KernelOp kernel : program.getOps<KernelOp>())
      for (Rule rule : phase)
        if (rule && (this->*rule)(kernel))
          return std::move(moves);
  return {};
}

class RulePlanner : public Planner {
public:
  StringRef getName() const override { return "rules"; }
  std::vector<Move> propose(const PlanState &state) override {
    return Rules(state).run();
  }
};

} // namespace

std::unique_ptr<Planner> qimeng::createRulePlanner() {
  return std::make_unique<RulePlanner>();
}
