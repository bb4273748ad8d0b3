//===- Timing.cpp - Device times of interleaved calls ---------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Runtime/Timing.h"
#include <algorithm>
#include <chrono>
#include <random>

namespace qimeng {

using Clock = std::chrono::steady_clock;

static double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  if (values.empty())
    return 0;
  std::sort(values.begin(), values.end());
  size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle]
                           : (values[middle - 1] + values[middle]) / 2;
}

namespace {
/// The state of one timeInterleaved().
class Timer {
public:
  Timer(DevicePtr device, const std::vector<TimedCall> &calls,
        const TimingOptions &options)
      : device(std::move(device)), calls(calls), options(options),
        random(options.seed), rounds(calls.size(), 0), hostTimes(calls.size()),
        timings(calls.size()) {
    for (size_t which = 0; which < calls.size(); ++which)
      active.push_back(which);
  }

  Result<std::vector<Timing>> run();

private:
  Status prepare();
  Status flush();
  Status call(size_t which, bool timed);
  /// Waits, and takes the times of the pending calls.
  Status collect();
  /// Leaves out the candidates that are slower than the cut-off.
  Status probe();
  Status untimedRounds(unsigned count);
  /// Enqueues `count` rounds, waits, and reads the events.
  Status timedBatch(unsigned count);

  DevicePtr device;
  const std::vector<TimedCall> &calls;
  const TimingOptions &options;
  // Spelled out, since std::shuffle differs between standard libraries.
  std::mt19937_64 random;
  DeviceStream stream;
  DeviceMemory cacheFiller;
  struct Sample {
    size_t which;
    DeviceEvent start, end;
  };
  std::vector<Sample> pending;
  /// The candidates that take part in the rounds.
  std::vector<size_t> active;
  bool probing = false;
  std::vector<unsigned> rounds;
  std::vector<std::vector<double>> hostTimes;
  std::vector<Timing> timings;
};
} // namespace

Status Timer::prepare() {
  Result<DeviceStream> newStream = DeviceStream::create(device);
  if (!newStream)
    return Error{newStream.error()};
  stream = std::move(*newStream);
  if (!options.flushL2)
    return {};
  size_t bytes = std::max<int64_t>(2 * device->info().l2Bytes, 1 << 20);
  Result<DeviceMemory> filler = DeviceMemory::allocate(device, bytes, false);
  if (!filler)
    return Error{filler.error()};
  cacheFiller = std::move(*filler);
  return {};
}

Status Timer::flush() {
  if (!options.flushL2)
    return {};
  return cacheFiller.fill(0, stream.handle());
}

Status Timer::call(size_t which, bool timed) {
  if (Status status = flush(); !status)
    return status;
  unsigned round = probing ? 0 : rounds[which]++;
  if (!timed)
    return calls[which](stream.handle(), round);
  Result<DeviceEvent> start = DeviceEvent::create(device);
  if (!start)
    return Error{start.error()};
  Result<DeviceEvent> end = DeviceEvent::create(device);
  if (!end)
    return Error{end.error()};
  if (Status status = start->record(stream.handle()); !status)
    return status;
  Clock::time_point begin = Clock::now();
  if (Status status = calls[which](stream.handle(), round); !status)
    return status;
  hostTimes[which].push_back(secondsSince(begin) * 1e6);
  if (Status status = end->record(stream.handle()); !status)
    return status;
  pending.push_back({which, std::move(*start), std::move(*end)});
  return {};
}

Status Timer::collect() {
  if (Status status = stream.synchronize(); !status)
    return status;
  for (Sample &sample : pending) {
    Result<double> time = sample.end.since(sample.start);
    if (!time)
      return Error{time.error()};
    timings[sample.which].microseconds.push_back(*time);
  }
  pending.clear();
  return {};
}

Status Timer::probe() {
  probing = true;
  std::vector<size_t> fast;
  for (size_t which : active) {
    std::vector<double> &times = timings[which].microseconds;
    // The untimed call takes the effects of the wait before.
    for (bool timed : {false, true})
      if (Status status = call(which, timed); !status)
        return status;
    if (Status status = collect(); !status)
      return status;
    if (times.front() > options.cutoffMicroseconds) {
      double fitting = options.probeSeconds * 1e6 / times.front();
      unsigned more = std::max(1u, options.probeRepeats) - 1;
      more = static_cast<unsigned>(std::min<double>(more, fitting));
      // Once more untimed, after the wait.
      for (unsigned i = 0; more > 0 && i <= more; ++i)
        if (Status status = call(which, i > 0); !status)
          return status;
      if (Status status = collect(); !status)
        return status;
    }
    if (*std::min_element(times.begin(), times.end()) >
        options.cutoffMicroseconds) {
      timings[which].cutOff = true;
      continue;
    }
    times.clear();
    hostTimes[which].clear();
    fast.push_back(which);
  }
  active = std::move(fast);
  probing = false;
  return {};
}

Status Timer::untimedRounds(unsigned count) {
  for (unsigned round = 0; round < count; ++round)
    for (size_t which : active)
      if (Status status = call(which, false); !status)
        return status;
  return stream.synchronize();
}

Status Timer::timedBatch(unsigned count) {
  // The untimed call takes the effects of the wait before.
  if (Status status = call(active[random() % active.size()], false); !status)
    return status;
  std::vector<size_t> order = active;
  for (unsigned round = 0; round < count; ++round) {
    for (size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[random() % i]);
    for (size_t which : order)
      if (Status status = call(which, true); !status)
        return status;
  }
  return collect();
}

Result<std::vector<Timing>> Timer::run() {
  if (calls.empty())
    return timings;
  if (Status status = prepare(); !status)
    return Error{status.error()};
  if (options.cutoffMicroseconds > 0)
    if (Status status = probe(); !status)
      return Error{status.error()};
  Clock::time_point begin = Clock::now();
  if (Status status = untimedRounds(options.warmup); !status)
    return Error{status.error()};
  double perRound = secondsSince(begin) / std::max(1u, options.warmup);
  begin = Clock::now();
  unsigned done = 0;
  while (done < options.repeats && !active.empty()) {
    if (done >= options.fewestRepeats &&
        secondsSince(begin) > options.budgetSeconds)
      break;
    // Batches of about 50 ms: long enough to keep the device busy, short enough
    // to notice the end of the budget.
    unsigned wish = perRound > 0
                        ? static_cast<unsigned>(std::min(64.0, 0.05 / perRound))
                        : 64;
    unsigned batch = std::clamp(wish, 1u, options.repeats - done);
    if (Status status = timedBatch(batch); !status)
      return Error{status.error()};
    done += batch;
  }
  for (size_t i = 0; i < calls.size(); ++i) {
    const std::vector<double> &times = timings[i].microseconds;
    timings[i].median = median(times);
    timings[i].minimum =
        times.empty() ? 0 : *std::min_element(times.begin(), times.end());
    timings[i].hostMedian = median(hostTimes[i]);
    timings[i].rounds = std::max(rounds[i], timings[i].cutOff ? 1u : 0u);
  }
  return std::move(timings);
}

Result<std::vector<Timing>> timeInterleaved(DevicePtr device,
                                            const std::vector<TimedCall> &calls,
                                            const TimingOptions &options) {
  return Timer(std::move(device), calls, options).run();
}

Result<CopyBandwidth> timeCopy(DevicePtr device, int64_t bytes,
                               const TimingOptions &options) {
  Result<DeviceMemory> from = DeviceMemory::allocate(device, bytes, false);
  if (!from)
    return Error{from.error()};
  Result<DeviceMemory> to = DeviceMemory::allocate(device, bytes, false);
  if (!to)
    return Error{to.error()};
  TimedCall copy = [&](cuda::CUstream stream, unsigned) {
    return device->check(device->driver().cuMemcpyDtoDAsync(
                             to->address(), from->address(), bytes, stream),
                         "copying GPU memory");
  };
  Result<std::vector<Timing>> timings =
      timeInterleaved(device, {copy}, options);
  if (!timings)
    return Error{timings.error()};
  CopyBandwidth result;
  result.bytes = bytes;
  result.timing = std::move(timings->front());
  if (result.timing.median > 0)
    result.gigabytesPerSecond =
        2.0 * static_cast<double>(bytes) / (result.timing.median * 1e3);
  return result;
}

} // namespace qimeng
