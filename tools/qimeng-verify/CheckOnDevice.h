//===- CheckOnDevice.h - Check 5 of qimeng-verify ---------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TOOLS_QIMENG_VERIFY_CHECKONDEVICE_H
#define QIMENG_TOOLS_QIMENG_VERIFY_CHECKONDEVICE_H

#include "qimeng/Runtime/Worker.h"
#include "qimeng/Support/Architecture.h"
#include "qimeng/Verify/Verify.h"

/// Also in the help text and docs/exit-codes.md.
enum ExitCode {
  Accepted = 0,
  Refused = 1,
  Unusable = 2,
  BadMachine = 3,
  Undecided = 4
};

/// A GPU behind a worker process, which a kernel may hang or crash.
class DeviceCheck {
public:
  /// The error says what is missing.
  static qimeng::Result<std::unique_ptr<DeviceCheck>> open(int ordinal);

  const qimeng::DeviceInfo &getInfo() const { return info; }
  const qimeng::Architecture &getArchitecture() const { return *architecture; }

  /// Runs `after` and the float64 meaning of `before` on the GPU, at the sizes
  /// that they have: outputs are poisoned before, guards and inputs checked
  /// after, and what is right is run again to find races. Anything but Accepted
  /// comes with a diagnostic.
  ExitCode check(mlir::ModuleOp before, mlir::ModuleOp after, uint64_t seed);

private:
  explicit DeviceCheck(int ordinal);

  int ordinal;
  qimeng::WorkerClient client;
  qimeng::DeviceInfo info;
  const qimeng::Architecture *architecture = nullptr;
};

#endif // QIMENG_TOOLS_QIMENG_VERIFY_CHECKONDEVICE_H
