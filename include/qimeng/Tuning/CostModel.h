//===- CostModel.h - Times without a device ---------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An analytic model of a kernel's time: what its programs move and compute is
// counted from the IR, and compared with what a row of Architecture.h can do.
// It is made to rank candidates; its absolute times are within about a factor
// of two of the measurements it was fitted to (an H200; CostModel.cpp names
// them).
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TUNING_COSTMODEL_H
#define QIMENG_TUNING_COSTMODEL_H

#include "mlir/IR/BuiltinOps.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "qimeng/Support/Architecture.h"
#include <string>
#include <vector>

namespace qimeng {

//===----------------------------------------------------------------------===//
// What a kernel does
//===----------------------------------------------------------------------===//

/// One load, store or gather.
struct MemoryTraffic {
  unsigned operand = 0; ///< position among the kernel's operands
  bool write = false;
  bool viaChannel = false;    ///< feeds only a `put`
  double bytes = 0;           ///< one execution, without what the mask drops
  double executions = 1;      ///< per program
  double distinct = 1;        ///< executions per program that differ in place
  std::vector<bool> gridDims; ///< those the place depends on
  /// Useful bytes over the 32-byte sectors that must be moved for them.
  double sectorEfficiency = 1;
  /// Bytes that a thread moves with one instruction.
  double vectorBytes = 16;
};

/// Per program unless said otherwise.
struct KernelCounts {
  std::vector<int64_t> grid; ///< {1} when untiled
  int64_t programs = 1;
  bool tiled = false;
  bool specialized = false;
  ScheduleAttr schedule;
  int64_t threads = 0;        ///< of a block
  int64_t computeThreads = 0; ///< of a block, without producers

  std::vector<MemoryTraffic> traffic;

  /// FLOP, a multiply-add counts two.
  double wgmma16 = 0, wgmmaTf32 = 0, wgmma8 = 0;
  double mma16 = 0, mmaTf32 = 0, mma8 = 0;
  /// Useful FLOP by the type of arithmetic that the program asks for, whatever
  /// unit computes it.
  double dotFlops = 0;
  /// Instructions of one thread each: the plain pipes, special functions, f64.
  double laneOps = 0, specialOps = 0, fp64Ops = 0;
  /// Floating-point operations outside products.
  double elementwiseFlops = 0;
  /// Bytes through shared memory.
  double sharedTraffic = 0;
  double barriers = 0, shuffles = 0;

  /// Bytes of shared memory and 32-bit registers of a thread that computes.
  int64_t sharedBytes = 0;
  int64_t registers = 0;
  /// Bytes that a program requests before it waits for the first of them.
  double bytesInFlight = 0;
  /// Stages of the shallowest channel; 0 without channels.
  int64_t stages = 0;

  /// Share of the stored tiles' elements that lie inside the outputs.
  double coverage = 1;
  /// Each operand once, and which type the arithmetic is in ("bf16",
  /// "tf32"...).
  double compulsoryBytes = 0;
  std::string precision;
};

KernelCounts countKernel(KernelOp kernel);

//===----------------------------------------------------------------------===//
// How long it takes
//===----------------------------------------------------------------------===//

enum class Bound {
  Launch,  ///< the launch itself
  Memory,  ///< device memory
  L2,      ///< the second-level cache
  Tensor,  ///< tensor cores
  Issue,   ///< plain and special-function instructions
  Shared,  ///< shared memory
  Latency, ///< waiting: too little in flight, barriers, serial steps
};
llvm::StringRef nameOf(Bound bound);

struct KernelCost {
  std::string name;
  /// Launch included; infinite when the kernel does not fit the target.
  double microseconds = 0;
  /// The roofline: compulsory bytes over bandwidth or FLOP over the peak of the
  /// unit that the types allow, whichever is larger. No launch.
  double floorMicroseconds = 0;
  Bound boundBy = Bound::Launch;
  /// Traffic with device memory, and FLOP that count (not masked).
  double bytes = 0, compulsoryBytes = 0, flops = 0;
  std::string precision;
  /// FLOP per second of that precision's unit.
  double peakFlops = 0;

  int64_t blocks = 1, threads = 0, sharedBytes = 0, registers = 0;
  int64_t blocksPerMultiprocessor = 1;
  double occupancy = 0; ///< resident threads over the most there can be
  double waves = 1;

  /// Microseconds, each as if it were alone.
  double memory = 0, l2 = 0, tensor = 0, issue = 0, shared = 0, latency = 0,
         launch = 0;

  /// Empty, or why no such kernel can be launched.
  std::string misfit;
};

/// The time of a kernel. An untiled kernel counts as perfectly tiled: its floor
/// and the launch.
KernelCost estimateKernel(KernelOp kernel, const Architecture &architecture);

struct ProgramCost {
  double microseconds = 0, floorMicroseconds = 0, bytes = 0, flops = 0;
  /// One per launch, in order.
  std::vector<KernelCost> launches;
  /// Empty, or the first misfit among the launches.
  std::string misfit;
};

/// The time of the host program in `module`: the sum over its launches (each
/// kernel once when there is no host function).
ProgramCost estimateProgram(mlir::ModuleOp module,
                            const Architecture &architecture);

} // namespace qimeng

#endif // QIMENG_TUNING_COSTMODEL_H
