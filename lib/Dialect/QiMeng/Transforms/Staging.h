//===- Staging.h - Tiles through channels -----------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What stage, pipeline and specialize share: which tiles go through a channel,
// and putting and taking them.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_DIALECT_QIMENG_TRANSFORMS_STAGING_H
#define QIMENG_DIALECT_QIMENG_TRANSFORMS_STAGING_H

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/PatternMatch.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "llvm/ADT/SetVector.h"
#include <optional>
#include <string>

namespace qimeng {

struct Architecture;

/// Says why an action does not apply.
llvm::LogicalResult refuse(std::string &why, const llvm::Twine &reason);

/// A tiled kernel without roles, or why not.
llvm::LogicalResult checkTiled(KernelOp kernel, std::string &why);

/// The numbers of kernel operands in a parameter 'inputs' are such, or why not.
llvm::LogicalResult checkInputs(KernelOp kernel, llvm::ArrayRef<int64_t> inputs,
                                std::string &why);

/// What `action` says when it rewrites a copy of the kernel, for preconditions
/// that are no simpler than the rewrite.
llvm::LogicalResult tryOnCopy(
    KernelOp kernel,
    llvm::function_ref<llvm::LogicalResult(KernelOp, mlir::RewriterBase &)>
        action);

/// Warps that run what stands in `op`'s place.
int64_t getWarps(mlir::Operation *op);

/// The schedule with some entries changed.
struct ScheduleEntries {
  explicit ScheduleEntries(KernelOp kernel);
  /// Gives it to the kernel; the default one is left out.
  void assignTo(KernelOp kernel) const;
  int64_t warps, raster, persistent, vector, cluster;
};

/// Iterations of a loop that counts from 0 by 1 to a constant.
std::optional<int64_t> getTripCount(mlir::scf::ForOp loop);

/// The loop whose body `block` is, or null.
mlir::scf::ForOp getLoop(mlir::Block *block);

/// The dimension of `source` along which its operand is contiguous, or -1.
int64_t getContiguousDim(mlir::Value source);

/// Bytes of shared memory that the kernel's channels take, with what the
/// lowering adds to rows and slots.
int64_t getChannelBytes(KernelOp kernel);

/// Shared memory beside the channels: barriers, exchange between layouts and,
/// where roles write results with TMA, the tile that is written.
int64_t getSharedReserve(KernelOp kernel);

/// Whether channels and reserve fit in a block of `target`.
llvm::LogicalResult checkShared(KernelOp kernel, const Architecture *target,
                                std::string &why);

/// The loads behind a factor of a product: `tile` itself, or what element-wise
/// operations and transpositions make it from.
void collectLoads(mlir::Value tile, llvm::SetVector<mlir::Operation *> &loads);

/// Tiles that share a channel.
struct StagedGroup {
  mlir::Block *block = nullptr; ///< of the loads
  llvm::SetVector<mlir::Operation *> loads;
  /// Or factors of this product that are computed, not loaded.
  DotOp dot;
  /// The product and the loads are in one block.
  bool besideProduct = false;
};

/// What can be staged and is not yet. By default that is what products read:
/// loads in loops, and for wgmma also other factors, because it reads from
/// shared memory only. `inputs`, when not empty, are the numbers of the kernel
/// operands whose loads in loops are meant instead. Loads of one block share a
/// channel; with `perProduct` only those of one product do.
llvm::SmallVector<StagedGroup>
findGroups(KernelOp kernel, llvm::ArrayRef<int64_t> inputs, bool perProduct);

/// Puts the group into a new channel of `stages` slots and takes it again, in
/// the same iteration; the slot is released after the last use.
void stageGroup(KernelOp kernel, const StagedGroup &group, int64_t stages,
                mlir::RewriterBase &rewriter);

/// The operations that `op` needs to run by itself (itself included), as far as
/// they are inside `scope`; or nothing when it needs more than loop counters
/// and loads.
std::optional<llvm::SetVector<mlir::Operation *>>
getIndependentSlice(mlir::Operation *op, mlir::Operation *scope);

/// The take of `put`'s channel in the same block, or null.
TakeOp findTake(PutOp put);

} // namespace qimeng

#endif // QIMENG_DIALECT_QIMENG_TRANSFORMS_STAGING_H
