//===- SessionDeviceTest.cpp - Candidates that hang, or race --------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// On the fake driver of the runtime's tests: real workers and requests, kernels
// that run on the host.
//
//===----------------------------------------------------------------------===//

#include "SessionDevice.h"
#include "TestKernels.h"
#include "qimeng/Support/Architecture.h"
#include "qimeng/Tuning/Progress.h"
#include "qimeng/Tuning/Session.h"
#include "qimeng/Tuning/TrialStore.h"
#include "gtest/gtest.h"
#include <chrono>
#include <cstdlib>

using namespace qimeng;
using Kind = Program::BufferKind;

#define EXPECT_MENTIONS(text, part)                                            \
  EXPECT_NE((text).find(part), std::string::npos) << (text)

namespace {

/// Much longer than any candidate here takes on a busy machine.
constexpr double patience = 1.5;

Program elementProgram(const std::string &kernel, unsigned blocks = 4,
                       DataType type = DataType::F32) {
  Program program;
  program.arch = "sm_80";
  program.name = kernel;
  program.buffers = {{"a", Kind::Input, type, {blocks, 256}},
                     {"b", Kind::Input, type, {blocks, 256}},
                     {"c", Kind::Output, type, {blocks, 256}}};
  program.modules = {{"kernels", test::elementKernels(), true}};
  Program::Launch launch;
  launch.kernel = kernel;
  launch.module = "kernels";
  launch.grid[0] = blocks;
  launch.block[0] = 256;
  launch.args = {{0, {}}, {1, {}}, {2, {}}};
  program.launches = {launch};
  return program;
}

/// Sets a variable that workers see.
class Variable {
public:
  Variable(const char *name, const std::string &value) : name(name) {
    ::setenv(name, value.c_str(), 1);
  }
  ~Variable() { ::unsetenv(name); }

private:
  const char *name;
};

class SessionDeviceTest : public testing::Test {
protected:
  void SetUp() override { open(patience); }
  void open(double seconds) {
    Result<std::unique_ptr<SessionDevice>> opened =
        SessionDevice::open(0, "", seconds);
    ASSERT_TRUE(opened) << opened.error();
    device = std::move(*opened);
    ASSERT_TRUE(
        device->setReference(elementProgram("vadd64", 4, DataType::F64)));
  }
  Trial measure(const Program &program, std::optional<double> best = {}) {
    Trial trial;
    trial.status = TrialStatus::verified;
    device->measure(program, 42, best, trial);
    return trial;
  }
  std::unique_ptr<SessionDevice> device;
};

TEST_F(SessionDeviceTest, WaitsInProportionToWhatCandidatesTake) {
  constexpr double patience = 30;
  open(patience);
  EXPECT_EQ(device->getTimeLimit(), 60);
  Trial small = measure(elementProgram("vadd"));
  ASSERT_EQ(small.status, TrialStatus::verified) << small.diagnostics;
  double limit = device->getTimeLimit();
  EXPECT_DOUBLE_EQ(limit, patience + 4 * *small.measureSeconds);
  ASSERT_TRUE(
      device->setReference(elementProgram("vadd64", 1024, DataType::F64)));
  Trial large = measure(elementProgram("vadd", 1024));
  ASSERT_EQ(large.status, TrialStatus::verified) << large.diagnostics;
  EXPECT_GT(device->getTimeLimit(), limit);
  limit = device->getTimeLimit();
  EXPECT_DOUBLE_EQ(limit, patience + 4 * *large.measureSeconds);
  // The longest decides, not the last.
  ASSERT_TRUE(device->setReference(elementProgram("vadd64", 4, DataType::F64)));
  small = measure(elementProgram("vadd"));
  ASSERT_LT(*small.measureSeconds, *large.measureSeconds);
  EXPECT_EQ(device->getTimeLimit(), limit);
}

TEST_F(SessionDeviceTest, ACandidateThatHangsCostsItselfOnly) {
  ASSERT_EQ(measure(elementProgram("vadd")).status, TrialStatus::verified);
  EXPECT_EQ(device->getStartedWorkers(), 1u);
  double limit = device->getTimeLimit();
  auto start = std::chrono::steady_clock::now();
  Trial trial = measure(elementProgram("spin"));
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(trial.status, TrialStatus::timedOut);
  EXPECT_EQ(trial.phase, TrialPhase::measure);
  char text[32];
  std::snprintf(text, sizeof text, "%g", limit);
  EXPECT_MENTIONS(trial.diagnostics,
                  "timeout: program 'spin': no answer within " +
                      std::string(text) + " seconds; the worker was killed");
  EXPECT_MENTIONS(trial.diagnostics, "look for a wait that nobody answers");
  EXPECT_MENTIONS(trial.diagnostics, "repeat the search with another trial");
  EXPECT_GE(took.count(), limit);
  EXPECT_LT(took.count(), limit + 5);
  // What hangs is no measure of how long candidates take.
  EXPECT_EQ(device->getTimeLimit(), limit);
  Trial next = measure(elementProgram("vadd"));
  EXPECT_EQ(next.status, TrialStatus::verified) << next.diagnostics;
  EXPECT_EQ(device->getStartedWorkers(), 2u);
}

TEST_F(SessionDeviceTest, OnlyTheBestIsRunAgain) {
  Trial trial = measure(elementProgram("vadd"));
  ASSERT_EQ(trial.status, TrialStatus::verified) << trial.diagnostics;
  EXPECT_EQ(trial.reruns, 100);
  double best = *trial.measuredMicroseconds;
  trial = measure(elementProgram("race"), best);
  EXPECT_EQ(trial.status, TrialStatus::verified) << trial.diagnostics;
  EXPECT_EQ(trial.reruns, std::nullopt);
  trial = measure(elementProgram("race"), 2 * best);
  EXPECT_EQ(trial.status, TrialStatus::refused);
  EXPECT_EQ(trial.phase, TrialPhase::measure);
  EXPECT_EQ(trial.measuredMicroseconds, std::nullopt);
  EXPECT_MENTIONS(trial.diagnostics,
                  "race: program 'race', output 'c': outputs differ from run "
                  "to run, so threads race; in further run 7 on the same "
                  "inputs 1 of 1024 elements differ, the first at 0");
}

TEST_F(SessionDeviceTest, TheResultIsRunAgain) {
  Program right = elementProgram("vadd"), racy = elementProgram("race"),
          endless = elementProgram("spin");
  auto finals = device->compare({&racy, &right}, 42);
  ASSERT_EQ(finals.size(), 2u);
  EXPECT_EQ(finals[0].status, TrialStatus::refused);
  EXPECT_EQ(finals[0].microseconds, 0);
  EXPECT_MENTIONS(finals[0].diagnostics, "outputs differ from run to run");
  EXPECT_EQ(finals[1].status, TrialStatus::verified);
  EXPECT_GT(finals[1].microseconds, 0);
  // As many as fit into their time.
  EXPECT_GT(finals[1].reruns, 100);
  finals = device->compare({&right}, 42);
  EXPECT_GT(finals[0].reruns, 100);
  // One that hangs now does not take the others along.
  ASSERT_EQ(measure(right).status, TrialStatus::verified);
  finals = device->compare({&right, &endless}, 42);
  EXPECT_EQ(finals[0].status, TrialStatus::verified);
  EXPECT_GT(finals[0].microseconds, 0);
  EXPECT_EQ(finals[1].status, TrialStatus::timedOut);
}

TEST_F(SessionDeviceTest, WhatCannotBeRunAgainIsNotToBlame) {
  Variable refused("FAKE_CUDA_REFUSE", "qimeng_differs");
  open(patience);
  Program right = elementProgram("vadd");
  Trial trial = measure(right);
  EXPECT_EQ(trial.status, TrialStatus::verified) << trial.diagnostics;
  EXPECT_EQ(trial.reruns, std::nullopt);
  auto finals = device->compare({&right}, 42);
  EXPECT_EQ(finals[0].status, TrialStatus::verified);
  EXPECT_GT(finals[0].microseconds, 0);
  EXPECT_EQ(finals[0].reruns, 0);
  EXPECT_MENTIONS(finals[0].diagnostics, "comparison");
}

//===----------------------------------------------------------------------===//
// Sessions
//===----------------------------------------------------------------------===//

class SessionOnADevice : public testing::Test {
protected:
  void SetUp() override {
    Result<TemporaryFolder> made = TemporaryFolder::create("qimeng-session");
    ASSERT_TRUE(made) << made.error();
    folder = std::make_unique<TemporaryFolder>(std::move(*made));
  }
  SessionResult run(const std::string &store) {
    SessionOptions options;
    options.program = "func.func @add(%a: tensor<64x256xf32>, %b: "
                      "tensor<64x256xf32>) -> tensor<64x256xf32> {\n"
                      "  %c = arith.addf %a, %b : tensor<64x256xf32>\n"
                      "  return %c : tensor<64x256xf32>\n}\n";
    options.programName = "add.mlir";
    options.architecture = *findArchitecture("sm_90a");
    options.budget = 8;
    options.threads = 1;
    options.device = 0;
    options.patienceSeconds = patience;
    options.toolName = "";
    options.haveAssembler = false;
    options.compilerVersion = "test";
    Progress::Options display;
    display.quiet = true;
    Progress progress(display);
    Result<TrialStore> opened = TrialStore::open(folder->path() + "/" + store);
    EXPECT_TRUE(opened) << opened.error();
    Result<SessionResult> result = runSession(options, *opened, progress);
    EXPECT_TRUE(result) << result.error();
    return result ? std::move(*result) : SessionResult();
  }
  /// As FAKE_CUDA_HANG names it.
  static std::string shapeOf(const Trial &trial) {
    const KernelFacts &kernel = trial.kernels.front();
    return kernel.grid + ", " + std::to_string(kernel.threads.value_or(0));
  }
  static const Trial *bestOf(const SessionResult &result) {
    for (const Trial &trial : result.report.trials)
      if (trial.recipe == result.recipe)
        return &trial;
    return nullptr;
  }
  static bool hasNote(const SessionResult &result, const std::string &part) {
    for (const std::string &note : result.report.notes)
      if (note.find(part) != std::string::npos)
        return true;
    return false;
  }
  static size_t count(const SessionResult &result, TrialStatus status) {
    size_t number = 0;
    for (const Trial &trial : result.report.trials)
      number += trial.status == status;
    return number;
  }
  std::unique_ptr<TemporaryFolder> folder;
  Variable any{"FAKE_CUDA_ANY_KERNEL", "1"};
};

TEST_F(SessionOnADevice, GoesOnWithoutTheBest) {
  SessionResult good = run("good.db");
  ASSERT_TRUE(good.found);
  const Trial *best = bestOf(good);
  ASSERT_TRUE(best);
  EXPECT_GT(best->step, 0);
  ASSERT_TRUE(best->reruns);
  EXPECT_GT(*best->reruns, 100);
  EXPECT_TRUE(hasNote(good, "The best kernel ran " +
                                std::to_string(*best->reruns) +
                                " more times on the same inputs, and its "
                                "outputs were the same bits"));
  std::string shape = shapeOf(*best);
  {
    // What won is wrong in the seventh of its further runs.
    Variable race("FAKE_CUDA_RACE", shape);
    SessionResult result = run("race.db");
    ASSERT_TRUE(result.found);
    EXPECT_GE(count(result, TrialStatus::refused), 1u);
    EXPECT_EQ(result.report.trials.size(), 8u);
    for (const Trial &trial : result.report.trials)
      if (trial.recipeKey == best->recipeKey) {
        EXPECT_EQ(trial.status, TrialStatus::refused);
        EXPECT_FALSE(trial.accepted);
        EXPECT_MENTIONS(trial.diagnostics, "race: program 'add'");
        EXPECT_MENTIONS(trial.diagnostics, "in further run 7");
      }
    const Trial *other = bestOf(result);
    ASSERT_TRUE(other);
    EXPECT_NE(shapeOf(*other), shape);
    EXPECT_EQ(other->status, TrialStatus::verified);
    EXPECT_GE(*other->measuredMicroseconds, *best->measuredMicroseconds);
  }
  {
    // Only the many runs of the result show it.
    Variable race("FAKE_CUDA_RACE", shape), rare("FAKE_CUDA_RACE_RUN", "130");
    SessionResult result = run("rare.db");
    ASSERT_TRUE(result.found);
    EXPECT_TRUE(hasNote(result, "was refused in the end: race: program"));
    EXPECT_NE(shapeOf(*bestOf(result)), shape);
    EXPECT_GT(bestOf(result)->reruns.value_or(0), 100);
  }
  {
    // The store remembers.
    SessionResult result = run("rare.db");
    ASSERT_TRUE(result.found);
    EXPECT_EQ(count(result, TrialStatus::refused), 1u);
    EXPECT_NE(bestOf(result)->recipeKey, best->recipeKey);
  }
  {
    Variable refused("FAKE_CUDA_REFUSE", "qimeng_differs");
    SessionResult result = run("refused.db");
    ASSERT_TRUE(result.found);
    EXPECT_EQ(shapeOf(*bestOf(result)), shape);
    EXPECT_TRUE(hasNote(result, "was not run again to look for races: "));
  }
  {
    Variable hang("FAKE_CUDA_HANG", shape);
    SessionResult result = run("hang.db");
    ASSERT_TRUE(result.found);
    size_t hung = count(result, TrialStatus::timedOut);
    EXPECT_GE(hung, 1u);
    EXPECT_EQ(result.report.trials.size(), 8u);
    // Trials after it go on as ever.
    EXPECT_GE(count(result, TrialStatus::verified), 2u);
    EXPECT_NE(shapeOf(*bestOf(result)), shape);
    for (const Trial &trial : result.report.trials)
      if (trial.status == TrialStatus::timedOut)
        EXPECT_MENTIONS(trial.diagnostics, "program 'add': no answer within");
  }
}

} // namespace
