//===- PtxCompilerVersion.cpp - The release of NVIDIA's PTX compiler ------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Run by QiMengPtxCompiler.cmake.
//
//===----------------------------------------------------------------------===//

#include <cstdio>
#include <nvPTXCompiler.h>

int main() {
  unsigned major = 0, minor = 0;
  int code = nvPTXCompilerGetVersion(&major, &minor);
  std::printf("%u.%u", major, minor);
  return code;
}
