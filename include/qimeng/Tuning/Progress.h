//===- Progress.h - A tuning session on the terminal ------------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// On a terminal: a few lines redrawn in place. Elsewhere (a pipe, a file,
// TERM=dumb): one line per event. NO_COLOR turns colours off.
//
// The cursor is never hidden, and every frame is one write that leaves it in
// the first column below the display with all attributes reset. So a session
// may be stopped at any moment, by kill -9 too, and the terminal is as it was.
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_TUNING_PROGRESS_H
#define QIMENG_TUNING_PROGRESS_H

#include "qimeng/Tuning/Trial.h"
#include <functional>
#include <memory>

namespace qimeng {

/// Thread-safe.
class Progress {
public:
  struct Options {
    /// Where to write; stderr, so that stdout stays free for results.
    int fd = 2;
    /// Nothing but notes is written.
    bool quiet = false;
    /// Plain lines on a terminal too.
    bool plain = false;
    /// Redraw ten times a second, so that the elapsed time moves.
    bool ticking = true;
    /// Seconds on a steady clock; empty: the system's.
    std::function<double()> clock;
  };

  Progress();
  explicit Progress(Options options);
  /// Ends the display as `finish` does.
  ~Progress();
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  /// Begins the display. `stepsDone`: how many of `stepBudget` an earlier run
  /// of this session had finished. `measured`: times come from a device, not
  /// from the cost model.
  void start(const std::string &title, int64_t stepBudget, bool measured,
             int64_t stepsDone = 0);
  /// Trials of an earlier run: counted and used for the best time, not shown
  /// one by one.
  void resume(const std::vector<Trial> &trials);
  /// The action being worked on and the phase it is in. Live display only.
  void working(const std::string &action, TrialPhase phase);
  /// A trial has ended. The first verified one is the base of speed-ups.
  void finished(const Trial &trial);
  /// What asking a model has taken so far, in words. Live: a line of the
  /// display; else one when the display ends.
  void spent(const std::string &text);
  /// A message for the user, kept above the display.
  void note(const std::string &text);
  /// Leaves the last state on the screen; nothing is redrawn after it.
  void finish();

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

} // namespace qimeng

#endif // QIMENG_TUNING_PROGRESS_H
