//===- Plot.cpp - The report's pictures -----------------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Plot.h"
#include "Text.h"
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

namespace qimeng {

Mark markOf(const Trial &trial) {
  switch (trial.status) {
  case TrialStatus::verified:
    return trial.accepted ? Mark::accepted : Mark::notFaster;
  case TrialStatus::refused:
    return Mark::refused;
  case TrialStatus::failed:
    return Mark::failed;
  case TrialStatus::crashed:
    return Mark::crashed;
  case TrialStatus::timedOut:
    return Mark::timedOut;
  }
  return Mark::failed;
}

std::string_view nameOf(Mark mark) {
  switch (mark) {
  case Mark::accepted:
    return "accepted";
  case Mark::notFaster:
    return "not faster";
  case Mark::refused:
    return "refused";
  case Mark::failed:
    return "failed";
  case Mark::crashed:
    return "crashed";
  case Mark::timedOut:
    return "timed out";
  }
  return "";
}

std::string classOf(Mark mark) {
  std::string name(nameOf(mark));
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

/// A coordinate: a tenth of a pixel is as fine as it need be.
static std::string px(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.1f", value);
  return buffer;
}

std::string drawMark(Mark mark, double x, double y, double size) {
  std::string head = "class=\"mark " + classOf(mark) + "\"";
  auto at = [&](double dx, double dy) {
    return px(x + dx * size) + " " + px(y + dy * size);
  };
  // Shapes differ, so that the plot reads without colour too.
  switch (mark) {
  case Mark::accepted:
  case Mark::notFaster:
    return "<circle " + head + " cx=\"" + px(x) + "\" cy=\"" + px(y) +
           "\" r=\"" + px(size) + "\"/>";
  case Mark::refused:
    return "<path " + head + " d=\"M" + at(-.8, -.8) + "L" + at(.8, .8) + "M" +
           at(-.8, .8) + "L" + at(.8, -.8) + "\"/>";
  case Mark::failed:
    return "<path " + head + " d=\"M" + at(0, -1) + "L" + at(1, .8) + "L" +
           at(-1, .8) + "Z\"/>";
  case Mark::crashed:
    return "<path " + head + " d=\"M" + at(-.85, -.85) + "L" + at(.85, -.85) +
           "L" + at(.85, .85) + "L" + at(-.85, .85) + "Z\"/>";
  case Mark::timedOut:
    return "<path " + head + " d=\"M" + at(0, -1.1) + "L" + at(1.1, 0) + "L" +
           at(0, 1.1) + "L" + at(-1.1, 0) + "Z\"/>";
  }
  return "";
}

std::optional<double> kernelFloor(const ReportKernel &kernel, double peakGBps) {
  double floor = 0;
  if (kernel.bytes && peakGBps > 0)
    floor = *kernel.bytes / (peakGBps * 1e3);
  if (kernel.flops && kernel.peakTFLOPs > 0)
    floor = std::max(floor, *kernel.flops / (kernel.peakTFLOPs * 1e6));
  return floor > 0 ? std::optional<double>(floor) : std::nullopt;
}

namespace {

/// A logarithmic axis from value `low` at pixel `from` to `high` at `to`.
struct LogAxis {
  double low, high, from, to;

  double at(double value) const {
    return from + (to - from) * (std::log10(value) - std::log10(low)) /
                      (std::log10(high) - std::log10(low));
  }
  double decades() const { return std::log10(high / low); }

  /// Round values: 1, 2, 5 of each decade on a short axis, powers of ten on a
  /// long one, about eight at most.
  std::vector<double> ticks() const {
    std::vector<double> values;
    int every = std::max(1, int(std::ceil(decades() / 8)));
    bool fine = decades() < 2.6;
    for (int power = std::floor(std::log10(low)); power <= std::log10(high);
         ++power)
      for (double digit : {1., 1.5, 2., 3., 5., 7.}) {
        bool wanted = digit == 1                 ? fine || power % every == 0
                      : digit == 2 || digit == 5 ? fine
                                                 : decades() < 0.7;
        double value = digit * std::pow(10., power);
        if (wanted && value >= low * 0.999 && value <= high * 1.001)
          values.push_back(value);
      }
    return values;
  }
};

std::string text(double x, double y, std::string_view anchor,
                 std::string_view words, std::string_view extra = "") {
  return "<text x=\"" + px(x) + "\" y=\"" + px(y) + "\" text-anchor=\"" +
         std::string(anchor) + "\"" + std::string(extra) + ">" +
         escapeHtml(words) + "</text>";
}

std::string line(std::string_view kind, double x1, double y1, double x2,
                 double y2) {
  return "<line class=\"" + std::string(kind) + "\" x1=\"" + px(x1) +
         "\" y1=\"" + px(y1) + "\" x2=\"" + px(x2) + "\" y2=\"" + px(y2) +
         "\"/>";
}

std::string rotated(double angle, double x, double y) {
  return " transform=\"rotate(" + px(angle) + " " + px(x) + " " + px(y) + ")\"";
}

std::string plainNumber(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%g", value);
  return buffer;
}

std::string timeTick(double us) {
  return us >= 1e6   ? plainNumber(us / 1e6) + " s"
         : us >= 1e3 ? plainNumber(us / 1e3) + " ms"
                     : plainNumber(us) + " µs";
}

std::string numberTick(double value) {
  return value >= 1e6   ? plainNumber(value / 1e6) + " M"
         : value >= 1e4 ? plainNumber(value / 1e3) + " k"
                        : plainNumber(value);
}

constexpr double width = 1000;

std::string openSvg(double height, std::string_view label) {
  return "<svg viewBox=\"0 0 " + px(width) + " " + px(height) +
         "\" role=\"img\" aria-label=\"" + escapeHtml(label) + "\">\n";
}

std::string tooltip(const Trial &trial, std::optional<double> us) {
  std::string words = "step " + std::to_string(trial.step) + ": " +
                      fitColumns(printable(trial.action), 120) + "\n" +
                      std::string(nameOf(markOf(trial)));
  if (us)
    words += ", " + formatMicroseconds(*us, "µ");
  else if (trial.status != TrialStatus::verified)
    words += " in " + std::string(nameOf(trial.phase));
  return "<title>" + escapeHtml(words) + "</title>";
}

} // namespace

std::string plotSearch(const ReportData &data) {
  if (data.trials.empty())
    return "";
  constexpr double left = 76, right = width - 84, top = 30, bottom = 330,
                   laneHeight = 20;
  int64_t lastStep = 1;
  double fastest = 0, slowest = 0;
  std::map<Mark, size_t> lanes; // of trials without a time
  for (const Trial &trial : data.trials) {
    lastStep = std::max(lastStep, trial.step);
    if (std::optional<double> us = trial.microseconds(data.measured)) {
      fastest = fastest > 0 ? std::min(fastest, *us) : *us;
      slowest = std::max(slowest, *us);
    } else {
      lanes[markOf(trial)] = 0;
    }
  }
  bool timed = fastest > 0 && data.firstCorrectMicroseconds;
  double lanesTop = timed ? bottom + 14 : top;
  size_t lane = 0;
  for (auto &entry : lanes)
    entry.second = lane++;
  double axisY = lanesTop + laneHeight * lanes.size() + 6;
  auto atStep = [&](double step) {
    return left + 12 + (right - left - 24) * step / double(lastStep);
  };

  std::string svg = openSvg(axisY + 48, "Speed of each trial over the steps");
  double size = data.trials.size() > 400   ? 2.5
                : data.trials.size() > 150 ? 3.5
                                           : 4.5;

  // Steps.
  double every = std::pow(10., std::floor(std::log10(lastStep)));
  for (double finer : {0.5, 0.2, 0.1})
    if (lastStep / (every * finer) <= 12 && every * finer >= 1) {
      every *= finer;
      break;
    }
  for (double step = 0; step <= lastStep + 0.5; step += every) {
    svg += line("tick", atStep(step), axisY, atStep(step), axisY + 5);
    svg += text(atStep(step), axisY + 19, "middle", plainNumber(step));
  }
  svg += line("axis", left, axisY, right, axisY);
  svg += text((left + right) / 2, axisY + 40, "middle", "step",
              " class=\"label\"");

  if (timed) {
    double first = *data.firstCorrectMicroseconds;
    double floor = data.floorMicroseconds.value_or(0);
    double top_ = first / (floor > 0 ? std::min(floor, fastest) : fastest);
    LogAxis speed{std::min(first / slowest, 1.0) / 1.25, top_ * 1.35, bottom,
                  top};
    for (double value : speed.ticks()) {
      double y = speed.at(value);
      svg += line("grid", left, y, right, y);
      svg += text(left - 10, y + 4, "end", numberTick(value) + "×");
    }
    LogAxis time{first / speed.low, first / speed.high, bottom, top};
    LogAxis upright{first / speed.high, first / speed.low, top, bottom};
    for (double value : upright.ticks()) {
      svg += line("tick", right, time.at(value), right + 5, time.at(value));
      svg += text(right + 10, time.at(value) + 4, "start", timeTick(value));
    }
    svg += line("axis", left, top, left, bottom);
    svg += line("axis", right, top, right, bottom);
    double middle = (top + bottom) / 2;
    svg += text(20, middle, "middle", "speed-up over first correct (log)",
                " class=\"label\"" + rotated(-90, 20, middle));
    svg += text(width - 6, middle, "middle",
                data.measured ? "time per call, measured"
                              : "time per call, predicted",
                " class=\"label\"" + rotated(-90, width - 6, middle));
    if (floor > 0) {
      double y = speed.at(first / floor);
      svg += line("floor", left, y, right, y);
      svg += text(left + 10, y - 7, "start",
                  "roofline floor " + formatMicroseconds(floor, "µ"),
                  " class=\"floor-label\"");
    }

    // The best so far, as steps, and its area.
    std::string path;
    double best = 0, endX = atStep(lastStep), startX = 0;
    const Trial *bestTrial = nullptr;
    for (const Trial &trial : data.trials) {
      std::optional<double> us = trial.microseconds(data.measured);
      if (!us || (best > 0 && *us >= best))
        continue;
      std::string x = px(atStep(trial.step)), y = px(speed.at(first / *us));
      if (path.empty()) {
        path = "M" + x + " " + y;
        startX = atStep(trial.step);
      } else {
        path += "H" + x + "V" + y;
      }
      best = *us;
      bestTrial = &trial;
    }
    path += "H" + px(endX);
    svg += "<path class=\"best-area\" d=\"" + path + "V" + px(bottom) + "H" +
           px(startX) + "Z\"/>";
    svg += "<path class=\"best-line\" d=\"" + path + "\"/>\n";

    for (const Trial &trial : data.trials)
      if (std::optional<double> us = trial.microseconds(data.measured))
        svg += "<g>" + tooltip(trial, us) +
               drawMark(markOf(trial), atStep(trial.step),
                        speed.at(first / *us), size) +
               "</g>\n";
    double x = atStep(bestTrial->step), y = speed.at(first / best);
    svg += "<circle class=\"best-ring\" cx=\"" + px(x) + "\" cy=\"" + px(y) +
           "\" r=\"" + px(size + 4) + "\"/>";
    // Above and before the best there is no mark: nothing earlier was faster.
    bool roomBefore = x > left + 200;
    svg += text(roomBefore ? x - size - 8 : x + size + 8, y - 9,
                roomBefore ? "end" : "start",
                "best " + formatMicroseconds(best, "µ") + ", " +
                    formatFactor(first / best, "×"),
                " class=\"best-label\"");
  }

  for (const auto &[mark, row] : lanes) {
    double y = lanesTop + laneHeight * (row + 0.5);
    svg += line("lane", left, y, right, y);
    bool verified = mark == Mark::accepted || mark == Mark::notFaster;
    svg += text(left - 10, y + 4, "end",
                verified ? "no time" : std::string(nameOf(mark)),
                " class=\"lane-label\"");
  }
  for (const Trial &trial : data.trials)
    if (!trial.microseconds(data.measured))
      svg +=
          "<g>" + tooltip(trial, std::nullopt) +
          drawMark(markOf(trial), atStep(trial.step),
                   lanesTop + laneHeight * (lanes[markOf(trial)] + 0.5), size) +
          "</g>\n";
  return svg + "</svg>\n";
}

std::string plotRoofline(const ReportData &data) {
  struct Point {
    double intensity, rate, roof;
    std::string label, title;
  };
  std::vector<Point> points;
  std::map<double, std::string> roofs; // peak TFLOP/s -> precisions
  for (size_t i = 0; i < data.kernels.size(); ++i) {
    const ReportKernel &kernel = data.kernels[i];
    auto usable = [](const std::optional<double> &value) {
      return value && std::isfinite(*value) && *value > 0;
    };
    if (!usable(kernel.microseconds) || !usable(kernel.bytes) ||
        !usable(kernel.flops) || !usable(kernel.peakTFLOPs))
      continue;
    double intensity = *kernel.flops / *kernel.bytes;
    double rate = *kernel.flops / (*kernel.microseconds * 1e6);
    double roof = std::min(kernel.peakTFLOPs, intensity * data.peakGBps / 1e3);
    points.push_back({intensity, rate, roof, std::to_string(i + 1),
                      fitColumns(printable(kernel.name), 80) + ": " +
                          formatNumber(rate) + " TFLOP/s, " +
                          formatNumber(100 * rate / roof) + " % of its roof"});
    std::string &names = roofs[kernel.peakTFLOPs];
    std::string precision = fitColumns(printable(kernel.precision), 24);
    if (names.find(precision) == std::string::npos)
      names += (names.empty() ? "" : ", ") + precision;
  }
  if (points.empty() || data.peakGBps <= 0)
    return "";

  constexpr double left = 76, right = width - 40, top = 24, bottom = 350;
  double bandwidth = data.peakGBps / 1e3; // TFLOP/s per FLOP/byte
  double highRoof = roofs.rbegin()->first;
  double low = highRoof / bandwidth, high = low, lowRate = highRoof,
         highRate = highRoof;
  for (const Point &point : points) {
    low = std::min(low, point.intensity);
    high = std::max(high, point.intensity);
    lowRate = std::min({lowRate, point.rate, point.roof});
    highRate = std::max(highRate, point.rate);
  }
  LogAxis x{low / 5, high * 6, left, right};
  LogAxis y{lowRate / 4, highRate * 2, bottom, top};

  std::string svg =
      openSvg(bottom + 54, "Roofline: rate of each kernel over its intensity");
  for (double value : x.ticks()) {
    svg += line("grid", x.at(value), top, x.at(value), bottom);
    svg += text(x.at(value), bottom + 19, "middle", numberTick(value));
  }
  for (double value : y.ticks()) {
    svg += line("grid", left, y.at(value), right, y.at(value));
    svg += text(left - 10, y.at(value) + 4, "end", numberTick(value));
  }
  svg += line("axis", left, bottom, right, bottom);
  svg += line("axis", left, top, left, bottom);
  svg += text((left + right) / 2, bottom + 42, "middle",
              "arithmetic intensity (FLOP per byte of device memory, log)",
              " class=\"label\"");
  svg += text(20, (top + bottom) / 2, "middle", "rate (TFLOP/s, log)",
              " class=\"label\"" + rotated(-90, 20, (top + bottom) / 2));

  // The memory roof enters at the left edge or, where it is lower there than
  // the picture, at the bottom.
  double enter = std::max(x.low, y.low / bandwidth);
  double ridge = highRoof / bandwidth;
  svg += line("roof", x.at(enter), y.at(enter * bandwidth), x.at(ridge),
              y.at(highRoof));
  double angle =
      -std::atan2((bottom - top) / y.decades(), (right - left) / x.decades()) *
      180 / M_PI;
  // Below the ridges of the lower roofs, as a rule.
  double along = std::pow(enter, 0.7) * std::pow(ridge, 0.3);
  double labelX = x.at(along), labelY = y.at(along * bandwidth);
  svg += text(labelX, labelY - 8, "middle",
              "memory " + formatNumber(data.peakGBps) + " GB/s",
              " class=\"roof-label\"" + rotated(angle, labelX, labelY));
  for (const auto &[peak, names] : roofs) {
    svg += line("roof", x.at(peak / bandwidth), y.at(peak), right, y.at(peak));
    svg += text(right - 6, y.at(peak) - 8, "end",
                (names.empty() ? std::string() : names + " ") +
                    formatNumber(peak) + " TFLOP/s",
                " class=\"roof-label\"");
  }

  // Points that would hide each other share one list of numbers.
  std::vector<std::string> labels(points.size());
  for (size_t i = 0; i < points.size(); ++i) {
    size_t owner = i;
    for (size_t j = 0; j < i; ++j)
      if (!labels[j].empty() &&
          std::hypot(x.at(points[i].intensity) - x.at(points[j].intensity),
                     y.at(points[i].rate) - y.at(points[j].rate)) < 16) {
        owner = j;
        break;
      }
    labels[owner] += (labels[owner].empty() ? "" : ", ") + points[i].label;
  }
  for (size_t i = 0; i < points.size(); ++i) {
    const Point &point = points[i];
    double px_ = x.at(point.intensity), py = y.at(point.rate);
    svg += line("headroom", px_, py, px_, y.at(point.roof));
    svg += "<g><title>" + escapeHtml(point.title) +
           "</title><circle class=\"point\" cx=\"" + px(px_) + "\" cy=\"" +
           px(py) + "\" r=\"6\"/></g>";
    if (!labels[i].empty())
      svg +=
          text(px_ + 11, py + 14, "start", labels[i], " class=\"point-label\"");
    svg += "\n";
  }
  return svg + "</svg>\n";
}

} // namespace qimeng
