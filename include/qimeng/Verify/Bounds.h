//===- Bounds.h - Check 3: accesses in bounds, writes exact -----*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_VERIFY_BOUNDS_H
#define QIMENG_VERIFY_BOUNDS_H

#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"

namespace qimeng {

/// No index of the kernel, and no term of one, needs more than the 32 bits that
/// a GPU's registers have for it: so the other checks, which compute with 64,
/// speak of what runs.
mlir::LogicalResult checkIndices(KernelOp kernel);

/// Every load and store that is not masked lies inside its operand or view for
/// all programs and iterations, and every view that is not padded lies inside
/// its operand. Offsets must be quasi-affine in program ids and loop counters;
/// conditions around an access count when they compare such values. Fails with
/// a diagnostic at the first access that is neither proved nor masked.
mlir::LogicalResult checkBounds(KernelOp kernel);

/// Every element of every output is written exactly once over all programs,
/// iterations and roles. Decided in closed form where each store writes a
/// product of arithmetic progressions (tilings, slices, strides, collapsed
/// dimensions), else by visiting every write, up to `maxVisits` of them.
mlir::LogicalResult checkWrites(KernelOp kernel, int64_t maxVisits = int64_t(1)
                                                                     << 26);

} // namespace qimeng

#endif // QIMENG_VERIFY_BOUNDS_H
