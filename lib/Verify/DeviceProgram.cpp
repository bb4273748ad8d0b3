//===- DeviceProgram.cpp - Any program as one that a GPU runs -------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Verify/DeviceProgram.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "qimeng/Dialect/QiMeng/IR/QiMeng.h"
#include "qimeng/Dialect/QiMeng/TransformOps/MacroAction.h"
#include "qimeng/Partition/Partition.h"

using namespace mlir;
using namespace qimeng;

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

LogicalResult qimeng::toDeviceProgram(ModuleOp module, StringRef entry,
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
