//===- Resources.h - What a kernel takes of a device ------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_DIALECT_QIMENG_IR_RESOURCES_H
#define QIMENG_DIALECT_QIMENG_IR_RESOURCES_H

#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "qimeng/Support/Architecture.h"
#include <string>

namespace qimeng {

/// Memory that a tiled kernel needs at least, from its form alone.
struct ResourceEstimate {
  /// Bytes of shared memory in one block: slots of all channels with the
  /// layouts' padding, and 16 bytes of barriers a slot.
  int64_t sharedBytes = 0;
  /// 32-bit registers in one thread: the tiles that the loops carry and the
  /// largest other tile, spread evenly over the warps that compute them.
  int64_t registers = 0;
  /// Threads of a block, producers included.
  int64_t threads = 0;
  /// The operation with the most registers, null without tiles.
  mlir::Operation *largest = nullptr;
};
ResourceEstimate estimateResources(KernelOp kernel);

/// Whether the tiles fit in the registers of `target`'s threads, or no target
/// is given; if not, `why`.
llvm::LogicalResult checkRegisters(KernelOp kernel, const Architecture *target,
                                   std::string &why);

/// Registers that a block of `threads` threads starts with when it fills a
/// multiprocessor of `file` registers: what its roles may share out
/// (setmaxnreg).
int64_t getRegisterPool(int64_t threads, int64_t file);

/// Whether a block's registers are enough for what its roles ask for; if not,
/// `why`. A role that asks for more would wait for ever.
llvm::LogicalResult checkRoleRegisters(KernelOp kernel,
                                       const Architecture &target,
                                       std::string &why);

} // namespace qimeng

#endif // QIMENG_DIALECT_QIMENG_IR_RESOURCES_H
