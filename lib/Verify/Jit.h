//===- Jit.h - LLVM dialect to code in memory -------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_VERIFY_JIT_H
#define QIMENG_LIB_VERIFY_JIT_H

#include "mlir/IR/BuiltinOps.h"
#include <memory>

namespace llvm::orc {
class LLJIT;
} // namespace llvm::orc

namespace qimeng {

/// How the entry takes an argument: a scalar by value, or a row-major memref.
struct JitArgument {
  bool isScalar;
  llvm::ArrayRef<int64_t> shape;
};

/// Compiled code; its memory goes with it.
class Jit {
public:
  /// Compiles a module of the LLVM dialect. Diagnostics go to the module.
  static mlir::FailureOr<std::unique_ptr<Jit>>
  create(mlir::ModuleOp module, llvm::StringRef entry,
         llvm::ArrayRef<JitArgument> arguments);
  ~Jit();

  struct Outcome {
    bool outOfMemory = false;
    /// How often each check failed, by its number.
    std::vector<int64_t> violations;
    double seconds = 0;
  };
  /// Runs the entry on pointers to the arguments' data. Memory that the program
  /// allocates is filled with `poison`, and freed at the end.
  Outcome run(llvm::ArrayRef<void *> data, unsigned char poison) const;

private:
  Jit() = default;
  std::unique_ptr<llvm::orc::LLJIT> engine;
  void (*entry)(void *const *) = nullptr;
};

} // namespace qimeng

#endif // QIMENG_LIB_VERIFY_JIT_H
