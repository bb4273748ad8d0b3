//===- Measure.cpp - Checking and timing programs -------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Runtime/Measure.h"
#include "Difference.h"
#include "qimeng/Support/File.h"
#include <algorithm>
#include <chrono>
#include <cstring>

namespace qimeng {

using namespace cuda;
using Kind = Program::BufferKind;

FailureKind classify(const Device &device, FailureKind otherwise) {
  switch (device.fault() ? device.fault() : device.lastFailure()) {
  case CUDA_SUCCESS:
    return otherwise;
  case CUDA_ERROR_OUT_OF_MEMORY:
    return FailureKind::OutOfMemory;
  case CUDA_ERROR_ILLEGAL_ADDRESS:
  case CUDA_ERROR_MISALIGNED_ADDRESS:
  case CUDA_ERROR_INVALID_ADDRESS_SPACE:
  case CUDA_ERROR_INVALID_PC:
    return FailureKind::IllegalAddress;
  default:
    return device.fault() ? FailureKind::LaunchFailure : otherwise;
  }
}

namespace {
/// Which numbers an input holds.
struct DrawKey {
  uint64_t seed = 0;
  Draw draw;
  bool operator==(const DrawKey &other) const {
    return seed == other.seed && draw == other.draw;
  }
};

/// The inputs of one draw on the device, shared by all candidates.
struct InputSet {
  std::vector<DeviceMemory> memories;
  std::vector<uint64_t> hashes;
  std::optional<DrawKey> holds;

  std::vector<CUdeviceptr> addresses() const {
    std::vector<CUdeviceptr> result;
    for (const DeviceMemory &memory : memories)
      result.push_back(memory.address());
    return result;
  }
};

/// Adds the wall-clock time of a scope.
class SecondsIn {
public:
  explicit SecondsIn(double &sum) : sum(sum) {}
  ~SecondsIn() {
    sum += std::chrono::duration<double>(Clock::now() - begin).count();
  }
  SecondsIn(const SecondsIn &) = delete;
  SecondsIn &operator=(const SecondsIn &) = delete;

private:
  using Clock = std::chrono::steady_clock;
  double &sum;
  Clock::time_point begin = Clock::now();
};

/// One candidate with its own outputs and temporaries for each input set.
struct Candidate {
  Candidate(Executor executor, ProgramMeasurement &result)
      : executor(std::move(executor)), result(result) {}
  Executor executor;
  ProgramMeasurement &result;
  std::vector<BufferSet> buffers;
  std::vector<Binding> bindings;
};
} // namespace

struct Measurer::State {
  explicit State(DevicePtr device) : device(std::move(device)) {}

  DevicePtr device;
  DeviceStream stream;

  /// What the cached sets and outputs below belong to.
  std::string problem;
  /// Those that timed calls rotate over; then, where memory allows, one for
  /// each draw that is only checked, so that it need not be drawn again for the
  /// next candidate.
  std::vector<InputSet> sets;
  unsigned rotations = 1;
  /// Where buffers are copied to from the device.
  HostMemory staging;
  /// Made when it is first needed.
  std::optional<Difference> difference;
  std::optional<Executor> reference;
  /// The bytes of its outputs, by draw.
  using Outputs = std::vector<std::unique_ptr<char[]>>;
  std::vector<std::pair<DrawKey, Outputs>> references;
  /// What the reference reads and writes, on the way.
  HostMemory wideStaging;

  Failure fail(FailureKind otherwise, const std::string &message) const {
    return {classify(*device, otherwise), message};
  }
  Failure open(const MeasureRequest &request,
               std::vector<Candidate> &candidates, MeasureAnswer &answer);
  Failure selectProblem(const MeasureRequest &request,
                        const Program &signature);
  Failure loadReference(const std::string &folder, const Program &signature);
  Failure allocate(const MeasureRequest &request,
                   std::vector<Candidate> &candidates);
  /// The bytes of `memory`, in `staging`.
  Result<const char *> fetch(const DeviceMemory &memory);
  Failure fillInputs(InputSet &set, const Program &signature,
                     const DrawKey &key);
  /// For the inputs of `set`, which must hold what was drawn.
  Result<const Outputs *> referenceOutputs(const Program &signature,
                                           unsigned set);
  Failure runOnce(Candidate &candidate, unsigned set);
  /// Guards, inputs and outputs of `set` after the candidate ran on it.
  Failure inspect(Candidate &candidate, unsigned set,
                  const MeasureRequest &request);
  Failure compareOutputs(Candidate &candidate, unsigned set,
                         const MeasureRequest &request);
  /// After writes out of bounds, so that nobody else is blamed for them.
  Failure repair(std::vector<Candidate> &candidates);
  Failure time(const MeasureRequest &request,
               std::vector<Candidate> &candidates, MeasureAnswer &answer);
  /// Runs the candidate again, on the first set, whose outputs are right.
  Failure rerun(Candidate &candidate, const MeasureRequest &request);
  Failure describeRace(Candidate &candidate,
                       const std::vector<DeviceMemory> &kept, unsigned run);
};

//===----------------------------------------------------------------------===//
// Preparation
//===----------------------------------------------------------------------===//

/// Types and shapes of the inputs, and the shapes of the outputs.
static std::string signatureOf(const Program &program) {
  std::string text;
  for (const Program::Buffer &buffer : program.buffers) {
    if (buffer.kind == Kind::Temporary || buffer.kind == Kind::Constant)
      continue;
    text += bufferKindName(buffer.kind);
    if (buffer.kind == Kind::Input)
      text += std::string(" ") + dataTypeName(buffer.dtype);
    for (int64_t extent : buffer.shape)
      text += " " + std::to_string(extent);
    text += "; ";
  }
  return text;
}

Failure Measurer::State::open(const MeasureRequest &request,
                              std::vector<Candidate> &candidates,
                              MeasureAnswer &answer) {
  for (size_t i = 0; i < request.programs.size(); ++i) {
    ProgramMeasurement &result = answer.programs[i];
    Result<Program> program = Program::load(request.programs[i]);
    if (!program) {
      result.failure = {FailureKind::LoadFailure, program.error()};
      continue;
    }
    Result<Executor> executor = Executor::create(device, std::move(*program));
    if (!executor) {
      result.failure = fail(FailureKind::LoadFailure, executor.error());
      if (device->fault())
        return result.failure;
      continue;
    }
    if (!candidates.empty() &&
        signatureOf(executor->program()) !=
            signatureOf(candidates.front().executor.program()))
      return {FailureKind::BadRequest,
              "the programs of one request must have the same inputs and "
              "outputs: '" +
                  request.programs[i] + "' has " +
                  signatureOf(executor->program()) + "the first has " +
                  signatureOf(candidates.front().executor.program())};
    result.launches = executor->launches();
    candidates.emplace_back(std::move(*executor), result);
  }
  return {};
}

Failure Measurer::State::loadReference(const std::string &folder,
                                       const Program &signature) {
  Result<Program> program = Program::load(folder);
  if (!program)
    return {FailureKind::ReferenceFailure, program.error()};
  for (Kind kind : {Kind::Input, Kind::Output}) {
    std::vector<unsigned> ours = signature.buffersOf(kind);
    std::vector<unsigned> theirs = program->buffersOf(kind);
    bool same = ours.size() == theirs.size();
    for (size_t i = 0; same && i < ours.size(); ++i)
      same =
          signature.buffers[ours[i]].shape == program->buffers[theirs[i]].shape;
    if (!same)
      return {FailureKind::BadRequest,
              "the reference '" + folder + "' has other " +
                  bufferKindName(kind) + "s: " + signatureOf(*program) +
                  "the program has " + signatureOf(signature)};
  }
  Result<Executor> executor = Executor::create(device, std::move(*program));
  if (!executor)
    return {FailureKind::ReferenceFailure, executor.error()};
  reference.emplace(std::move(*executor));
  return {};
}

Failure Measurer::State::selectProblem(const MeasureRequest &request,
                                       const Program &signature) {
  std::string key = signatureOf(signature);
  if (!request.reference.empty()) {
    Result<std::string> manifest =
        readFile(request.reference + "/program.json");
    if (!manifest)
      return {FailureKind::ReferenceFailure, manifest.error()};
    key += *manifest;
  }
  if (key == problem)
    return {};
  problem.clear();
  sets.clear();
  references.clear();
  reference.reset();
  if (!request.reference.empty())
    if (Failure failure = loadReference(request.reference, signature))
      return failure;
  problem = key;
  return {};
}

Failure Measurer::State::allocate(const MeasureRequest &request,
                                  std::vector<Candidate> &candidates) {
  const Program &signature = candidates.front().executor.program();
  std::vector<unsigned> inputs = signature.buffersOf(Kind::Input);
  int64_t inputBytes = 0;
  for (unsigned input : inputs)
    inputBytes += signature.buffers[input].bytes();
  int64_t setBytes = inputBytes;
  for (const Candidate &candidate : candidates)
    setBytes += BufferSet::bytesFor(candidate.executor.program(), false);
  Result<int64_t> free = device->freeBytes();
  if (!free)
    return fail(FailureKind::LaunchFailure, free.error());
  // The reference, in float64, needs its part as well.
  int64_t available =
      (*free + inputBytes * static_cast<int64_t>(sets.size())) / 2;
  int64_t fitting = available / std::max<int64_t>(setBytes, 1);
  rotations = static_cast<unsigned>(
      std::clamp<int64_t>(fitting, 1, std::max(1u, request.rotations)));
  size_t wanted = rotations + request.checks.size();
  if (fitting < static_cast<int64_t>(wanted))
    wanted = rotations;
  if (sets.size() > wanted)
    sets.resize(wanted);
  while (sets.size() < wanted) {
    InputSet set;
    for (unsigned input : inputs) {
      Result<DeviceMemory> memory =
          DeviceMemory::allocate(device, signature.buffers[input].bytes(),
                                 /*guarded=*/true);
      if (!memory)
        return fail(FailureKind::LaunchFailure, memory.error());
      set.memories.push_back(std::move(*memory));
    }
    set.hashes.resize(inputs.size());
    sets.push_back(std::move(set));
  }
  for (Candidate &candidate : candidates)
    for (const InputSet &set : sets) {
      std::vector<CUdeviceptr> shared = set.addresses();
      Result<BufferSet> buffers =
          BufferSet::allocate(device, candidate.executor.program(), &shared);
      if (!buffers)
        return fail(FailureKind::LaunchFailure, buffers.error());
      Result<Binding> binding = candidate.executor.bind(buffers->addresses());
      if (!binding)
        return fail(FailureKind::LaunchFailure, binding.error());
      candidate.buffers.push_back(std::move(*buffers));
      candidate.bindings.push_back(std::move(*binding));
    }
  return {};
}

Result<const char *> Measurer::State::fetch(const DeviceMemory &memory) {
  Result<char *> bytes = staging.reserve(device, memory.bytes());
  if (!bytes)
    return Error{bytes.error()};
  if (Status status = memory.download(*bytes, memory.bytes()); !status)
    return Error{status.error()};
  return *bytes;
}

static std::string drawInput(const Program &program, unsigned inputNumber,
                             const DrawKey &key) {
  const Program::Buffer &buffer =
      program.buffers[program.buffersOf(Kind::Input)[inputNumber]];
  std::string bytes(buffer.bytes(), '\0');
  drawElements(bytes.data(), buffer.dtype, buffer.elements(), key.seed,
               inputNumber, key.draw);
  return bytes;
}

Failure Measurer::State::fillInputs(InputSet &set, const Program &signature,
                                    const DrawKey &key) {
  if (set.holds && *set.holds == key)
    return {};
  set.holds.reset();
  for (unsigned i = 0; i < set.memories.size(); ++i) {
    std::string bytes = drawInput(signature, i, key);
    set.hashes[i] = hashBytes(bytes.data(), bytes.size());
    if (Status status = set.memories[i].upload(bytes.data(), bytes.size());
        !status)
      return fail(FailureKind::LaunchFailure, status.error());
  }
  set.holds = key;
  return {};
}

//===----------------------------------------------------------------------===//
// The reference
//===----------------------------------------------------------------------===//

/// A copy in memory that is touched first by all cores: zeroing gigabytes, page
/// by page, would take one of them longer than everything else here.
static std::unique_ptr<char[]> copyOf(const char *bytes, int64_t count) {
  std::unique_ptr<char[]> result(new char[count]);
  parallelFor(count, [&](int64_t begin, int64_t end) {
    std::memcpy(result.get() + begin, bytes + begin, end - begin);
  });
  return result;
}

Result<const Measurer::State::Outputs *>
Measurer::State::referenceOutputs(const Program &signature, unsigned set) {
  const DrawKey key = *sets[set].holds;
  for (const auto &known : references)
    if (known.first == key)
      return &known.second;
  const Program &program = reference->program();
  Result<BufferSet> buffers = BufferSet::allocate(device, program);
  if (!buffers)
    return Error{buffers.error()};
  std::vector<unsigned> inputs = program.buffersOf(Kind::Input);
  std::vector<unsigned> ours = signature.buffersOf(Kind::Input);
  for (unsigned i = 0; i < inputs.size(); ++i) {
    const Program::Buffer &buffer = program.buffers[inputs[i]];
    Result<const char *> narrow = fetch(sets[set].memories[i]);
    if (!narrow)
      return Error{narrow.error()};
    Result<char *> wide = wideStaging.reserve(device, buffer.bytes());
    if (!wide)
      return Error{wide.error()};
    convertElements(*narrow, signature.buffers[ours[i]].dtype, *wide,
                    buffer.dtype, buffer.elements());
    if (Status status =
            buffers->memory(inputs[i]).upload(*wide, buffer.bytes());
        !status)
      return Error{status.error()};
  }
  Result<Binding> binding = reference->bind(buffers->addresses());
  if (!binding)
    return Error{binding.error()};
  if (Status status = buffers->poison(program, stream.handle()); !status)
    return Error{status.error()};
  if (Status status = reference->enqueue(*binding, stream.handle()); !status)
    return Error{status.error()};
  if (Status status = stream.synchronize(); !status)
    return Error{status.error()};
  Outputs outputs;
  for (unsigned output : program.buffersOf(Kind::Output)) {
    int64_t bytes = program.buffers[output].bytes();
    Result<char *> wide = wideStaging.reserve(device, bytes);
    if (!wide)
      return Error{wide.error()};
    if (Status status = buffers->memory(output).download(*wide, bytes); !status)
      return Error{status.error()};
    outputs.push_back(copyOf(*wide, bytes));
  }
  // Many seeds in one search would fill the host's memory.
  if (references.size() >= 16)
    references.erase(references.begin());
  references.emplace_back(key, std::move(outputs));
  return &references.back().second;
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

Failure Measurer::State::runOnce(Candidate &candidate, unsigned set) {
  const Program &program = candidate.executor.program();
  if (Status status = candidate.buffers[set].poison(program, stream.handle());
      !status)
    return fail(FailureKind::LaunchFailure, status.error());
  if (Status status =
          candidate.executor.enqueue(candidate.bindings[set], stream.handle());
      !status)
    return fail(FailureKind::LaunchFailure, status.error());
  if (Status status = stream.synchronize(); !status)
    return fail(FailureKind::LaunchFailure,
                "program '" + program.name + "': " + status.error());
  return {};
}

Failure Measurer::State::inspect(Candidate &candidate, unsigned set,
                                 const MeasureRequest &request) {
  const Program &program = candidate.executor.program();
  Result<std::string> guards = candidate.buffers[set].checkGuards(program);
  std::vector<unsigned> inputs = program.buffersOf(Kind::Input);
  std::string changed;
  for (unsigned i = 0; guards && guards->empty() && i < inputs.size(); ++i) {
    const std::string &name = program.buffers[inputs[i]].name;
    DeviceMemory &memory = sets[set].memories[i];
    guards = memory.checkGuards();
    if (guards && !guards->empty())
      guards = "buffer '" + name + "': " + *guards;
    Result<const char *> bytes = fetch(memory);
    if (!bytes)
      return fail(FailureKind::LaunchFailure, bytes.error());
    if (changed.empty() &&
        hashBytes(*bytes, memory.bytes()) != sets[set].hashes[i])
      changed = name;
  }
  if (!guards)
    return fail(FailureKind::LaunchFailure, guards.error());
  std::string prefix = "program '" + program.name + "': ";
  Failure failure;
  if (!guards->empty()) {
    candidate.result.guardsIntact = false;
    failure = {FailureKind::GuardViolation,
               prefix + "wrote out of bounds; " + *guards};
  } else if (!changed.empty()) {
    candidate.result.inputsUnchanged = false;
    failure = {FailureKind::InputsChanged,
               prefix + "changed its input '" + changed + "'"};
  }
  if (failure) {
    sets[set].holds.reset();
    return failure;
  }
  return compareOutputs(candidate, set, request);
}

Failure Measurer::State::repair(std::vector<Candidate> &candidates) {
  Status status;
  for (InputSet &set : sets) {
    set.holds.reset();
    for (DeviceMemory &memory : set.memories)
      if (status)
        status = memory.restoreGuards();
  }
  for (Candidate &candidate : candidates)
    for (BufferSet &buffers : candidate.buffers)
      if (status)
        status = buffers.restoreGuards();
  if (status)
    return {};
  return fail(FailureKind::LaunchFailure, status.error());
}

Failure Measurer::State::compareOutputs(Candidate &candidate, unsigned set,
                                        const MeasureRequest &request) {
  if (!reference)
    return {};
  const Program &program = candidate.executor.program();
  std::vector<unsigned> outputs = program.buffersOf(Kind::Output);
  Result<const Outputs *> want = referenceOutputs(program, set);
  if (!want)
    return {FailureKind::ReferenceFailure, "reference: " + want.error()};
  std::vector<unsigned> references =
      reference->program().buffersOf(Kind::Output);
  Failure failure;
  std::vector<OutputCheck> &checks = candidate.result.outputs;
  checks.resize(outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Program::Buffer &buffer = program.buffers[outputs[i]];
    Result<const char *> got = fetch(candidate.buffers[set].memory(outputs[i]));
    if (!got)
      return fail(FailureKind::LaunchFailure, got.error());
    OutputCheck check;
    check.name = buffer.name;
    check.tolerance =
        request.tolerance.value_or(Tolerance::defaultFor(buffer.dtype));
    check.comparison =
        compareElements(*got, buffer.dtype, (**want)[i].get(),
                        reference->program().buffers[references[i]].dtype,
                        buffer.elements(), check.tolerance);
    check.passed = check.comparison.passes(check.tolerance);
    if (!check.passed && !failure)
      failure = {
          FailureKind::Mismatch,
          "program '" + program.name + "', output '" + buffer.name +
              "', inputs drawn " + drawModeName(sets[set].holds->draw.mode) +
              ": " + check.comparison.describe() +
              (check.comparison.violations
                   ? ""
                   : "; at most " + std::to_string(check.tolerance.frobenius) +
                         " is allowed")};
    bool first = checks[i].name.empty();
    bool worse = checks[i].passed &&
                 (!check.passed || check.comparison.relativeFrobenius >
                                       checks[i].comparison.relativeFrobenius);
    if (first || worse)
      checks[i] = std::move(check);
  }
  return failure;
}

//===----------------------------------------------------------------------===//
// Measurer
//===----------------------------------------------------------------------===//

Measurer::Measurer(DevicePtr device)
    : state(std::make_unique<State>(std::move(device))) {}
Measurer::~Measurer() = default;

Failure Measurer::State::time(const MeasureRequest &request,
                              std::vector<Candidate> &candidates,
                              MeasureAnswer &answer) {
  std::vector<Candidate *> alive;
  std::vector<TimedCall> calls;
  for (Candidate &candidate : candidates) {
    if (candidate.result.failure)
      continue;
    for (unsigned set = 0; set < rotations; ++set)
      if (Status status = candidate.buffers[set].poison(
              candidate.executor.program(), stream.handle());
          !status)
        return fail(FailureKind::LaunchFailure, status.error());
    alive.push_back(&candidate);
    calls.push_back([this, &candidate](CUstream stream, unsigned round) {
      return candidate.executor.enqueue(candidate.bindings[round % rotations],
                                        stream);
    });
  }
  if (Status status = stream.synchronize(); !status)
    return fail(FailureKind::LaunchFailure, status.error());
  TimingOptions options;
  options.warmup = request.warmup;
  options.repeats = request.repeats;
  options.seed = request.seed;
  options.budgetSeconds = request.budgetSeconds;
  options.cutoffMicroseconds = request.cutoffMicroseconds;
  // Every set is to be used at least once.
  options.fewestRepeats = std::max(options.fewestRepeats, rotations);
  std::optional<SecondsIn> seconds(std::in_place, answer.timingSeconds);
  Result<std::vector<Timing>> timings = timeInterleaved(device, calls, options);
  if (!timings)
    return fail(FailureKind::LaunchFailure, timings.error());
  seconds.emplace(answer.checkSeconds);
  for (size_t i = 0; i < alive.size(); ++i) {
    ProgramMeasurement &result = alive[i]->result;
    result.timing = std::move((*timings)[i]);
    unsigned used = std::min(rotations, result.timing.rounds);
    for (unsigned set = 0; set < used && !result.failure; ++set)
      result.failure = inspect(*alive[i], set, request);
    if (!result.failure)
      result.failure = rerun(*alive[i], request);
    if (device->fault())
      return result.failure;
    if (result.failure.kind == FailureKind::GuardViolation)
      if (Failure failure = repair(candidates))
        return failure;
  }
  return {};
}

//===----------------------------------------------------------------------===//
// Further runs
//===----------------------------------------------------------------------===//

Failure Measurer::State::describeRace(Candidate &candidate,
                                      const std::vector<DeviceMemory> &kept,
                                      unsigned run) {
  const Program &program = candidate.executor.program();
  std::vector<unsigned> outputs = program.buffersOf(Kind::Output);
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Program::Buffer &buffer = program.buffers[outputs[i]];
    std::string before(buffer.bytes(), '\0');
    if (Status status = kept[i].download(before.data(), before.size()); !status)
      return fail(FailureKind::LaunchFailure, status.error());
    Result<const char *> now = fetch(candidate.buffers[0].memory(outputs[i]));
    if (!now)
      return fail(FailureKind::LaunchFailure, now.error());
    std::string what = describeDifference(buffer, before.data(), *now);
    if (!what.empty())
      return {FailureKind::Race,
              "program '" + program.name + "', output '" + buffer.name +
                  "': outputs differ from run to run, so threads race; in "
                  "further run " +
                  std::to_string(run) + " on the same inputs " + what +
                  "; look for a barrier or a wait that is missing between a "
                  "write and a read"};
  }
  return fail(FailureKind::LaunchFailure,
              "the device finds a difference that the host does not see");
}

Failure Measurer::State::rerun(Candidate &candidate,
                               const MeasureRequest &request) {
  const Timing &timing = candidate.result.timing;
  if (request.reruns == 0 || timing.cutOff ||
      (request.rerunBelowMicroseconds > 0 &&
       timing.median >= request.rerunBelowMicroseconds))
    return {};
  auto failed = [&](const std::string &why) {
    return fail(FailureKind::LaunchFailure, why);
  };
  // The candidate has done nothing wrong then.
  auto skipped = [&](const std::string &why) -> Failure {
    if (device->fault())
      return failed(why);
    device->forgetFailure();
    candidate.result.rerunNote = why;
    return {};
  };
  if (!difference) {
    Result<Difference> made = Difference::create(device);
    if (!made)
      return skipped(made.error());
    difference.emplace(std::move(*made));
  }
  const Program &program = candidate.executor.program();
  BufferSet &buffers = candidate.buffers[0];
  std::vector<unsigned> outputs = program.buffersOf(Kind::Output);
  std::vector<DeviceMemory> kept;
  for (unsigned output : outputs) {
    Result<DeviceMemory> copy = buffers.memory(output).copy(stream.handle());
    if (!copy)
      return skipped(copy.error());
    kept.push_back(std::move(*copy));
  }
  size_t cacheBytes = std::max<int64_t>(2 * device->info().l2Bytes, 1 << 20);
  Result<DeviceMemory> filler =
      DeviceMemory::allocate(device, cacheBytes, /*guarded=*/false);
  if (!filler)
    return skipped(filler.error());
  auto enqueueRun = [&](bool cold) -> Status {
    // Else what a run does not write, or reads too early, is what the run
    // before left there.
    if (Status status = buffers.poison(program, stream.handle()); !status)
      return status;
    if (cold)
      if (Status status = filler->fill(0, stream.handle()); !status)
        return status;
    if (Status status =
            candidate.executor.enqueue(candidate.bindings[0], stream.handle());
        !status)
      return status;
    for (size_t i = 0; i < outputs.size(); ++i)
      if (Status status = difference->enqueue(
              kept[i], buffers.memory(outputs[i]), stream.handle());
          !status)
        return status;
    return {};
  };
  double seconds = 0;
  for (unsigned run = 1;
       run <= request.reruns && seconds < request.rerunSeconds; ++run) {
    SecondsIn measured(seconds);
    if (Status status = enqueueRun(/*cold=*/run % 2 == 0); !status)
      return failed(status.error());
    Result<bool> found = difference->found(stream);
    if (!found)
      return failed("program '" + program.name + "': " + found.error());
    if (*found)
      return describeRace(candidate, kept, run);
    candidate.result.reruns = run;
  }
  return {};
}

MeasureAnswer Measurer::measure(const MeasureRequest &request) {
  MeasureAnswer answer;
  answer.programs.resize(request.programs.size());
  State &now = *state;
  now.device->forgetFailure();
  std::vector<Candidate> candidates;
  answer.failure = now.open(request, candidates, answer);
  if (answer.failure || candidates.empty())
    return answer;
  if (!now.stream.handle()) {
    Result<DeviceStream> stream = DeviceStream::create(now.device);
    if (!stream) {
      answer.failure = now.fail(FailureKind::LaunchFailure, stream.error());
      return answer;
    }
    now.stream = std::move(*stream);
  }
  const Program &signature = candidates.front().executor.program();
  if ((answer.failure = now.selectProblem(request, signature)))
    return answer;
  if ((answer.failure = now.allocate(request, candidates)))
    return answer;
  answer.rotations = now.rotations;

  // Draws that have no set of their own take the first one in turn; the timed
  // draw comes last and stays there.
  std::optional<SecondsIn> seconds(std::in_place, answer.checkSeconds);
  std::vector<std::pair<DrawKey, unsigned>> draws;
  bool ownSets = now.sets.size() > now.rotations;
  for (unsigned i = 0; i < request.checks.size(); ++i)
    draws.push_back({{request.seed + 1000 + i, request.checks[i]},
                     ownSets ? now.rotations + i : 0});
  draws.push_back({{request.seed, request.draw}, 0});
  for (const auto &[draw, set] : draws)
    for (Candidate &candidate : candidates) {
      if (candidate.result.failure)
        continue;
      Failure failure = now.fillInputs(now.sets[set], signature, draw);
      if (!failure)
        failure = now.runOnce(candidate, set);
      if (!failure)
        failure = now.inspect(candidate, set, request);
      candidate.result.failure = failure;
      if (failure.kind == FailureKind::GuardViolation)
        answer.failure = now.repair(candidates);
      if (now.device->fault() ||
          failure.kind == FailureKind::ReferenceFailure) {
        answer.failure = failure;
        return answer;
      }
      if (answer.failure)
        return answer;
    }
  if (request.repeats == 0)
    return answer;
  for (unsigned set = 0; set < now.rotations; ++set)
    if ((answer.failure = now.fillInputs(now.sets[set], signature,
                                         {request.seed + set, request.draw})))
      return answer;
  seconds.reset();
  answer.failure = now.time(request, candidates, answer);
  return answer;
}

} // namespace qimeng
