//===- SharedLayout.h - How tiles lie in shared memory ----------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One description from which tensor map boxes, wgmma descriptors and addresses
// of ordinary accesses follow together.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_CONVERSION_TOGPU_SHAREDLAYOUT_H
#define QIMENG_CONVERSION_TOGPU_SHAREDLAYOUT_H

#include "mlir/Support/LLVM.h"
#include <cstdint>

namespace qimeng::gpu {

struct SharedLayout {
  llvm::SmallVector<int64_t, 4> shape;
  int64_t elementBytes = 0;
  int major = 0;       ///< the contiguous dimension
  int64_t swizzle = 0; ///< bytes: 0, 32, 64 or 128
  int64_t pad = 0;     ///< bytes after each run of the major dimension

  /// With a swizzle the major dimension is cut into boxes of `swizzle` bytes;
  /// box b holds all rows (the other dimensions, row-major), `swizzle` bytes
  /// each. Without one, runs of the major dimension follow each other.
  int64_t boxElements() const { return swizzle / elementBytes; }
  int64_t rows() const;
  int64_t boxBytes() const { return rows() * swizzle; }
  int64_t bytes() const;
  /// Bytes, at most 16, that all rows are a multiple of.
  int64_t alignment() const;
  /// Bytes from the start to the element at `coords`.
  int64_t offset(llvm::ArrayRef<int64_t> coords) const;
  /// Bytes between neighbours along `dim`, within a box.
  int64_t stride(int dim) const;
};

} // namespace qimeng::gpu

#endif // QIMENG_CONVERSION_TOGPU_SHAREDLAYOUT_H
