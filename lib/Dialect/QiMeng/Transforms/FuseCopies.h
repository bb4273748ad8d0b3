//===- FuseCopies.h - Sums that are computed twice --------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_DIALECT_QIMENG_TRANSFORMS_FUSECOPIES_H
#define QIMENG_DIALECT_QIMENG_TRANSFORMS_FUSECOPIES_H

#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include <string>

namespace qimeng {

/// Refuses to compute in `consumer` once more what `producer` writes where that
/// is a sum of floats and an exponential later takes both copies. Later actions
/// may choose another order of terms for one of them: where a soft maximum
/// subtracts the one from the other, the last bit of a large number overflows.
llvm::LogicalResult checkCopiesOfSums(LaunchOp producer, LaunchOp consumer,
                                      std::string &why);

} // namespace qimeng

#endif // QIMENG_DIALECT_QIMENG_TRANSFORMS_FUSECOPIES_H
