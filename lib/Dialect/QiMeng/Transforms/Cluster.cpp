//===- Cluster.cpp - Macro action: cluster --------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Staging.h"
#include "qimeng/Dialect/QiMeng/TransformOps/QiMengTransformOps.h"
#include "qimeng/Support/Architecture.h"

using namespace mlir;
using namespace qimeng;

/// Whether a producer loads a tile that is the same for programs that differ
/// along grid dimension 0 only.
static bool hasCommonTile(KernelOp kernel) {
  WalkResult walk = kernel.walk([&](PutOp put) -> WalkResult {
    auto role = put->getParentOfType<RoleOp>();
    if (!role || role.getKind() != RoleKind::Producer ||
        dependsOnProgram(put, 0))
      return WalkResult::advance();
    for (Value tile : put.getTiles())
      if (auto load = tile.getDefiningOp<LoadOp>();
          load && !dependsOnProgram(load, 0))
        return WalkResult::interrupt();
    return WalkResult::advance();
  });
  return walk.wasInterrupted();
}

LogicalResult ClusterOp::precondition(KernelOp kernel,
                                      const Architecture *target,
                                      std::string &why) {
  if (!kernel.isTiled())
    return refuse(why, "the kernel is not tiled; tile it first");
  int64_t size = getSize();
  if (size != 2 && size != 4 && size != 8)
    return refuse(why, "'size' must be 2, 4 or 8, found " + Twine(size));
  if (target && !target->clusters)
    return refuse(why, Twine(target->name) + " has no clusters of blocks");
  if (!hasCommonTile(kernel))
    return refuse(why, "no producer loads a tile that is the same for programs "
                       "that are neighbours along grid dimension 0; specialize "
                       "a kernel whose programs share a factor first");
  int64_t rows = kernel.getGrid()->empty() ? 1 : kernel.getGrid()->front();
  if (rows % size != 0)
    return refuse(why, "grid dimension 0 has " + Twine(rows) +
                           " programs, not a multiple of " + Twine(size));
  ScheduleAttr schedule = kernel.getScheduleOrDefault();
  if (schedule.getPersistent() % size != 0)
    return refuse(why, "the kernel has " + Twine(schedule.getPersistent()) +
                           " persistent blocks, not a multiple of " +
                           Twine(size));
  if (schedule.getCluster() == size)
    return refuse(why,
                  "the kernel runs in clusters of " + Twine(size) + " already");
  return success();
}

LogicalResult ClusterOp::rewrite(KernelOp kernel, RewriterBase &,
                                 const Architecture *) {
  ScheduleEntries schedule(kernel);
  schedule.cluster = getSize();
  schedule.assignTo(kernel);
  return success();
}

/// Products for each element read, of the tile of a product: below this, tensor
/// cores ask more of L2 than it gives them. 128 x 256 tiles have 85, and gained
/// nothing on an H200; 128 x 128 tiles have 64, and gained 1 %.
static constexpr int64_t enoughReuse = 85;

static bool asksMuchOfL2(KernelOp kernel) {
  WalkResult walk = kernel.walk([](DotOp dot) -> WalkResult {
    ArrayRef<int64_t> tile = dot.getType().getShape();
    int64_t m = tile[tile.size() - 2], n = tile.back();
    return m * n / (m + n) < enoughReuse ? WalkResult::interrupt()
                                         : WalkResult::advance();
  });
  return walk.wasInterrupted();
}

void ClusterOp::propose(KernelOp kernel, const Architecture &target,
                        SmallVectorImpl<DictionaryAttr> &proposals) {
  // L2 is what all multiprocessors wait for only where all work for some time.
  // More than two blocks leave multiprocessors idle that have no neighbour.
  if (kernel.isTiled() && kernel.getScheduleOrDefault().getCluster() == 1 &&
      kernel.getNumPrograms() >= 2 * target.multiprocessors &&
      asksMuchOfL2(kernel))
    proposals.push_back(DictionaryAttr::get(kernel.getContext()));
}

LogicalResult ClusterOp::holds(KernelOp, KernelOp after,
                               DictionaryAttr parameters, std::string &why) {
  auto given = parameters.getAs<IntegerAttr>("size");
  int64_t size = given ? given.getInt() : 2,
          found = after.getScheduleOrDefault().getCluster();
  if (found != size)
    return refuse(why, "the schedule must have cluster = " + Twine(size) +
                           ", found " + Twine(found));
  return success();
}
