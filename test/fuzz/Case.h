//===- Case.h - Everything that comes from one seed -------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TEST_FUZZ_CASE_H
#define QIMENG_TEST_FUZZ_CASE_H

#include "Outcome.h"
#include "Rewrites.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "qimeng/Verify/DeviceExecutor.h"

namespace qimeng {

/// What a run of the random tests was asked for.
struct Settings {
  bool print = false;
  bool onlyPartition = false;
  std::string firstClass; ///< of operations; empty for any
  int64_t maxSteps = 6;
  /// Compile the kernels for the drawn architecture, too.
  bool assemble = false;
  /// Run them on this GPU, too; null for none.
  DevicePtr device;
  /// Of all rewrites; null: drawn.
  const Architecture *architecture = nullptr;
};

/// A tensor program, its kernels, and a right rewrite of them.
class Case {
public:
  Case(uint64_t seed, const Settings &settings, mlir::MLIRContext *context);

  /// Program, partition, actions. With `sensitive` every operation's result
  /// depends on all its inputs; with `withChannels` there is a product whose
  /// factors go through channels. False, with a text in `failure`, when a step
  /// fails.
  bool build(bool sensitive, bool withChannels);
  /// All checks of the right rewrite.
  bool check();
  /// Whether verification accepts the right rewrite as it would be asked to
  /// accept a wrong one.
  bool accepts();
  /// Whether a mistake of this class is refused; nothing where none fits, or
  /// where check 4 is left out because programs are too large.
  std::optional<bool> refuses(const std::string &mistake);

  std::string failure; ///< which step failed and why, or the mistake
  Counts counts;
  TensorProgram program;
  int64_t steps = 0; ///< applied
  /// Whether the device may be in a state that nothing can run in.
  bool poisoned = false;

private:
  bool fail(const std::string &step);
  bool checkLimits();
  bool checkReplay();
  bool checkCompiled(const NumbersCheck &numbers);

  uint64_t seed;
  Random random;
  const Settings &settings;
  mlir::MLIRContext *context;
  std::string diagnostics;
  mlir::ScopedDiagnosticHandler collector;
  const Architecture *architecture = nullptr;
  mlir::OwningOpRef<mlir::ModuleOp> tensors, kernels;
  std::optional<Rewrite> rewrite;
};

} // namespace qimeng

#endif // QIMENG_TEST_FUZZ_CASE_H
