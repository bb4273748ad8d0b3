//===- NumbersTest.cpp - Check 4 ------------------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Verify/Numbers.h"
#include "Programs.h"
#include "qimeng/Verify/Oracle.h"
#include <cmath>

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

// A rewrite that keeps inner values in f32 overflows only at the end, where the
// reference's own f16 gives NaN before.
TEST_F(NumbersTest, AcceptsInfinityWhereTheResultDoesNotFit) {
  auto reference = parse(R"(
    func.func @f(%x: tensor<3x3xf16>) -> tensor<3x3xf16> {
      %e = tensor.empty() : tensor<3x3xf16>
      %q = linalg.mul ins(%x, %x : tensor<3x3xf16>, tensor<3x3xf16>) outs(%e : tensor<3x3xf16>) -> tensor<3x3xf16>
      %h = linalg.mul ins(%q, %q : tensor<3x3xf16>, tensor<3x3xf16>) outs(%e : tensor<3x3xf16>) -> tensor<3x3xf16>
      %r = linalg.rsqrt ins(%h : tensor<3x3xf16>) outs(%e : tensor<3x3xf16>) -> tensor<3x3xf16>
      %s = linalg.mul ins(%h, %r : tensor<3x3xf16>, tensor<3x3xf16>) outs(%e : tensor<3x3xf16>) -> tensor<3x3xf16>
      %y = linalg.mul ins(%s, %q : tensor<3x3xf16>, tensor<3x3xf16>) outs(%e : tensor<3x3xf16>) -> tensor<3x3xf16>
      return %y : tensor<3x3xf16>
    })");
  auto kernel = [](llvm::StringRef sign) {
    return R"(qimeng.kernel @f(%X: memref<3x3xf16>, %Y: memref<3x3xf16>) {
      %n = qimeng.load %X : memref<3x3xf16> -> tensor<3x3xf16>
      %x = arith.extf %n : tensor<3x3xf16> to tensor<3x3xf32>
      %q = arith.mulf %x, %x : tensor<3x3xf32>
      %h = arith.mulf %q, %q : tensor<3x3xf32>
      %r = math.rsqrt %h : tensor<3x3xf32>
      %s = arith.mulf %h, %r : tensor<3x3xf32>
      %p = arith.mulf %s, %q : tensor<3x3xf32>
      %big = arith.constant dense<6.5e4> : tensor<3x3xf32>
      %c = arith.cmpf ogt, %p, %big : tensor<3x3xf32>
      %m = arith.constant dense<)" +
           sign.str() + R"(1.0> : tensor<3x3xf32>
      %d = arith.mulf %p, %m : tensor<3x3xf32>
      %t = arith.select %c, %d, %p : tensor<3x3xi1>, tensor<3x3xf32>
      %y = arith.truncf %t : tensor<3x3xf32> to tensor<3x3xf16>
      qimeng.store %y, %Y : tensor<3x3xf16>, memref<3x3xf16>
    })";
  };
  bool refusedWrongSign = false;
  for (uint64_t seed = 100; seed < 108; ++seed) {
    NumbersOptions options;
    options.seed = seed;
    options.inputs = {InputKind::Rising};
    auto check = NumbersCheck::create(*reference, "", options);
    ASSERT_TRUE(succeeded(check)) << errors;
    EXPECT_TRUE(succeeded((*check)->check(*parse(kernel(""))))) << errors;
    refusedWrongSign |= failed((*check)->check(*parse(kernel("-"))));
  }
  EXPECT_TRUE(refusedWrongSign);
}

// No sum, so every order is the same: infinity of the right sign, not NaN, nor
// a number.
TEST_F(NumbersTest, AsksForInfinityWhereTheResultDoesNotFit) {
  auto program = [](llvm::StringRef element, llvm::StringRef instead) {
    std::string type = "tensor<65x" + element.str() + ">";
    return "func.func @f(%x: " + type + ") -> " + type +
           " {\n  %q = arith.mulf %x, %x : " + type +
           "\n  %y = arith.mulf %q, %x : " + type +
           "\n  %a = math.absf %y : " + type +
           "\n  %inf = arith.constant dense<" +
           (element == "f32"    ? "0x7F800000"
            : element == "bf16" ? "0x7F80"
                                : "0x7C00") +
           "> : " + type + "\n  %c = arith.cmpf oeq, %a, %inf : " + type +
           "\n  %zero = arith.constant dense<0.0> : " + type +
           "\n  %minus = arith.negf %y : " + type +
           "\n  %none = arith.subf %y, %y : " + type +
           "\n  %r = arith.select %c, %" + instead.str() +
           ", %y : tensor<65xi1>, " + type + "\n  return %r : " + type +
           "\n}\n";
  };
  NumbersOptions options;
  options.inputs = {InputKind::Large};
  for (llvm::StringRef element : {"f16", "bf16", "f32"}) {
    auto check =
        NumbersCheck::create(*parse(program(element, "y")), "", options);
    ASSERT_TRUE(succeeded(check)) << errors;
    for (llvm::StringRef instead : {"y", "zero", "minus", "none"})
      EXPECT_EQ(succeeded((*check)->check(*parse(program(element, instead)))),
                instead == "y")
          << element.str() << ' ' << instead.str();
  }
}

TEST_F(NumbersTest, AcceptsLongSumsOfF64InAnyOrder) {
  auto reference = parse(R"(
    func.func @sum(%x: tensor<40000xf64>) -> tensor<f64> {
      %zero = arith.constant dense<0.0> : tensor<f64>
      %r = linalg.reduce { arith.addf } ins(%x : tensor<40000xf64>)
          outs(%zero : tensor<f64>) dimensions = [0]
      return %r : tensor<f64>
    })");
  auto other = [](int rows, const char *sum) {
    std::string type = "tensor<" + std::to_string(rows) + "x" +
                       std::to_string(40000 / rows) + "xf64>";
    std::string row = "tensor<" + std::to_string(40000 / rows) + "xf64>";
    return "func.func @sum(%x: tensor<40000xf64>) -> tensor<f64> {\n"
           "  %e = tensor.expand_shape %x [[0, 1]] output_shape [" +
           std::to_string(rows) + ", " + std::to_string(40000 / rows) +
           "] : tensor<40000xf64> into " + type +
           "\n  %zeros = arith.constant dense<0.0> : " + row +
           "\n  %zero = arith.constant dense<0.0> : tensor<f64>\n"
           "  %s = linalg.reduce { arith.addf } ins(%e : " +
           type + ") outs(%zeros : " + row + ") dimensions = [0]\n" +
           "  %r = linalg.reduce { arith." + sum + " } ins(%s : " + row +
           ") outs(%zero : tensor<f64>) dimensions = [0]\n"
           "  return %r : tensor<f64>\n}\n";
  };
  for (uint64_t seed : {1, 2, 3, 4, 5, 6}) {
    NumbersOptions options;
    options.seed = seed * 100;
    auto check = NumbersCheck::create(*reference, "", options);
    ASSERT_TRUE(succeeded(check)) << errors;
    for (int rows : {4, 200, 10000})
      EXPECT_TRUE(succeeded((*check)->check(*parse(other(rows, "addf")))))
          << errors;
    EXPECT_TRUE(failed((*check)->check(*parse(other(4, "maximumf")))));
  }
}

/// A perceptron of two layers whose hidden values go through `function`.
std::string perceptron(llvm::StringRef element, int rows, int inner,
                       llvm::StringRef function) {
  auto tensor = [&](int m, int n) {
    return "tensor<" + std::to_string(m) + "x" + std::to_string(n) + "x" +
           element.str() + ">";
  };
  std::string x = tensor(rows, inner), w = tensor(inner, inner),
              type = element.str();
  auto matmul = [&](std::string name, std::string a, std::string b) {
    return "  " + name + " = linalg.matmul ins(" + a + ", " + b + " : " + x +
           ", " + w + ") outs(%zero : " + x + ") -> " + x + "\n";
  };
  return "func.func @mlp(%x: " + x + ", %u: " + w + ", %v: " + w + ") -> " + x +
         " {\n  %zero = arith.constant dense<0.0> : " + x + "\n" +
         matmul("%h", "%x", "%u") + "  %a = linalg." + function.str() +
         " ins(%h : " + x + ") outs(%zero : " + x + ") -> " + x + "\n" +
         matmul("%y", "%a", "%v") + "  return %y : " + x + "\n}\n";
}

TEST_F(NumbersTest, TellsTanhFromErf) {
  for (llvm::StringRef element : {"f32", "f16", "bf16"})
    for (auto [rows, inner] :
         {std::pair(1, 1), std::pair(2, 3), std::pair(5, 7), std::pair(7, 128),
          std::pair(2, 512)}) {
      auto check =
          NumbersCheck::create(*parse(perceptron(element, rows, inner, "erf")));
      ASSERT_TRUE(succeeded(check)) << errors;
      for (const char *function : {"erf", "tanh"}) {
        auto candidate = parse(perceptron(element, rows, inner, function));
        computeInF32(*candidate);
        EXPECT_EQ(succeeded((*check)->check(*candidate)),
                  function == llvm::StringRef("erf"))
            << element.str() << ' ' << rows << ' ' << inner;
      }
    }
}

/// The extremum of the part of a 131x97 tensor that starts at (row, column) and
/// ends `rows`, `columns` before the end.
std::string extremum(llvm::StringRef element, llvm::StringRef combiner, int row,
                     int column, int rows, int columns) {
  std::string type = element.str(),
              part = "tensor<" + std::to_string(131 - row - rows) + "x" +
                     std::to_string(97 - column - columns) + "x" + type + ">";
  bool isMax = combiner.contains("max"), isFloat = element.contains('f');
  return "func.func @f(%x: tensor<131x97x" + type + ">) -> tensor<" + type +
         "> {\n  %init = arith.constant dense<" +
         (isFloat ? (isMax ? "-3.0e4" : "3.0e4") : (isMax ? "-128" : "127")) +
         "> : tensor<" + type + ">\n  %p = tensor.extract_slice %x[" +
         std::to_string(row) + ", " + std::to_string(column) + "] [" +
         std::to_string(131 - row - rows) + ", " +
         std::to_string(97 - column - columns) + "] [1, 1] : tensor<131x97x" +
         type + "> to " + part + "\n  %r = linalg.reduce { arith." +
         combiner.str() + " } ins(%p : " + part + ") outs(%init : tensor<" +
         type + ">) dimensions = [0, 1]\n  return %r : tensor<" + type +
         ">\n}\n";
}

// One output of thousands of elements: random inputs alone would show the few
// that are missing once in a hundred times.
TEST_F(NumbersTest, MissesNoElementOfAnExtremum) {
  for (auto [element, combiner] :
       {std::pair("f32", "maximumf"), std::pair("bf16", "minimumf"),
        std::pair("i8", "maxsi"), std::pair("i32", "minsi")}) {
    auto check =
        NumbersCheck::create(*parse(extremum(element, combiner, 0, 0, 0, 0)));
    ASSERT_TRUE(succeeded(check)) << errors;
    EXPECT_TRUE(succeeded(
        (*check)->check(*parse(extremum(element, combiner, 0, 0, 0, 0)))));
    for (auto [row, column, rows, columns] :
         {std::tuple(1, 0, 0, 0), std::tuple(0, 1, 0, 0),
          std::tuple(0, 0, 1, 0), std::tuple(0, 0, 0, 1)})
      EXPECT_TRUE(failed((*check)->check(
          *parse(extremum(element, combiner, row, column, rows, columns)))))
          << element << ' ' << row << column << rows << columns;
  }
}

TEST_F(NumbersTest, TellsTheAxesOfASquareApart) {
  auto program = [](llvm::StringRef element, llvm::StringRef combiner,
                    llvm::StringRef init, int axis) {
    std::string type = element.str();
    return "func.func @f(%x: tensor<131x131x" + type + ">) -> tensor<131x" +
           type + "> {\n  %init = arith.constant dense<" + init.str() +
           "> : tensor<131x" + type + ">\n  %r = linalg.reduce { arith." +
           combiner.str() + " } ins(%x : tensor<131x131x" + type +
           ">) outs(%init : tensor<131x" + type + ">) dimensions = [" +
           std::to_string(axis) + "]\n  return %r : tensor<131x" + type +
           ">\n}\n";
  };
  for (auto [element, combiner, init] :
       {std::tuple("f32", "addf", "0.0"), std::tuple("f16", "maximumf", "-1.0"),
        std::tuple("bf16", "minimumf", "1.0"), std::tuple("i8", "maxsi", "-9"),
        std::tuple("i32", "minsi", "11"), std::tuple("i64", "maxsi", "-9")}) {
    auto check =
        NumbersCheck::create(*parse(program(element, combiner, init, 0)));
    ASSERT_TRUE(succeeded(check)) << errors;
    EXPECT_TRUE(
        failed((*check)->check(*parse(program(element, combiner, init, 1)))))
        << element << ' ' << combiner;
  }
}

// Equal inputs are met by chance never; what happens there counts, too.
TEST_F(NumbersTest, ComparesTies) {
  auto program = [](llvm::StringRef predicate) {
    return R"(func.func @f(%x: tensor<65xf32>, %y: tensor<65xf32>, %z: tensor<65xf32>) -> tensor<65xf32> {
      %c = arith.cmpf )" +
           predicate.str() + R"(, %x, %y : tensor<65xf32>
      %r = arith.select %c, %x, %z : tensor<65xi1>, tensor<65xf32>
      return %r : tensor<65xf32>
    })";
  };
  auto check = NumbersCheck::create(*parse(program("olt")));
  ASSERT_TRUE(succeeded(check)) << errors;
  EXPECT_TRUE(succeeded((*check)->check(*parse(program("olt"))))) << errors;
  EXPECT_TRUE(failed((*check)->check(*parse(program("ole")))));
}

TEST(InputsTest, DrawsWhatItSays) {
  TensorSpec matrix{DataType::F32, {5, 9}};
  HostTensor rising = drawInput(matrix, InputKind::Rising, 7, 0, {}),
             falling = drawInput(matrix, InputKind::Falling, 7, 0, {});
  for (int64_t i = 0; i < 45; ++i) {
    if (i != 44) {
      EXPECT_LT(rising.get(i), rising.get(44));
      EXPECT_GT(falling.get(i), falling.get(44));
    }
    if (i != 0) {
      EXPECT_GT(rising.get(i), rising.get(0));
      EXPECT_LT(falling.get(i), falling.get(0));
    }
  }
  for (DataType type : {DataType::F16, DataType::BF16, DataType::F32}) {
    HostTensor negative =
        drawInput({type, {300}}, InputKind::Negative, 7, 0, {});
    for (int64_t i = 0; i < 300; ++i) {
      EXPECT_LT(negative.get(i), -1e4);
      EXPECT_TRUE(std::isfinite(negative.get(i)));
    }
  }
  // What holds f16 inside stays small.
  HostTensor small =
      drawInput(matrix, InputKind::Negative, 7, 0, {1, /*reachesF16=*/true});
  for (int64_t i = 0; i < 45; ++i)
    EXPECT_GE(small.get(i), -56);
  HostTensor scaled = drawInput(matrix, InputKind::Scaled, 7, 0, {16, false}),
             normal = drawInput(matrix, InputKind::Normal, 7, 0, {});
  for (int64_t i = 0; i < 45; ++i)
    EXPECT_FLOAT_EQ(scaled.get(i) * 2, normal.get(i));
}

/// x / sqrt(mean(x^2)) * x^2 of 32 elements of f16, where the sum of squares is
/// of type `sum`.
std::string norm(std::string sum) {
  std::string one = "tensor<" + sum + ">",
              square = sum == "f16" ? "" : "%s = arith.extf %a : f16 to f32\n";
  std::string extend = sum == "f16" ? "%w = arith.extf %b : f16 to f32\n" : "";
  return R"(
    #id = affine_map<(d0) -> (d0)>
    #one = affine_map<(d0) -> ()>
    func.func @norm(%x: tensor<32xf16>) -> tensor<32xf16> {
      %e = tensor.empty() : tensor<32xf16>
      %z = arith.constant dense<0.0> : )" +
         one + R"(
      %q = linalg.mul ins(%x, %x : tensor<32xf16>, tensor<32xf16>) outs(%e : tensor<32xf16>) -> tensor<32xf16>
      %t = linalg.generic {indexing_maps = [#id, #one], iterator_types = ["reduction"]}
          ins(%q : tensor<32xf16>) outs(%z : )" +
         one + R"() {
      ^bb0(%a: f16, %acc: )" +
         sum + "):\n" + square + "%n = arith.addf %acc, " +
         (sum == "f16" ? "%a" : "%s") + " : " + sum + R"(
        linalg.yield %n : )" +
         sum + R"(
      } -> )" +
         one + R"(
      %r = linalg.generic {indexing_maps = [#id, #id, #one, #id], iterator_types = ["parallel"]}
          ins(%x, %q, %t : tensor<32xf16>, tensor<32xf16>, )" +
         one + R"() outs(%e : tensor<32xf16>) {
      ^bb0(%a: f16, %c: f16, %b: )" +
         sum + R"(, %out: f16):
        %k = arith.constant 0.03125 : f32
        )" +
         extend + "%m = arith.mulf " + (sum == "f16" ? "%w" : "%b") +
         R"(, %k : f32
        %i = math.rsqrt %m : f32
        %aw = arith.extf %a : f16 to f32
        %cw = arith.extf %c : f16 to f32
        %n = arith.mulf %aw, %i : f32
        %p = arith.mulf %n, %cw : f32
        %y = arith.truncf %p : f32 to f16
        linalg.yield %y : f16
      } -> tensor<32xf16>
      return %r : tensor<32xf16>
    })";
}

// One element stands out, so that its error is no other's, and depends on
// roundings of inner values that inputs cannot stand for.
TEST_F(NumbersTest, AllowsForEachRoundingThatIsLeftOut) {
  auto reference = parse(norm("f16")), fused = parse(norm("f32"));
  NumbersOptions options;
  options.inputs.assign(400, InputKind::Falling);
  auto check = NumbersCheck::create(*reference, "", options);
  ASSERT_TRUE(succeeded(check)) << errors;
  EXPECT_TRUE(succeeded((*check)->check(*fused))) << errors;
}

// A product with an exponential that f32 has only as a subnormal number may be
// zero on a device, and nothing else.
TEST_F(NumbersTest, AllowsSmallExponentialsToBeZero) {
  auto check = [&](int64_t exponent) {
    auto reference = parse((R"(
    func.func @f(%a: tensor<64xbf16>) -> tensor<64xbf16> {
      %e = tensor.empty() : tensor<64xbf16>
      %r = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>],
                           iterator_types = ["parallel"]}
          ins(%a : tensor<64xbf16>) outs(%e : tensor<64xbf16>) {
      ^bb0(%x: bf16, %o: bf16):
        %least = arith.constant )" +
                            llvm::Twine(exponent) + R"(.0 : bf16
        %large = arith.constant 1.0e10 : bf16
        %size = math.absf %x : bf16
        %power = arith.subf %least, %size : bf16
        %small = math.exp2 %power : bf16
        %y = arith.mulf %small, %large : bf16
        linalg.yield %y : bf16
      } -> tensor<64xbf16>
      return %r : tensor<64xbf16>
    })")
                               .str());
    NumbersOptions options;
    options.inputs = {InputKind::Uniform};
    return NumbersCheck::create(*reference, "", options);
  };
  const NumbersCheck::Hardware host, device{/*flushes=*/true,
                                            /*tensorCores=*/false};
  auto refuses = [](const NumbersCheck &check, double factor,
                    NumbersCheck::Hardware hardware) {
    const NumbersCheck::Trial &trial = check.getTrials().front();
    HostTensor found(check.getOutputs()[0]);
    for (int64_t i = 0; i < 64; ++i)
      found.set(i, factor * trial.exact[0].get(i));
    return check.compare(trial, 0, found, hardware).has_value();
  };
  auto small = check(-130), normal = check(-100);
  ASSERT_TRUE(succeeded(small) && succeeded(normal)) << errors;
  EXPECT_TRUE(refuses(**small, 0, host));
  EXPECT_FALSE(refuses(**small, 0, device));
  EXPECT_TRUE(refuses(**small, 0, {/*flushes=*/false, /*tensorCores=*/true}));
  EXPECT_TRUE(refuses(**small, 3, device));
  EXPECT_FALSE(refuses(**normal, 1, device));
  EXPECT_TRUE(refuses(**normal, 0, device));
}

// Sums as tensor cores make them: cut off to f32 after every 8 products. A
// block of products that is left out is no such error.
TEST_F(NumbersTest, AllowsWhatTensorCoresCutOff) {
  auto reference = parse(R"(
    func.func @f(%a: tensor<1x4096xf16>, %b: tensor<4096x3xf16>) -> tensor<1x3xf32> {
      %z = arith.constant dense<0.0> : tensor<1x3xf32>
      %r = linalg.matmul ins(%a, %b : tensor<1x4096xf16>, tensor<4096x3xf16>)
          outs(%z : tensor<1x3xf32>) -> tensor<1x3xf32>
      return %r : tensor<1x3xf32>
    })");
  NumbersOptions options;
  options.inputs = {InputKind::Normal, InputKind::Uniform, InputKind::Opposed};
  auto check = NumbersCheck::create(*reference, "", options);
  ASSERT_TRUE(succeeded(check)) << errors;
  auto cut = [](double value) {
    float rounded = static_cast<float>(value);
    return std::abs(rounded) > std::abs(value) ? std::nextafter(rounded, 0.0f)
                                               : rounded;
  };
  const NumbersCheck::Hardware tensorCores{/*flushes=*/false,
                                           /*tensorCores=*/true};
  bool beyond = false;
  for (const NumbersCheck::Trial &trial : (*check)->getTrials()) {
    TensorSpec spec = (*check)->getOutputs()[0];
    HostTensor found(spec), lacking(spec);
    for (int64_t column = 0; column < 3; ++column) {
      float sum = 0, some = 0;
      for (int64_t k = 0; k < 4096; k += 8) {
        double terms = 0, most = 0;
        for (int64_t i = k; i < k + 8; ++i) {
          double term =
              trial.inputs[0].get(i) * trial.inputs[1].get(3 * i + column);
          terms += term;
          most += i / 16 == 100 ? 0 : term;
        }
        sum = cut(sum + terms);
        some = cut(some + most);
      }
      found.set(column, sum);
      lacking.set(column, some);
    }
    beyond |= (*check)->compare(trial, 0, found).has_value();
    EXPECT_FALSE((*check)->compare(trial, 0, found, tensorCores));
    EXPECT_TRUE((*check)->compare(trial, 0, lacking, tensorCores));
  }
  EXPECT_TRUE(beyond);
}

// Sums of terms around 2^125 overflow or not, or are NaN, depending on the
// order; sums of terms around 2^60 must be right.
TEST_F(NumbersTest, AcceptsOverflowInAnyOrder) {
  auto program = [](std::string scale, int part, std::string factor) {
    std::string rest = std::to_string(64 - part), first = std::to_string(part);
    std::string type = "tensor<7x64xf32>", out = "tensor<7xf32>";
    auto half = [&](std::string name, std::string from, std::string start,
                    std::string size, std::string value) {
      std::string tile = "tensor<7x" + size + "xf32>";
      return "%" + name + "p = tensor.extract_slice " + value + "[0, " + start +
             "] [7, " + size + "] [1, 1] : " + type + " to " + tile + "\n%" +
             name + " = linalg.reduce { arith.addf } ins(%" + name +
             "p : " + tile + ") outs(" + from + " : " + out +
             ") dimensions = [1]\n";
    };
    return "func.func @f(%x: " + type + ", %y: " + type + ") -> (" + out +
           ", " + out + ") {\n%z = arith.constant dense<0.0> : " + out +
           "\n%k = arith.constant dense<" + scale + "> : " + type +
           "\n%xk = arith.mulf %x, %k : " + type +
           "\n%t = arith.mulf %xk, %y : " + type + "\n" +
           half("a", "%z", "0", first, "%t") +
           half("b", "%z", first, rest, "%t") +
           "%s = arith.addf %a, %b : " + out + "\n" +
           half("c", "%z", "0", first, "%x") +
           half("d", "%c", first, rest, "%x") + "%f = arith.constant dense<" +
           factor + "> : " + out + "\n%u = arith.mulf %d, %f : " + out +
           "\nreturn %s, %u : " + out + ", " + out + "\n}\n";
  };
  auto reference = parse(R"(
    func.func @f(%x: tensor<7x64xf32>, %y: tensor<7x64xf32>) -> (tensor<7xf32>, tensor<7xf32>) {
      %z = arith.constant dense<0.0> : tensor<7xf32>
      %k = arith.constant dense<32.0> : tensor<7x64xf32>
      %xk = arith.mulf %x, %k : tensor<7x64xf32>
      %t = arith.mulf %xk, %y : tensor<7x64xf32>
      %s = linalg.reduce { arith.addf } ins(%t : tensor<7x64xf32>) outs(%z : tensor<7xf32>) dimensions = [1]
      %u = linalg.reduce { arith.addf } ins(%x : tensor<7x64xf32>) outs(%z : tensor<7xf32>) dimensions = [1]
      return %s, %u : tensor<7xf32>, tensor<7xf32>
    })");
  NumbersOptions options;
  options.inputs.assign(30, InputKind::Large);
  auto check = NumbersCheck::create(*reference, "", options);
  ASSERT_TRUE(succeeded(check)) << errors;
  for (int part : {1, 13, 32})
    EXPECT_TRUE(
        succeeded((*check)->check(*parse(program("32.0", part, "1.0")))))
        << errors;
  EXPECT_TRUE(failed((*check)->check(*parse(program("32.0", 32, "1.01")))));
  options.inputs = {InputKind::Normal};
  check = NumbersCheck::create(*reference, "", options);
  EXPECT_TRUE(failed((*check)->check(*parse(program("32.1", 32, "1.0")))));
}

/// Sums of terms around 2^120 * `scale`, what comparisons make of them, and
/// what does not depend on them. `sum` makes %s of %t.
std::string compareSums(std::string scale, std::string sum,
                        std::string predicate, std::string lost) {
  return R"(
    #row = affine_map<(d0) -> (d0)>
    #all = affine_map<(d0) -> ()>
    func.func @f(%x: tensor<7x64xf32>, %y: tensor<7x64xf32>)
        -> (tensor<7xf32>, tensor<7xi1>, tensor<7xf32>, tensor<7xi32>, tensor<i32>, tensor<7x64xi1>, tensor<7x64xf32>) {
      %z = arith.constant dense<0.0> : tensor<7xf32>
      %k = arith.constant dense<)" +
         scale + R"(> : tensor<7x64xf32>
      %xk = arith.mulf %x, %k : tensor<7x64xf32>
      %t = arith.mulf %xk, %y : tensor<7x64xf32>
      )" +
         sum + R"(
      %p = arith.cmpf )" +
         predicate + R"(, %s, %z : tensor<7xf32>
      %one = arith.constant dense<1.0> : tensor<7xf32>
      %l = arith.maxnumf %s, %z : tensor<7xf32>
      %c = arith.minnumf %l, %one : tensor<7xf32>
      %i = arith.fptosi %c : tensor<7xf32> to tensor<7xi32>
      %low = arith.constant dense<0xFF800000> : tensor<f32>
      %none = arith.constant dense<7> : tensor<i32>
      %m:2 = linalg.generic {indexing_maps = [#row, #all, #all], iterator_types = ["reduction"]}
          ins(%s : tensor<7xf32>) outs(%low, %none : tensor<f32>, tensor<i32>) {
      ^bb0(%e: f32, %b: f32, %w: i32):
        %at = linalg.index 0 : index
        %j = arith.index_cast %at : index to i32
        %g = arith.cmpf ogt, %e, %b : f32
        %v = arith.select %g, %e, %b : f32
        %u = arith.select %g, %j, %w : i32
        linalg.yield %v, %u : f32, i32
      } -> (tensor<f32>, tensor<i32>)
      %r = math.sqrt %x : tensor<7x64xf32>
      %n = arith.cmpf une, %r, %r : tensor<7x64xf32>
      %d = arith.constant dense<)" +
         lost + R"(> : tensor<7x64xf32>
      %o = arith.select %n, %d, %r : tensor<7x64xi1>, tensor<7x64xf32>
      return %s, %p, %c, %i, %m#1, %n, %o : tensor<7xf32>, tensor<7xi1>, tensor<7xf32>, tensor<7xi32>, tensor<i32>, tensor<7x64xi1>, tensor<7x64xf32>
    })";
}

// What depends on an overflow by the way of a comparison, too; what does not
// must be right, also in programs that compare.
TEST_F(NumbersTest, AcceptsWhatOverflowsDecide) {
  auto reduce = [](std::string name, std::string terms) {
    return name + " = linalg.reduce { arith.addf } ins(" + terms +
           " : tensor<7x64xf32>) outs(%z : tensor<7xf32>) dimensions = [1]\n";
  };
  std::string sum = reduce("%s", "%t");
  std::string bySign =
      "%zeros = arith.constant dense<0.0> : tensor<7x64xf32>\n"
      "%above = arith.maximumf %t, %zeros : tensor<7x64xf32>\n"
      "%below = arith.minimumf %t, %zeros : tensor<7x64xf32>\n" +
      reduce("%most", "%above") + reduce("%least", "%below") +
      "%s = arith.addf %most, %least : tensor<7xf32>\n";
  NumbersOptions options;
  options.inputs.assign(30, InputKind::Large);
  for (const char *scale : {"64.0", "1.0"}) {
    auto program = [&](std::string sum, std::string predicate,
                       std::string lost) {
      return parse(compareSums(scale, sum, predicate, lost));
    };
    auto check = NumbersCheck::create(*program(sum, "ogt", "0.0"), "", options);
    ASSERT_TRUE(succeeded(check)) << errors;
    EXPECT_TRUE(succeeded((*check)->check(*program(bySign, "ogt", "0.0"))))
        << errors;
    EXPECT_TRUE(failed((*check)->check(*program(sum, "ogt", "1.0"))));
    bool overflows = scale[0] == '6';
    EXPECT_EQ(failed((*check)->check(*program(sum, "olt", "0.0"))), !overflows);
    for (const NumbersCheck::Trial &trial : (*check)->getTrials())
      for (unsigned output = 0; output < 7; ++output)
        for (double allowed : trial.allowed[output])
          EXPECT_EQ(std::isinf(allowed), overflows && output < 5) << output;
  }
}

// Where products of inputs are summed, only opposed inputs make all of the sums
// negative.
TEST_F(NumbersTest, MissesNoIdentityOfAMaximum) {
  auto program = [](std::string start) {
    return R"(
    func.func @f(%i: tensor<5xi8>, %x: tensor<48x16xf16>, %y: tensor<16x8xf16>) -> tensor<8xf16> {
      %z = arith.constant dense<0.0> : tensor<48x8xf16>
      %start = arith.constant dense<)" +
           start + R"(> : tensor<8xf16>
      %p = linalg.matmul ins(%x, %y : tensor<48x16xf16>, tensor<16x8xf16>) outs(%z : tensor<48x8xf16>) -> tensor<48x8xf16>
      %r = linalg.reduce { arith.maximumf } ins(%p : tensor<48x8xf16>) outs(%start : tensor<8xf16>) dimensions = [0]
      return %r : tensor<8xf16>
    })";
  };
  for (uint64_t seed : {1, 1000}) {
    NumbersOptions options;
    options.seed = seed;
    auto check = NumbersCheck::create(*parse(program("-6.0e4")), "", options);
    ASSERT_TRUE(succeeded(check)) << errors;
    for (const char *start : {"-6.0e4", "0.0"}) {
      auto candidate = parse(program(start));
      computeInF32(*candidate);
      EXPECT_EQ(succeeded((*check)->check(*candidate)), start[0] == '-')
          << errors;
    }
  }
}

// A soft maximum that subtracts nothing differs where an exponential overflows.
// That its result is then rounded to f16 is no reason for small inputs.
TEST_F(NumbersTest, ShowsLargeInputsBeforeF16) {
  auto program = [](std::string start) {
    return R"(
    #id = affine_map<(d0) -> (d0)>
    #one = affine_map<(d0) -> ()>
    func.func @f(%x: tensor<31xf32>) -> tensor<31xf32> {
      %e = tensor.empty() : tensor<31xf32>
      %h = tensor.empty() : tensor<31xf16>
      %z = arith.constant dense<0.0> : tensor<f32>
      %start = arith.constant dense<)" +
           start + R"(> : tensor<f32>
      %m = linalg.reduce { arith.maximumf } ins(%x : tensor<31xf32>) outs(%start : tensor<f32>) dimensions = [0]
      %d = linalg.generic {indexing_maps = [#id, #one, #id], iterator_types = ["parallel"]}
          ins(%x, %m : tensor<31xf32>, tensor<f32>) outs(%e : tensor<31xf32>) {
      ^bb0(%a: f32, %b: f32, %out: f32):
        %s = arith.subf %a, %b : f32
        %t = math.exp %s : f32
        linalg.yield %t : f32
      } -> tensor<31xf32>
      %l = linalg.reduce { arith.addf } ins(%d : tensor<31xf32>) outs(%z : tensor<f32>) dimensions = [0]
      %r = linalg.generic {indexing_maps = [#id, #one, #id], iterator_types = ["parallel"]}
          ins(%d, %l : tensor<31xf32>, tensor<f32>) outs(%h : tensor<31xf16>) {
      ^bb0(%a: f32, %b: f32, %out: f16):
        %s = arith.divf %a, %b : f32
        %t = arith.truncf %s : f32 to f16
        linalg.yield %t : f16
      } -> tensor<31xf16>
      %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
          ins(%r : tensor<31xf16>) outs(%e : tensor<31xf32>) {
      ^bb0(%a: f16, %out: f32):
        %t = arith.extf %a : f16 to f32
        linalg.yield %t : f32
      } -> tensor<31xf32>
      return %y : tensor<31xf32>
    })";
  };
  auto check = NumbersCheck::create(*parse(program("0xFF800000")));
  ASSERT_TRUE(succeeded(check)) << errors;
  EXPECT_TRUE(succeeded((*check)->check(*parse(program("0xFF800000")))))
      << errors;
  EXPECT_TRUE(failed((*check)->check(*parse(program("0.0")))));
}

} // namespace
