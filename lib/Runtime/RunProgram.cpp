//===- RunProgram.cpp - Running a program on files ------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Runtime/Measure.h"
#include "qimeng/Support/File.h"

using namespace qimeng;
using Kind = Program::BufferKind;

Failure qimeng::runProgram(const DevicePtr &device, const RunRequest &request) {
  device->forgetFailure();
  auto fail = [&](FailureKind otherwise, const std::string &message) {
    return Failure{classify(*device, otherwise), message};
  };
  Result<Program> program = Program::load(request.program);
  if (!program)
    return {FailureKind::LoadFailure, program.error()};
  Result<Executor> executor = Executor::create(device, std::move(*program));
  if (!executor)
    return fail(FailureKind::LoadFailure, executor.error());
  const Program &loaded = executor->program();
  std::vector<unsigned> inputs = loaded.buffersOf(Kind::Input);
  std::vector<unsigned> outputs = loaded.buffersOf(Kind::Output);
  if (inputs.size() != request.inputs.size() ||
      outputs.size() != request.outputs.size())
    return {FailureKind::BadRequest,
            "program '" + loaded.name + "' has " +
                std::to_string(inputs.size()) + " inputs and " +
                std::to_string(outputs.size()) + " outputs, " +
                std::to_string(request.inputs.size()) + " and " +
                std::to_string(request.outputs.size()) + " files were given"};
  auto failed = [&](const std::string &message) {
    return fail(FailureKind::LaunchFailure, message);
  };
  Result<BufferSet> buffers = BufferSet::allocate(device, loaded);
  if (!buffers)
    return failed(buffers.error());
  for (size_t i = 0; i < inputs.size(); ++i) {
    Result<std::string> bytes = readFile(request.inputs[i]);
    if (!bytes)
      return {FailureKind::BadRequest, bytes.error()};
    const Program::Buffer &buffer = loaded.buffers[inputs[i]];
    if (static_cast<int64_t>(bytes->size()) != buffer.bytes())
      return {FailureKind::BadRequest,
              "'" + request.inputs[i] + "' has " +
                  std::to_string(bytes->size()) + " bytes, input '" +
                  buffer.name + "' takes " + std::to_string(buffer.bytes())};
    if (Status status =
            buffers->memory(inputs[i]).upload(bytes->data(), bytes->size());
        !status)
      return failed(status.error());
  }
  Result<DeviceStream> stream = DeviceStream::create(device);
  if (!stream)
    return failed(stream.error());
  Result<Binding> binding = executor->bind(buffers->addresses());
  if (!binding)
    return failed(binding.error());
  if (Status status = buffers->poison(loaded, stream->handle()); !status)
    return failed(status.error());
  if (Status status = executor->enqueue(*binding, stream->handle()); !status)
    return failed(status.error());
  if (Status status = stream->synchronize(); !status)
    return failed(status.error());
  Result<std::string> guards = buffers->checkGuards(loaded);
  if (!guards)
    return failed(guards.error());
  if (!guards->empty())
    return {FailureKind::GuardViolation,
            "program '" + loaded.name + "' wrote out of bounds; " + *guards};
  for (size_t i = 0; i < outputs.size(); ++i) {
    std::string bytes(loaded.buffers[outputs[i]].bytes(), '\0');
    if (Status status =
            buffers->memory(outputs[i]).download(bytes.data(), bytes.size());
        !status)
      return failed(status.error());
    if (Status status = writeFile(request.outputs[i], bytes); !status)
      return {FailureKind::BadRequest, status.error()};
  }
  return {};
}
