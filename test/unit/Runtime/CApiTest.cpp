//===- CApiTest.cpp - The C interface and its Python wrapper --------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// On the fake driver, where device memory is host memory.
//
//===----------------------------------------------------------------------===//

#include "TestKernels.h"
#include "qimeng-c/Runtime.h"
#include "qimeng/Runtime/Program.h"
#include "qimeng/Support/File.h"
#include "gtest/gtest.h"
#include <cstdlib>

using namespace qimeng;
using Kind = Program::BufferKind;

namespace {
class CApi : public testing::Test {
protected:
  void SetUp() override {
    Result<TemporaryFolder> created = TemporaryFolder::create("capi-test");
    ASSERT_TRUE(created) << created.error();
    folder.emplace(std::move(*created));
    // c = (a + b) + b through a temporary.
    Program program;
    program.arch = "sm_80";
    program.name = "twice";
    program.buffers = {{"a", Kind::Input, DataType::F32, {4, 32}},
                       {"t", Kind::Temporary, DataType::F32, {4, 32}},
                       {"c", Kind::Output, DataType::F32, {4, 32}},
                       {"b", Kind::Input, DataType::F32, {4, 32}}};
    program.modules = {{"kernels", test::elementKernels(), true}};
    Program::Launch launch;
    launch.kernel = "vadd";
    launch.module = "kernels";
    launch.grid[0] = 4;
    launch.block[0] = 32;
    launch.args = {{0, {}}, {3, {}}, {1, {}}};
    program.launches = {launch, launch};
    program.launches[1].args = {{1, {}}, {3, {}}, {2, {}}};
    Status saved = program.save(folder->path());
    ASSERT_TRUE(saved) << saved.error();
  }
  std::optional<TemporaryFolder> folder;
};
} // namespace

TEST_F(CApi, LoadsAndRuns) {
  QiMengProgram *program = qimengProgramLoad(folder->path().c_str());
  ASSERT_NE(program, nullptr) << qimengLastError();
  EXPECT_STREQ(qimengProgramName(program), "twice");
  EXPECT_EQ(qimengProgramNumInputs(program), 2);
  EXPECT_EQ(qimengProgramNumOutputs(program), 1);
  EXPECT_STREQ(qimengProgramOperandName(program, 1), "b");
  EXPECT_STREQ(qimengProgramOperandName(program, 2), "c");
  EXPECT_STREQ(qimengProgramOperandType(program, 2), "f32");
  EXPECT_EQ(qimengProgramOperandRank(program, 0), 2);
  EXPECT_EQ(qimengProgramOperandExtent(program, 0, 1), 32);
  EXPECT_EQ(qimengProgramOperandExtent(program, 0, 2), -1);
  EXPECT_EQ(qimengProgramOperandBytes(program, 0), 512);
  EXPECT_EQ(qimengProgramOperandName(program, 3), nullptr);

  std::vector<float> a(128, 1), b(128, 2), c(128, 0), d(128, 0);
  auto address = [](std::vector<float> &values) {
    return reinterpret_cast<uint64_t>(values.data());
  };
  uint64_t operands[] = {address(a), address(b), address(c)};
  ASSERT_EQ(qimengProgramRun(program, operands, 3, nullptr), 0)
      << qimengLastError();
  EXPECT_EQ(c, std::vector<float>(128, 5));
  // New values behind the same addresses, then new addresses.
  a.assign(128, 10);
  ASSERT_EQ(qimengProgramRun(program, operands, 3, nullptr), 0);
  EXPECT_EQ(c, std::vector<float>(128, 14));
  operands[2] = address(d);
  ASSERT_EQ(qimengProgramRun(program, operands, 3, nullptr), 0);
  EXPECT_EQ(d, std::vector<float>(128, 14));

  EXPECT_EQ(qimengProgramRun(program, operands, 2, nullptr), -1);
  EXPECT_NE(std::string(qimengLastError()).find("takes 3 operands, 2"),
            std::string::npos);
  operands[1] = 0;
  EXPECT_EQ(qimengProgramRun(program, operands, 3, nullptr), -1);
  EXPECT_NE(std::string(qimengLastError()).find("'b' is a null pointer"),
            std::string::npos);
  qimengProgramDestroy(program);
}

TEST_F(CApi, ReportsErrors) {
  EXPECT_EQ(qimengProgramLoad("/nonexistent"), nullptr);
  EXPECT_NE(std::string(qimengLastError()).find("/nonexistent/program.json"),
            std::string::npos);
  EXPECT_EQ(qimengProgramLoad(nullptr), nullptr);
  qimengProgramDestroy(nullptr);
}

TEST_F(CApi, Python) {
  if (std::system("python3 -c 'import ctypes' 2>/dev/null") != 0)
    GTEST_SKIP() << "no python3 with ctypes";
  std::string command =
      "QIMENG_RUNTIME_LIBRARY='" QIMENG_RUNTIME_LIBRARY
      "' PYTHONDONTWRITEBYTECODE=1 PYTHONPATH='" QIMENG_SOURCE "/python' "
      "python3 '" QIMENG_SOURCE "/test/unit/Runtime/runtime_wrapper.py' '" +
      folder->path() + "'";
  EXPECT_EQ(std::system(command.c_str()), 0);
}
