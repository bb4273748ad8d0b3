//===- KernelTraits.h - What the rules look at ------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_PLANNER_KERNELTRAITS_H
#define QIMENG_PLANNER_KERNELTRAITS_H

#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"

namespace qimeng {

struct KernelTraits {
  explicit KernelTraits(KernelOp kernel);

  bool tiled = false, specialized = false, persistent = false;
  int dots = 0, tensorDots = 0, wgmmaDots = 0;
  int reductions = 0;       ///< reduce, fold and scan
  bool reducesRows = false; ///< along the last dimension of a tile
  int channels = 0;
  int64_t raster = 1, warps = 4, programs = 1;
  llvm::SmallVector<int64_t> grid;

  /// Of an untiled kernel: elements of the largest output, and of the largest
  /// tile that is reduced; the product of the reduced axes' extents.
  double outputElements = 0, reducedElements = 0, reducedExtent = 1;
  /// Last dimension of the first output.
  int64_t columns = 1;
  /// Arithmetic per element, roughly: how dear it is to compute values again.
  int work = 0;

  bool isElementwise() const { return !dots && !reductions; }
};

} // namespace qimeng

#endif // QIMENG_PLANNER_KERNELTRAITS_H
