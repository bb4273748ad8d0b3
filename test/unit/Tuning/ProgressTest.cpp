//===- ProgressTest.cpp - The display, as a terminal shows it -------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Tuning/Progress.h"
#include "TrialSamples.h"
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <memory>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <thread>
#include <unistd.h>

using namespace qimeng;

namespace {

/// What a terminal without a width limit would show: the lines written so far,
/// after the few control sequences that the display uses.
class Screen {
public:
  void feed(const std::string &bytes) {
    for (size_t i = 0; i < bytes.size(); ++i) {
      char byte = bytes[i];
      if (byte == '\n') {
        ++row;
        column = 0;
        if (row >= lines.size())
          lines.resize(row + 1);
      } else if (byte == '\r') {
        column = 0;
      } else if (byte == '\x1b') {
        ASSERT_LT(i + 2, bytes.size());
        ASSERT_EQ(bytes[i + 1], '[');
        size_t end = bytes.find_first_of("AJm", i);
        ASSERT_NE(end, std::string::npos) << "an unknown control sequence";
        int count = std::atoi(bytes.c_str() + i + 2);
        if (bytes[end] == 'A') {
          ASSERT_LE(size_t(count), row) << "moved above the first line";
          row -= count;
        } else if (bytes[end] == 'J') {
          lines.resize(row + 1);
          lines[row].resize(column);
        } else {
          bold = count != 0;
        }
        i = end;
      } else {
        ASSERT_GE(static_cast<unsigned char>(byte), 0x20);
        lines[row].resize(std::max(lines[row].size(), column));
        lines[row].replace(column++, 1, 1, byte);
      }
    }
  }
  std::string text() const {
    std::string all;
    for (const std::string &line : lines)
      all += line + "\n";
    return all;
  }
  std::vector<std::string> lines = {""};
  size_t row = 0, column = 0;
  bool bold = false;
};

class ProgressTest : public ::testing::Test {
protected:
  void SetUp() override {
    for (const char *name : {"LC_ALL", "LC_CTYPE", "LANG", "NO_COLOR"})
      ::unsetenv(name);
    ::setenv("TERM", "xterm", 1);
    master = ::posix_openpt(O_RDWR | O_NOCTTY);
    ASSERT_GE(master, 0);
    ASSERT_EQ(::grantpt(master), 0);
    ASSERT_EQ(::unlockpt(master), 0);
    terminal = ::open(::ptsname(master), O_RDWR | O_NOCTTY);
    ASSERT_GE(terminal, 0);
    termios modes;
    ::tcgetattr(terminal, &modes);
    modes.c_oflag &= ~OPOST; // newlines as they are written
    ::tcsetattr(terminal, TCSANOW, &modes);
    resize(100, 40);
  }
  void TearDown() override {
    ::close(terminal);
    ::close(master);
  }
  void resize(unsigned short columns, unsigned short rows) {
    winsize size{};
    size.ws_col = columns;
    size.ws_row = rows;
    ::ioctl(master, TIOCSWINSZ, &size);
  }
  /// What was written until nothing more comes, or about `most` bytes.
  std::string written(int fd, size_t most = 65536) {
    std::string bytes;
    char buffer[4096];
    pollfd waiting{fd, POLLIN, 0};
    while (bytes.size() < most && ::poll(&waiting, 1, 50) > 0 &&
           waiting.revents & POLLIN) {
      ssize_t got = ::read(fd, buffer, sizeof buffer);
      if (got <= 0)
        break;
      bytes.append(buffer, got);
    }
    return bytes;
  }
  std::string written() { return written(master); }

  Progress::Options options(int fd) {
    Progress::Options options;
    options.fd = fd;
    options.ticking = false;
    options.clock = [this] { return clock; };
    return options;
  }
  Trial verified(int64_t step, double us, bool accepted) {
    Trial trial = sampleTrial(step, us);
    trial.accepted = accepted;
    trial.action = "tile(%matmul, " + std::to_string(step) + ")";
    return trial;
  }
  Trial refused(int64_t step) {
    Trial trial = sampleTrial(step);
    trial.status = TrialStatus::refused;
    trial.phase = TrialPhase::verify;
    trial.action = "stage(%a)";
    trial.diagnostics = "store out of bounds\n  at row 128";
    return trial;
  }

  int master = -1, terminal = -1;
  double clock = 1000;
};

TEST_F(ProgressTest, LiveDisplayShowsTheState) {
  ::setenv("NO_COLOR", "1", 1);
  Screen screen;
  Progress progress(options(terminal));
  progress.start("Tuning mlp_gelu for sm_90a", 64, true);
  screen.feed(written());
  EXPECT_NE(screen.text().find("0/64 steps, 0:00 elapsed, time left not known"),
            std::string::npos)
      << screen.text();
  clock += 10;
  progress.finished(verified(0, 5000, true));
  clock += 10;
  progress.finished(refused(1));
  progress.working("pipeline(%matmul, 4)", TrialPhase::lower);
  screen.feed(written());
  EXPECT_EQ(screen.text(),
            "[ 1/64] accepted     5.00 ms  1.00x    tile(%matmul, 0)  best so "
            "far\n"
            "Tuning mlp_gelu for sm_90a\n"
            "  #-------------------------------  2/64 steps, 0:20 elapsed, "
            "about 10:20 left\n"
            "  best 5.00 ms, 1.00x over the first correct (5.00 ms)\n"
            "  1 accepted, 0 not faster, 1 refused, 0 failed, 0 crashed\n"
            "  > lower pipeline(%matmul, 4)\n"
            "\n");
  clock += 10;
  progress.finished(verified(2, 250, true));
  progress.finished(verified(3, 300, false));
  progress.note("ptxas 12.0 is older\nthan 12.3");
  progress.finish();
  screen.feed(written());
  EXPECT_NE(screen.text().find("best 250 us, 20.0x over the first correct"),
            std::string::npos)
      << screen.text();
  EXPECT_NE(screen.text().find("2 accepted, 1 not faster, 1 refused"),
            std::string::npos);
  EXPECT_NE(screen.text().find("ptxas 12.0 is older than 12.3\nTuning"),
            std::string::npos);
  EXPECT_EQ(screen.text().find("lower pipeline"), std::string::npos);
  EXPECT_EQ(screen.row, screen.lines.size() - 1);
  EXPECT_EQ(screen.column, 0u);
}

TEST_F(ProgressTest, EveryFrameLeavesTheCursorBelowAndColoursOff) {
  Progress progress(options(terminal));
  Screen screen;
  progress.start("Tuning", 4, true);
  for (int step = 0; step < 4; ++step) {
    progress.working("tile", TrialPhase::verify);
    step % 2 ? progress.finished(refused(step))
             : progress.finished(verified(step, 100.0 / (step + 1), true));
    std::string bytes = written();
    EXPECT_NE(bytes.find("\x1b[1m"), std::string::npos);
    EXPECT_EQ(bytes.find("\x1b[?25l"), std::string::npos);
    screen.feed(bytes);
    EXPECT_EQ(screen.column, 0u);
    EXPECT_EQ(screen.row, screen.lines.size() - 1);
    EXPECT_FALSE(screen.bold);
  }
}

TEST_F(ProgressTest, FitsNarrowAndLowWindows) {
  ::setenv("LANG", "C.UTF-8", 1);
  resize(30, 4);
  Progress progress(options(terminal));
  progress.start(std::string(100, 't'), 64, true);
  progress.working(std::string(100, 'a'), TrialPhase::verify);
  std::string bytes = written();
  Screen screen;
  screen.feed(bytes);
  EXPECT_LE(screen.lines.size(), 3u);
  EXPECT_EQ(screen.lines[0], std::string(28, 't') + "…");
  resize(3, 1);
  progress.working("a", TrialPhase::verify);
  progress.finish();
}

TEST_F(ProgressTest, NoColorMeansNoColours) {
  ::setenv("NO_COLOR", "1", 1);
  Progress progress(options(terminal));
  progress.start("Tuning", 4, true);
  progress.finished(verified(0, 100, true));
  progress.finish();
  std::string bytes = written();
  EXPECT_NE(bytes.find("\x1b["), std::string::npos) << "still in place";
  for (size_t at = bytes.find("\x1b["); at != std::string::npos;
       at = bytes.find("\x1b[", at + 1))
    EXPECT_NE(bytes[bytes.find_first_of("AJm", at)], 'm');
}

TEST_F(ProgressTest, DumbTerminalGetsPlainLines) {
  ::setenv("TERM", "dumb", 1);
  Progress progress(options(terminal));
  progress.start("Tuning", 4, true);
  progress.finished(verified(0, 100, true));
  progress.finish();
  std::string bytes = written();
  EXPECT_EQ(bytes.find('\x1b'), std::string::npos);
  EXPECT_NE(bytes.find("[1/4] accepted"), std::string::npos);
}

TEST_F(ProgressTest, PipeGetsALinePerEvent) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  {
    Progress progress(options(ends[1]));
    progress.start("Tuning mlp", 16, false, 2);
    progress.resume({verified(0, 800, true), refused(1)});
    progress.working("tile", TrialPhase::code);
    progress.finished(verified(2, 100, true));
    progress.finished(refused(3));
    clock += 61;
  }
  EXPECT_EQ(
      written(ends[0]),
      "Tuning mlp: 16 steps, 2 of them finished in an earlier run; times are "
      "predicted, not measured\n"
      "[ 3/16] accepted      120 us  8.00x    tile(%matmul, 2)  best so far\n"
      "[ 4/16] refused     in verify          stage(%a): store out of bounds "
      "at row 128\n"
      "finished: 4/16 steps in 1:01, best predicted 120 us, 8.00x over the "
      "first correct\n");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(ProgressTest, QuietWritesNotesOnly) {
  Progress::Options quiet = options(terminal);
  quiet.quiet = true;
  Progress progress(quiet);
  progress.start("Tuning", 4, true);
  progress.finished(verified(0, 100, true));
  progress.note("note");
  progress.finish();
  EXPECT_EQ(written(), "note\n");
}

TEST_F(ProgressTest, HostileTextCannotSteerTheTerminal) {
  ::setenv("NO_COLOR", "1", 1);
  Progress progress(options(terminal));
  progress.start("\x1b]0;owned\x07", 4, true);
  Trial trial = verified(0, 100, true);
  trial.action = "tile\x1b[2J\r\n\x9b";
  progress.finished(trial);
  progress.finish();
  Screen screen;
  screen.feed(written()); // asserts that no other control comes through
  EXPECT_NE(screen.text().find("tile?[2J ?"), std::string::npos)
      << screen.text();
}

TEST_F(ProgressTest, ThreadsMayAllReport) {
  Progress::Options ticking = options(terminal);
  ticking.ticking = true;
  ticking.clock = nullptr;
  Screen screen;
  std::atomic<bool> done{false};
  std::string bytes;
  std::thread reader([&] {
    while (!done)
      bytes += written();
    bytes += written();
  });
  {
    Progress progress(ticking);
    progress.start("Tuning", 400, true);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
      threads.emplace_back([&] {
        for (int step = 0; step < 100; ++step) {
          progress.working("tile", TrialPhase::verify);
          progress.finished(refused(step));
          ::usleep(1000);
        }
      });
    for (std::thread &thread : threads)
      thread.join();
  }
  done = true;
  reader.join();
  screen.feed(bytes);
  EXPECT_NE(screen.text().find("400/400 steps"), std::string::npos)
      << screen.text();
  EXPECT_NE(screen.text().find("400 refused"), std::string::npos);
}

TEST_F(ProgressTest, KilledAtAnyMomentTheTerminalIsUsable) {
  for (int signal : {SIGINT, SIGKILL}) {
    pid_t child = ::fork();
    if (child == 0) {
      // What runs in the background is started with SIGINT ignored.
      ::signal(signal, SIG_DFL);
      Progress::Options ticking;
      ticking.fd = terminal;
      Progress progress(ticking);
      progress.start("Tuning", 1000, true);
      for (int step = 0;; ++step) {
        progress.finished(refused(step));
        ::usleep(5000); // the terminal's buffer must not fill up and block it
      }
    }
    std::string bytes = written(master, 5000);
    ::kill(child, signal);
    ::waitpid(child, nullptr, 0);
    while (true) {
      std::string more = written();
      bytes += more;
      if (more.empty())
        break;
    }
    Screen screen;
    screen.feed(bytes);
    EXPECT_EQ(screen.column, 0u);
    EXPECT_EQ(screen.row, screen.lines.size() - 1);
    EXPECT_FALSE(screen.bold);
    EXPECT_EQ(bytes.find("\x1b[?"), std::string::npos) << "no mode was changed";
  }
}

} // namespace
