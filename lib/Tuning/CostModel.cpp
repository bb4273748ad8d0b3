//===- CostModel.cpp - Times without a device -----------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Fitted to these measurements on an H200: bf16 GEMM 4096^3 with wgmma,
// 128x256x64 tiles, 4 stages, specialized and persistent, 177 us; copies at 4.2
// TB/s; one small kernel 2-10 us. Latencies (of device memory, L2, barriers)
// are those that micro-benchmarks of Ampere and Hopper report, rounded.
//
//===----------------------------------------------------------------------===//

#include "qimeng/Tuning/CostModel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

using namespace mlir;

namespace qimeng {

llvm::StringRef nameOf(Bound bound) {
  switch (bound) {
  case Bound::Launch:
    return "launch";
  case Bound::Memory:
    return "device memory";
  case Bound::L2:
    return "L2";
  case Bound::Tensor:
    return "tensor cores";
  case Bound::Issue:
    return "instruction issue";
  case Bound::Shared:
    return "shared memory";
  case Bound::Latency:
    return "latency";
  }
  return "";
}

namespace {

constexpr double memoryLatency = 700e-9, barrierTime = 30e-9,
                 shuffleTime = 15e-9;
/// From a launch until every multiprocessor works, and until the last store is
/// done.
constexpr double rampSeconds = 1.0e-6;

/// Rates that follow from a row of the table.
struct Rates {
  explicit Rates(const Architecture &row) : row(row) {
    lanes = std::string_view(row.name) == "sm_80" ? 64 : 128;
    clock = row.fp32 / (2.0 * lanes * double(row.multiprocessors));
  }
  const Architecture &row;
  double lanes; ///< plain f32 pipes of a multiprocessor
  double clock; ///< Hz

  // Of one multiprocessor, per second.
  double issue() const { return lanes * clock; }
  double special() const { return 16 * clock; }
  double fp64() const { return row.fp64 / 2 / double(row.multiprocessors); }
  double shared() const { return 128 * clock; }
  double l2() const { return (row.tma ? 48 : 36) * clock; }
  double tensor(double peak) const {
    return peak / double(row.multiprocessors);
  }
  /// What mma.sync reaches of the peak, which later generations give to their
  /// own instructions alone.
  double mmaSyncShare() const {
    if (row.wgmma)
      return 0.62;
    return std::string_view(row.name) == "sm_100a" ? 0.3 : 0.9;
  }
};

double peakOf(const Architecture &row, llvm::StringRef precision, bool dots) {
  if (precision == "f64")
    return row.fp64;
  if (!dots || precision == "f32" || precision == "i32")
    return row.fp32;
  if (precision == "tf32")
    return row.tensorTf32;
  if (precision == "i8")
    return 2 * row.tensor16;
  return row.tensor16;
}

/// How many different values grid dimension `dim` takes among `count` programs
/// that run at the same time, in the order that the raster gives.
std::vector<double> spread(const KernelCounts &counts, double count) {
  std::vector<double> result(counts.grid.size(), 1);
  count = std::min(count, double(counts.programs));
  // Row-major: the last dimension is the fastest.
  double raster = double(counts.schedule.getRaster());
  if (counts.grid.size() >= 2 && raster > 1) {
    double rows = std::min(raster, double(counts.grid[0]));
    double perGroup = rows;
    for (size_t dim = 1; dim < counts.grid.size(); ++dim)
      perGroup *= double(counts.grid[dim]);
    double groups = std::max(1.0, std::ceil(count / perGroup));
    result[0] = std::min(double(counts.grid[0]), rows * groups);
    double left = std::max(1.0, std::min(count, perGroup) / rows);
    for (size_t dim = counts.grid.size(); dim-- > 1;) {
      result[dim] = std::min(left, double(counts.grid[dim]));
      left = std::max(1.0, std::ceil(left / double(counts.grid[dim])));
    }
    return result;
  }
  double left = count;
  for (size_t dim = counts.grid.size(); dim-- > 0;) {
    result[dim] = std::min(left, double(counts.grid[dim]));
    left = std::max(1.0, std::ceil(left / double(counts.grid[dim])));
  }
  return result;
}

/// Bytes that leave device memory or go to it.
double deviceBytes(KernelOp kernel, const KernelCounts &counts,
                   double concurrent, const Architecture &row) {
  std::vector<double> together = spread(counts, concurrent);
  double rounds =
      std::max(1.0, double(counts.programs) /
                        std::min(concurrent, double(counts.programs)));
  // What all programs touch of each operand, however often.
  std::vector<double> unique(kernel.getOperandArguments().size(), 0.0);
  std::vector<double> moved(unique.size(), 0.0), waste(unique.size(), 1.0);
  std::vector<bool> written(unique.size(), false);
  for (const MemoryTraffic &traffic : counts.traffic) {
    double all = traffic.bytes * traffic.distinct,
           now = traffic.bytes * traffic.distinct;
    for (size_t dim = 0; dim < counts.grid.size(); ++dim) {
      if (!traffic.gridDims[dim])
        continue;
      all *= double(counts.grid[dim]);
      now *= together[dim];
    }
    // A sector that one tile uses in part is finished by its neighbour while it
    // is still in L2, unless it is too far away in time.
    double lost = 1 / std::max(traffic.sectorEfficiency, 1.0 / 32);
    waste[traffic.operand] = std::max(waste[traffic.operand], std::sqrt(lost));
    written[traffic.operand] = written[traffic.operand] || traffic.write;
    unique[traffic.operand] += all;
    // Walking over the same place again in one program: from L2 when what the
    // programs of a round touch fits.
    double again = traffic.executions / std::max(1.0, traffic.distinct);
    double fits = now < 0.5 * double(row.l2Bytes) ? 1 : again;
    moved[traffic.operand] += now * rounds * fits;
  }
  double total = 0, footprint = 0;
  std::vector<double> whole(unique.size());
  for (BlockArgument argument : kernel.getOperandArguments()) {
    auto type = cast<MemRefType>(argument.getType());
    unsigned i = argument.getArgNumber();
    double element = std::max(1.0, type.getElementTypeBitWidth() / 8.0);
    whole[i] = std::min(unique[i], double(type.getNumElements()) * element);
    if (!written[i])
      footprint += whole[i];
  }
  for (size_t i = 0; i < whole.size(); ++i) {
    double bytes = std::max(whole[i], moved[i]);
    // Operands that fit in L2 together are read from memory once.
    if (footprint < 0.6 * double(row.l2Bytes) || written[i])
      bytes = whole[i];
    total += bytes * waste[i];
  }
  return total;
}

/// Seconds from the start to the end of one program that has a multiprocessor
/// for itself, waits included.
class CriticalPath {
public:
  explicit CriticalPath(const KernelCounts &counts) : counts(counts) {}

  double of(Block &block) {
    double seconds = 0;
    bool loads = false;
    for (Operation &op : block) {
      if (auto loop = dyn_cast<scf::ForOp>(op)) {
        APInt low, high, step;
        double trips = 1;
        if (matchPattern(loop.getLowerBound(), m_ConstantInt(&low)) &&
            matchPattern(loop.getUpperBound(), m_ConstantInt(&high)) &&
            matchPattern(loop.getStep(), m_ConstantInt(&step)) &&
            step.getSExtValue() > 0)
          trips = std::max<double>(
              0, std::ceil(double(high.getSExtValue() - low.getSExtValue()) /
                           double(step.getSExtValue())));
        seconds += trips * of(*loop.getBody());
      } else if (auto role = dyn_cast<RoleOp>(op)) {
        // Roles run side by side; the consumers decide.
        if (role.getKind() == RoleKind::Consumer)
          seconds += memoryLatency + of(role.getBody().front());
      } else if (auto load = dyn_cast<LoadOp>(op)) {
        if (!llvm::all_of(load->getUsers(),
                          [](Operation *user) { return isa<PutOp>(user); }))
          loads = true;
      } else if (isa<GatherOp>(op)) {
        seconds += memoryLatency;
      } else if (isa<TakeOp>(op)) {
        // Producers run ahead by all slots; in one role the put of an
        // iteration is behind the take of the next.
        if (!counts.specialized)
          seconds +=
              barrierTime + (counts.stages > 1
                                 ? 0.25 * memoryLatency / double(counts.stages)
                                 : memoryLatency);
      } else if (auto dot = dyn_cast<DotOp>(op)) {
        // wgmma waits for the tensor cores to drain where nobody else fills
        // them.
        seconds += dot.getMma() == Mma::Wgmma
                       ? (counts.specialized ? 0 : 2 * barrierTime)
                       : barrierTime;
        if (!isa_and_nonnull<TakeOp>(dot.getLhs().getDefiningOp()))
          seconds += 2 * barrierTime;
      } else if (isa<ReduceOp, FoldOp, ScanOp>(op)) {
        seconds += 5 * shuffleTime + 2 * barrierTime;
      } else if (isa<TransposeOp>(op)) {
        seconds += 2 * barrierTime;
      }
    }
    return seconds + (loads ? memoryLatency : 0);
  }

private:
  const KernelCounts &counts;
};

std::string bytesText(int64_t bytes) {
  return std::to_string((bytes + 1023) / 1024) + " KiB";
}

} // namespace

KernelCost estimateKernel(KernelOp kernel, const Architecture &row) {
  KernelCounts counts = countKernel(kernel);
  Rates rates(row);
  KernelCost cost;
  cost.name = kernel.getSymName().str();
  cost.precision = counts.precision;
  bool dots = counts.dotFlops > 0;
  cost.peakFlops = peakOf(row, counts.precision, dots);
  cost.flops = double(counts.programs) * counts.coverage *
               (counts.dotFlops + counts.elementwiseFlops);
  cost.compulsoryBytes = counts.compulsoryBytes;
  double dotFlops = double(counts.programs) * counts.coverage * counts.dotFlops;
  cost.floorMicroseconds =
      1e6 * std::max({counts.compulsoryBytes / row.bandwidth,
                      dotFlops / cost.peakFlops,
                      double(counts.programs) * counts.coverage *
                          counts.elementwiseFlops / row.fp32});
  cost.launch = 1e6 * row.launchSeconds;
  if (!counts.tiled) {
    cost.bytes = counts.compulsoryBytes;
    cost.microseconds =
        cost.floorMicroseconds + cost.launch + 1e6 * rampSeconds;
    cost.boundBy =
        counts.compulsoryBytes / row.bandwidth >= 1e-6 * cost.floorMicroseconds
            ? Bound::Memory
            : Bound::Tensor;
    return cost;
  }

  // Residence.
  cost.threads = counts.threads;
  cost.sharedBytes = counts.sharedBytes;
  cost.registers = std::min<int64_t>(counts.registers, row.registersPerThread);
  double spilled =
      std::max<double>(0, double(counts.registers - row.registersPerThread));
  int64_t registersOfBlock = 0;
  for (RoleOp role : kernel.getBody().front().getOps<RoleOp>())
    registersOfBlock +=
        role.getWarps() * 32 *
        (role.getRegisters() ? role.getRegisters() : cost.registers);
  if (!counts.specialized)
    registersOfBlock =
        counts.threads * std::max<int64_t>(32, (cost.registers + 7) / 8 * 8);
  if (counts.threads > 1024)
    cost.misfit = std::to_string(counts.threads) +
                  " threads in a block; there can be 1024";
  else if (counts.sharedBytes > row.sharedPerBlock)
    cost.misfit = bytesText(counts.sharedBytes) +
                  " of shared memory in a block; " + row.name + " has " +
                  bytesText(row.sharedPerBlock);
  else if (counts.specialized &&
           registersOfBlock > row.registersPerMultiprocessor)
    cost.misfit = std::to_string(registersOfBlock) + " registers in a block; " +
                  row.name + " has " +
                  std::to_string(row.registersPerMultiprocessor);
  if (!cost.misfit.empty()) {
    cost.microseconds = std::numeric_limits<double>::infinity();
    return cost;
  }
  if (!counts.specialized &&
      registersOfBlock > row.registersPerMultiprocessor) {
    // ptxas is told the number of threads and spills what does not fit.
    int64_t most = row.registersPerMultiprocessor / counts.threads / 8 * 8;
    spilled += double(cost.registers - most);
    cost.registers = most;
    registersOfBlock = most * counts.threads;
  }
  int64_t resident = std::min(
      {row.blocksPerMultiprocessor,
       row.threadsPerMultiprocessor / std::max<int64_t>(1, counts.threads),
       row.registersPerMultiprocessor / std::max<int64_t>(1, registersOfBlock),
       row.sharedPerMultiprocessor / (counts.sharedBytes + 1024)});
  resident = std::max<int64_t>(1, resident);
  int64_t blocks = counts.programs;
  if (int64_t persistent = counts.schedule.getPersistent())
    blocks = std::min(blocks, persistent);
  cost.blocks = blocks;
  cost.blocksPerMultiprocessor = resident;
  cost.occupancy =
      double(resident * counts.threads) / double(row.threadsPerMultiprocessor);
  double processors = double(row.multiprocessors);
  double concurrent = std::min(double(blocks), double(resident) * processors);
  double programs = double(counts.programs);
  cost.waves = std::ceil(programs / concurrent);
  double used = std::min(processors, double(blocks));
  double active = std::max(1.0, concurrent / used); ///< blocks on one processor
  // Programs of the busiest processor.
  double perProcessor = std::ceil(programs / used);

  // Device memory: how much of its bandwidth is asked for at any time.
  cost.bytes = deviceBytes(kernel, counts, concurrent, row);
  // In what a program waits for, stores go along unwaited for.
  double inFlight = std::max(counts.bytesInFlight * active * used,
                             double(counts.threads) * active * used * 4);
  double needed = row.bandwidth * memoryLatency;
  double reached = std::min(1.0, inFlight / needed);
  // The last wave does not fill the device.
  double memory = cost.bytes / (row.bandwidth * std::max(0.02, reached));

  // L2 to multiprocessors.
  double l2Bytes = 0;
  for (const MemoryTraffic &traffic : counts.traffic) {
    // The blocks of a cluster load once what they share.
    bool shared = traffic.viaChannel && counts.specialized && !traffic.write &&
                  !traffic.gridDims.front();
    l2Bytes += traffic.bytes * traffic.executions /
               std::max(traffic.sectorEfficiency, 1.0 / 32) /
               (shared ? double(counts.schedule.getCluster()) : 1.0);
  }
  double l2 = l2Bytes * perProcessor / rates.l2();

  // One multiprocessor's pipes.
  double mmaShare = rates.mmaSyncShare();
  double tensorSeconds =
      counts.wgmma16 / rates.tensor(row.tensor16) +
      counts.wgmmaTf32 / rates.tensor(row.tensorTf32) +
      counts.wgmma8 / rates.tensor(2 * row.tensor16) +
      counts.mma16 / (mmaShare * rates.tensor(row.tensor16)) +
      counts.mmaTf32 / (mmaShare * rates.tensor(row.tensorTf32)) +
      counts.mma8 / (mmaShare * rates.tensor(2 * row.tensor16));
  // A scheduler issues every clock only with some warps to choose from.
  double warps = double(counts.computeThreads) / 32 * active;
  double busy = std::min(1.0, 0.25 + 0.75 * warps / 8);
  double issueSeconds = counts.laneOps / (rates.issue() * 0.75 * busy) +
                        counts.fp64Ops / rates.fp64();
  // A spilled register goes to local memory and back, several times.
  issueSeconds += spilled * double(counts.computeThreads) * 100 / rates.issue();
  double specialSeconds = counts.specialOps / (rates.special() * busy);
  double sharedSeconds =
      (counts.sharedTraffic / rates.shared()) / std::min(1.0, warps / 4);
  double barrierSeconds =
      // Other blocks, or other roles, hide most of the waiting.
      counts.specialized ? 0 : counts.barriers * barrierTime * 0.25;

  double tensor = tensorSeconds * perProcessor;
  double issue = std::max(issueSeconds, specialSeconds) * perProcessor;
  double shared = sharedSeconds * perProcessor;

  // Serial steps: what a program waits for, times the programs that a resident
  // block runs one after another. Roles overlap the copies with the products.
  CriticalPath path(counts);
  double alone = path.of(kernel.getBody().front());
  double work =
      tensorSeconds + (counts.specialized || counts.stages > 1
                           ? std::max(0.0, issueSeconds - tensorSeconds)
                           : issueSeconds + sharedSeconds);
  double serial = std::ceil(perProcessor / active) * (alone + work);
  if (counts.schedule.getPersistent() && counts.specialized)
    // The next program's first tiles arrive during this one's stores.
    serial -= (std::ceil(perProcessor / active) - 1) * memoryLatency;
  double latency = serial + barrierSeconds * perProcessor;

  cost.memory = 1e6 * memory;
  cost.l2 = 1e6 * l2;
  cost.tensor = 1e6 * tensor;
  cost.issue = 1e6 * issue;
  cost.shared = 1e6 * shared;
  cost.latency = 1e6 * latency;
  struct Part {
    Bound bound;
    double microseconds;
  } parts[] = {{Bound::Memory, cost.memory}, {Bound::L2, cost.l2},
               {Bound::Tensor, cost.tensor}, {Bound::Issue, cost.issue},
               {Bound::Shared, cost.shared}, {Bound::Latency, cost.latency}};
  double longest = 0, sum = 0;
  for (const Part &part : parts) {
    sum += part.bound == Bound::Latency ? 0 : part.microseconds;
    if (part.microseconds > longest) {
      longest = part.microseconds;
      cost.boundBy = part.bound;
    }
  }
  // Waiting is called so only where no pipe is nearly as busy.
  if (cost.boundBy == Bound::Latency) {
    for (const Part &part : parts)
      if (part.bound != Bound::Latency && part.microseconds > 0.85 * longest)
        cost.boundBy = part.bound;
  }
  // Nothing overlaps perfectly.
  cost.microseconds = longest + 0.01 * (sum > longest ? sum - longest : 0) +
                      cost.launch + 1e6 * rampSeconds;
  if (longest < cost.launch)
    cost.boundBy = Bound::Launch;
  return cost;
}

ProgramCost estimateProgram(ModuleOp module, const Architecture &architecture) {
  ProgramCost program;
  llvm::StringMap<KernelCost> known;
  auto add = [&](KernelOp kernel) {
    auto [at, isNew] = known.try_emplace(kernel.getSymName());
    if (isNew)
      at->second = estimateKernel(kernel, architecture);
    const KernelCost &cost = at->second;
    program.microseconds += cost.microseconds;
    program.floorMicroseconds += cost.floorMicroseconds;
    program.bytes += cost.compulsoryBytes;
    program.flops += cost.flops;
    program.launches.push_back(cost);
    if (program.misfit.empty() && !cost.misfit.empty())
      program.misfit = "kernel @" + cost.name + ": " + cost.misfit;
  };
  bool hosted = false;
  module.walk([&](LaunchOp launch) {
    hosted = true;
    if (auto kernel = module.lookupSymbol<KernelOp>(launch.getKernel()))
      add(kernel);
  });
  if (!hosted)
    for (KernelOp kernel : module.getOps<KernelOp>())
      add(kernel);
  return program;
}

} // namespace qimeng
