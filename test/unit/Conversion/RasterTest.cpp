//===- RasterTest.cpp - The order in which a grid's programs run ----------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Lowers kernels in which each program writes one element, at its coordinates,
// and evaluates that element's offset for every block.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Parser/Parser.h"
#include "qimeng/Conversion/ToGPU/ToGPU.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "llvm/ADT/TypeSwitch.h"
#include "gtest/gtest.h"
#include <numeric>
#include <set>

using namespace mlir;
using namespace qimeng;

namespace {
using Grid = std::vector<int64_t>;

/// `value`, computed from the block's number.
int64_t evaluate(Value value, int64_t block) {
  Operation *op = value.getDefiningOp();
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return constant.getZExtValue();
  if (isa<NVVM::BlockIdXOp>(op))
    return block;
  if (op->getNumOperands() != 2) {
    ADD_FAILURE() << "cannot evaluate " << op->getName().getStringRef().str();
    return -1;
  }
  int64_t a = evaluate(op->getOperand(0), block);
  int64_t b = evaluate(op->getOperand(1), block);
  return llvm::TypeSwitch<Operation *, int64_t>(op)
      .Case<arith::AddIOp>([&](auto) { return a + b; })
      .Case<arith::SubIOp>([&](auto) { return a - b; })
      .Case<arith::MulIOp>([&](auto) { return a * b; })
      .Case<arith::DivUIOp>([&](auto) { return a / b; })
      .Case<arith::RemUIOp>([&](auto) { return a % b; })
      .Case<arith::MinUIOp>([&](auto) { return std::min(a, b); })
      .Case<arith::ShLIOp>([&](auto) { return a << b; })
      .Case<arith::ShRUIOp>([&](auto) { return a >> b; })
      .Case<arith::AndIOp>([&](auto) { return a & b; })
      .Case<arith::OrIOp>([&](auto) { return a | b; })
      .Default([&](Operation *other) {
        ADD_FAILURE() << "cannot evaluate "
                      << other->getName().getStringRef().str();
        return int64_t(-1);
      });
}

/// The row-major number of the element that each block writes, in the order of
/// blocks.
std::vector<int64_t> orderOf(const Grid &grid, int64_t raster) {
  std::string sizes, shape, ones, ids, names;
  for (size_t dim = 0; dim < grid.size(); ++dim) {
    std::string comma = dim ? ", " : "", name = "%p" + std::to_string(dim);
    sizes += comma + std::to_string(grid[dim]);
    shape += std::to_string(grid[dim]) + "x";
    ones += "1x";
    ids += name + " = qimeng.program_id " + std::to_string(dim) + "\n";
    names += comma + name;
  }
  std::string memref = "memref<" + shape + "i32>",
              tile = "tensor<" + ones + "i32>";
  std::string text =
      "qimeng.kernel @order(%C: " + memref + ") grid(" + sizes +
      ") schedule<warps = 1, raster = " + std::to_string(raster) + "> {\n" +
      ids + "%z = arith.constant dense<1> : " + tile +
      "\nqimeng.store %z, %C[" + names + "] : " + tile + ", " + memref +
      "\n}\n";
  DialectRegistry registry;
  registry.insert<QiMengDialect, affine::AffineDialect, arith::ArithDialect,
                  LLVM::LLVMDialect, memref::MemRefDialect, NVVM::NVVMDialect,
                  scf::SCFDialect>();
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  if (!module) {
    ADD_FAILURE() << text;
    return {};
  }
  FailureOr<OwningOpRef<ModuleOp>> lowered =
      lowerToGpu(*module, **findArchitecture("sm_80"));
  if (failed(lowered)) {
    ADD_FAILURE() << text;
    return {};
  }
  std::vector<int64_t> order;
  int64_t blocks = std::accumulate(grid.begin(), grid.end(), int64_t(1),
                                   std::multiplies<>());
  (*lowered)->walk([&](LLVM::GEPOp address) {
    for (int64_t block = 0; block < blocks; ++block)
      order.push_back(evaluate(address.getDynamicIndices().front(), block));
  });
  return order;
}

/// Every program runs once.
void expectAll(const Grid &grid, const std::vector<int64_t> &order) {
  std::set<int64_t> seen(order.begin(), order.end());
  size_t blocks = std::accumulate(grid.begin(), grid.end(), int64_t(1),
                                  std::multiplies<>());
  EXPECT_EQ(order.size(), blocks);
  EXPECT_EQ(seen.size(), blocks);
  EXPECT_EQ(*seen.begin(), 0);
  EXPECT_EQ(*seen.rbegin(), int64_t(blocks) - 1);
}
} // namespace

TEST(Raster, WithoutItRowsComeOneAfterAnother) {
  std::vector<int64_t> order = orderOf({3, 4}, 1);
  std::vector<int64_t> rows(12);
  std::iota(rows.begin(), rows.end(), 0);
  EXPECT_EQ(order, rows);
}

TEST(Raster, GoesDownAGroupFirst) {
  // Rows 0 and 1 in columns 0, 1, 2; then rows 2 and 3.
  EXPECT_EQ(orderOf({4, 3}, 2),
            (std::vector<int64_t>{0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11}));
}

TEST(Raster, TheLastGroupMayBeLower) {
  EXPECT_EQ(orderOf({5, 2}, 3),
            (std::vector<int64_t>{0, 2, 4, 1, 3, 5, 6, 8, 7, 9}));
  // One that is higher than the grid is the grid.
  EXPECT_EQ(orderOf({3, 2}, 8), (std::vector<int64_t>{0, 2, 4, 1, 3, 5}));
}

TEST(Raster, EveryProgramRunsOnce) {
  for (const Grid &grid :
       {Grid{1, 1}, {7, 5}, {5, 7}, {8, 8}, {13, 1}, {1, 13}, {16, 9}})
    for (int64_t raster : {1, 2, 3, 4, 8, 16})
      expectAll(grid, orderOf(grid, raster));
}

TEST(Raster, OuterDimensionsStayOutermost) {
  // The plane is the first and the last dimension.
  for (const Grid &grid : {Grid{4, 3, 5}, {5, 2, 4}, {3, 2, 3, 2}})
    for (int64_t raster : {1, 2, 3}) {
      std::vector<int64_t> order = orderOf(grid, raster);
      expectAll(grid, order);
      if (raster == 1 || grid.size() != 3)
        continue;
      int64_t plane = grid[0] * grid[2];
      for (size_t block = 0; block < order.size(); ++block)
        EXPECT_EQ(order[block] / grid[2] % grid[1], int64_t(block) / plane);
    }
}
