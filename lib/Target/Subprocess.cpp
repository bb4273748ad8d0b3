//===- Subprocess.cpp - Run a program and read what it prints -------------===//
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
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace qimeng {

Result<Finished> runProgram(const std::vector<std::string> &arguments,
                            double timeLimitSeconds) {
  using Clock = std::chrono::steady_clock;
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
    pollfd ready = {pipeEnds[0], POLLIN, 0};
    int count = ::poll(&ready, 1, static_cast<int>(left.count()));
    if (count < 0 && errno != EINTR)
      break;
    if (count <= 0)
      continue;
    char chunk[4096];
    ssize_t got = ::read(pipeEnds[0], chunk, sizeof chunk);
    if (got > 0)
      finished.output.append(chunk, got);
    else if (got == 0 || errno != EINTR)
      break;
  }
  ::close(pipeEnds[0]);
  if (late)
    ::kill(-pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR)
    ;
  if (late)
    return Error{"'" + arguments[0] + "' ran past its limit of " +
                 std::to_string(static_cast<int>(timeLimitSeconds)) +
                 " s and was ended"};
  finished.exitCode =
      WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return finished;
}

} // namespace qimeng
