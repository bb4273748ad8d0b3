//===- DeviceProgram.h - Any program as one that a GPU runs -----*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_VERIFY_DEVICEPROGRAM_H
#define QIMENG_VERIFY_DEVICEPROGRAM_H

#include "mlir/IR/BuiltinOps.h"
#include "qimeng/Support/Architecture.h"

namespace qimeng {

/// Makes `module` a host program with tiled kernels, as compileProgram and
/// DeviceExecutor take it. A tensor program is partitioned, a lone kernel gets
/// a host function that launches it, and kernels that are not tiled get plain
/// small tiles. `entry` names the function or the kernel; empty: the first
/// public function, or the only kernel. Failure is reported as diagnostics, and
/// leaves `module` unusable. The context must have all dialects loaded.
mlir::LogicalResult toDeviceProgram(mlir::ModuleOp module,
                                    llvm::StringRef entry,
                                    const Architecture &arch);

} // namespace qimeng

#endif // QIMENG_VERIFY_DEVICEPROGRAM_H
