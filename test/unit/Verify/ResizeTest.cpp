//===- ResizeTest.cpp - Tensor programs of other sizes --------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Verify/Resize.h"
#include "Programs.h"

using namespace qimeng;

namespace {

class ResizeTest : public ProgramTest {};

TEST_F(ResizeTest, ResizedProgramsRun) {
  auto module = parse(R"(
    func.func @softmax(%x: tensor<2x64x128xf16>) -> tensor<2x64x128xf16> {
      %e = tensor.empty() : tensor<2x64x128xf16>
      %r = linalg.softmax dimension(2) ins(%x : tensor<2x64x128xf16>)
          outs(%e : tensor<2x64x128xf16>) -> tensor<2x64x128xf16>
      return %r : tensor<2x64x128xf16>
    })");
  auto symbols = getDimensionSymbols(*module);
  ASSERT_TRUE(succeeded(symbols));
  ASSERT_EQ(symbols->size(), 3u);
  EXPECT_EQ((*symbols)[1].size, 64);
  EXPECT_EQ((*symbols)[1].where, "argument 0, dimension 1");
  for (int64_t size : {1, 7, 33}) {
    auto resized = resize(*module, {3, 1, size});
    ASSERT_TRUE(succeeded(resized)) << errors;
    auto executor = CPUExecutor::create(**resized);
    ASSERT_TRUE(succeeded(executor)) << errors;
    std::vector<HostTensor> inputs;
    inputs.emplace_back((*executor)->getInputs()[0]);
    EXPECT_EQ(inputs[0].getNumElements(), 3 * size);
    auto outputs = (*executor)->allocateOutputs();
    ASSERT_TRUE(succeeded((*executor)->run(inputs, outputs))) << errors;
    EXPECT_NEAR(outputs[0].get(0), 1.0 / size, 1e-3);
  }
  EXPECT_TRUE(failed(resize(*module, {1, 2})));
}

TEST_F(ResizeTest, PaddedDimensionsStay) {
  auto module = parse(R"(
    func.func @pad(%x: tensor<4x8x16xf32>) -> tensor<4x10x16xf32> {
      %zero = arith.constant 0.0 : f32
      %r = tensor.pad %x low[0, 1, 0] high[0, 1, 0] {
      ^bb0(%i: index, %j: index, %k: index):
        tensor.yield %zero : f32
      } : tensor<4x8x16xf32> to tensor<4x10x16xf32>
      return %r : tensor<4x10x16xf32>
    })");
  auto symbols = getDimensionSymbols(*module);
  ASSERT_TRUE(succeeded(symbols));
  EXPECT_EQ(symbols->size(), 2u);
  auto resized = resize(*module, {3, 5});
  ASSERT_TRUE(succeeded(resized)) << errors;
  auto executor = CPUExecutor::create(**resized);
  ASSERT_TRUE(succeeded(executor)) << errors;
  EXPECT_EQ((*executor)->getOutputs()[0].str(), "tensor<3x10x5xf32>");
}

} // namespace
