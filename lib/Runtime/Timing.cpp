//===- Timing.cpp - Device times of interleaved calls ---------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Runtime/Timing.h"
#include <algorithm>
#include <chrono>
#include <numeric>
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
        timings(calls.size()) {}

  Result<std::vector<Timing>> run();

private:
  Status prepare();
  Status flush();
  Status call(size_t which, bool timed);
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
  if (!timed)
    return calls[which](stream.handle(), rounds[which]++);
  Result<DeviceEvent> start = DeviceEvent::create(device);
  if (!start)
    return Error{start.error()};
  Result<DeviceEvent> end = DeviceEvent::create(device);
  if (!end)
    return Error{end.error()};
  if (Status status = start->record(stream.handle()); !status)
    return status;
  Clock::time_point begin = Clock::now();
  if (Status status = calls[which](stream.handle(), rounds[which]++); !status)
    return status;
  hostTimes[which].push_back(secondsSince(begin) * 1e6);
  if (Status status = end->record(stream.handle()); !status)
    return status;
  pending.push_back({which, std::move(*start), std::move(*end)});
  return {};
}

Status Timer::untimedRounds(unsigned count) {
  for (unsigned round = 0; round < count; ++round)
    for (size_t which = 0; which < calls.size(); ++which)
      if (Status status = call(which, false); !status)
        return status;
  return stream.synchronize();
}

Status Timer::timedBatch(unsigned count) {
  // The untimed call takes the effects of the wait before.
  if (Status status = call(random() % calls.size(), false); !status)
    return status;
  std::vector<size_t> order(calls.size());
  std::iota(order.begin(), order.end(), size_t(0));
  for (unsigned round = 0; round < count; ++round) {
    for (size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[random() % i]);
    for (size_t which : order)
      if (Status status = call(which, true); !status)
        return status;
  }
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

Result<std::vector<Timing>> Timer::run() {
  if (calls.empty())
    return timings;
  if (Status status = prepare(); !status)
    return Error{status.error()};
  Clock::time_point begin = Clock::now();
  if (Status status = untimedRounds(options.warmup); !status)
    return Error{status.error()};
  double perRound = secondsSince(begin) / std::max(1u, options.warmup);
  begin = Clock::now();
  unsigned done = 0;
  while (done < options.repeats) {
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
