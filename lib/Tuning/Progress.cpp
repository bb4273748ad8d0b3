//===- Progress.cpp - A tuning session on the terminal --------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Tuning/Progress.h"
#include "Text.h"
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <sys/ioctl.h>
#include <thread>
#include <unistd.h>

namespace qimeng {

/// Steps that the time left is extrapolated from: enough to even out a slow
/// one, few enough to follow a search that changes its pace.
static constexpr size_t paceSteps = 16;

static std::string environment(const char *name) {
  const char *value = std::getenv(name);
  return value ? value : "";
}

/// By the locale's environment variables, as setlocale would read them.
static bool terminalTakesUnicode() {
  for (const char *name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string value = environment(name);
    if (value.empty())
      continue;
    std::transform(value.begin(), value.end(), value.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    return value.find("utf-8") != std::string::npos ||
           value.find("utf8") != std::string::npos;
  }
  return false;
}

namespace {
/// A line of the display: text, and where its colours change.
struct Line {
  std::string plain;
  std::string coloured;

  Line &add(const std::string &text, const char *colour = "") {
    plain += text;
    coloured += *colour ? colour + text + "\x1b[0m" : text;
    return *this;
  }
};
} // namespace

static constexpr const char *bold = "\x1b[1m", *dim = "\x1b[2m",
                            *green = "\x1b[32m", *yellow = "\x1b[33m",
                            *red = "\x1b[31m", *cyan = "\x1b[36m";

struct Progress::Impl {
  Options options;
  bool live = false;
  bool colour = false;
  bool unicode = false;

  std::mutex mutex;
  std::condition_variable wake;
  std::thread ticker;
  bool running = false;

  std::string title;
  int64_t stepBudget = 0;
  int64_t stepsDone = 0;
  bool measured = true;
  double startedAt = 0;
  std::deque<double> finishTimes;
  std::optional<double> first, best;
  int64_t accepted = 0, slower = 0, refused = 0, failed = 0, crashed = 0;
  std::string action;
  TrialPhase phase = TrialPhase::plan;
  std::string spent;
  /// Columns of each line that is on the screen now.
  std::vector<size_t> shown;

  double now() const {
    if (options.clock)
      return options.clock();
    return std::chrono::duration<double>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }

  void write(const std::string &bytes) {
    std::string_view rest = bytes;
    while (!rest.empty()) {
      ssize_t put = ::write(options.fd, rest.data(), rest.size());
      if (put < 0 && errno == EINTR)
        continue;
      // A closed terminal must not end a session.
      if (put <= 0)
        return;
      rest.remove_prefix(put);
    }
  }

  size_t columns() const {
    winsize size{};
    if (::ioctl(options.fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
      return size.ws_col;
    return 80;
  }
  size_t rows() const {
    winsize size{};
    if (::ioctl(options.fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0)
      return size.ws_row;
    return 24;
  }

  const char *micro() const { return unicode ? "µ" : "u"; }
  std::string time(double microseconds) const {
    return formatMicroseconds(microseconds, micro());
  }
  std::string factor(double value) const {
    return formatFactor(value, unicode ? "×" : "x");
  }
  std::string gap() const { return unicode ? " · " : ", "; }

  std::optional<double> secondsLeft() const {
    if (finishTimes.size() < 2 || stepBudget <= stepsDone)
      return std::nullopt;
    double span = finishTimes.back() - finishTimes.front();
    double pace = span / (finishTimes.size() - 1);
    double sinceLast = now() - finishTimes.back();
    return std::max(0.0, pace * (stepBudget - stepsDone) -
                             std::min(sinceLast, pace));
  }

  bool count(const Trial &trial);
  std::vector<Line> lines() const;
  std::string erase();
  std::string frame();
  void printAbove(const Line &line);
  void redraw();
  Line event(const Trial &trial, bool isBest) const;
  void stop();
};

/// Adds the trial to the totals; whether it is the best so far.
bool Progress::Impl::count(const Trial &trial) {
  switch (trial.status) {
  case TrialStatus::verified:
    ++(trial.accepted ? accepted : slower);
    break;
  case TrialStatus::refused:
    ++refused;
    break;
  case TrialStatus::failed:
    ++failed;
    break;
  case TrialStatus::crashed:
  case TrialStatus::timedOut:
    ++crashed;
    break;
  }
  std::optional<double> time = trial.microseconds(measured);
  if (!time)
    return false;
  if (!first)
    first = time;
  if (best && *time >= *best)
    return false;
  best = time;
  return true;
}

std::vector<Line> Progress::Impl::lines() const {
  std::vector<Line> all;
  size_t width = columns() - 1;

  all.push_back(Line().add(title, bold));

  int64_t budget = std::max(stepBudget, stepsDone);
  std::string counts = std::to_string(stepsDone) + "/" +
                       std::to_string(stepBudget) + " steps" + gap() +
                       formatDuration(now() - startedAt) + " elapsed";
  if (stepsDone < stepBudget) {
    std::optional<double> left = secondsLeft();
    counts += gap() + (left ? "about " + formatDuration(*left) + " left"
                            : std::string("time left not known yet"));
  }
  size_t barWidth = std::min<size_t>(32, width > displayWidth(counts) + 4
                                             ? width - displayWidth(counts) - 4
                                             : 0);
  Line bar;
  if (barWidth >= 8) {
    size_t filled = budget ? barWidth * stepsDone / budget : 0;
    std::string done, open;
    for (size_t i = 0; i < barWidth; ++i)
      (i < filled ? done : open) += unicode ? "━" : (i < filled ? "#" : "-");
    // Without colours the two ends of the bar must still differ.
    if (unicode && !colour) {
      open.clear();
      for (size_t i = filled; i < barWidth; ++i)
        open += "─";
    }
    bar.add("  ").add(done, green).add(open, dim).add("  ");
  } else {
    bar.add("  ");
  }
  all.push_back(bar.add(counts));

  Line speed;
  speed.add("  ");
  if (best)
    speed.add(measured ? "best " : "best predicted ")
        .add(time(*best), bold)
        .add(gap())
        .add(factor(*first / *best), bold)
        .add(" over the first correct (" + time(*first) + ")");
  else
    speed.add("no correct kernel yet", dim);
  all.push_back(speed);

  Line tally;
  tally.add("  ")
      .add(std::to_string(accepted) + " accepted", accepted ? green : dim)
      .add(gap())
      .add(std::to_string(slower) + " not faster", slower ? "" : dim)
      .add(gap())
      .add(std::to_string(refused) + " refused", refused ? yellow : dim)
      .add(gap())
      .add(std::to_string(failed) + " failed", failed ? red : dim)
      .add(gap())
      .add(std::to_string(crashed) + " crashed", crashed ? red : dim);
  all.push_back(tally);

  if (!spent.empty())
    all.push_back(Line().add("  model: " + spent));

  if (!action.empty()) {
    Line current;
    current.add(unicode ? "  ▸ " : "  > ")
        .add(std::string(nameOf(phase)), cyan)
        .add(" " + action);
    all.push_back(current);
  }

  // A display as high as the window would scroll at every frame.
  size_t most = std::max<size_t>(1, rows() > 2 ? rows() - 2 : 1);
  if (all.size() > most) {
    if (most == 1)
      all = {all[1]};
    else
      all.resize(most);
  }
  for (Line &line : all)
    if (displayWidth(line.plain) > width) {
      // Colours are dropped from a line that is cut: an escape sequence must
      // not be.
      line.plain = fitColumns(line.plain, width, unicode);
      line.coloured = line.plain;
    }
  return all;
}

/// Moves to the first line of the display and clears down from there. Lines
/// that a narrower window has wrapped meanwhile count for as many as they are.
std::string Progress::Impl::erase() {
  size_t width = std::max<size_t>(1, columns()), up = 0;
  for (size_t line : shown)
    up += std::max<size_t>(1, (line + width - 1) / width);
  shown.clear();
  return up ? "\r\x1b[" + std::to_string(up) + "A\x1b[J" : "";
}

std::string Progress::Impl::frame() {
  std::string out;
  for (const Line &line : lines()) {
    out += (colour ? line.coloured : line.plain) + "\n";
    shown.push_back(displayWidth(line.plain));
  }
  return out;
}

void Progress::Impl::redraw() {
  if (!live || !running)
    return;
  std::string out = erase();
  write(out + frame());
}

void Progress::Impl::printAbove(const Line &line) {
  std::string out = live && running ? erase() : "";
  out += (colour ? line.coloured : line.plain) + "\n";
  if (live && running)
    out += frame();
  write(out);
}

Line Progress::Impl::event(const Trial &trial, bool isBest) const {
  std::string budget = std::to_string(stepBudget);
  std::string done = std::to_string(stepsDone);
  done.insert(0, budget.size() > done.size() ? budget.size() - done.size() : 0,
              ' ');
  bool verified = trial.status == TrialStatus::verified;
  std::string verdict = verified ? trial.accepted ? "accepted" : "not faster"
                                 : std::string(nameOf(trial.status));
  const char *tint = verified ? trial.accepted ? green : ""
                     : trial.status == TrialStatus::refused ? yellow
                                                            : red;
  Line line;
  line.add("[" + done + "/" + budget + "] ", dim);
  verdict.resize(10, ' ');
  line.add(verdict, tint).add("  ");
  std::string result;
  if (std::optional<double> us = trial.microseconds(measured)) {
    result = time(*us);
    result.insert(0, 8 - std::min<size_t>(8, displayWidth(result)), ' ');
    result += "  " + factor(*first / *us);
  } else if (!verified) {
    result = "in " + std::string(nameOf(trial.phase));
  }
  if (displayWidth(result) < 17)
    result.append(17 - displayWidth(result), ' ');
  line.add(result).add("  ").add(printable(trial.action, unicode));
  if (isBest)
    line.add("  best so far", bold);
  if (!verified && !trial.diagnostics.empty())
    line.add(": " +
             fitColumns(printable(trial.diagnostics, unicode), 200, unicode));
  return line;
}

void Progress::Impl::stop() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (!running)
      return;
    action.clear();
    redraw();
    running = false;
    shown.clear();
    if (!live && !options.quiet && !spent.empty())
      write("model: " + spent + "\n");
    if (!live && !options.quiet)
      write("finished: " + std::to_string(stepsDone) + "/" +
            std::to_string(stepBudget) + " steps in " +
            formatDuration(now() - startedAt) +
            (best ? ", best " + std::string(measured ? "" : "predicted ") +
                        time(*best) + ", " + factor(*first / *best) +
                        " over the first correct"
                  : std::string(", no correct kernel")) +
            "\n");
  }
  wake.notify_all();
  if (ticker.joinable())
    ticker.join();
}

Progress::Progress() : Progress(Options()) {}

Progress::Progress(Options options) : impl(std::make_unique<Impl>()) {
  impl->options = std::move(options);
  int fd = impl->options.fd;
  std::string term = environment("TERM");
  bool terminal = ::isatty(fd) && !term.empty() && term != "dumb";
  impl->live = terminal && !impl->options.plain && !impl->options.quiet;
  // https://no-color.org: any value but the empty one.
  impl->colour = terminal && environment("NO_COLOR").empty();
  impl->unicode = terminalTakesUnicode();
}

Progress::~Progress() { impl->stop(); }

void Progress::start(const std::string &title, int64_t stepBudget,
                     bool measured, int64_t stepsDone) {
  std::lock_guard<std::mutex> lock(impl->mutex);
  Impl &state = *impl;
  if (state.running)
    return;
  state.title = printable(title, state.unicode);
  state.stepBudget = stepBudget;
  state.stepsDone = stepsDone;
  state.measured = measured;
  state.startedAt = state.now();
  state.finishTimes = {state.startedAt};
  state.running = true;
  if (state.live) {
    state.redraw();
    if (state.options.ticking)
      state.ticker = std::thread([this] {
        std::unique_lock<std::mutex> lock(impl->mutex);
        while (!impl->wake.wait_for(lock, std::chrono::milliseconds(100),
                                    [this] { return !impl->running; }))
          impl->redraw();
      });
    return;
  }
  if (!state.options.quiet)
    state.write(state.title + ": " + std::to_string(stepBudget) + " steps" +
                (stepsDone ? ", " + std::to_string(stepsDone) +
                                 " of them finished in an earlier run"
                           : "") +
                (measured ? "" : "; times are predicted, not measured") + "\n");
}

void Progress::resume(const std::vector<Trial> &trials) {
  std::lock_guard<std::mutex> lock(impl->mutex);
  for (const Trial &trial : trials)
    impl->count(trial);
  impl->redraw();
}

void Progress::working(const std::string &action, TrialPhase phase) {
  std::lock_guard<std::mutex> lock(impl->mutex);
  impl->action = printable(action, impl->unicode);
  impl->phase = phase;
  // With a ticker the next frame is soon enough: phases may be short.
  if (!impl->options.ticking)
    impl->redraw();
}

void Progress::finished(const Trial &trial) {
  std::lock_guard<std::mutex> lock(impl->mutex);
  Impl &state = *impl;
  ++state.stepsDone;
  state.finishTimes.push_back(state.now());
  if (state.finishTimes.size() > paceSteps + 1)
    state.finishTimes.pop_front();
  bool isBest = state.count(trial);
  if (state.options.quiet)
    return;
  // On a terminal only what a reader wants to find above the display later.
  if (!state.live || isBest)
    state.printAbove(state.event(trial, isBest));
  else
    state.redraw();
}

void Progress::spent(const std::string &text) {
  std::lock_guard<std::mutex> lock(impl->mutex);
  impl->spent = printable(text, impl->unicode);
  if (!impl->options.ticking)
    impl->redraw();
}

void Progress::note(const std::string &text) {
  std::lock_guard<std::mutex> lock(impl->mutex);
  impl->printAbove(Line().add(printable(text, impl->unicode)));
}

void Progress::finish() { impl->stop(); }

} // namespace qimeng
