//===- CheckOnDevice.cpp - Check 5 of qimeng-verify -----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CheckOnDevice.h"
#include "qimeng/Support/File.h"
#include "qimeng/Target/ProgramBuilder.h"
#include "qimeng/Verify/DeviceProgram.h"
#include "qimeng/Verify/Oracle.h"

using namespace mlir;
using namespace qimeng;

static WorkerClient::Options workerOptions() {
  WorkerClient::Options options;
  options.name = "qimeng-verify";
  return options;
}

DeviceCheck::DeviceCheck(int ordinal)
    : ordinal(ordinal), client(workerOptions()) {}

Result<std::unique_ptr<DeviceCheck>> DeviceCheck::open(int ordinal) {
  std::unique_ptr<DeviceCheck> device(new DeviceCheck(ordinal));
  Result<DeviceInfo> info = device->client.describe(ordinal);
  if (!info)
    return Error{info.error()};
  device->info = *info;
  auto known = findArchitecture("sm_" + std::to_string(info->computeMajor) +
                                std::to_string(info->computeMinor));
  if (!known)
    return Error{info->name + ": " + known.error()};
  device->architecture = *known;
  return device;
}

/// Compiles a copy of `module` into `folder`. Failure is reported as
/// diagnostics.
static LogicalResult compileTo(const std::string &folder, ModuleOp module,
                               const Architecture &architecture,
                               bool inFloat64) {
  OwningOpRef<ModuleOp> program = module.clone();
  if (inFloat64) {
    if (failed(widen(*program)))
      return failure();
    // Tensor cores have no float64 of the shapes that they have for the rest.
    program->walk([](DotOp dot) { dot.setMma(Mma::Fma); });
  }
  if (failed(toDeviceProgram(*program, "", architecture)))
    return failure();
  CompileOptions options;
  options.allowPtx = true;
  FailureOr<CompiledProgram> compiled =
      compileProgram(*program, architecture, options);
  if (failed(compiled))
    return failure();
  if (Status status = compiled->program.save(folder); !status)
    return module.emitError() << status.error();
  return success();
}

/// How a failure on the device counts.
static ExitCode exitCodeOf(FailureKind kind) {
  switch (kind) {
  case FailureKind::Mismatch:
  case FailureKind::GuardViolation:
  case FailureKind::InputsChanged:
  case FailureKind::Race:
  case FailureKind::Timeout:
  case FailureKind::IllegalAddress:
  case FailureKind::LaunchFailure:
  case FailureKind::Died:
    return Refused;
  case FailureKind::BadRequest:
  case FailureKind::ReferenceFailure:
    return Undecided;
  default:
    return BadMachine;
  }
}

/// Normal and uniform draws, and one of small numbers, where what does not
/// depend on the inputs as it should stands out.
static MeasureRequest makeRequest(const std::string &folder, int ordinal,
                                  uint64_t seed) {
  MeasureRequest request;
  request.programs = {folder + "/after"};
  request.reference = folder + "/reference";
  request.device = ordinal;
  request.seed = seed;
  Draw uniform, small;
  uniform.mode = Draw::Mode::Uniform;
  small.scale = 1.0 / 64;
  request.checks = {uniform, small};
  // Only what was timed is run again.
  request.repeats = 1;
  request.reruns = 100;
  return request;
}

ExitCode DeviceCheck::check(ModuleOp before, ModuleOp after, uint64_t seed) {
  Result<TemporaryFolder> folder = TemporaryFolder::create("qimeng-verify");
  if (!folder) {
    after.emitError() << folder.error();
    return BadMachine;
  }
  if (failed(compileTo(folder->path() + "/after", after, *architecture,
                       /*inFloat64=*/false)))
    return Unusable;
  if (failed(compileTo(folder->path() + "/reference", before, *architecture,
                       /*inFloat64=*/true))) {
    before.emitError() << "check 5 (device): has no float64 program to compare "
                          "with; name the tensor program as <before>";
    return Undecided;
  }
  MeasureAnswer answer =
      client.measure(makeRequest(folder->path(), ordinal, seed));
  Failure failure = answer.failure;
  if (!answer.programs.empty() && answer.programs.front().failure)
    failure = answer.programs.front().failure;
  if (failure) {
    after.emitError() << "check 5 (device): " << failureKindName(failure.kind)
                      << ": " << failure.message;
    return exitCodeOf(failure.kind);
  }
  if (answer.programs.empty()) {
    after.emitError() << "check 5 (device): the worker gave no answer";
    return BadMachine;
  }
  return Accepted;
}
