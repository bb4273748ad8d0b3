//===- RegisterChannels.h - Channels whose slots are registers --*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_CONVERSION_TOGPU_REGISTERCHANNELS_H
#define QIMENG_CONVERSION_TOGPU_REGISTERCHANNELS_H

#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"

namespace qimeng::gpu {

bool hasRegisterChannels(KernelOp kernel);

/// Takes the kernel's channels in registers away: a take becomes the tiles of
/// the put that it follows, and loops carry what is in the channel from one
/// iteration to the next. A diagnostic names the operation where that cannot
/// be.
llvm::LogicalResult resolveRegisterChannels(KernelOp kernel);

} // namespace qimeng::gpu

#endif // QIMENG_CONVERSION_TOGPU_REGISTERCHANNELS_H
