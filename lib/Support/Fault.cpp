//===- Fault.cpp - What a tool says when it is at fault itself ------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Support/Fault.h"
#include <csignal>
#include <cstring>
#include <initializer_list>
#include <unistd.h>

namespace qimeng {

static const char *toolName = "qimeng";

static void say(const char *text) {
  [[maybe_unused]] ssize_t put = ::write(2, text, std::strlen(text));
}

// Only what is safe in a signal handler.
static void onFault(int signal) {
  say(toolName);
  say(": internal fault (");
  say(signal == SIGSEGV  ? "invalid memory access, or too deep nesting"
      : signal == SIGBUS ? "bus error"
      : signal == SIGFPE ? "division by zero"
      : signal == SIGILL ? "illegal instruction"
                         : "stopped by itself");
  say("); no result was written. This is a bug of QiMeng: please report it "
      "with the input and the command line.\n");
  ::_exit(internalFault);
}

void reportFaults(const char *tool) {
  toolName = tool;
  // An overflown stack leaves no room for the handler.
  alignas(16) static char stack[64 * 1024];
  stack_t alternate = {};
  alternate.ss_sp = stack;
  alternate.ss_size = sizeof stack;
  ::sigaltstack(&alternate, nullptr);
  struct sigaction action = {};
  action.sa_handler = onFault;
  action.sa_flags = SA_ONSTACK | SA_RESETHAND;
  ::sigemptyset(&action.sa_mask);
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
    ::sigaction(signal, &action, nullptr);
}

} // namespace qimeng
