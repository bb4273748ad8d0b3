//===- Executor.h - Programs on a device ------------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_RUNTIME_EXECUTOR_H
#define QIMENG_RUNTIME_EXECUTOR_H

#include "qimeng/Runtime/Device.h"
#include "qimeng/Runtime/Program.h"
#include <map>
#include <string>
#include <vector>

namespace qimeng {

/// What one launch of a program asks of the device.
struct LaunchInfo {
  std::string kernel;
  int registers = 0;
  /// Bytes per thread of stack and spills.
  int localBytes = 0;
  int staticSharedBytes = 0;
  int dynamicSharedBytes = 0;
  int threadsPerBlock = 0;
  int64_t blocks = 0;
  int blocksPerMultiprocessor = 0;
  /// Resident threads over the multiprocessor's maximum, 0 to 1.
  double occupancy = 0;
};

/// The arguments of all launches of a program for one set of addresses.
class Binding {
public:
  Binding() = default;
  Binding(Binding &&) = default;
  Binding &operator=(Binding &&) = default;

private:
  friend class Executor;
  struct Arguments {
    std::vector<cuda::CUdeviceptr> pointers;
    std::vector<cuda::CUtensorMap> maps;
    /// Points into the two vectors above, whose storage moves along with them.
    std::vector<void *> parameters;
  };
  std::vector<Arguments> launches;
};

/// A program whose modules are loaded on a device.
class Executor {
public:
  /// Checks that the program fits the device, loads its modules, prepares its
  /// kernels and puts its constants into device memory.
  static Result<Executor> create(DevicePtr device, Program program);

  const Program &program() const { return source; }
  const std::vector<LaunchInfo> &launches() const { return infos; }

  /// Prepares the arguments for `addresses`, one for each buffer of the program
  /// in order, temporaries included; those of constants are not looked at. An
  /// address under a tensor map must be a multiple of 16.
  Result<Binding> bind(const std::vector<cuda::CUdeviceptr> &addresses) const;

  /// Puts all launches on `stream`, and does not wait.
  Status enqueue(const Binding &binding, cuda::CUstream stream) const;

private:
  Executor() = default;
  DevicePtr device;
  Program source;
  std::vector<DeviceModule> modules;
  std::vector<cuda::CUfunction> functions;
  std::vector<LaunchInfo> infos;
  /// By buffer.
  std::map<unsigned, DeviceMemory> constants;
};

/// Guarded device memory for every buffer of a program.
class BufferSet {
public:
  /// Inputs can be shared between programs of one signature: `inputs`, when
  /// given, holds the addresses to use for the program's inputs instead of new
  /// memory.
  static Result<BufferSet>
  allocate(DevicePtr device, const Program &program,
           const std::vector<cuda::CUdeviceptr> *inputs = nullptr);

  /// Bytes that allocate() would take, guards included.
  static int64_t bytesFor(const Program &program, bool withInputs);

  /// One address for each buffer of the program, as Executor::bind() takes
  /// them.
  std::vector<cuda::CUdeviceptr> addresses() const;
  DeviceMemory &memory(unsigned buffer) { return memories[buffer]; }

  /// Fills outputs and temporaries with 0xFF bytes: NaN in every float type.
  Status poison(const Program &program, cuda::CUstream stream);

  /// Empty when all guards are intact; otherwise which buffer's are not, and
  /// where.
  Result<std::string> checkGuards(const Program &program) const;
  Status restoreGuards();

private:
  std::vector<DeviceMemory> memories;
  std::vector<cuda::CUdeviceptr> shared;
};

} // namespace qimeng

#endif // QIMENG_RUNTIME_EXECUTOR_H
