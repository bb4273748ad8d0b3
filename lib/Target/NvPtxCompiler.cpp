//===- NvPtxCompiler.cpp - NVIDIA's PTX compiler library ------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PtxCompiler.h"
#include <nvPTXCompiler.h>

/// Appends the text of one of the compiler's two logs.
template <typename GetSize, typename GetText>
static void appendLog(nvPTXCompilerHandle handle, GetSize getSize,
                      GetText getText, std::string &log) {
  size_t size = 0;
  if (getSize(handle, &size) != NVPTXCOMPILE_SUCCESS || size == 0)
    return;
  // Whether the size counts the terminator differs between releases.
  std::string text(size + 1, '\0');
  if (getText(handle, text.data()) == NVPTXCOMPILE_SUCCESS)
    log += text.c_str();
}

static int compile(std::string_view ptx,
                   const std::vector<std::string> &options, std::string &log,
                   std::string &cubin) {
  std::vector<const char *> arguments;
  for (const std::string &option : options)
    arguments.push_back(option.c_str());
  // The library reads up to a terminator, whatever the length says.
  std::string text(ptx);
  nvPTXCompilerHandle handle = nullptr;
  nvPTXCompileResult result =
      nvPTXCompilerCreate(&handle, text.size(), text.c_str());
  if (result != NVPTXCOMPILE_SUCCESS)
    return result;
  result = nvPTXCompilerCompile(handle, static_cast<int>(arguments.size()),
                                arguments.data());
  appendLog(handle, nvPTXCompilerGetErrorLogSize, nvPTXCompilerGetErrorLog,
            log);
  appendLog(handle, nvPTXCompilerGetInfoLogSize, nvPTXCompilerGetInfoLog, log);
  size_t size = 0;
  if (result == NVPTXCOMPILE_SUCCESS)
    result = nvPTXCompilerGetCompiledProgramSize(handle, &size);
  if (result == NVPTXCOMPILE_SUCCESS) {
    cubin.resize(size);
    result = nvPTXCompilerGetCompiledProgram(handle, cubin.data());
  }
  nvPTXCompilerDestroy(&handle);
  return result;
}

extern "C" const qimeng::PtxCompiler *qimengNvPtxCompiler() {
  static const qimeng::PtxCompiler compiler = [] {
    unsigned major = 0, minor = 0;
    nvPTXCompilerGetVersion(&major, &minor);
    return qimeng::PtxCompiler{static_cast<int>(major), static_cast<int>(minor),
                               compile};
  }();
  return &compiler;
}
