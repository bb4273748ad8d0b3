//===- TrialStoreTest.cpp - What goes in comes out ------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Tuning/TrialStore.h"
#include "../../../lib/Tuning/TrialSchema.h"
#include "TrialSamples.h"
#include "qimeng/Support/File.h"
#include <gtest/gtest.h>
#include <limits>
#include <sqlite3.h>
#include <thread>

using namespace qimeng;

namespace {

class TrialStoreTest : public ::testing::Test {
protected:
  void SetUp() override {
    auto made = TemporaryFolder::create("qimeng-trials");
    ASSERT_TRUE(made) << made.error();
    folder = std::make_unique<TemporaryFolder>(std::move(*made));
    path = folder->path() + "/trials.db";
  }

  TrialStore open() {
    auto store = TrialStore::open(path);
    EXPECT_TRUE(store) << store.error();
    return std::move(*store);
  }

  std::unique_ptr<TemporaryFolder> folder;
  std::string path;
};

TEST_F(TrialStoreTest, KeepsEveryField) {
  Trial trial = sampleTrial(3, 212.5);
  trial.status = TrialStatus::timedOut;
  trial.phase = TrialPhase::assemble;
  trial.accepted = true;
  trial.cutOff = true;
  trial.reruns = 100;
  trial.attempt = 2;
  trial.diagnostics = std::string("line one\nbyte \0 and \xff", 21);
  trial.absoluteError = std::numeric_limits<double>::infinity();
  trial.relativeError.reset();
  trial.createdMilliseconds = 1700000000123;
  KernelFacts second;
  second.name = "reduce";
  second.microseconds = 4.25;
  trial.kernels.push_back(second);
  {
    TrialStore store = open();
    auto inserted = store.insert(trial);
    ASSERT_TRUE(inserted) << inserted.error();
    EXPECT_TRUE(inserted->isNew);
  }

  TrialStore store = open();
  auto trials = store.sessionTrials("session");
  ASSERT_TRUE(trials) << trials.error();
  ASSERT_EQ(trials->size(), 1u);
  const Trial &kept = trials->front();
  EXPECT_GT(kept.id, 0);
  EXPECT_EQ(kept.sessionKey, trial.sessionKey);
  EXPECT_EQ(kept.program.kernelKey, trial.program.kernelKey);
  EXPECT_EQ(kept.program.arch, trial.program.arch);
  EXPECT_EQ(kept.program.compilerVersion, trial.program.compilerVersion);
  EXPECT_EQ(kept.device, trial.device);
  EXPECT_EQ(kept.recipe, trial.recipe);
  EXPECT_EQ(kept.recipeKey, trial.recipeKey);
  EXPECT_EQ(kept.status, trial.status);
  EXPECT_EQ(kept.phase, trial.phase);
  EXPECT_EQ(kept.accepted, trial.accepted);
  EXPECT_EQ(kept.diagnostics, trial.diagnostics);
  EXPECT_EQ(kept.predictedMicroseconds, trial.predictedMicroseconds);
  EXPECT_EQ(kept.measuredMicroseconds, trial.measuredMicroseconds);
  EXPECT_EQ(kept.minimumMicroseconds, trial.minimumMicroseconds);
  EXPECT_EQ(kept.samples, trial.samples);
  EXPECT_EQ(kept.cutOff, trial.cutOff);
  EXPECT_EQ(kept.reruns, trial.reruns);
  EXPECT_EQ(kept.attempt, trial.attempt);
  EXPECT_EQ(kept.measureSeconds, trial.measureSeconds);
  EXPECT_EQ(kept.bytes, trial.bytes);
  EXPECT_EQ(kept.flops, trial.flops);
  EXPECT_EQ(kept.absoluteError, trial.absoluteError);
  EXPECT_EQ(kept.relativeError, std::nullopt);
  EXPECT_EQ(kept.wallSeconds, trial.wallSeconds);
  EXPECT_EQ(kept.step, trial.step);
  EXPECT_EQ(kept.parent, trial.parent);
  EXPECT_EQ(kept.action, trial.action);
  EXPECT_EQ(kept.planner, trial.planner);
  EXPECT_EQ(kept.coder, trial.coder);
  EXPECT_EQ(kept.createdMilliseconds, trial.createdMilliseconds);
  ASSERT_EQ(kept.kernels.size(), 2u);
  EXPECT_EQ(kept.kernels[0].name, "matmul_gelu");
  EXPECT_EQ(kept.kernels[0].grid, "32 x 32 x 1");
  EXPECT_EQ(kept.kernels[0].threads, 384);
  EXPECT_EQ(kept.kernels[0].registers, 168);
  EXPECT_EQ(kept.kernels[0].sharedBytes, 196608);
  EXPECT_EQ(kept.kernels[0].spillBytes, 0);
  EXPECT_EQ(kept.kernels[0].occupancy, 0.1875);
  EXPECT_EQ(kept.kernels[0].microseconds, std::nullopt);
  EXPECT_EQ(kept.kernels[0].precision, "bf16");
  EXPECT_EQ(kept.kernels[1].name, "reduce");
  EXPECT_EQ(kept.kernels[1].registers, std::nullopt);
  EXPECT_EQ(kept.kernels[1].microseconds, 4.25);
}

TEST_F(TrialStoreTest, SetsTheTimeOfCreation) {
  TrialStore store = open();
  ASSERT_TRUE(store.insert(sampleTrial(0)));
  auto trials = store.sessionTrials("session");
  ASSERT_TRUE(trials);
  EXPECT_GT(trials->front().createdMilliseconds, 1700000000000);
}

TEST_F(TrialStoreTest, RatesFollowFromTimes) {
  Trial trial = sampleTrial(0, 100);
  EXPECT_DOUBLE_EQ(*trial.achievedGBps(), 1000);
  EXPECT_DOUBLE_EQ(*trial.achievedTFLOPs(), 1000);
  TrialStore store = open();
  ASSERT_TRUE(store.insert(trial));

  sqlite3 *database;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  sqlite3_stmt *statement;
  sqlite3_prepare_v2(database,
                     "SELECT achieved_gbps, achieved_tflops FROM trial", -1,
                     &statement, nullptr);
  ASSERT_EQ(sqlite3_step(statement), SQLITE_ROW);
  EXPECT_DOUBLE_EQ(sqlite3_column_double(statement, 0), 1000);
  EXPECT_DOUBLE_EQ(sqlite3_column_double(statement, 1), 1000);
  sqlite3_finalize(statement);
  sqlite3_close(database);
}

TEST_F(TrialStoreTest, TheSameTrialIsKeptOnce) {
  TrialStore store = open();
  auto first = store.insert(sampleTrial(0, 100));
  auto second = store.insert(sampleTrial(0, 90), {{"cursor", "7"}});
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->isNew);
  EXPECT_FALSE(second->isNew);
  EXPECT_EQ(first->id, second->id);
  auto trials = store.sessionTrials("session");
  ASSERT_TRUE(trials);
  ASSERT_EQ(trials->size(), 1u);
  EXPECT_EQ(trials->front().measuredMicroseconds, 100);
  // The state of the session moves on all the same.
  auto cursor = store.state("session", "cursor");
  ASSERT_TRUE(cursor);
  EXPECT_EQ(*cursor, "7");

  Trial predicted = sampleTrial(0);
  predicted.device.clear();
  predicted.measuredMicroseconds.reset();
  auto third = store.insert(predicted);
  ASSERT_TRUE(third);
  EXPECT_TRUE(third->isNew);
}

TEST_F(TrialStoreTest, FindsARecipeFromAnySession) {
  TrialStore store = open();
  Trial predicted = sampleTrial(0, 50);
  predicted.device.clear();
  predicted.measuredMicroseconds.reset();
  predicted.sessionKey = "later";
  ASSERT_TRUE(store.insert(sampleTrial(0, 100)));
  ASSERT_TRUE(store.insert(predicted));

  ProgramKey program = sampleTrial(0).program;
  auto found = store.find(program, "recipe0");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((**found).device, "NVIDIA H200") << "measured before predicted";
  auto elsewhere = store.find(program, "recipe0", "NVIDIA A100");
  ASSERT_TRUE(elsewhere);
  EXPECT_FALSE(*elsewhere);
  auto none = store.find(program, "recipe1");
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  program.compilerVersion = "0.2.0";
  auto otherVersion = store.find(program, "recipe0");
  ASSERT_TRUE(otherVersion);
  EXPECT_FALSE(*otherVersion);
}

TEST_F(TrialStoreTest, BestIsTheFastestVerified) {
  TrialStore store = open();
  ProgramKey program = sampleTrial(0).program;
  auto none = store.best(program, false);
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);

  Trial predicted = sampleTrial(9, 10);
  predicted.device.clear();
  predicted.measuredMicroseconds.reset();
  ASSERT_TRUE(store.insert(predicted));
  auto fromModel = store.best(program, false);
  ASSERT_TRUE(fromModel && *fromModel);
  EXPECT_EQ((**fromModel).step, 9);
  auto measured = store.best(program, true);
  ASSERT_TRUE(measured);
  EXPECT_FALSE(*measured);

  Trial wrong = sampleTrial(1, 1);
  wrong.status = TrialStatus::refused;
  Trial otherArch = sampleTrial(4, 2);
  otherArch.program.arch = "sm_80";
  Trial otherSession = sampleTrial(3, 40);
  otherSession.sessionKey = "other";
  ASSERT_TRUE(store.insert(wrong));
  ASSERT_TRUE(store.insert(otherArch));
  ASSERT_TRUE(store.insert(sampleTrial(2, 60)));
  ASSERT_TRUE(store.insert(otherSession));
  for (bool measuredOnly : {false, true}) {
    auto best = store.best(program, measuredOnly);
    ASSERT_TRUE(best && *best);
    EXPECT_EQ((**best).step, 3);
  }
  auto elsewhere = store.best(program, true, "NVIDIA A100");
  ASSERT_TRUE(elsewhere);
  EXPECT_FALSE(*elsewhere);
}

TEST_F(TrialStoreTest, SessionTrialsComeByStep) {
  TrialStore store = open();
  for (int64_t step : {2, 0, 1})
    ASSERT_TRUE(store.insert(sampleTrial(step)));
  Trial other = sampleTrial(0);
  other.sessionKey = "other";
  ASSERT_TRUE(store.insert(other));
  auto trials = store.sessionTrials("session");
  ASSERT_TRUE(trials);
  ASSERT_EQ(trials->size(), 3u);
  for (int64_t step : {0, 1, 2})
    EXPECT_EQ((*trials)[step].step, step);
}

TEST_F(TrialStoreTest, AcceptanceIsSetLater) {
  TrialStore store = open();
  auto inserted = store.insert(sampleTrial(0));
  ASSERT_TRUE(inserted);
  ASSERT_TRUE(store.setAccepted(inserted->id, true));
  EXPECT_TRUE(store.sessionTrials("session")->front().accepted);
  ASSERT_TRUE(store.setAccepted(inserted->id, false, "slower than 90 us"));
  Trial trial = store.sessionTrials("session")->front();
  EXPECT_FALSE(trial.accepted);
  EXPECT_EQ(trial.diagnostics, "slower than 90 us");
  Status unknown = store.setAccepted(12345, true);
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().find("has no trial 12345"), std::string::npos);
}

TEST_F(TrialStoreTest, StateIsKeptPerSession) {
  TrialStore store = open();
  std::string bytes("\0\1\xff binary", 10);
  ASSERT_TRUE(store.setState("a", "search", bytes));
  ASSERT_TRUE(store.setState("a", "search", bytes + "2"));
  ASSERT_TRUE(store.setState("b", "search", "other"));
  EXPECT_EQ(**store.state("a", "search"), bytes + "2");
  EXPECT_EQ(**store.state("b", "search"), "other");
  EXPECT_FALSE(*store.state("a", "nothing"));
}

TEST_F(TrialStoreTest, ThreadsShareAStore) {
  TrialStore store = open();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&store, thread] {
      for (int step = 0; step < 10; ++step)
        EXPECT_TRUE(store.insert(sampleTrial(thread * 100 + step)));
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(store.sessionTrials("session")->size(), 40u);
}

TEST_F(TrialStoreTest, StoresOfOneProcessShareAFile) {
  TrialStore first = open(), second = open();
  ASSERT_TRUE(first.insert(sampleTrial(0)));
  ASSERT_TRUE(second.insert(sampleTrial(1)));
  EXPECT_EQ(first.sessionTrials("session")->size(), 2u);
}

TEST_F(TrialStoreTest, ReadOnlyReadsAndDoesNotWrite) {
  {
    TrialStore store = open();
    ASSERT_TRUE(store.insert(sampleTrial(0)));
  }
  auto store = TrialStore::open(path, TrialStore::Access::readOnly);
  ASSERT_TRUE(store) << store.error();
  EXPECT_EQ(store->sessionTrials("session")->size(), 1u);
  auto inserted = store->insert(sampleTrial(1));
  ASSERT_FALSE(inserted);
  EXPECT_NE(inserted.error().find("cannot be written"), std::string::npos);

  auto absent =
      TrialStore::open(folder->path() + "/no.db", TrialStore::Access::readOnly);
  ASSERT_FALSE(absent);
  EXPECT_NE(absent.error().find("no such file"), std::string::npos);
}

TEST_F(TrialStoreTest, SchemaStepsApplyInOrderAndOnce) {
  sqlite3 *database;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  std::vector<std::string> steps = {"CREATE TABLE t (a)",
                                    "ALTER TABLE t ADD COLUMN b DEFAULT 7"};
  auto apply = [&](size_t count, bool readOnly = false) {
    return applyTrialSchema(database, path,
                            {steps.begin(), steps.begin() + count}, readOnly);
  };
  ASSERT_TRUE(apply(1));
  sqlite3_exec(database, "INSERT INTO t VALUES (1)", nullptr, nullptr, nullptr);
  Status old = apply(2, /*readOnly=*/true);
  ASSERT_FALSE(old);
  EXPECT_NE(old.error().find("schema is older (1, expected 2)"),
            std::string::npos);
  Status upgraded = apply(2);
  ASSERT_TRUE(upgraded) << upgraded.error();
  ASSERT_TRUE(apply(2)) << "a second time there is nothing to do";

  sqlite3_stmt *statement;
  sqlite3_prepare_v2(database, "SELECT a + b FROM t", -1, &statement, nullptr);
  ASSERT_EQ(sqlite3_step(statement), SQLITE_ROW);
  EXPECT_EQ(sqlite3_column_int(statement, 0), 8);
  sqlite3_finalize(statement);

  Status newer = apply(1);
  ASSERT_FALSE(newer);
  EXPECT_NE(newer.error().find("a newer version of QiMeng wrote it"),
            std::string::npos);
  sqlite3_close(database);
}

TEST_F(TrialStoreTest, RefusesARecipeInAllSessions) {
  TrialStore store = open();
  Trial mine = sampleTrial(1), theirs = mine, other = sampleTrial(2);
  theirs.sessionKey = "another session";
  for (Trial *trial : {&mine, &theirs, &other})
    ASSERT_TRUE(store.insert(*trial));
  mine.status = TrialStatus::refused;
  mine.diagnostics = "race";
  ASSERT_TRUE(store.refuse(mine));
  for (const char *session : {"session", "another session"}) {
    auto trials = store.sessionTrials(session);
    ASSERT_TRUE(trials) << trials.error();
    EXPECT_EQ(trials->front().status, TrialStatus::refused);
    EXPECT_EQ(trials->front().diagnostics, "race");
    EXPECT_FALSE(trials->front().accepted);
  }
  EXPECT_EQ(store.sessionTrials("session")->back().status,
            TrialStatus::verified);
}

TEST_F(TrialStoreTest, BringsTheFirstSchemaUpToDate) {
  sqlite3 *database;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  ASSERT_TRUE(applyTrialSchema(database, path, {trialSchemaSteps().front()},
                               /*readOnly=*/false));
  ASSERT_EQ(sqlite3_exec(database,
                         "INSERT INTO trial VALUES (1, 'session', 'kernel', "
                         "'sm_90a', '0.1.0', 'NVIDIA H200', 'key', 'recipe', "
                         "'verified', 'measure', 1, '', 120, 100, 98, 1e8, "
                         "1e11, 1e-3, 2e-4, 0.5, 0, NULL, 'tile', 'rules', "
                         "'built-in', 1700000000123)",
                         nullptr, nullptr, nullptr),
            SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
  TrialStore store = open();
  ASSERT_TRUE(store.insert(sampleTrial(1)));
  auto trials = store.sessionTrials("session");
  ASSERT_TRUE(trials) << trials.error();
  ASSERT_EQ(trials->size(), 2u);
  EXPECT_EQ(trials->front().measuredMicroseconds, 100);
  EXPECT_EQ(trials->front().samples, std::nullopt);
  EXPECT_FALSE(trials->front().cutOff);
  EXPECT_EQ(trials->front().attempt, 0);
  EXPECT_EQ(trials->front().reruns, std::nullopt);
  EXPECT_EQ(trials->back().samples, 30);
}

} // namespace
