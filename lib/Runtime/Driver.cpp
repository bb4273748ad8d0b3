//===- Driver.cpp - The CUDA driver, loaded at run time -------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Runtime/Driver.h"
#include <cstdlib>
#include <dlfcn.h>

namespace qimeng::cuda {

static std::string versionText(int version) {
  return std::to_string(version / 1000) + "." +
         std::to_string(version % 1000 / 10);
}

struct DriverLoader {
  static Result<const Driver *> load() {
    const char *named = std::getenv("QIMENG_LIBCUDA");
    std::string library = named && *named ? named : "libcuda.so.1";
    // Never closed: the driver keeps threads and exit handlers of its own.
    void *handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle)
      return Error{"no CUDA driver: " + std::string(::dlerror()) +
                   "; install NVIDIA's driver, or work without a GPU"};
    auto driver = new Driver;
    auto queryVersion = reinterpret_cast<CUresult (*)(int *)>(
        ::dlsym(handle, "cuDriverGetVersion"));
    int version = 0;
    if (queryVersion && queryVersion(&version) == CUDA_SUCCESS &&
        version < Driver::oldestVersion)
      return Error{"the CUDA driver is too old: it supports CUDA " +
                   versionText(version) + ", at least " +
                   versionText(Driver::oldestVersion) +
                   " is needed (driver 525 or newer)"};
#define QIMENG_CUDA_SYMBOL(name, symbol, parameters)                           \
  driver->name =                                                               \
      reinterpret_cast<CUresult(*) parameters>(::dlsym(handle, symbol));       \
  if (!driver->name)                                                           \
    return Error{"the CUDA driver in '" + library +                            \
                 "' has no " symbol ": install a driver for CUDA " +           \
                 versionText(Driver::oldestVersion) + " or newer"};
#include "qimeng/Runtime/DriverSymbols.def"
    driver->driverVersion = version;
    CUresult result = driver->cuInit(0);
    if (result == CUDA_ERROR_NO_DEVICE)
      return Error{"the CUDA driver finds no GPU on this machine (or "
                   "CUDA_VISIBLE_DEVICES hides all)"};
    if (result != CUDA_SUCCESS)
      return Error{"the CUDA driver does not start: " +
                   driver->errorText(result)};
    return driver;
  }
};

Result<const Driver *> Driver::get() {
  static const Result<const Driver *> driver = DriverLoader::load();
  return driver;
}

std::string Driver::errorText(CUresult error) const {
  const char *name = nullptr, *description = nullptr;
  if (!cuGetErrorName || cuGetErrorName(error, &name) != CUDA_SUCCESS || !name)
    name = "unknown CUDA error";
  if (!cuGetErrorString ||
      cuGetErrorString(error, &description) != CUDA_SUCCESS || !description)
    description = "no description";
  return std::string(name) + " (" + std::to_string(error) + "): " + description;
}

bool isContextFault(CUresult error) {
  switch (error) {
  case CUDA_ERROR_ECC_UNCORRECTABLE:
  case CUDA_ERROR_ILLEGAL_ADDRESS:
  case CUDA_ERROR_LAUNCH_TIMEOUT:
  case CUDA_ERROR_CONTEXT_IS_DESTROYED:
  case CUDA_ERROR_ASSERT:
  case CUDA_ERROR_HARDWARE_STACK_ERROR:
  case CUDA_ERROR_ILLEGAL_INSTRUCTION:
  case CUDA_ERROR_MISALIGNED_ADDRESS:
  case CUDA_ERROR_INVALID_ADDRESS_SPACE:
  case CUDA_ERROR_INVALID_PC:
  case CUDA_ERROR_LAUNCH_FAILED:
    return true;
  default:
    return false;
  }
}

} // namespace qimeng::cuda
