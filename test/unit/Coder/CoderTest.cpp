//===- CoderTest.cpp - Answers of coders ----------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Coder/Coder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Parser/Parser.h"
#include "qimeng/Pipelines/Registration.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace qimeng;

namespace {

const char *const scale = R"(
qimeng.kernel @scale(%x: memref<1024xf32>, %y: memref<1024xf32>) {
  %t = qimeng.load %x : memref<1024xf32> -> tensor<1024xf32>
  %r = arith.mulf %t, %t : tensor<1024xf32>
  qimeng.store %r, %y : tensor<1024xf32>, memref<1024xf32>
})";

class CoderTest : public testing::Test {
protected:
  CoderTest() {
    DialectRegistry registry;
    registerDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
    program = parseSourceString<ModuleOp>(scale, &context);
  }
  Step step(StringRef action,
            ArrayRef<std::pair<StringRef, StringRef>> values = {}) {
    std::string why;
    FailureOr<Step> made = makeStep(&context, action, "scale", values, why);
    EXPECT_TRUE(succeeded(made)) << why;
    return *made;
  }
  bool apply(ModuleOp program, const CoderRequest &request,
             const CoderAnswer &answer, std::string &why) {
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      why += diagnostic.str();
      return success();
    });
    return succeeded(applyAnswer(program, request, answer));
  }
  const Architecture &target = **findArchitecture("sm_80");
  MLIRContext context;
  OwningOpRef<ModuleOp> program;
};

TEST_F(CoderTest, CarriesOutWhatIsAsked) {
  std::unique_ptr<Coder> coder = createBuiltinCoder();
  CoderRequest request{*program, step("tile", {{"sizes", "256"}}), target, {}};
  Result<CoderAnswer> answer = coder->answer(request);
  ASSERT_TRUE(bool(answer)) << answer.error();
  ASSERT_EQ(answer->steps.size(), 1u);
  EXPECT_EQ(answer->steps[0].str(), "tile @scale sizes = [256]");
  std::string why;
  ASSERT_TRUE(apply(*program, request, *answer, why)) << why;
  EXPECT_TRUE(program->lookupSymbol<KernelOp>("scale").isTiled());
}

TEST_F(CoderTest, ChoosesParametersAndOthersWhenRefused) {
  std::unique_ptr<Coder> coder = createBuiltinCoder();
  CoderRequest request{*program, step("tile"), target, {}};
  Result<CoderAnswer> first = coder->answer(request);
  ASSERT_TRUE(bool(first)) << first.error();
  request.diagnostics.push_back("too slow");
  Result<CoderAnswer> second = coder->answer(request);
  ASSERT_TRUE(bool(second)) << second.error();
  EXPECT_NE(first->steps[0].str(), second->steps[0].str());
  // Not for ever.
  request.diagnostics.resize(1000);
  EXPECT_FALSE(bool(coder->answer(request)));
}

TEST_F(CoderTest, SaysWhyNot) {
  std::unique_ptr<Coder> coder = createBuiltinCoder();
  Result<CoderAnswer> answer =
      coder->answer({*program, step("tile", {{"sizes", "3"}}), target, {}});
  ASSERT_FALSE(bool(answer));
  EXPECT_NE(answer.error().find("powers of two"), std::string::npos);
}

TEST_F(CoderTest, RequestAsText) {
  std::string text =
      toText(CoderRequest{*program, step("tile"), target, {"no such tile"}});
  for (const char *part :
       {"sm_80", "tile @scale", "sizes (list of integers)",
        "qimeng.kernel @scale", "Refused before: no such tile"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
}

TEST_F(CoderTest, AnswersAsText) {
  auto actions = parseAnswer(
      "I would tile it:\n```mlir\ntransform.qimeng.tile @scale sizes = [128] "
      "in %root : !transform.any_op\n```\nThat is all.",
      &context);
  ASSERT_TRUE(bool(actions)) << actions.error();
  ASSERT_EQ(actions->steps.size(), 1u);
  EXPECT_EQ(actions->steps[0].str(), "tile @scale sizes = [128]");

  auto kernel = parseAnswer(scale, &context);
  ASSERT_TRUE(bool(kernel)) << kernel.error();
  EXPECT_TRUE(kernel->steps.empty());
  EXPECT_NE(kernel->kernelText.find("qimeng.kernel @scale"), std::string::npos);

  EXPECT_FALSE(bool(parseAnswer("I cannot do that.", &context)));
  auto wrong = parseAnswer("transform.qimeng.tile @scale sizes = oops in %root "
                           ": !transform.any_op",
                           &context);
  ASSERT_FALSE(bool(wrong));
  EXPECT_NE(wrong.error().find("do not parse"), std::string::npos);
}

const char *const tiled = R"(
qimeng.kernel @scale(%x: memref<1024xf32>, %y: memref<1024xf32>) grid(2) {
  %p = qimeng.program_id 0
  %o = affine.apply affine_map<(d0) -> (d0 * 512)>(%p)
  %t = qimeng.load %x[%o] : memref<1024xf32> -> tensor<512xf32>
  %r = arith.mulf %t, %t : tensor<512xf32>
  qimeng.store %r, %y[%o] : tensor<512xf32>, memref<1024xf32>
})";

TEST_F(CoderTest, ATextIsAStep) {
  CoderRequest request{*program, step("tile"), target, {}};
  Result<CoderAnswer> answer = parseAnswer(tiled, &context);
  ASSERT_TRUE(bool(answer)) << answer.error();
  Result<std::vector<Step>> steps = getSteps(request, *answer);
  ASSERT_TRUE(bool(steps)) << steps.error();
  ASSERT_EQ(steps->size(), 1u);
  EXPECT_EQ(steps->front().action, "rewrite");
  EXPECT_EQ(steps->front().parameters.getAs<StringAttr>("text").getValue(),
            StringRef(tiled).trim());
  std::string why;
  OwningOpRef<ModuleOp> copy = program->clone();
  ASSERT_TRUE(apply(*copy, request, *answer, why)) << why;
  EXPECT_TRUE(copy->lookupSymbol<KernelOp>("scale").isTiled());
  // Another signature is another kernel.
  EXPECT_FALSE(apply(*copy, request,
                     {{}, "qimeng.kernel @scale(%x: memref<8xf32>) {}"}, why));
  EXPECT_NE(why.find("operands must stay"), std::string::npos) << why;
  why.clear();
  EXPECT_FALSE(apply(*copy, request,
                     {{}, "qimeng.kernel @other(%x: memref<8xf32>) {}"}, why));
  EXPECT_NE(why.find("the text must be of @scale"), std::string::npos) << why;
}

TEST_F(CoderTest, WhatWasAskedForMustHold) {
  CoderRequest request{*program, step("tile"), target, {}};
  std::string why;
  OwningOpRef<ModuleOp> copy = program->clone();
  EXPECT_FALSE(apply(*copy, request, {{}, scale}, why));
  EXPECT_EQ(why,
            "what was asked for (tile @scale) does not hold: @scale is not "
            "tiled: it has no grid(..)");
  // By other steps it may.
  CoderRequest persist{*program, step("persist"), target, {}};
  CoderAnswer answer;
  answer.steps = {step("tile", {{"sizes", "1"}}),
                  step("persist", {{"blocks", "8"}})};
  why.clear();
  EXPECT_TRUE(apply(*copy, persist, answer, why)) << why;
  answer.steps.pop_back();
  copy = program->clone();
  EXPECT_FALSE(apply(*copy, persist, answer, why));
  EXPECT_NE(why.find("persist @scale) does not hold: @scale is not persistent"),
            std::string::npos)
      << why;
  // Parameters that were asked for are part of it.
  CoderRequest sized{*program, step("tile", {{"sizes", "128"}}), target, {}};
  copy = program->clone();
  why.clear();
  EXPECT_TRUE(apply(*copy, sized, {{step("tile", {{"sizes", "64"}})}, ""}, why))
      << why;
}

TEST_F(CoderTest, OnlyWhatWasAskedAbout) {
  OwningOpRef<ModuleOp> two = parseSourceString<ModuleOp>(
      StringRef(scale).str() +
          StringRef(scale).substr(0).str().replace(15, 6, "@other"),
      &context);
  ASSERT_TRUE(two);
  CoderRequest request{*two, step("tile"), target, {}};
  std::string why;
  FailureOr<Step> other =
      makeStep(&context, "tile", "other", {{"sizes", "64"}}, why);
  ASSERT_TRUE(succeeded(other)) << why;
  CoderAnswer answer;
  answer.steps = {step("tile", {{"sizes", "64"}}), *other};
  EXPECT_FALSE(apply(*two, request, answer, why));
  EXPECT_NE(why.find("other kernels must stay as they are"), std::string::npos)
      << why;
  answer.steps.assign(17, step("tile"));
  why.clear();
  EXPECT_FALSE(apply(*two, request, answer, why));
  EXPECT_NE(why.find("17 steps, more than 16"), std::string::npos) << why;
  // What a text lacks is said, whoever asks.
  answer.steps = {Step{"rewrite", step("tile").parameters}};
  why.clear();
  EXPECT_FALSE(apply(*two, request, answer, why));
  EXPECT_NE(why.find("rewrite needs 'text'"), std::string::npos) << why;
}

} // namespace
