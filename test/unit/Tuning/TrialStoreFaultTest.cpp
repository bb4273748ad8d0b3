//===- TrialStoreFaultTest.cpp - Crashes, bad files, full disks -----------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TrialSamples.h"
#include "qimeng/Support/File.h"
#include "qimeng/Tuning/TrialStore.h"
#include <csignal>
#include <fcntl.h>
#include <functional>
#include <gtest/gtest.h>
#include <set>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace qimeng;

namespace {

/// Runs `body` in a child process; its result is the exit status.
pid_t inChild(const std::function<int()> &body) {
  pid_t child = ::fork();
  if (child == 0)
    ::_exit(body());
  return child;
}

int exitStatus(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class TrialStoreFaultTest : public ::testing::Test {
protected:
  void SetUp() override {
    auto made = TemporaryFolder::create("qimeng-trials");
    ASSERT_TRUE(made) << made.error();
    folder = std::make_unique<TemporaryFolder>(std::move(*made));
    path = folder->path() + "/trials.db";
  }

  /// Opening fails with a message of one paragraph that contains `expected`,
  /// and the file is as it was.
  void expectRefused(const std::string &expected) {
    auto before = readFile(path);
    auto store = TrialStore::open(path);
    ASSERT_FALSE(store);
    EXPECT_NE(store.error().find(expected), std::string::npos) << store.error();
    EXPECT_NE(store.error().find(path), std::string::npos) << store.error();
    EXPECT_EQ(store.error().find('\n'), std::string::npos) << store.error();
    auto after = readFile(path);
    if (before && after) {
      EXPECT_TRUE(*before == *after) << "the file was altered";
    }
  }

  void makeStore(int trials) {
    auto store = TrialStore::open(path);
    ASSERT_TRUE(store) << store.error();
    for (int step = 0; step < trials; ++step)
      ASSERT_TRUE(store->insert(sampleTrial(step)));
  }

  std::unique_ptr<TemporaryFolder> folder;
  std::string path;
};

TEST_F(TrialStoreFaultTest, ProcessesInsertTogether) {
  // Four writers: 15 trials of its own each, and the same 15 by all.
  std::vector<pid_t> writers;
  for (int writer = 0; writer < 4; ++writer)
    writers.push_back(inChild([&] {
      auto store = TrialStore::open(path);
      if (!store)
        return 1;
      for (int step = 0; step < 15; ++step)
        if (!store->insert(sampleTrial(writer * 100 + 100 + step)) ||
            !store->insert(sampleTrial(step),
                           {{"writer", std::to_string(writer)}}))
          return 2;
      return 0;
    }));
  for (pid_t writer : writers)
    EXPECT_EQ(exitStatus(writer), 0);
  auto store = TrialStore::open(path);
  ASSERT_TRUE(store) << store.error();
  auto trials = store->sessionTrials("session");
  ASSERT_TRUE(trials) << trials.error();
  EXPECT_EQ(trials->size(), 5u * 15u);
  for (const Trial &trial : *trials)
    EXPECT_EQ(trial.kernels.size(), 1u);
}

TEST_F(TrialStoreFaultTest, KilledWritersLoseNothingCommitted) {
  makeStore(0);
  std::vector<int64_t> committed;
  for (int round = 0; round < 12; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    pid_t writer = inChild([&] {
      auto store = TrialStore::open(path);
      if (!store)
        return 1;
      for (int64_t step = round * 100000;; ++step) {
        Trial trial = sampleTrial(step);
        // Several pages a transaction.
        trial.diagnostics.assign(20000, 'd');
        if (!store->insert(trial, {{"next", std::to_string(step + 1)}}) ||
            ::write(ends[1], &step, sizeof step) != sizeof step)
          return 2;
      }
    });
    ::close(ends[1]);
    ::usleep(20000 + round * 7001);
    ::kill(writer, SIGKILL);
    EXPECT_EQ(exitStatus(writer), -1) << "the writer ended by itself";
    int64_t step;
    while (::read(ends[0], &step, sizeof step) == sizeof step)
      committed.push_back(step);
    ::close(ends[0]);

    auto store = TrialStore::open(path); // checks the whole file
    ASSERT_TRUE(store) << store.error();
    auto trials = store->sessionTrials("session");
    ASSERT_TRUE(trials) << trials.error();
    std::set<int64_t> steps;
    for (const Trial &trial : *trials) {
      steps.insert(trial.step);
      EXPECT_EQ(trial.kernels.size(), 1u);
      EXPECT_EQ(trial.diagnostics.size(), 20000u);
    }
    for (int64_t step : committed)
      EXPECT_TRUE(steps.count(step)) << "step " << step << " was lost";
    // State and trial are one transaction: they agree.
    auto next = store->state("session", "next");
    ASSERT_TRUE(next);
    if (*next) {
      EXPECT_EQ(std::stoll(**next), *steps.rbegin() + 1);
    }
  }
  EXPECT_GT(committed.size(), 0u);
}

TEST_F(TrialStoreFaultTest, NotADatabase) {
  ASSERT_TRUE(writeFile(path, std::string(5000, 'x')));
  expectRefused("not an SQLite database");
  ASSERT_TRUE(writeFile(path, "short"));
  expectRefused("not an SQLite database");
}

TEST_F(TrialStoreFaultTest, AnEmptyFileIsANewStore) {
  ASSERT_TRUE(writeFile(path, ""));
  auto store = TrialStore::open(path);
  EXPECT_TRUE(store) << store.error();
}

TEST_F(TrialStoreFaultTest, DamagedPages) {
  makeStore(40);
  auto bytes = readFile(path);
  ASSERT_TRUE(bytes);
  std::string damaged = *bytes;
  for (size_t i = 4096; i + 200 < damaged.size(); i += 4096)
    damaged.replace(i, 64, 64, '\x5a');
  ASSERT_TRUE(writeFile(path, damaged));
  expectRefused("damaged");
  ASSERT_TRUE(writeFile(path, bytes->substr(0, bytes->size() / 2)));
  expectRefused("damaged");
}

TEST_F(TrialStoreFaultTest, AnotherProgramsDatabase) {
  sqlite3 *database;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  sqlite3_exec(database, "CREATE TABLE moz_places (id)", nullptr, nullptr,
               nullptr);
  sqlite3_close(database);
  expectRefused("of another program");
}

TEST_F(TrialStoreFaultTest, NewerSchema) {
  makeStore(1);
  sqlite3 *database;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  sqlite3_exec(database, "PRAGMA user_version = 99", nullptr, nullptr, nullptr);
  sqlite3_close(database);
  expectRefused("newer version of QiMeng wrote it (schema 99");
}

TEST_F(TrialStoreFaultTest, AFolderAtThePath) {
  ASSERT_EQ(::mkdir(path.c_str(), 0755), 0);
  expectRefused("not a regular file");
}

TEST_F(TrialStoreFaultTest, MakesTheFolderAbove) {
  path = folder->path() + "/a/b/trials.db";
  auto store = TrialStore::open(path);
  EXPECT_TRUE(store) << store.error();
}

TEST_F(TrialStoreFaultTest, ReadOnlyFolderAndFile) {
  makeStore(1);
  std::string absent = folder->path() + "/absent.db";
  // As root every file is writable: the child gives that up.
  auto refusal = [&](const std::string &store, const std::string &expected) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    pid_t child = inChild([&] {
      if (::geteuid() == 0 && ::setuid(65534) != 0)
        return 3;
      auto opened = TrialStore::open(store);
      std::string message = opened ? "opened" : opened.error();
      return ::write(ends[1], message.data(), message.size()) > 0 ? 0 : 1;
    });
    ::close(ends[1]);
    EXPECT_EQ(exitStatus(child), 0);
    char buffer[2000];
    ssize_t got = ::read(ends[0], buffer, sizeof buffer);
    ::close(ends[0]);
    std::string message(buffer, got > 0 ? got : 0);
    EXPECT_NE(message.find(expected), std::string::npos) << message;
  };
  // TMPDIR may let nobody else through; lit's does not.
  std::string above = folder->path().substr(0, folder->path().rfind('/'));
  struct stat known;
  ASSERT_EQ(::stat(above.c_str(), &known), 0);
  constexpr mode_t through = S_IXGRP | S_IXOTH;
  if ((known.st_mode & through) != through)
    ASSERT_EQ(::chmod(above.c_str(), known.st_mode | through), 0);
  ::chmod(path.c_str(), 0666);
  ::chmod(folder->path().c_str(), 0555);
  refusal(path, "it cannot be written");       // no room for the journal
  refusal(absent, "cannot be opened or made"); // nor for the file
  ::chmod(folder->path().c_str(), 0777);
  ::chmod(path.c_str(), 0444);
  refusal(path, "the file is read-only");
}

/// Inserts until it fails; the message of the failure, and how many went in.
std::pair<std::string, int64_t> fill(TrialStore &store) {
  for (int64_t step = 0; step < 2000; ++step) {
    Trial trial = sampleTrial(step);
    trial.diagnostics.assign(20000, 'd');
    if (auto inserted = store.insert(trial); !inserted)
      return {inserted.error(), step};
  }
  return {"", 0};
}

TEST_F(TrialStoreFaultTest, FullDisk) {
  std::string disk = folder->path() + "/disk";
  ASSERT_EQ(::mkdir(disk.c_str(), 0755), 0);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0)
    GTEST_SKIP() << "no permission to mount a small disk";
  struct Unmount {
    std::string disk;
    ~Unmount() { ::umount2(disk.c_str(), MNT_DETACH); }
  } unmount{disk};
  path = disk + "/trials.db";
  {
    auto store = TrialStore::open(path);
    ASSERT_TRUE(store) << store.error();
    auto [message, count] = fill(*store);
    EXPECT_NE(message.find("the disk is full"), std::string::npos) << message;
    EXPECT_GT(count, 5);
    auto trials = store->sessionTrials("session");
    ASSERT_TRUE(trials) << trials.error();
    EXPECT_EQ(int64_t(trials->size()), count);
    // The same store goes on once there is room.
    EXPECT_EQ(::mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, "size=2m"),
              0);
    auto again = store->insert(sampleTrial(5000));
    EXPECT_TRUE(again) << again.error();
  }
}

TEST_F(TrialStoreFaultTest, FileSizeLimit) {
  // Where no disk can be mounted the limit on file sizes stands in for one.
  pid_t child = inChild([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    auto store = TrialStore::open(path);
    if (!store)
      return 1;
    rlimit limit{400000, 400000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto [message, count] = fill(*store);
    if (message.find("run the same command again") == std::string::npos)
      return 2;
    if (count < 5)
      return 3;
    auto trials = store->sessionTrials("session");
    return trials && int64_t(trials->size()) == count ? 0 : 4;
  });
  EXPECT_EQ(exitStatus(child), 0);
  auto store = TrialStore::open(path);
  ASSERT_TRUE(store) << store.error();
  EXPECT_TRUE(store->insert(sampleTrial(5000)));
}

} // namespace
