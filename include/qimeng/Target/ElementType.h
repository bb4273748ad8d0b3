//===- ElementType.h - Element types of MLIR and runtime --------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TARGET_ELEMENTTYPE_H
#define QIMENG_TARGET_ELEMENTTYPE_H

#include "mlir/IR/Types.h"
#include "qimeng/Runtime/DataType.h"

namespace qimeng {

/// The runtime's name of an MLIR type, or none where buffers have no such
/// elements.
std::optional<DataType> toDataType(mlir::Type type);
mlir::Type toMlirType(mlir::MLIRContext *context, DataType type);

} // namespace qimeng

#endif // QIMENG_TARGET_ELEMENTTYPE_H
