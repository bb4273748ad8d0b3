//===- qimeng-opt.cpp - Run passes on tensor and kernel programs ----------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "qimeng/Pipelines/OpenProgram.h"
#include "qimeng/Pipelines/Registration.h"
#include "qimeng/Support/File.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

static constexpr const char *overview =
    R"(QiMeng optimizer: runs passes, macro actions and recipes

Examples:
  qimeng-opt mlp.mlir --qimeng-partition                  tensor program to kernels
  qimeng-opt kernels.mlir --qimeng-tile="kernel=matmul sizes=128,128 reduce=32"
  qimeng-opt kernels.mlir --qimeng-replay=recipe=recipe.mlir
  qimeng-opt tiled.mlir --qimeng-prove=arch=sm_90a        are the kernels safe?
  qimeng-opt tiled.mlir --qimeng-lower-to-gpu=arch=sm_90a

Every macro action is a pass: --qimeng-tile, --qimeng-fuse-producer, ... With
kernel=<name> it must apply, and says why where it does not; without, it rewrites
every kernel that it applies to, and remarks on the others.

Exit codes: 0 done; 1 anything else, which stderr explains. An output file is
complete or untouched.
)";

static int fail(const llvm::Twine &message) {
  llvm::errs() << "qimeng-opt: " << message << "\n";
  return 1;
}

int qimengOptMain(int argc, char **argv) {
  qimeng::hideOptionsOfLibraries();
  DialectRegistry registry;
  qimeng::registerDialects(registry);
  qimeng::registerPasses();
  registerCLIOptions("", registry);
  // An error shows its line of the input; the whole operation, which may be the
  // whole program, is there for who asks for it.
  static_cast<llvm::cl::opt<bool> *>(
      llvm::cl::getRegisteredOptions().lookup("mlir-print-op-on-diagnostic"))
      ->setInitialValue(false);
  auto [input, output] = parseCLIOptions(argc, argv, overview);
  MlirOptMainConfig config = MlirOptMainConfig::createFromCLOptions();
  if (config.shouldShowDialects()) {
    for (llvm::StringRef name : registry.getDialectNames())
      llvm::outs() << name << "\n";
    return 0;
  }
  if (config.shouldListPasses()) {
    printRegisteredPasses();
    return 0;
  }

  std::string error;
  std::unique_ptr<llvm::MemoryBuffer> buffer =
      qimeng::openProgram(input, error);
  if (!buffer)
    return fail(error);
  if (output == "-")
    return failed(
        MlirOptMain(llvm::outs(), std::move(buffer), registry, config));
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (failed(MlirOptMain(stream, std::move(buffer), registry, config)))
    return 1;
  if (qimeng::Status written = qimeng::writeFile(output, text); !written)
    return fail(written.error());
  return 0;
}
