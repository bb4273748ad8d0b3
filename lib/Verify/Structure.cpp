//===- Structure.cpp - Check 2: the form of a kernel program --------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Verify/Structure.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Support/DebugStringHelper.h"
#include "qimeng/Dialect/QiMeng/IR/Limits.h"
#include "qimeng/Dialect/QiMeng/IR/Resources.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace qimeng;

static constexpr llvm::StringLiteral prefix = "check 2 (structure): ";
static constexpr int64_t threadsPerWarp = 32, maxThreadsPerBlock = 1024;

/// Warps that compute what stands in `op`'s place.
static int64_t getWarps(Operation *op, KernelOp kernel) {
  if (auto role = op->getParentOfType<RoleOp>())
    return role.getWarps();
  return kernel.getScheduleOrDefault().getWarps();
}

//===----------------------------------------------------------------------===//
// One kernel
//===----------------------------------------------------------------------===//

static LogicalResult checkTiles(Operation *op) {
  auto check = [&](Type type) -> LogicalResult {
    auto tile = dyn_cast<RankedTensorType>(type);
    if (tile && countElements(tile) > mostTileElements)
      return op->emitOpError()
             << prefix << "has a tile of type " << tile << ", more than "
             << mostTileElements << " elements";
    if (!tile || llvm::all_of(tile.getShape(), llvm::isPowerOf2_64))
      return success();
    return op->emitOpError()
           << prefix << "has a tile of type " << tile
           << ", but the sizes of tiles in a tiled kernel are powers of two; "
              "pad the tile and mask its loads and stores";
  };
  for (Type type : op->getResultTypes()) {
    if (failed(check(type)))
      return failure();
    if (auto channel = dyn_cast<ChannelType>(type))
      for (Type tile : channel.getTiles())
        if (failed(check(tile)))
          return failure();
  }
  return success();
}

static LogicalResult checkRoles(KernelOp kernel) {
  int64_t producers = 0, consumers = 0, consumerWarps = 0, warps = 0;
  for (RoleOp role : kernel.getBody().getOps<RoleOp>()) {
    warps += role.getWarps();
    if (role.getKind() == RoleKind::Producer) {
      ++producers;
    } else {
      ++consumers;
      consumerWarps += role.getWarps();
    }
    if (role.getRegisters() != 0 && role.getWarps() % 4 != 0)
      return role.emitOpError()
             << prefix << "asks for registers with " << role.getWarps()
             << " warps; registers are given to groups of four warps";
  }
  if (producers == 0 || consumers == 0)
    return kernel.emitOpError()
           << prefix << "has " << producers << " producer and " << consumers
           << " consumer roles; a specialized kernel needs one of each at "
              "least";
  int64_t scheduled = kernel.getScheduleOrDefault().getWarps();
  if (consumerWarps != scheduled)
    return kernel.emitOpError()
           << prefix << "has consumer roles of " << consumerWarps
           << " warps together, but its schedule says " << scheduled;
  if (warps * threadsPerWarp > maxThreadsPerBlock)
    return kernel.emitOpError()
           << prefix << "has roles of " << warps
           << " warps together; a thread block has at most "
           << maxThreadsPerBlock / threadsPerWarp;
  return success();
}

static LogicalResult checkInstructions(DotOp dot, KernelOp kernel,
                                       const Architecture *architecture) {
  if (dot.getMma() == Mma::Wgmma && getWarps(dot, kernel) % 4 != 0)
    return dot.emitOpError()
           << prefix << "uses wgmma with " << getWarps(dot, kernel)
           << " warps; it takes groups of four warps";
  if (!architecture)
    return success();
  bool known = dot.getMma() == Mma::Wgmma     ? architecture->wgmma
               : dot.getMma() == Mma::MmaSync ? architecture->mmaSync
                                              : true;
  if (!known)
    return dot.emitOpError() << prefix << "uses " << stringifyMma(dot.getMma())
                             << ", which " << architecture->name << " lacks";
  return success();
}

static LogicalResult checkResources(KernelOp kernel,
                                    const Architecture &architecture) {
  if (!kernel.isTiled())
    return success();
  ResourceEstimate estimate = estimateResources(kernel);
  if (estimate.sharedBytes > architecture.sharedPerBlock)
    return kernel.emitOpError()
           << prefix << "needs " << estimate.sharedBytes
           << " bytes of shared memory for its channels; a block on "
           << architecture.name << " has " << architecture.sharedPerBlock
           << "; use fewer stages or smaller tiles";
  std::string why;
  if (failed(checkRegisters(kernel, &architecture, why)))
    return estimate.largest->emitOpError() << prefix << why;
  for (RoleOp role : kernel.getBody().getOps<RoleOp>()) {
    if (role.getRegisters() != 0 && !architecture.wgmma)
      return role.emitOpError()
             << prefix << "asks for registers, which warps of "
             << architecture.name << " cannot do";
  }
  if (failed(checkRoleRegisters(kernel, architecture, why)))
    return kernel.emitOpError() << prefix << why;
  if (kernel.getScheduleOrDefault().getCluster() > 1 && !architecture.clusters)
    return kernel.emitOpError() << prefix
                                << "has a schedule with clusters, "
                                   "which "
                                << architecture.name << " lacks";
  return success();
}

LogicalResult qimeng::checkKernel(KernelOp kernel,
                                  const StructureOptions &options) {
  std::string why;
  if (scf::ForOp loop = findEndlessLoop(kernel, options.maxTripCount, why))
    return loop.emitOpError() << prefix << why;
  WalkResult walk = kernel.getBody().walk([&](Operation *op) -> WalkResult {
    if (auto dot = dyn_cast<DotOp>(op))
      if (failed(checkInstructions(dot, kernel, options.architecture)))
        return failure();
    return kernel.isTiled() ? checkTiles(op) : success();
  });
  if (walk.wasInterrupted())
    return failure();
  if (!kernel.isTiled() &&
      (kernel.isSpecialized() || !kernel.getBody().getOps<ChannelOp>().empty()))
    return kernel.emitOpError()
           << prefix << "has channels or roles but no grid; tile it first";
  if (kernel.isSpecialized() && failed(checkRoles(kernel)))
    return failure();
  if (options.architecture)
    return checkResources(kernel, *options.architecture);
  return success();
}

//===----------------------------------------------------------------------===//
// Before and after
//===----------------------------------------------------------------------===//

/// The operand of a kernel or host program that holds a value of `type`.
static Type getBufferType(Type type) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return MemRefType::get(tensor.getShape(), tensor.getElementType());
  if (isa<MemRefType>(type))
    return type;
  return MemRefType::get({}, type);
}

/// Inputs, then outputs.
static SmallVector<Type> getBufferTypes(func::FuncOp function) {
  SmallVector<Type> types;
  for (Type type : function.getArgumentTypes())
    types.push_back(getBufferType(type));
  for (Type type : function.getResultTypes())
    types.push_back(getBufferType(type));
  return types;
}

static bool isTensorProgram(func::FuncOp function) {
  return function.getNumResults() != 0;
}

static LogicalResult checkHost(func::FuncOp function) {
  WalkResult walk = function.walk([&](Operation *op) -> WalkResult {
    if (op == function.getOperation() ||
        isa<memref::AllocOp, memref::DeallocOp, memref::GetGlobalOp, LaunchOp,
            func::ReturnOp>(op))
      return WalkResult::advance();
    return op->emitOpError() << prefix
                             << "is not allowed in a host function; expected "
                                "memref.alloc, memref.dealloc, "
                                "memref.get_global, qimeng.launch and "
                                "func.return";
  });
  return failure(walk.wasInterrupted());
}

/// What a host function launches on what, with buffers numbered as they appear.
/// Where buffers of the same numbers have other types, kernels only share
/// names.
static SmallVector<std::string> getLaunches(func::FuncOp function) {
  DenseMap<Value, size_t> numbers;
  for (Value argument : function.getArguments())
    numbers.try_emplace(argument, numbers.size());
  SmallVector<std::string> launches;
  function.walk([&](LaunchOp launch) {
    std::string text = launch.getKernel().str();
    for (Value operand : launch.getOperands())
      if (auto global = operand.getDefiningOp<memref::GetGlobalOp>())
        text += " @" + global.getName().str();
      else
        text +=
            " " +
            std::to_string(
                numbers.try_emplace(operand, numbers.size()).first->second) +
            ":" + mlir::debugString(operand.getType());
    launches.push_back(text);
  });
  return launches;
}

static LogicalResult compareKernels(ModuleOp before, ModuleOp after) {
  for (KernelOp old : before.getOps<KernelOp>()) {
    auto kernel = after.lookupSymbol<KernelOp>(old.getSymName());
    if (!kernel)
      return after.emitError()
             << prefix << "kernel @" << old.getSymName() << " is missing";
    if (kernel.getBody().getArgumentTypes() != old.getBody().getArgumentTypes())
      return kernel.emitOpError()
             << prefix << "must keep its operands ("
             << old.getBody().getArgumentTypes() << "), found "
             << kernel.getBody().getArgumentTypes();
    for (auto [a, b] : llvm::zip_equal(old.getOperandArguments(),
                                       kernel.getOperandArguments()))
      if (old.isOutput(a) != kernel.isOutput(b))
        return kernel.emitOpError()
               << prefix << "operand " << a.getArgNumber() << " must "
               << (old.isOutput(a) ? "stay" : "not become") << " an output";
  }
  for (KernelOp kernel : after.getOps<KernelOp>())
    if (!before.lookupSymbol<KernelOp>(kernel.getSymName()))
      return kernel.emitOpError()
             << prefix << "is new, but nothing launches it";
  return success();
}

static LogicalResult compareHosts(ModuleOp before, ModuleOp after) {
  bool sameLaunches = true, anyHost = false;
  for (func::FuncOp old : before.getOps<func::FuncOp>()) {
    if (old.isPrivate())
      continue;
    anyHost = true;
    bool wasTensors = isTensorProgram(old);
    // Partition names the host program itself.
    auto function = after.lookupSymbol<func::FuncOp>(old.getSymName());
    if (!function && wasTensors)
      function = after.lookupSymbol<func::FuncOp>("main");
    if (!function)
      return after.emitError() << prefix << "host function @"
                               << old.getSymName() << " is missing";
    SmallVector<Type> expected = getBufferTypes(old),
                      found = getBufferTypes(function);
    if (expected != found)
      return function.emitOpError()
             << prefix << "must keep its operands (" << TypeRange(expected)
             << "), found " << TypeRange(found);
    if (!isTensorProgram(function) && failed(checkHost(function)))
      return failure();
    sameLaunches &= !wasTensors && getLaunches(old) == getLaunches(function);
  }
  if (!anyHost || sameLaunches)
    return compareKernels(before, after);
  return success();
}

LogicalResult qimeng::checkStructure(ModuleOp before, ModuleOp after,
                                     const StructureOptions &options) {
  for (Operation &op : *after.getBody())
    if (!isa<KernelOp, func::FuncOp, memref::GlobalOp>(op) &&
        op.getName().getDialectNamespace() != "transform")
      return op.emitOpError() << prefix
                              << "is not allowed beside kernels; expected "
                                 "qimeng.kernel, func.func and memref.global";
  for (KernelOp kernel : after.getOps<KernelOp>())
    if (failed(checkKernel(kernel, options)))
      return failure();
  if (failed(compareHosts(before, after)))
    return failure();
  if (!options.property)
    return success();
  StringRef name = getName(*options.property);
  if (options.propertyKernel.empty()) {
    if (llvm::none_of(after.getOps<KernelOp>(), [&](KernelOp kernel) {
          return hasProperty(kernel, *options.property);
        }))
      return after.emitError() << prefix << "no kernel is " << name;
    return success();
  }
  auto kernel = after.lookupSymbol<KernelOp>(options.propertyKernel);
  if (!kernel)
    return after.emitError() << prefix << "kernel @" << options.propertyKernel
                             << ", which must be " << name << ", is missing";
  if (!hasProperty(kernel, *options.property))
    return kernel.emitOpError() << prefix << "must be " << name << " now";
  return success();
}
