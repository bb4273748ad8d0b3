//===- Subprocess.cpp - Work in a process of its own ----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Subprocess.h"
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace qimeng {

/// Reads what `pid` prints to the pipe `output` until it ends, or the time is
/// over.
static Result<Finished> finish(const std::string &name, pid_t pid, int output,
                               double timeLimitSeconds) {
  using Clock = std::chrono::steady_clock;
  Finished finished;
  Clock::time_point deadline =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(
                         std::chrono::duration<double>(timeLimitSeconds));
  bool late = false;
  while (true) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - Clock::now());
    late = left.count() <= 0;
    if (late)
      break;
    pollfd ready = {output, POLLIN, 0};
    int count = ::poll(&ready, 1, static_cast<int>(left.count()));
    if (count < 0 && errno != EINTR)
      break;
    if (count <= 0)
      continue;
    char chunk[4096];
    ssize_t got = ::read(output, chunk, sizeof chunk);
    if (got > 0)
      finished.output.append(chunk, got);
    else if (got == 0 || errno != EINTR)
      break;
  }
  ::close(output);
  if (late)
    ::kill(-pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR)
    ;
  if (late)
    return Error{name + " ran past its limit of " +
                 std::to_string(static_cast<int>(timeLimitSeconds)) +
                 " s and was ended"};
  finished.exitCode =
      WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return finished;
}

Result<Finished> runProgram(const std::vector<std::string> &arguments,
                            double timeLimitSeconds) {
  int pipeEnds[2];
  if (::pipe2(pipeEnds, O_CLOEXEC) != 0)
    return Error{"cannot start '" + arguments[0] +
                 "': " + std::strerror(errno)};

  std::vector<char *> argv;
  for (const std::string &argument : arguments)
    argv.push_back(const_cast<char *>(argument.c_str()));
  argv.push_back(nullptr);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, pipeEnds[1], 1);
  posix_spawn_file_actions_adddup2(&files, pipeEnds[1], 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  pid_t pid = 0;
  int failed =
      ::posix_spawn(&pid, argv[0], &files, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  ::close(pipeEnds[1]);
  if (failed) {
    ::close(pipeEnds[0]);
    return Error{"cannot start '" + arguments[0] +
                 "': " + std::strerror(failed)};
  }

  return finish("'" + arguments[0] + "'", pid, pipeEnds[0], timeLimitSeconds);
}

bool writeAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t put = ::write(descriptor, bytes.data(), bytes.size());
    if (put < 0 && errno != EINTR)
      return false;
    if (put > 0)
      bytes.remove_prefix(put);
  }
  return true;
}

/// The child's side of runForked, up to the body.
static void settle(pid_t parent, int output, int result) {
  ::setpgid(0, 0);
  // Whoever kills the parent means this process, too.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent)
    ::_exit(1);
  // A fault is the parent's to report, by the signal.
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGPIPE, SIGINT,
                     SIGTERM, SIGHUP})
    ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  // Pipes and locks of other threads must not live as long as this process.
  // Both descriptors move out of the way of the numbers they get.
  output = ::fcntl(output, F_DUPFD, 4);
  result = ::fcntl(result, F_DUPFD, 4);
  int empty = ::open("/dev/null", O_RDONLY);
  ::dup2(empty, 0);
  ::dup2(output, 1);
  ::dup2(output, 2);
  ::dup2(result, 3);
  ::closefrom(4);
}

Result<Finished> runForked(const std::string &name,
                           const std::function<int(int)> &body,
                           std::string &result, double timeLimitSeconds,
                           std::shared_mutex &quiet) {
  auto cannot = [&] {
    return Error{"cannot start " + name +
                 " in a process of its own: " + std::strerror(errno)};
  };
  int pipeEnds[2];
  if (::pipe2(pipeEnds, O_CLOEXEC) != 0)
    return cannot();
  int file = ::memfd_create("qimeng", MFD_CLOEXEC);
  pid_t parent = ::getpid(), pid = -1;
  if (file >= 0) {
    std::unique_lock<std::shared_mutex> lock(quiet);
    pid = ::fork();
  }
  if (pid == 0) {
    settle(parent, pipeEnds[1], file);
    ::_exit(body(3));
  }
  Error failed = cannot();
  ::close(pipeEnds[1]);
  if (pid < 0) {
    ::close(pipeEnds[0]);
    if (file >= 0)
      ::close(file);
    return failed;
  }
  // Also here: the child may not have come to it when it must be killed.
  ::setpgid(pid, pid);
  Result<Finished> finished = finish(name, pid, pipeEnds[0], timeLimitSeconds);
  struct stat info = {};
  if (finished && ::fstat(file, &info) == 0) {
    result.resize(info.st_size);
    size_t have = 0;
    while (have < result.size()) {
      ssize_t got =
          ::pread(file, result.data() + have, result.size() - have, have);
      if (got <= 0)
        break;
      have += got;
    }
    result.resize(have);
  }
  ::close(file);
  return finished;
}

} // namespace qimeng
