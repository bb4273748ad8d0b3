//===- Partition.cpp - Tensor program to kernels --------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Partition/Partition.h"
#include "Partitioner.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "qimeng/Partition/Expand.h"

using namespace mlir;

namespace qimeng {
#define GEN_PASS_DEF_QIMENGPARTITION
#include "qimeng/Partition/Passes.h.inc"
} // namespace qimeng

using namespace qimeng;

static func::FuncOp findEntry(ModuleOp module, StringRef entry) {
  func::FuncOp found;
  for (auto function : module.getOps<func::FuncOp>()) {
    bool wanted = entry.empty() ? function.isPublic() && !function.isExternal()
                                : function.getSymName() == entry;
    if (wanted && !found)
      found = function;
  }
  if (!found && entry.empty())
    module.emitError()
        << "holds no tensor program: expected a public func.func "
           "with a body";
  else if (!found)
    module.emitError() << "holds no function named '" << entry << "'";
  else if (found.isExternal())
    return found.emitOpError() << "has no body to partition", func::FuncOp();
  return found;
}

LogicalResult qimeng::partition(ModuleOp module, StringRef entry) {
  func::FuncOp function = findEntry(module, entry);
  if (!function)
    return failure();
  expandOperations(module);
  dropEmptyTensors(function);
  canonicalize(function);
  if (failed(checkInput(function)) || failed(normalize(function)) ||
      failed(checkInput(function)))
    return failure();
  for (Operation &op : llvm::make_early_inc_range(module.getOps()))
    if (&op != function)
      op.erase();
  return Partitioner(module, function).run();
}

namespace {
struct PartitionPass : qimeng::impl::QiMengPartitionBase<PartitionPass> {
  using QiMengPartitionBase::QiMengPartitionBase;
  void runOnOperation() override {
    if (failed(partition(getOperation(), entry)))
      signalPassFailure();
  }
};
} // namespace
