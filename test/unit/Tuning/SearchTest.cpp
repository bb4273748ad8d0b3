//===- SearchTest.cpp - Searches against the cost model -------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Tuning/Search.h"
#include "mlir/Parser/Parser.h"
#include "qimeng/Pipelines/Registration.h"
#include "qimeng/Tuning/CostModel.h"
#include "gtest/gtest.h"
#include <map>

using namespace mlir;
using namespace qimeng;

namespace {

const char *const two = R"(
qimeng.kernel @first(%a: memref<2048x1024xbf16>, %b: memref<1024x4096xbf16>, %c: memref<2048x4096xbf16>) {
  %x = qimeng.load %a : memref<2048x1024xbf16> -> tensor<2048x1024xbf16>
  %y = qimeng.load %b : memref<1024x4096xbf16> -> tensor<1024x4096xbf16>
  %z = arith.constant dense<0.0> : tensor<2048x4096xf32>
  %d = qimeng.dot %x, %y, %z : tensor<2048x1024xbf16>, tensor<1024x4096xbf16> -> tensor<2048x4096xf32>
  %n = arith.truncf %d : tensor<2048x4096xf32> to tensor<2048x4096xbf16>
  qimeng.store %n, %c : tensor<2048x4096xbf16>, memref<2048x4096xbf16>
}
qimeng.kernel @second(%a: memref<2048x4096xbf16>, %b: memref<4096x2048xbf16>, %c: memref<2048x2048xf32>) {
  %x = qimeng.load %a : memref<2048x4096xbf16> -> tensor<2048x4096xbf16>
  %y = qimeng.load %b : memref<4096x2048xbf16> -> tensor<4096x2048xbf16>
  %z = arith.constant dense<0.0> : tensor<2048x2048xf32>
  %d = qimeng.dot %x, %y, %z : tensor<2048x4096xbf16>, tensor<4096x2048xbf16> -> tensor<2048x2048xf32>
  qimeng.store %d, %c : tensor<2048x2048xf32>, memref<2048x2048xf32>
}
func.func @main(%a: memref<2048x1024xbf16>, %b: memref<1024x4096xbf16>, %d: memref<4096x2048xbf16>, %e: memref<2048x2048xf32>) {
  %c = memref.alloc() : memref<2048x4096xbf16>
  qimeng.launch @first(%a, %b, %c) : memref<2048x1024xbf16>, memref<1024x4096xbf16>, memref<2048x4096xbf16>
  qimeng.launch @second(%c, %d, %e) : memref<2048x4096xbf16>, memref<4096x2048xbf16>, memref<2048x2048xf32>
  return
})";

/// Believes the cost model.
class Runner : public TrialRunner {
public:
  Runner(ModuleOp payload, const Architecture &target, size_t budget)
      : payload(payload), target(target), budget(budget) {}

  std::vector<std::optional<TrialOutcome>>
  run(const std::vector<Candidate> &candidates) override {
    std::vector<std::optional<TrialOutcome>> outcomes;
    for (const Candidate &candidate : candidates) {
      outcomes.emplace_back();
      OwningOpRef<ModuleOp> program =
          materialize(payload, candidate.recipe, target);
      if (!program) {
        ADD_FAILURE() << candidate.action;
        continue;
      }
      auto recipe = completeRecipe(candidate.recipe, *program, target);
      if (failed(recipe)) {
        ADD_FAILURE() << candidate.action;
        continue;
      }
      auto [at, isNew] = known.try_emplace(recipe->str(), log.size());
      if (isNew && exhausted())
        continue;
      if (isNew) {
        ProgramCost cost = estimateProgram(*program, target);
        EXPECT_TRUE(cost.misfit.empty()) << candidate.action << cost.misfit;
        log.push_back(recipe->str());
        times.push_back(cost.microseconds);
      }
      TrialOutcome outcome;
      outcome.trial = at->second;
      outcome.verified = true;
      outcome.microseconds = times[at->second];
      outcomes.back() = outcome;
    }
    return outcomes;
  }
  void decide(size_t, bool, const std::string &) override {}
  bool exhausted() const override { return log.size() >= budget; }
  unsigned width() const override { return 2; }
  double best() const { return *std::min_element(times.begin(), times.end()); }

  std::vector<std::string> log;
  std::vector<double> times;

private:
  ModuleOp payload;
  const Architecture &target;
  size_t budget;
  std::map<std::string, size_t> known;
};

class SearchTest : public testing::Test {
protected:
  SearchTest() {
    DialectRegistry registry;
    registerDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
    payload = parseSourceString<ModuleOp>(two, &context);
  }
  Runner search(const std::string &how, size_t budget, uint64_t seed,
                std::optional<Recipe> known = std::nullopt) {
    Runner runner(*payload, target, budget);
    std::unique_ptr<Planner> planner = createRulePlanner();
    std::unique_ptr<Coder> coder = createBuiltinCoder();
    SearchInput input{*payload, target, *planner, *coder, runner, seed, known};
    if (how == "beam")
      EXPECT_TRUE(succeeded(searchBeam(input)));
    else if (how == "rules")
      EXPECT_TRUE(succeeded(searchGreedily(input)));
    else
      EXPECT_TRUE(succeeded(searchEvolutionarily(input)));
    return runner;
  }
  const Architecture &target = **findArchitecture("sm_90a");
  MLIRContext context;
  OwningOpRef<ModuleOp> payload;
};

TEST_F(SearchTest, RulesEndNearTheFloor) {
  Runner runner = search("rules", 64, 0);
  EXPECT_LT(runner.log.size(), 40u);
  EXPECT_LT(20 * runner.best(), runner.times.front());
  double floor = estimateProgram(*payload, target).floorMicroseconds;
  EXPECT_LT(runner.best(), 1.6 * floor);
}

TEST_F(SearchTest, EvolutionIsNoWorseThanRulesAndUsesTheBudget) {
  Runner rules = search("rules", 64, 0), evolution = search("evolution", 64, 3);
  EXPECT_LE(evolution.best(), rules.best());
  EXPECT_EQ(evolution.log.size(), 64u);
  Runner beam = search("beam", 64, 0);
  EXPECT_LT(20 * beam.best(), beam.times.front());
}

/// Tiles, then changes the tiles; notes the times that it is told.
class RetilingPlanner : public Planner {
public:
  explicit RetilingPlanner(MLIRContext *context) : context(context) {}
  StringRef getName() const override { return "retiling"; }
  std::vector<Move> propose(const PlanState &state) override {
    told[state.recipe.str()] = state.microseconds;
    using Values = std::vector<std::pair<StringRef, StringRef>>;
    const std::pair<const char *, Values> steps[] = {
        {"tile", {{"sizes", "64,64"}, {"reduce", "32"}, {"warps", "4"}}},
        {"retile", {{"sizes", "128,128"}, {"warps", "8"}}}};
    std::string why;
    for (auto &[action, values] : steps) {
      Move move{{*makeStep(context, action, "second", values, why)}, "", true};
      bool tried = llvm::any_of(state.history, [&](const MoveOutcome &past) {
        return past.move.str() == move.str();
      });
      if (!tried)
        return {move};
    }
    return {};
  }
  /// By recipe.
  std::map<std::string, double> told;

private:
  MLIRContext *context;
};

TEST_F(SearchTest, ThePlannerIsToldTheTimeOfTheProgramAsItIs) {
  for (bool beam : {false, true}) {
    Runner runner(*payload, target, 8);
    RetilingPlanner planner(&context);
    std::unique_ptr<Coder> coder = createBuiltinCoder();
    SearchInput input{*payload, target, planner, *coder, runner, 0, {}};
    if (beam)
      EXPECT_TRUE(succeeded(searchBeam(input)));
    else
      EXPECT_TRUE(succeeded(searchGreedily(input)));
    // As it came, tiled, and with other tiles.
    EXPECT_EQ(planner.told.size(), 3u);
    for (auto &[text, microseconds] : planner.told) {
      auto recipe = Recipe::parse(text, &context);
      ASSERT_TRUE(succeeded(recipe));
      OwningOpRef<ModuleOp> program = materialize(*payload, *recipe, target);
      ASSERT_TRUE(program);
      auto whole = completeRecipe(*recipe, *program, target);
      ASSERT_TRUE(succeeded(whole));
      EXPECT_EQ(microseconds, estimateProgram(*program, target).microseconds)
          << text;
    }
  }
}

TEST_F(SearchTest, OneSeedOneSearch) {
  Runner a = search("evolution", 40, 5), b = search("evolution", 40, 5),
         c = search("evolution", 40, 6);
  EXPECT_EQ(a.log, b.log);
  EXPECT_NE(a.log, c.log);
  // A larger budget begins with the same trials.
  Runner longer = search("evolution", 48, 5);
  longer.log.resize(40);
  EXPECT_EQ(a.log, longer.log);
}

TEST_F(SearchTest, KnownRecipesAreTriedFirst) {
  Runner rules = search("rules", 64, 0);
  size_t best = std::min_element(rules.times.begin(), rules.times.end()) -
                rules.times.begin();
  auto recipe = Recipe::parse(rules.log[best], &context);
  ASSERT_TRUE(succeeded(recipe));
  Runner again = search("evolution", 2, 0, *recipe);
  ASSERT_EQ(again.log.size(), 2u);
  EXPECT_EQ(again.log[1], rules.log[best]);
}

TEST_F(SearchTest, MutantsAndCrossingsAreLegal) {
  Runner rules = search("rules", 64, 0);
  auto recipe = Recipe::parse(rules.log.back(), &context);
  ASSERT_TRUE(succeeded(recipe));
  Mutator mutator(*payload, target, 11);
  Recipe current = *recipe;
  int made = 0;
  for (int i = 0; i < 60; ++i) {
    std::string change;
    std::optional<Recipe> mutant = i % 5 == 4
                                       ? mutator.cross(current, *recipe, change)
                                       : mutator.mutate(current, change);
    if (!mutant)
      continue;
    ++made;
    EXPECT_FALSE(change.empty());
    auto program = mutant->replay(*payload, &target);
    ASSERT_TRUE(succeeded(program)) << mutant->str();
    EXPECT_EQ(estimateProgram(**program, target).misfit, "");
    current = *mutant;
  }
  EXPECT_GT(made, 30);
}

struct StepText {
  const char *action, *kernel;
  std::vector<std::pair<StringRef, StringRef>> values;
};

/// What `tries` mutants of the recipe change, a line for each.
static std::string mutantsOf(ModuleOp payload, const Architecture &target,
                             ArrayRef<StepText> steps, int tries) {
  Recipe recipe(payload.getContext());
  std::string why;
  for (const StepText &text : steps) {
    auto step = makeStep(payload.getContext(), text.action, text.kernel,
                         text.values, why);
    EXPECT_TRUE(succeeded(step) && succeeded(recipe.append(*step, why))) << why;
  }
  EXPECT_TRUE(succeeded(recipe.replay(payload, &target)));
  std::string changes;
  Mutator mutator(payload, target, 7);
  for (int i = 0; i < tries; ++i) {
    std::string change;
    if (mutator.mutate(recipe, change))
      changes += change + "\n";
  }
  return changes;
}

static bool has(const std::string &text, const char *part) {
  return text.find(part) != std::string::npos;
}

// Layouts, widths of accesses and orders of loops are drawn, and varied where a
// recipe has them.
TEST_F(SearchTest, MutationsChangeOrders) {
  const Architecture &ampere = **findArchitecture("sm_80");
  const StepText tile = {
      "tile",
      "first",
      {{"sizes", "128,128"}, {"reduce", "64"}, {"warps", "8"}}};
  std::string changes = mutantsOf(
      *payload, ampere,
      {tile,
       {"tensorize", "first", {}},
       {"pipeline", "first", {}},
       {"reorder", "first", {{"swizzle", "128,64"}, {"raster", "4"}}}},
      200);
  for (const char *part :
       {"swizzle = [32, 64]", "swizzle = [64, 64]", "swizzle = [128, 128]",
        "raster = 8", "reorder @first pad = [16]",
        "reorder @first swizzle = [64]"})
    EXPECT_TRUE(has(changes, part)) << part << "\n" << changes;

  OwningOpRef<ModuleOp> sums = parseSourceString<ModuleOp>(R"(
    qimeng.kernel @sum(%x: memref<256x4096xf32>, %y: memref<1xf32>) {
      %0 = qimeng.load %x : memref<256x4096xf32> -> tensor<256x4096xf32>
      %1 = qimeng.reduce add %0 axes [0, 1] : tensor<256x4096xf32>
      %2 = qimeng.broadcast %1 axes [0] : tensor<f32> -> tensor<1xf32>
      qimeng.store %2, %y : tensor<1xf32>, memref<1xf32>
    })",
                                                           &context);
  ASSERT_TRUE(sums);
  changes = mutantsOf(*sums, ampere,
                      {{"tile", "sum", {{"sizes", "1"}, {"reduce", "32,128"}}},
                       {"reorder", "sum", {{"vector", "8"}}}},
                      100);
  for (const char *part :
       {"reorder @sum vector = 4", "reorder @sum loops = [1, 0]"})
    EXPECT_TRUE(has(changes, part)) << part << "\n" << changes;
}

// One more step may be of any action that goes on from tiles, an action that
// proposes nothing by itself included.
TEST_F(SearchTest, MutationsAddStepsOfAllActions) {
  auto tile = [](const char *kernel) {
    return StepText{"tile",
                    kernel,
                    {{"sizes", "128,128"}, {"reduce", "64"}, {"warps", "8"}}};
  };
  std::string changes = mutantsOf(*payload, target,
                                  {tile("first"),
                                   {"tensorize", "first", {{"kind", "wgmma"}}},
                                   {"specialize", "first", {}},
                                   tile("second")},
                                  200);
  for (const char *part :
       {"cluster @first", "persist @first", "reorder @first", "stage @second",
        "pipeline @second", "tensorize @second"})
    EXPECT_TRUE(has(changes, part)) << part << "\n" << changes;
  for (const char *part : {"fuse_", "split_reduction", "rewrite"})
    EXPECT_FALSE(has(changes, part)) << part << "\n" << changes;
}

} // namespace
