//===- DeviceModule.cpp - Loading and launching kernels -------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Runtime/Device.h"
#include <cstring>

namespace qimeng {

using namespace cuda;

/// Errors are one paragraph: the log's lines are joined.
static std::string oneLine(const char *log) {
  std::string result;
  for (const char *c = log; *c; ++c) {
    if (*c != '\n' && *c != '\r')
      result += *c;
    else if (!result.empty() && result.back() != ' ')
      result += "; ";
  }
  while (!result.empty() && (result.back() == ' ' || result.back() == ';'))
    result.pop_back();
  return result;
}

Result<DeviceModule> DeviceModule::load(DevicePtr device,
                                        const Program::Module &module) {
  // std::string keeps a NUL behind its end, which is what PTX needs.
  char log[8192] = "";
  CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER,
                            CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
  void *values[] = {log, reinterpret_cast<void *>(sizeof log - 1)};
  DeviceModule result;
  CUresult code = device->driver().cuModuleLoadDataEx(
      &result.handle, module.bytes.c_str(), module.isPtx ? 2 : 0, options,
      values);
  if (Status status = device->check(code, std::string("loading ") +
                                              (module.isPtx ? "PTX" : "cubin") +
                                              " module '" + module.name + "'");
      !status)
    return Error{
        status.error() +
        (log[0] ? "; the driver's compiler says: " + oneLine(log) : "")};
  result.device = std::move(device);
  result.name = module.name;
  return result;
}

DeviceModule &DeviceModule::operator=(DeviceModule &&other) noexcept {
  std::swap(device, other.device);
  std::swap(handle, other.handle);
  std::swap(name, other.name);
  return *this;
}

DeviceModule::~DeviceModule() {
  if (handle)
    device->driver().cuModuleUnload(handle);
}

Result<CUfunction> DeviceModule::function(const std::string &kernel) const {
  CUfunction result = nullptr;
  if (Status status = device->check(
          device->driver().cuModuleGetFunction(&result, handle, kernel.c_str()),
          "finding kernel '" + kernel + "' in module '" + name + "'");
      !status)
    return Error{status.error()};
  return result;
}

Result<FunctionInfo> functionInfo(const Device &device, CUfunction function) {
  FunctionInfo info;
  const std::pair<CUfunction_attribute, int *> wanted[] = {
      {CU_FUNC_ATTRIBUTE_NUM_REGS, &info.registers},
      {CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES, &info.localBytes},
      {CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, &info.staticSharedBytes},
      {CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, &info.maxThreadsPerBlock}};
  for (auto [attribute, value] : wanted)
    if (Status status = device.check(
            device.driver().cuFuncGetAttribute(value, attribute, function),
            "reading a kernel's attributes");
        !status)
      return Error{status.error()};
  return info;
}

Status prepareFunction(const Device &device, CUfunction function,
                       const std::string &kernel, unsigned dynamicBytes,
                       unsigned clusterBlocks) {
  Result<FunctionInfo> info = functionInfo(device, function);
  if (!info)
    return Error{info.error()};
  int64_t wanted = int64_t(dynamicBytes) + info->staticSharedBytes;
  if (wanted > device.info().sharedBytesPerBlock)
    return Error{"kernel '" + kernel + "' needs " + std::to_string(wanted) +
                 " bytes of shared memory, " + device.info().name + " has " +
                 std::to_string(device.info().sharedBytesPerBlock) +
                 " per block: use smaller tiles or fewer stages"};
  // Two launches of one kernel share the attribute: the larger need wins.
  int allowed = 0;
  if (Status status = device.check(
          device.driver().cuFuncGetAttribute(
              &allowed, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
              function),
          "reading a kernel's attributes");
      !status)
    return status;
  if (static_cast<int64_t>(dynamicBytes) > allowed)
    if (Status status = device.check(
            device.driver().cuFuncSetAttribute(
                function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                static_cast<int>(dynamicBytes)),
            "allowing kernel '" + kernel + "' " + std::to_string(dynamicBytes) +
                " bytes of dynamic shared memory");
        !status)
      return status;
  if (clusterBlocks <= 8)
    return {};
  return device.check(
      device.driver().cuFuncSetAttribute(
          function, CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED, 1),
      "allowing kernel '" + kernel + "' clusters of " +
          std::to_string(clusterBlocks) + " blocks");
}

Result<int> maxActiveBlocks(const Device &device, CUfunction function,
                            unsigned threads, unsigned dynamicBytes) {
  int blocks = 0;
  if (Status status = device.check(
          device.driver().cuOccupancyMaxActiveBlocksPerMultiprocessor(
              &blocks, function, static_cast<int>(threads), dynamicBytes),
          "computing a kernel's occupancy");
      !status)
    return Error{status.error()};
  return blocks;
}

static CUtensorMapDataType mapDataType(DataType type) {
  switch (type) {
  case DataType::F16:
    return CU_TENSOR_MAP_DATA_TYPE_FLOAT16;
  case DataType::BF16:
    return CU_TENSOR_MAP_DATA_TYPE_BFLOAT16;
  case DataType::F32:
    return CU_TENSOR_MAP_DATA_TYPE_FLOAT32;
  case DataType::F64:
    return CU_TENSOR_MAP_DATA_TYPE_FLOAT64;
  case DataType::I1:
  case DataType::I8:
    return CU_TENSOR_MAP_DATA_TYPE_UINT8;
  case DataType::I16:
    return CU_TENSOR_MAP_DATA_TYPE_UINT16;
  case DataType::I32:
    return CU_TENSOR_MAP_DATA_TYPE_INT32;
  case DataType::I64:
    return CU_TENSOR_MAP_DATA_TYPE_INT64;
  }
  return CU_TENSOR_MAP_DATA_TYPE_UINT8;
}

Result<CUtensorMap> encodeTensorMap(const Device &device,
                                    const Program::TensorMap &map,
                                    CUdeviceptr address) {
  static const std::vector<uint32_t> ones(5, 1);
  CUtensorMap result;
  std::memset(&result, 0, sizeof result);
  // The enumerators follow the spans in powers of two.
  auto swizzle = static_cast<CUtensorMapSwizzle>(
      map.swizzle == 128 ? 3 : map.swizzle / 32);
  auto promotion = static_cast<CUtensorMapL2promotion>(
      map.l2Promotion == 256 ? 3 : map.l2Promotion / 64);
  CUresult code = device.driver().cuTensorMapEncodeTiled(
      &result, mapDataType(map.dtype), map.dims.size(),
      reinterpret_cast<void *>(address), map.dims.data(),
      map.strideBytes.data(), map.box.data(),
      (map.elementStrides.empty() ? ones : map.elementStrides).data(),
      CU_TENSOR_MAP_INTERLEAVE_NONE, swizzle, promotion,
      map.oobFillNaN ? CU_TENSOR_MAP_FLOAT_OOB_FILL_NAN_REQUEST_ZERO_FMA
                     : CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (Status status = device.check(code, "encoding a tensor map"); !status)
    return Error{status.error()};
  return result;
}

Status launchKernel(const Device &device, CUfunction function,
                    const Program::Launch &launch, void **parameters,
                    CUstream stream) {
  CUlaunchAttribute attribute = {};
  attribute.id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
  attribute.value.clusterDim = {launch.cluster[0], launch.cluster[1],
                                launch.cluster[2]};
  bool clustered =
      launch.cluster[0] * launch.cluster[1] * launch.cluster[2] > 1;
  CUlaunchConfig config = {launch.grid[0],
                           launch.grid[1],
                           launch.grid[2],
                           launch.block[0],
                           launch.block[1],
                           launch.block[2],
                           launch.dynamicSharedBytes,
                           stream,
                           &attribute,
                           clustered ? 1u : 0u};
  CUresult code =
      device.driver().cuLaunchKernelEx(&config, function, parameters, nullptr);
  if (code == CUDA_SUCCESS)
    return {};
  return device.check(code, "launching kernel '" + launch.kernel + "'");
}

} // namespace qimeng
