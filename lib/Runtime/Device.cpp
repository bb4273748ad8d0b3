//===- Device.cpp - A GPU and its memory ----------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Runtime/Device.h"
#include "JsonReader.h"
#include <cstdlib>
#include <cstring>

namespace qimeng {

using namespace cuda;

//===----------------------------------------------------------------------===//
// DeviceInfo
//===----------------------------------------------------------------------===//

std::string DeviceInfo::toJson() const {
  nlohmann::ordered_json json = {
      {"ordinal", ordinal},
      {"name", name},
      {"computeMajor", computeMajor},
      {"computeMinor", computeMinor},
      {"multiprocessors", multiprocessors},
      {"l2Bytes", l2Bytes},
      {"totalBytes", totalBytes},
      {"sharedBytesPerBlock", sharedBytesPerBlock},
      {"sharedBytesPerMultiprocessor", sharedBytesPerMultiprocessor},
      {"registersPerMultiprocessor", registersPerMultiprocessor},
      {"threadsPerMultiprocessor", threadsPerMultiprocessor},
      {"clockKHz", clockKHz},
      {"memoryClockKHz", memoryClockKHz},
      {"memoryBusBits", memoryBusBits},
      {"driverVersion", driverVersion}};
  return json.dump(-1, ' ', false,
                   nlohmann::ordered_json::error_handler_t::replace);
}

Result<DeviceInfo> DeviceInfo::fromJson(std::string_view text) {
  Result<nlohmann::json> document = parseJson(text);
  if (!document)
    return Error{document.error()};
  std::string error;
  JsonReader reader(*document, "", error);
  DeviceInfo info;
  info.ordinal = reader.integer<int>("ordinal");
  info.name = reader.string("name");
  info.computeMajor = reader.integer<int>("computeMajor");
  info.computeMinor = reader.integer<int>("computeMinor");
  info.multiprocessors = reader.integer<int>("multiprocessors");
  info.l2Bytes = reader.integer<int64_t>("l2Bytes");
  info.totalBytes = reader.integer<int64_t>("totalBytes");
  info.sharedBytesPerBlock = reader.integer<int>("sharedBytesPerBlock");
  info.sharedBytesPerMultiprocessor =
      reader.integer<int>("sharedBytesPerMultiprocessor");
  info.registersPerMultiprocessor =
      reader.integer<int>("registersPerMultiprocessor");
  info.threadsPerMultiprocessor =
      reader.integer<int>("threadsPerMultiprocessor");
  info.clockKHz = reader.integer<int>("clockKHz");
  info.memoryClockKHz = reader.integer<int>("memoryClockKHz");
  info.memoryBusBits = reader.integer<int>("memoryBusBits");
  info.driverVersion = reader.integer<int>("driverVersion");
  reader.finish();
  if (!error.empty())
    return Error{"device description: " + error};
  return info;
}

//===----------------------------------------------------------------------===//
// Device
//===----------------------------------------------------------------------===//

Status Device::check(CUresult result, const std::string &what) const {
  if (result == CUDA_SUCCESS)
    return {};
  latestFailure = result;
  if (contextFault == CUDA_SUCCESS && isContextFault(result))
    contextFault = result;
  return Error{what + ": " + api->errorText(result)};
}

Status Device::readFacts(CUdevice device, int ordinal) {
  handle = device;
  facts.ordinal = ordinal;
  facts.driverVersion = api->version();
  char name[256] = "";
  if (Status status = check(api->cuDeviceGetName(name, sizeof name, device),
                            "reading the GPU's name");
      !status)
    return status;
  facts.name = name;
  size_t total = 0;
  if (Status status = check(api->cuDeviceTotalMem(&total, device),
                            "reading the GPU's memory size");
      !status)
    return status;
  facts.totalBytes = static_cast<int64_t>(total);
  auto attribute = [&](CUdevice_attribute which) {
    int value = 0;
    // Drivers stop reporting some of these (clocks); zero says "unknown".
    if (api->cuDeviceGetAttribute(&value, which, device) != CUDA_SUCCESS)
      value = 0;
    return value;
  };
  facts.computeMajor = attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
  facts.computeMinor = attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  facts.multiprocessors = attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  facts.l2Bytes = attribute(CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE);
  facts.sharedBytesPerBlock =
      attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
  facts.sharedBytesPerMultiprocessor =
      attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR);
  facts.registersPerMultiprocessor =
      attribute(CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR);
  facts.threadsPerMultiprocessor =
      attribute(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR);
  facts.clockKHz = attribute(CU_DEVICE_ATTRIBUTE_CLOCK_RATE);
  facts.memoryClockKHz = attribute(CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE);
  facts.memoryBusBits = attribute(CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH);
  return {};
}

Result<DevicePtr> Device::open(int ordinal) {
  Result<const Driver *> driver = Driver::get();
  if (!driver)
    return Error{driver.error()};
  DevicePtr device(new Device);
  device->api = *driver;
  int count = 0;
  if (Status status =
          device->check((*driver)->cuDeviceGetCount(&count), "counting GPUs");
      !status)
    return Error{status.error()};
  if (ordinal < 0 || ordinal >= count)
    return Error{"GPU " + std::to_string(ordinal) +
                 " does not exist: this "
                 "machine has " +
                 std::to_string(count)};
  CUdevice handle = 0;
  std::string opening = "opening GPU " + std::to_string(ordinal);
  if (Status status =
          device->check((*driver)->cuDeviceGet(&handle, ordinal), opening);
      !status)
    return Error{status.error()};
  if (Status status = device->readFacts(handle, ordinal); !status)
    return Error{status.error()};
  if (Status status = device->check(
          (*driver)->cuDevicePrimaryCtxRetain(&device->ctx, handle), opening);
      !status)
    return Error{status.error()};
  device->ownsContext = true;
  if (Status status = device->makeCurrent(); !status)
    return Error{status.error()};
  return device;
}

Result<DevicePtr> Device::current() {
  Result<const Driver *> driver = Driver::get();
  if (!driver)
    return Error{driver.error()};
  CUcontext context = nullptr;
  if ((*driver)->cuCtxGetCurrent(&context) != CUDA_SUCCESS || !context) {
    Result<DevicePtr> opened = open(0);
    // The thread is the caller's, and stays as it was.
    (*driver)->cuCtxSetCurrent(nullptr);
    return opened;
  }
  DevicePtr device(new Device);
  device->api = *driver;
  device->ctx = context;
  CUdevice handle = 0;
  if (Status status = device->check((*driver)->cuCtxGetDevice(&handle),
                                    "reading the current context's GPU");
      !status)
    return Error{status.error()};
  if (Status status = device->readFacts(handle, handle); !status)
    return Error{status.error()};
  return device;
}

Device::~Device() {
  if (ownsContext)
    api->cuDevicePrimaryCtxRelease(handle);
}

Status Device::makeCurrent() const {
  return check(api->cuCtxSetCurrent(ctx), "making the GPU's context current");
}

Result<int64_t> Device::freeBytes() const {
  size_t free = 0, total = 0;
  if (Status status = check(api->cuMemGetInfo(&free, &total),
                            "reading the GPU's free memory");
      !status)
    return Error{status.error()};
  return static_cast<int64_t>(free);
}

Status Device::supports(const std::string &arch, bool isPtx) const {
  int number = arch.size() > 3 ? std::atoi(arch.c_str() + 3) : 0;
  int major = number / 10, minor = number % 10;
  char suffix = arch.empty() ? 0 : arch.back();
  bool same = major == facts.computeMajor && minor == facts.computeMinor;
  bool fits;
  if (suffix == 'a')
    fits = same;
  else if (isPtx && suffix != 'f')
    fits = number <= facts.computeMajor * 10 + facts.computeMinor;
  else
    fits = major == facts.computeMajor && minor <= facts.computeMinor;
  if (fits)
    return {};
  std::string own = "sm_" + std::to_string(facts.computeMajor) +
                    std::to_string(facts.computeMinor);
  return Error{"code for " + arch + " does not run on " + facts.name + " (" +
               own + "): compile with --arch=" + own +
               (facts.computeMajor >= 9 ? "a" : "")};
}

ContextScope::ContextScope(const Device &device) : device(device) {
  pushed = device.check(device.driver().cuCtxPushCurrent(device.context()),
                        "making the GPU's context current");
}

ContextScope::~ContextScope() {
  CUcontext ignored;
  if (pushed)
    device.driver().cuCtxPopCurrent(&ignored);
}

//===----------------------------------------------------------------------===//
// DeviceMemory
//===----------------------------------------------------------------------===//

/// 0xFFA5 in every half word: a NaN with an unusual payload as f16, bf16, f32
/// and f64.
static std::string guardPattern() {
  std::string pattern(DeviceMemory::guardBytes, '\xA5');
  for (size_t i = 1; i < pattern.size(); i += 2)
    pattern[i] = '\xFF';
  return pattern;
}

Result<DeviceMemory> DeviceMemory::allocate(DevicePtr device, size_t bytes,
                                            bool guarded) {
  DeviceMemory memory;
  size_t total = bytes + (guarded ? 2 * guardBytes : 0);
  if (Status status = device->check(
          device->driver().cuMemAlloc(&memory.base, total ? total : 1),
          "allocating " + std::to_string(total) + " bytes of GPU memory");
      !status)
    return Error{status.error()};
  memory.device = std::move(device);
  memory.size = bytes;
  memory.guarded = guarded;
  if (Status status = memory.restoreGuards(); !status)
    return Error{status.error()};
  return memory;
}

DeviceMemory &DeviceMemory::operator=(DeviceMemory &&other) noexcept {
  std::swap(device, other.device);
  std::swap(base, other.base);
  std::swap(size, other.size);
  std::swap(guarded, other.guarded);
  return *this;
}

DeviceMemory::~DeviceMemory() {
  if (base)
    device->driver().cuMemFree(base);
}

Status DeviceMemory::upload(const void *from, size_t count) {
  if (count == 0)
    return {};
  return device->check(device->driver().cuMemcpyHtoD(address(), from, count),
                       "copying to the GPU");
}

Status DeviceMemory::download(void *to, size_t count) const {
  if (count == 0)
    return {};
  return device->check(device->driver().cuMemcpyDtoH(to, address(), count),
                       "copying from the GPU");
}

Result<char *> HostMemory::reserve(const DevicePtr &owner, size_t bytes) {
  if (bytes > size) {
    release();
    if (owner->driver().cuMemHostAlloc(&base, bytes, 0) == CUDA_SUCCESS) {
      device = owner;
    } else if (!(base = std::malloc(bytes))) {
      return Error{"there is no memory for " + std::to_string(bytes) +
                   " bytes on the host"};
    }
    size = bytes;
  }
  return static_cast<char *>(base);
}

void HostMemory::release() {
  if (device)
    device->driver().cuMemFreeHost(base);
  else
    std::free(base);
  device.reset();
  base = nullptr;
  size = 0;
}

Result<DeviceMemory> DeviceMemory::copy(CUstream stream) const {
  Result<DeviceMemory> result = allocate(device, size, /*guarded=*/false);
  if (!result || size == 0)
    return result;
  if (Status status =
          device->check(device->driver().cuMemcpyDtoDAsync(
                            result->address(), address(), size, stream),
                        "copying GPU memory");
      !status)
    return Error{status.error()};
  return result;
}

Status DeviceMemory::fill(unsigned char value, CUstream stream) {
  if (size == 0)
    return {};
  return device->check(
      device->driver().cuMemsetD8Async(address(), value, size, stream),
      "filling GPU memory");
}

Status DeviceMemory::restoreGuards() {
  if (!guarded)
    return {};
  std::string pattern = guardPattern();
  for (CUdeviceptr at : {base, base + guardBytes + size})
    if (Status status = device->check(
            device->driver().cuMemcpyHtoD(at, pattern.data(), guardBytes),
            "writing memory guards");
        !status)
      return status;
  return {};
}

Result<std::string> DeviceMemory::checkGuards() const {
  if (!guarded)
    return std::string();
  std::string pattern = guardPattern(), found(guardBytes, '\0');
  for (bool after : {false, true}) {
    CUdeviceptr at = after ? base + guardBytes + size : base;
    if (Status status = device->check(
            device->driver().cuMemcpyDtoH(found.data(), at, guardBytes),
            "reading memory guards");
        !status)
      return Error{status.error()};
    if (found == pattern)
      continue;
    size_t changed = 0, nearest = 0;
    for (size_t i = 0; i < guardBytes; ++i) {
      // The distance that matters is the one to the allocation.
      size_t distance = after ? i : guardBytes - i;
      if (found[i] != pattern[i] && (changed++ == 0 || !after))
        nearest = distance;
    }
    return std::to_string(changed) + " bytes overwritten, the nearest " +
           std::to_string(nearest) +
           (after ? " bytes past the end" : " bytes before the start");
  }
  return std::string();
}

//===----------------------------------------------------------------------===//
// DeviceStream, DeviceEvent
//===----------------------------------------------------------------------===//

Result<DeviceStream> DeviceStream::create(DevicePtr device) {
  // Ordered with the blocking copies, which go through the default stream and
  // may return before the last bytes have arrived.
  DeviceStream result;
  if (Status status = device->check(
          device->driver().cuStreamCreate(&result.stream, CU_STREAM_DEFAULT),
          "creating a stream");
      !status)
    return Error{status.error()};
  result.device = std::move(device);
  return result;
}

DeviceStream &DeviceStream::operator=(DeviceStream &&other) noexcept {
  std::swap(device, other.device);
  std::swap(stream, other.stream);
  return *this;
}

DeviceStream::~DeviceStream() {
  if (stream)
    device->driver().cuStreamDestroy(stream);
}

Status DeviceStream::synchronize() const {
  return device->check(device->driver().cuStreamSynchronize(stream),
                       "waiting for the kernels");
}

Result<DeviceEvent> DeviceEvent::create(DevicePtr device) {
  DeviceEvent result;
  if (Status status = device->check(
          device->driver().cuEventCreate(&result.event, CU_EVENT_DEFAULT),
          "creating an event");
      !status)
    return Error{status.error()};
  result.device = std::move(device);
  return result;
}

DeviceEvent &DeviceEvent::operator=(DeviceEvent &&other) noexcept {
  std::swap(device, other.device);
  std::swap(event, other.event);
  return *this;
}

DeviceEvent::~DeviceEvent() {
  if (event)
    device->driver().cuEventDestroy(event);
}

Status DeviceEvent::record(CUstream stream) const {
  return device->check(device->driver().cuEventRecord(event, stream),
                       "recording an event");
}

Result<double> DeviceEvent::since(const DeviceEvent &start) const {
  float milliseconds = 0;
  if (Status status = device->check(device->driver().cuEventElapsedTime(
                                        &milliseconds, start.event, event),
                                    "reading an event's time");
      !status)
    return Error{status.error()};
  return milliseconds * 1000.0;
}

} // namespace qimeng
