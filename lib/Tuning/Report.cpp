//===- Report.cpp - A tuning session on one page --------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Tuning/Report.h"
#include "Plot.h"
#include "ReportStyle.h"
#include "Text.h"
#include "qimeng/Support/File.h"
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

namespace qimeng {

/// A program may hold megabytes of constants, a diagnostic a whole IR dump; the
/// page stays one that a browser opens at once.
static constexpr size_t programBytes = 64 << 10, diagnosticBytes = 4 << 10;

void deriveTimes(ReportData &data) {
  data.firstCorrectMicroseconds.reset();
  data.bestMicroseconds.reset();
  int64_t firstStep = 0;
  for (const Trial &trial : data.trials) {
    std::optional<double> us = trial.microseconds(data.measured);
    if (!us)
      continue;
    if (!data.firstCorrectMicroseconds || trial.step < firstStep) {
      data.firstCorrectMicroseconds = us;
      firstStep = trial.step;
    }
    if (!data.bestMicroseconds || *us < *data.bestMicroseconds)
      data.bestMicroseconds = us;
  }
}

static std::string number(const std::optional<double> &value) {
  return value ? formatNumber(*value) : "–";
}
static std::string number(const std::optional<int64_t> &value) {
  return value ? std::to_string(*value) : "–";
}
static std::string time(const std::optional<double> &us) {
  return us ? formatMicroseconds(*us, "µ") : "–";
}
static std::string percent(double fraction) {
  return formatNumber(100 * fraction) + " %";
}

/// `text` up to `most` bytes, at a character's end, and a word on the rest.
static std::string shorten(const std::string &text, size_t most,
                           const char *whereRest) {
  if (text.size() <= most)
    return text;
  size_t end = most;
  while (end > 0 && (text[end] & 0xc0) == 0x80)
    --end;
  return text.substr(0, end) + "\n… " + formatBytes(text.size() - end) +
         " more, " + whereRest;
}

static std::string icon(Mark mark) {
  return "<svg viewBox=\"0 0 14 14\" aria-hidden=\"true\">" +
         drawMark(mark, 7, 7, 5) + "</svg>";
}

static std::map<Mark, int64_t> countMarks(const ReportData &data) {
  std::map<Mark, int64_t> counts;
  for (const Trial &trial : data.trials)
    ++counts[markOf(trial)];
  return counts;
}

static std::string tally(const ReportData &data) {
  std::string words;
  for (const auto &[mark, count] : countMarks(data))
    words += (words.empty() ? "" : ", ") + std::to_string(count) + " " +
             std::string(nameOf(mark));
  return words;
}

static const Trial *bestTrial(const ReportData &data) {
  const Trial *best = nullptr;
  for (const Trial &trial : data.trials)
    if (std::optional<double> us = trial.microseconds(data.measured))
      if (!best || *us < *best->microseconds(data.measured))
        best = &trial;
  return best;
}

/// The floor over the best time, where both are known.
static std::optional<double> ofFloor(const ReportData &data) {
  if (!data.bestMicroseconds || !data.floorMicroseconds ||
      *data.bestMicroseconds <= 0 || *data.floorMicroseconds <= 0)
    return std::nullopt;
  return *data.floorMicroseconds / *data.bestMicroseconds;
}

static std::string renderHeadline(const ReportData &data) {
  std::string out = "<p class=\"headline\">";
  if (!data.bestMicroseconds || !data.firstCorrectMicroseconds)
    return out + "No correct kernel was found in " +
           std::to_string(data.trials.size()) + " trials.</p>\n";
  double best = *data.bestMicroseconds, first = *data.firstCorrectMicroseconds;
  out += "<b>" + time(best) + "</b> per call" +
         (data.measured ? "" : ", predicted") + ": <b>" +
         formatFactor(first / best, "×") +
         "</b> faster than the first correct kernel (" + time(first) + ")";
  if (std::optional<double> share = ofFloor(data))
    out += " and <b>" + percent(*share) +
           "</b> of the speed that the roofline allows (" +
           time(data.floorMicroseconds) + ")";
  return out + ".</p>\n";
}

static std::string tile(const std::string &name, const std::string &value,
                        const std::string &detail) {
  return "<div><dt>" + name + "</dt><dd>" + value + "<small>" +
         escapeHtml(detail) + "</small></dd></div>\n";
}

static std::string renderTiles(const ReportData &data) {
  std::string out = "<dl class=\"tiles\">\n";
  if (data.bestMicroseconds && data.firstCorrectMicroseconds) {
    const Trial *best = bestTrial(data);
    out += tile(data.measured ? "Best, measured" : "Best, predicted",
                time(data.bestMicroseconds),
                best ? "at step " + std::to_string(best->step) : "");
    out +=
        tile("Over first correct",
             formatFactor(
                 *data.firstCorrectMicroseconds / *data.bestMicroseconds, "×"),
             "from " + time(data.firstCorrectMicroseconds));
    if (std::optional<double> share = ofFloor(data))
      out += tile("Of the roofline", percent(*share),
                  "floor " + time(data.floorMicroseconds));
  }
  out += tile(
      "Trials",
      std::to_string(data.trials.size()) +
          (data.stepBudget ? " of " + std::to_string(data.stepBudget) : ""),
      std::to_string(countMarks(data)[Mark::accepted]) + " accepted");
  out += tile("Tuning time", formatDuration(data.wallSeconds),
              data.trials.empty() || data.wallSeconds <= 0
                  ? ""
                  : formatNumber(data.wallSeconds / data.trials.size()) +
                        " s per trial");
  return out + "</dl>\n";
}

static std::string renderNotes(const ReportData &data) {
  std::string out;
  auto note = [&](const std::string &text) {
    out += "<p class=\"note\">" + escapeHtml(text) + "</p>\n";
  };
  if (!data.measured)
    note("Times on this page are predicted by the cost model; nothing ran on a "
         "device. They rank candidates and say little about the real speed.");
  if (std::optional<double> share = ofFloor(data); share && *share > 1)
    note("The best time is below the roofline floor. Until that is explained, "
         "take it for an error of the " +
         std::string(data.measured ? "measurement." : "cost model."));
  for (const std::string &text : data.notes)
    note(text);
  return out;
}

static std::string renderLegend(const ReportData &data) {
  std::string out = "<ul class=\"legend\">";
  for (const auto &[mark, count] : countMarks(data))
    out += "<li>" + icon(mark) + std::string(nameOf(mark)) + " " +
           std::to_string(count) + "</li>";
  return out + "</ul>\n";
}

static std::string cell(const std::string &text, const char *kind = "n") {
  return std::string("<td class=\"") + kind + "\">" + text + "</td>";
}

static std::string renderKernels(const ReportData &data) {
  std::string out =
      "<div class=\"scroll\"><table><thead><tr><th>#</th><th>Kernel</th>"
      "<th>Grid</th><th class=\"n\">Threads</th>"
      "<th class=\"n\">Registers</th><th class=\"n\">Shared</th>"
      "<th class=\"n\">Spills</th><th class=\"n\">Occupancy</th>"
      "<th class=\"n\">Time</th><th class=\"n\">GB/s</th>"
      "<th class=\"n\">TFLOP/s</th><th class=\"n\">Of roof</th></tr></thead>"
      "<tbody>\n";
  size_t index = 0;
  for (const ReportKernel &kernel : data.kernels) {
    std::optional<double> us = kernel.microseconds, bandwidth, rate, share;
    if (us && *us > 0) {
      if (kernel.bytes)
        bandwidth = *kernel.bytes / (*us * 1e3);
      if (kernel.flops && *kernel.flops > 0)
        rate = *kernel.flops / (*us * 1e6);
      if (std::optional<double> floor = kernelFloor(kernel, data.peakGBps))
        share = *floor / *us;
    }
    out +=
        "<tr>" + cell(std::to_string(++index), "") + "<td><code>" +
        escapeHtml(kernel.name) + "</code>" +
        (kernel.precision.empty() ? "" : " " + escapeHtml(kernel.precision)) +
        "</td>" + cell(escapeHtml(kernel.grid), "status") +
        cell(number(kernel.threads)) + cell(number(kernel.registers)) +
        cell(kernel.sharedBytes ? formatBytes(*kernel.sharedBytes) : "–") +
        cell(kernel.spillBytes ? formatBytes(*kernel.spillBytes) : "–") +
        cell(kernel.occupancy ? percent(*kernel.occupancy) : "–") +
        cell(time(us)) + cell(number(bandwidth)) + cell(number(rate)) +
        cell(share ? percent(*share) : "–") + "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

/// Why a trial ended as it did; what is long is folded behind its first line.
static std::string renderReason(const Trial &trial) {
  std::string text =
      shorten(trial.diagnostics, diagnosticBytes, "whole in the trial log");
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.pop_back();
  size_t end = text.find('\n');
  if (end == std::string::npos && text.size() <= 300)
    return escapeHtml(text);
  return "<details><summary>" +
         escapeHtml(fitColumns(printable(text.substr(0, end)), 200)) +
         "</summary><pre>" + escapeHtml(text) + "</pre></details>";
}

/// An error metric: two digits and the exponent, which is what is compared.
static std::string errorText(const std::optional<double> &value) {
  if (!value || !std::isfinite(*value))
    return number(value);
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.1e", *value);
  return buffer;
}

static std::string renderTrials(const ReportData &data) {
  // A filter without a script: the table looks at which button is pressed.
  std::map<Mark, int64_t> counts = countMarks(data);
  std::string out, rules;
  if (counts.size() > 1) {
    out += "<fieldset class=\"filter\"><input type=\"radio\" name=\"show\" "
           "id=\"show-all\" checked><label for=\"show-all\">all " +
           std::to_string(data.trials.size()) + "</label>";
    for (const auto &[mark, count] : counts) {
      std::string name = classOf(mark);
      out += "<input type=\"radio\" name=\"show\" id=\"show-" + name +
             "\"><label for=\"show-" + name + "\">" +
             std::string(nameOf(mark)) + " " + std::to_string(count) +
             "</label>";
      rules += "@media screen { body:has(#show-" + name +
               ":checked) .trials tr[class]:not(.is-" + name +
               ") { display: none; } }\n";
    }
    out += "</fieldset>\n<style>" + rules + "</style>\n";
  }
  out += "<div class=\"scroll\"><table class=\"trials\"><thead><tr>"
         "<th class=\"n\">Step</th><th>Result</th><th>Action and reason</th>"
         "<th class=\"n\">Time</th><th class=\"n\">Over first</th>"
         "<th class=\"n\">Registers</th><th class=\"n\">Shared</th>"
         "<th class=\"n\">Rel. error</th><th class=\"n\">Spent</th></tr>"
         "</thead><tbody>\n";
  const Trial *best = bestTrial(data);
  for (const Trial &trial : data.trials) {
    Mark mark = markOf(trial);
    std::optional<double> us = trial.microseconds(data.measured);
    std::optional<int64_t> registers, shared;
    for (const KernelFacts &kernel : trial.kernels) {
      registers = std::max(registers, kernel.registers);
      shared = std::max(shared, kernel.sharedBytes);
    }
    std::string result = icon(mark) + std::string(nameOf(mark));
    if (trial.status != TrialStatus::verified)
      result += " in " + std::string(nameOf(trial.phase));
    bool isBest = &trial == best;
    bool hasReason =
        trial.diagnostics.find_first_not_of(" \n\t\r") != std::string::npos;
    std::string row =
        "<tr class=\"is-" + classOf(mark) + (isBest ? " winner" : "");
    out += row + (hasReason ? " has-reason" : "") + "\">" +
           cell(std::to_string(trial.step)) + cell(result, "status") +
           cell("<code>" + escapeHtml(trial.action) + "</code>" +
                    (isBest ? " <b>best</b>" : "") +
                    (trial.cutOff && trial.samples
                         ? " <small>(much slower than the best: timed " +
                               std::to_string(*trial.samples) +
                               (*trial.samples == 1 ? " call" : " calls") +
                               ")</small>"
                         : "") +
                    (trial.reruns ? " <small>(the same bits in " +
                                        std::to_string(*trial.reruns) +
                                        " more runs)</small>"
                                  : ""),
                "what") +
           cell(time(us)) +
           cell(us && data.firstCorrectMicroseconds && *us > 0
                    ? formatFactor(*data.firstCorrectMicroseconds / *us, "×")
                    : "–") +
           cell(number(registers)) + cell(shared ? formatBytes(*shared) : "–") +
           cell(errorText(trial.relativeError)) +
           cell(formatNumber(trial.wallSeconds) + " s") + "</tr>\n";
    if (hasReason)
      out += row + " reason\"><td></td><td></td><td colspan=\"7\">" +
             renderReason(trial) + "</td></tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string renderReport(const ReportData &data) {
  std::string title = escapeHtml(data.title);
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      // Second wall behind the escaping: no script runs, nothing is loaded.
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
      "'none'; style-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n<title>" +
      title + " – QiMeng tuning report</title>\n<style>" + reportStyle +
      "</style>\n</head>\n<body>\n<header>\n<p class=\"eyebrow\">QiMeng tuning "
      "report</p>\n<h1>" +
      title + "</h1>\n<p class=\"sub\">" + escapeHtml(data.device) +
      (data.device.empty() || data.arch.empty() ? "" : ", ") +
      escapeHtml(data.arch);
  if (!data.trials.empty() && data.trials.back().createdMilliseconds)
    out +=
        ", " +
        formatTimestamp(data.trials.back().createdMilliseconds).substr(0, 10);
  out += data.measured ? " <span class=\"badge measured\">measured</span>"
                       : " <span class=\"badge predicted\">predicted</span>";
  out += "</p>\n</header>\n" + renderHeadline(data) + renderTiles(data) +
         renderNotes(data);

  if (std::string plot = plotSearch(data); !plot.empty())
    out +=
        "<h2>Speed over steps</h2>\n<p>Each mark is a trial, the line is the "
        "best so far; up is faster. Trials without a time are in the rows "
        "below.</p>\n<figure>" +
        plot + renderLegend(data) + "</figure>\n";
  if (std::string plot = plotRoofline(data); !plot.empty())
    out += "<h2>Roofline</h2>\n<p>Numbers are those of the kernel table; the "
           "dotted line above a point is the room that is left.</p>\n<figure>" +
           plot + "</figure>\n";
  if (!data.kernels.empty())
    out += "<h2>Kernels of the best candidate</h2>\n<p>In launch order. "
           "Bandwidth counts each operand once.</p>\n" +
           renderKernels(data);
  if (!data.bestRecipe.empty())
    out += "<h2>Best recipe</h2>\n<p>Replayable on the untouched program.</p>\n"
           "<pre><code>" +
           escapeHtml(data.bestRecipe) + "</code></pre>\n";
  if (!data.trials.empty())
    out += "<h2>Trials</h2>\n<p>What was tried, and why it was kept or "
           "not.</p>\n" +
           renderTrials(data);
  if (!data.programText.empty())
    out += "<h2>Tensor program</h2>\n<details class=\"fold\"><summary>Show the "
           "program, as read</summary><pre><code>" +
           escapeHtml(
               shorten(data.programText, programBytes, "see the input file")) +
           "</code></pre></details>\n";
  if (!data.environment.empty()) {
    out += "<h2>Environment</h2>\n<dl class=\"facts\">\n";
    for (const auto &[name, value] : data.environment)
      out += "<dt>" + escapeHtml(name) + "</dt><dd>" + escapeHtml(value) +
             "</dd>\n";
    out += "</dl>\n";
  }
  if (!data.reproduceCommand.empty())
    out += "<h2>Do it again</h2>\n<pre><code>" +
           escapeHtml(data.reproduceCommand) + "</code></pre>\n";
  return out + "</body>\n</html>\n";
}

Status writeReport(const std::string &path, const ReportData &data) {
  return writeFile(path, renderReport(data));
}

std::string summarizeReport(const ReportData &data) {
  std::string out =
      printable(data.title, false) + ", " + printable(data.arch, false) +
      (data.device.empty() ? "" : " (" + printable(data.device, false) + ")") +
      "\n";
  if (data.bestMicroseconds && data.firstCorrectMicroseconds) {
    out +=
        std::string("  best       ") +
        formatMicroseconds(*data.bestMicroseconds) +
        (data.measured ? " measured, " : " predicted by the cost model, ") +
        formatFactor(*data.firstCorrectMicroseconds / *data.bestMicroseconds) +
        " over the first correct (" +
        formatMicroseconds(*data.firstCorrectMicroseconds) + ")\n";
    if (std::optional<double> share = ofFloor(data)) {
      out += "  roofline   " + percent(*share) + " of the floor of " +
             formatMicroseconds(*data.floorMicroseconds) + "\n";
      if (*share > 1)
        out += "             a time below the floor is an error until it is "
               "explained\n";
    }
  } else {
    out += "  best       no correct kernel was found\n";
  }
  out += "  trials     " + std::to_string(data.trials.size()) +
         (data.trials.empty() ? "" : ": " + tally(data)) + "\n";
  out += "  time       " + formatDuration(data.wallSeconds) + "\n";
  for (const std::string &note : data.notes)
    out += "  note       " + printable(note, false) + "\n";
  return out;
}

} // namespace qimeng
