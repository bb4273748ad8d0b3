//===- Difference.h - Whether device memory holds the same bytes -*- C++
//-*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_RUNTIME_DIFFERENCE_H
#define QIMENG_RUNTIME_DIFFERENCE_H

#include "qimeng/Runtime/Device.h"

namespace qimeng {

/// Compares on the device: outputs of hundreds of megabytes would take the host
/// a hundred times as long.
class Difference {
public:
  static Result<Difference> create(DevicePtr device);

  /// Compares `a` with `b`, of the same size, in stream order.
  Status enqueue(const DeviceMemory &a, const DeviceMemory &b,
                 cuda::CUstream stream);
  /// Waits; whether any comparison since the last call found a difference.
  Result<bool> found(const DeviceStream &stream);

private:
  DevicePtr device;
  DeviceModule module;
  cuda::CUfunction kernel = nullptr;
  DeviceMemory flag;
};

/// "12 of 4096 elements differ, the first at 7: got 1.5, before 2.5"; empty
/// where the bytes are the same.
std::string describeDifference(const Program::Buffer &buffer,
                               const char *before, const char *now);

} // namespace qimeng

#endif // QIMENG_RUNTIME_DIFFERENCE_H
