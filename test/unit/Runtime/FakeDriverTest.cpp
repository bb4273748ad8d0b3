//===- FakeDriverTest.cpp - Drivers that will not do ----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Runtime/Timing.h"
#include "qimeng/Runtime/Worker.h"
#include "gtest/gtest.h"
#include <dlfcn.h>
#include <set>
#include <unistd.h>

using namespace qimeng;

/// A driver is loaded once per process, so each trial takes a worker.
static std::string describeError(std::vector<std::string> environment) {
  WorkerClient::Options options;
  options.environment = std::move(environment);
  WorkerClient client(options);
  Result<DeviceInfo> info = client.describe();
  EXPECT_FALSE(info);
  return info ? "" : info.error();
}

#define EXPECT_MENTIONS(text, part)                                            \
  EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST(Driver, TooOld) {
  EXPECT_MENTIONS(describeError({"FAKE_CUDA_VERSION=11080"}),
                  "it supports CUDA 11.8, at least 12.0 is needed");
}

TEST(Driver, NoDevice) {
  EXPECT_MENTIONS(describeError({"FAKE_CUDA_NO_DEVICE=1"}),
                  "finds no GPU on this machine");
}

TEST(Driver, Incomplete) {
  // A library that loads, but is no driver.
  EXPECT_MENTIONS(describeError({"QIMENG_LIBCUDA=libc.so.6"}),
                  "'libc.so.6' has no cuInit");
}

TEST(Timing, InterleavesInASeededOrder) {
  Result<DevicePtr> device = Device::open(0);
  ASSERT_TRUE(device) << device.error();
  auto orderOf = [&](uint64_t seed) {
    std::vector<int> order;
    std::vector<TimedCall> calls;
    for (int which = 0; which < 4; ++which)
      calls.push_back([&order, which](cuda::CUstream, unsigned) -> Status {
        order.push_back(which);
        return {};
      });
    TimingOptions options;
    options.warmup = 1;
    options.repeats = 20;
    options.seed = seed;
    // Batches depend on the time that the warm-up took; only the first counts.
    Result<std::vector<Timing>> timings =
        timeInterleaved(*device, calls, options);
    EXPECT_TRUE(timings);
    for (const Timing &timing : *timings) {
      EXPECT_EQ(timing.microseconds.size(), 20u);
      EXPECT_LE(timing.minimum, timing.median);
    }
    // Warm-up, the untimed call, and the first round.
    order.resize(4 + 1 + 4);
    return order;
  };
  std::vector<int> first = orderOf(1);
  EXPECT_EQ(orderOf(1), first);
  std::set<std::vector<int>> orders;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    std::vector<int> order = orderOf(seed);
    EXPECT_EQ(std::set<int>(order.end() - 4, order.end()).size(), 4u);
    orders.insert(order);
  }
  EXPECT_GT(orders.size(), 4u);
}

/// Lets the time pass on the device's clock.
static void pass(int64_t microseconds) {
  static auto function = reinterpret_cast<void (*)(int64_t)>(
      ::dlsym(::dlopen(QIMENG_FAKE_DRIVER, RTLD_NOW), "qimeng_fake_pass"));
  ASSERT_TRUE(function);
  function(microseconds);
}

TEST(Timing, KeepsToItsBudget) {
  Result<DevicePtr> device = Device::open(0);
  ASSERT_TRUE(device) << device.error();
  unsigned calls = 0;
  TimedCall slow = [&](cuda::CUstream, unsigned round) -> Status {
    EXPECT_EQ(round, calls++);
    // The budget is of the host's time.
    ::usleep(60000);
    pass(60000);
    return {};
  };
  TimingOptions options;
  options.warmup = 1;
  options.repeats = 1000;
  options.fewestRepeats = 3;
  options.budgetSeconds = 0.01;
  Result<std::vector<Timing>> timings =
      timeInterleaved(*device, {slow}, options);
  ASSERT_TRUE(timings) << timings.error();
  EXPECT_EQ((*timings)[0].microseconds.size(), 3u);
  EXPECT_GT((*timings)[0].median, 50000);
}

TEST(Timing, CutsOff) {
  Result<DevicePtr> device = Device::open(0);
  ASSERT_TRUE(device) << device.error();
  std::vector<unsigned> rounds[3];
  auto sleeper = [&](int which, unsigned microseconds) {
    return [&rounds, which, microseconds](cuda::CUstream,
                                          unsigned round) -> Status {
      rounds[which].push_back(round);
      // The first timed call of the second one is slow, and only that.
      bool slow = which != 1 || rounds[1].size() == 2;
      pass(slow ? microseconds : 0);
      return {};
    };
  };
  TimingOptions options;
  options.warmup = 1;
  options.repeats = 5;
  options.cutoffMicroseconds = 5000;
  options.probeSeconds = 0.04;
  Result<std::vector<Timing>> timings = timeInterleaved(
      *device, {sleeper(0, 8000), sleeper(1, 8000), sleeper(2, 60000)},
      options);
  ASSERT_TRUE(timings) << timings.error();
  // 8 ms: two more calls fit into 40 ms, after one that is not timed.
  EXPECT_TRUE((*timings)[0].cutOff);
  EXPECT_EQ((*timings)[0].microseconds.size(), 3u);
  EXPECT_GT((*timings)[0].median, 5000);
  EXPECT_EQ(rounds[0], std::vector<unsigned>(5, 0));
  EXPECT_EQ((*timings)[0].rounds, 1u);
  // One slow call is no slow candidate; nor does it count.
  EXPECT_FALSE((*timings)[1].cutOff);
  EXPECT_EQ((*timings)[1].microseconds.size(), 5u);
  EXPECT_LT((*timings)[1].median, 5000);
  EXPECT_EQ(rounds[1].back() + 1, (*timings)[1].rounds);
  // 60 ms: a single time.
  EXPECT_TRUE((*timings)[2].cutOff);
  EXPECT_EQ((*timings)[2].microseconds.size(), 1u);
  EXPECT_EQ(rounds[2].size(), 2u);
}

TEST(Timing, Median) {
  EXPECT_EQ(median({}), 0);
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
}
