//===- FakeDriverTest.cpp - Drivers that will not do ----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Runtime/Timing.h"
#include "qimeng/Runtime/Worker.h"
#include "gtest/gtest.h"
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

TEST(Timing, KeepsToItsBudget) {
  Result<DevicePtr> device = Device::open(0);
  ASSERT_TRUE(device) << device.error();
  unsigned calls = 0;
  TimedCall slow = [&](cuda::CUstream, unsigned round) -> Status {
    EXPECT_EQ(round, calls++);
    ::usleep(60000);
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

TEST(Timing, Median) {
  EXPECT_EQ(median({}), 0);
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
}
