//===- Assembler.h - PTX to cubin -------------------------------*- C++ -*-===//
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

/// NVIDIA's PTX assembler: its library, where that was built in, or ptxas.
struct Assembler {
  /// Of ptxas; empty where it is the library.
  std::string path;
  /// The CUDA release it is of.
  int major = 0, minor = 0;

  bool isLibrary() const { return path.empty(); }
  /// "nvptxcompiler 13.0", "ptxas 13.0".
  std::string name() const;
};

/// What assemble() goes through. With QIMENG_PTXAS=<path> the program of that
/// path, or an error; with QIMENG_PTXAS=none an error: PTX is made, and the
/// cubin left to the driver. Else the library where the build has it, else the
/// first that runs and is of CUDA 12.8 or newer of
///     ptxas in PATH
///     $CUDA_HOME/bin/ptxas, $CUDA_PATH/bin/ptxas
///     /usr/local/cuda/bin/ptxas
///     ${XDG_DATA_HOME:-~/.local/share}/qimeng/cuda/bin/ptxas
/// The error says what was found, and what to do.
Result<Assembler> findAssembler();

/// Whether QIMENG_PTXAS names a program. Where that is not to be had the user
/// made a mistake; any other missing assembler can be done without.
bool isAssemblerNamed();

/// What one kernel needs, as the assembler reports it.
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
  /// What the assembler warned of, a line each.
  std::vector<std::string> warnings;
  /// Where it says that it serialized wgmma (C7510, C7514, C7515, C7517):
  /// the kernel runs, but the generated code is at fault.
  std::vector<std::string> serializedWgmma;

  const KernelResources *find(std::string_view kernel) const;
};

struct AssembleOptions {
  int optimizationLevel = 3;
  /// Kept by ptxas and by isolated calls. A call of the library in this process
  /// cannot be ended: it takes the time that it takes.
  double timeLimitSeconds = 120;
  /// Call the library in a child process (fork without exec), so that a fault
  /// or a hang in it is this call's error and not the end of the process. Costs
  /// a few milliseconds. ptxas always runs in a process of its own.
  bool isolated = false;
  /// Give a cubin also where wgmma was serialized.
  bool allowSerializedWgmma = false;
};

/// Makes a cubin of `ptx`. It is an error where there is no assembler, where it
/// is too old for the architecture, refuses the text, crashes, runs past the
/// time limit, or serializes wgmma. Several threads may call it at once.
Result<Cubin> assemble(std::string_view ptx, const Architecture &architecture,
                       const AssembleOptions &options = {});

/// Reads what `ptxas -v` printed, or the library logged, into `cubin`. (Apart,
/// so that it can be tested.)
void parsePtxasReport(std::string_view text, Cubin &cubin);

} // namespace qimeng

#endif // QIMENG_TARGET_ASSEMBLER_H
