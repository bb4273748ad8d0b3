//===- ChannelOrder.h - What order the channels of a block need -*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// In a kernel without roles all threads fill and read the slots of a channel.
// A take waits for its copies and for all threads; two questions remain. How
// many groups of asynchronous copies may still be under way when a take goes
// on? And is there a barrier between the last use of a slot and the put that
// fills it again? Both are answered by walking through the program with loops
// cut short: what happens repeats after as many iterations as a channel has
// slots.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_CONVERSION_TOGPU_CHANNELORDER_H
#define QIMENG_CONVERSION_TOGPU_CHANNELORDER_H

#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace qimeng::gpu {

struct ChannelOrder {
  /// Copy groups committed after the one that each take needs; 0 for takes that
  /// are not listed.
  llvm::DenseMap<mlir::Operation *, int64_t> pending;
  /// Channels whose release is a barrier.
  llvm::DenseSet<mlir::Value> synchronizedReleases;
  /// Branches after which a copy group is committed whether they are taken or
  /// not, so that all iterations of a loop commit equally many.
  llvm::DenseSet<mlir::Operation *> committingBranches;

  /// `isAsync`: whether a channel is filled by cp.async.
  static ChannelOrder find(KernelOp kernel,
                           llvm::function_ref<bool(mlir::Value)> isAsync);
};

} // namespace qimeng::gpu

#endif // QIMENG_CONVERSION_TOGPU_CHANNELORDER_H
