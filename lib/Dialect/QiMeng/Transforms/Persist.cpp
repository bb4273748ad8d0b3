//===- Persist.cpp - Macro action: persist --------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Staging.h"
#include "qimeng/Dialect/QiMeng/IR/Properties.h"
#include "qimeng/Dialect/QiMeng/TransformOps/QiMengTransformOps.h"
#include "qimeng/Support/Architecture.h"

using namespace mlir;
using namespace qimeng;

/// Blocks that run on the device at the same time, as far as threads, shared
/// memory and the limit on blocks tell.
static int64_t getConcurrentBlocks(KernelOp kernel,
                                   const Architecture &target) {
  int64_t warps = 0;
  for (RoleOp role : kernel.getBody().getOps<RoleOp>())
    warps += role.getWarps();
  if (warps == 0)
    warps = kernel.getScheduleOrDefault().getWarps();
  int64_t perMultiprocessor =
      std::min({target.blocksPerMultiprocessor,
                target.threadsPerMultiprocessor / (warps * 32),
                target.sharedPerMultiprocessor /
                    (getChannelBytes(kernel) + getSharedReserve(kernel))});
  // Roles ask for all registers.
  if (kernel.isSpecialized())
    perMultiprocessor = 1;
  return target.multiprocessors * std::max<int64_t>(1, perMultiprocessor);
}

static int64_t resolveBlocks(PersistOp op, KernelOp kernel,
                             const Architecture *target) {
  if (op.getBlocks() != 0 || !target)
    return op.getBlocks();
  // Clusters are whole.
  int64_t cluster = kernel.getScheduleOrDefault().getCluster();
  return std::max(cluster,
                  getConcurrentBlocks(kernel, *target) / cluster * cluster);
}

LogicalResult PersistOp::precondition(KernelOp kernel,
                                      const Architecture *target,
                                      std::string &why) {
  if (!kernel.isTiled())
    return refuse(why, "the kernel is not tiled; tile it first");
  int64_t blocks = resolveBlocks(*this, kernel, target);
  if (blocks < 0)
    return refuse(why, "'blocks' must not be negative, found " + Twine(blocks));
  if (blocks == 0)
    return refuse(why, "no architecture is given that tells how many blocks "
                       "run at the same time; give 'blocks'");
  if (kernel.getNumPrograms() <= blocks)
    return refuse(why, "the kernel has " + Twine(kernel.getNumPrograms()) +
                           " programs, no more than the " + Twine(blocks) +
                           " blocks that would run them");
  int64_t cluster = kernel.getScheduleOrDefault().getCluster();
  if (blocks % cluster != 0)
    return refuse(why, "'blocks' must be a multiple of the cluster of " +
                           Twine(cluster) + " blocks, found " + Twine(blocks));
  if (kernel.getScheduleOrDefault().getPersistent() == blocks)
    return refuse(why, "the kernel runs in " + Twine(blocks) +
                           " persistent blocks already");
  return success();
}

LogicalResult PersistOp::rewrite(KernelOp kernel, RewriterBase &,
                                 const Architecture *target) {
  ScheduleEntries schedule(kernel);
  schedule.persistent = resolveBlocks(*this, kernel, target);
  schedule.assignTo(kernel);
  return success();
}

void PersistOp::propose(KernelOp kernel, const Architecture &,
                        SmallVectorImpl<DictionaryAttr> &proposals) {
  proposals.push_back(DictionaryAttr::get(kernel.getContext()));
}

LogicalResult PersistOp::holds(KernelOp, KernelOp after, DictionaryAttr,
                               std::string &why) {
  return checkProperty(after, Property::Persistent, why);
}
