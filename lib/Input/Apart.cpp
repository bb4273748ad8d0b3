//===- Apart.cpp - Work in a process with limits --------------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Apart.h"
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace qimeng;

std::string Ended::describe(const ApartLimits &limits) const {
  switch (how) {
  case How::Exited:
    return "ended with code " + std::to_string(code);
  case How::TooLate:
    return "was ended after " +
           std::to_string(static_cast<int>(limits.seconds)) + " s";
  case How::TooMuchOutput:
    return "was ended, since it wrote more than " +
           std::to_string(limits.bytesOfOutput) + " bytes";
  case How::Signalled:
    if (code == SIGXCPU || code == SIGKILL)
      return "was ended: it took more than " +
             std::to_string(limits.processorSeconds) +
             " s of processor time, or too much memory";
    return "was ended by signal " + std::to_string(code);
  }
  return "";
}

/// What the copy does first.
static void enter(const ApartLimits &limits, int out) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGINT, SIGTERM,
                     SIGPIPE, SIGXCPU})
    ::signal(signal, SIG_DFL);
  auto limit = [](auto resource, uint64_t most) {
    struct rlimit known;
    if (::getrlimit(resource, &known) == 0 && known.rlim_max < most)
      most = known.rlim_max;
    struct rlimit both = {most, most};
    ::setrlimit(resource, &both);
  };
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, limits.processorSeconds);
  limit(RLIMIT_DATA, limits.bytesOfMemory);
  limit(RLIMIT_FSIZE, limits.bytesOfFile);
  int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(null, 0);
  ::dup2(out < 0 ? null : out, 1);
  ::dup2(out < 0 ? null : out, 2);
}

/// Starts the copy, collects what comes through the pipe, and ends it.
/// `asOutput`: the pipe is the copy's standard output.
static Result<Ended> run(const std::function<int(int out)> &body,
                         const ApartLimits &limits, bool asOutput) {
  using Clock = std::chrono::steady_clock;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return Error{std::string("cannot make a pipe: ") + std::strerror(errno)};
  std::fflush(nullptr);
  pid_t pid = ::fork();
  if (pid < 0) {
    Error error{std::string("cannot start a process: ") + std::strerror(errno)};
    ::close(ends[0]);
    ::close(ends[1]);
    return error;
  }
  if (pid == 0) {
    ::close(ends[0]);
    enter(limits, asOutput ? ends[1] : -1);
    ::_exit(body(ends[1]));
  }
  ::close(ends[1]);
  // Also here: whichever comes first.
  ::setpgid(pid, pid);

  Ended ended;
  auto deadline =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(
                         std::chrono::duration<double>(limits.seconds));
  bool isOpen = true, late = false, tooMuch = false;
  int status = 0;
  while (isOpen && !late && !tooMuch) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                    deadline - Clock::now())
                    .count();
    late = left <= 0;
    pollfd ready = {ends[0], POLLIN, 0};
    if (late || ::poll(&ready, 1, static_cast<int>(left)) <= 0)
      continue;
    char chunk[65536];
    ssize_t got = ::read(ends[0], chunk, sizeof chunk);
    if (got > 0)
      ended.output.append(chunk, got);
    else if (got == 0 || errno != EINTR)
      isOpen = false;
    tooMuch = ended.output.size() > limits.bytesOfOutput;
  }
  ::close(ends[0]);
  // It may close its output and stay.
  while (!late && !tooMuch) {
    pid_t done = ::waitpid(pid, &status, WNOHANG);
    if (done == pid || (done < 0 && errno != EINTR))
      break;
    late = Clock::now() >= deadline;
    ::usleep(1000);
  }
  ::kill(-pid, SIGKILL);
  if (late || tooMuch) {
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR)
      ;
    ended.how = late ? Ended::How::TooLate : Ended::How::TooMuchOutput;
  } else if (WIFEXITED(status)) {
    ended.code = WEXITSTATUS(status);
  } else {
    ended.how = Ended::How::Signalled;
    ended.code = WTERMSIG(status);
  }
  return ended;
}

Result<Ended> qimeng::runApart(const std::function<int(int out)> &body,
                               const ApartLimits &limits) {
  return run(body, limits, false);
}

Result<Ended> qimeng::runProgramApart(const std::vector<std::string> &arguments,
                                      const ApartLimits &limits) {
  std::vector<char *> argv;
  for (const std::string &argument : arguments)
    argv.push_back(const_cast<char *>(argument.c_str()));
  argv.push_back(nullptr);
  return run(
      [&](int) {
        ::execvp(argv[0], argv.data());
        return 127;
      },
      limits, true);
}
