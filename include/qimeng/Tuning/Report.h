//===- Report.h - A tuning session on one page ------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The page is one HTML file that needs nothing else: no script, no font, no
// picture from outside; its content policy forbids them. Every text in it
// (names, diagnostics, recipes) counts as untrusted and is escaped.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TUNING_REPORT_H
#define QIMENG_TUNING_REPORT_H

#include "qimeng/Support/Result.h"
#include "qimeng/Tuning/Trial.h"
#include <utility>

namespace qimeng {

/// A kernel of the best candidate, with the roof it stands under.
struct ReportKernel : KernelFacts {
  ReportKernel() = default;
  ReportKernel(KernelFacts facts, double peakTFLOPs)
      : KernelFacts(std::move(facts)), peakTFLOPs(peakTFLOPs) {}
  /// Dense peak of the device in `precision`; 0 when unknown.
  double peakTFLOPs = 0;
};

struct ReportData {
  /// Name of what was tuned, "mlp_gelu".
  std::string title;
  /// The tensor program, as read.
  std::string programText;
  /// The device in words, "NVIDIA H200, 132 multiprocessors, 4.8 TB/s", and the
  /// architecture compiled for.
  std::string device;
  std::string arch;
  /// Whether the times below were measured on the device or predicted by the
  /// cost model. The page says which, wherever it shows a time.
  bool measured = false;
  /// Device-memory bandwidth used as the memory roof, GB/s; 0 when unknown.
  double peakGBps = 0;

  /// The best candidate.
  std::string bestRecipe;
  std::vector<ReportKernel> kernels;

  /// All trials of the session, by step.
  std::vector<Trial> trials;
  int64_t stepBudget = 0;

  /// Whole program, microseconds. Absent when no trial was verified.
  std::optional<double> firstCorrectMicroseconds;
  std::optional<double> bestMicroseconds;
  /// The least time that the roofline allows: for each kernel the larger of
  /// bytes over bandwidth and operations over peak, summed.
  std::optional<double> floorMicroseconds;
  double wallSeconds = 0;

  /// Versions and settings, shown in this order.
  std::vector<std::pair<std::string, std::string>> environment;
  /// The command that repeats the session.
  std::string reproduceCommand;
  /// Things a reader must know, one paragraph each ("ptxas was not found ...").
  std::vector<std::string> notes;
};

/// Fills first-correct and best time from `trials`: the verified trial of the
/// least step, and the fastest verified one.
void deriveTimes(ReportData &data);

/// The page.
std::string renderReport(const ReportData &data);

/// Writes the page; `path` holds its old or its new content, never a part.
Status writeReport(const std::string &path, const ReportData &data);

/// The result in a few lines of plain text, for the end of a session.
std::string summarizeReport(const ReportData &data);

} // namespace qimeng

#endif // QIMENG_TUNING_REPORT_H
