//===- Driver.h - The CUDA driver, loaded at run time -----------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_RUNTIME_DRIVER_H
#define QIMENG_RUNTIME_DRIVER_H

#include "qimeng/Runtime/DriverTypes.h"
#include "qimeng/Support/Result.h"
#include <string>

namespace qimeng::cuda {

/// The driver's functions; all are there once get() succeeded.
class Driver {
public:
  /// The oldest driver that has all of them: CUDA 12.0.
  static constexpr int oldestVersion = 12000;

  /// Loads libcuda.so.1 (or the library named by QIMENG_LIBCUDA) and
  /// initializes it, once for the process. Safe to call from any thread. The
  /// error says whether the driver is missing, too old, or lacks a function or
  /// a device.
  static Result<const Driver *> get();

  /// As 1000 * major + 10 * minor.
  int version() const { return driverVersion; }

  /// "CUDA_ERROR_ILLEGAL_ADDRESS (700): an illegal memory access was ...".
  std::string errorText(CUresult error) const;

#define QIMENG_CUDA_SYMBOL(name, symbol, parameters)                           \
  CUresult(*name) parameters = nullptr;
#include "qimeng/Runtime/DriverSymbols.def"

private:
  friend struct DriverLoader;
  int driverVersion = 0;
};

/// True for errors after which every further call in the context fails, so that
/// the process has to be replaced.
bool isContextFault(CUresult error);

} // namespace qimeng::cuda

#endif // QIMENG_RUNTIME_DRIVER_H
