//===- Partition.h - Tensor program to kernels ------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_PARTITION_PARTITION_H
#define QIMENG_PARTITION_PARTITION_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include <memory>

namespace qimeng {

/// Replaces the tensor program in `module` by a host program `@main` and
/// untiled kernels (see the pass qimeng-partition). `entry` names the function
/// to take; empty: the first public one. What cannot be partitioned is reported
/// at its location; the module is then left in an undefined state.
///
/// The host program holds memref.alloc (temporaries), memref.get_global
/// (constants that are no splats, whose data is in the memref.global) and
/// qimeng.launch, in the order of execution. The arguments of @main are the
/// tensor program's, then its results; scalars are memrefs of rank 0, tensors
/// of index elements are memrefs of i64.
mlir::LogicalResult partition(mlir::ModuleOp module,
                              llvm::StringRef entry = "");

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "qimeng/Partition/Passes.h.inc"

} // namespace qimeng

#endif // QIMENG_PARTITION_PARTITION_H
