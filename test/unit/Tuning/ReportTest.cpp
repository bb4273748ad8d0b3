//===- ReportTest.cpp - One page, whatever is put on it -------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Tuning/Report.h"
#include "../../../lib/Tuning/Plot.h"
#include "TrialSamples.h"
#include "qimeng/Support/File.h"
#include <algorithm>
#include <gtest/gtest.h>
#include <limits>
#include <set>

using namespace qimeng;

namespace {

/// A session of all kinds of trials, with `word` as every text that comes from
/// outside.
ReportData session(const std::string &word) {
  ReportData data;
  data.title = data.programText = data.device = data.arch = word;
  data.bestRecipe = data.reproduceCommand = word;
  data.measured = true;
  data.peakGBps = 4800;
  data.environment = {{word, word}};
  data.notes = {word};
  data.floorMicroseconds = 40;
  data.stepBudget = 8;
  data.wallSeconds = 12;
  const TrialStatus statuses[] = {TrialStatus::verified, TrialStatus::verified,
                                  TrialStatus::refused,  TrialStatus::failed,
                                  TrialStatus::crashed,  TrialStatus::timedOut,
                                  TrialStatus::verified};
  int64_t step = 0;
  for (TrialStatus status : statuses) {
    Trial trial = sampleTrial(step, 1000.0 / (step + 1));
    trial.status = status;
    trial.accepted = step != 1;
    trial.action = word;
    trial.planner = trial.coder = trial.device = trial.sessionKey = word;
    trial.diagnostics = step % 2 ? word : word + "\n" + word;
    trial.kernels[0].name = trial.kernels[0].grid = word;
    trial.createdMilliseconds = 1700000000000;
    data.trials.push_back(trial);
    ++step;
  }
  deriveTimes(data);
  KernelFacts kernel = sampleTrial(0).kernels[0];
  kernel.name = kernel.grid = kernel.precision = word;
  kernel.microseconds = 100;
  kernel.bytes = 1e8;
  kernel.flops = 5e10;
  data.kernels.push_back({kernel, 989});
  return data;
}

/// Everything between '<' and '>', in order.
std::vector<std::string> tags(const std::string &html) {
  std::vector<std::string> found;
  for (size_t at = html.find('<'); at != std::string::npos;
       at = html.find('<', at)) {
    size_t end = html.find('>', at);
    found.push_back(html.substr(at, end - at + 1));
    at = end;
  }
  return found;
}

TEST(Report, HostileTextAddsNoTagAndNoAttribute) {
  const std::string attacks[] = {
      "<script>alert(1)</script>",
      "\"><img src=x onerror=alert(1)>",
      "' onmouseover='alert(1)",
      "</title></style></pre><iframe src=//evil>",
      "<!-- --><![CDATA[ <svg onload=1>",
      "&lt;b&gt; &#60;i&#62; `x`",
      "\xc0\xbcscript\xc0\xbe <\xe2<b> \xff<",
      "\u202E<gpj.exe>\u2066",
  };
  for (const std::string &attack : attacks) {
    // As long as the attack, so that nothing is folded or cut differently.
    std::string harmless(attack.size(), 'x');
    std::string page = renderReport(session(attack));
    EXPECT_EQ(tags(page), tags(renderReport(session(harmless)))) << attack;
    EXPECT_EQ(page.find(attack), std::string::npos) << attack;
  }
}

TEST(Report, NeedsNothingFromOutsideAndRunsNothing) {
  std::string page = renderReport(session("word"));
  for (const char *reference :
       {"http://", "https://", "url(", "src=", "href=", "@import", "<script",
        "<link", "<iframe", "<object", " on"})
    for (const std::string &tag : tags(page))
      EXPECT_EQ(tag.find(reference), std::string::npos) << tag;
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
}

/// Every element is closed, in the right order.
TEST(Report, ElementsNest) {
  const std::set<std::string> empty = {"meta", "input", "circle",
                                       "path", "line",  "!DOCTYPE"};
  for (const std::string &page :
       {renderReport(session("word")), renderReport(ReportData())}) {
    std::vector<std::string> open;
    for (const std::string &tag : tags(page)) {
      bool closes = tag[1] == '/';
      std::string name = tag.substr(
          1 + closes, tag.find_first_of(" />", 1 + closes) - 1 - closes);
      if (closes) {
        ASSERT_FALSE(open.empty());
        EXPECT_EQ(open.back(), name);
        open.pop_back();
      } else if (!empty.count(name)) {
        open.push_back(name);
      }
    }
    EXPECT_TRUE(open.empty());
  }
}

TEST(Report, SaysTheResult) {
  ReportData data = session("word");
  EXPECT_EQ(data.firstCorrectMicroseconds, 1000);
  EXPECT_DOUBLE_EQ(*data.bestMicroseconds, 1000.0 / 7);
  std::string page = renderReport(data);
  EXPECT_NE(page.find("<b>143 µs</b> per call: <b>7.00×</b> faster than the "
                      "first correct kernel (1.00 ms) and <b>28.0 %</b> of "
                      "the speed that the roofline allows (40.0 µs)."),
            std::string::npos);
  EXPECT_NE(page.find("\">measured</span>"), std::string::npos);
  EXPECT_EQ(page.find("predicted by the cost model"), std::string::npos);
  for (const char *section :
       {"Speed over steps", "Roofline", "Kernels of the best candidate",
        "Best recipe", "Trials", "Tensor program", "Environment"})
    EXPECT_NE(page.find("<h2>" + std::string(section)), std::string::npos);
  EXPECT_NE(page.find("timed out in measure"), std::string::npos);
}

TEST(Report, SaysWhatWasCutOff) {
  ReportData data = session("word");
  EXPECT_EQ(renderReport(data).find("much slower"), std::string::npos);
  data.trials[0].cutOff = true;
  data.trials[0].samples = 3;
  data.trials[1].reruns = 100;
  EXPECT_NE(renderReport(data).find("the same bits in 100 more runs"),
            std::string::npos);
  EXPECT_NE(renderReport(data).find("much slower than the best: timed 3 calls"),
            std::string::npos);
}

TEST(Report, SaysWhenTimesArePredicted) {
  ReportData data = session("word");
  data.measured = false;
  deriveTimes(data);
  EXPECT_DOUBLE_EQ(*data.firstCorrectMicroseconds, 1200);
  std::string page = renderReport(data);
  EXPECT_NE(page.find("predicted by the cost model; nothing ran on a device"),
            std::string::npos);
  EXPECT_EQ(page.find("\">measured</span>"), std::string::npos);
  EXPECT_NE(summarizeReport(data).find("predicted by the cost model"),
            std::string::npos);
}

TEST(Report, DoubtsATimeBelowTheFloor) {
  ReportData data = session("word");
  EXPECT_EQ(renderReport(data).find("below the roofline floor"),
            std::string::npos);
  data.floorMicroseconds = 500;
  EXPECT_NE(renderReport(data).find("below the roofline floor"),
            std::string::npos);
  EXPECT_NE(summarizeReport(data).find("below the floor is an error"),
            std::string::npos);
}

TEST(Report, NothingCorrect) {
  ReportData data = session("word");
  for (Trial &trial : data.trials)
    trial.status = TrialStatus::refused;
  deriveTimes(data);
  std::string page = renderReport(data);
  EXPECT_NE(page.find("No correct kernel was found in 7 trials."),
            std::string::npos);
  EXPECT_NE(page.find("<svg"), std::string::npos) << "the lanes are drawn";
  EXPECT_EQ(plotSearch(ReportData()), "");
  EXPECT_EQ(plotRoofline(ReportData()), "");
}

TEST(Report, OddNumbersLeaveNoOddCoordinates) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  ReportData data = session("word");
  data.trials[1].measuredMicroseconds = 0;
  data.trials[2].status = data.trials[3].status = data.trials[4].status =
      TrialStatus::verified;
  data.trials[2].measuredMicroseconds = infinity;
  data.trials[3].measuredMicroseconds = -1;
  data.trials[4].measuredMicroseconds =
      std::numeric_limits<double>::quiet_NaN();
  data.trials[6].measuredMicroseconds = 1e-9;
  data.kernels.push_back(data.kernels[0]);
  data.kernels[1].flops = infinity;
  data.kernels.push_back(data.kernels[0]);
  data.kernels[2].flops = 0;
  deriveTimes(data);
  EXPECT_EQ(data.bestMicroseconds, 1e-9);
  for (const std::string &tag : tags(renderReport(data))) {
    EXPECT_EQ(tag.find("nan"), std::string::npos) << tag;
    EXPECT_EQ(tag.find("inf"), std::string::npos) << tag;
  }
  data.trials.resize(1);
  deriveTimes(data);
  for (const std::string &tag : tags(renderReport(data)))
    EXPECT_EQ(tag.find("nan"), std::string::npos) << tag;
}

TEST(Report, LongTextsAreFoldedAndCut) {
  ReportData data = session("word");
  data.trials[2].diagnostics = "first line\n" + std::string(1 << 20, 'd');
  std::string page = renderReport(data);
  EXPECT_LT(page.size(), 200000u);
  EXPECT_NE(page.find("<summary>first line</summary>"), std::string::npos);
  EXPECT_NE(page.find("whole in the trial log"), std::string::npos);
}

TEST(Report, KernelFloorIsTheLargerOfTheTwo) {
  ReportKernel kernel;
  EXPECT_EQ(kernelFloor(kernel, 4800), std::nullopt);
  kernel.bytes = 4.8e9; // 1 ms at 4800 GB/s
  EXPECT_DOUBLE_EQ(*kernelFloor(kernel, 4800), 1000);
  kernel.flops = 2e12; // 2 ms at 1000 TFLOP/s
  kernel.peakTFLOPs = 1000;
  EXPECT_DOUBLE_EQ(*kernelFloor(kernel, 4800), 2000);
  EXPECT_DOUBLE_EQ(*kernelFloor(kernel, 0), 2000);
}

TEST(Report, SummaryIsPlainAndHarmless) {
  ReportData data = session("word\x1b[2J");
  std::string summary = summarizeReport(data);
  EXPECT_EQ(summary.find('\x1b'), std::string::npos);
  EXPECT_NE(summary.find("  best       143 us measured, 7.00x over the first "
                         "correct (1.00 ms)\n"),
            std::string::npos)
      << summary;
  EXPECT_NE(summary.find("trials     7: 2 accepted, 1 not faster, 1 refused, "
                         "1 failed, 1 crashed, 1 timed out"),
            std::string::npos)
      << summary;
}

TEST(Report, IsWrittenWhole) {
  auto folder = TemporaryFolder::create("qimeng-report");
  ASSERT_TRUE(folder);
  std::string path = folder->path() + "/report.html";
  ReportData data = session("word");
  ASSERT_TRUE(writeReport(path, data));
  EXPECT_EQ(*readFile(path), renderReport(data));
  Status failure = writeReport(folder->path() + "/no/report.html", data);
  ASSERT_FALSE(failure);
  EXPECT_NE(failure.error().find("report.html"), std::string::npos);
}

} // namespace
