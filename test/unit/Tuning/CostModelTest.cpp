//===- CostModelTest.cpp - The order that the cost model gives ------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Tuning/CostModel.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace mlir;
using namespace qimeng;

namespace {

const Architecture &row(const std::string &name) {
  return **findArchitecture(name);
}

std::string replaceAll(std::string text, const std::string &from,
                       const std::string &to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos;
       at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

struct Gemm {
  int64_t m = 4096, n = 4096, k = 4096;
  int64_t tm = 128, tn = 256, tk = 64;
  std::string mma = "wgmma";
  int64_t warps = 8, stages = 0, raster = 1, persistent = 0;
  bool specialized = false;

  std::string text() const {
    std::string body = R"(
qimeng.kernel @gemm(%A: memref<MxKxbf16>, %B: memref<KxNxbf16>, %C: memref<MxNxbf16>)
    grid(GM, GN) schedule<warps = WARPS, raster = RASTER, persistent = PERSISTENT> {
  %pm = qimeng.program_id 0
  %pn = qimeng.program_id 1
  %m = affine.apply affine_map<(d0) -> (d0 * TM)>(%pm)
  %n = affine.apply affine_map<(d0) -> (d0 * TN)>(%pn)
  %zero = arith.constant dense<0.0> : tensor<TMxTNxf32>
  %c0 = arith.constant 0 : index
  %steps = arith.constant STEPS : index
  %c1 = arith.constant 1 : index
)";
    std::string channel =
        "!qimeng.channel<tensor<TMxTKxbf16>, tensor<TKxTNxbf16>>";
    std::string load = R"(
    %k = affine.apply affine_map<(d0) -> (d0 * TK)>(%i)
    %a = qimeng.load %A[%m, %k] : memref<MxKxbf16> -> tensor<TMxTKxbf16>
    %b = qimeng.load %B[%k, %n] : memref<KxNxbf16> -> tensor<TKxTNxbf16>
)";
    std::string dot = R"(
    %p = qimeng.dot %x, %y, %acc mma <MMA> : tensor<TMxTKxbf16>, tensor<TKxTNxbf16> -> tensor<TMxTNxf32>
)";
    std::string store = R"(
  %h = arith.truncf %d : tensor<TMxTNxf32> to tensor<TMxTNxbf16>
  qimeng.store %h, %C[%m, %n] : tensor<TMxTNxbf16>, memref<MxNxbf16>
)";
    std::string loop = "%d = scf.for %i = %c0 to %steps step %c1 "
                       "iter_args(%acc = %zero) -> tensor<TMxTNxf32> {\n";
    std::string take = "%x, %y = qimeng.take %ch : " + channel + "\n";
    std::string end = "scf.yield %p : tensor<TMxTNxf32>\n}\n";
    std::string release = "qimeng.release %ch : " + channel + "\n";
    std::string put = "qimeng.put %ch, %a, %b : " + channel + "\n";
    if (!stages) {
      body += loop + replaceAll(load, "%a =", "%x =");
      body = replaceAll(body, "%b =", "%y =") + dot + end + store;
    } else {
      body += "%ch = qimeng.channel stages(STAGES) : " + channel + "\n";
      if (specialized)
        body += "qimeng.role producer warps(4) registers(40) {\n"
                "scf.for %i = %c0 to %steps step %c1 {\n" +
                load + put +
                "}\n}\nqimeng.role consumer warps(WARPS) registers(232) {\n" +
                loop + take + dot + release + end + store + "}\n";
      else
        body += loop + load + put + take + dot + release + end + store;
    }
    body += "}\n";
    body = replaceAll(body, "PERSISTENT", std::to_string(persistent));
    body = replaceAll(body, "RASTER", std::to_string(raster));
    body = replaceAll(body, "WARPS", std::to_string(warps));
    body = replaceAll(body, "STAGES", std::to_string(stages));
    body = replaceAll(body, "STEPS", std::to_string((k + tk - 1) / tk));
    body = replaceAll(body, "MMA", mma);
    body = replaceAll(body, "GM", std::to_string((m + tm - 1) / tm));
    body = replaceAll(body, "GN", std::to_string((n + tn - 1) / tn));
    body = replaceAll(body, "TM", std::to_string(tm));
    body = replaceAll(body, "TN", std::to_string(tn));
    body = replaceAll(body, "TK", std::to_string(tk));
    body = replaceAll(body, "Mx", std::to_string(m) + "x");
    body = replaceAll(body, "Nx", std::to_string(n) + "x");
    body = replaceAll(body, "Kx", std::to_string(k) + "x");
    return body;
  }
};

class CostModel : public testing::Test {
protected:
  CostModel() {
    context.loadDialect<QiMengDialect, affine::AffineDialect,
                        arith::ArithDialect, func::FuncDialect,
                        math::MathDialect, memref::MemRefDialect,
                        scf::SCFDialect, tensor::TensorDialect>();
  }
  KernelCost cost(const std::string &text, const std::string &arch = "sm_90a") {
    auto module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module) << text;
    if (!module)
      return {};
    KernelCost result =
        estimateKernel(*module->getOps<KernelOp>().begin(), row(arch));
    if (getenv("QIMENG_TEST_VERBOSE"))
      fprintf(stderr,
              "%s: %.1f us floor %.1f by %s (mem %.1f l2 %.1f tensor %.1f "
              "issue %.1f shared %.1f latency %.1f) regs %ld smem %ld occ %.2f "
              "res %ld MB %.1f\n",
              testing::UnitTest::GetInstance()->current_test_info()->name(),
              result.microseconds, result.floorMicroseconds,
              nameOf(result.boundBy).data(), result.memory, result.l2,
              result.tensor, result.issue, result.shared, result.latency,
              long(result.registers), long(result.sharedBytes),
              result.occupancy, long(result.blocksPerMultiprocessor),
              result.bytes / 1e6);
    return result;
  }
  MLIRContext context;
};

TEST_F(CostModel, GemmRefinementsRankInOrder) {
  Gemm naive{4096, 4096, 4096, 32, 32, 32, "fma", 4};
  Gemm tiled{4096, 4096, 4096, 64, 64, 16, "fma", 4};
  Gemm tensor{4096, 4096, 4096, 128, 128, 32, "mma_sync", 8};
  Gemm pipelined{4096, 4096, 4096, 128, 128, 32, "mma_sync", 8, 4};
  Gemm wgmma{4096, 4096, 4096, 128, 256, 64, "wgmma", 8, 4};
  Gemm best{4096, 4096, 4096, 128, 256, 64, "wgmma", 8, 4, 8, 132, true};
  double previous = 1e30;
  for (const Gemm &gemm : {naive, tiled, tensor, pipelined, wgmma, best}) {
    double now = cost(gemm.text()).microseconds;
    EXPECT_LT(now, previous) << gemm.text();
    previous = now;
  }
  // Measured: 177 us.
  EXPECT_NEAR(previous, 180, 15);
  EXPECT_GT(cost(naive.text()).microseconds, 20 * previous);
}

TEST_F(CostModel, GemmOnAmpere) {
  Gemm naive{4096, 4096, 4096, 32, 32, 32, "fma", 4};
  Gemm shallow{4096, 4096, 4096, 128, 128, 32, "mma_sync", 8, 1};
  Gemm deep{4096, 4096, 4096, 128, 128, 32, "mma_sync", 8, 4};
  double slow = cost(naive.text(), "sm_80").microseconds;
  double middle = cost(shallow.text(), "sm_80").microseconds;
  double fast = cost(deep.text(), "sm_80").microseconds;
  EXPECT_LT(middle, slow);
  EXPECT_LT(fast, middle);
  // 312 TFLOP/s would be 440 us.
  EXPECT_GT(fast, 440);
  EXPECT_LT(fast, 900);
}

TEST_F(CostModel, WhatDoesNotFitIsSaid) {
  Gemm big{4096, 4096, 4096, 128, 256, 64, "wgmma", 8, 6};
  KernelCost result = cost(big.text());
  EXPECT_TRUE(std::isinf(result.microseconds));
  EXPECT_NE(result.misfit.find("shared memory"), std::string::npos);
}

TEST_F(CostModel, SmallProductsWantSmallTiles) {
  // 512 x 512: large tiles leave most multiprocessors idle.
  Gemm large{512, 512, 4096, 128, 256, 64, "wgmma", 8, 4};
  Gemm small{512, 512, 4096, 64, 64, 64, "wgmma", 4, 4};
  EXPECT_LT(cost(small.text()).microseconds, cost(large.text()).microseconds);
}

std::string softmax(int64_t rows, int64_t columns, int64_t tile, bool whole) {
  std::string text = whole ? R"(
qimeng.kernel @softmax(%X: memref<RxCxbf16>, %Y: memref<RxCxbf16>) grid(G) schedule<warps = W> {
  %p = qimeng.program_id 0
  %r = affine.apply affine_map<(d0) -> (d0 * T)>(%p)
  %c0 = arith.constant 0 : index
  %h = qimeng.load %X[%r, %c0] : memref<RxCxbf16> -> tensor<TxCxbf16>
  %x = arith.extf %h : tensor<TxCxbf16> to tensor<TxCxf32>
  %m = qimeng.reduce max %x axes [1] : tensor<TxCxf32>
  %mb = qimeng.broadcast %m axes [1] : tensor<Txf32> -> tensor<TxCxf32>
  %d = arith.subf %x, %mb : tensor<TxCxf32>
  %e = math.exp %d : tensor<TxCxf32>
  %s = qimeng.reduce add %e axes [1] : tensor<TxCxf32>
  %sb = qimeng.broadcast %s axes [1] : tensor<Txf32> -> tensor<TxCxf32>
  %q = arith.divf %e, %sb : tensor<TxCxf32>
  %o = arith.truncf %q : tensor<TxCxf32> to tensor<TxCxbf16>
  qimeng.store %o, %Y[%r, %c0] : tensor<TxCxbf16>, memref<RxCxbf16>
})"
                           : R"(
qimeng.kernel @max(%X: memref<RxCxbf16>, %Y: memref<Rxf32>) grid(G) schedule<warps = W> {
  %p = qimeng.program_id 0
  %r = affine.apply affine_map<(d0) -> (d0 * T)>(%p)
  %c0 = arith.constant 0 : index
  %h = qimeng.load %X[%r, %c0] : memref<RxCxbf16> -> tensor<TxCxbf16>
  %x = arith.extf %h : tensor<TxCxbf16> to tensor<TxCxf32>
  %m = qimeng.reduce max %x axes [1] : tensor<TxCxf32>
  qimeng.store %m, %Y[%r] : tensor<Txf32>, memref<Rxf32>
})";
  text = replaceAll(text, "RxC",
                    std::to_string(rows) + "x" + std::to_string(columns));
  text = replaceAll(text, "memref<Rx", "memref<" + std::to_string(rows) + "x");
  text = replaceAll(text, "TxC",
                    std::to_string(tile) + "x" + std::to_string(columns));
  text = replaceAll(text, "tensor<Tx", "tensor<" + std::to_string(tile) + "x");
  text = replaceAll(text, "* T)", "* " + std::to_string(tile) + ")");
  text = replaceAll(text, "(G)", "(" + std::to_string(rows / tile) + ")");
  return replaceAll(text, "= W>", "= 4>");
}

TEST_F(CostModel, OneKernelForSoftmaxIsNearTheCopy) {
  KernelCost fused = cost(softmax(65536, 1024, 4, true));
  // 268 MB at 4.2 TB/s are 64 us.
  EXPECT_NEAR(fused.floorMicroseconds, 64, 1);
  EXPECT_LT(fused.microseconds, 100);
  EXPECT_EQ(fused.boundBy, Bound::Memory);
  // The first reduction alone reads half of that, without writing.
  KernelCost part = cost(softmax(65536, 1024, 4, false));
  EXPECT_GT(part.microseconds, 0.4 * fused.microseconds);
  // Sixty-four rows a program do not fit the registers.
  EXPECT_GT(cost(softmax(65536, 1024, 64, true)).microseconds,
            1.5 * fused.microseconds);
}

std::string scale(int64_t n, int64_t tile, int64_t warps) {
  std::string text = R"(
qimeng.kernel @scale(%x: memref<Nxf32>, %y: memref<Nxf32>) grid(G) schedule<warps = W> {
  %p = qimeng.program_id 0
  %i = affine.apply affine_map<(d0) -> (d0 * T)>(%p)
  %t = qimeng.load %x[%i] : memref<Nxf32> -> tensor<Txf32>
  %r = arith.mulf %t, %t : tensor<Txf32>
  qimeng.store %r, %y[%i] : tensor<Txf32>, memref<Nxf32>
})";
  text = replaceAll(text, "Nx", std::to_string(n) + "x");
  text = replaceAll(text, "Tx", std::to_string(tile) + "x");
  text = replaceAll(text, "* T)", "* " + std::to_string(tile) + ")");
  text = replaceAll(text, "(G)", "(" + std::to_string(n / tile) + ")");
  return replaceAll(text, "= W>", "= " + std::to_string(warps) + ">");
}

TEST_F(CostModel, ElementwiseIsACopy) {
  KernelCost large = cost(scale(1 << 28, 1024, 4));
  // 2.1 GB at 4.2 TB/s.
  EXPECT_NEAR(large.microseconds, 511, 40);
  EXPECT_EQ(large.boundBy, Bound::Memory);
  KernelCost tiny = cost(scale(1024, 1024, 4));
  EXPECT_GT(tiny.microseconds, 2);
  EXPECT_LT(tiny.microseconds, 10);
  // A program for every 32 elements costs more than one for every 1024.
  EXPECT_GT(cost(scale(1 << 28, 32, 1)).microseconds, large.microseconds);
}

} // namespace
