//===- ElementType.cpp - Element types of MLIR and runtime ----------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Target/ElementType.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;

std::optional<qimeng::DataType> qimeng::toDataType(Type type) {
  if (type.isF16())
    return DataType::F16;
  if (type.isBF16())
    return DataType::BF16;
  if (type.isF32())
    return DataType::F32;
  if (type.isF64())
    return DataType::F64;
  if (type.isSignlessInteger(1))
    return DataType::I1;
  if (type.isSignlessInteger(8))
    return DataType::I8;
  if (type.isSignlessInteger(16))
    return DataType::I16;
  if (type.isSignlessInteger(32))
    return DataType::I32;
  if (type.isSignlessInteger(64))
    return DataType::I64;
  return std::nullopt;
}

Type qimeng::toMlirType(MLIRContext *context, DataType type) {
  switch (type) {
  case DataType::F16:
    return Float16Type::get(context);
  case DataType::BF16:
    return BFloat16Type::get(context);
  case DataType::F32:
    return Float32Type::get(context);
  case DataType::F64:
    return Float64Type::get(context);
  default:
    return IntegerType::get(context,
                            type == DataType::I1 ? 1 : 8 * dataTypeBytes(type));
  }
}
