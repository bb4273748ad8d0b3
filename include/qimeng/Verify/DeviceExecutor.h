//===- DeviceExecutor.h - Runs kernel programs on a GPU ---------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The CPU executor's sibling, for checks on the device. It runs in the calling
// process: a fault ends the CUDA context and with it every later run, so
// candidates of a search go to a worker instead (Runtime/Worker.h).
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_VERIFY_DEVICEEXECUTOR_H
#define QIMENG_VERIFY_DEVICEEXECUTOR_H

#include "qimeng/Runtime/Executor.h"
#include "qimeng/Support/Architecture.h"
#include "qimeng/Target/Assembler.h"
#include "qimeng/Verify/Executor.h"
#include "qimeng/Verify/Numbers.h"

namespace qimeng {

class DeviceExecutor {
public:
  /// Opens GPU `ordinal` and finds its row in the table of architectures. The
  /// error says what is missing.
  static Result<DevicePtr> open(int ordinal, const Architecture *&arch);

  /// Compiles a host program whose kernels are tiled. Failure is reported as
  /// diagnostics.
  static mlir::FailureOr<std::unique_ptr<DeviceExecutor>>
  create(mlir::ModuleOp program, DevicePtr device, const Architecture &arch);

  llvm::ArrayRef<TensorSpec> getInputs() const { return inputs; }
  llvm::ArrayRef<TensorSpec> getOutputs() const { return outputs; }
  /// What the assembler said of each kernel; empty where the driver assembled.
  const std::vector<KernelResources> &getKernels() const { return kernels; }
  std::vector<HostTensor> allocateOutputs() const;

  /// Poisons outputs and temporaries with NaN, runs, checks the guards around
  /// all buffers and that the inputs are as before.
  Status run(llvm::ArrayRef<HostTensor> given,
             llvm::MutableArrayRef<HostTensor> found,
             double *microseconds = nullptr);

  /// Whether the program gives the reference's numbers on every trial of
  /// `check`. A refusal is an error at `loc`.
  mlir::LogicalResult check(const NumbersCheck &check, mlir::Location loc);

private:
  DeviceExecutor(DevicePtr device, Executor executor)
      : device(std::move(device)), executor(std::move(executor)) {}

  DevicePtr device;
  Executor executor;
  llvm::SmallVector<TensorSpec> inputs, outputs;
  std::vector<KernelResources> kernels;
  NumbersCheck::Hardware hardware;
};

} // namespace qimeng

#endif // QIMENG_VERIFY_DEVICEEXECUTOR_H
