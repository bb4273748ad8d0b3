//===- LayoutTest.cpp - Tests of how threads hold tiles -------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../../../lib/Conversion/ToGPU/Layout.h"
#include "gtest/gtest.h"
#include <map>
#include <vector>

using namespace qimeng::gpu;

using Coords = std::vector<int64_t>;

static Coords coordsOf(const Layout &layout, int64_t thread, int64_t reg) {
  Coords coords;
  for (size_t dim = 0; dim < layout.shape.size(); ++dim)
    coords.push_back(layout.threadCoord(thread, dim) +
                     layout.regCoord(reg, dim));
  return coords;
}

/// Every element of the tile is held, all equally often, and nothing outside.
static void expectCovers(const Layout &layout, int threadBits) {
  ASSERT_EQ(layout.thread.size(), size_t(threadBits));
  std::map<Coords, int64_t> held;
  int64_t threads = int64_t(1) << threadBits;
  for (int64_t t = 0; t < threads; ++t)
    for (int64_t r = 0; r < layout.numRegs(); ++r) {
      Coords coords = coordsOf(layout, t, r);
      for (size_t dim = 0; dim < coords.size(); ++dim)
        ASSERT_LT(coords[dim], layout.shape[dim]);
      ++held[coords];
    }
  int64_t elements = 1;
  for (int64_t size : layout.shape)
    elements *= size;
  EXPECT_EQ(int64_t(held.size()), elements);
  for (auto &[coords, count] : held)
    EXPECT_EQ(count * elements, threads * layout.numRegs());
}

static const std::vector<std::vector<int64_t>> shapes = {
    {},      {1},       {8},       {1024},       {1, 1},        {1, 4096},
    {64, 1}, {16, 256}, {128, 64}, {4, 32, 128}, {2, 1, 64, 16}};

TEST(LayoutTest, BlockedCovers) {
  for (auto &shape : shapes)
    for (int threadBits : {5, 7, 10})
      for (int64_t vector : {1, 4, 8})
        for (bool reversed : {false, true}) {
          std::vector<int> order;
          for (int dim = 0; dim < int(shape.size()); ++dim)
            order.push_back(reversed ? dim : int(shape.size()) - 1 - dim);
          Layout layout = Layout::blocked(shape, order, vector, threadBits);
          expectCovers(layout, threadBits);
          if (!order.empty() && shape[order[0]] >= vector)
            EXPECT_GE(layout.contiguousRegBits(order[0]), log2Of(vector));
        }
}

TEST(LayoutTest, ProductsCover) {
  for (auto &shape : std::vector<std::vector<int64_t>>{
           {16, 8}, {64, 64}, {128, 256}, {2, 32, 16}, {4, 1, 64, 32}})
    for (int threadBits : {5, 7, 8, 10}) {
      Layout layout = Layout::mmaAccumulator(shape, threadBits);
      expectCovers(layout, threadBits);
      for (int packed : {0, 1, 2})
        for (int64_t k : {int64_t(8) << packed, int64_t(64)}) {
          expectCovers(Layout::mmaLhs(layout, k, packed), threadBits);
          expectCovers(Layout::mmaRhs(layout, k, packed), threadBits);
        }
      expectCovers(Layout::patches(shape, threadBits), threadBits);
    }
  for (int64_t m : {64, 128, 256})
    for (int64_t n : {8, 64, 256})
      for (int threadBits : {7, 8})
        if (m >= 64 << (threadBits - 7))
          expectCovers(Layout::wgmmaAccumulator({m, n}, threadBits),
                       threadBits);
}

TEST(LayoutTest, SmallPatchesCover) {
  for (int threadBits : {5, 8, 10}) {
    expectCovers(Layout::patches({1, 1}, threadBits), threadBits);
    expectCovers(Layout::patches({1, 128}, threadBits), threadBits);
    expectCovers(Layout::patches({4, 2}, threadBits), threadBits);
    expectCovers(Layout::patches({8, 2, 2}, threadBits), threadBits);
  }
}

// PTX ISA 9.0, "Matrix fragments for mma.m16n8k16 with floating point type".
TEST(LayoutTest, FragmentsOfM16N8K16) {
  Layout c = Layout::mmaAccumulator({16, 8}, 5);
  Layout a = Layout::mmaLhs(c, 16, 1), b = Layout::mmaRhs(c, 16, 1);
  ASSERT_EQ(c.numRegs(), 4);
  ASSERT_EQ(a.numRegs(), 8);
  ASSERT_EQ(b.numRegs(), 4);
  for (int64_t lane = 0; lane < 32; ++lane) {
    int64_t group = lane >> 2, inGroup = lane % 4;
    for (int64_t i = 0; i < 4; ++i)
      EXPECT_EQ(coordsOf(c, lane, i),
                (Coords{i < 2 ? group : group + 8, inGroup * 2 + (i & 1)}));
    for (int64_t i = 0; i < 8; ++i) {
      bool upper = (i >= 2 && i < 4) || i >= 6;
      EXPECT_EQ(coordsOf(a, lane, i),
                (Coords{upper ? group + 8 : group,
                        inGroup * 2 + (i & 1) + (i >= 4 ? 8 : 0)}));
    }
    for (int64_t i = 0; i < 4; ++i)
      EXPECT_EQ(coordsOf(b, lane, i),
                (Coords{inGroup * 2 + (i & 1) + (i >= 2 ? 8 : 0), group}));
  }
}

// PTX ISA 9.0, "Matrix fragments for mma.m16n8k8", type .tf32.
TEST(LayoutTest, FragmentsOfM16N8K8Tf32) {
  Layout c = Layout::mmaAccumulator({16, 8}, 5);
  Layout a = Layout::mmaLhs(c, 8, 0), b = Layout::mmaRhs(c, 8, 0);
  for (int64_t lane = 0; lane < 32; ++lane) {
    int64_t group = lane >> 2, inGroup = lane % 4;
    for (int64_t i = 0; i < 4; ++i)
      EXPECT_EQ(coordsOf(a, lane, i), (Coords{i % 2 ? group + 8 : group,
                                              i < 2 ? inGroup : inGroup + 4}));
    for (int64_t i = 0; i < 2; ++i)
      EXPECT_EQ(coordsOf(b, lane, i),
                (Coords{i ? inGroup + 4 : inGroup, group}));
  }
}

// PTX ISA 9.0, "Matrix fragments for mma.m16n8k32", type .s8.
TEST(LayoutTest, FragmentsOfM16N8K32S8) {
  Layout c = Layout::mmaAccumulator({16, 8}, 5);
  Layout a = Layout::mmaLhs(c, 32, 2), b = Layout::mmaRhs(c, 32, 2);
  for (int64_t lane = 0; lane < 32; ++lane) {
    int64_t group = lane >> 2, inGroup = lane % 4;
    for (int64_t i = 0; i < 16; ++i) {
      bool upper = (i >= 4 && i < 8) || i >= 12;
      EXPECT_EQ(coordsOf(a, lane, i),
                (Coords{upper ? group + 8 : group,
                        inGroup * 4 + (i & 3) + (i >= 8 ? 16 : 0)}));
    }
    for (int64_t i = 0; i < 8; ++i)
      EXPECT_EQ(coordsOf(b, lane, i),
                (Coords{inGroup * 4 + (i & 3) + (i >= 4 ? 16 : 0), group}));
  }
}

// PTX ISA 9.0, "Register fragments for wgmma.mma_async.m64nNk16", matrix D.
TEST(LayoutTest, AccumulatorsOfWgmma) {
  Layout d = Layout::wgmmaAccumulator({128, 64}, 8);
  for (int64_t thread = 0; thread < 256; ++thread)
    for (int64_t i = 0; i < 32; ++i) {
      int64_t row =
          thread / 128 * 64 + thread % 128 / 32 * 16 + thread % 32 / 4;
      EXPECT_EQ(coordsOf(d, thread, i),
                (Coords{row + 8 * (i / 2 % 2),
                        8 * (i / 4) + thread % 4 * 2 + (i & 1)}));
    }
  // Several blocks of 64 rows a warpgroup: one after another in the registers.
  Layout tall = Layout::wgmmaAccumulator({256, 32}, 8);
  EXPECT_EQ(coordsOf(tall, 0, 16), (Coords{64, 0}));
  EXPECT_EQ(coordsOf(tall, 128, 0), (Coords{128, 0}));
}

TEST(LayoutTest, WithoutAxes) {
  Layout layout = Layout::blocked({16, 256}, {1, 0}, 4, 7);
  Layout rows = layout.withoutAxes({1}), columns = layout.withoutAxes({0});
  expectCovers(rows, 7);
  expectCovers(columns, 7);
  expectCovers(layout.withoutAxes({0, 1}), 7);
  for (int64_t t = 0; t < 128; ++t)
    for (int64_t r = 0; r < layout.numRegs(); ++r) {
      Coords coords = coordsOf(layout, t, r);
      EXPECT_EQ(coordsOf(rows, t, layout.regWithoutAxes(r, {1})),
                Coords{coords[0]});
      EXPECT_EQ(coordsOf(columns, t, layout.regWithoutAxes(r, {0})),
                Coords{coords[1]});
    }
}

TEST(LayoutTest, Permuted) {
  Layout layout = Layout::blocked({4, 32, 128}, {2, 1, 0}, 4, 7);
  Layout permuted = layout.permuted({2, 0, 1});
  EXPECT_EQ(permuted.shape, (llvm::SmallVector<int64_t, 4>{128, 4, 32}));
  for (int64_t t = 0; t < 128; ++t)
    for (int64_t r = 0; r < layout.numRegs(); ++r) {
      Coords coords = coordsOf(layout, t, r);
      EXPECT_EQ(coordsOf(permuted, t, r),
                (Coords{coords[2], coords[0], coords[1]}));
    }
}
