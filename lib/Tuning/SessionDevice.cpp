//===- SessionDevice.cpp - Candidates on the device -----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SessionDevice.h"
#include <algorithm>
#include <filesystem>

using namespace qimeng;

Result<std::unique_ptr<SessionDevice>>
SessionDevice::open(int ordinal, const std::string &toolName,
                    double patienceSeconds) {
  Result<TemporaryFolder> folder = TemporaryFolder::create("qimeng-tune");
  if (!folder)
    return Error{folder.error()};
  WorkerClient::Options options;
  options.name = toolName;
  std::unique_ptr<SessionDevice> device(
      new SessionDevice(std::move(*folder), std::move(options)));
  Result<DeviceInfo> info = device->client->describe(ordinal);
  if (!info)
    return Error{info.error()};
  device->info = *info;
  device->ordinal = ordinal;
  device->patienceSeconds = patienceSeconds;
  return device;
}

std::string SessionDevice::getArchitecture() const {
  return "sm_" + std::to_string(info.computeMajor) +
         std::to_string(info.computeMinor);
}

Result<std::string> SessionDevice::save(const Program &program) {
  std::string path = folder.path() + "/candidate" + std::to_string(saved++ % 8);
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
  if (Status status = program.save(path); !status)
    return Error{status.error()};
  return path;
}

Status SessionDevice::setReference(const Program &program) {
  std::string path = folder.path() + "/reference";
  if (Status status = program.save(path); !status)
    return status;
  reference = path;
  return {};
}

/// How a failure on the device counts.
static TrialStatus statusOf(FailureKind kind) {
  switch (kind) {
  case FailureKind::Mismatch:
  case FailureKind::GuardViolation:
  case FailureKind::InputsChanged:
  case FailureKind::Race:
    return TrialStatus::refused;
  case FailureKind::Timeout:
    return TrialStatus::timedOut;
  case FailureKind::IllegalAddress:
  case FailureKind::LaunchFailure:
  case FailureKind::Died:
    return TrialStatus::crashed;
  default:
    return TrialStatus::failed;
  }
}

/// Wall-clock time for the timed calls of one candidate, in seconds. Slow ones,
/// among which only the first are not cut off, get fewer calls.
static constexpr double timingBudget = 0.5;

/// Further runs, see MeasureRequest::reruns. 100 miss a race in every hundredth
/// run in 37 % of the cases, 1000 in 0.004 %.
static constexpr unsigned rerunsOfBest = 100, rerunsOfResult = 1000;
static constexpr double rerunSeconds = 0.3;

double SessionDevice::getTimeLimit() const {
  double first = MeasureRequest().timeLimitSeconds;
  if (longestSeconds == 0)
    return first;
  return std::min(first, patienceSeconds + 4 * longestSeconds);
}

static std::string describe(const Failure &failure, const Program &program) {
  std::string text = std::string(failureKindName(failure.kind)) + ": ";
  if (failure.kind != FailureKind::Timeout)
    return text + failure.message;
  return text + "program '" + program.name + "': " + failure.message +
         ". Most likely a kernel of this candidate does not end: look for a "
         "wait that nobody answers, a barrier that not all threads reach, or a "
         "loop without an end. Where the device was busy with other work, "
         "repeat the search with another trial store";
}

void SessionDevice::measure(const Program &program, uint64_t seed,
                            std::optional<double> best, Trial &trial) {
  trial.phase = TrialPhase::measure;
  auto fail = [&](TrialStatus status, const std::string &why) {
    trial.status = status;
    trial.diagnostics = why;
  };
  Result<std::string> path = save(program);
  if (!path)
    return fail(TrialStatus::failed, path.error());
  MeasureRequest request;
  request.programs = {*path};
  request.reference = reference;
  request.device = ordinal;
  request.seed = seed;
  Draw uniform;
  uniform.mode = Draw::Mode::Uniform;
  request.checks = {uniform};
  request.budgetSeconds = timingBudget;
  if (best)
    request.cutoffMicroseconds = hopeless * *best;
  request.reruns = rerunsOfBest;
  request.rerunSeconds = rerunSeconds;
  request.rerunBelowMicroseconds = best.value_or(0);
  request.timeLimitSeconds = getTimeLimit();
  MeasureAnswer answer = client->measure(request);
  trial.measureSeconds = answer.checkSeconds + answer.timingSeconds;
  Failure failure = answer.failure;
  if (!answer.programs.empty() && answer.programs.front().failure)
    failure = answer.programs.front().failure;
  if (failure)
    return fail(statusOf(failure.kind), describe(failure, program));
  if (answer.programs.empty())
    return fail(TrialStatus::failed, "the worker gave no times");
  longestSeconds = std::max(longestSeconds, *trial.measureSeconds);
  const ProgramMeasurement &measured = answer.programs.front();
  trial.measuredMicroseconds = measured.timing.median;
  trial.minimumMicroseconds = measured.timing.minimum;
  trial.samples = int64_t(measured.timing.microseconds.size());
  trial.cutOff = measured.timing.cutOff;
  if (measured.reruns > 0)
    trial.reruns = measured.reruns;
  for (const OutputCheck &output : measured.outputs) {
    trial.absoluteError = std::max(trial.absoluteError.value_or(0),
                                   output.comparison.maxAbsolute);
    trial.relativeError = std::max(trial.relativeError.value_or(0),
                                   output.comparison.relativeFrobenius);
  }
  for (KernelFacts &facts : trial.kernels)
    for (const LaunchInfo &launch : measured.launches) {
      if (launch.kernel != facts.name)
        continue;
      facts.registers = launch.registers;
      facts.sharedBytes = launch.staticSharedBytes + launch.dynamicSharedBytes;
      facts.threads = launch.threadsPerBlock;
      facts.occupancy = launch.occupancy;
    }
}

std::vector<SessionDevice::Final>
SessionDevice::compare(const std::vector<const Program *> &programs,
                       uint64_t seed) {
  std::vector<Final> finals(programs.size());
  MeasureRequest request;
  for (const Program *program : programs) {
    Result<std::string> path = save(*program);
    if (!path)
      return finals;
    request.programs.push_back(*path);
  }
  request.reference = reference;
  request.device = ordinal;
  request.seed = seed;
  // A single one is only run again.
  request.repeats = programs.size() > 1 ? 60 : 1;
  request.budgetSeconds = 6;
  // Timing them against each other takes as long as it may for all.
  request.timeLimitSeconds = getTimeLimit() * double(programs.size()) +
                             (programs.size() > 1 ? request.budgetSeconds : 0);
  request.reruns = rerunsOfResult;
  request.rerunSeconds = rerunSeconds;
  MeasureAnswer answer = client->measure(request);
  if (answer.failure && programs.size() > 1) {
    // One of them, which must not cost the others their place.
    for (size_t i = 0; i < programs.size(); ++i)
      finals[i] = compare({programs[i]}, seed).front();
    return finals;
  }
  for (size_t i = 0; i < finals.size(); ++i) {
    Failure failure = answer.failure;
    if (i < answer.programs.size()) {
      const ProgramMeasurement &measured = answer.programs[i];
      if (measured.failure)
        failure = measured.failure;
      finals[i].microseconds = measured.timing.median;
      finals[i].reruns = measured.reruns;
      finals[i].diagnostics = measured.rerunNote;
    }
    if (failure) {
      finals[i] = {0, 0, statusOf(failure.kind),
                   describe(failure, *programs[i])};
    }
  }
  return finals;
}
