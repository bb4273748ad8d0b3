//===- Device.h - A GPU: memory, modules, launches --------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Objects here free what they own, hold their device alive, and may be used
// from one thread at a time, with the device's context current in it.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_RUNTIME_DEVICE_H
#define QIMENG_RUNTIME_DEVICE_H

#include "qimeng/Runtime/Driver.h"
#include "qimeng/Runtime/Program.h"
#include <memory>
#include <string>
#include <string_view>

namespace qimeng {

struct DeviceInfo {
  int ordinal = 0;
  std::string name;
  int computeMajor = 0, computeMinor = 0;
  int multiprocessors = 0;
  int64_t l2Bytes = 0;
  int64_t totalBytes = 0;
  /// With opt-in, static and dynamic together.
  int sharedBytesPerBlock = 0;
  int sharedBytesPerMultiprocessor = 0;
  int registersPerMultiprocessor = 0;
  int threadsPerMultiprocessor = 0;
  /// Peak clocks in kHz; 0 where the driver does not say.
  int clockKHz = 0, memoryClockKHz = 0;
  int memoryBusBits = 0;
  /// CUDA version of the driver, 1000 * major + 10 * minor.
  int driverVersion = 0;

  std::string toJson() const;
  static Result<DeviceInfo> fromJson(std::string_view text);
};

class Device {
public:
  /// Opens GPU `ordinal`, retains its primary context and makes it current in
  /// the calling thread.
  static Result<std::shared_ptr<Device>> open(int ordinal = 0);

  /// The device of the context that is current in the calling thread; where
  /// there is none, GPU 0 with its primary context. Leaves the thread's current
  /// context as it was (use ContextScope): this is how to live in another
  /// program's process.
  static Result<std::shared_ptr<Device>> current();

  ~Device();
  Device(const Device &) = delete;
  Device &operator=(const Device &) = delete;

  const DeviceInfo &info() const { return facts; }
  const cuda::Driver &driver() const { return *api; }
  cuda::CUcontext context() const { return ctx; }

  /// Makes the context current in the calling thread.
  Status makeCurrent() const;

  /// Whether modules for `arch` ("sm_90a") run here: a plain cubin on the same
  /// major and any higher minor version, PTX on anything newer, "a" on exactly
  /// its version, "f" on its major version. The error says what does not fit.
  Status supports(const std::string &arch, bool isPtx) const;

  /// Free bytes of global memory.
  Result<int64_t> freeBytes() const;

  /// Success, or an Error "`what`: CUDA_ERROR_...". Remembers context faults.
  Status check(cuda::CUresult result, const std::string &what) const;

  /// The first context fault that check() saw, or CUDA_SUCCESS.
  cuda::CUresult fault() const { return contextFault; }
  /// The latest failure that check() saw since forgetFailure(), or
  /// CUDA_SUCCESS.
  cuda::CUresult lastFailure() const { return latestFailure; }
  void forgetFailure() const { latestFailure = cuda::CUDA_SUCCESS; }

private:
  Device() = default;
  Status readFacts(cuda::CUdevice handle, int ordinal);

  const cuda::Driver *api = nullptr;
  cuda::CUcontext ctx = nullptr;
  cuda::CUdevice handle = 0;
  bool ownsContext = false;
  DeviceInfo facts;
  mutable cuda::CUresult contextFault = cuda::CUDA_SUCCESS;
  mutable cuda::CUresult latestFailure = cuda::CUDA_SUCCESS;
};

using DevicePtr = std::shared_ptr<Device>;

/// Makes a context current for a scope, and then what was current before.
class ContextScope {
public:
  explicit ContextScope(const Device &device);
  ~ContextScope();
  ContextScope(const ContextScope &) = delete;
  ContextScope &operator=(const ContextScope &) = delete;
  const Status &status() const { return pushed; }

private:
  const Device &device;
  Status pushed;
};

/// Global memory, optionally between two guard regions that hold a pattern. The
/// pattern reads as NaN in every float type, and is no NaN that arithmetic
/// makes: reads out of bounds poison the result, writes are found.
class DeviceMemory {
public:
  static constexpr size_t guardBytes = 4096;

  DeviceMemory() = default;
  static Result<DeviceMemory> allocate(DevicePtr device, size_t bytes,
                                       bool guarded);
  DeviceMemory(DeviceMemory &&other) noexcept { *this = std::move(other); }
  DeviceMemory &operator=(DeviceMemory &&other) noexcept;
  ~DeviceMemory();

  /// Aligned to 256 bytes.
  cuda::CUdeviceptr address() const {
    return base + (guarded ? guardBytes : 0);
  }
  size_t bytes() const { return size; }

  /// Blocking copies; `count` must be at most bytes().
  Status upload(const void *from, size_t count);
  Status download(void *to, size_t count) const;
  /// The same bytes in memory of its own, without guards, in stream order.
  Result<DeviceMemory> copy(cuda::CUstream stream) const;
  /// Sets every byte, in stream order.
  Status fill(unsigned char value, cuda::CUstream stream);

  /// Empty when the guards are intact; otherwise what was overwritten, for
  /// example "8 bytes, first at 12 past the end". Wait for the kernels first.
  Result<std::string> checkGuards() const;
  /// Writes the pattern anew.
  Status restoreGuards();

private:
  DevicePtr device;
  cuda::CUdeviceptr base = 0;
  size_t size = 0;
  bool guarded = false;
};

/// Page-locked memory of the host, which copies from the GPU reach at the full
/// speed of the bus; ordinary memory where the driver gives none.
class HostMemory {
public:
  HostMemory() = default;
  HostMemory(const HostMemory &) = delete;
  HostMemory &operator=(const HostMemory &) = delete;
  ~HostMemory() { release(); }

  /// At least `bytes`, with undefined contents, valid until the next call.
  Result<char *> reserve(const DevicePtr &device, size_t bytes);

private:
  void release();

  DevicePtr device; ///< of page-locked memory
  void *base = nullptr;
  size_t size = 0;
};

class DeviceStream {
public:
  DeviceStream() = default;
  static Result<DeviceStream> create(DevicePtr device);
  DeviceStream(DeviceStream &&other) noexcept { *this = std::move(other); }
  DeviceStream &operator=(DeviceStream &&other) noexcept;
  ~DeviceStream();
  cuda::CUstream handle() const { return stream; }
  Status synchronize() const;

private:
  DevicePtr device;
  cuda::CUstream stream = nullptr;
};

class DeviceEvent {
public:
  DeviceEvent() = default;
  static Result<DeviceEvent> create(DevicePtr device);
  DeviceEvent(DeviceEvent &&other) noexcept { *this = std::move(other); }
  DeviceEvent &operator=(DeviceEvent &&other) noexcept;
  ~DeviceEvent();
  Status record(cuda::CUstream stream) const;
  /// Microseconds from `start` to this; both must have happened.
  Result<double> since(const DeviceEvent &start) const;

private:
  DevicePtr device;
  cuda::CUevent event = nullptr;
};

/// What the compiler made of a kernel.
struct FunctionInfo {
  /// 32-bit registers per thread.
  int registers = 0;
  /// Bytes per thread of stack and spills.
  int localBytes = 0;
  int staticSharedBytes = 0;
  int maxThreadsPerBlock = 0;
};

/// A loaded cubin or PTX text.
class DeviceModule {
public:
  DeviceModule() = default;
  /// PTX goes through the driver's compiler; its log is in the error.
  static Result<DeviceModule> load(DevicePtr device,
                                   const Program::Module &module);
  DeviceModule(DeviceModule &&other) noexcept { *this = std::move(other); }
  DeviceModule &operator=(DeviceModule &&other) noexcept;
  ~DeviceModule();
  Result<cuda::CUfunction> function(const std::string &kernel) const;

private:
  DevicePtr device;
  cuda::CUmodule handle = nullptr;
  std::string name;
};

Result<FunctionInfo> functionInfo(const Device &device,
                                  cuda::CUfunction function);

/// Allows `dynamicBytes` of dynamic shared memory, also above 48 KB, and a
/// cluster of more than 8 blocks where `clusterBlocks` asks for it. `kernel` is
/// for the error, which gives the device's limit.
Status prepareFunction(const Device &device, cuda::CUfunction function,
                       const std::string &kernel, unsigned dynamicBytes,
                       unsigned clusterBlocks);

/// Blocks of `threads` threads that one multiprocessor holds at a time.
Result<int> maxActiveBlocks(const Device &device, cuda::CUfunction function,
                            unsigned threads, unsigned dynamicBytes);

Result<cuda::CUtensorMap> encodeTensorMap(const Device &device,
                                          const Program::TensorMap &map,
                                          cuda::CUdeviceptr address);

/// Launches on `stream`; `parameters` points to one pointer per argument.
Status launchKernel(const Device &device, cuda::CUfunction function,
                    const Program::Launch &launch, void **parameters,
                    cuda::CUstream stream);

} // namespace qimeng

#endif // QIMENG_RUNTIME_DEVICE_H
