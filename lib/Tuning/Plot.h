//===- Plot.h - The report's pictures ---------------------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Inline SVG; colours and type come from the classes in ReportStyle.h.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_TUNING_PLOT_H
#define QIMENG_LIB_TUNING_PLOT_H

#include "qimeng/Tuning/Report.h"

namespace qimeng {

/// How a trial is drawn and named: its status, with verified ones split by
/// whether the search went on from them.
enum class Mark { accepted, notFaster, refused, failed, crashed, timedOut };
inline constexpr Mark allMarks[] = {Mark::accepted, Mark::notFaster,
                                    Mark::refused,  Mark::failed,
                                    Mark::crashed,  Mark::timedOut};
Mark markOf(const Trial &trial);
/// "not faster"; the class is the same with hyphens for spaces.
std::string_view nameOf(Mark mark);
std::string classOf(Mark mark);
/// The mark as an SVG element centred at (x, y), `size` its half width.
std::string drawMark(Mark mark, double x, double y, double size);

/// Least time that the roofline allows a kernel, microseconds: the larger of
/// bytes over bandwidth and operations over peak. Absent without either.
std::optional<double> kernelFloor(const ReportKernel &kernel, double peakGBps);

/// Trials over steps: speed-up on a log axis, one mark per trial, the best so
/// far as a line, trials without a time in lanes below. Empty without trials.
std::string plotSearch(const ReportData &data);

/// Arithmetic intensity against rate, log-log, with the memory roof and one
/// compute roof per precision; kernels by their number in the kernel table.
/// Empty when no kernel has a time, bytes and operations.
std::string plotRoofline(const ReportData &data);

} // namespace qimeng

#endif // QIMENG_LIB_TUNING_PLOT_H
