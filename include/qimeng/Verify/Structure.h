//===- Structure.h - Check 2: the form of a kernel program ------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_VERIFY_STRUCTURE_H
#define QIMENG_VERIFY_STRUCTURE_H

#include "mlir/IR/BuiltinOps.h"
#include "qimeng/Dialect/QiMeng/IR/Properties.h"
#include "qimeng/Dialect/QiMeng/IR/Resources.h"
#include "qimeng/Support/Architecture.h"
#include "qimeng/Support/Result.h"
#include <optional>
#include <string>

namespace qimeng {

struct StructureOptions {
  /// Limits to keep; null: those of no device.
  const Architecture *architecture = nullptr;
  /// What must hold of `propertyKernel`, or of some kernel where that is empty.
  std::optional<Property> property;
  std::string propertyKernel;
  /// Iterations of a loop, and of all loops around one operation together.
  int64_t maxTripCount = int64_t(1) << 28;
};

/// The form of one kernel: constant loop bounds, power-of-two tiles under a
/// grid, consistent warps, resources within the device's limits.
mlir::LogicalResult checkKernel(KernelOp kernel,
                                const StructureOptions &options = {});

/// Check 2 of a rewrite: checkKernel for every kernel of `after`; the host
/// functions keep their names and types and do nothing but allocate and launch;
/// where the same kernels are launched on the same buffers (or there is no host
/// function) every kernel keeps its operand types and outputs; the asked-for
/// property holds. `before` may also be the tensor program that `after` was
/// partitioned from: its results are then the last operands.
mlir::LogicalResult checkStructure(mlir::ModuleOp before, mlir::ModuleOp after,
                                   const StructureOptions &options = {});

} // namespace qimeng

#endif // QIMENG_VERIFY_STRUCTURE_H
