//===- WorkerTest.cpp - Workers that hang, die and talk nonsense ----------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Runtime/Worker.h"
#include "gtest/gtest.h"
#include <chrono>
#include <cmath>
#include <csignal>
#include <fstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace qimeng;

static WorkerClient::Options options() {
  WorkerClient::Options options;
  options.environment = {"QIMENG_WORKER_TEST=1",
                         "QIMENG_LIBCUDA=/nonexistent/libcuda.so"};
  options.startupSeconds = 0;
  return options;
}

static WorkerClient::Reply inject(WorkerClient &client, const char *fault,
                                  double seconds) {
  return client.request(
      std::string("{\"request\":\"test-fault\",\"fault\":\"") + fault + "\"}",
      seconds);
}

#define EXPECT_MENTIONS(text, part)                                            \
  EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST(Worker, SaysThatThereIsNoDriver) {
  WorkerClient client(options());
  Result<DeviceInfo> info = client.describe();
  ASSERT_FALSE(info);
  EXPECT_MENTIONS(info.error(), "no CUDA driver");
  MeasureRequest request;
  request.programs = {"/nonexistent"};
  EXPECT_EQ(client.measure(request).failure.kind, FailureKind::NoDriver);
  EXPECT_EQ(client.started(), 1u);
}

TEST(Worker, RefusesBadRequests) {
  WorkerClient client(options());
  EXPECT_MENTIONS(client.request("{\"request\":\"dance\"}", 10).answer,
                  "unknown request 'dance'");
  EXPECT_MENTIONS(client.request("{", 10).answer, "bad-request");
  EXPECT_MENTIONS(client.request("[1]", 10).answer, "expected an object");
  EXPECT_MENTIONS(
      client
          .request("{\"request\":\"measure\",\"programs\":[\"a\"],\"x\":1}", 10)
          .answer,
      "'x' is unknown");
  EXPECT_EQ(client.started(), 1u);
}

TEST(Worker, IsKilledWhenItHangs) {
  WorkerClient client(options());
  ASSERT_FALSE(client.request("{\"request\":\"describe\"}", 10).failure);
  pid_t first = client.process();
  auto start = std::chrono::steady_clock::now();
  WorkerClient::Reply reply = inject(client, "sleep", 0.3);
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(reply.failure.kind, FailureKind::Timeout);
  EXPECT_MENTIONS(reply.failure.message, "within 0.3 seconds");
  EXPECT_LT(took.count(), 5);
  EXPECT_EQ(::kill(first, 0), -1);
  // The next request finds a fresh one.
  EXPECT_FALSE(client.request("{\"request\":\"describe\"}", 10).failure);
  EXPECT_NE(client.process(), first);
  EXPECT_EQ(client.started(), 2u);
}

TEST(Worker, DeathIsReported) {
  WorkerClient client(options());
  WorkerClient::Reply reply = inject(client, "abort", 10);
  EXPECT_EQ(reply.failure.kind, FailureKind::Died);
  EXPECT_MENTIONS(reply.failure.message, "signal 6");
  reply = inject(client, "exit", 10);
  EXPECT_EQ(reply.failure.kind, FailureKind::Died);
  EXPECT_MENTIONS(reply.failure.message, "exited with status 7");
  EXPECT_FALSE(client.request("{\"request\":\"describe\"}", 10).failure);
  EXPECT_EQ(client.started(), 3u);
}

TEST(Worker, GarbageIsReported) {
  WorkerClient client(options());
  WorkerClient::Reply reply = inject(client, "garbage", 10);
  EXPECT_EQ(reply.failure.kind, FailureKind::BadAnswer);
  EXPECT_MENTIONS(reply.failure.message, "this is no JSON");
  EXPECT_FALSE(client.request("{\"request\":\"describe\"}", 10).failure);
}

TEST(Worker, KilledBetweenRequestsIsReplaced) {
  WorkerClient client(options());
  ASSERT_FALSE(client.request("{\"request\":\"describe\"}", 10).failure);
  ::kill(client.process(), SIGKILL);
  WorkerClient::Reply reply = client.request("{\"request\":\"describe\"}", 10);
  EXPECT_EQ(reply.failure.kind, FailureKind::Died);
  EXPECT_MENTIONS(reply.failure.message, "signal 9");
  EXPECT_FALSE(client.request("{\"request\":\"describe\"}", 10).failure);
}

TEST(Worker, FaultsOnlyInTests) {
  WorkerClient::Options plain = options();
  plain.environment[0] = "QIMENG_WORKER_TEST=0";
  WorkerClient client(plain);
  WorkerClient::Reply reply = inject(client, "abort", 10);
  EXPECT_FALSE(reply.failure);
  EXPECT_MENTIONS(reply.answer, "QIMENG_WORKER_TEST=1");
}

TEST(Worker, MissingExecutable) {
  WorkerClient::Options missing = options();
  missing.executable = "/nonexistent/tool";
  WorkerClient client(missing);
  WorkerClient::Reply reply = client.request("{}", 1);
  EXPECT_EQ(reply.failure.kind, FailureKind::Died);
}

TEST(Worker, OutlivesTheThreadThatStartedIt) {
  WorkerClient client(options());
  std::thread([&] {
    EXPECT_FALSE(client.request("{\"request\":\"describe\"}", 10).failure);
  }).join();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_FALSE(client.request("{\"request\":\"describe\"}", 10).failure);
  EXPECT_EQ(client.started(), 1u);
}

/// Whether the process runs: neither gone nor only waiting to be collected.
static bool runs(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string pid, name, state;
  return file >> pid >> name >> state && state != "Z" && state != "X";
}

TEST(Worker, EndsWithItsParent) {
  int channel[2];
  ASSERT_EQ(::pipe(channel), 0);
  pid_t parent = ::fork();
  if (parent == 0) {
    WorkerClient client(options());
    (void)client.request("{\"request\":\"describe\"}", 10);
    pid_t worker = client.process();
    (void)!::write(channel[1], &worker, sizeof worker);
    // Killed in here, with the worker busy for ever.
    (void)inject(client, "sleep", 60);
    ::_exit(0);
  }
  pid_t worker = 0;
  ASSERT_EQ(::read(channel[0], &worker, sizeof worker), ssize_t(sizeof worker));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_TRUE(runs(worker));
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  for (int i = 0; i < 100 && runs(worker); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_FALSE(runs(worker));
}

TEST(MeasureJson, RequestComesBack) {
  MeasureRequest request;
  request.programs = {"a", "b"};
  request.reference = "r";
  request.seed = ~uint64_t(0);
  request.draw = {Draw::Mode::Uniform, 0.01};
  request.checks = {{Draw::Mode::NaN, 1}, {Draw::Mode::Large, -1}};
  request.tolerance = Tolerance{1, 2, 3};
  request.repeats = 5;
  request.reruns = 100;
  request.rerunSeconds = 0.5;
  request.rerunBelowMicroseconds = 12;
  Result<MeasureRequest> parsed = MeasureRequest::fromJson(request.toJson());
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_EQ(parsed->toJson(), request.toJson());
  EXPECT_EQ(parsed->seed, request.seed);
}

TEST(MeasureJson, AnswerComesBack) {
  MeasureAnswer answer;
  answer.rotations = 2;
  answer.programs.resize(2);
  answer.programs[0].failure = {FailureKind::Mismatch, "wrong"};
  answer.programs[0].outputs.resize(1);
  answer.programs[0].outputs[0].comparison.gotThere = NAN;
  answer.programs[1].timing.microseconds = {1.5, 2};
  answer.programs[1].reruns = 17;
  answer.programs[1].launches.push_back({"k", 32, 0, 0, 1024, 128, 7, 2, 0.5});
  Result<MeasureAnswer> parsed = MeasureAnswer::fromJson(answer.toJson());
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_EQ(parsed->toJson(), answer.toJson());
  EXPECT_EQ(parsed->programs[0].failure.kind, FailureKind::Mismatch);
  EXPECT_TRUE(std::isnan(parsed->programs[0].outputs[0].comparison.gotThere));
}
