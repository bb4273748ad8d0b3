//===- RecipeTest.cpp - Recipes, steps and proposals ----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Dialect/QiMeng/TransformOps/Recipe.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "qimeng/Support/Architecture.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace qimeng;

namespace {

constexpr StringLiteral program = R"(
func.func @main(%a: memref<1024x512xbf16>, %b: memref<512x768xbf16>,
                %o: memref<1024x768xbf16>, %s: memref<1024x768xf32>) {
  %t = memref.alloc() : memref<1024x768xf32>
  qimeng.launch @matmul(%a, %b, %t) : memref<1024x512xbf16>, memref<512x768xbf16>, memref<1024x768xf32>
  qimeng.launch @narrow(%t, %o) : memref<1024x768xf32>, memref<1024x768xbf16>
  qimeng.launch @softmax(%o, %s) : memref<1024x768xbf16>, memref<1024x768xf32>
  return
}
qimeng.kernel @matmul(%A: memref<1024x512xbf16>, %B: memref<512x768xbf16>, %C: memref<1024x768xf32>) {
  %a = qimeng.load %A : memref<1024x512xbf16> -> tensor<1024x512xbf16>
  %b = qimeng.load %B : memref<512x768xbf16> -> tensor<512x768xbf16>
  %zero = arith.constant dense<0.0> : tensor<1024x768xf32>
  %d = qimeng.dot %a, %b, %zero : tensor<1024x512xbf16>, tensor<512x768xbf16> -> tensor<1024x768xf32>
  qimeng.store %d, %C : tensor<1024x768xf32>, memref<1024x768xf32>
}
qimeng.kernel @narrow(%X: memref<1024x768xf32>, %Y: memref<1024x768xbf16>) {
  %x = qimeng.load %X : memref<1024x768xf32> -> tensor<1024x768xf32>
  %n = arith.truncf %x : tensor<1024x768xf32> to tensor<1024x768xbf16>
  qimeng.store %n, %Y : tensor<1024x768xbf16>, memref<1024x768xbf16>
}
qimeng.kernel @softmax(%X: memref<1024x768xbf16>, %Y: memref<1024x768xf32>) {
  %n = qimeng.load %X : memref<1024x768xbf16> -> tensor<1024x768xbf16>
  %x = arith.extf %n : tensor<1024x768xbf16> to tensor<1024x768xf32>
  %m = qimeng.reduce max %x axes [1] : tensor<1024x768xf32>
  %mb = qimeng.broadcast %m axes [1] : tensor<1024xf32> -> tensor<1024x768xf32>
  %d = arith.subf %x, %mb : tensor<1024x768xf32>
  %e = math.exp %d : tensor<1024x768xf32>
  %s = qimeng.reduce add %e axes [1] : tensor<1024x768xf32>
  %sb = qimeng.broadcast %s axes [1] : tensor<1024xf32> -> tensor<1024x768xf32>
  %r = arith.divf %e, %sb : tensor<1024x768xf32>
  qimeng.store %r, %Y : tensor<1024x768xf32>, memref<1024x768xf32>
}
)";

class RecipeTest : public ::testing::Test {
protected:
  RecipeTest() {
    DialectRegistry registry;
    registry.insert<QiMengDialect, func::FuncDialect, memref::MemRefDialect>();
    registerTransformExtension(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
    payload = parseSourceString<ModuleOp>(program, &context);
  }

  Step step(StringRef action, StringRef kernel,
            ArrayRef<std::pair<StringRef, StringRef>> values) {
    std::string why;
    FailureOr<Step> made = makeStep(&context, action, kernel, values, why);
    EXPECT_TRUE(succeeded(made)) << why;
    return *made;
  }
  void append(Recipe &recipe, const Step &step) {
    std::string why;
    EXPECT_TRUE(succeeded(recipe.append(step, why))) << why;
  }
  static std::string print(ModuleOp module) {
    std::string text;
    llvm::raw_string_ostream os(text);
    module.print(os);
    return text;
  }
  KernelOp kernel(ModuleOp module, StringRef name) {
    return module.lookupSymbol<KernelOp>(name);
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> payload;
  const Architecture *target = *findArchitecture("sm_90a");
};

TEST_F(RecipeTest, TextIsCanonicalAndReadsBack) {
  Recipe recipe(&context);
  append(recipe, step("fuse_consumer", "matmul", {{"consumer", "narrow"}}));
  append(recipe,
         step("tile", "@matmul",
              {{"reduce", "64"}, {"sizes", "128,256"}, {"warps", "4"}}));
  std::string text = recipe.str();
  // Defaults are left out; the order is the declaration's.
  EXPECT_NE(text.find("transform.qimeng.tile @matmul sizes = [128, 256] "
                      "reduce = [64] in"),
            std::string::npos)
      << text;
  FailureOr<Recipe> read = Recipe::parse(text, &context);
  ASSERT_TRUE(succeeded(read));
  EXPECT_EQ(read->str(), text);
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ(read->getSteps()[1].str(),
            "tile @matmul sizes = [128, 256] reduce = [64]");
}

TEST_F(RecipeTest, ReplayLeavesThePayloadAloneAndRepeats) {
  Recipe recipe(&context);
  append(recipe, step("fuse_consumer", "matmul", {{"consumer", "narrow"}}));
  append(recipe,
         step("tile", "matmul", {{"sizes", "128,128"}, {"reduce", "32"}}));
  std::string before = print(*payload);
  auto first = recipe.replay(*payload, target);
  auto second = recipe.replay(*payload, target);
  ASSERT_TRUE(succeeded(first) && succeeded(second));
  EXPECT_EQ(print(**first), print(**second));
  EXPECT_EQ(print(*payload), before);

  // Step by step it comes to the same.
  OwningOpRef<ModuleOp> stepped = payload->clone();
  for (const Step &each : recipe.getSteps())
    ASSERT_TRUE(succeeded(applyStep(*stepped, each, target)));
  EXPECT_EQ(print(*stepped), print(**first));
}

TEST_F(RecipeTest, RetileEditsTheTileStep) {
  Recipe recipe(&context);
  std::string why;
  Step retile = step("retile", "matmul", {{"sizes", "64,64"}, {"warps", "8"}});
  EXPECT_TRUE(failed(recipe.append(retile, why)));
  EXPECT_NE(why.find("no tile step for @matmul"), std::string::npos) << why;
  append(recipe,
         step("tile", "matmul", {{"sizes", "128,128"}, {"reduce", "32"}}));
  append(recipe, step("tile", "narrow", {{"sizes", "1,1024"}}));
  append(recipe, retile);
  ASSERT_EQ(recipe.size(), 2u);
  EXPECT_EQ(recipe.getSteps()[0].str(),
            "tile @matmul sizes = [64, 64] reduce = [32] warps = 8");
  Recipe copy = recipe;
  copy.removeLast();
  EXPECT_EQ(copy.size(), 1u);
  EXPECT_EQ(recipe.size(), 2u);
}

TEST_F(RecipeTest, ParseCarriesOutRetile) {
  FailureOr<Recipe> recipe = Recipe::parse(R"(
    module attributes {transform.with_named_sequence} {
      transform.named_sequence @__transform_main(%root: !transform.any_op) {
        transform.qimeng.tile @matmul sizes = [128, 128] loops = [1] in %root : !transform.any_op
        transform.qimeng.retile @matmul loops = [-1] in %root : !transform.any_op
        transform.qimeng.tile @narrow sizes = [1, 64] in %root : !transform.any_op
        transform.yield
      }
    })",
                                           &context);
  ASSERT_TRUE(succeeded(recipe));
  ASSERT_EQ(recipe->size(), 2u);
  EXPECT_EQ(recipe->getSteps()[0].str(), "tile @matmul sizes = [128, 128]");
  EXPECT_EQ(recipe->getSteps()[1].str(), "tile @narrow sizes = [1, 64]");
}

TEST_F(RecipeTest, WrongStepsAreExplained) {
  std::string why;
  EXPECT_TRUE(failed(makeStep(&context, "tiel", "matmul", {}, why)));
  EXPECT_NE(why.find("the actions are: cluster"), std::string::npos) << why;
  EXPECT_TRUE(
      failed(makeStep(&context, "tile", "matmul", {{"size", "1"}}, why)));
  EXPECT_NE(why.find("its parameters are: sizes, reduce"), std::string::npos);
  EXPECT_TRUE(failed(makeStep(&context, "fuse_producer", "matmul", {}, why)));
  EXPECT_EQ(why, "fuse_producer needs 'producer'");
  Step other = step("tile", "conv", {{"sizes", "64,64"}});
  EXPECT_TRUE(failed(checkStep(*payload, other, target, why)));
  EXPECT_EQ(why, "the program has no kernel @conv; its kernels are @matmul, "
                 "@narrow, @softmax");
}

/// Every proposal of every action applies, leaves a legal program and makes
/// what is asked for hold, which did not before; on the untiled kernels and on
/// what the first proposal of tile makes of them.
TEST_F(RecipeTest, ProposalsApply) {
  auto applyAll = [&](ModuleOp module) {
    std::map<std::string, unsigned> count;
    for (const ActionInfo *action : getActions())
      for (KernelOp each : module.getOps<KernelOp>())
        for (const Step &proposal : proposeSteps(each, *action, *target)) {
          ++count[proposal.action];
          if (action->edit)
            continue;
          OwningOpRef<ModuleOp> copy = module.clone();
          EXPECT_TRUE(succeeded(applyStep(*copy, proposal, target)))
              << proposal.str();
          EXPECT_TRUE(succeeded(verify(*copy))) << proposal.str();
          std::string why;
          EXPECT_TRUE(
              succeeded(action->holds(each, kernel(*copy, each.getSymName()),
                                      proposal.parameters, why)))
              << proposal.str() << ": " << why;
          EXPECT_TRUE(
              failed(action->holds(each, each, proposal.parameters, why)))
              << proposal.str();
        }
    return count;
  };
  auto untiled = applyAll(*payload);
  EXPECT_GT(untiled["tile"], 20u);
  EXPECT_GT(untiled["fuse_producer"], 1u);
  EXPECT_EQ(untiled["fuse_consumer"], 2u);
  EXPECT_EQ(untiled["retile"], 0u);

  OwningOpRef<ModuleOp> tiled = payload->clone();
  for (KernelOp each : payload->getOps<KernelOp>()) {
    SmallVector<Step> steps = proposeSteps(each, *findAction("tile"), *target);
    ASSERT_FALSE(steps.empty());
    ASSERT_TRUE(succeeded(applyStep(*tiled, steps.front(), target)));
  }
  auto again = applyAll(*tiled);
  EXPECT_EQ(again["tile"], 0u);
  EXPECT_GT(again["retile"], 5u);
}

/// A text is a parameter like others: lines in a recipe, a hash for people, and
/// the whole of it wherever steps are told apart.
TEST_F(RecipeTest, TextsAreParameters) {
  std::string text = "qimeng.kernel @narrow(\"\\\t\xc3\xa9\") {\n\n  // x\n}";
  Step one = step("rewrite", "narrow", {{"text", text}}),
       other = step("rewrite", "narrow", {{"text", text + " "}}),
       third = step("rewrite", "narrow", {{"text", text + ";"}});
  EXPECT_EQ(one.parameters,
            other.parameters); // what is around a text is not it
  EXPECT_NE(one.parameters, third.parameters);
  EXPECT_NE(one.str(), third.str());
  EXPECT_TRUE(
      StringRef(one.str()).starts_with("rewrite @narrow text = <4 lines, "))
      << one.str();
  EXPECT_LT(one.str().size(), 60u);
  Recipe recipe(&context);
  append(recipe, one);
  std::string written = recipe.str();
  EXPECT_NE(written.find("\n      \"  // x\",\n      \"}\"\n    ] in %"),
            std::string::npos)
      << written;
  FailureOr<Recipe> read = Recipe::parse(written, &context);
  ASSERT_TRUE(succeeded(read));
  EXPECT_EQ(read->getSteps()[0].parameters, one.parameters);
  EXPECT_EQ(read->str(), written);
  std::string why;
  EXPECT_TRUE(failed(makeStep(&context, "rewrite", "narrow", {}, why)));
  EXPECT_EQ(why, "rewrite needs 'text'");
  for (KernelOp each : payload->getOps<KernelOp>())
    EXPECT_TRUE(proposeSteps(each, *findAction("rewrite"), *target).empty());
}

TEST_F(RecipeTest, ExpertsFirst) {
  auto first = [&](StringRef name) {
    SmallVector<Step> steps =
        proposeSteps(kernel(*payload, name), *findAction("tile"), *target);
    return steps.empty() ? std::string() : steps.front().str();
  };
  EXPECT_EQ(first("matmul"),
            "tile @matmul sizes = [128, 256] reduce = [64] warps = 8");
  EXPECT_EQ(first("softmax"), "tile @softmax sizes = [1, 0] warps = 2");
  EXPECT_EQ(first("narrow"), "tile @narrow sizes = [8, 256] warps = 8");
  SmallVector<Step> steps =
      proposeSteps(kernel(*payload, "matmul"), *findAction("tile"), *target);
  EXPECT_EQ(steps.back().str(),
            "tile @matmul sizes = [16, 16] reduce = [16] warps = 1");
}

/// A product with few rows waits for memory, so that steps are long.
TEST_F(RecipeTest, FewRowsTakeLongSteps) {
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(
      R"(
    qimeng.kernel @k(%x: memref<16x4096xbf16>, %y: memref<4096x512xbf16>, %o: memref<16x512xf32>) {
      %a = qimeng.load %x : memref<16x4096xbf16> -> tensor<16x4096xbf16>
      %b = qimeng.load %y : memref<4096x512xbf16> -> tensor<4096x512xbf16>
      %z = arith.constant dense<0.0> : tensor<16x512xf32>
      %d = qimeng.dot %a, %b, %z : tensor<16x4096xbf16>, tensor<4096x512xbf16> -> tensor<16x512xf32>
      qimeng.store %d, %o : tensor<16x512xf32>, memref<16x512xf32>
    })",
      &context);
  ASSERT_TRUE(module);
  std::vector<std::string> steps;
  for (const Step &step :
       proposeSteps(kernel(*module, "k"), *findAction("tile"), *target))
    steps.push_back(step.str());
  EXPECT_TRUE(llvm::is_contained(
      steps, "tile @k sizes = [16, 128] reduce = [128] warps = 8"));
  EXPECT_TRUE(
      llvm::is_contained(steps, "tile @k sizes = [16, 64] reduce = [256]"));
}

/// What a product makes may be reduced by the same kernel to less than a tile:
/// then the reductions' axes are cut as well.
TEST_F(RecipeTest, ReducedProductsHaveTiles) {
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(
      R"(
    qimeng.kernel @all(%x: memref<131x128xbf16>, %y: memref<128x997xbf16>, %o: memref<f32>) {
      %a = qimeng.load %x : memref<131x128xbf16> -> tensor<131x128xbf16>
      %b = qimeng.load %y : memref<128x997xbf16> -> tensor<128x997xbf16>
      %z = arith.constant dense<0.0> : tensor<131x997xf32>
      %d = qimeng.dot %a, %b, %z : tensor<131x128xbf16>, tensor<128x997xbf16> -> tensor<131x997xf32>
      %s = qimeng.reduce add %d axes [0, 1] : tensor<131x997xf32>
      qimeng.store %s, %o : tensor<f32>, memref<f32>
    }
    qimeng.kernel @some(%x: memref<5x48x3xf32>, %y: memref<5x3x257xf32>, %o: memref<48xf32>) {
      %a = qimeng.load %x : memref<5x48x3xf32> -> tensor<5x48x3xf32>
      %b = qimeng.load %y : memref<5x3x257xf32> -> tensor<5x3x257xf32>
      %z = arith.constant dense<0.0> : tensor<5x48x257xf32>
      %d = qimeng.dot %a, %b, %z : tensor<5x48x3xf32>, tensor<5x3x257xf32> -> tensor<5x48x257xf32>
      %s = qimeng.reduce min %d axes [0, 2] : tensor<5x48x257xf32>
      qimeng.store %s, %o : tensor<48xf32>, memref<48xf32>
    })",
      &context);
  ASSERT_TRUE(module);
  for (StringRef name : {"all", "some"}) {
    SmallVector<Step> steps =
        proposeSteps(kernel(*module, name), *findAction("tile"), *target);
    bool fits = false;
    for (const Step &step : steps) {
      std::string why;
      fits |= succeeded(checkStep(*module, step, target, why));
    }
    EXPECT_TRUE(fits) << name.str();
  }
}

// A scalar has no dimension to put programs along.
TEST_F(RecipeTest, ProductsWithoutGridDimensions) {
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(
      R"(
    qimeng.kernel @k(%x: memref<4x8xf32>, %y: memref<8x4xf32>, %o: memref<f32>) grid() {
      %a = qimeng.load %x : memref<4x8xf32> -> tensor<4x8xf32>
      %b = qimeng.load %y : memref<8x4xf32> -> tensor<8x4xf32>
      %z = arith.constant dense<0.0> : tensor<4x4xf32>
      %d = qimeng.dot %a, %b, %z : tensor<4x8xf32>, tensor<8x4xf32> -> tensor<4x4xf32>
      %s = qimeng.reduce add %d axes [0, 1] : tensor<4x4xf32>
      qimeng.store %s, %o : tensor<f32>, memref<f32>
    })",
      &context);
  ASSERT_TRUE(module);
  for (const ActionInfo *action : getActions())
    for (const Step &step :
         proposeSteps(kernel(*module, "k"), *action, *target))
      EXPECT_EQ(step.str().find("raster"), std::string::npos) << step.str();
}

} // namespace
