//===- RunOnDevice.cpp - The GPU half of qimeng-run -----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RunOnDevice.h"
#include "PrintTensor.h"
#include "qimeng/Verify/DeviceExecutor.h"
#include "qimeng/Verify/DeviceProgram.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace qimeng;

enum ExitCode { Right = 0, Wrong = 1, Unusable = 2 };

int runOnDevice(ModuleOp module, StringRef entry, unsigned ordinal,
                const Draw &draw, uint64_t seed, unsigned repeat,
                bool printOutputs, const NumbersCheck *check) {
  const Architecture *arch = nullptr;
  Result<DevicePtr> device = DeviceExecutor::open(ordinal, arch);
  if (!device) {
    llvm::errs() << "qimeng-run: " << device.error() << "\n";
    return Unusable;
  }
  // Partitioning makes operations that the input need not hold.
  module.getContext()->loadAllAvailableDialects();
  OwningOpRef<ModuleOp> program = module.clone();
  if (failed(toDeviceProgram(*program, entry, *arch)))
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
  if (printOutputs)
    for (auto [number, output] : llvm::enumerate(found))
      printTensor(output, number);
  llvm::sort(times);
  llvm::outs() << llvm::format("ran in %.1f us on ", times[times.size() / 2])
               << (*device)->info().name << "\n";
  if (check)
    llvm::outs() << "agrees on " << check->getTrials().size()
                 << " draws of inputs\n";
  return Right;
}
