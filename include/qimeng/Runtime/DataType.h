//===- DataType.h - Element types of program buffers ------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_RUNTIME_DATATYPE_H
#define QIMENG_RUNTIME_DATATYPE_H

#include <cstddef>
#include <optional>
#include <string_view>

namespace qimeng {

/// An element type as it lies in memory. I1 takes one byte, 0 or 1.
enum class DataType { F16, BF16, F32, F64, I1, I8, I16, I32, I64 };

/// Bytes of one element.
size_t dataTypeBytes(DataType type);

/// MLIR's spelling: "f16", "bf16", "i1", ...
const char *dataTypeName(DataType type);

std::optional<DataType> parseDataType(std::string_view name);

inline bool isFloat(DataType type) { return type <= DataType::F64; }

} // namespace qimeng

#endif // QIMENG_RUNTIME_DATATYPE_H
