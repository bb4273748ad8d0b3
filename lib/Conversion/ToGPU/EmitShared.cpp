//===- EmitShared.cpp - Tiles in shared memory ----------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace qimeng;
using namespace qimeng::gpu;

int64_t SharedLayout::rows() const {
  int64_t count = 1;
  for (auto [dim, size] : llvm::enumerate(shape))
    if (static_cast<int>(dim) != major)
      count *= size;
  return count;
}

int64_t SharedLayout::bytes() const {
  return rows() * (shape[major] * elementBytes + pad);
}

int64_t SharedLayout::alignment() const {
  int64_t row = shape[major] * elementBytes, bytes = 16;
  while (row % bytes != 0 || (!swizzle && pad % bytes != 0))
    bytes /= 2;
  return bytes;
}

int64_t SharedLayout::stride(int dim) const {
  if (dim == major)
    return elementBytes;
  int64_t pitch = swizzle ? swizzle : shape[major] * elementBytes + pad;
  for (int other = shape.size() - 1; other > dim; --other)
    if (other != major)
      pitch *= shape[other];
  return pitch;
}

int64_t SharedLayout::offset(ArrayRef<int64_t> coords) const {
  int64_t sum = 0;
  for (auto [dim, coord] : llvm::enumerate(coords)) {
    int64_t within = coord;
    if (static_cast<int>(dim) == major && swizzle &&
        shape[dim] > boxElements()) {
      sum += coord / boxElements() * boxBytes();
      within = coord % boxElements();
    }
    sum += within * stride(dim);
  }
  return swizzle ? sum ^ ((sum >> 7 & (swizzle / 16 - 1)) << 4) : sum;
}

Value KernelEmitter::sharedOffset(const SharedLayout &layout,
                                  ArrayRef<Value> coords) {
  Value offset = i32(0);
  for (auto [dim, coord] : llvm::enumerate(coords)) {
    Value within = coord;
    if (static_cast<int>(dim) == layout.major && layout.swizzle &&
        layout.shape[dim] > layout.boxElements()) {
      offset = add(offset, mul(shr(coord, log2Of(layout.boxElements())),
                               layout.boxBytes()));
      within = bitAnd(coord, layout.boxElements() - 1);
    }
    offset = add(offset, mul(within, layout.stride(dim)));
  }
  if (layout.swizzle) {
    // Address bits 4.. are xor-ed with bits 7.. (PTX ISA 9.0, "Swizzling
    // modes").
    Value pattern = bitAnd(shr(offset, 7), layout.swizzle / 16 - 1);
    offset = bitXor(offset, shl(pattern, 4));
  }
  return offset;
}

SharedCursor KernelEmitter::sharedCursor(const SharedTile &tile,
                                         ArrayRef<Value> coords) {
  SharedCursor cursor;
  cursor.layout = tile.layout;
  cursor.tile = tile.offset;
  cursor.start = sharedOffset(tile.layout, coords);
  return cursor;
}

/// The steps stand for other bits of the coordinates than the start, so that
/// without a swizzle their offsets add up. With one, the offsets have other
/// bits too, save those that the swizzle changes: these are xor-ed.
Value KernelEmitter::sharedAt(SharedCursor &cursor, ArrayRef<int64_t> steps) {
  int64_t offset = cursor.layout.offset(steps);
  int64_t changed = cursor.layout.swizzle ? offset & 0x70 : 0;
  Value &base = cursor.pointers[changed];
  if (!base) {
    Value start = changed ? bitXor(cursor.start, i32(changed)) : cursor.start;
    base = sharedPointer(add(cursor.tile, start));
  }
  if (offset == changed)
    return base;
  return LLVM::GEPOp::create(
      b, sharedBase.getType(), b.getI8Type(), base,
      ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(offset - changed)});
}

SharedCursor KernelEmitter::sharedCursor(const SharedTile &tile,
                                         const Layout &layout) {
  SmallVector<Value> coords;
  for (size_t dim = 0; dim < layout.shape.size(); ++dim)
    coords.push_back(threadCoord(layout, dim));
  return sharedCursor(tile, coords);
}

SmallVector<int64_t> KernelEmitter::stepsOf(const Layout &layout, int64_t reg) {
  SmallVector<int64_t> steps;
  for (size_t dim = 0; dim < layout.shape.size(); ++dim)
    steps.push_back(layout.regCoord(reg, dim));
  return steps;
}

/// Registers that one shared access moves (a run along the contiguous
/// dimension), at most 16 bytes.
static int64_t sharedVector(const SharedLayout &shared, const Layout &layout) {
  int64_t run = int64_t(1) << layout.contiguousRegBits(shared.major);
  return std::max<int64_t>(
      1, std::min(run, shared.alignment() / shared.elementBytes));
}

Regs KernelEmitter::loadVector(Value pointer, Type element, int64_t count) {
  Type stored = storageType(element);
  int64_t bytes = std::max(1u, stored.getIntOrFloatBitWidth() / 8);
  Type type = count == 1 ? stored : Type(VectorType::get(count, stored));
  Value whole = LLVM::LoadOp::create(b, type, pointer, count * bytes);
  return unpackElements(whole, element, count);
}

Regs KernelEmitter::loadShared(const SharedTile &tile, const Layout &layout) {
  int64_t vector = sharedVector(tile.layout, layout);
  SharedCursor cursor = sharedCursor(tile, layout);
  Regs regs;
  for (int64_t r = 0; r < layout.numRegs(); r += vector)
    llvm::append_range(regs, loadVector(sharedAt(cursor, stepsOf(layout, r)),
                                        tile.elementType, vector));
  return regs;
}

void KernelEmitter::storeShared(const SharedTile &tile, const Layout &layout,
                                ArrayRef<Value> regs) {
  int64_t vector = sharedVector(tile.layout, layout);
  auto write = [&] {
    SharedCursor cursor = sharedCursor(tile, layout);
    for (int64_t r = 0; r < layout.numRegs(); r += vector) {
      Value whole = packElements(regs.slice(r, vector));
      LLVM::StoreOp::create(b, whole, sharedAt(cursor, stepsOf(layout, r)),
                            vector * tile.layout.elementBytes);
    }
  };
  // Of several threads that hold an element, one writes it.
  if (Value writer = isFirstHolder(layout)) {
    auto branch = scf::IfOp::create(b, TypeRange(), writer, /*withElse=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    write();
    return;
  }
  write();
}
