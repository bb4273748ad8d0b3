//===- Architecture.h - Facts about GPU architectures -----------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One table, one row per sm_XX. Limits are from the CUDA C++ Programming Guide
// 13.0, "Compute Capabilities"; rates from the vendor's datasheets of the board
// named in the row, except where a measurement is given.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_SUPPORT_ARCHITECTURE_H
#define QIMENG_SUPPORT_ARCHITECTURE_H

#include "qimeng/Support/Result.h"
#include <cstdint>
#include <string>
#include <vector>

namespace qimeng {

struct Architecture {
  const char *name;  ///< as ptxas takes it: "sm_90a"
  const char *board; ///< the board whose rates the row holds
  int ptxVersion;    ///< lowest PTX ISA version that knows it, times ten

  // Instructions.
  bool mmaSync; ///< mma.sync m16n8k16 for f16 and bf16, m16n8k8 tf32
  bool cpAsync; ///< cp.async
  bool wgmma;   ///< wgmma.mma_async, setmaxnreg
  bool tma;     ///< cp.async.bulk.tensor and mbarrier transactions
  bool clusters;

  // Limits.
  int64_t multiprocessors;
  int64_t threadsPerMultiprocessor;
  int64_t blocksPerMultiprocessor;
  int64_t registersPerMultiprocessor;
  int64_t registersPerThread;
  int64_t sharedPerMultiprocessor; ///< bytes
  int64_t sharedPerBlock;          ///< bytes, after opting in
  int64_t l2Bytes;

  // Rates.
  double bandwidth; ///< device memory, bytes per second
  double fp32;      ///< plain f32 multiply-adds, FLOP per second
  double fp64;
  double tensor16; ///< f16 and bf16 tensor cores, dense
  double tensorTf32;
  double launchSeconds; ///< time from one small kernel to the next
};

/// All known architectures, oldest first.
const std::vector<Architecture> &getArchitectures();

/// The row of `name` ("sm_90a"; "sm_90" and "sm_100" name their "a" row), or an
/// error that lists the known ones.
Result<const Architecture *> findArchitecture(const std::string &name);

} // namespace qimeng

#endif // QIMENG_SUPPORT_ARCHITECTURE_H
