//===- Channels.h - Check 3: no race, deadlock or overrun -------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_VERIFY_CHANNELS_H
#define QIMENG_VERIFY_CHANNELS_H

#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"

namespace qimeng {

/// Counts the tokens of every channel while the roles of `kernel` run (one role
/// when it names none): every channel has one producer and one consumer role;
/// every wait ends; every put is taken and released by the end of a program; a
/// release follows its take; a taken tile is not used after its release and
/// does not leave its iteration. A kernel is a Kahn network, so one order of
/// execution decides for all. When conditions around channel operations
/// depend on the program, all programs are run. `maxEvents` bounds the
/// operations visited; a kernel that needs more is refused.
mlir::LogicalResult checkChannels(KernelOp kernel, int64_t maxEvents = 1 << 24);

} // namespace qimeng

#endif // QIMENG_VERIFY_CHANNELS_H
