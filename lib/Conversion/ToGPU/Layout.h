//===- Layout.h - How threads hold tiles ------------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tiles have power-of-two sizes, so the place of an element is a string of
// bits. A layout says which coordinate bit each bit of a register number and
// each bit of a thread number stands for. Blocked layouts and the fragments of
// mma.sync and wgmma all are of this kind (the fragments: PTX ISA 9.0, "Matrix
// fragments for mma.m16n8k16" and "Register fragments for wgmma.mma_async").
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_CONVERSION_TOGPU_LAYOUT_H
#define QIMENG_CONVERSION_TOGPU_LAYOUT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>

namespace qimeng::gpu {

/// One coordinate bit; `dim` -1 where a register or thread bit has no influence
/// (the element is held more than once).
struct Basis {
  int dim = -1;
  int bit = 0;
  bool operator==(const Basis &other) const {
    return dim == other.dim && (dim < 0 || bit == other.bit);
  }
};

struct Layout {
  llvm::SmallVector<int64_t, 4> shape;
  llvm::SmallVector<Basis, 10> reg; ///< bits of the register number
  llvm::SmallVector<Basis, 10>
      thread; ///< bits of the thread number (5 lanes, warps)

  int64_t numRegs() const { return int64_t(1) << reg.size(); }
  /// What register `r` adds to coordinate `dim`.
  int64_t regCoord(int64_t r, int dim) const;
  /// Coordinate `dim` of what thread `t` holds in register 0.
  int64_t threadCoord(int64_t t, int dim) const;
  bool operator==(const Layout &other) const {
    return shape == other.shape && reg == other.reg && thread == other.thread;
  }
  bool operator!=(const Layout &other) const { return !(*this == other); }
  bool empty() const { return thread.empty(); }

  /// Number of low register bits that walk `dim` element by element.
  int contiguousRegBits(int dim) const;

  /// Where element bits lie once `axes` are summed away: their register bits
  /// vanish, their thread bits have no influence.
  Layout withoutAxes(llvm::ArrayRef<int64_t> axes) const;
  /// Register of withoutAxes(axes) that holds what register `r` is reduced to
  /// (or broadcast from).
  int64_t regWithoutAxes(int64_t r, llvm::ArrayRef<int64_t> axes) const;
  /// Dimension i of the result is dimension perm[i] of this.
  Layout permuted(llvm::ArrayRef<int64_t> perm) const;

  /// Threads first along the fastest dimension, `vector` elements each.
  /// `order`: dimensions, fastest first. `threadBits`: log2 of the threads.
  static Layout blocked(llvm::ArrayRef<int64_t> shape,
                        llvm::ArrayRef<int> order, int64_t vector,
                        int threadBits);
  /// Accumulators of a product by plain multiply-adds: a patch of about 8 x 8
  /// elements a thread, of neighbouring columns unless `spreadColumns`.
  static Layout patches(llvm::ArrayRef<int64_t> shape, int threadBits,
                        bool spreadColumns = false);

  /// Accumulators of mma.sync m16n8 in a tile [B.., M, N].
  static Layout mmaAccumulator(llvm::ArrayRef<int64_t> shape, int threadBits);
  /// Operands of the mma.sync that goes with that accumulator layout;
  /// `packed`: log2 of the elements in a 32-bit register (2 for i8, 1 for
  /// 16-bit, 0 for tf32).
  static Layout mmaLhs(const Layout &accumulator, int64_t k, int packed);
  static Layout mmaRhs(const Layout &accumulator, int64_t k, int packed);

  /// Accumulators of wgmma m64nN in a tile [M, N], warpgroups along M.
  static Layout wgmmaAccumulator(llvm::ArrayRef<int64_t> shape, int threadBits);
};

/// log2 of a power of two.
int log2Of(int64_t value);

} // namespace qimeng::gpu

#endif // QIMENG_CONVERSION_TOGPU_LAYOUT_H
