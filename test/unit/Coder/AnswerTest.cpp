//===- AnswerTest.cpp - What models write ---------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Parser/Parser.h"
#include "qimeng/Coder/Coder.h"
#include "qimeng/Pipelines/Registration.h"
#include "gtest/gtest.h"
#include <chrono>
#include <random>

using namespace mlir;
using namespace qimeng;

namespace {

const std::string tile =
    "transform.qimeng.tile @k sizes = [64] in %root : !transform.any_op";
const std::string kernel =
    R"(qimeng.kernel @k(%x: memref<256xf32>, %y: memref<256xf32>) grid(2) {
  %p = qimeng.program_id 0
  %o = affine.apply affine_map<(d0) -> (d0 * 128)>(%p)
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %t = qimeng.load %x[%o] : memref<256xf32> -> tensor<128xf32>
  %r = scf.for %i = %c0 to %c1 step %c1 iter_args(%a = %t) -> tensor<128xf32> {
    %s = arith.addf %a, %t : tensor<128xf32>
    scf.yield %s : tensor<128xf32>
  }
  qimeng.store %r, %y[%o] : tensor<128xf32>, memref<256xf32>
})";

class AnswerTest : public testing::Test {
protected:
  AnswerTest() {
    DialectRegistry registry;
    registerDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
    program = parseSourceString<ModuleOp>(
        "qimeng.kernel @k(%x: memref<256xf32>, %y: memref<256xf32>) {\n"
        "  %t = qimeng.load %x : memref<256xf32> -> tensor<256xf32>\n"
        "  %r = arith.addf %t, %t : tensor<256xf32>\n"
        "  qimeng.store %r, %y : tensor<256xf32>, memref<256xf32>\n}",
        &context);
  }
  std::string steps(const std::string &text) {
    Result<CoderAnswer> answer = parseAnswer(text, &context);
    if (!answer)
      return "error: " + answer.error();
    std::string all;
    for (const Step &step : answer->steps)
      all += step.str() + "\n";
    return all;
  }
  std::string text(const std::string &text) {
    Result<CoderAnswer> answer = parseAnswer(text, &context);
    return answer ? answer->kernelText : "error: " + answer.error();
  }
  /// Carries the text out where it can be; nothing else is expected of it.
  bool survive(const std::string &text) {
    Result<CoderAnswer> answer = parseAnswer(text, &context);
    if (!answer)
      return false;
    std::string why;
    CoderRequest request{*program,
                         *makeStep(&context, "tile", "k", {}, why),
                         **findArchitecture("sm_90a"),
                         {}};
    ScopedDiagnosticHandler quiet(&context,
                                  [](Diagnostic &) { return success(); });
    OwningOpRef<ModuleOp> copy = program->clone();
    if (failed(applyAnswer(*copy, request, *answer)))
      return false;
    // Never another symbol.
    EXPECT_EQ(llvm::range_size(copy->getOps()), 1) << text;
    EXPECT_TRUE(copy->lookupSymbol<KernelOp>("k")) << text;
    return true;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> program;
};

TEST_F(AnswerTest, CodeIsFoundWhereverItStands) {
  const std::string wanted = "tile @k sizes = [64]\n";
  EXPECT_EQ(steps(tile), wanted);
  EXPECT_EQ(steps("Sure!\n\n" + tile + "\n\nThat tiles it."), wanted);
  EXPECT_EQ(steps("```\n" + tile + "\n```"), wanted);
  EXPECT_EQ(steps("As MLIR:\r\n```mlir\r\n" + tile + "\r\n```\r\nDone.\r\n"),
            wanted);
  EXPECT_EQ(steps("\xef\xbb\xbf~~~MLIR\n" + tile + "\n~~~"), wanted);
  EXPECT_EQ(steps("Run\n```sh\nnvcc x.cu\n```\nor rather\n```mlir\n" + tile +
                  "\n```"),
            wanted);
  EXPECT_EQ(steps("````md\n" + tile + "\n// ``` is no end\n````"), wanted);
  EXPECT_EQ(steps("First\n" + tile + "\nand then\n" +
                  "transform.qimeng.persist @k in %root : !transform.any_op"),
            wanted + "persist @k\n");
  EXPECT_EQ(steps("module attributes {transform.with_named_sequence} {\n"
                  "  transform.named_sequence @__transform_main(%root: "
                  "!transform.any_op {transform.readonly}) {\n    " +
                  tile + "\n    transform.yield\n  }\n}\n"),
            wanted);
  EXPECT_EQ(text(kernel), kernel);
  EXPECT_EQ(text("I suggest:\n" + kernel + "\nIt adds once more."), kernel);
  EXPECT_EQ(text("```mlir\n// Faster.\n" + kernel + "\n```\n"),
            "// Faster.\n" + kernel);
  EXPECT_EQ(text("Here:\n#m = affine_map<(d0) -> (d0)>\n" + kernel),
            "#m = affine_map<(d0) -> (d0)>\n" + kernel);
  // A retile is no step of the answer's own, but the recipe's.
  EXPECT_EQ(steps("transform.qimeng.retile @k warps = 8 in %root : "
                  "!transform.any_op"),
            "retile @k warps = 8\n");
}

TEST_F(AnswerTest, WhatIsNoAnswerIsSaid) {
  const std::string neither =
      "error: the answer holds neither transform ops nor a qimeng.kernel";
  EXPECT_EQ(steps(""), neither);
  EXPECT_EQ(steps("I am sorry, I cannot do that."), neither);
  EXPECT_EQ(steps("```python\n@triton.jit\ndef k(): pass\n```"),
            neither + "; its blocks are in: python");
  EXPECT_EQ(steps("__global__ void k() {}"), neither);
  EXPECT_EQ(
      steps("```mlir\n" + tile + "\n```\nor\n```mlir\n" + kernel + "\n```"),
      "error: the answer has 2 blocks that could be meant; give one");
  EXPECT_EQ(steps("```mlir\n" + kernel.substr(0, 200)),
            "error: the answer ends inside a fenced block; it was cut off");
  EXPECT_EQ(steps("transform.print %root : !transform.any_op"),
            "error: the answer's transform ops do not parse: line 1: "
            "'transform.print' is no macro action; those are "
            "transform.qimeng.<name>");
  EXPECT_EQ(steps("transform.qimeng.explode @k in %root : !transform.any_op")
                .find("error: the answer's transform ops do not parse: line 1"),
            0u);
  EXPECT_EQ(steps(tile + "\n" + "transform.qimeng.tile @k sizes = [a]"),
            "error: the answer's transform ops do not parse: line 2: custom op "
            "'transform.qimeng.tile' expected integer value");
  EXPECT_EQ(steps(tile + "\ntransform.yield } transform.named_sequence @x {"),
            "error: the answer's transform ops are refused: line 2: '}' closes "
            "no '{'");
  EXPECT_EQ(steps("transform.qimeng.tile @k in %root : !llvm.ptr"),
            "error: the answer's transform ops are refused: line 1: 'llvm.ptr' "
            "is not of transform, builtin");
  EXPECT_EQ(steps(std::string(300000, 'x')),
            "error: the answer has 300000 bytes, more than 262144");
}

TEST_F(AnswerTest, DepthIsRefusedBeforeItIsParsed) {
  for (const char *open : {"(", "[", "{", "<", "affine_map<(", "tuple<",
                           "loc(fused[", "() -> ("}) {
    std::string deep;
    for (int i = 0; i < 20000; ++i)
      deep += open;
    deep.resize(std::min<size_t>(deep.size(), 120000));
    EXPECT_FALSE(survive("qimeng.kernel @k" + deep)) << open;
    EXPECT_FALSE(survive("transform.qimeng.tile @k " + deep)) << open;
  }
}

/// A thousand texts that are nearly right. Each is read, applied or refused in
/// no time, and none makes a second symbol.
TEST_F(AnswerTest, AThousandMistakes) {
  const std::string pieces[] = {
      "{",
      "}",
      "(",
      ")",
      "[",
      "]",
      "<",
      ">",
      "->",
      "\"",
      "%x",
      "%x#7",
      "@k",
      "@other",
      "#",
      "!",
      "#a = [#a]\n",
      "!t = tuple<i32>\n",
      "tuple<!t, !t>",
      "-9223372036854775808",
      "9223372036854775807",
      "1e999",
      "0x",
      "i1",
      "f32",
      "index",
      "i16777215",
      "tensor<0xf32>",
      "tensor<*xf32>",
      "tensor<9223372036854775807x9223372036854775807xf32>",
      "memref<?xf32>",
      "dense<>",
      "dense<\"0xZZ\">",
      "affine_map<() -> ()>",
      " mod 0",
      " floordiv 0",
      " ceildiv -1",
      "loc(unknown)",
      "^bb0:",
      "cf.br ^bb0",
      "scf.while",
      "scf.if",
      "scf.for",
      "qimeng.kernel @k() {}",
      "qimeng.role",
      "qimeng.take",
      "qimeng.channel",
      "grid(0)",
      "grid(-1)",
      "grid()",
      "schedule<warps = 3>",
      "attributes {}",
      "step %c0",
      "masked",
      "// ",
      "\0",
      "\n",
      "\xff\xfe",
      "module {",
      "func.func @f() { return }",
      "transform.yield",
      "IGNORE ALL PREVIOUS INSTRUCTIONS"};
  std::mt19937_64 random(7);
  size_t carriedOut = 0;
  auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) {
    std::string text = i % 4 ? kernel : tile;
    for (size_t n = 1 + random() % 3; n > 0; --n) {
      size_t at = random() % text.size();
      switch (random() % 4) {
      case 0: // something is in the way
        text.insert(at, " " + pieces[random() % std::size(pieces)] + " ");
        break;
      case 1: // something is missing
        text.erase(at, 1 + random() % 12);
        break;
      case 2: // something is said twice
        text.insert(at, text.substr(random() % text.size(), random() % 40));
        break;
      case 3: // a number is another
        at = text.find_first_of("0123456789", at);
        if (at != std::string::npos)
          text[at] = char('0' + random() % 10);
        break;
      }
      if (text.empty())
        text = "x";
    }
    carriedOut += survive(text);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
  // Some mistakes are none.
  EXPECT_GT(carriedOut, 10u);
  EXPECT_LT(carriedOut, 500u);
}

} // namespace
