//===- Finder.h - Places where something wrong can be done ------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TEST_FUZZ_FINDER_H
#define QIMENG_TEST_FUZZ_FINDER_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include <functional>

namespace qimeng {

/// Something wrong that can be done.
using Change = std::function<void()>;

/// Each find.. is a class of mistakes: it lists the places in the kernels of a
/// module where one can be made, save those where Proofs.h shows that nothing
/// would change.
class Finder {
public:
  explicit Finder(mlir::ModuleOp module) : module(module) {}

  // Loops, programs, accesses and channels: Mutations.cpp.
  void findOffByOne();
  void findMissingTail();
  void findDroppedMask();
  void findMissingWait();
  void findMissingRelease();
  void findEarlyRelease();
  void findStageCount();
  void findOverlap();
  void findGrid();
  void findOffset();
  void findMissingStore();
  // Values: ValueMutations.cpp.
  void findSwappedOperand();
  void findIdentity();
  void findNarrowed();
  void findFunction();
  void findAxis();
  void findPredicate();
  void findConstant();
  void findCombiner();
  void findDroppedOperation();

  std::vector<std::pair<std::string, Change>> changes;

private:
  template <typename OpType>
  void forEach(llvm::function_ref<void(OpType)> visit) {
    module.walk([&](OpType op) {
      if (op->template getParentOfType<KernelOp>())
        visit(op);
    });
  }
  /// Notes "<what> of <op>".
  void add(mlir::Operation *op, const std::string &what, Change change);

  mlir::ModuleOp module;
};

} // namespace qimeng

#endif // QIMENG_TEST_FUZZ_FINDER_H
