//===- RunOnDevice.h - The GPU half of qimeng-run ---------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TOOLS_QIMENG_RUN_RUNONDEVICE_H
#define QIMENG_TOOLS_QIMENG_RUN_RUNONDEVICE_H

#include "qimeng/Verify/Numbers.h"

/// Runs `entry` of `module` on GPU `ordinal` and prints the median time and
/// what the assembler said, and the outputs if asked to; with `check`, compares
/// on all its trials. A tensor
/// program is partitioned first, and kernels without a grid get plain small
/// tiles. Returns qimeng-run's exit code.
int runOnDevice(mlir::ModuleOp module, llvm::StringRef entry, unsigned ordinal,
                const qimeng::Draw &draw, uint64_t seed, unsigned repeat,
                bool printOutputs, const qimeng::NumbersCheck *check);

#endif // QIMENG_TOOLS_QIMENG_RUN_RUNONDEVICE_H
