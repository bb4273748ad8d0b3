//===- Occupancy.h - Blocks that share a multiprocessor ---------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_CONVERSION_TOGPU_OCCUPANCY_H
#define QIMENG_CONVERSION_TOGPU_OCCUPANCY_H

#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "qimeng/Support/Architecture.h"

namespace qimeng::gpu {

/// Blocks on a multiprocessor that ptxas has to leave registers for, 0 where it
/// is free. Left alone it takes a few registers more than as many blocks as
/// shared memory admits can have, and one fewer fits: then it is told their
/// number, if the tiles leave it room to comply without spilling.
/// `threads` and `shared` (bytes) are a block's.
int64_t blocksAtOnce(KernelOp kernel, const Architecture &arch, int64_t threads,
                     int64_t shared);

} // namespace qimeng::gpu

#endif // QIMENG_CONVERSION_TOGPU_OCCUPANCY_H
