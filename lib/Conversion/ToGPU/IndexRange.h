//===- IndexRange.h - Between which numbers an index lies -------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_CONVERSION_TOGPU_INDEXRANGE_H
#define QIMENG_CONVERSION_TOGPU_INDEXRANGE_H

#include "mlir/IR/Value.h"

namespace qimeng::gpu {

/// Both ends belong to the range; an unknown end is `unbounded` away.
struct IndexRange {
  static constexpr int64_t unbounded = int64_t(1) << 62;
  int64_t low = -unbounded, high = unbounded;
};

/// The values that `index` takes where `user` runs, from the sizes of the grid,
/// the bounds of loops, and the branches around `user`.
IndexRange rangeOf(mlir::Value index, mlir::Operation *user);

} // namespace qimeng::gpu

#endif // QIMENG_CONVERSION_TOGPU_INDEXRANGE_H
