//===- AssemblerTest.cpp - PTX to cubin, and what is reported -------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../../../lib/Target/PtxCompiler.h"
#include "qimeng/Support/File.h"
#include "gtest/gtest.h"
#include <csignal>
#include <cstdlib>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

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

/// Puts QIMENG_PTXAS back after the test.
class Chosen : public testing::Test {
protected:
  void SetUp() override {
    if (const char *value = std::getenv("QIMENG_PTXAS"))
      before = value;
  }
  void TearDown() override {
    if (before)
      setenv("QIMENG_PTXAS", before->c_str(), 1);
    else
      unsetenv("QIMENG_PTXAS");
  }
  std::optional<std::string> before;
};

/// A shell script in the place of ptxas.
class FakePtxas : public Chosen {
protected:
  void SetUp() override {
    Chosen::SetUp();
    Result<TemporaryFolder> created = TemporaryFolder::create("ptxas-test");
    ASSERT_TRUE(created) << created.error();
    folder.emplace(std::move(*created));
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

TEST_F(Chosen, NoAssembler) {
  setenv("QIMENG_PTXAS", "none", 1);
  EXPECT_FALSE(isAssemblerNamed());
  Result<Assembler> assembler = findAssembler();
  ASSERT_FALSE(assembler);
  EXPECT_MENTIONS(assembler.error(), "left to the device's driver; unset it");
}

/// Static and dynamic shared memory, a barrier, a loop that is unrolled.
constexpr std::string_view reverse = R"(
.version 8.6
.target sm_90a
.address_size 64
.visible .entry reverse(.param .u64 x) .maxntid 128 {
  .shared .align 4 .b8 tile[512];
  .reg .b32 %r<8>;
  .reg .b64 %d<4>;
  .reg .f32 %f<2>;
  ld.param.u64 %d1, [x];
  mov.u32 %r1, %tid.x;
  shl.b32 %r2, %r1, 2;
  mov.u32 %r3, tile;
  mul.wide.u32 %d2, %r1, 4;
  add.s64 %d3, %d1, %d2;
  ld.global.f32 %f1, [%d3];
  sub.s32 %r4, 508, %r2;
  add.s32 %r5, %r3, %r4;
  st.shared.f32 [%r5], %f1;
  bar.sync 0;
  add.s32 %r6, %r3, %r2;
  ld.shared.f32 %f1, [%r6];
  st.global.f32 [%d3], %f1;
  ret;
}
.visible .entry nothing() { ret; }
)";

class Library : public Chosen {
protected:
  void SetUp() override {
    Chosen::SetUp();
    unsetenv("QIMENG_PTXAS");
    if (!builtInPtxCompiler())
      GTEST_SKIP() << "no PTX compiler library in this build";
  }
  static Result<Cubin> run(std::string_view ptx, bool isolated = false) {
    AssembleOptions options;
    options.isolated = isolated;
    return assemble(ptx, **findArchitecture("sm_90a"), options);
  }
  static void expectEqual(const Cubin &left, const Cubin &right) {
    ASSERT_EQ(left.kernels.size(), right.kernels.size());
    for (const KernelResources &l : left.kernels) {
      const KernelResources *r = right.find(l.name);
      ASSERT_TRUE(r) << l.name;
      EXPECT_EQ(l.registers, r->registers) << l.name;
      EXPECT_EQ(l.barriers, r->barriers) << l.name;
      EXPECT_EQ(l.stackBytes, r->stackBytes) << l.name;
      EXPECT_EQ(l.spillStoreBytes, r->spillStoreBytes) << l.name;
      EXPECT_EQ(l.spillLoadBytes, r->spillLoadBytes) << l.name;
      EXPECT_EQ(l.sharedBytes, r->sharedBytes) << l.name;
    }
    EXPECT_EQ(left.warnings, right.warnings);
  }
};

TEST_F(Library, IsTakenBeforeAnyProgram) {
  Result<Assembler> assembler = findAssembler();
  ASSERT_TRUE(assembler);
  EXPECT_TRUE(assembler->isLibrary());
  EXPECT_MENTIONS(assembler->name(), "nvptxcompiler ");
}

TEST_F(Library, ReportsWhatThePtxasOfItsReleaseDoes) {
  Result<Cubin> direct = run(reverse);
  ASSERT_TRUE(direct) << direct.error();
  EXPECT_EQ(direct->bytes.substr(1, 3), "ELF");
  ASSERT_EQ(direct->kernels.size(), 2u);
  EXPECT_EQ(direct->find("reverse")->sharedBytes, 512);
  EXPECT_EQ(direct->find("reverse")->barriers, 1);
  EXPECT_GT(direct->find("reverse")->registers, 0);

  Result<Cubin> isolated = run(reverse, true);
  ASSERT_TRUE(isolated) << isolated.error();
  EXPECT_EQ(isolated->bytes, direct->bytes);
  expectEqual(*isolated, *direct);

  // Another release may allocate registers otherwise.
  Assembler library = *findAssembler();
  for (const char *path : {"/usr/local/cuda/bin/ptxas", "/usr/bin/ptxas"}) {
    if (access(path, X_OK) != 0)
      continue;
    setenv("QIMENG_PTXAS", path, 1);
    Result<Assembler> program = findAssembler();
    if (!program || program->major != library.major ||
        program->minor != library.minor)
      continue;
    Result<Cubin> cubin = run(reverse);
    ASSERT_TRUE(cubin) << cubin.error();
    expectEqual(*cubin, *direct);
  }
}

TEST_F(Library, SaysWhatItRefused) {
  for (bool isolated : {false, true}) {
    Result<Cubin> cubin = run(".version 8.6\n.target sm_90a\n"
                              ".address_size 64\n"
                              ".visible .entry k() { foo; ret; }\n",
                              isolated);
    ASSERT_FALSE(cubin);
    EXPECT_MENTIONS(cubin.error(), "NVIDIA's PTX compiler library (CUDA ");
    EXPECT_MENTIONS(cubin.error(), "refused the PTX for sm_90a");
    EXPECT_MENTIONS(cubin.error(), "line 4; error");

    cubin = run(".version 99.0\n.target sm_90a\n", isolated);
    ASSERT_FALSE(cubin);
    EXPECT_MENTIONS(cubin.error(), "too old for sm_90a; set QIMENG_PTXAS");
    EXPECT_FALSE(run("", isolated));
  }
}

TEST_F(Library, CompilesOnSeveralThreads) {
  Result<Cubin> expected = run(reverse);
  ASSERT_TRUE(expected);
  std::vector<std::string> found(8);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < found.size(); ++i)
    threads.emplace_back([&, i] {
      // A fork in the middle of the others' work, too.
      if (Result<Cubin> cubin = run(reverse, i % 2))
        found[i] = cubin->bytes;
    });
  for (std::thread &thread : threads)
    thread.join();
  for (const std::string &bytes : found)
    EXPECT_EQ(bytes, expected->bytes);
}

/// An isolated call of a library that does `body`.
template <typename Body> Result<Cubin> isolated(Body body, double limit = 60) {
  AssembleOptions options;
  options.isolated = true;
  options.timeLimitSeconds = limit;
  return assembleWith({13, 7, body}, reverse, **findArchitecture("sm_90a"),
                      options);
}

TEST(Isolated, GivesItsOutput) {
  // More than a pipe holds.
  Result<Cubin> cubin =
      isolated([](std::string_view, const std::vector<std::string> &options,
                  std::string &log, std::string &made) {
        for (int i = 0; i < 20000; ++i)
          log += "ptxas warning : odd\n";
        made.assign(3 << 20, 'c');
        return options[0] == "--gpu-name=sm_90a" ? 0 : 1;
      });
  ASSERT_TRUE(cubin) << cubin.error();
  EXPECT_EQ(cubin->bytes, std::string(3 << 20, 'c'));
  EXPECT_EQ(cubin->warnings.size(), 20000u);
}

TEST(Isolated, OutlivesACrash) {
  Result<Cubin> cubin =
      isolated([](std::string_view, const std::vector<std::string> &,
                  std::string &, std::string &) -> int {
        raise(SIGSEGV);
        return 0;
      });
  ASSERT_FALSE(cubin);
  EXPECT_MENTIONS(cubin.error(), "library (CUDA 13.7) was ended by signal 11 "
                                 "on the PTX for sm_90a; set QIMENG_PTXAS");
  cubin = isolated([](std::string_view, const std::vector<std::string> &,
                      std::string &, std::string &) -> int {
    fputs("out of luck\n", stderr);
    std::abort();
  });
  ASSERT_FALSE(cubin);
  EXPECT_MENTIONS(cubin.error(), "was ended by signal 6");
  EXPECT_MENTIONS(cubin.error(), "out of luck");
}

TEST(Isolated, KeepsToItsTimeLimit) {
  Result<Cubin> cubin = isolated(
      [](std::string_view, const std::vector<std::string> &, std::string &,
         std::string &) -> int {
        while (true)
          pause();
      },
      0.2);
  ASSERT_FALSE(cubin);
  EXPECT_MENTIONS(cubin.error(), "ran past its limit");
}

TEST(Isolated, NoCubinIsAnError) {
  Result<Cubin> cubin =
      isolated([](std::string_view, const std::vector<std::string> &,
                  std::string &, std::string &) { return 0; });
  ASSERT_FALSE(cubin);
  EXPECT_MENTIONS(cubin.error(), "ended without an error and made no cubin");
}

} // namespace
