//===- NumbersTest.cpp - Check 4 ------------------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Verify/Numbers.h"
#include "Programs.h"

using namespace qimeng;

namespace {

class NumbersTest : public ProgramTest {};

constexpr llvm::StringLiteral program = R"(
  func.func @sum(%x: tensor<3x1009xf32>) -> tensor<3xf32> {
    %zero = arith.constant dense<0.0> : tensor<3xf32>
    %r = linalg.reduce { arith.addf } ins(%x : tensor<3x1009xf32>)
        outs(%zero : tensor<3xf32>) dimensions = [1]
    return %r : tensor<3xf32>
  })";

/// Sums of `count` elements in two halves.
std::string halves(int first, int count) {
  std::string a = std::to_string(first), b = std::to_string(count - first);
  return "qimeng.kernel @sum(%x: memref<3x1009xf32>, %y: memref<3xf32>) {\n"
         "  %c0 = arith.constant 0 : index\n"
         "  %at = arith.constant " +
         a +
         " : index\n"
         "  %a = qimeng.load %x : memref<3x1009xf32> -> tensor<3x" +
         a +
         "xf32>\n"
         "  %b = qimeng.load %x[%c0, %at] : memref<3x1009xf32> -> tensor<3x" +
         b +
         "xf32>\n"
         "  %s = qimeng.reduce add %a axes [1] : tensor<3x" +
         a +
         "xf32>\n"
         "  %t = qimeng.reduce add %b axes [1] : tensor<3x" +
         b +
         "xf32>\n"
         "  %r = arith.addf %s, %t : tensor<3xf32>\n"
         "  qimeng.store %r, %y : tensor<3xf32>, memref<3xf32>\n"
         "}\n";
}

// Few outputs and long sums: the reference's own error may be small by luck,
// and no other order of the terms may be refused for that.
TEST_F(NumbersTest, AcceptsSumsInAnyOrder) {
  auto reference = parse(program);
  for (uint64_t seed : {1, 2, 3, 4, 5, 6, 7, 8}) {
    NumbersOptions options;
    options.seed = seed * 100;
    auto check = NumbersCheck::create(*reference, "", options);
    ASSERT_TRUE(succeeded(check)) << errors;
    for (int first : {1, 100, 504, 1000}) {
      auto kernel = parse(halves(first, 1009));
      EXPECT_TRUE(succeeded((*check)->check(*kernel))) << errors;
    }
    auto shorter = parse(halves(504, 1008));
    EXPECT_TRUE(failed((*check)->check(*shorter)));
  }
}

TEST_F(NumbersTest, ComparesKernelsByName) {
  auto before = parse(halves(500, 1009)), after = parse(halves(7, 1009)),
       wrong = parse(halves(7, 1000));
  EXPECT_TRUE(succeeded(checkNumbers(*before, *after))) << errors;
  EXPECT_TRUE(failed(checkNumbers(*before, *wrong)));
  EXPECT_NE(errors.find("output 0 differs at (0)"), std::string::npos)
      << errors;
  errors.clear();
  auto empty = parse("module {}");
  EXPECT_TRUE(failed(checkNumbers(*before, *empty)));
  EXPECT_NE(errors.find("holds no kernel named 'sum'"), std::string::npos)
      << errors;
}

TEST_F(NumbersTest, ComparesIntegersExactly) {
  auto reference = parse(R"(
    func.func @add(%x: tensor<33xi8>, %b: tensor<33xi1>) -> (tensor<33xi8>, tensor<33xi1>) {
      %r = arith.addi %x, %x : tensor<33xi8>
      %t = arith.constant dense<true> : tensor<33xi1>
      %n = arith.xori %b, %t : tensor<33xi1>
      return %r, %n : tensor<33xi8>, tensor<33xi1>
    })");
  auto kernel = [](llvm::StringRef constant) {
    return R"(
      qimeng.kernel @add(%X: memref<33xi8>, %B: memref<33xi1>, %Y: memref<33xi8>, %N: memref<33xi1>) {
        %x = qimeng.load %X : memref<33xi8> -> tensor<33xi8>
        %c = arith.constant dense<)" +
           constant.str() + R"(> : tensor<33xi8>
        %r = arith.muli %x, %c : tensor<33xi8>
        qimeng.store %r, %Y : tensor<33xi8>, memref<33xi8>
        %b = qimeng.load %B : memref<33xi1> -> tensor<33xi1>
        %f = arith.constant dense<false> : tensor<33xi1>
        %n = arith.cmpi eq, %b, %f : tensor<33xi1>
        qimeng.store %n, %N : tensor<33xi1>, memref<33xi1>
      })";
  };
  EXPECT_TRUE(succeeded(checkNumbers(*reference, *parse(kernel("2")))))
      << errors;
  EXPECT_TRUE(failed(checkNumbers(*reference, *parse(kernel("3")))));
}

} // namespace
