//===- Occupancy.cpp - Blocks that share a multiprocessor -----------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Occupancy.h"
#include "qimeng/Dialect/QiMeng/IR/Resources.h"

using namespace mlir;
using namespace qimeng;

int64_t gpu::blocksAtOnce(KernelOp kernel, const Architecture &arch,
                          int64_t threads, int64_t shared) {
  if (kernel.isSpecialized())
    return 1; // setmaxnreg deals out all registers
  bool product = false;
  kernel.walk([&](DotOp dot) { product |= dot.getMma() == Mma::MmaSync; });
  // The driver takes 1024 bytes of each block's.
  int64_t blocks = arch.sharedPerMultiprocessor / (shared + 1024);
  int64_t others = std::min(arch.blocksPerMultiprocessor,
                            arch.threadsPerMultiprocessor / threads);
  if (!product || blocks < 2 || blocks > others)
    return 0;
  // Besides tiles: fragments, addresses, counters.
  constexpr int64_t working = 48;
  int64_t most = arch.registersPerMultiprocessor / (blocks * threads);
  return estimateResources(kernel).registers + working <= most ? blocks : 0;
}
