//===- SavedRulesTest.cpp - Rewrites that are kept ------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Planner/SavedRules.h"
#include "mlir/Parser/Parser.h"
#include "qimeng/Pipelines/Registration.h"
#include "qimeng/Support/File.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace qimeng;

namespace {

class SavedRulesTest : public testing::Test {
protected:
  SavedRulesTest() {
    DialectRegistry registry;
    registerDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
  }

  /// A kernel that loads %x, computes `body`, and stores %r.
  static std::string text(const std::string &body,
                          const std::string &tile = "tensor<64xf32>",
                          const std::string &memory = "memref<64xf32>",
                          const std::string &name = "k") {
    std::string kernel = "qimeng.kernel @" + name +
                         "(%X: MEM, %Y: MEM) {\n"
                         "%x = qimeng.load %X : MEM -> TILE\n" +
                         body + "qimeng.store %r, %Y : TILE, MEM\n}\n";
    auto replace = [&](const std::string &from, const std::string &to) {
      for (size_t at; (at = kernel.find(from)) != std::string::npos;)
        kernel.replace(at, from.size(), to);
    };
    replace("MEM", memory);
    replace("TILE", tile);
    return kernel;
  }
  KernelOp parse(const std::string &text) {
    modules.push_back(parseSourceString<ModuleOp>(text, &context));
    EXPECT_TRUE(modules.back());
    return *modules.back()->getOps<KernelOp>().begin();
  }
  SavedRule learn(const std::string &before, const std::string &after) {
    Result<SavedRule> rule =
        SavedRule::learn("rule", "a test", parse(before), parse(after));
    EXPECT_TRUE(bool(rule)) << (rule ? "" : rule.error());
    return *rule;
  }

  MLIRContext context;
  std::vector<OwningOpRef<ModuleOp>> modules;

  const std::string twice = "%c = arith.constant dense<2.0> : TILE\n"
                            "%r = arith.mulf %x, %c : TILE\n",
                    sum = "%r = arith.addf %x, %x : TILE\n";
};

TEST_F(SavedRulesTest, PatternFitsOtherTilesAndTypes) {
  SavedRule rule = learn(text(twice), text(sum));
  EXPECT_TRUE(rule.isGeneral());
  for (auto [tile, memory] : {std::pair{"tensor<64xf32>", "memref<64xf32>"},
                              {"tensor<8x32xf16>", "memref<8x32xf16>"}}) {
    auto result = rule.apply(parse(text(twice, tile, memory, "other")));
    ASSERT_TRUE(result);
    EXPECT_NE(result->find("@other"), std::string::npos);
    EXPECT_NE(result->find("arith.addf %0, %0"), std::string::npos) << *result;
    EXPECT_EQ(result->find("mulf"), std::string::npos);
  }
}

TEST_F(SavedRulesTest, PatternLooksAtConstants) {
  SavedRule rule = learn(text(twice), text(sum));
  EXPECT_FALSE(rule.apply(parse(text("%c = arith.constant dense<3.0> : TILE\n"
                                     "%r = arith.mulf %x, %c : TILE\n"))));
}

TEST_F(SavedRulesTest, ConstantsAreMadeForTheType) {
  SavedRule rule = learn(text("%c = arith.constant dense<2.0> : TILE\n"
                              "%r = arith.divf %x, %c : TILE\n"),
                         text("%c = arith.constant dense<0.5> : TILE\n"
                              "%r = arith.mulf %x, %c : TILE\n"));
  EXPECT_TRUE(rule.isGeneral());
  auto result = rule.apply(parse(text("%c = arith.constant dense<2.0> : TILE\n"
                                      "%r = arith.divf %x, %c : TILE\n",
                                      "tensor<4x4xbf16>", "memref<4x4xbf16>")));
  ASSERT_TRUE(result);
  EXPECT_NE(result->find("dense<5.000000e-01> : tensor<4x4xbf16>"),
            std::string::npos)
      << *result;
}

TEST_F(SavedRulesTest, PatternIsFoundInALargerKernel) {
  std::string tail = "%r = math.exp %s : TILE\n";
  SavedRule rule = learn(text("%c = arith.constant dense<2.0> : TILE\n"
                              "%s = arith.mulf %x, %c : TILE\n" +
                              tail),
                         text("%s = arith.addf %x, %x : TILE\n" + tail));
  auto result = rule.apply(parse(text("%n = arith.negf %x : TILE\n"
                                      "%c = arith.constant dense<2.0> : TILE\n"
                                      "%r = arith.mulf %n, %c : TILE\n")));
  ASSERT_TRUE(result);
  EXPECT_NE(result->find("arith.addf %1, %1"), std::string::npos) << *result;
}

TEST_F(SavedRulesTest, OtherLoadsMakeARuleForThatKernelOnly) {
  std::string before = text(sum);
  std::string again = R"(
qimeng.kernel @k(%X: memref<64xf32>, %Y: memref<64xf32>) grid(2) {
  %p = qimeng.program_id 0
  %o = affine.apply affine_map<(d0) -> (d0 * 32)>(%p)
  %x = qimeng.load %X[%o] : memref<64xf32> -> tensor<32xf32>
  %r = arith.addf %x, %x : tensor<32xf32>
  qimeng.store %r, %Y[%o] : tensor<32xf32>, memref<64xf32>
})";
  SavedRule rule = learn(before, again);
  EXPECT_FALSE(rule.isGeneral());
  auto result = rule.apply(
      parse(text(sum, "tensor<64xf32>", "memref<64xf32>", "renamed")));
  ASSERT_TRUE(result);
  EXPECT_NE(result->find("@renamed"), std::string::npos);
  EXPECT_FALSE(
      rule.apply(parse(text(sum, "tensor<32xf32>", "memref<32xf32>"))));
}

TEST_F(SavedRulesTest, RuleThatFitsItsOwnResultEnds) {
  // Learnt where it can be applied once, it would grow for ever as a pattern.
  SavedRule rule = learn(text("%r = math.absf %x : TILE\n"),
                         text("%a = math.absf %x : TILE\n"
                              "%r = math.absf %a : TILE\n"));
  EXPECT_FALSE(rule.isGeneral());
}

TEST_F(SavedRulesTest, NothingChangedIsNoRule) {
  Result<SavedRule> rule =
      SavedRule::learn("rule", "", parse(text(sum)), parse(text(sum)));
  ASSERT_FALSE(rule);
  EXPECT_NE(rule.error().find("changes nothing"), std::string::npos);
  EXPECT_FALSE(
      SavedRule::learn("../rule", "", parse(text(sum)), parse(text(twice))));
}

TEST_F(SavedRulesTest, FilesComeBack) {
  Result<TemporaryFolder> folder = TemporaryFolder::create("rules");
  ASSERT_TRUE(bool(folder));
  SavedRule rule = learn(text(twice), text(sum));
  ASSERT_TRUE(bool(saveRule(rule, folder->path() + "/r")));
  ASSERT_TRUE(bool(saveRule(rule, folder->path() + "/r")));
  Result<std::vector<SavedRule>> rules =
      loadRules(folder->path() + "/r", &context);
  ASSERT_TRUE(bool(rules)) << rules.error();
  ASSERT_EQ(rules->size(), 1u);
  EXPECT_EQ((*rules)[0].str(), rule.str());
  EXPECT_TRUE((*rules)[0].isGeneral());
  SavedRule other = learn(text(sum), text(twice));
  Status refused = saveRule(other, folder->path() + "/r");
  ASSERT_FALSE(bool(refused));
  EXPECT_NE(refused.error().find("another rule"), std::string::npos);

  ASSERT_TRUE(bool(writeFile(folder->path() + "/r/bad.mlir", "module {}")));
  rules = loadRules(folder->path() + "/r", &context);
  ASSERT_FALSE(bool(rules));
  EXPECT_NE(rules.error().find("bad.mlir"), std::string::npos);
  rules = loadRules(folder->path() + "/none", &context);
  EXPECT_TRUE(bool(rules));
}

TEST_F(SavedRulesTest, RecipesTeach) {
  KernelOp kernel = parse(text(twice));
  ModuleOp payload = kernel->getParentOfType<ModuleOp>();
  const Architecture &target = **findArchitecture("sm_90a");
  Recipe recipe(&context);
  std::string why;
  for (const std::string &body : {sum, twice}) {
    FailureOr<Step> step =
        makeStep(&context, "rewrite", "k", {{"text", text(body)}}, why);
    ASSERT_TRUE(succeeded(step)) << why;
    ASSERT_TRUE(succeeded(recipe.append(*step, why))) << why;
  }
  auto rules = learnRules("r", "a test", payload, recipe, target);
  ASSERT_TRUE(bool(rules)) << rules.error();
  ASSERT_EQ(rules->size(), 2u);
  EXPECT_EQ((*rules)[1].getName(), "r-2");
  EXPECT_TRUE((*rules)[0].apply(kernel));
  EXPECT_FALSE((*rules)[1].apply(kernel));
}

TEST_F(SavedRulesTest, PlannerProposesWhatFits) {
  std::vector<SavedRule> rules = {learn(text(twice), text(sum))};
  auto planner = createSavedRulesPlanner(createRulePlanner(), rules);
  KernelOp kernel = parse(text(twice));
  Recipe empty(&context);
  PlanState state{kernel->getParentOfType<ModuleOp>(),
                  empty,
                  {},
                  **findArchitecture("sm_90a")};
  std::vector<Move> moves = planner->propose(state);
  ASSERT_FALSE(moves.empty());
  EXPECT_EQ(moves[0].reason, "saved rule rule");
  EXPECT_EQ(moves[0].steps[0].action, "rewrite");
  MoveOutcome tried;
  tried.move = moves[0];
  state.history = tried;
  moves = planner->propose(state);
  EXPECT_TRUE(moves.empty() || moves[0].reason != "saved rule rule");
}

} // namespace
