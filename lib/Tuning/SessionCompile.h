//===- SessionCompile.h - Kernels to machine code, once each ----*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Candidates differ in one kernel mostly. So kernels are compiled one by one,
// and those that were compiled before are taken from memory.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TUNING_SESSIONCOMPILE_H
#define QIMENG_TUNING_SESSIONCOMPILE_H

#include "SessionPool.h"
#include "qimeng/Runtime/Program.h"
#include "qimeng/Target/Assembler.h"
#include "qimeng/Tuning/Trial.h"
#include <memory>

namespace qimeng {

struct CompiledKernel {
  std::string name;
  /// Where it ended: measure when nothing failed.
  TrialPhase phase = TrialPhase::measure;
  std::string diagnostics;

  /// The kernel's llvm.func without a body, with its launch information.
  std::string declaration;
  std::string ptx;
  /// Empty without an assembler.
  std::string cubin;
  std::optional<KernelResources> resources;
  int64_t threads = 0, dynamicSharedBytes = 0;
  std::string grid; ///< "128 x 64 x 1"
  std::vector<std::string> warnings;

  bool succeeded() const { return phase == TrialPhase::measure; }
};

class KernelCompiler {
public:
  KernelCompiler(const Architecture &architecture, bool haveAssembler)
      : architecture(architecture), haveAssembler(haveAssembler) {}

  /// Compiles every kernel of `program` that is not known. Thread-safe; a
  /// kernel that another thread compiles is waited for.
  std::vector<std::shared_ptr<const CompiledKernel>>
  compile(mlir::ModuleOp program);

  /// The runtime's program from what compile() gave: a module for each kernel.
  mlir::FailureOr<Program>
  link(mlir::ModuleOp program,
       llvm::ArrayRef<std::shared_ptr<const CompiledKernel>> kernels,
       llvm::StringRef name) const;

private:
  std::shared_ptr<const CompiledKernel> compileKernel(mlir::Operation *kernel);

  const Architecture &architecture;
  const bool haveAssembler;
  std::mutex mutex;
  llvm::StringMap<std::shared_future<std::shared_ptr<const CompiledKernel>>>
      known;
};

} // namespace qimeng

#endif // QIMENG_TUNING_SESSIONCOMPILE_H
