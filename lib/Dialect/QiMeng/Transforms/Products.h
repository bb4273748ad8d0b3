//===- Products.h - Which instruction computes a product --------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_DIALECT_QIMENG_TRANSFORMS_PRODUCTS_H
#define QIMENG_DIALECT_QIMENG_TRANSFORMS_PRODUCTS_H

#include "Staging.h"

namespace qimeng {

/// Whether `mma` can compute the product with `warps` warps on `target` (null:
/// any); if not, `why`. Shapes and types are those of PTX ISA 9.0, "Matrix
/// multiply-accumulate".
llvm::LogicalResult checkInstruction(DotOp dot, Mma mma, Precision precision,
                                     int64_t warps, const Architecture *target,
                                     std::string &why);

} // namespace qimeng

#endif // QIMENG_DIALECT_QIMENG_TRANSFORMS_PRODUCTS_H
