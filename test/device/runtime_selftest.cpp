//===- runtime_selftest.cpp - The runtime on a device ---------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Needs no compiler: kernels are PTX that the driver compiles. The unit tests
// build this file a second time, on a fake driver.
//
//===----------------------------------------------------------------------===//

#include "Difference.h"
#include "TestKernels.h"
#include "qimeng/Runtime/Worker.h"
#include "qimeng/Support/File.h"
#include "gtest/gtest.h"
#include <cstdlib>

using namespace qimeng;
using Kind = Program::BufferKind;

#define EXPECT_MENTIONS(text, part)                                            \
  EXPECT_NE((text).find(part), std::string::npos) << (text)

namespace {
constexpr int64_t blocks = 300, threads = 256, elements = blocks * threads;

Program elementProgram(const std::string &kernel,
                       DataType type = DataType::F32) {
  Program program;
  program.arch = "sm_80";
  program.name = kernel;
  program.buffers = {{"a", Kind::Input, type, {blocks, threads}},
                     {"b", Kind::Input, type, {blocks, threads}},
                     {"c", Kind::Output, type, {blocks, threads}}};
  program.modules = {{"kernels", test::elementKernels(), true}};
  Program::Launch launch;
  launch.kernel = kernel;
  launch.module = "kernels";
  launch.grid[0] = blocks;
  launch.block[0] = threads;
  launch.args = {{0, {}}, {1, {}}, {2, {}}};
  program.launches = {launch};
  return program;
}

class RuntimeDevice : public testing::Test {
protected:
  void SetUp() override {
    Result<const cuda::Driver *> driver = cuda::Driver::get();
    if (!driver)
      GTEST_SKIP() << driver.error();
    Result<DevicePtr> opened = Device::open(0);
    ASSERT_TRUE(opened) << opened.error();
    device = *opened;
    Result<TemporaryFolder> created = TemporaryFolder::create("device-test");
    ASSERT_TRUE(created) << created.error();
    folder.emplace(std::move(*created));
    ASSERT_TRUE(
        elementProgram("vadd64", DataType::F64).save(path("reference")));
  }
  std::string path(const std::string &name) {
    return folder->path() + "/" + name;
  }
  /// Saves the programs of `kernels`, and asks for them against a right
  /// reference.
  MeasureRequest request(const std::vector<std::string> &kernels) {
    MeasureRequest request;
    for (const std::string &kernel : kernels) {
      Status saved = elementProgram(kernel).save(path(kernel));
      EXPECT_TRUE(saved) << saved.error();
      request.programs.push_back(path(kernel));
    }
    request.reference = path("reference");
    request.seed = 42;
    request.repeats = 20;
    return request;
  }
  MeasureAnswer measure(const std::vector<std::string> &kernels) {
    return client.measure(request(kernels));
  }

  DevicePtr device;
  std::optional<TemporaryFolder> folder;
  WorkerClient client;
};
} // namespace

TEST_F(RuntimeDevice, Describes) {
  Result<DeviceInfo> info = client.describe();
  ASSERT_TRUE(info) << info.error();
  EXPECT_EQ(info->toJson(), device->info().toJson());
  EXPECT_GE(info->computeMajor, 8);
  EXPECT_GT(info->multiprocessors, 0);
  EXPECT_GT(info->l2Bytes, 0);
  EXPECT_GE(info->sharedBytesPerBlock, 96 << 10);
  EXPECT_FALSE(client.describe(1000));
}

TEST_F(RuntimeDevice, SupportsTheRightArchitectures) {
  const DeviceInfo &info = device->info();
  std::string own = "sm_" + std::to_string(info.computeMajor) +
                    std::to_string(info.computeMinor);
  EXPECT_TRUE(device->supports(own, false));
  EXPECT_TRUE(device->supports(own + "a", false));
  EXPECT_TRUE(device->supports("sm_75", true));
  EXPECT_FALSE(device->supports("sm_75", false));
  EXPECT_FALSE(device->supports("sm_75a", true));
  Status status = device->supports("sm_990a", false);
  ASSERT_FALSE(status);
  EXPECT_MENTIONS(status.error(), "compile with --arch=" + own);
}

TEST_F(RuntimeDevice, MeasuresARightProgram) {
  MeasureRequest wanted = request({"vadd"});
  wanted.checks = {{Draw::Mode::Infinite, 1},
                   {Draw::Mode::NaN, 1},
                   {Draw::Mode::Large, -1},
                   {Draw::Mode::Constant, 0.01}};
  MeasureAnswer answer = client.measure(wanted);
  ASSERT_FALSE(answer.failure) << answer.failure.message;
  ASSERT_EQ(answer.programs.size(), 1u);
  const ProgramMeasurement &program = answer.programs[0];
  ASSERT_FALSE(program.failure) << program.failure.message;
  EXPECT_EQ(answer.rotations, 2u);
  EXPECT_EQ(program.timing.microseconds.size(), 20u);
  EXPECT_GT(program.timing.median, 0);
  EXPECT_LE(program.timing.minimum, program.timing.median);
  ASSERT_EQ(program.outputs.size(), 1u);
  EXPECT_TRUE(program.outputs[0].passed);
  EXPECT_EQ(program.outputs[0].comparison.elements, elements);
  EXPECT_LT(program.outputs[0].comparison.relativeFrobenius, 1e-6);
  ASSERT_EQ(program.launches.size(), 1u);
  const LaunchInfo &launch = program.launches[0];
  EXPECT_EQ(launch.kernel, "vadd");
  EXPECT_EQ(launch.blocks, blocks);
  EXPECT_GT(launch.registers, 0);
  EXPECT_EQ(launch.localBytes, 0);
  EXPECT_GT(launch.blocksPerMultiprocessor, 1);
  EXPECT_GT(launch.occupancy, 0.5);
  EXPECT_LE(launch.occupancy, 1);
  EXPECT_EQ(client.started(), 1u);
}

TEST_F(RuntimeDevice, CutsSlowProgramsOff) {
  MeasureRequest wanted = request({"vadd", "late"});
  wanted.checks = {{Draw::Mode::Uniform, 1}};
  wanted.cutoffMicroseconds = 3000;
  MeasureAnswer answer = client.measure(wanted);
  ASSERT_FALSE(answer.failure) << answer.failure.message;
  ASSERT_FALSE(answer.programs[0].failure);
  ASSERT_FALSE(answer.programs[1].failure);
  const Timing &fast = answer.programs[0].timing;
  const Timing &slow = answer.programs[1].timing;
  EXPECT_FALSE(fast.cutOff);
  EXPECT_EQ(fast.microseconds.size(), 20u);
  EXPECT_TRUE(slow.cutOff);
  EXPECT_GE(slow.microseconds.size(), 1u);
  EXPECT_LE(slow.microseconds.size(), 3u);
  EXPECT_GT(slow.median, 3000);
  // Checked like any other.
  EXPECT_TRUE(answer.programs[1].outputs[0].passed);
  EXPECT_GT(answer.checkSeconds, 0);
  EXPECT_GT(answer.timingSeconds, 0);
  // Alone, too.
  wanted.programs = {path("late")};
  answer = client.measure(wanted);
  ASSERT_FALSE(answer.failure) << answer.failure.message;
  EXPECT_TRUE(answer.programs[0].timing.cutOff);
}

TEST_F(RuntimeDevice, RefusesWrongPrograms) {
  MeasureAnswer answer =
      measure({"vsub", "lazy", "overrun", "scribble", "vadd"});
  ASSERT_FALSE(answer.failure) << answer.failure.message;
  auto expect = [&](size_t which, FailureKind kind, const char *part) {
    const ProgramMeasurement &program = answer.programs[which];
    EXPECT_EQ(program.failure.kind, kind) << program.failure.message;
    EXPECT_MENTIONS(program.failure.message, part);
    EXPECT_TRUE(program.timing.microseconds.empty());
  };
  expect(0, FailureKind::Mismatch, "elements differ, first at 0");
  expect(1, FailureKind::Mismatch, "first at 1: got nan");
  expect(2, FailureKind::GuardViolation, "the nearest 0 bytes past the end");
  EXPECT_FALSE(answer.programs[2].guardsIntact);
  expect(3, FailureKind::InputsChanged, "changed its input 'a'");
  EXPECT_FALSE(answer.programs[3].inputsUnchanged);
  // None of this hurts the right one beside them.
  EXPECT_FALSE(answer.programs[4].failure)
      << answer.programs[4].failure.message;
  EXPECT_EQ(answer.programs[4].timing.microseconds.size(), 20u);
  EXPECT_EQ(client.started(), 1u);
}

TEST_F(RuntimeDevice, FindsRaces) {
  MeasureRequest wanted = request({"vadd", "race"});
  wanted.checks = {{Draw::Mode::Uniform, 1}};
  // Checks and timed calls alone see nothing.
  MeasureAnswer answer = client.measure(wanted);
  ASSERT_FALSE(answer.failure) << answer.failure.message;
  EXPECT_FALSE(answer.programs[1].failure);
  EXPECT_EQ(answer.programs[1].reruns, 0u);
  wanted.reruns = 100;
  wanted.rerunSeconds = 60;
  answer = client.measure(wanted);
  ASSERT_FALSE(answer.failure) << answer.failure.message;
  EXPECT_FALSE(answer.programs[0].failure)
      << answer.programs[0].failure.message;
  EXPECT_EQ(answer.programs[0].reruns, 100u);
  const ProgramMeasurement &racy = answer.programs[1];
  EXPECT_EQ(racy.failure.kind, FailureKind::Race);
  EXPECT_EQ(racy.reruns, 6u);
  EXPECT_MENTIONS(racy.failure.message,
                  "program 'race', output 'c': outputs differ from run to run");
  EXPECT_MENTIONS(racy.failure.message, "in further run 7 on the same inputs "
                                        "1 of 76800 elements differ, the first "
                                        "at 0: got ");
  // Only programs that are fast enough are worth it, and for a while only.
  wanted.rerunBelowMicroseconds = 1e-3;
  answer = client.measure(wanted);
  EXPECT_FALSE(answer.programs[1].failure);
  EXPECT_EQ(answer.programs[1].reruns, 0u);
  wanted.rerunBelowMicroseconds = 1e9;
  wanted.rerunSeconds = 1e-9;
  answer = client.measure(wanted);
  EXPECT_EQ(answer.programs[0].reruns, 1u);
  EXPECT_EQ(client.started(), 1u);
}

TEST_F(RuntimeDevice, ComparesEveryByte) {
  // One more than whole vectors, and than a whole grid of them.
  for (size_t size : {size_t(1), size_t(15), size_t(16), size_t(4099),
                      size_t(16) << 20 | 7}) {
    Result<DeviceMemory> a = DeviceMemory::allocate(device, size, true);
    ASSERT_TRUE(a) << a.error();
    std::string bytes(size, 'x');
    ASSERT_TRUE(a->upload(bytes.data(), size));
    Result<DeviceStream> stream = DeviceStream::create(device);
    ASSERT_TRUE(stream) << stream.error();
    Result<DeviceMemory> b = a->copy(stream->handle());
    ASSERT_TRUE(b) << b.error();
    Result<Difference> difference = Difference::create(device);
    ASSERT_TRUE(difference) << difference.error();
    auto differs = [&] {
      EXPECT_TRUE(difference->enqueue(*a, *b, stream->handle()));
      Result<bool> found = difference->found(*stream);
      EXPECT_TRUE(found);
      return *found;
    };
    EXPECT_FALSE(differs());
    for (size_t at : {size_t(0), size / 3, size / 2, size - 1}) {
      bytes[at] = 'y';
      ASSERT_TRUE(b->upload(bytes.data(), size));
      EXPECT_TRUE(differs()) << at << " of " << size;
      bytes[at] = 'x';
      ASSERT_TRUE(b->upload(bytes.data(), size));
      EXPECT_FALSE(differs());
    }
  }
}

TEST_F(RuntimeDevice, SurvivesIllegalAddresses) {
  MeasureAnswer answer = measure({"fault"});
  EXPECT_EQ(answer.failure.kind, FailureKind::IllegalAddress);
  EXPECT_MENTIONS(answer.failure.message, "CUDA_ERROR_ILLEGAL_ADDRESS (700)");
  ASSERT_EQ(answer.programs.size(), 1u);
  EXPECT_EQ(answer.programs[0].failure.kind, FailureKind::IllegalAddress);
  answer = measure({"stop"});
  EXPECT_EQ(answer.failure.kind, FailureKind::LaunchFailure);
  answer = measure({"vadd"});
  EXPECT_FALSE(answer.failure) << answer.failure.message;
  EXPECT_FALSE(answer.programs[0].failure);
  EXPECT_EQ(client.started(), 3u);
}

TEST_F(RuntimeDevice, ReplacesAHungWorker) {
  MeasureAnswer answer = measure({"vadd"});
  ASSERT_FALSE(answer.failure) << answer.failure.message;
  MeasureRequest endless = request({"spin"});
  endless.timeLimitSeconds = 2;
  answer = client.measure(endless);
  EXPECT_EQ(answer.failure.kind, FailureKind::Timeout);
  answer = measure({"vadd"});
  EXPECT_FALSE(answer.failure) << answer.failure.message;
  EXPECT_FALSE(answer.programs[0].failure);
  EXPECT_EQ(client.started(), 2u);
}

TEST_F(RuntimeDevice, LoadFailures) {
  Program program = elementProgram("vadd");
  program.modules[0].bytes = ".version 7.0\nno ptx";
  ASSERT_TRUE(program.save(path("broken")));
  program = elementProgram("vadd");
  program.launches[0].kernel = "nosuch";
  ASSERT_TRUE(program.save(path("nosuch")));
  program = elementProgram("vadd");
  program.launches[0].dynamicSharedBytes = 1 << 20;
  ASSERT_TRUE(program.save(path("large")));
  program = elementProgram("vadd");
  program.arch = "sm_990";
  ASSERT_TRUE(program.save(path("future")));
  MeasureRequest wanted = request({"vadd"});
  for (const char *name : {"broken", "nosuch", "large", "future", "missing"})
    wanted.programs.push_back(path(name));
  MeasureAnswer answer = client.measure(wanted);
  ASSERT_FALSE(answer.failure) << answer.failure.message;
  EXPECT_FALSE(answer.programs[0].failure)
      << answer.programs[0].failure.message;
  const char *parts[] = {"the driver's compiler says", "kernel 'nosuch'",
                         "of shared memory", "does not run on", "No such file"};
  for (size_t i = 0; i < 5; ++i) {
    const Failure &failure = answer.programs[i + 1].failure;
    EXPECT_EQ(failure.kind, FailureKind::LoadFailure) << failure.message;
    EXPECT_MENTIONS(failure.message, parts[i]);
    EXPECT_EQ(failure.message.find('\n'), std::string::npos);
  }
}

TEST_F(RuntimeDevice, ProgramsMustFitTogether) {
  MeasureRequest wanted = request({"vadd"});
  wanted.programs.push_back(path("reference"));
  MeasureAnswer answer = client.measure(wanted);
  EXPECT_EQ(answer.failure.kind, FailureKind::BadRequest);
  Program small = elementProgram("vadd64", DataType::F64);
  small.buffers[2].shape = {threads, blocks};
  ASSERT_TRUE(small.save(path("transposed")));
  wanted = request({"vadd"});
  wanted.reference = path("transposed");
  answer = client.measure(wanted);
  EXPECT_EQ(answer.failure.kind, FailureKind::BadRequest);
  EXPECT_MENTIONS(answer.failure.message, "other outputs");
}

TEST_F(RuntimeDevice, LargeSharedMemory) {
  Program program = elementProgram("vadd");
  program.launches[0].dynamicSharedBytes = 90 << 10;
  // A smaller launch of the same kernel must not take the allowance away.
  program.launches.push_back(program.launches[0]);
  program.launches[1].dynamicSharedBytes = 0;
  ASSERT_TRUE(program.save(path("large")));
  MeasureRequest wanted = request({});
  wanted.programs = {path("large")};
  MeasureAnswer answer = client.measure(wanted);
  ASSERT_FALSE(answer.failure) << answer.failure.message;
  EXPECT_FALSE(answer.programs[0].failure)
      << answer.programs[0].failure.message;
  EXPECT_EQ(answer.programs[0].launches[0].dynamicSharedBytes, 90 << 10);
}

TEST_F(RuntimeDevice, RunsFiles) {
  Program program = elementProgram("vadd");
  // Through a temporary: t = a + b, c = t + b.
  program.buffers.push_back({"t", Kind::Temporary, DataType::F32, {elements}});
  program.launches.push_back(program.launches[0]);
  program.launches[0].args[2].buffer = 3;
  program.launches[1].args[0].buffer = 3;
  ASSERT_TRUE(program.save(path("twice")));
  std::vector<float> a(elements), b(elements);
  drawElements(a.data(), DataType::F32, elements, 1, 0, {});
  drawElements(b.data(), DataType::F32, elements, 1, 1, {});
  auto bytes = [](const std::vector<float> &values) {
    return std::string_view(reinterpret_cast<const char *>(values.data()),
                            values.size() * 4);
  };
  ASSERT_TRUE(writeFile(path("a"), bytes(a)));
  ASSERT_TRUE(writeFile(path("b"), bytes(b)));
  RunRequest wanted;
  wanted.program = path("twice");
  wanted.inputs = {path("a"), path("b")};
  wanted.outputs = {path("c")};
  Failure failure = client.run(wanted);
  ASSERT_FALSE(failure) << failure.message;
  std::vector<float> c(elements);
  for (int64_t i = 0; i < elements; ++i)
    c[i] = a[i] + b[i] + b[i];
  Result<std::string> found = readFile(path("c"));
  ASSERT_TRUE(found) << found.error();
  EXPECT_EQ(*found, bytes(c));
  wanted.inputs.pop_back();
  failure = client.run(wanted);
  EXPECT_EQ(failure.kind, FailureKind::BadRequest);
  EXPECT_MENTIONS(failure.message, "has 2 inputs and 1 outputs");
}

TEST_F(RuntimeDevice, PutsConstantsInPlace) {
  Program program = elementProgram("vadd");
  std::vector<float> a(elements), b(elements);
  drawElements(a.data(), DataType::F32, elements, 1, 0, {});
  drawElements(b.data(), DataType::F32, elements, 1, 1, {});
  program.buffers[1].kind = Kind::Constant;
  program.buffers[1].data.assign(reinterpret_cast<const char *>(b.data()),
                                 elements * 4);
  ASSERT_TRUE(program.save(path("constant")));
  auto bytes = [](const std::vector<float> &values) {
    return std::string_view(reinterpret_cast<const char *>(values.data()),
                            values.size() * 4);
  };
  ASSERT_TRUE(writeFile(path("a"), bytes(a)));
  RunRequest wanted;
  wanted.program = path("constant");
  wanted.inputs = {path("a")};
  wanted.outputs = {path("c")};
  Failure failure = client.run(wanted);
  ASSERT_FALSE(failure) << failure.message;
  std::vector<float> c(elements);
  for (int64_t i = 0; i < elements; ++i)
    c[i] = a[i] + b[i];
  Result<std::string> found = readFile(path("c"));
  ASSERT_TRUE(found) << found.error();
  EXPECT_EQ(*found, bytes(c));
}

TEST_F(RuntimeDevice, CopiesThroughATensorMap) {
  if (device->info().computeMajor < 9)
    GTEST_SKIP() << "TMA needs compute capability 9.0";
  Program program;
  program.arch = "sm_90";
  program.name = "tma_copy";
  program.buffers = {{"from", Kind::Input, DataType::F32, {8, 32}},
                     {"to", Kind::Output, DataType::F32, {8, 32}}};
  program.modules = {{"tma", test::tmaKernel(), true}};
  Program::TensorMap map;
  map.dtype = DataType::F32;
  map.dims = {32, 8};
  map.strideBytes = {128};
  map.box = {32, 8};
  Program::Launch launch;
  launch.kernel = "tma_copy";
  launch.module = "tma";
  launch.block = {256, 1, 1};
  launch.args = {{0, map}, {1, {}}};
  program.launches = {launch};
  ASSERT_TRUE(program.save(path("tma")));
  std::string bytes(1024, '\0');
  drawElements(bytes.data(), DataType::F32, 256, 5, 0, {});
  ASSERT_TRUE(writeFile(path("from"), bytes));
  RunRequest wanted;
  wanted.program = path("tma");
  wanted.inputs = {path("from")};
  wanted.outputs = {path("to")};
  Failure failure = client.run(wanted);
  ASSERT_FALSE(failure) << failure.message;
  EXPECT_EQ(*readFile(path("to")), bytes);
}

TEST_F(RuntimeDevice, GuardsBothEnds) {
  Result<DeviceMemory> memory = DeviceMemory::allocate(device, 1001, true);
  ASSERT_TRUE(memory) << memory.error();
  EXPECT_EQ(memory->address() % 256, 0u);
  std::string data(1001, 'd');
  ASSERT_TRUE(memory->upload(data.data(), data.size()));
  EXPECT_EQ(*memory->checkGuards(), "");
  const cuda::Driver &driver = device->driver();
  driver.cuMemcpyHtoD(memory->address() + 1001 + 12, "xyz", 3);
  EXPECT_EQ(*memory->checkGuards(),
            "3 bytes overwritten, the nearest 12 bytes past the end");
  ASSERT_TRUE(memory->restoreGuards());
  EXPECT_EQ(*memory->checkGuards(), "");
  driver.cuMemcpyHtoD(memory->address() - 8, "x", 1);
  EXPECT_EQ(*memory->checkGuards(),
            "1 bytes overwritten, the nearest 8 bytes before the start");
  std::string back(1001, '\0');
  ASSERT_TRUE(memory->download(back.data(), back.size()));
  EXPECT_EQ(back, data);
}

TEST_F(RuntimeDevice, RunsOutOfMemoryPolitely) {
  Program program = elementProgram("vadd");
  program.buffers.push_back(
      {"huge", Kind::Temporary, DataType::F64, {1 << 20, 1 << 20}});
  ASSERT_TRUE(program.save(path("huge")));
  MeasureRequest wanted = request({});
  wanted.programs = {path("huge")};
  EXPECT_EQ(client.measure(wanted).failure.kind, FailureKind::OutOfMemory);
  EXPECT_FALSE(measure({"vadd"}).programs.at(0).failure);
  EXPECT_EQ(client.started(), 1u);
}

TEST_F(RuntimeDevice, TimesCopies) {
  Result<CopyBandwidth> bandwidth = client.copyBandwidth(64 << 20);
  ASSERT_TRUE(bandwidth) << bandwidth.error();
  EXPECT_GE(bandwidth->timing.microseconds.size(), 20u);
  EXPECT_GT(bandwidth->gigabytesPerSecond, 1);
}
