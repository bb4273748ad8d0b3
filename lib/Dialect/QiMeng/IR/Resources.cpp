//===- Resources.cpp - What a kernel takes of a device --------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Dialect/QiMeng/IR/Resources.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace qimeng;

static constexpr int64_t threadsPerWarp = 32;

static int64_t getTileBytes(RankedTensorType tile) {
  Type element = tile.getElementType();
  int64_t bits = element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
  return tile.getNumElements() * llvm::divideCeil(bits, 8);
}

static int64_t getSlotBytes(ChannelOp channel) {
  int64_t bytes = 0;
  ArrayAttr layouts = channel.getLayoutsAttr();
  for (auto [i, type] : llvm::enumerate(channel.getType().getTiles())) {
    auto tile = cast<RankedTensorType>(type);
    bytes += getTileBytes(tile);
    if (!layouts || tile.getRank() == 0)
      continue;
    auto layout = cast<LayoutAttr>(layouts[i]);
    int64_t major =
        layout.getMajor() < 0 ? tile.getRank() - 1 : layout.getMajor();
    bytes += layout.getPad() * (tile.getNumElements() / tile.getDimSize(major));
  }
  return bytes;
}

/// Warps that compute what stands in `op`'s place.
static int64_t getWarps(Operation *op, KernelOp kernel) {
  if (auto role = op->getParentOfType<RoleOp>())
    return role.getWarps();
  return kernel.getScheduleOrDefault().getWarps();
}

/// Whether the value has to lie in registers as a whole: it is neither read
/// from memory, nor a constant, nor cheaper to compute again than to keep.
static bool isComputed(Value value) {
  auto tile = dyn_cast<RankedTensorType>(value.getType());
  if (!tile || !tile.getElementType().isIntOrFloat() ||
      tile.getElementType().isInteger(1))
    return false;
  Operation *op = value.getDefiningOp();
  return op && !isa<arith::ConstantOp, tensor::SplatOp, BroadcastOp, LoadOp,
                    TakeOp, GatherOp, TransposeOp>(op);
}

ResourceEstimate qimeng::estimateResources(KernelOp kernel) {
  ResourceEstimate estimate;
  if (!kernel.isTiled())
    return estimate;
  int64_t warps = 0;
  for (RoleOp role : kernel.getBody().getOps<RoleOp>())
    warps += role.getWarps();
  if (warps == 0)
    warps = kernel.getScheduleOrDefault().getWarps();
  estimate.threads = warps * threadsPerWarp;
  kernel.getBody().walk([&](Operation *op) {
    if (auto channel = dyn_cast<ChannelOp>(op)) {
      int64_t bytes = getSlotBytes(channel);
      if (channel.getSpace() == MemorySpace::Shared)
        estimate.sharedBytes += channel.getStages() * (bytes + 16);
      return;
    }
    int64_t carried = 0, largest = 0;
    for (Operation *parent = op; parent != kernel;
         parent = parent->getParentOp())
      if (auto loop = dyn_cast<scf::ForOp>(parent))
        for (Value argument : loop.getRegionIterArgs())
          if (auto tile = dyn_cast<RankedTensorType>(argument.getType()))
            carried += getTileBytes(tile);
    for (Value result : op->getResults())
      if (isComputed(result))
        largest = std::max(
            largest, getTileBytes(cast<RankedTensorType>(result.getType())));
    int64_t bytes = std::max(carried, largest);
    int64_t registers =
        llvm::divideCeil(bytes, 4 * threadsPerWarp * getWarps(op, kernel));
    if (registers > estimate.registers) {
      estimate.registers = registers;
      estimate.largest = op;
    }
  });
  return estimate;
}

LogicalResult qimeng::checkRegisters(KernelOp kernel,
                                     const Architecture *target,
                                     std::string &why) {
  if (!target)
    return success();
  int64_t registers = estimateResources(kernel).registers;
  if (registers <= target->registersPerThread)
    return success();
  why = "needs " + std::to_string(registers) +
        " registers a thread for its tiles; " + target->name + " has " +
        std::to_string(target->registersPerThread) +
        "; use smaller tiles or more warps";
  return failure();
}

int64_t qimeng::getRegisterPool(int64_t threads, int64_t file) {
  // Threads get registers by eights; ptxas leaves 240 at most to a kernel with
  // setmaxnreg (PTX ISA 9.0, "setmaxnreg", and `ptxas -v`).
  constexpr int64_t unit = 8, most = 240;
  int64_t each = file / threads / unit * unit;
  return threads * std::min(each, most);
}

LogicalResult qimeng::checkRoleRegisters(KernelOp kernel,
                                         const Architecture &target,
                                         std::string &why) {
  int64_t asked = 0, threads = 0;
  for (RoleOp role : kernel.getBody().getOps<RoleOp>()) {
    asked += role.getRegisters() * role.getWarps() * threadsPerWarp;
    threads += role.getWarps() * threadsPerWarp;
  }
  if (asked == 0)
    return success();
  int64_t pool = getRegisterPool(threads, target.registersPerMultiprocessor);
  if (asked <= pool)
    return success();
  why = "has roles that ask for " + std::to_string(asked) +
        " registers together; a block of " + std::to_string(threads) +
        " threads on " + target.name + " starts with " + std::to_string(pool) +
        ", so that a role would wait for ever; ask for fewer";
  return failure();
}
