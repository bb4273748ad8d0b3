//===- Assembler.h - PTX to cubin through ptxas -----------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TARGET_ASSEMBLER_H
#define QIMENG_TARGET_ASSEMBLER_H

#include "qimeng/Support/Architecture.h"
#include "qimeng/Support/Result.h"
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace qimeng {

/// NVIDIA's PTX assembler.
struct Ptxas {
  std::string path;
  /// The CUDA release it is of.
  int major = 0, minor = 0;
};

/// Looks, in this order, at
///     $QIMENG_PTXAS
///     PATH
///     $CUDA_HOME/bin, $CUDA_PATH/bin
///     /usr/local/cuda/bin
///     ${XDG_DATA_HOME:-~/.local/share}/qimeng/cuda/bin
/// and takes the first that runs and is of CUDA 12.8 or newer; QIMENG_PTXAS is
/// the only one looked at where it is set. The error says what was found.
Result<Ptxas> findPtxas();

/// What one kernel needs, as ptxas reports it.
struct KernelResources {
  std::string name;
  int registers = 0;      ///< of a thread
  int barriers = 0;       ///< named barriers of a block
  int64_t stackBytes = 0; ///< of a thread
  int64_t spillStoreBytes = 0;
  int64_t spillLoadBytes = 0;
  int64_t sharedBytes = 0; ///< static, of a block

  bool spills() const { return spillStoreBytes != 0 || spillLoadBytes != 0; }
};

struct Cubin {
  std::string bytes;
  std::vector<KernelResources> kernels;
  /// What ptxas warned of, a line each.
  std::vector<std::string> warnings;
  /// Where ptxas says that it serialized wgmma (C7510, C7514, C7515, C7517):
  /// the kernel runs, but the generated code is at fault.
  std::vector<std::string> serializedWgmma;

  const KernelResources *find(std::string_view kernel) const;
};

struct AssembleOptions {
  int optimizationLevel = 3;
  double timeLimitSeconds = 120;
  /// Give a cubin also where wgmma was serialized.
  bool allowSerializedWgmma = false;
};

/// Runs ptxas on `ptx`. It is an error where there is no ptxas, where it is too
/// old for the architecture, where it refuses the text, runs past the time
/// limit, or serializes wgmma.
Result<Cubin> assemble(std::string_view ptx, const Architecture &architecture,
                       const AssembleOptions &options = {});

/// Reads what `ptxas -v` printed into `cubin`. (Apart, so that it can be
/// tested.)
void parsePtxasReport(std::string_view text, Cubin &cubin);

} // namespace qimeng

#endif // QIMENG_TARGET_ASSEMBLER_H
