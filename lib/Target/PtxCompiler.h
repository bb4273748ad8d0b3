//===- PtxCompiler.h - NVIDIA's PTX compiler library ------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_TARGET_PTXCOMPILER_H
#define QIMENG_LIB_TARGET_PTXCOMPILER_H

#include "qimeng/Target/Assembler.h"

namespace qimeng {

/// A compiler of PTX that is a part of the program. (A table, so that tests can
/// give one that crashes.)
struct PtxCompiler {
  /// The CUDA release it is of.
  int major = 0, minor = 0;
  /// Gives 0, or the library's number of the error. `log` is what ptxas would
  /// have printed. May be called by several threads at once.
  int (*compile)(std::string_view ptx, const std::vector<std::string> &options,
                 std::string &log, std::string &cubin) = nullptr;
};

/// The one that was built in, or null.
const PtxCompiler *builtInPtxCompiler();

/// assemble() through `compiler`.
Result<Cubin> assembleWith(const PtxCompiler &compiler, std::string_view ptx,
                           const Architecture &architecture,
                           const AssembleOptions &options);

} // namespace qimeng

/// NVIDIA's: all that its library exports.
extern "C" const qimeng::PtxCompiler *qimengNvPtxCompiler();

#endif // QIMENG_LIB_TARGET_PTXCOMPILER_H
