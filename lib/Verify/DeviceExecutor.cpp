//===- DeviceExecutor.cpp - Runs kernel programs on a GPU -----------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Verify/DeviceExecutor.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "qimeng/Target/ProgramBuilder.h"
#include <cstring>

using namespace mlir;
using namespace qimeng;

Result<DevicePtr> DeviceExecutor::open(int ordinal, const Architecture *&arch) {
  Result<DevicePtr> device = Device::open(ordinal);
  if (!device)
    return device;
  const DeviceInfo &info = (*device)->info();
  auto known = findArchitecture("sm_" + std::to_string(info.computeMajor) +
                                std::to_string(info.computeMinor));
  if (!known)
    return Error{info.name + ": " + known.error()};
  arch = *known;
  return device;
}

FailureOr<std::unique_ptr<DeviceExecutor>>
DeviceExecutor::create(ModuleOp program, DevicePtr device,
                       const Architecture &arch) {
  CompileOptions options;
  options.allowPtx = true;
  FailureOr<CompiledProgram> compiled = compileProgram(program, arch, options);
  if (failed(compiled))
    return failure();
  std::vector<Program::Buffer> buffers = compiled->program.buffers;
  Result<Executor> executor =
      Executor::create(device, std::move(compiled->program));
  if (!executor)
    return program.emitError() << executor.error();
  std::unique_ptr<DeviceExecutor> result(
      new DeviceExecutor(device, std::move(*executor)));
  result->kernels = std::move(compiled->kernels);
  program.walk([&](DotOp dot) {
    result->hardware.tensorCores |= dot.getMma() != Mma::Fma;
  });
  for (const Program::Buffer &buffer : buffers) {
    TensorSpec spec;
    spec.type = buffer.dtype;
    spec.shape.assign(buffer.shape.begin(), buffer.shape.end());
    // Where 16-bit floats are computed with (MathApprox.h).
    result->hardware.flushes |=
        buffer.dtype == DataType::F16 || buffer.dtype == DataType::BF16;
    if (buffer.kind == Program::BufferKind::Input)
      result->inputs.push_back(spec);
    if (buffer.kind == Program::BufferKind::Output)
      result->outputs.push_back(spec);
  }
  return result;
}

std::vector<HostTensor> DeviceExecutor::allocateOutputs() const {
  return std::vector<HostTensor>(outputs.begin(), outputs.end());
}

Status DeviceExecutor::run(ArrayRef<HostTensor> given,
                           MutableArrayRef<HostTensor> found,
                           double *microseconds) {
  const Program &program = executor.program();
  auto inputBuffers = program.buffersOf(Program::BufferKind::Input);
  auto outputBuffers = program.buffersOf(Program::BufferKind::Output);
  Result<BufferSet> buffers = BufferSet::allocate(device, program);
  if (!buffers)
    return Error{buffers.error()};
  for (auto [buffer, tensor] : llvm::zip(inputBuffers, given))
    if (Status status = buffers->memory(buffer).upload(
            tensor.data(), tensor.getSpec().getNumBytes());
        !status)
      return status;
  Result<DeviceStream> stream = DeviceStream::create(device);
  if (!stream)
    return Error{stream.error()};
  Result<Binding> binding = executor.bind(buffers->addresses());
  if (!binding)
    return Error{binding.error()};
  Result<DeviceEvent> begin = DeviceEvent::create(device);
  Result<DeviceEvent> end = DeviceEvent::create(device);
  if (!begin || !end)
    return Error{!begin ? begin.error() : end.error()};
  auto all = [](std::initializer_list<Status> steps) -> Status {
    for (const Status &step : steps)
      if (!step)
        return step;
    return {};
  };
  if (Status status =
          all({buffers->poison(program, stream->handle()),
               begin->record(stream->handle()),
               executor.enqueue(*binding, stream->handle()),
               end->record(stream->handle()), stream->synchronize()});
      !status)
    return status;
  if (microseconds)
    if (Result<double> elapsed = end->since(*begin))
      *microseconds = *elapsed;
  Result<std::string> guards = buffers->checkGuards(program);
  if (!guards)
    return Error{guards.error()};
  if (!guards->empty())
    return Error{"the program wrote out of bounds: " + *guards};
  for (auto [buffer, tensor] : llvm::zip(inputBuffers, given)) {
    HostTensor after(tensor.getSpec());
    size_t bytes = tensor.getSpec().getNumBytes();
    if (Status status = buffers->memory(buffer).download(after.data(), bytes);
        !status)
      return status;
    if (std::memcmp(after.data(), tensor.data(), bytes) != 0)
      return Error{"the program changed its input '" +
                   program.buffers[buffer].name + "'"};
  }
  for (auto [buffer, tensor] : llvm::zip(outputBuffers, found))
    if (Status status = buffers->memory(buffer).download(
            tensor.data(), tensor.getSpec().getNumBytes());
        !status)
      return status;
  return {};
}

LogicalResult DeviceExecutor::check(const NumbersCheck &check, Location loc) {
  if (ArrayRef<TensorSpec>(inputs) != check.getInputs() ||
      ArrayRef<TensorSpec>(outputs) != check.getOutputs())
    return emitError(loc) << "the program's operands are not the reference's";
  std::vector<HostTensor> found = allocateOutputs();
  for (const NumbersCheck::Trial &trial : check.getTrials()) {
    if (Status status = run(trial.inputs, found); !status)
      return emitError(loc) << "on the device: " << status.error();
    for (auto [number, output] : llvm::enumerate(found))
      if (auto wrong = check.compare(trial, number, output, hardware))
        return emitError(loc) << "on the device: " << *wrong;
  }
  return success();
}
