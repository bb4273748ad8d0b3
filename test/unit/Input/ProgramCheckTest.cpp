//===- ProgramCheckTest.cpp - Is a stranger's tensor program fit? ---------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Input/ProgramCheck.h"
#include "qimeng/Support/File.h"
#include "gtest/gtest.h"
#include <filesystem>

using namespace qimeng;

namespace {

/// "form: <diagnostics>" of the check that failed; "" where none did.
std::string failureOf(const std::string &text,
                      const CheckOptions &options = {}) {
  ProgramReport report = checkProgram(text, options);
  const CheckOutcome *failure = report.findFailure();
  return failure ? failure->name + ": " + failure->detail : "";
}

/// A function from tensor<16xf32> to tensor<16xf32>.
std::string withBody(const std::string &body) {
  return "func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {\n" + body +
         "\n}\n";
}

void expectFailure(const std::string &text, const std::string &part) {
  std::string failure = failureOf(text);
  EXPECT_NE(failure.find(part), std::string::npos)
      << "found: " << failure << "\nin: " << text.substr(0, 500);
}

TEST(ProgramCheck, TheExamplesPass) {
  for (const auto &entry :
       std::filesystem::directory_iterator(QIMENG_EXAMPLES)) {
    Result<std::string> text = readFile(entry.path().string());
    ASSERT_TRUE(bool(text));
    ProgramReport report = checkProgram(*text, {});
    const CheckOutcome *failure = report.findFailure();
    EXPECT_EQ(failure, nullptr)
        << entry.path() << " " << failure->name << ": " << failure->detail;
    const CheckOutcome *runs = report.find("runs");
    ASSERT_NE(runs, nullptr);
    EXPECT_EQ(runs->status, CheckOutcome::Status::Passed)
        << entry.path() << " " << runs->detail;
  }
}

TEST(ProgramCheck, TextIsRefusedBeforeItIsParsed) {
  std::string pass = "  return %x : tensor<16xf32>";
  struct {
    std::string text, why;
  } cases[] = {
      {withBody("  scf.while : () -> () { scf.condition(%c) } do { scf.yield "
                "}\n" +
                pass),
       "text: line 2: 'scf.while' is not allowed"},
      {withBody("  \"llvm.inline_asm\"() {asm_string = \"ud2\"} : () -> ()\n" +
                pass),
       "text: line 2: the string \"llvm.inline_asm\""},
      {withBody("  llvm.inline_asm \"ud2\", \"\" : () -> ()\n" + pass),
       "text: line 2: 'llvm.inline_asm' is not allowed"},
      {withBody("  %m = memref.alloc() : memref<4xf32>\n" + pass),
       "'memref.alloc' is not allowed"},
      {"memref.global @g : memref<4xf32>\n" + withBody(pass),
       "'memref.global' is not allowed"},
      {withBody("  return %x : tensor<16xf32> loc(\"/etc/passwd\":1:1)"),
       "a location"},
      {"!a = tuple<f32, f32>\n!b = tuple<!a, !a>\n" + withBody(pass),
       "text: line 1: a type of a dialect"},
      {"#a = [1, 1]\n#b = [#a, #a]\n" + withBody(pass),
       "text: line 1: an alias of something other than affine_map"},
      {withBody(pass) + "{-# dialect_resources: {} #-}", "a section of"},
      {withBody("  %c = arith.constant dense_resource<r> : tensor<16xf32>\n" +
                pass),
       "'dense_resource'"},
      {withBody("  %c = arith.constant dense<\"0x00\"> : tensor<16xf32>\n" +
                pass),
       "the string \"0x00\""},
      {std::string(100000, '('), "at most 65536 are read"},
      {std::string(1000, '('), "more than 32 brackets"},
      {std::string(60000, 'a'), "parses: "},
      {"func.func @f() {", "the text ends before '}'"},
      {"func.func @f() }", "'}' closes nothing"},
      {"func.func @\"../../etc\"() {}", "a quoted name"},
      {std::string("func.func @f\0() {}", 18), "0x00"},
      {"func.func @f\x1b[2J() {}", "0x1b"},
      {"func.func @fü() {}", "0xc3"},
      {"// nothing\n", "is empty"},
      {withBody("  %a = \"parallel"), "the string"},
  };
  for (const auto &one : cases)
    expectFailure(one.text, one.why);
}

TEST(ProgramCheck, CommentsAreLeftOut) {
  std::string clean;
  ASSERT_TRUE(bool(checkProgramText("// all checks passed\n\n"
                                    "func.func @f() { // \x1b[31m\n}\r\n",
                                    {}, clean)));
  EXPECT_EQ(clean, "func.func @f() {\n}\n");
}

TEST(ProgramCheck, Form) {
  std::string pass = "  return %x : tensor<16xf32>";
  struct {
    std::string text, why;
  } cases[] = {
      {withBody(pass) + "func.func @g(%x: tensor<4xf32>) -> tensor<4xf32> { "
                        "return %x : tensor<4xf32> }",
       "form: line 4: error: a second function, 'g'"},
      {"func.func private @f(tensor<4xf32>) -> tensor<4xf32>",
       "the function has no body"},
      {"func.func private @system(tensor<16xf32>) -> tensor<16xf32>\n" +
           withBody("  %y = func.call @system(%x) : (tensor<16xf32>) -> "
                    "tensor<16xf32>\n  return %y : tensor<16xf32>"),
       "form: line 2: error: a second function, 'f'"},
      {withBody("  %y = func.call @f(%x) : (tensor<16xf32>) -> "
                "tensor<16xf32>\n  return %y : tensor<16xf32>"),
       "'func.call' is not allowed"},
      {"func.func private @f(%x: tensor<4xf32>) -> tensor<4xf32> { return %x : "
       "tensor<4xf32> }",
       "the function is not public"},
      {"func.func @f(%x: tensor<?xf32>) -> tensor<?xf32> { return %x : "
       "tensor<?xf32> }",
       "argument 0 has a dynamic shape"},
      {"func.func @f(%x: tensor<*xf32>) -> tensor<*xf32> { return %x : "
       "tensor<*xf32> }",
       "expected a tensor of static shape"},
      {"func.func @f(%x: memref<4xf32>) -> memref<4xf32> { return %x : "
       "memref<4xf32> }",
       "expected a tensor of static shape"},
      {"func.func @f(%x: tensor<4xi7>) -> tensor<4xi7> { return %x : "
       "tensor<4xi7> }",
       "elements are f16, bf16"},
      {"func.func @f(%x: tensor<4xcomplex<f32>>) -> tensor<4xcomplex<f32>> { "
       "return %x : tensor<4xcomplex<f32>> }",
       "elements are f16, bf16"},
      {"func.func @f(%x: tensor<1000000x1000000xf32>) -> "
       "tensor<1000000x1000000xf32> { return %x : tensor<1000000x1000000xf32> "
       "}",
       "at most 6.87e+10 are allowed"},
      {"func.func @f(%x: "
       "tensor<4000000000000000x4000000000000000x4000000000000000xf32>) -> "
       "tensor<4000000000000000x4000000000000000x4000000000000000xf32> { "
       "return %x : "
       "tensor<4000000000000000x4000000000000000x4000000000000000xf32> }",
       "elements"},
      {"func.func @f(%x: tensor<0xf32>) -> tensor<0xf32> { return %x : "
       "tensor<0xf32> }",
       "has no elements"},
      {"func.func @f(%x: tensor<4xf32>) { return }", "returns nothing"},
      {"func.func @f(%x: tensor<4xf32> {qimeng.secret = 1}) -> tensor<4xf32> { "
       "return %x : tensor<4xf32> }",
       "'qimeng.secret' is not allowed"},
      {withBody("  %y = arith.addf %x, %x {mine} : tensor<16xf32>\n"
                "  return %y : tensor<16xf32>"),
       "has an attribute of its own, 'mine'"},
      {"module attributes {mine} {\n" + withBody(pass) + "}",
       "verifies: line 1: error: 'builtin.module' op can only contain"},
      {"module {\nmodule {\n" + withBody(pass) + "}\n}", "'builtin.module'"},
      {"func.func @f(%x: tensor<16xf32>, %i: tensor<1xi32>) -> tensor<4xf32> "
       "{\n  %zero = arith.constant 0 : index\n  %n = tensor.extract "
       "%i[%zero] : tensor<1xi32>\n  %k = arith.index_cast %n : i32 to index\n"
       "  %y = tensor.extract_slice %x[%k] [4] [1] : tensor<16xf32> to "
       "tensor<4xf32>\n  return %y : tensor<4xf32>\n}",
       "offsets, sizes and strides must be constants"},
  };
  for (const auto &one : cases)
    expectFailure(one.text, one.why);
}

TEST(ProgramCheck, BadPrograms) {
  expectFailure(withBody("  return %y : tensor<16xf32>"),
                "parses: line 2: error: use of undeclared SSA value name");
  expectFailure(withBody("  %e = tensor.empty() : tensor<16xf32>\n  return %e "
                         ": tensor<16xf32>"),
                ": ");
  // An accumulator that is not filled.
  expectFailure(
      "func.func @f(%a: tensor<8x4xf32>, %b: tensor<4x8xf32>) -> "
      "tensor<8x8xf32> {\n  %e = tensor.empty() : tensor<8x8xf32>\n  %c = "
      "linalg.matmul ins(%a, %b : tensor<8x4xf32>, tensor<4x8xf32>) outs(%e : "
      "tensor<8x8xf32>) -> tensor<8x8xf32>\n  return %c : tensor<8x8xf32>\n}",
      "runs: ");
}

TEST(ProgramCheck, ReducedSizesKeepWhatConstantsFollowFrom) {
  Result<std::string> text = readFile(std::string(QIMENG_EXAMPLES) +
                                      "/layernorm_bf16_65536x1024.mlir");
  ASSERT_TRUE(bool(text));
  ProgramReport report = checkProgram(*text, {});
  ASSERT_NE(report.find("runs"), nullptr);
  EXPECT_NE(report.find("runs")->detail.find("tensor<24x1024xbf16>"),
            std::string::npos)
      << report.find("runs")->detail;
}

TEST(ProgramCheck, SentencesAreComparedByWords) {
  EXPECT_EQ(compareWithSentence("product of 4096x4096 bf16, add a bias",
                                {4096, 4096}, {"bf16", "f32"}),
            "the sentence's 4096 and bf16 occur in the program");
  EXPECT_EQ(compareWithSentence("4096x512xf16 and 8k", {4096, 8192}, {"f32"}),
            "the sentence's 4096 and 8k occur in the program; 512 and f16 do "
            "not");
  EXPECT_EQ(compareWithSentence("512", {4}, {}),
            "the sentence's 512 does not occur in the program");
  EXPECT_EQ(compareWithSentence("softmax of a matrix", {4}, {"f32"}), "");
}

TEST(ProgramCheck, TheSameApart) {
  Result<std::string> text =
      readFile(std::string(QIMENG_EXAMPLES) + "/softmax_bf16_65536x1024.mlir");
  ASSERT_TRUE(bool(text));
  CheckOptions options;
  options.sentence = "softmax of 65536x1024";
  ProgramReport here = checkProgram(*text, options),
                apart = checkProgramApart(*text, options);
  ASSERT_EQ(here.checks.size(), apart.checks.size());
  for (size_t i = 0; i < here.checks.size(); ++i) {
    EXPECT_EQ(here.checks[i].name, apart.checks[i].name);
    EXPECT_EQ(here.checks[i].status, apart.checks[i].status);
    EXPECT_EQ(here.checks[i].detail, apart.checks[i].detail);
  }
}

TEST(ProgramCheck, WhatTakesTooLongIsEnded) {
  Result<std::string> text =
      readFile(std::string(QIMENG_EXAMPLES) + "/attention_f16.mlir");
  ASSERT_TRUE(bool(text));
  CheckOptions options;
  options.limits.seconds = 0.01;
  ProgramReport report = checkProgramApart(*text, options);
  ASSERT_NE(report.findFailure(), nullptr);
  EXPECT_NE(report.findFailure()->detail.find("was ended after 0 s"),
            std::string::npos);
}

} // namespace
