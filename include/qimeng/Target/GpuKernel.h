//===- GpuKernel.h - How a kernel of a GPU program is launched --*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The lowering to nvvm leaves on each llvm.func that is a kernel what the host
// must know to launch it, as a dictionary that survives printing and parsing:
//
//   llvm.func @k(...) attributes {nvvm.kernel, qimeng.launch_info = {
//     grid = array<i32: 32, 16, 1>, block = array<i32: 384, 1, 1>,
//     cluster = array<i32: 1, 1, 1>, dynamic_shared = 229440 : i64,
//     args = [{operand = 2 : i64},
//             {operand = 0 : i64, tensor_map = {
//                dtype = bf16, dims = array<i64: 4096, 4096>,
//                strides = array<i64: 8192>, box = array<i32: 64, 128>,
//                swizzle = 128 : i64, l2_promotion = 128 : i64}}]}}
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TARGET_GPUKERNEL_H
#define QIMENG_TARGET_GPUKERNEL_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Diagnostics.h"
#include "qimeng/Runtime/Program.h"
#include "qimeng/Target/ElementType.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace qimeng {

/// A TMA descriptor over a kernel operand. Program.h gives units and limits.
using TensorMapInfo = Program::TensorMap;

struct GpuKernel {
  /// A parameter of the llvm.func, in order: the address of an operand of the
  /// qimeng.kernel, or (128 bytes by value) a tensor map over it.
  struct Argument {
    unsigned operand = 0;
    std::optional<TensorMapInfo> tensorMap;
  };

  std::array<unsigned, 3> grid = {1, 1, 1};    ///< thread blocks
  std::array<unsigned, 3> block = {1, 1, 1};   ///< threads
  std::array<unsigned, 3> cluster = {1, 1, 1}; ///< thread blocks
  unsigned dynamicSharedBytes = 0;
  std::vector<Argument> args;
};

/// "qimeng.launch_info"
llvm::StringRef getLaunchInfoAttrName();

mlir::DictionaryAttr toAttr(mlir::MLIRContext *context,
                            const GpuKernel &kernel);

/// Reads what toAttr wrote; reports what is missing or ill-formed.
mlir::FailureOr<GpuKernel>
fromAttr(mlir::Attribute attribute,
         llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

} // namespace qimeng

#endif // QIMENG_TARGET_GPUKERNEL_H
