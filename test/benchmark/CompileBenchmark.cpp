//===- CompileBenchmark.cpp - How long kernels take to compile ------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From the text of a kernel program to a cubin, whole and by step, on one core:
//
//     qimeng-bench-compile [file.mlir ...] [--benchmark_... options]
//
// Without files: the specialized 4096^3 bf16 GEMM with bias and GELU in
// Inputs/, for sm_90a. All of it is in process where NVIDIA's PTX compiler
// library was built in; QIMENG_PTXAS=<ptxas> measures that program instead.
// ptx-to-cubin-isolated is the library in a fork, as the tuner calls it.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "qimeng/Conversion/ToGPU/ToGPU.h"
#include "qimeng/Pipelines/Registration.h"
#include "qimeng/Support/File.h"
#include "qimeng/Target/ProgramBuilder.h"
#include <algorithm>
#include <benchmark/benchmark.h>
#include <cstdio>
#include <cstdlib>

using namespace mlir;
using namespace qimeng;

namespace {

[[noreturn]] void die(const std::string &message) {
  std::fprintf(stderr, "qimeng-bench-compile: %s\n", message.c_str());
  std::exit(1);
}

const Architecture &target() {
  static const Architecture *architecture = *findArchitecture("sm_90a");
  return *architecture;
}

/// A context as the tools have one: made once, used for every kernel.
MLIRContext &context() {
  static MLIRContext *made = [] {
    DialectRegistry registry;
    registerDialects(registry);
    registerGpuTargetInterfaces(registry);
    auto *context = new MLIRContext(registry, MLIRContext::Threading::DISABLED);
    loadGpuDialects(*context);
    return context;
  }();
  return *made;
}

OwningOpRef<ModuleOp> parse(const std::string &text) {
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context());
  if (!module)
    die("the kernel does not parse");
  return module;
}

OwningOpRef<ModuleOp> lower(ModuleOp module) {
  FailureOr<OwningOpRef<ModuleOp>> lowered = lowerToGpu(module, target());
  if (failed(lowered))
    die("the kernel cannot be lowered");
  return std::move(*lowered);
}

std::string toPtx(ModuleOp module) {
  FailureOr<std::string> ptx = translateToPtx(module, target());
  if (failed(ptx))
    die("no PTX could be generated");
  return std::move(*ptx);
}

void textToCubin(benchmark::State &state, const std::string &text) {
  for (auto _ : state) {
    FailureOr<CompiledProgram> compiled =
        compileProgram(*parse(text), target());
    if (failed(compiled))
      die("the kernel does not compile");
    benchmark::DoNotOptimize(compiled->program.modules.front().bytes.data());
  }
}

void parseText(benchmark::State &state, const std::string &text) {
  for (auto _ : state)
    benchmark::DoNotOptimize(parse(text).get().getOperation());
}

void kernelToNvvm(benchmark::State &state, const std::string &text) {
  OwningOpRef<ModuleOp> module = parse(text);
  for (auto _ : state)
    benchmark::DoNotOptimize(lower(*module).get().getOperation());
}

void nvvmToLlvmIr(benchmark::State &state, const std::string &text) {
  OwningOpRef<ModuleOp> lowered = lower(*parse(text));
  for (auto _ : state)
    benchmark::DoNotOptimize(translateToLlvmIr(*lowered, target())->data());
}

void nvvmToPtx(benchmark::State &state, const std::string &text) {
  OwningOpRef<ModuleOp> lowered = lower(*parse(text));
  for (auto _ : state)
    benchmark::DoNotOptimize(toPtx(*lowered).data());
}

void ptxToCubin(benchmark::State &state, const std::string &text,
                bool isolated) {
  std::string ptx = toPtx(*lower(*parse(text)));
  AssembleOptions options;
  options.isolated = isolated;
  for (auto _ : state) {
    Result<Cubin> cubin = assemble(ptx, target(), options);
    if (!cubin)
      die(cubin.error());
    benchmark::DoNotOptimize(cubin->bytes.data());
  }
}

} // namespace

int main(int argc, char **argv) {
  benchmark::Initialize(&argc, argv);
  Result<Assembler> assembler = findAssembler();
  if (!assembler)
    die(assembler.error());
  benchmark::AddCustomContext("assembler",
                              assembler->name() +
                                  (assembler->isLibrary()
                                       ? ", in process"
                                       : ", a program: " + assembler->path));
  std::vector<std::string> files(argv + 1, argv + argc);
  if (files.empty())
    files.push_back(QIMENG_BENCHMARK_DIR "/Inputs/gemm_bias_gelu.mlir");
  for (const std::string &file : files) {
    Result<std::string> text = readFile(file);
    if (!text)
      die(text.error());
    std::string name = file.substr(file.find_last_of('/') + 1);
    auto add = [&](const char *step, auto function) {
      benchmark::RegisterBenchmark(
          (name + "/" + step).c_str(),
          [function, text = *text](benchmark::State &state) {
            function(state, text);
          })
          ->Unit(benchmark::kMillisecond)
          ->UseRealTime()
          ->Repetitions(9)
          ->ReportAggregatesOnly()
          // What a machine that does other things leaves of the truth.
          ->ComputeStatistics("min", [](const std::vector<double> &times) {
            return *std::min_element(times.begin(), times.end());
          });
    };
    add("text-to-cubin", textToCubin);
    add("parse", parseText);
    add("kernel-to-nvvm", kernelToNvvm);
    add("nvvm-to-llvm-ir", nvvmToLlvmIr);
    add("nvvm-to-ptx", nvvmToPtx);
    auto assembly = [](bool isolated) {
      return [isolated](benchmark::State &state, const std::string &text) {
        ptxToCubin(state, text, isolated);
      };
    };
    add("ptx-to-cubin", assembly(false));
    if (assembler->isLibrary())
      add("ptx-to-cubin-isolated", assembly(true));
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
