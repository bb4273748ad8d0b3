//===- Layout.cpp - How threads hold tiles --------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Layout.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace qimeng;
using namespace qimeng::gpu;
using llvm::ArrayRef;
using llvm::SmallVector;

int qimeng::gpu::log2Of(int64_t value) { return llvm::Log2_64(value); }

int64_t Layout::regCoord(int64_t r, int dim) const {
  int64_t coord = 0;
  for (auto [i, basis] : llvm::enumerate(reg))
    if (basis.dim == dim && (r >> i & 1))
      coord |= int64_t(1) << basis.bit;
  return coord;
}

int64_t Layout::threadCoord(int64_t t, int dim) const {
  int64_t coord = 0;
  for (auto [i, basis] : llvm::enumerate(thread))
    if (basis.dim == dim && (t >> i & 1))
      coord |= int64_t(1) << basis.bit;
  return coord;
}

int Layout::contiguousRegBits(int dim) const {
  int bits = 0;
  while (bits < static_cast<int>(reg.size()) && reg[bits].dim == dim &&
         reg[bits].bit == bits)
    ++bits;
  return bits;
}

/// Number of a dimension once `axes` are gone, or -1 for one of them.
static int dimWithoutAxes(int dim, ArrayRef<int64_t> axes) {
  if (dim < 0 || llvm::is_contained(axes, dim))
    return -1;
  return dim - llvm::count_if(axes, [&](int64_t axis) { return axis < dim; });
}

Layout Layout::withoutAxes(ArrayRef<int64_t> axes) const {
  Layout result;
  for (auto [dim, size] : llvm::enumerate(shape))
    if (!llvm::is_contained(axes, int64_t(dim)))
      result.shape.push_back(size);
  for (Basis basis : reg)
    if (int dim = dimWithoutAxes(basis.dim, axes); dim >= 0)
      result.reg.push_back({dim, basis.bit});
  for (Basis basis : thread)
    result.thread.push_back({dimWithoutAxes(basis.dim, axes), basis.bit});
  return result;
}

int64_t Layout::regWithoutAxes(int64_t r, ArrayRef<int64_t> axes) const {
  int64_t result = 0;
  int bit = 0;
  for (auto [i, basis] : llvm::enumerate(reg))
    if (dimWithoutAxes(basis.dim, axes) >= 0)
      result |= (r >> i & 1) << bit++;
  return result;
}

Layout Layout::permuted(ArrayRef<int64_t> perm) const {
  Layout result = *this;
  SmallVector<int> inverse(perm.size());
  for (auto [i, dim] : llvm::enumerate(perm)) {
    inverse[dim] = i;
    result.shape[i] = shape[dim];
  }
  for (auto *bases : {&result.reg, &result.thread})
    for (Basis &basis : *bases)
      if (basis.dim >= 0)
        basis.dim = inverse[basis.dim];
  return result;
}

namespace {
/// Hands out the bits of every dimension, lowest first.
struct BitSupply {
  explicit BitSupply(ArrayRef<int64_t> shape) {
    for (int64_t size : shape)
      left.push_back({0, log2Of(size)});
  }
  bool has(int dim) const { return left[dim].first < left[dim].second; }
  int remaining(int dim) const { return left[dim].second - left[dim].first; }
  Basis take(int dim) { return {dim, left[dim].first++}; }
  Basis takeOrNone(int dim) { return has(dim) ? take(dim) : Basis(); }
  /// Takes bit `bit` of `dim`, which must be the next one.
  SmallVector<std::pair<int, int>> left;
};
} // namespace

Layout Layout::blocked(ArrayRef<int64_t> shape, ArrayRef<int> order,
                       int64_t vector, int threadBits) {
  Layout result;
  result.shape.assign(shape.begin(), shape.end());
  BitSupply supply(shape);
  if (!order.empty())
    for (int i = 0; i < log2Of(vector) && supply.has(order[0]); ++i)
      result.reg.push_back(supply.take(order[0]));
  auto next = [&](ArrayRef<int> dims) {
    for (int dim : dims)
      if (supply.has(dim))
        return supply.take(dim);
    return Basis();
  };
  for (int i = 0; i < std::min(threadBits, 5); ++i)
    result.thread.push_back(next(order));
  // Warps along the slowest dimensions: a row stays within a warp while it can.
  SmallVector<int> slowFirst(llvm::reverse(order));
  for (int i = 5; i < threadBits; ++i)
    result.thread.push_back(next(slowFirst));
  for (int dim : order)
    while (supply.has(dim))
      result.reg.push_back(supply.take(dim));
  return result;
}

Layout Layout::patches(ArrayRef<int64_t> shape, int threadBits,
                       bool spreadColumns) {
  int rank = shape.size(), m = rank - 2, n = rank - 1;
  Layout result;
  result.shape.assign(shape.begin(), shape.end());
  BitSupply supply(shape);
  int total = 0;
  for (int64_t size : shape)
    total += log2Of(size);
  int perThread = std::max(0, total - threadBits);
  if (!spreadColumns)
    for (int i = 0; i < 2 && perThread > 0 && supply.has(n); ++i, --perThread)
      result.reg.push_back(supply.take(n));
  for (int i = 0; i < 3 && perThread > 0 && supply.has(m); ++i, --perThread)
    result.reg.push_back(supply.take(m));
  // A warp has eight columns of patches and four rows; warps share the rest as
  // evenly.
  for (int i = 0; i < threadBits; ++i) {
    bool alongN =
        i < 3 || (i >= 5 && supply.remaining(n) > supply.remaining(m));
    int first = alongN ? n : m, second = alongN ? m : n;
    Basis basis = supply.takeOrNone(first);
    if (basis.dim < 0)
      basis = supply.takeOrNone(second);
    for (int batch = 0; batch < m && basis.dim < 0; ++batch)
      basis = supply.takeOrNone(batch);
    result.thread.push_back(basis);
  }
  for (int dim = rank - 1; dim >= 0; --dim)
    while (supply.has(dim))
      result.reg.push_back(supply.take(dim));
  return result;
}

Layout Layout::mmaAccumulator(ArrayRef<int64_t> shape, int threadBits) {
  int rank = shape.size(), m = rank - 2, n = rank - 1;
  Layout result;
  result.shape.assign(shape.begin(), shape.end());
  int mBits = log2Of(shape[m]), nBits = log2Of(shape[n]);
  result.reg = {{n, 0}, {m, 3}};
  result.thread = {{n, 1}, {n, 2}, {m, 0}, {m, 1}, {m, 2}};
  int nextM = 4, nextN = 3;
  SmallVector<int> batchLeft;
  for (int dim = 0; dim < m; ++dim)
    batchLeft.push_back(log2Of(shape[dim]));
  SmallVector<int> batchNext(m, 0);
  for (int i = 5; i < threadBits; ++i) {
    // Square patches of warps read the least shared memory.
    int roomM = mBits - nextM, roomN = nBits - nextN;
    if (roomM > 0 && roomM >= roomN)
      result.thread.push_back({m, nextM++});
    else if (roomN > 0)
      result.thread.push_back({n, nextN++});
    else {
      Basis basis;
      for (int dim = 0; dim < m && basis.dim < 0; ++dim)
        if (batchNext[dim] < batchLeft[dim])
          basis = {dim, batchNext[dim]++};
      result.thread.push_back(basis);
    }
  }
  while (nextN < nBits)
    result.reg.push_back({n, nextN++});
  while (nextM < mBits)
    result.reg.push_back({m, nextM++});
  for (int dim = 0; dim < m; ++dim)
    while (batchNext[dim] < batchLeft[dim])
      result.reg.push_back({dim, batchNext[dim]++});
  return result;
}

/// Layout of an mma.sync operand: `row` is the accumulator dimension it shares,
/// `other` the one it lacks.
static Layout mmaOperand(const Layout &acc, int64_t k, int packed, bool isLhs) {
  int rank = acc.shape.size(), m = rank - 2, n = rank - 1;
  int shared = isLhs ? m : n, lost = isLhs ? n : m;
  // In the operand, K replaces the lost dimension: [.., M, K] or [.., K, N].
  int kDim = isLhs ? n : m;
  Layout result;
  result.shape = acc.shape;
  result.shape[kDim] = k;
  int kBits = log2Of(k);
  for (int i = 0; i < packed; ++i)
    result.reg.push_back({kDim, i});
  if (isLhs)
    result.reg.push_back({m, 3});
  result.reg.push_back({kDim, packed + 2});
  int atomic = isLhs ? 4 : 3; // bits of the shared dimension inside one mma
  result.thread = {{kDim, packed},
                   {kDim, packed + 1},
                   {shared, 0},
                   {shared, 1},
                   {shared, 2}};
  for (Basis basis : ArrayRef<Basis>(acc.thread).drop_front(5))
    result.thread.push_back(basis.dim == lost ? Basis() : basis);
  for (int bit = packed + 3; bit < kBits; ++bit)
    result.reg.push_back({kDim, bit});
  for (Basis basis : acc.reg)
    if (basis.dim >= 0 && basis.dim != lost &&
        (basis.dim != shared || basis.bit >= atomic))
      result.reg.push_back(basis);
  return result;
}

Layout Layout::mmaLhs(const Layout &acc, int64_t k, int packed) {
  return mmaOperand(acc, k, packed, true);
}

Layout Layout::mmaRhs(const Layout &acc, int64_t k, int packed) {
  return mmaOperand(acc, k, packed, false);
}

Layout Layout::wgmmaAccumulator(ArrayRef<int64_t> shape, int threadBits) {
  Layout result;
  result.shape.assign(shape.begin(), shape.end());
  int rank = shape.size(), m = rank - 2, n = rank - 1;
  int mBits = log2Of(shape[m]), nBits = log2Of(shape[n]);
  result.reg = {{n, 0}, {m, 3}};
  for (int bit = 3; bit < nBits; ++bit)
    result.reg.push_back({n, bit});
  result.thread = {{n, 1}, {n, 2}, {m, 0}, {m, 1}, {m, 2}, {m, 4}, {m, 5}};
  int warpgroupBits = std::max(0, threadBits - 7);
  for (int bit = 6; bit < mBits - warpgroupBits; ++bit)
    result.reg.push_back({m, bit});
  for (int bit = std::max(6, mBits - warpgroupBits); bit < mBits; ++bit)
    result.thread.push_back({m, bit});
  while (static_cast<int>(result.thread.size()) < threadBits)
    result.thread.push_back({});
  return result;
}
