//===- SessionCoderTest.cpp - Sessions whose model is wrong at first ------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Whole sessions: store, Verify, PTX and assembler. What the checks find wrong
// without those is in SearchRepairTest.
//
//===----------------------------------------------------------------------===//

#include "qimeng/LLM/ChatModel.h"
#include "qimeng/Support/File.h"
#include "qimeng/Tuning/Progress.h"
#include "qimeng/Tuning/Session.h"
#include "qimeng/Tuning/TrialStore.h"
#include "gtest/gtest.h"
#include <functional>
#include <map>

using namespace qimeng;

namespace {

/// Both exponentials of a row are needed until both sums are known.
const std::string program = R"(
func.func @main(%a: memref<8x4096xf32>, %b: memref<8x4096xf32>, %c: memref<8x4096xf32>) {
  qimeng.launch @pair(%a, %b, %c) : memref<8x4096xf32>, memref<8x4096xf32>, memref<8x4096xf32>
  return
}
qimeng.kernel @pair(%a: memref<8x4096xf32>, %b: memref<8x4096xf32>, %c: memref<8x4096xf32>) {
  %x = qimeng.load %a : memref<8x4096xf32> -> tensor<8x4096xf32>
  %y = qimeng.load %b : memref<8x4096xf32> -> tensor<8x4096xf32>
  %p = math.exp %x : tensor<8x4096xf32>
  %q = math.exp %y : tensor<8x4096xf32>
  %s = qimeng.reduce add %p axes [1] : tensor<8x4096xf32>
  %t = qimeng.reduce add %q axes [1] : tensor<8x4096xf32>
  %u = qimeng.broadcast %s axes [1] : tensor<8xf32> -> tensor<8x4096xf32>
  %v = qimeng.broadcast %t axes [1] : tensor<8xf32> -> tensor<8x4096xf32>
  %m = arith.divf %p, %v : tensor<8x4096xf32>
  %n = arith.divf %q, %u : tensor<8x4096xf32>
  %r = arith.addf %m, %n : tensor<8x4096xf32>
  qimeng.store %r, %c : tensor<8x4096xf32>, memref<8x4096xf32>
})";

/// A row to each program, by that many warps.
std::string rows(const std::string &warps, const std::string &last = "addf") {
  return R"(qimeng.kernel @pair(%a: memref<8x4096xf32>, %b: memref<8x4096xf32>, %c: memref<8x4096xf32>) grid(8) schedule<warps = )" +
         warps + R"(> {
  %i = qimeng.program_id 0
  %z = arith.constant 0 : index
  %x = qimeng.load %a[%i, %z] : memref<8x4096xf32> -> tensor<1x4096xf32>
  %y = qimeng.load %b[%i, %z] : memref<8x4096xf32> -> tensor<1x4096xf32>
  %p = math.exp %x : tensor<1x4096xf32>
  %q = math.exp %y : tensor<1x4096xf32>
  %s = qimeng.reduce add %p axes [1] : tensor<1x4096xf32>
  %t = qimeng.reduce add %q axes [1] : tensor<1x4096xf32>
  %u = qimeng.broadcast %s axes [1] : tensor<1xf32> -> tensor<1x4096xf32>
  %v = qimeng.broadcast %t axes [1] : tensor<1xf32> -> tensor<1x4096xf32>
  %m = arith.divf %p, %v : tensor<1x4096xf32>
  %n = arith.divf %q, %u : tensor<1x4096xf32>
  %r = arith.)" +
         last + R"( %m, %n : tensor<1x4096xf32>
  qimeng.store %r, %c[%i, %z] : tensor<1x4096xf32>, memref<8x4096xf32>
})";
}

/// Answers in the order of a script, and remembers, as the cache does.
class ScriptedModel : public ChatModel {
public:
  explicit ScriptedModel(std::vector<std::string> script)
      : script(std::move(script)) {}
  std::string getName() const override { return "scripted"; }
  Result<ChatReply> ask(const ChatRequest &request, ChatFault *) override {
    std::string key;
    for (const ChatMessage &message : request.messages)
      key += message.text + "\n";
    auto [at, isNew] = answers.try_emplace(key, "");
    if (isNew) {
      questions.push_back(key);
      if (questions.size() <= script.size())
        at->second = script[questions.size() - 1];
    }
    ChatReply reply;
    reply.text = at->second.empty() ? "I do not know." : at->second;
    return reply;
  }
  std::vector<std::string> questions;

private:
  std::vector<std::string> script;
  std::map<std::string, std::string> answers;
};

class SessionCoderTest : public testing::Test {
protected:
  SessionCoderTest() {
    Result<TemporaryFolder> made = TemporaryFolder::create("qimeng-session");
    EXPECT_TRUE(bool(made));
    folder = std::make_unique<TemporaryFolder>(std::move(*made));
  }
  std::vector<Trial> run(ScriptedModel &model, int64_t budget,
                         const std::string &store = "trials.db",
                         const std::string &source = program) {
    Result<TrialStore> opened = TrialStore::open(folder->path() + "/" + store);
    EXPECT_TRUE(bool(opened)) << opened.error();
    SessionOptions options;
    options.program = source;
    options.programName = "pair.mlir";
    options.architecture = *findArchitecture("sm_90a");
    options.budget = budget;
    options.planner = "rules";
    options.coder = "llm";
    options.codeAll = true;
    options.model = &model;
    options.compilerVersion = "test";
    Progress::Options quiet;
    quiet.quiet = true;
    Progress progress(quiet);
    Result<SessionResult> result = runSession(options, *opened, progress);
    EXPECT_TRUE(bool(result)) << result.error();
    return result ? result->report.trials : std::vector<Trial>();
  }
  std::unique_ptr<TemporaryFolder> folder;
};

TEST_F(SessionCoderTest, NumbersAndSpillsGoBackToTheModel) {
  ScriptedModel model({rows("8", "subf"), rows("1"), rows("8")});
  std::vector<Trial> trials = run(model, 4);
  ASSERT_EQ(trials.size(), 4u);
  EXPECT_EQ(trials[0].coder, "built-in");
  for (int64_t i = 1; i < 4; ++i) {
    EXPECT_EQ(trials[i].coder, "llm");
    EXPECT_EQ(trials[i].attempt, i - 1);
    EXPECT_EQ(trials[i].action, trials[1].action);
  }
  EXPECT_EQ(trials[1].status, TrialStatus::refused);
  EXPECT_NE(trials[1].diagnostics.find("differs at"), std::string::npos)
      << trials[1].diagnostics;
  EXPECT_EQ(trials[2].status, TrialStatus::failed);
  EXPECT_EQ(trials[2].phase, TrialPhase::assemble);
  EXPECT_NE(trials[2].diagnostics.find("@pair spills"), std::string::npos)
      << trials[2].diagnostics;
  EXPECT_EQ(trials[3].status, TrialStatus::verified) << trials[3].diagnostics;
  EXPECT_TRUE(trials[3].accepted);
  // The model was told both.
  ASSERT_EQ(model.questions.size(), 3u);
  EXPECT_NE(model.questions[2].find("differs at"), std::string::npos);
  EXPECT_NE(model.questions[2].find("@pair spills"), std::string::npos);
}

// What cannot be compared is not taken: a text that adds where the program
// multiplies passes every proof.
TEST_F(SessionCoderTest, TextsThatAreTooLargeForTheCpuAreRefused) {
  auto large = [](std::string text) {
    for (size_t at = 0; (at = text.find("128", at)) != std::string::npos;)
      text.replace(at, 3, "33554432");
    return text;
  };
  const std::string square = large(R"(
func.func @main(%a: memref<128xf32>, %b: memref<128xf32>) {
  qimeng.launch @square(%a, %b) : memref<128xf32>, memref<128xf32>
  return
}
qimeng.kernel @square(%a: memref<128xf32>, %b: memref<128xf32>) {
  %x = qimeng.load %a : memref<128xf32> -> tensor<128xf32>
  %y = arith.mulf %x, %x : tensor<128xf32>
  qimeng.store %y, %b : tensor<128xf32>, memref<128xf32>
})");
  ScriptedModel model({large(
      R"(qimeng.kernel @square(%a: memref<128xf32>, %b: memref<128xf32>) grid(32768) {
  %p = qimeng.program_id 0
  %o = affine.apply affine_map<(d0) -> (d0 * 1024)>(%p)
  %x = qimeng.load %a[%o] : memref<128xf32> -> tensor<1024xf32>
  %y = arith.addf %x, %x : tensor<1024xf32>
  qimeng.store %y, %b[%o] : tensor<1024xf32>, memref<128xf32>
})")});
  std::vector<Trial> trials = run(model, 3, "large.db", square);
  ASSERT_EQ(trials.size(), 3u);
  EXPECT_EQ(trials[0].status, TrialStatus::verified);
  EXPECT_EQ(trials[1].status, TrialStatus::refused);
  EXPECT_EQ(trials[1].coder, "llm");
  EXPECT_NE(trials[1].diagnostics.find("check 4 (numbers): a kernel with a new "
                                       "text runs at the program's own sizes"),
            std::string::npos)
      << trials[1].diagnostics;
}

TEST_F(SessionCoderTest, GoesOnWithoutAskingTwice) {
  const std::vector<std::string> script = {rows("8", "subf"), "no idea",
                                           rows("8")};
  ScriptedModel once(script);
  std::vector<Trial> whole = run(once, 6, "whole.db");
  ASSERT_EQ(whole.size(), 5u);
  ScriptedModel again(script);
  std::vector<Trial> parts;
  for (int64_t budget = 1; budget <= 6; ++budget)
    parts = run(again, budget, "parts.db");
  ASSERT_EQ(parts.size(), whole.size());
  for (size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(parts[i].recipe, whole[i].recipe);
    EXPECT_EQ(parts[i].diagnostics, whole[i].diagnostics);
    EXPECT_EQ(parts[i].coder, whole[i].coder);
    EXPECT_EQ(parts[i].attempt, whole[i].attempt);
    EXPECT_EQ(parts[i].accepted, whole[i].accepted);
  }
  EXPECT_EQ(again.questions, once.questions);
}

} // namespace
