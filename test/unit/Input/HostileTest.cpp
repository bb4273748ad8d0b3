//===- HostileTest.cpp - Programs that mean harm --------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A good program with something hostile put into it, a thousand times: it is
// refused, or else passes the same checks as any other. This process survives,
// within its time.
//
//===----------------------------------------------------------------------===//

#include "qimeng/Input/ProgramCheck.h"
#include "qimeng/Support/File.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <chrono>
#include <random>

using namespace qimeng;

namespace {

/// Lines that must never pass, whatever stands around them.
const char *const hostileLines[] = {
    "scf.while : () -> () { scf.condition(%t) } do { scf.yield }",
    "\"llvm.inline_asm\"() {asm_string = \"syscall\"} : () -> ()",
    "llvm.call @system(%p) : (!llvm.ptr) -> i32",
    "func.call @system(%x) : (tensor<8xf32>) -> ()",
    "%p = llvm.mlir.addressof @secret : !llvm.ptr",
    "memref.store %zero, %m[%i] : memref<?xf32>",
    "cf.br ^bb0",
    "gpu.launch_func @a::@b blocks in (%i, %i, %i) threads in (%i, %i, %i)",
    "%f = tensor.empty(%i) : tensor<?xf32>",
    "%g = tensor.empty() : tensor<99999999999x99999999999xf32>",
    "return %x : tensor<8xf32> loc(\"/etc/shadow\":1:1)",
    "%h = arith.constant dense_resource<blob> : tensor<8xf32>",
    "transform.qimeng.tile @matmul sizes = [1]",
    "qimeng.launch @kernel(%x) : memref<8xf32>",
    "%n%n%n%s%s%s `rm -rf /` $(id) ; ../../etc/passwd",
    "%q = builtin.unrealized_conversion_cast %x : tensor<8xf32> to i64",
};

TEST(Hostile, LinesNeverPass) {
  for (const char *line : hostileLines) {
    std::string text = "func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {\n"
                       "  %y = arith.addf %x, %x : tensor<8xf32>\n  " +
                       std::string(line) + "\n  return %y : tensor<8xf32>\n}\n";
    ProgramReport report = checkProgramApart(text, {});
    EXPECT_NE(report.findFailure(), nullptr) << line;
    // None has run.
    EXPECT_EQ(report.find("runs"), nullptr) << line;
  }
}

/// What passes as text, and is heavy or wicked to work on.
TEST(Hostile, HeavyProgramsEndInTime) {
  std::string chain = "d0";
  for (int i = 0; i < 4000; ++i)
    chain += " + d0";
  std::string constants, sums, concats, previous = "%x";
  for (int i = 0; i < 250; ++i) {
    std::string next = "%v" + std::to_string(i);
    sums += "  " + next + " = arith.addf " + previous + ", " + previous +
            " : tensor<8xf32>\n";
    previous = next;
  }
  std::string last = "%x";
  int64_t size = 8;
  for (int i = 0; i < 16; ++i, size *= 2) {
    std::string next = "%c" + std::to_string(i), type = std::to_string(size);
    concats += "  " + next + " = tensor.concat dim(0) " + last + ", " + last +
               " : (tensor<" + type + "xf32>, tensor<" + type +
               "xf32>) -> tensor<" + std::to_string(2 * size) + "xf32>\n";
    last = next;
  }
  std::string one = "func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {\n";
  std::string programs[] = {
      "#m = affine_map<(d0) -> (" + chain +
          ")>\n#i = affine_map<(d0) -> (d0)>\n" + one +
          "  %e = tensor.empty() : tensor<8xf32>\n"
          "  %y = linalg.generic {indexing_maps = [#m, #i], iterator_types = "
          "[\"parallel\"]} ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) "
          "{\n  ^bb0(%a: f32, %b: f32):\n    linalg.yield %a : f32\n  } -> "
          "tensor<8xf32>\n  return %y : tensor<8xf32>\n}\n",
      one + sums + "  return " + previous + " : tensor<8xf32>\n}\n",
      "func.func @f(%x: tensor<8xf32>) -> tensor<" + std::to_string(size) +
          "xf32> {\n" + concats + "  return " + last + " : tensor<" +
          std::to_string(size) + "xf32>\n}\n",
      // Division by zero traps on this machine.
      "func.func @f(%x: tensor<8xi32>) -> tensor<8xi32> {\n"
      "  %z = arith.constant dense<0> : tensor<8xi32>\n"
      "  %y = arith.divsi %x, %z : tensor<8xi32>\n"
      "  return %y : tensor<8xi32>\n}\n",
      // Reads far outside.
      "#i = affine_map<(d0) -> (d0)>\n"
      "func.func @f(%x: tensor<8xf32>, %n: tensor<8xi64>) -> tensor<8xf32> {\n"
      "  %e = tensor.empty() : tensor<8xf32>\n"
      "  %huge = arith.constant 4611686018427387904 : i64\n"
      "  %y = linalg.generic {indexing_maps = [#i, #i], iterator_types = "
      "[\"parallel\"]} ins(%n : tensor<8xi64>) outs(%e : tensor<8xf32>) {\n"
      "  ^bb0(%a: i64, %b: f32):\n    %k = arith.muli %a, %huge : i64\n"
      "    %j = arith.index_cast %k : i64 to index\n"
      "    %r = tensor.extract %x[%j] : tensor<8xf32>\n"
      "    linalg.yield %r : f32\n  } -> tensor<8xf32>\n"
      "  return %y : tensor<8xf32>\n}\n",
      // Fixed dimensions that are too large to run.
      "func.func @f(%x: tensor<65536x65536xf32>) -> tensor<65536x65536xf32> {\n"
      "  %a = tensor.expand_shape %x [[0, 1], [2]] output_shape [256, 256, "
      "65536] : tensor<65536x65536xf32> into tensor<256x256x65536xf32>\n"
      "  %b = arith.negf %a : tensor<256x256x65536xf32>\n"
      "  %c = tensor.collapse_shape %b [[0, 1], [2]] : "
      "tensor<256x256x65536xf32> into tensor<65536x65536xf32>\n"
      "  return %c : tensor<65536x65536xf32>\n}\n",
  };
  for (const std::string &program : programs) {
    CheckOptions options;
    options.limits.seconds = 60;
    auto begin = std::chrono::steady_clock::now();
    ProgramReport report = checkProgramApart(program, options);
    double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
            .count();
    EXPECT_FALSE(report.checks.empty());
    EXPECT_LT(seconds, 60) << program.substr(0, 300);
    const CheckOutcome &last = report.checks.back();
    RecordProperty("outcome", last.name + ": " + last.detail);
    if (std::getenv("QIMENG_SHOW_OUTCOMES"))
      llvm::errs() << seconds << " s, " << last.name << ": "
                   << describe(last.status) << ", " << last.detail << "\n";
  }
}

TEST(Hostile, AThousandMutations) {
  Result<std::string> good =
      readFile(std::string(QIMENG_EXAMPLES) + "/gemm_f32.mlir");
  ASSERT_TRUE(bool(good));
  std::mt19937 random(7);
  auto below = [&](size_t n) { return size_t(random() % n); };
  size_t refused = 0, apart = 0;
  for (unsigned i = 0; i < 1000; ++i) {
    std::string text = *good;
    for (size_t changes = 1 + below(3); changes > 0; --changes) {
      size_t at = below(text.size()), length = below(40);
      switch (below(8)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, text.substr(below(text.size()), length));
        break;
      case 2:
        text[at] = char(below(256));
        break;
      case 3:
        text.insert(at, hostileLines[below(std::size(hostileLines))]);
        break;
      case 4:
        text.insert(at, std::string(1 + below(5000), "([{<"[below(4)]));
        break;
      case 5:
        text.insert(at, std::string(1 + below(20), char('0' + below(10))));
        break;
      case 6:
        text = text.substr(0, at);
        break;
      default:
        for (size_t copies = below(10); copies > 0 && text.size() < 200000;
             --copies)
          text += text;
      }
      if (text.empty())
        text = " ";
    }
    std::string clean;
    if (!checkProgramText(text, {}, clean)) {
      ++refused;
      continue;
    }
    // What gets past the text is few, and is judged like anything else.
    if (++apart > 60)
      continue;
    ProgramReport report = checkProgramApart(text, {});
    ASSERT_FALSE(report.checks.empty());
    EXPECT_EQ(report.find("limits"), nullptr) << text;
  }
  EXPECT_GT(refused, 500u);
}

} // namespace
