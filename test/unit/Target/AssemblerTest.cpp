//===- AssemblerTest.cpp - ptxas and what it reports ----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Target/Assembler.h"
#include "qimeng/Support/File.h"
#include "gtest/gtest.h"
#include <cstdlib>
#include <sys/stat.h>

using namespace qimeng;

namespace {

#define EXPECT_MENTIONS(text, part)                                            \
  EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST(PtxasReport, KernelsAndDeviceFunctions) {
  Cubin cubin;
  parsePtxasReport(
      "ptxas info    : 0 bytes gmem\n"
      "ptxas info    : Compiling entry function 'gemm' for 'sm_90a'\n"
      "ptxas info    : Function properties for gemm\n"
      "    8 bytes stack frame, 12 bytes spill stores, 16 bytes spill loads\n"
      "ptxas info    : Used 168 registers, used 16 barriers, 1024 bytes smem\n"
      "ptxas info    : Compile time = 116.440 ms\n"
      "ptxas info    : Function properties for helper\n"
      "    99 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n"
      "ptxas info    : Compiling entry function 'copy' for 'sm_90a'\n"
      "ptxas info    : Function properties for copy\n"
      "    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n"
      "ptxas info    : Used 9 registers, 376 bytes cmem[0]\n"
      "ptxas warning : something odd\n"
      "ptxas info    : (C7515) Potential Performance Loss: wgmma.mma_async "
      "instructions are serialized in function 'gemm'\n",
      cubin);
  ASSERT_EQ(cubin.kernels.size(), 2u);
  const KernelResources *gemm = cubin.find("gemm");
  ASSERT_TRUE(gemm);
  EXPECT_EQ(gemm->registers, 168);
  EXPECT_EQ(gemm->barriers, 16);
  EXPECT_EQ(gemm->stackBytes, 8);
  EXPECT_EQ(gemm->spillStoreBytes, 12);
  EXPECT_EQ(gemm->spillLoadBytes, 16);
  EXPECT_EQ(gemm->sharedBytes, 1024);
  EXPECT_TRUE(gemm->spills());
  EXPECT_EQ(cubin.kernels[1].registers, 9);
  EXPECT_FALSE(cubin.kernels[1].spills());
  EXPECT_EQ(cubin.find("helper"), nullptr);
  EXPECT_EQ(cubin.warnings,
            std::vector<std::string>{"ptxas warning : something odd"});
  ASSERT_EQ(cubin.serializedWgmma.size(), 1u);
}

/// A shell script in the place of ptxas.
class FakePtxas : public testing::Test {
protected:
  void SetUp() override {
    Result<TemporaryFolder> created = TemporaryFolder::create("ptxas-test");
    ASSERT_TRUE(created) << created.error();
    folder.emplace(std::move(*created));
    if (const char *value = std::getenv("QIMENG_PTXAS"))
      before = value;
  }
  void TearDown() override {
    if (before)
      setenv("QIMENG_PTXAS", before->c_str(), 1);
    else
      unsetenv("QIMENG_PTXAS");
  }
  /// `body` runs in a shell with the output's path in $out.
  void install(const std::string &body) {
    std::string path = folder->path() + "/ptxas" + std::to_string(count++);
    std::string script =
        "#!/bin/sh\n"
        "[ \"$1\" = --version ] && { echo 'release 13.0, V'; exit 0; }\n"
        "for out; do :; done\n" +
        body + "\n";
    ASSERT_TRUE(writeFile(path, script));
    ASSERT_EQ(chmod(path.c_str(), 0755), 0);
    setenv("QIMENG_PTXAS", path.c_str(), 1);
  }
  Result<Cubin> run(const AssembleOptions &options = {}) {
    return assemble(".version 8.6", **findArchitecture("sm_90a"), options);
  }

  std::optional<TemporaryFolder> folder;
  std::optional<std::string> before;
  int count = 0;
};

TEST_F(FakePtxas, GivesItsOutput) {
  install("printf cubin > $out");
  Result<Cubin> cubin = run();
  ASSERT_TRUE(cubin) << cubin.error();
  EXPECT_EQ(cubin->bytes, "cubin");
}

TEST_F(FakePtxas, KeepsToItsTimeLimit) {
  // The child holds the pipe open, too.
  install("sleep 600 & sleep 600");
  AssembleOptions options;
  options.timeLimitSeconds = 0.2;
  Result<Cubin> cubin = run(options);
  ASSERT_FALSE(cubin);
  EXPECT_MENTIONS(cubin.error(), "ran past its limit");
}

TEST_F(FakePtxas, SaysWhatItRefused) {
  install("echo 'ptxas in.ptx, line 3; error : no'; exit 3");
  Result<Cubin> cubin = run();
  ASSERT_FALSE(cubin);
  EXPECT_MENTIONS(cubin.error(), "with exit code 3");
  EXPECT_MENTIONS(cubin.error(), "line 3; error : no");
}

TEST_F(FakePtxas, TooOldForTheArchitecture) {
  install("echo \"ptxas fatal : Value 'sm_90a' is not defined for option "
          "'gpu-name'\"; exit 1");
  Result<Cubin> cubin = run();
  ASSERT_FALSE(cubin);
  EXPECT_MENTIONS(cubin.error(), "too old for sm_90a");
}

TEST_F(FakePtxas, Crashes) {
  install("kill -SEGV $$");
  Result<Cubin> cubin = run();
  ASSERT_FALSE(cubin);
  EXPECT_MENTIONS(cubin.error(), "was ended by signal 11");
}

TEST_F(FakePtxas, SerializedWgmmaIsAFault) {
  install("printf cubin > $out; echo '(C7510) Potential Performance Loss'");
  Result<Cubin> cubin = run();
  ASSERT_FALSE(cubin);
  EXPECT_MENTIONS(cubin.error(), "C7510");
  AssembleOptions options;
  options.allowSerializedWgmma = true;
  cubin = run(options);
  ASSERT_TRUE(cubin) << cubin.error();
  EXPECT_EQ(cubin->serializedWgmma.size(), 1u);
}

TEST_F(FakePtxas, NotThere) {
  setenv("QIMENG_PTXAS", "/nonexistent/ptxas", 1);
  Result<Cubin> cubin = run();
  ASSERT_FALSE(cubin);
  EXPECT_MENTIONS(cubin.error(), "/nonexistent/ptxas");
}

} // namespace
