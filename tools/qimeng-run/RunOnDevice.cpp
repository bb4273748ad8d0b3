//===- RunOnDevice.cpp - The GPU half of qimeng-run -----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RunOnDevice.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "qimeng/Dialect/QiMeng/TransformOps/MacroAction.h"
#include "qimeng/Partition/Partition.h"
#include "qimeng/Verify/DeviceExecutor.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace qimeng;

enum ExitCode { Right = 0, Wrong = 1, Unusable = 2 };

/// A lone kernel gets a host function that launches it.
static void addHost(ModuleOp module, KernelOp kernel) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  Location loc = kernel.getLoc();
  SmallVector<Type> inputs, outputs;
  SmallVector<int> place;
  for (BlockArgument argument : kernel.getOperandArguments()) {
    auto &list = kernel.isOutput(argument) ? outputs : inputs;
    place.push_back(list.size());
    list.push_back(argument.getType());
  }
  size_t inputCount = inputs.size();
  inputs.append(outputs);
  auto host = func::FuncOp::create(builder, loc, "main",
                                   builder.getFunctionType(inputs, {}));
  builder.setInsertionPointToStart(host.addEntryBlock());
  SmallVector<Value> operands;
  for (auto [argument, at] : llvm::zip(kernel.getOperandArguments(), place))
    operands.push_back(host.getArgument(
        kernel.isOutput(argument) ? inputCount + at : size_t(at)));
  LaunchOp::create(builder, loc, kernel.getSymName(), operands);
  func::ReturnOp::create(builder, loc);
}

/// Makes `module` a host program with tiled kernels.
static LogicalResult prepare(ModuleOp module, StringRef entry,
                             const Architecture &arch) {
  if (module.getOps<KernelOp>().empty()) {
    if (failed(partition(module, entry)))
      return failure();
  } else if (module.getOps<func::FuncOp>().empty()) {
    for (KernelOp kernel :
         llvm::make_early_inc_range(module.getOps<KernelOp>()))
      if (!entry.empty() && kernel.getSymName() != entry)
        kernel.erase();
    if (!llvm::hasSingleElement(module.getOps<KernelOp>()))
      return module.emitError() << "holds several kernels and no host "
                                   "function; name one with --entry";
    addHost(module, *module.getOps<KernelOp>().begin());
  }
  for (KernelOp kernel :
       llvm::make_early_inc_range(module.getOps<KernelOp>())) {
    if (kernel.isTiled())
      continue;
    // The plainest tiles come last.
    SmallVector<Step> steps = proposeSteps(kernel, *findAction("tile"), arch);
    if (steps.empty())
      return kernel.emitError()
             << "has no tiling that " << arch.name << " can run";
    if (failed(applyStep(module, steps.back(), &arch)))
      return failure();
  }
  return success();
}

int runOnDevice(ModuleOp module, StringRef entry, unsigned ordinal,
                const Draw &draw, uint64_t seed, unsigned repeat,
                const NumbersCheck *check) {
  const Architecture *arch = nullptr;
  Result<DevicePtr> device = DeviceExecutor::open(ordinal, arch);
  if (!device) {
    llvm::errs() << "qimeng-run: " << device.error() << "\n";
    return Unusable;
  }
  // Partitioning makes operations that the input need not hold.
  module.getContext()->loadAllAvailableDialects();
  OwningOpRef<ModuleOp> program = module.clone();
  if (failed(prepare(*program, entry, *arch)))
    return Unusable;
  auto executor = DeviceExecutor::create(*program, *device, *arch);
  if (failed(executor))
    return Unusable;
  for (const KernelResources &kernel : (*executor)->getKernels())
    llvm::outs() << "kernel " << kernel.name << ": " << kernel.registers
                 << " registers, "
                 << kernel.spillStoreBytes + kernel.spillLoadBytes
                 << " bytes of spills\n";
  if (check && failed((*executor)->check(*check, module.getLoc())))
    return Wrong;
  std::vector<HostTensor> given, found = (*executor)->allocateOutputs();
  for (auto [number, spec] : llvm::enumerate((*executor)->getInputs())) {
    given.emplace_back(spec);
    given.back().draw(seed, number, draw);
  }
  std::vector<double> times;
  for (unsigned i = 0; i < repeat; ++i) {
    double microseconds = 0;
    if (Status status = (*executor)->run(given, found, &microseconds);
        !status) {
      llvm::errs() << "qimeng-run: " << status.error() << "\n";
      return Wrong;
    }
    times.push_back(microseconds);
  }
  llvm::sort(times);
  llvm::outs() << llvm::format("ran in %.1f us on ", times[times.size() / 2])
               << (*device)->info().name << "\n";
  if (check)
    llvm::outs() << "agrees on " << check->getTrials().size()
                 << " draws of inputs\n";
  return Right;
}
