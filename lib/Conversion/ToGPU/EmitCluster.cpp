//===- EmitCluster.cpp - Blocks that load tiles for each other ------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A tile that is the same for all blocks of a cluster is cut into as many
// parts; each block loads its part and TMA writes it to the same place in all
// of them (multicast), and counts its bytes at each block's full barrier. So a
// slot may be written only when the consumers of all blocks have let go of it:
// each arrives at the empty barriers of all.
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace qimeng;
using namespace qimeng::gpu;

/// Decides whether and how a cluster loads a tile laid out as `layout` once;
/// then the box becomes one block's part.
void KernelEmitter::shareInCluster(LoadOp load, const SharedLayout &layout,
                                   TensorMapUse &use) {
  if (cluster == 1 || dependsOnProgram(load, 0))
    return;
  use.multicast = true;
  // Rows follow each other in order of the dimensions: parts along the first
  // one that has any are whole runs of rows. A swizzle repeats every eight.
  const auto *dim =
      llvm::find_if(layout.shape, [](int64_t n) { return n > 1; });
  int sliced = dim - layout.shape.begin();
  if (dim == layout.shape.end() || sliced == layout.major ||
      *dim % cluster != 0)
    return;
  int64_t whole = layout.swizzle ? layout.boxBytes() : layout.bytes();
  if (whole / cluster % (layout.swizzle ? 8 * layout.swizzle : 128) != 0)
    return;
  AffineMap map = getAccess(load.getSource()).map;
  for (unsigned i = 0, rank = map.getNumResults(); i < rank; ++i)
    if (map.getResult(i).isFunctionOfDim(sliced)) {
      use.slicedDim = sliced;
      use.info.box[rank - 1 - i] /= cluster;
    }
}

bool KernelEmitter::multicasts() const {
  return llvm::any_of(channels,
                      [](const auto &entry) { return entry.second.multicast; });
}

void KernelEmitter::clusterBarrier() {
  NVVM::ClusterArriveOp::create(b, UnitAttr());
  NVVM::ClusterWaitOp::create(b, UnitAttr());
}

Value KernelEmitter::clusterMask() {
  return arith::ConstantOp::create(
      b, b.getI16IntegerAttr(static_cast<int16_t>((1 << cluster) - 1)));
}

void KernelEmitter::arriveInCluster(Value barrier, Value thread) {
  auto branch = scf::IfOp::create(b, TypeRange(), ult(thread, i32(cluster)),
                                  /*withElse=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  // With a wider scope than the block's this would fence the whole device.
  Value remote = NVVM::MapaOp::create(
      b, LLVM::LLVMPointerType::get(b.getContext(), 7), barrier, thread);
  NVVM::MBarrierArriveOp::create(b, Type(), remote, Value());
}
