//===- Architecture.cpp - Facts about GPU architectures -------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Support/Architecture.h"

namespace qimeng {

constexpr int64_t KiB = 1024, MiB = 1024 * KiB;

const std::vector<Architecture> &getArchitectures() {
  // sm_90a's rates were measured on an H200 (copy 4.2 TB/s, cuBLAS 790 and 385
  // TFLOP/s, SGEMM 51 TFLOP/s); the other rows are datasheet numbers.
  static const std::vector<Architecture> table = {
      // name, board, ptx, mma, cp.async, wgmma, tma, clusters,
      //   SMs, threads, blocks, registers, registers/thread, shared,
      //   shared/block, L2,
      //   bandwidth, fp32, fp64, tensor16, tf32, launch
      {"sm_80", "A100 80GB", 70,        true,     true,   false,
       false,   false,       108,       2048,     32,     65536,
       255,     164 * KiB,   163 * KiB, 40 * MiB, 1.9e12, 19.5e12,
       9.7e12,  312e12,      156e12,    2.5e-6},
      {"sm_86", "A10",   71,      true,   true,  false,     false,    false,
       72,      1536,    16,      65536,  255,   100 * KiB, 99 * KiB, 6 * MiB,
       0.6e12,  31.2e12, 0.49e12, 125e12, 62e12, 2.5e-6},
      {"sm_89", "L40S",  78,     true,   true,   false,     false,    false,
       142,     1536,    24,     65536,  255,    100 * KiB, 99 * KiB, 96 * MiB,
       0.86e12, 91.6e12, 1.4e12, 362e12, 183e12, 2.5e-6},
      {"sm_90a", "H200", 80,    true,   true,   true,      true,      true,
       132,      2048,   32,    65536,  255,    228 * KiB, 227 * KiB, 60 * MiB,
       4.2e12,   60e12,  30e12, 790e12, 385e12, 2.0e-6},
      {"sm_100a", "B200",    86,        true,      true,   false,
       true,      true,      148,       2048,      32,     65536,
       255,       228 * KiB, 227 * KiB, 126 * MiB, 7.7e12, 75e12,
       37e12,     2250e12,   1100e12,   2.0e-6},
      {"sm_120a", "RTX PRO 6000", 87,       true,      true,    false,
       true,      true,           188,      1536,      24,      65536,
       255,       100 * KiB,      99 * KiB, 128 * MiB, 1.79e12, 125e12,
       1.9e12,    503e12,         251e12,   2.0e-6},
  };
  return table;
}

Result<const Architecture *> findArchitecture(const std::string &name) {
  std::string known;
  for (const Architecture &row : getArchitectures()) {
    if (name == row.name || name + "a" == row.name)
      return &row;
    known += (known.empty() ? "" : ", ") + std::string(row.name);
  }
  return Error{"unknown architecture '" + name + "'; known are " + known};
}

} // namespace qimeng
