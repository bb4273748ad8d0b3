//===- Runtime.cpp - Running compiled programs ----------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng-c/Runtime.h"
#include "qimeng/Runtime/Executor.h"
#include <exception>

using namespace qimeng;
using Kind = Program::BufferKind;

static thread_local std::string lastError;

struct QiMengProgram {
  QiMengProgram(DevicePtr device, Executor executor)
      : device(std::move(device)), executor(std::move(executor)) {
    const Program &program = this->executor.program();
    for (Kind kind : {Kind::Input, Kind::Output})
      for (unsigned buffer : program.buffersOf(kind))
        operands.push_back(buffer);
  }

  const Program::Buffer *operand(int index) const {
    if (index < 0 || index >= static_cast<int>(operands.size()))
      return nullptr;
    return &executor.program().buffers[operands[index]];
  }

  Status run(const uint64_t *addresses, int count, cuda::CUstream stream);
  Status allocateTemporaries();

  DevicePtr device;
  Executor executor;
  /// Buffer indices of the inputs, then of the outputs.
  std::vector<unsigned> operands;
  std::vector<DeviceMemory> temporaries;
  /// The addresses of all buffers in the last run, and the arguments made of
  /// them.
  std::vector<cuda::CUdeviceptr> bound;
  Binding binding;
  cuda::CUstream lastStream = nullptr;
  bool ran = false;
};

Status QiMengProgram::allocateTemporaries() {
  if (!bound.empty())
    return {};
  std::vector<cuda::CUdeviceptr> addresses(executor.program().buffers.size());
  std::vector<DeviceMemory> memories;
  for (unsigned buffer : executor.program().buffersOf(Kind::Temporary)) {
    Result<DeviceMemory> memory = DeviceMemory::allocate(
        device, executor.program().buffers[buffer].bytes(),
        /*guarded=*/false);
    if (!memory)
      return Error{"temporary '" + executor.program().buffers[buffer].name +
                   "': " + memory.error()};
    addresses[buffer] = memory->address();
    memories.push_back(std::move(*memory));
  }
  temporaries = std::move(memories);
  bound = std::move(addresses);
  return {};
}

Status QiMengProgram::run(const uint64_t *addresses, int count,
                          cuda::CUstream stream) {
  const std::string &name = executor.program().name;
  if (count != static_cast<int>(operands.size()))
    return Error{"program '" + name + "' takes " +
                 std::to_string(operands.size()) + " operands, " +
                 std::to_string(count) + " were given"};
  ContextScope scope(*device);
  if (!scope.status())
    return scope.status();
  if (Status status = allocateTemporaries(); !status)
    return status;
  std::vector<cuda::CUdeviceptr> wanted = bound;
  for (int i = 0; i < count; ++i) {
    if (!addresses[i] && operand(i)->bytes() > 0)
      return Error{"program '" + name + "': operand '" + operand(i)->name +
                   "' is a null pointer"};
    wanted[operands[i]] = addresses[i];
  }
  // The usual caller comes back with the same tensors; descriptors are kept.
  if (!ran || wanted != bound) {
    ran = false;
    Result<Binding> fresh = executor.bind(wanted);
    if (!fresh)
      return Error{fresh.error()};
    binding = std::move(*fresh);
    bound = std::move(wanted);
    ran = true;
  }
  lastStream = stream;
  return executor.enqueue(binding, stream);
}

/// Calls `body`, turning what the standard library throws (out of memory) into
/// an error: nothing may be thrown into C.
template <typename Body> static bool guarded(Body body) {
  try {
    Status status = body();
    if (status)
      return true;
    lastError = status.error();
  } catch (const std::exception &exception) {
    lastError = exception.what();
  }
  return false;
}

const char *qimengLastError(void) { return lastError.c_str(); }

QiMengProgram *qimengProgramLoad(const char *folder) {
  QiMengProgram *result = nullptr;
  guarded([&]() -> Status {
    if (!folder)
      return Error{"no program folder was given"};
    Result<Program> program = Program::load(folder);
    if (!program)
      return Error{program.error()};
    Result<DevicePtr> device = Device::current();
    if (!device)
      return Error{device.error()};
    ContextScope scope(**device);
    if (!scope.status())
      return scope.status();
    Result<Executor> executor = Executor::create(*device, std::move(*program));
    if (!executor)
      return Error{executor.error()};
    result = new QiMengProgram(*device, std::move(*executor));
    return {};
  });
  return result;
}

void qimengProgramDestroy(QiMengProgram *program) {
  if (!program)
    return;
  // The device outlives what is freed in its context.
  DevicePtr device = program->device;
  ContextScope scope(*device);
  if (program->ran && !program->temporaries.empty())
    device->driver().cuStreamSynchronize(program->lastStream);
  delete program;
}

const char *qimengProgramName(const QiMengProgram *program) {
  return program->executor.program().name.c_str();
}

int qimengProgramNumInputs(const QiMengProgram *program) {
  return static_cast<int>(
      program->executor.program().buffersOf(Kind::Input).size());
}

int qimengProgramNumOutputs(const QiMengProgram *program) {
  return static_cast<int>(program->operands.size()) -
         qimengProgramNumInputs(program);
}

const char *qimengProgramOperandName(const QiMengProgram *program, int index) {
  const Program::Buffer *operand = program->operand(index);
  return operand ? operand->name.c_str() : nullptr;
}

const char *qimengProgramOperandType(const QiMengProgram *program, int index) {
  const Program::Buffer *operand = program->operand(index);
  return operand ? dataTypeName(operand->dtype) : nullptr;
}

int qimengProgramOperandRank(const QiMengProgram *program, int index) {
  const Program::Buffer *operand = program->operand(index);
  return operand ? static_cast<int>(operand->shape.size()) : -1;
}

int64_t qimengProgramOperandExtent(const QiMengProgram *program, int index,
                                   int dim) {
  const Program::Buffer *operand = program->operand(index);
  if (!operand || dim < 0 || dim >= static_cast<int>(operand->shape.size()))
    return -1;
  return operand->shape[dim];
}

int64_t qimengProgramOperandBytes(const QiMengProgram *program, int index) {
  const Program::Buffer *operand = program->operand(index);
  return operand ? operand->bytes() : -1;
}

int qimengProgramRun(QiMengProgram *program, const uint64_t *operands,
                     int count, void *stream) {
  static_assert(sizeof(cuda::CUdeviceptr) == sizeof(uint64_t));
  bool ok = guarded([&]() -> Status {
    return program->run(operands, count, static_cast<cuda::CUstream>(stream));
  });
  return ok ? 0 : -1;
}
