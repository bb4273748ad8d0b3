//===- Features.cpp - What a random tensor program covers -----------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Features.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace qimeng;

static bool isPrime(int64_t size) {
  for (int64_t divisor = 2; divisor * divisor <= size; ++divisor)
    if (size % divisor == 0)
      return false;
  return size > 1;
}

static std::string toText(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

/// Two factors and a sum of their products.
static void findContraction(linalg::LinalgOp op,
                            llvm::function_ref<void(const std::string &)> see) {
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1 ||
      op.getNumReductionLoops() == 0)
    return;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  if (!llvm::all_of(maps,
                    [](AffineMap map) { return map.isProjectedPermutation(); }))
    return;
  SmallVector<utils::IteratorType> kinds = op.getIteratorTypesArray();
  int64_t batch = 0, left = 0, right = 0;
  auto isReduction = [&](unsigned dim) {
    return kinds[dim] == utils::IteratorType::reduction;
  };
  for (unsigned dim = 0; dim < kinds.size(); ++dim) {
    bool a = maps[0].isFunctionOfDim(dim), b = maps[1].isFunctionOfDim(dim);
    if (!isReduction(dim))
      batch += a && b, left += a && !b, right += b && !a;
  }
  see("contraction, " + std::to_string(batch) + " batch dimensions");
  see("contraction, " + std::to_string(left) + " x " + std::to_string(right) +
      " free dimensions");
  // Row-major factors hold K last on the left and before N on the right.
  auto isLast = [&](AffineMap map, bool reduction) {
    return map.getNumResults() != 0 &&
           isReduction(map.getDimPosition(map.getNumResults() - 1)) ==
               reduction;
  };
  if (left + right != 0)
    see(std::string("contraction, factors ") +
        (isLast(maps[0], true) ? "n" : "t") +
        (isLast(maps[1], false) || right == 0 ? "n" : "t"));
  auto elementOf = [](Value value) {
    return toText(getElementTypeOrSelf(value.getType()));
  };
  see("contraction of " + elementOf(op.getDpsInputs()[0]) + " into " +
      elementOf(op.getDpsInits()[0]));
}

static void findReduction(linalg::LinalgOp op,
                          llvm::function_ref<void(const std::string &)> see) {
  if (op.getNumDpsInputs() != 1 || op.getNumReductionLoops() == 0)
    return;
  SmallVector<utils::IteratorType> kinds = op.getIteratorTypesArray();
  size_t axes = op.getNumReductionLoops();
  see(axes == kinds.size() ? "reduction of all axes"
      : axes > 1           ? "reduction of several axes"
      : kinds.back() == utils::IteratorType::reduction
          ? "reduction of the last axis"
      : kinds.front() == utils::IteratorType::reduction
          ? "reduction of the first axis"
          : "reduction of a middle axis");
  if (Block *body = op.getBlock())
    for (Operation &inner : *body)
      if (!inner.hasTrait<OpTrait::IsTerminator>())
        see("reduction by " + inner.getName().stripDialect().str());
}

Counts qimeng::findFeatures(ModuleOp program) {
  Counts counts;
  auto see = [&](const std::string &name) { counts[name] = 1; };
  program.walk([&](Operation *op) {
    if (isa<ModuleOp, func::FuncOp>(op))
      return;
    see("op " + op->getName().getStringRef().str());
    for (Value operand : op->getOperands()) {
      auto type = dyn_cast<RankedTensorType>(operand.getType());
      if (!type)
        continue;
      see("type " + toText(type.getElementType()));
      see("rank " + std::to_string(type.getRank()));
      for (int64_t size : type.getShape())
        see(size == 1                   ? "size one"
            : llvm::isPowerOf2_64(size) ? "size a power of two"
            : isPrime(size)             ? "size prime"
            : size % 16 == 0            ? "size a multiple of 16"
                                        : "size another");
    }
    if (auto linalg = dyn_cast<linalg::LinalgOp>(op)) {
      findContraction(linalg, see);
      findReduction(linalg, see);
    }
  });
  return counts;
}
