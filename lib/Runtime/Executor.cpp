//===- Executor.cpp - Programs on a device --------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Runtime/Executor.h"
#include <map>

namespace qimeng {

using namespace cuda;

//===----------------------------------------------------------------------===//
// Executor
//===----------------------------------------------------------------------===//

static Result<LaunchInfo> inspect(const Device &device, CUfunction function,
                                  const Program::Launch &launch) {
  Result<FunctionInfo> facts = functionInfo(device, function);
  if (!facts)
    return Error{facts.error()};
  LaunchInfo info;
  info.kernel = launch.kernel;
  info.registers = facts->registers;
  info.localBytes = facts->localBytes;
  info.staticSharedBytes = facts->staticSharedBytes;
  info.dynamicSharedBytes = static_cast<int>(launch.dynamicSharedBytes);
  info.threadsPerBlock =
      static_cast<int>(launch.block[0] * launch.block[1] * launch.block[2]);
  info.blocks = int64_t(launch.grid[0]) * launch.grid[1] * launch.grid[2];
  if (info.threadsPerBlock > facts->maxThreadsPerBlock)
    return Error{"kernel '" + launch.kernel + "' was compiled for at most " +
                 std::to_string(facts->maxThreadsPerBlock) +
                 " threads per block (it uses " +
                 std::to_string(facts->registers) + " registers), " +
                 std::to_string(info.threadsPerBlock) + " are asked for"};
  Result<int> active = maxActiveBlocks(device, function, info.threadsPerBlock,
                                       launch.dynamicSharedBytes);
  if (!active)
    return Error{active.error()};
  info.blocksPerMultiprocessor = *active;
  if (int threads = device.info().threadsPerMultiprocessor)
    info.occupancy =
        static_cast<double>(*active) * info.threadsPerBlock / threads;
  return info;
}

Result<Executor> Executor::create(DevicePtr device, Program program) {
  if (Status status = program.validate(); !status)
    return Error{"program '" + program.name + "': " + status.error()};
  Executor executor;
  std::map<std::string, size_t> loaded;
  for (const Program::Module &module : program.modules) {
    if (Status status = device->supports(program.arch, module.isPtx); !status)
      return Error{"program '" + program.name + "': " + status.error()};
    Result<DeviceModule> handle = DeviceModule::load(device, module);
    if (!handle)
      return Error{"program '" + program.name + "': " + handle.error()};
    loaded[module.name] = executor.modules.size();
    executor.modules.push_back(std::move(*handle));
  }
  for (const Program::Launch &launch : program.launches) {
    Result<CUfunction> function =
        executor.modules[loaded[launch.module]].function(launch.kernel);
    if (!function)
      return Error{"program '" + program.name + "': " + function.error()};
    unsigned cluster =
        launch.cluster[0] * launch.cluster[1] * launch.cluster[2];
    if (Status status = prepareFunction(*device, *function, launch.kernel,
                                        launch.dynamicSharedBytes, cluster);
        !status)
      return Error{"program '" + program.name + "': " + status.error()};
    Result<LaunchInfo> info = inspect(*device, *function, launch);
    if (!info)
      return Error{"program '" + program.name + "': " + info.error()};
    executor.functions.push_back(*function);
    executor.infos.push_back(std::move(*info));
  }
  for (unsigned buffer : program.buffersOf(Program::BufferKind::Constant)) {
    const std::string &data = program.buffers[buffer].data;
    Result<DeviceMemory> memory =
        DeviceMemory::allocate(device, data.size(), /*guarded=*/false);
    if (!memory)
      return Error{"constant '" + program.buffers[buffer].name +
                   "': " + memory.error()};
    if (Status status = memory->upload(data.data(), data.size()); !status)
      return Error{"constant '" + program.buffers[buffer].name +
                   "': " + status.error()};
    executor.constants.emplace(buffer, std::move(*memory));
  }
  executor.device = std::move(device);
  executor.source = std::move(program);
  return executor;
}

Result<Binding>
Executor::bind(const std::vector<CUdeviceptr> &addresses) const {
  if (addresses.size() != source.buffers.size())
    return Error{"program '" + source.name + "' has " +
                 std::to_string(source.buffers.size()) + " buffers, " +
                 std::to_string(addresses.size()) + " addresses were given"};
  Binding binding;
  for (const Program::Launch &launch : source.launches) {
    Binding::Arguments arguments;
    size_t count = launch.args.size();
    arguments.pointers.reserve(count);
    arguments.maps.reserve(count);
    for (const Program::Argument &argument : launch.args) {
      auto constant = constants.find(argument.buffer);
      CUdeviceptr address = constant != constants.end()
                                ? constant->second.address()
                                : addresses[argument.buffer];
      if (!argument.tensorMap) {
        arguments.pointers.push_back(address);
        arguments.parameters.push_back(&arguments.pointers.back());
        continue;
      }
      if (address % 16 != 0)
        return Error{"buffer '" + source.buffers[argument.buffer].name +
                     "' of program '" + source.name +
                     "' must be aligned to 16 bytes for TMA"};
      Result<CUtensorMap> map =
          encodeTensorMap(*device, *argument.tensorMap, address);
      if (!map)
        return Error{"kernel '" + launch.kernel + "', buffer '" +
                     source.buffers[argument.buffer].name +
                     "': " + map.error()};
      arguments.maps.push_back(*map);
      arguments.parameters.push_back(&arguments.maps.back());
    }
    binding.launches.push_back(std::move(arguments));
  }
  return binding;
}

Status Executor::enqueue(const Binding &binding, CUstream stream) const {
  for (size_t i = 0; i < functions.size(); ++i)
    if (Status status = launchKernel(
            *device, functions[i], source.launches[i],
            const_cast<void **>(binding.launches[i].parameters.data()), stream);
        !status)
      return status;
  return {};
}

//===----------------------------------------------------------------------===//
// BufferSet
//===----------------------------------------------------------------------===//

Result<BufferSet> BufferSet::allocate(DevicePtr device, const Program &program,
                                      const std::vector<CUdeviceptr> *inputs) {
  BufferSet set;
  size_t nextInput = 0;
  for (const Program::Buffer &buffer : program.buffers) {
    DeviceMemory memory;
    CUdeviceptr address = 0;
    if (inputs && buffer.kind == Program::BufferKind::Input) {
      if (nextInput == inputs->size())
        return Error{"program '" + program.name +
                     "' has more inputs than the " +
                     std::to_string(inputs->size()) + " given"};
      address = (*inputs)[nextInput++];
    } else {
      Result<DeviceMemory> fresh =
          DeviceMemory::allocate(device, buffer.bytes(), /*guarded=*/true);
      if (!fresh)
        return Error{"buffer '" + buffer.name + "': " + fresh.error()};
      memory = std::move(*fresh);
    }
    set.memories.push_back(std::move(memory));
    set.shared.push_back(address);
  }
  return set;
}

int64_t BufferSet::bytesFor(const Program &program, bool withInputs) {
  int64_t total = 0;
  for (const Program::Buffer &buffer : program.buffers)
    if (withInputs || buffer.kind != Program::BufferKind::Input)
      total += buffer.bytes() + 2 * int64_t(DeviceMemory::guardBytes);
  return total;
}

std::vector<CUdeviceptr> BufferSet::addresses() const {
  std::vector<CUdeviceptr> result;
  for (size_t i = 0; i < memories.size(); ++i)
    result.push_back(shared[i] ? shared[i] : memories[i].address());
  return result;
}

Status BufferSet::poison(const Program &program, CUstream stream) {
  for (size_t i = 0; i < memories.size(); ++i)
    if (program.buffers[i].kind != Program::BufferKind::Input)
      if (Status status = memories[i].fill(0xFF, stream); !status)
        return status;
  return {};
}

Status BufferSet::restoreGuards() {
  for (DeviceMemory &memory : memories)
    if (Status status = memory.restoreGuards(); !status)
      return status;
  return {};
}

Result<std::string> BufferSet::checkGuards(const Program &program) const {
  for (size_t i = 0; i < memories.size(); ++i) {
    Result<std::string> found = memories[i].checkGuards();
    if (!found || !found->empty())
      return found ? "buffer '" + program.buffers[i].name + "': " + *found
                   : found;
  }
  return std::string();
}

} // namespace qimeng
