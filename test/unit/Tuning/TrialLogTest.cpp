//===- TrialLogTest.cpp - Lines that any JSON reader takes ----------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Tuning/TrialLog.h"
#include "TrialSamples.h"
#include "qimeng/Support/File.h"
#include <gtest/gtest.h>
#include <limits>
#include <nlohmann/json.hpp>

using namespace qimeng;

namespace {

TEST(TrialLog, ALineHoldsTheTrial) {
  Trial trial = sampleTrial(2, 100);
  trial.createdMilliseconds = 1700000000123;
  auto json = nlohmann::json::parse(trialToJson(trial));
  EXPECT_EQ(json["step"], 2);
  EXPECT_EQ(json["status"], "verified");
  EXPECT_EQ(json["phase"], "measure");
  EXPECT_EQ(json["coder"], "built-in");
  EXPECT_EQ(json["attempt"], 0);
  EXPECT_EQ(json["created"], "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(json["measured_us"], 100.0);
  EXPECT_EQ(json["samples"], 30);
  EXPECT_FALSE(json.contains("cut_off"));
  EXPECT_FALSE(json.contains("reruns"));
  trial.reruns = 100;
  EXPECT_EQ(nlohmann::json::parse(trialToJson(trial))["reruns"], 100);
  trial.cutOff = true;
  EXPECT_EQ(nlohmann::json::parse(trialToJson(trial))["cut_off"], true);
  EXPECT_DOUBLE_EQ(json["achieved_gbps"], 1000.0);
  EXPECT_EQ(json["kernels"][0]["registers"], 168);
  EXPECT_FALSE(json["kernels"][0].contains("us")) << "absent, not null or 0";
}

TEST(TrialLog, OddBytesStayOnOneLine) {
  Trial trial = sampleTrial(0);
  trial.diagnostics = "two\nlines, a quote \" and bytes \xff\xfe";
  trial.absoluteError = std::numeric_limits<double>::infinity();
  trial.relativeError = std::numeric_limits<double>::quiet_NaN();
  std::string line = trialToJson(trial);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["diagnostics"],
            "two\nlines, a quote \" and bytes \uFFFD\uFFFD");
  EXPECT_EQ(json["absolute_error"], "inf");
  EXPECT_EQ(json["relative_error"], "nan");
}

TEST(TrialLog, OneLinePerTrial) {
  auto folder = TemporaryFolder::create("qimeng-log");
  ASSERT_TRUE(folder);
  std::string path = folder->path() + "/trials.jsonl";
  ASSERT_TRUE(writeTrialLog(path, {sampleTrial(0), sampleTrial(1)}));
  auto text = readFile(path);
  ASSERT_TRUE(text);
  size_t end = text->find('\n');
  ASSERT_NE(end, std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(text->substr(0, end))["step"], 0);
  EXPECT_EQ(nlohmann::json::parse(text->substr(end))["step"], 1);
  EXPECT_EQ(text->back(), '\n');

  Status failure = writeTrialLog(folder->path() + "/no/trials.jsonl", {});
  EXPECT_FALSE(failure);
}

} // namespace
