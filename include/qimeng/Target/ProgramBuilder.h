//===- ProgramBuilder.h - Host programs to runtime programs -----*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TARGET_PROGRAMBUILDER_H
#define QIMENG_TARGET_PROGRAMBUILDER_H

#include "mlir/IR/BuiltinOps.h"
#include "qimeng/Runtime/Program.h"
#include "qimeng/Target/Assembler.h"
#include "qimeng/Target/Ptx.h"

namespace qimeng {

/// Makes the runtime's program of a host program `host` (func.func @main, or
/// the only function, on memrefs; memref.alloc, memref.get_global and
/// qimeng.launch in order; the qimeng.kernels beside it) and the GPU program
/// `gpuModule` that its kernels became, whose machine code or PTX is `code`.
///
/// Arguments of the function that a launch writes are outputs; the others are
/// inputs. Buffers are named by their arguments' `qimeng.name` attribute where
/// there is one, else in0, in1, ..., out0, ..., tmp0, ..., const0, ....
/// What is not of that form is reported as a diagnostic.
mlir::FailureOr<Program> buildProgram(mlir::ModuleOp host,
                                      mlir::ModuleOp gpuModule,
                                      const Architecture &architecture,
                                      Program::Module code);

struct CompileOptions {
  PtxOptions ptx;
  AssembleOptions assemble;
  /// Without an assembler, leave PTX in the program for the driver to
  /// assemble, instead of failing. One that QIMENG_PTXAS names must be there.
  bool allowPtx = false;
};

struct CompiledProgram {
  Program program;
  std::string ptx;
  /// What the assembler reported for each kernel; empty where the program holds
  /// PTX.
  std::vector<KernelResources> kernels;
  std::vector<std::string> warnings;
};

/// From a kernel program (tiled kernels and a host function) to a program that
/// the runtime runs: qimeng to nvvm, PTX, cubin. `module` is left as it is;
/// failure is reported as diagnostics.
mlir::FailureOr<CompiledProgram>
compileProgram(mlir::ModuleOp module, const Architecture &architecture,
               const CompileOptions &options = {});

} // namespace qimeng

#endif // QIMENG_TARGET_PROGRAMBUILDER_H
