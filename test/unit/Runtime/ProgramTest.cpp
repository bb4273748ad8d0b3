//===- ProgramTest.cpp - Program folders ----------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Runtime/Program.h"
#include "qimeng/Support/File.h"
#include "gtest/gtest.h"

using namespace qimeng;
using Kind = Program::BufferKind;

static Program sample() {
  Program program;
  program.arch = "sm_90a";
  program.name = "scale \"and\" add";
  program.buffers = {{"x", Kind::Input, DataType::BF16, {128, 64}},
                     {"s", Kind::Input, DataType::F32, {}},
                     {"t", Kind::Temporary, DataType::I1, {7}},
                     {"y", Kind::Output, DataType::F64, {128, 64}},
                     {"c",
                      Kind::Constant,
                      DataType::I16,
                      {3},
                      std::string("\0\1\2\3\4\5", 6)}};
  program.modules = {{"main",
                      std::string("\x7f"
                                  "ELF\0\1",
                                  6),
                      false},
                     {"extra", ".version 8.0", true}};
  Program::Launch launch;
  launch.kernel = "k";
  launch.module = "main";
  launch.grid = {4, 2, 1};
  launch.block = {128, 1, 1};
  launch.cluster = {2, 1, 1};
  launch.dynamicSharedBytes = 100000;
  Program::TensorMap map;
  map.dtype = DataType::BF16;
  map.dims = {64, 128};
  map.strideBytes = {128};
  map.box = {64, 32};
  map.elementStrides = {1, 1};
  map.swizzle = 128;
  map.l2Promotion = 256;
  map.oobFillNaN = true;
  launch.args = {{0, map}, {1, std::nullopt}, {3, std::nullopt}};
  program.launches = {launch};
  return program;
}

namespace {
class ProgramFolder : public testing::Test {
protected:
  void SetUp() override {
    Result<TemporaryFolder> created = TemporaryFolder::create("program-test");
    ASSERT_TRUE(created) << created.error();
    folder.emplace(std::move(*created));
    path = folder->path() + "/out";
  }
  std::string manifest() { return *readFile(path + "/program.json"); }
  /// Replaces `from` in program.json and returns the error of load().
  std::string errorAfter(const std::string &from, const std::string &to) {
    Status saved = sample().save(path);
    EXPECT_TRUE(saved) << saved.error();
    std::string text = manifest();
    size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from << " is not in " << text;
    text.replace(at, from.size(), to);
    EXPECT_TRUE(writeFile(path + "/program.json", text));
    Result<Program> loaded = Program::load(path);
    EXPECT_FALSE(loaded);
    return loaded ? "" : loaded.error();
  }
  std::optional<TemporaryFolder> folder;
  std::string path;
};
} // namespace

#define EXPECT_MENTIONS(text, part)                                            \
  EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST_F(ProgramFolder, ComesBackAsSaved) {
  Program program = sample();
  Status saved = program.save(path);
  ASSERT_TRUE(saved) << saved.error();
  Result<Program> loaded = Program::load(path);
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->manifest(), program.manifest());
  EXPECT_EQ(loaded->modules[0].bytes, program.modules[0].bytes);
  EXPECT_TRUE(loaded->modules[1].isPtx);
  EXPECT_EQ(loaded->buffers[4].data, program.buffers[4].data);
  const Program::TensorMap &map = *loaded->launches[0].args[0].tensorMap;
  EXPECT_EQ(map.swizzle, 128u);
  EXPECT_EQ(map.l2Promotion, 256u);
  EXPECT_TRUE(map.oobFillNaN);
  EXPECT_EQ(map.box, (std::vector<uint32_t>{64, 32}));
  EXPECT_EQ(loaded->buffers[1].elements(), 1);
  EXPECT_EQ(loaded->buffers[0].bytes(), 128 * 64 * 2);
  EXPECT_EQ(loaded->buffersOf(Kind::Input), (std::vector<unsigned>{0, 1}));
}

TEST_F(ProgramFolder, ErrorsNameTheField) {
  EXPECT_MENTIONS(errorAfter("\"grid\"", "\"gird\""),
                  "'launches[0].grid' is missing");
  EXPECT_MENTIONS(errorAfter("\"bf16\"", "\"f99\""),
                  "'buffers[0].dtype': expected f16");
  EXPECT_MENTIONS(errorAfter("\"kind\": \"input\"", "\"kind\": 3"),
                  "'buffers[0].kind': expected a string, found 3");
  EXPECT_MENTIONS(
      errorAfter("\"version\": 1,", "\"version\": 1, \"extra\": {},"),
      "'extra' is unknown");
  EXPECT_MENTIONS(errorAfter("\"dynamicSharedBytes\": 100000",
                             "\"dynamicSharedBytes\": -1"),
                  "'launches[0].dynamicSharedBytes': expected an integer");
  EXPECT_MENTIONS(errorAfter("\"swizzle\": \"128\"", "\"swizzle\": \"256\""),
                  "args[0].tensorMap.swizzle");
  EXPECT_MENTIONS(errorAfter("\"arch\": \"sm_90a\"", "\"arch\": \"sm_90x\""),
                  "'arch'");
}

TEST_F(ProgramFolder, RefusesNewerVersionAndBrokenText) {
  EXPECT_MENTIONS(errorAfter("\"version\": 1", "\"version\": 2"),
                  "has version 2, this build reads up to 1");
  EXPECT_MENTIONS(errorAfter("\"version\": 1,", "\"version\": 1,,"), "line 2");
  EXPECT_MENTIONS(errorAfter("main.cubin", "../main.cubin"), "modules[0].file");
  Result<Program> missing = Program::load(path + "/nowhere");
  ASSERT_FALSE(missing);
  EXPECT_MENTIONS(missing.error(), "No such file");
}

TEST_F(ProgramFolder, RefusesAModuleOfAnotherRun) {
  ASSERT_TRUE(sample().save(path));
  ASSERT_TRUE(writeFile(path + "/main.cubin", "other bytes"));
  Result<Program> loaded = Program::load(path);
  ASSERT_FALSE(loaded);
  EXPECT_MENTIONS(loaded.error(), "'main.cubin' has other content");
}

TEST(ProgramValidate, ChecksLimits) {
  auto errorOf = [](auto change) {
    Program program = sample();
    change(program);
    Status status = program.validate();
    EXPECT_FALSE(status);
    return status ? std::string() : status.error();
  };
  EXPECT_TRUE(sample().validate());
  EXPECT_MENTIONS(errorOf([](Program &p) { p.launches[0].args[1].buffer = 9; }),
                  "args[1].buffer");
  EXPECT_MENTIONS(
      errorOf([](Program &p) { p.launches[0].cluster = {3, 1, 1}; }),
      "cluster[0]");
  EXPECT_MENTIONS(
      errorOf([](Program &p) { p.launches[0].block = {1024, 2, 1}; }),
      "at most 1024 threads");
  EXPECT_MENTIONS(errorOf([](Program &p) { p.launches[0].module = "no"; }),
                  "launches[0].module");
  EXPECT_MENTIONS(errorOf([](Program &p) { p.buffers[1].name = "x"; }),
                  "buffers[1].name");
  EXPECT_MENTIONS(errorOf([](Program &p) { p.buffers[0].shape = {-1}; }),
                  "buffers[0].shape[0]");
  EXPECT_MENTIONS(errorOf([](Program &p) { p.modules[0].name = "a/b"; }),
                  "modules[0].name");
  auto mapError = [&](auto change) {
    return errorOf(
        [&](Program &p) { change(*p.launches[0].args[0].tensorMap); });
  };
  using Map = Program::TensorMap;
  EXPECT_MENTIONS(mapError([](Map &m) { m.dims[1] = 129; }),
                  "reaches byte 16512");
  EXPECT_MENTIONS(mapError([](Map &m) { m.strideBytes[0] = 120; }),
                  "strideBytes[0]");
  EXPECT_MENTIONS(mapError([](Map &m) { m.box[1] = 257; }), "box[1]");
  EXPECT_MENTIONS(mapError([](Map &m) { m.swizzle = 64; }),
                  "at most the swizzle's 64 bytes");
  EXPECT_MENTIONS(mapError([](Map &m) { m.dtype = DataType::I16; }), "oobFill");
}
