//===- ExecutorTest.cpp - Programs on the host ----------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Programs.h"
#include <cmath>
#include <thread>

using namespace qimeng;

namespace {

TEST(HostTensorTest, ElementsRoundToTheType) {
  HostTensor tensor({DataType::BF16, {2, 3}});
  EXPECT_EQ(tensor.getNumElements(), 6);
  tensor.set(4, 1.0 + 0x1p-9);
  EXPECT_EQ(tensor.get(4), 1.0);
  EXPECT_EQ(tensor.get(0), 0.0);
  EXPECT_EQ(tensor.indexString(4), "(1, 1)");
  EXPECT_EQ(tensor.getSpec().str(), "tensor<2x3xbf16>");
  tensor.set(0, -0.1);
  HostTensor wide = tensor.convertTo(DataType::F64);
  EXPECT_EQ(wide.get(0), tensor.get(0));
  tensor.fillBytes(0xFF);
  EXPECT_TRUE(std::isnan(tensor.get(5)));
}

TEST(HostTensorTest, ScalarsHaveOneElement) {
  HostTensor tensor({DataType::I64, {}});
  EXPECT_EQ(tensor.getNumElements(), 1);
  tensor.set(0, -7);
  EXPECT_EQ(tensor.get(0), -7);
  EXPECT_EQ(tensor.indexString(0), "()");
  EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.data()) % 64, 0u);
}

class ExecutorTest : public ProgramTest {};

TEST_F(ExecutorTest, RunsATensorProgram) {
  auto module = parse(R"(
    func.func @axpy(%a: f32, %x: tensor<5xf32>, %y: tensor<5xf32>) -> (tensor<5xf32>, tensor<5xf32>) {
      %s = tensor.splat %a : tensor<5xf32>
      %p = arith.mulf %s, %x : tensor<5xf32>
      %r = arith.addf %p, %y : tensor<5xf32>
      return %r, %x : tensor<5xf32>, tensor<5xf32>
    })");
  auto executor = CPUExecutor::create(*module);
  ASSERT_TRUE(succeeded(executor)) << errors;
  ASSERT_EQ((*executor)->getInputs().size(), 3u);
  ASSERT_EQ((*executor)->getOutputs().size(), 2u);
  std::vector<HostTensor> inputs;
  for (const TensorSpec &spec : (*executor)->getInputs())
    inputs.emplace_back(spec);
  inputs[0].set(0, 2);
  for (int i = 0; i < 5; ++i) {
    inputs[1].set(i, i);
    inputs[2].set(i, 10);
  }
  auto outputs = (*executor)->allocateOutputs();
  ASSERT_TRUE(succeeded((*executor)->run(inputs, outputs))) << errors;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(outputs[0].get(i), 2 * i + 10);
    EXPECT_EQ(outputs[1].get(i), i);
    // The inputs are as they were.
    EXPECT_EQ(inputs[1].get(i), i);
    EXPECT_EQ(inputs[2].get(i), 10);
  }
}

constexpr llvm::StringLiteral half = R"(
  qimeng.kernel @half(%x: memref<8xf32>, %flags: memref<8xi1>, %y: memref<8xf32>) {
    %t = qimeng.load %x : memref<8xf32> -> tensor<4xf32>
    %zero = arith.constant dense<0.0> : tensor<4xf32>
    %p = arith.cmpf ogt, %t, %zero : tensor<4xf32>
    qimeng.store %p, %flags : tensor<4xi1>, memref<8xi1>
    qimeng.store %t, %y : tensor<4xf32>, memref<8xf32>
  }
  func.func @main(%x: memref<8xf32>, %flags: memref<8xi1>, %y: memref<8xf32>) {
    qimeng.launch @half(%x, %flags, %y) : memref<8xf32>, memref<8xi1>, memref<8xf32>
    return
  })";

TEST_F(ExecutorTest, TellsInputsFromOutputsAndCountsUntouched) {
  auto module = parse(half);
  for (llvm::StringRef entry : {"main", "half"}) {
    auto executor = CPUExecutor::create(*module, entry);
    ASSERT_TRUE(succeeded(executor)) << errors;
    ASSERT_EQ((*executor)->getInputs().size(), 1u);
    ASSERT_EQ((*executor)->getOutputs().size(), 2u);
    std::vector<HostTensor> inputs;
    inputs.emplace_back((*executor)->getInputs()[0]);
    inputs[0].draw(1, 0, {Draw::Mode::Normal});
    auto outputs = (*executor)->allocateOutputs();
    CPUExecutor::Report report;
    report.countUntouched = true;
    ASSERT_TRUE(succeeded((*executor)->run(inputs, outputs, &report)));
    EXPECT_EQ(report.untouched, (std::vector<int64_t>{4, 4}));
    EXPECT_EQ(outputs[1].get(0), inputs[0].get(0));
    EXPECT_TRUE(std::isnan(outputs[1].get(7)));
  }
}

TEST_F(ExecutorTest, RefusesOtherTensors) {
  auto module = parse(half);
  auto executor = CPUExecutor::create(*module);
  ASSERT_TRUE(succeeded(executor)) << errors;
  auto outputs = (*executor)->allocateOutputs();
  EXPECT_TRUE(failed((*executor)->run({}, outputs)));
  EXPECT_NE(errors.find("takes 1 inputs, found 0"), std::string::npos);
  std::vector<HostTensor> inputs;
  inputs.emplace_back(TensorSpec{DataType::F64, {8}});
  EXPECT_TRUE(failed((*executor)->run(inputs, outputs)));
  EXPECT_NE(errors.find("input 0 must be tensor<8xf32>, found tensor<8xf64>"),
            std::string::npos);
}

TEST_F(ExecutorTest, RefusesWhatItCannotRun) {
  auto check = [&](llvm::StringRef text, llvm::StringRef entry,
                   llvm::StringRef expected) {
    auto module = parse(text);
    errors.clear();
    EXPECT_TRUE(failed(CPUExecutor::create(*module, entry)));
    EXPECT_NE(errors.find(expected.str()), std::string::npos) << errors;
  };
  check("func.func private @f()", "", "holds no public function to run");
  check(half, "no", "holds no function or kernel named 'no'");
  check("func.func @f(%x: tensor<?xf32>) { return }", "",
        "only static shapes are supported");
  check("func.func @f(%x: tensor<4xf8E5M2>) { return }", "",
        "elements of type 'f8E5M2' do not run on the CPU");
  check("func.func @f(%x: f32) -> f32 { return %x : f32 }", "",
        "only tensors can be returned");
}

TEST_F(ExecutorTest, RunsInSeveralThreads) {
  auto module = parse(R"(
    func.func @sum(%x: tensor<64x64xf32>) -> tensor<64xf32> {
      %zero = arith.constant dense<0.0> : tensor<64xf32>
      %r = linalg.reduce { arith.addf } ins(%x : tensor<64x64xf32>)
          outs(%zero : tensor<64xf32>) dimensions = [1]
      return %r : tensor<64xf32>
    })");
  auto executor = CPUExecutor::create(*module);
  ASSERT_TRUE(succeeded(executor)) << errors;
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      std::vector<HostTensor> inputs;
      inputs.emplace_back((*executor)->getInputs()[0]);
      for (int i = 0; i < 64 * 64; ++i)
        inputs[0].set(i, t);
      auto outputs = (*executor)->allocateOutputs();
      for (int round = 0; round < 50; ++round) {
        if (failed((*executor)->run(inputs, outputs)))
          ++wrong[t];
        for (int i = 0; i < 64; ++i)
          wrong[t] += outputs[0].get(i) != 64 * t;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST_F(ExecutorTest, SurvivesExhaustedMemory) {
  auto module = parse(R"(
    func.func @f(%x: memref<4xf32>) {
      %big = memref.alloc() : memref<1099511627776x1048576xf32>
      %c0 = arith.constant 0 : index
      %v = memref.load %big[%c0, %c0] : memref<1099511627776x1048576xf32>
      memref.store %v, %x[%c0] : memref<4xf32>
      memref.dealloc %big : memref<1099511627776x1048576xf32>
      return
    })");
  auto executor = CPUExecutor::create(*module);
  ASSERT_TRUE(succeeded(executor)) << errors;
  auto outputs = (*executor)->allocateOutputs();
  EXPECT_TRUE(failed((*executor)->run({}, outputs)));
  EXPECT_NE(errors.find("ran out of memory"), std::string::npos) << errors;
}

} // namespace
