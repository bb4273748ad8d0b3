//===- FakeDriver.cpp - A CUDA driver that runs on the host ---------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Lets the runtime's own logic be tested without a GPU: device memory is host
// memory, and a kernel is the C++ function of its name. A module is any text
// with ".entry NAME" in it. Hangs, faults and an old version can be had.
//
// With FAKE_CUDA_ANY_KERNEL=1 kernels of other names run too: the first launch
// after outputs were poisoned makes them zeros, and a launch takes a time that
// depends on its shape. FAKE_CUDA_HANG and FAKE_CUDA_RACE name a shape ("4 x 1
// x 1, 128": grid, threads of a block) whose kernels hang, or give wrong zeros
// in the seventh of the further runs, or the one that FAKE_CUDA_RACE_RUN says;
// those in float64 do not. There is no memory for a module with the kernel that
// FAKE_CUDA_REFUSE names.
//
//===----------------------------------------------------------------------===//

#include "qimeng/Runtime/DriverTypes.h"
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace qimeng::cuda;

namespace {
struct Thread {
  uint64_t index, count;
  void **parameters;

  template <typename T> T *array(int which) const {
    return *static_cast<T **>(parameters[which]);
  }
  float sum() const { return array<float>(0)[index] + array<float>(1)[index]; }
  float &result() const { return array<float>(2)[index]; }
};

/// The device's clock: what the host is busy with takes no time there.
std::atomic<int64_t> clockMicroseconds = 0;

CUresult fault = CUDA_SUCCESS;
bool hung = false;

/// What was filled with 0xFF bytes since the last launch of any kernel.
std::vector<std::pair<void *, size_t>> poisoned;

/// Launches on poisoned outputs that come before further runs, where one draw
/// is checked beside the timed one: two draws, two sets to time.
constexpr unsigned checkedRuns = 4, wrongRun = checkedRuns + 7;
unsigned racedRuns = 0;
thread_local CUcontext currentContext = nullptr;

using Kernel = void (*)(const Thread &);
const std::map<std::string, Kernel> kernels = {
    {"vadd", [](const Thread &t) { t.result() = t.sum(); }},
    // Slow: the same after a few milliseconds.
    {"late",
     [](const Thread &t) {
       t.result() = t.sum();
       if (t.index == 0)
         clockMicroseconds += 8000;
     }},
    {"vadd64",
     [](const Thread &t) {
       t.array<double>(2)[t.index] =
           t.array<double>(0)[t.index] + t.array<double>(1)[t.index];
     }},
    {"vsub",
     [](const Thread &t) {
       t.result() = t.array<float>(0)[t.index] - t.array<float>(1)[t.index];
     }},
    {"lazy",
     [](const Thread &t) {
       if (t.index % 2 == 0)
         t.result() = t.sum();
     }},
    {"overrun",
     [](const Thread &t) {
       t.result() = t.sum();
       if (t.index + 1 == t.count)
         (&t.result())[1] = 0;
     }},
    {"scribble",
     [](const Thread &t) {
       t.result() = t.sum();
       t.array<float>(0)[t.index] = t.result();
     }},
    {"race",
     [](const Thread &t) {
       uint32_t before;
       std::memcpy(&before, &t.result(), sizeof before);
       bool wrong =
           t.index == 0 && before == 0xFFFFFFFF && ++racedRuns == wrongRun;
       t.result() = t.sum() + (wrong ? 1 : 0);
     }},
    // The runtime's own.
    {"qimeng_differs",
     [](const Thread &t) {
       auto bytes = *static_cast<uint64_t *>(t.parameters[2]);
       for (uint64_t at = t.index; at < bytes; at += t.count)
         if (t.array<char>(0)[at] != t.array<char>(1)[at])
           *t.array<uint32_t>(3) = 1;
     }},
    {"spin", [](const Thread &) { hung = true; }},
    {"fault", [](const Thread &) { fault = CUDA_ERROR_ILLEGAL_ADDRESS; }},
    {"stop", [](const Thread &) { fault = CUDA_ERROR_LAUNCH_FAILED; }},
    {"tma_copy",
     [](const Thread &t) {
       auto map = static_cast<CUtensorMap *>(t.parameters[0]);
       auto from = reinterpret_cast<float *>(map->opaque[0]);
       t.array<float>(1)[t.index] = from[t.index];
     }},
};

struct Module;
struct Function {
  /// Null: any other.
  Kernel kernel;
  Module *module;
  int dynamicSharedBytes = 0;
};
struct Module {
  std::string text;
  std::map<std::string, Function> functions;
  unsigned poisonedLaunches = 0;
};
using Moment = int64_t;
Function *toFunction(CUfunction handle) {
  return reinterpret_cast<Function *>(handle);
}

bool isSet(const char *variable, const std::string &value) {
  const char *found = std::getenv(variable);
  return found && value == found;
}

void launchAny(Module &module, const CUlaunchConfig &config) {
  char shape[64];
  std::snprintf(shape, sizeof shape, "%u x %u x %u, %u", config.gridDimX,
                config.gridDimY, config.gridDimZ, config.blockDimX);
  bool isReference = module.text.find(".f64") != std::string::npos;
  if (!isReference && isSet("FAKE_CUDA_HANG", shape))
    hung = true;
  for (auto &[address, bytes] : poisoned)
    std::memset(address, 0, bytes);
  const char *told = std::getenv("FAKE_CUDA_RACE_RUN");
  // Both sets to time are poisoned at once.
  unsigned wrong = checkedRuns - 1 + (told ? std::atoi(told) : 7);
  if (!poisoned.empty() && ++module.poisonedLaunches == wrong && !isReference &&
      isSet("FAKE_CUDA_RACE", shape))
    std::memset(poisoned.front().first, 0x3F, 4);
  poisoned.clear();
  clockMicroseconds += 5 + std::hash<std::string>()(shape) % 32;
}
} // namespace

extern "C" {

CUresult cuInit(unsigned) {
  return std::getenv("FAKE_CUDA_NO_DEVICE") ? CUDA_ERROR_NO_DEVICE
                                            : CUDA_SUCCESS;
}
CUresult cuDriverGetVersion(int *version) {
  const char *told = std::getenv("FAKE_CUDA_VERSION");
  *version = told ? std::atoi(told) : 13000;
  return CUDA_SUCCESS;
}
CUresult cuGetErrorName(CUresult error, const char **text) {
  *text = error == CUDA_ERROR_ILLEGAL_ADDRESS ? "CUDA_ERROR_ILLEGAL_ADDRESS"
                                              : "CUDA_ERROR_FAKE";
  return CUDA_SUCCESS;
}
CUresult cuGetErrorString(CUresult, const char **text) {
  *text = "made by the fake driver";
  return CUDA_SUCCESS;
}
CUresult cuDeviceGetCount(int *count) {
  *count = 1;
  return CUDA_SUCCESS;
}
CUresult cuDeviceGet(CUdevice *device, int ordinal) {
  *device = ordinal;
  return CUDA_SUCCESS;
}
CUresult cuDeviceGetName(char *name, int bytes, CUdevice) {
  std::strncpy(name, "Fake GPU", bytes);
  return CUDA_SUCCESS;
}
CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute,
                              CUdevice) {
  static const std::map<int, int> values = {
      {CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, 132},
      {CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, 1 << 16},
      {CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR, 2048},
      {CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, 9},
      {CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, 0},
      {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR, 233472},
      {CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR, 65536},
      {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, 232448}};
  auto found = values.find(attribute);
  if (found == values.end())
    return CUDA_ERROR_INVALID_VALUE;
  *value = found->second;
  return CUDA_SUCCESS;
}
CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice) {
  *bytes = size_t(1) << 30;
  return CUDA_SUCCESS;
}

static char primaryContext;
CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice) {
  *context = reinterpret_cast<CUcontext>(&primaryContext);
  return CUDA_SUCCESS;
}
CUresult cuDevicePrimaryCtxRelease_v2(CUdevice) { return CUDA_SUCCESS; }
CUresult cuCtxGetCurrent(CUcontext *context) {
  *context = currentContext;
  return CUDA_SUCCESS;
}
CUresult cuCtxGetDevice(CUdevice *device) {
  *device = 0;
  return CUDA_SUCCESS;
}
static thread_local std::vector<CUcontext> contextStack;
CUresult cuCtxPushCurrent_v2(CUcontext context) {
  contextStack.push_back(currentContext);
  currentContext = context;
  return CUDA_SUCCESS;
}
CUresult cuCtxPopCurrent_v2(CUcontext *context) {
  *context = currentContext;
  currentContext = contextStack.back();
  contextStack.pop_back();
  return CUDA_SUCCESS;
}
CUresult cuCtxSetCurrent(CUcontext context) {
  currentContext = context;
  return CUDA_SUCCESS;
}

CUresult cuMemGetInfo_v2(size_t *free, size_t *total) {
  *free = *total = size_t(1) << 30;
  return CUDA_SUCCESS;
}
CUresult cuMemAlloc_v2(CUdeviceptr *address, size_t bytes) {
  if (fault)
    return fault;
  if (!currentContext)
    return CUDA_ERROR_INVALID_VALUE;
  if (bytes > size_t(1) << 30)
    return CUDA_ERROR_OUT_OF_MEMORY;
  *address = reinterpret_cast<CUdeviceptr>(
      std::aligned_alloc(256, (bytes + 255) / 256 * 256));
  return CUDA_SUCCESS;
}
CUresult cuMemFree_v2(CUdeviceptr address) {
  poisoned.clear();
  std::free(reinterpret_cast<void *>(address));
  return CUDA_SUCCESS;
}
CUresult cuMemHostAlloc(void **address, size_t bytes, unsigned) {
  *address = std::malloc(bytes);
  return *address ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}
CUresult cuMemFreeHost(void *address) {
  std::free(address);
  return CUDA_SUCCESS;
}
CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, size_t bytes) {
  if (!fault)
    std::memcpy(reinterpret_cast<void *>(to), from, bytes);
  return fault;
}
CUresult cuMemcpyDtoH_v2(void *to, CUdeviceptr from, size_t bytes) {
  if (!fault)
    std::memcpy(to, reinterpret_cast<void *>(from), bytes);
  return fault;
}
CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes,
                              CUstream) {
  if (!fault)
    std::memcpy(reinterpret_cast<void *>(to), reinterpret_cast<void *>(from),
                bytes);
  clockMicroseconds += 1 + bytes / 10000;
  return fault;
}
CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t bytes,
                         CUstream) {
  if (!fault)
    std::memset(reinterpret_cast<void *>(to), value, bytes);
  if (value == 0xFF)
    poisoned.emplace_back(reinterpret_cast<void *>(to), bytes);
  return fault;
}

CUresult cuStreamCreate(CUstream *stream, unsigned) {
  *stream = reinterpret_cast<CUstream>(new char);
  return CUDA_SUCCESS;
}
CUresult cuStreamDestroy_v2(CUstream stream) {
  delete reinterpret_cast<char *>(stream);
  return CUDA_SUCCESS;
}
CUresult cuStreamSynchronize(CUstream) {
  while (hung)
    std::this_thread::sleep_for(std::chrono::seconds(1));
  return fault;
}
CUresult cuEventCreate(CUevent *event, unsigned) {
  *event = reinterpret_cast<CUevent>(new Moment);
  return fault;
}
CUresult cuEventDestroy_v2(CUevent event) {
  delete reinterpret_cast<Moment *>(event);
  return CUDA_SUCCESS;
}
CUresult cuEventRecord(CUevent event, CUstream) {
  *reinterpret_cast<Moment *>(event) = clockMicroseconds;
  return fault;
}
CUresult cuEventElapsedTime(float *milliseconds, CUevent start, CUevent end) {
  *milliseconds = float(*reinterpret_cast<Moment *>(end) -
                        *reinterpret_cast<Moment *>(start)) /
                  1000;
  return fault;
}

CUresult cuModuleLoadDataEx(CUmodule *module, const void *image,
                            unsigned optionCount, CUjit_option *options,
                            void **values) {
  std::string text = static_cast<const char *>(image);
  if (text.find(".entry ") == std::string::npos) {
    for (unsigned i = 0; i < optionCount; ++i)
      if (options[i] == CU_JIT_ERROR_LOG_BUFFER)
        std::strcpy(static_cast<char *>(values[i]),
                    "ptxas fake, line 1; error: syntax error\nfatal error\n");
    return optionCount ? CUDA_ERROR_INVALID_PTX : CUDA_ERROR_INVALID_IMAGE;
  }
  const char *refused = std::getenv("FAKE_CUDA_REFUSE");
  if (refused &&
      text.find(std::string(".entry ") + refused + "(") != std::string::npos)
    return CUDA_ERROR_OUT_OF_MEMORY;
  if (text.find(".entry race(") != std::string::npos)
    racedRuns = 0;
  *module = reinterpret_cast<CUmodule>(new Module{text, {}});
  return CUDA_SUCCESS;
}
CUresult cuModuleUnload(CUmodule module) {
  delete reinterpret_cast<Module *>(module);
  return CUDA_SUCCESS;
}
CUresult cuModuleGetFunction(CUfunction *function, CUmodule handle,
                             const char *name) {
  auto module = reinterpret_cast<Module *>(handle);
  auto kernel = kernels.find(name);
  if (module->text.find(".entry " + std::string(name) + "(") ==
          std::string::npos ||
      (kernel == kernels.end() && !isSet("FAKE_CUDA_ANY_KERNEL", "1")))
    return CUDA_ERROR_NOT_FOUND;
  auto &entry = module->functions[name];
  entry.kernel = kernel == kernels.end() ? nullptr : kernel->second;
  entry.module = module;
  *function = reinterpret_cast<CUfunction>(&entry);
  return CUDA_SUCCESS;
}
CUresult cuFuncGetAttribute(int *value, CUfunction_attribute attribute,
                            CUfunction function) {
  *value = 0;
  if (attribute == CU_FUNC_ATTRIBUTE_NUM_REGS)
    *value = 32;
  else if (attribute == CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK)
    *value = 1024;
  else if (attribute == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES)
    *value = toFunction(function)->dynamicSharedBytes;
  return CUDA_SUCCESS;
}
CUresult cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute,
                            int value) {
  if (attribute == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES)
    toFunction(function)->dynamicSharedBytes = value;
  return CUDA_SUCCESS;
}
CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, CUfunction,
                                                     int blockSize, size_t) {
  *blocks = 2048 / blockSize;
  return CUDA_SUCCESS;
}
CUresult cuTensorMapEncodeTiled(CUtensorMap *map, CUtensorMapDataType, uint32_t,
                                void *address, const uint64_t *,
                                const uint64_t *, const uint32_t *,
                                const uint32_t *, CUtensorMapInterleave,
                                CUtensorMapSwizzle, CUtensorMapL2promotion,
                                CUtensorMapFloatOOBfill) {
  map->opaque[0] = reinterpret_cast<uint64_t>(address);
  return CUDA_SUCCESS;
}
CUresult cuLaunchKernelEx(const CUlaunchConfig *config, CUfunction handle,
                          void **parameters, void **) {
  if (fault)
    return fault;
  Function *function = toFunction(handle);
  if (static_cast<int>(config->sharedMemBytes) >
      std::max(function->dynamicSharedBytes, 48 << 10))
    return CUDA_ERROR_INVALID_VALUE;
  if (!function->kernel) {
    launchAny(*function->module, *config);
    return CUDA_SUCCESS;
  }
  poisoned.clear();
  uint64_t count = uint64_t(config->gridDimX) * config->blockDimX;
  for (uint64_t i = 0; i < count; ++i)
    function->kernel({i, count, parameters});
  clockMicroseconds += 5;
  return CUDA_SUCCESS;
}

/// For tests whose calls launch no kernels.
void qimeng_fake_pass(int64_t microseconds) {
  clockMicroseconds += microseconds;
}

} // extern "C"
