//===- PlannerTest.cpp - What the rules decide ----------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Planner/Planner.h"
#include "mlir/Parser/Parser.h"
#include "qimeng/Partition/Partition.h"
#include "qimeng/Pipelines/Registration.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace qimeng;

namespace {

const char *const gemm = R"(
#all = affine_map<(d0, d1) -> (d0, d1)>
#column = affine_map<(d0, d1) -> (d1)>
func.func @gemm(%a: tensor<4096x4096xbf16>, %b: tensor<4096x4096xbf16>, %bias: tensor<4096xf32>) -> tensor<4096x4096xbf16> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4096x4096xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4096x4096xf32>) -> tensor<4096x4096xf32>
  %product = linalg.matmul ins(%a, %b : tensor<4096x4096xbf16>, tensor<4096x4096xbf16>)
                           outs(%init : tensor<4096x4096xf32>) -> tensor<4096x4096xf32>
  %out = tensor.empty() : tensor<4096x4096xbf16>
  %result = linalg.generic {indexing_maps = [#all, #column, #all], iterator_types = ["parallel", "parallel"]}
      ins(%product, %bias : tensor<4096x4096xf32>, tensor<4096xf32>) outs(%out : tensor<4096x4096xbf16>) {
  ^bb0(%x: f32, %y: f32, %o: bf16):
    %sum = arith.addf %x, %y : f32
    %narrow = arith.truncf %sum : f32 to bf16
    linalg.yield %narrow : bf16
  } -> tensor<4096x4096xbf16>
  return %result : tensor<4096x4096xbf16>
})";

const char *const softmax = R"(
func.func @softmax(%x: tensor<65536x1024xbf16>) -> tensor<65536x1024xbf16> {
  %empty = tensor.empty() : tensor<65536x1024xbf16>
  %y = linalg.softmax dimension(1) ins(%x : tensor<65536x1024xbf16>) outs(%empty : tensor<65536x1024xbf16>) -> tensor<65536x1024xbf16>
  return %y : tensor<65536x1024xbf16>
})";

const char *const sum = R"(
func.func @sum(%x: tensor<16777216xf32>) -> tensor<f32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<f32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<f32>) -> tensor<f32>
  %y = linalg.reduce { arith.addf } ins(%x : tensor<16777216xf32>) outs(%init : tensor<f32>) dimensions = [0]
  return %y : tensor<f32>
})";

class PlannerTest : public testing::Test {
protected:
  PlannerTest() {
    DialectRegistry registry;
    registerDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
  }

  void load(const char *text) {
    program = parseSourceString<ModuleOp>(text, &context);
    ASSERT_TRUE(program);
    ASSERT_TRUE(succeeded(partition(*program)));
  }

  /// Follows the first move at every state, taking those that are not enabling
  /// only with `optional`.
  std::vector<std::string> follow(const std::string &arch, bool optional) {
    const Architecture &target = **findArchitecture(arch);
    std::unique_ptr<Planner> planner = createRulePlanner();
    Recipe recipe(&context);
    std::vector<MoveOutcome> history;
    std::vector<std::string> taken;
    for (int depth = 0; depth < 40; ++depth) {
      auto now = recipe.replay(*program, &target);
      if (failed(now)) {
        ADD_FAILURE() << recipe.str();
        break;
      }
      std::vector<Move> moves =
          planner->propose({**now, recipe, history, target});
      if (moves.empty())
        break;
      const Move &move = moves.front();
      EXPECT_FALSE(move.reason.empty());
      bool take = move.enabling || optional;
      history.push_back({move, recipe.getSteps(), take, "", 0, 0});
      if (!take)
        continue;
      for (const Step &step : move.steps) {
        std::string why;
        EXPECT_TRUE(succeeded(recipe.append(step, why))) << why;
        taken.push_back(step.str());
      }
    }
    return taken;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> program;
};

TEST_F(PlannerTest, GemmOnHopper) {
  load(gemm);
  std::vector<std::string> plan = follow("sm_90a", true);
  ASSERT_GE(plan.size(), 6u);
  EXPECT_EQ(plan[0].find("fuse_consumer @matmul consumer = @"), 0u) << plan[0];
  EXPECT_EQ(plan[1], "tile @matmul sizes = [128, 256] reduce = [64] warps = 8");
  EXPECT_EQ(plan[2], "tensorize @matmul kind = wgmma");
  // Four stages are specialize's default.
  EXPECT_EQ(plan[3], "specialize @matmul");
  EXPECT_EQ(plan[4], "reorder @matmul raster = 8");
  EXPECT_EQ(plan[5], "persist @matmul");
}

TEST_F(PlannerTest, GemmOnAmpere) {
  load(gemm);
  std::vector<std::string> plan = follow("sm_80", true);
  ASSERT_GE(plan.size(), 5u);
  EXPECT_EQ(plan[1], "tile @matmul sizes = [128, 128] reduce = [32] warps = 8");
  EXPECT_EQ(plan[2], "tensorize @matmul");
  EXPECT_EQ(plan[3].find("pipeline @matmul"), 0u) << plan[3];
  for (const std::string &step : plan)
    EXPECT_EQ(step.find("specialize"), std::string::npos) << step;
}

TEST_F(PlannerTest, SoftmaxBecomesOneKernel) {
  load(softmax);
  std::vector<std::string> plan = follow("sm_90a", false);
  int fusions = 0, tiles = 0;
  for (const std::string &step : plan) {
    fusions += step.find("fuse_") == 0;
    tiles += step.find("tile ") == 0;
  }
  EXPECT_EQ(fusions, 3);
  EXPECT_EQ(tiles, 1);
}

TEST_F(PlannerTest, LongSumsAreSplit) {
  load(sum);
  std::vector<std::string> plan = follow("sm_90a", true);
  ASSERT_FALSE(plan.empty());
  EXPECT_EQ(plan[0].find("split_reduction"), 0u) << plan[0];
}

TEST_F(PlannerTest, EveryProgramHasANaiveForm) {
  for (const char *text : {gemm, softmax, sum}) {
    load(text);
    const Architecture &target = **findArchitecture("sm_80");
    OwningOpRef<ModuleOp> copy = program->clone();
    auto recipe = completeRecipe(Recipe(&context), *copy, target);
    ASSERT_TRUE(succeeded(recipe));
    for (KernelOp kernel : copy->getOps<KernelOp>())
      EXPECT_TRUE(kernel.isTiled());
    // The recipe alone does the same.
    auto again = recipe->replay(*program, &target);
    ASSERT_TRUE(succeeded(again));
    EXPECT_TRUE(OperationEquivalence::isEquivalentTo(
        copy.get(), again->get(), OperationEquivalence::IgnoreLocations));
  }
}

// What a reduction of a reduction reads is the product of both: too much for
// the warps that either would take.
TEST_F(PlannerTest, ReductionsOfReductionsHaveANaiveForm) {
  for (const char *extents : {"61x128", "3000x2000", "1x7", "20000x3"}) {
    std::string kernel = R"(
      qimeng.kernel @largest(%x: memref<ROWSxf32>, %y: memref<1xf32>) {
        %0 = qimeng.load %x : memref<ROWSxf32> -> tensor<ROWSxf32>
        %1 = qimeng.reduce maxnum %0 axes [0] : tensor<ROWSxf32>
        %2 = qimeng.reduce min %1 axes [0] : tensor<COLUMNSxf32>
        %3 = qimeng.broadcast %2 axes [0] : tensor<f32> -> tensor<1xf32>
        qimeng.store %3, %y : tensor<1xf32>, memref<1xf32>
      })";
    auto replace = [&](StringRef from, StringRef to) {
      for (size_t at; (at = kernel.find(from.str())) != std::string::npos;)
        kernel.replace(at, from.size(), to.str());
    };
    replace("ROWS", extents);
    replace("COLUMNS", StringRef(extents).split('x').second);
    program = parseSourceString<ModuleOp>(kernel, &context);
    ASSERT_TRUE(program);
    for (const char *arch : {"sm_80", "sm_90a"}) {
      OwningOpRef<ModuleOp> copy = cast<ModuleOp>((*program)->clone());
      EXPECT_TRUE(succeeded(
          completeRecipe(Recipe(&context), *copy, **findArchitecture(arch))))
          << extents << " " << arch;
    }
  }
}

const char *const bytes = R"(
func.func @bytes(%a: tensor<256x512xi8>, %b: tensor<512x256xi8>) -> tensor<256x256xi32> {
  %zero = arith.constant 0 : i32
  %empty = tensor.empty() : tensor<256x256xi32>
  %init = linalg.fill ins(%zero : i32) outs(%empty : tensor<256x256xi32>) -> tensor<256x256xi32>
  %d = linalg.matmul ins(%a, %b : tensor<256x512xi8>, tensor<512x256xi8>) outs(%init : tensor<256x256xi32>) -> tensor<256x256xi32>
  return %d : tensor<256x256xi32>
})";

// Layouts are proposed last, and for tiles that threads read: what wgmma and
// bulk copies want is what they have. Rules take none of them.
TEST_F(PlannerTest, LayoutsAreProposedLast) {
  const Architecture &target = **findArchitecture("sm_90a");
  using Steps = std::vector<
      std::pair<const char *, std::vector<std::pair<StringRef, StringRef>>>>;
  auto propose = [&](const char *text, const Steps &steps) {
    load(text);
    std::string why, list;
    for (const auto &[action, values] : steps) {
      auto step = makeStep(&context, action, "matmul", values, why);
      EXPECT_TRUE(succeeded(step)) << why;
      EXPECT_TRUE(succeeded(applyStep(*program, *step, &target)));
    }
    auto kernel = program->lookupSymbol<KernelOp>("matmul");
    for (const Step &step :
         proposeSteps(kernel, *findAction("reorder"), target))
      list += StringRef(step.str()).split("@matmul ").second.str() + "; ";
    return list;
  };
  const Steps tile = {
      {"tile", {{"sizes", "64,64"}, {"reduce", "32"}, {"warps", "4"}}}};
  auto with = [&](const Steps &more) {
    Steps all = tile;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const char *const orders = "raster = 8; raster = 4; raster = 16; raster = 2; "
                             "warps = 8; warps = 2; ";
  EXPECT_EQ(propose(gemm, with({{"tensorize", {}}, {"pipeline", {}}})),
            std::string(orders) + "swizzle = [64]; swizzle = [32]; ");
  EXPECT_EQ(propose(gemm, with({{"tensorize", {}},
                                {"pipeline", {}},
                                {"reorder", {{"swizzle", "64"}}}})),
            std::string(orders) + "swizzle = [32]; pad = [16]; ");
  EXPECT_EQ(propose(gemm, with({{"tensorize", {}}, {"specialize", {}}})),
            "raster = 8; raster = 4; raster = 16; raster = 2; "
            "swizzle = [32]; ");
  EXPECT_EQ(propose(gemm, with({{"tensorize", {{"kind", "wgmma"}}},
                                {"pipeline", {}}})),
            "raster = 8; raster = 4; raster = 16; raster = 2; ");
  EXPECT_EQ(propose(gemm, with({{"tensorize", {}}})), orders);
  // ldmatrix brings bytes where K is contiguous.
  EXPECT_EQ(propose(bytes, with({{"tensorize", {}}, {"pipeline", {}}})),
            "raster = 4; raster = 2; warps = 8; warps = 2; swizzle = [32]; "
            "pad = [16] major = [-1, 0]; ");
  load(gemm);
  for (const char *arch : {"sm_80", "sm_90a"})
    for (const std::string &step : follow(arch, true))
      EXPECT_EQ(step.find("swizzle"), std::string::npos) << step;
}

TEST_F(PlannerTest, ReplayProposesTheRecipeOnce) {
  load(gemm);
  const Architecture &target = **findArchitecture("sm_80");
  Recipe recipe(&context);
  std::string why;
  auto step = makeStep(&context, "tile", "matmul", {{"sizes", "64,64"}}, why);
  ASSERT_TRUE(succeeded(step)) << why;
  ASSERT_TRUE(succeeded(recipe.append(*step, why))) << why;
  std::unique_ptr<Planner> planner = createReplayPlanner(recipe);
  Recipe empty(&context);
  std::vector<MoveOutcome> history;
  std::vector<Move> moves =
      planner->propose({*program, empty, history, target});
  ASSERT_EQ(moves.size(), 1u);
  EXPECT_EQ(moves[0].str(), "tile @matmul sizes = [64, 64]");
  history.push_back({moves[0], {}, false, "refused", 0, 0});
  EXPECT_TRUE(planner->propose({*program, empty, history, target}).empty());
}

} // namespace
